"""Short forms of the campaigns `power` and `syncs`, and the model of the disk they rest on."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.campaigns.model import Options
from tests.faults import power
from tests.faults.disk import Disk, Fate, adversaries
from tests.faults.fuse_folder import FaultyFolder, why_not_here
from tests.faults.mutations import Mutations

pytestmark = pytest.mark.skipif(bool(why_not_here()), reason=why_not_here() or "can be mounted here")
LOST, KEPT = 0, 3


def left(disk: FaultyFolder, target: Path, adversary: int) -> dict[str, bytes]:
    """Files by name as that adversary leaves them."""
    model, rng = Disk(), random.Random(1)
    for entry in disk.entries():
        model.feed(entry)
    fate: Fate = adversaries(rng)[adversary]
    model.build(target, fate, rng)
    return {path.name: path.read_bytes() for path in target.rglob("*") if path.is_file()}


def sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)


def test_only_what_was_synced_is_sure_to_be_left(tmp_path: Path) -> None:
    with FaultyFolder(tmp_path / "disk") as disk:
        file = os.open(disk.path / "synced", os.O_CREAT | os.O_WRONLY)
        os.write(file, b"first")
        os.fsync(file)
        (disk.path / "other").write_bytes(b"other")
        assert left(disk, tmp_path / "a", LOST) == {}, "the name was not synced"
        sync_folder(disk.path)
        os.write(file, b" second")
        os.close(file)
        assert left(disk, tmp_path / "b", LOST) == {"synced": b"first", "other": b""}
        os.replace(disk.path / "synced", disk.path / "other")
        assert left(disk, tmp_path / "c", LOST) == {"synced": b"first", "other": b""}
        assert left(disk, tmp_path / "d", KEPT) == {"synced": b"first second", "other": b"other"}
        sync_folder(disk.path)
        assert left(disk, tmp_path / "e", LOST) == {"other": b"first"}


def test_after_a_failed_sync_the_next_one_does_not_save_the_same_bytes(tmp_path: Path) -> None:
    with FaultyFolder(tmp_path / "disk") as disk:
        file = os.open(disk.path / "file", os.O_CREAT | os.O_WRONLY)
        sync_folder(disk.path)
        os.write(file, b"lost")
        disk.fail(["fsync"], 1, "EIO")
        with pytest.raises(OSError):
            os.fsync(file)
        os.fsync(file)
        assert disk.state()["hit"] == ["fsync /file"]
        assert left(disk, tmp_path / "a", LOST) == {"file": b""}
        os.pwrite(file, b"kept", 0)
        os.fsync(file)
        os.close(file)
        assert left(disk, tmp_path / "b", LOST) == {"file": b"kept"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "place", ["backend/cli/output.py:write_file:sync_file", "app/transcribe/install.py:_put_in_place:_flush_folder"]
)
def test_a_place_that_does_not_make_durable_any_more_is_noticed(tmp_path: Path, place: str) -> None:
    section = "files" if place.startswith("backend/") else "installed"
    mutations = Mutations(tmp_path, 1, [section])
    assert mutations.rehearsal.sections_of(place) == [section]
    assert mutations.noticed(place) is not None


@pytest.mark.timeout(300)
def test_no_promise_is_broken_when_the_power_goes(tmp_path: Path) -> None:
    found = power.campaign(Options(tmp_path, count=12, short=True))
    assert found.failures == []
    assert int(found.figures["promises"]) > 50
