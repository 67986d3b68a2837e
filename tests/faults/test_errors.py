"""Disks that fail: single cases, and a short form of the campaign (`python3 dev.py campaign errors`)."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.storage.database import Database
from app.storage.files import make_folder
from backend.cabinet import KeyCabinet
from contract.errors import ErrorCode, XudaError
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.world import Booth, Talk
from tests.campaigns.model import Options
from tests.faults import errors, hr_scene
from tests.faults.disk import Disk, adversaries
from tests.faults.fuse_folder import FaultyFolder, why_not_here

pytestmark = pytest.mark.skipif(bool(why_not_here()), reason=why_not_here() or "can be mounted here")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FaultyFolder]:
    with FaultyFolder(tmp_path / "disk") as found:
        yield found


def test_a_folder_whose_name_could_not_be_synced_is_synced_by_the_next_try(disk: FaultyFolder, tmp_path: Path) -> None:
    disk.fail(["fsync"], 1, "EIO")
    with pytest.raises(OSError):
        make_folder(disk.path / "folder")
    make_folder(disk.path / "folder")
    model, rng = Disk(), random.Random(1)
    for entry in disk.entries():
        model.feed(entry)
    model.build(tmp_path / "cut", adversaries(rng)[0], rng)
    assert (tmp_path / "cut" / "folder").is_dir()


def _use_once(path: Path) -> bool:
    """Whether the database opens; what opens can be written."""
    try:
        database = Database(path)
    except XudaError as error:
        return error.code is not ErrorCode.DISK_ERROR
    with closing(database):
        database.transaction(lambda db: db.execute("UPDATE settings SET value = value"))
    return True


def test_a_database_that_opens_for_reading_only_is_refused_and_opens_the_next_time(disk: FaultyFolder) -> None:
    path = disk.path / "xuda.db"
    assert _use_once(path)
    refused = 0
    for k in range(1, 20):
        disk.fail(["open"], k, "EIO", "xuda.db$")
        refused += not _use_once(path)
        if not disk.state()["hit"]:
            break
        disk.heal()
        assert _use_once(path)
    assert refused


class Plain:
    """Seals nothing: what counts here is the file."""

    def seal(self, text: str, context: str) -> str:
        return text

    def open(self, sealed: str, context: str) -> str:
        return sealed


def test_storage_keys_that_open_for_reading_only_are_refused_and_open_the_next_time(disk: FaultyFolder) -> None:
    path = disk.path / "vault.db"
    KeyCabinet(path, Plain()).close()
    disk.fail(["open"], 1, "EIO", "vault.db")
    with pytest.raises(XudaError) as refused:
        KeyCabinet(path, Plain())
    assert refused.value.code is ErrorCode.DISK_ERROR
    with closing(KeyCabinet(path, Plain())) as cabinet:
        assert cabinet.open("interview:a", cabinet.seal("interview:a", "x", "c"), "c") == "x"


@pytest.fixture
def delivering(disk: FaultyFolder) -> Iterator[Talk]:
    """An interview that a device delivers to a backend on the disk."""
    hr = hr_scene.set_up(disk.path / "hr")
    invitation, _ = hr_scene.invite(hr, "candidate")
    hr.close()
    with hr_scene.serving(disk.path / "hr", disk.mark) as served:
        booth: Booth = served.enrol()
        yield Talk(booth, invitation)


def test_bytes_whose_sync_has_failed_do_not_count_although_the_next_sync_succeeds(
    disk: FaultyFolder, delivering: Talk
) -> None:
    sealed = delivering.seal(os.urandom(50_000))
    url = tus.location(delivering, sealed)
    assert tus.patch(delivering.booth, url, 0, sealed.data[:10_000]).status_code == 204
    disk.fail(["fsync"], 1, "EIO", "objects/../")
    answer = tus.patch(delivering.booth, url, 10_000, sealed.data[10_000:30_000])
    assert (answer.status_code, code_of(answer)) == (500, "disk_error")
    assert tus.offset(delivering.booth, url) == 10_000
    assert tus.patch(delivering.booth, url, 10_000, sealed.data[10_000:]).status_code == 204


def test_a_recording_that_cannot_be_read_now_is_neither_receipted_nor_given_up(
    disk: FaultyFolder, delivering: Talk
) -> None:
    sealed = delivering.seal(os.urandom(50_000))
    delivering.started()
    delivering.spoken(sealed)
    delivering.put_all()
    tus.upload(delivering, sealed)
    manifest = delivering.booth.sign(delivering.manifest([sealed.ref]))
    disk.fail(["open"], 1, "EIO", "objects/../")
    answer = delivering.deliver(manifest)
    assert disk.state()["hit"], "the recording was not read again"
    assert (answer.status_code, code_of(answer)) == (500, "disk_error")
    assert delivering.deliver(manifest).json()["receipt"] is not None


@pytest.mark.timeout(300)
def test_an_operation_that_fails_breaks_no_promise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    found = errors.campaign(Options(tmp_path, count=6, seed=2, short=True))
    assert found.failures == []
    assert int(found.figures["booth cases with an error told"]) > 0
