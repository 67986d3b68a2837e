"""Disks that fail: single cases, and a short form of the campaign (`python3 dev.py campaign errors`)."""

from __future__ import annotations

import logging
import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.remembered import save_language
from app.storage.database import Database
from app.storage.files import make_folder
from app.ui.i18n import LANGUAGE_FILE, saved_language
from backend.cabinet import KeyCabinet
from backend.runtime import open_runtime
from contract.errors import ErrorCode, XudaError
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.world import Booth, Talk
from tests.campaigns.model import Options
from tests.faults import errors, hr_scene
from tests.faults.disk import Disk, adversaries
from tests.faults.fuse_folder import FaultyFolder, why_not_here
from tests.support.waiting import wait_for

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


def _write(database: Database, value: str) -> None:
    sql = (
        "INSERT INTO settings (name, value) VALUES ('told', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    )
    database.transaction(lambda db: db.execute(sql, (value,)))


def _value(path: Path) -> tuple[str, object]:
    with closing(Database(path)) as database:
        rows = database.call(lambda db: list(db.query("SELECT value FROM settings WHERE name = 'told'")))
        return rows[0]["value"], database.restored


def _cut(disk: FaultyFolder, target: Path) -> Path:
    """The folder as a power cut would leave it now."""
    model, rng = Disk(), random.Random(1)
    for entry in disk.entries():
        model.feed(entry)
    model.build(target, adversaries(rng)[0], rng)
    return target


def test_a_database_whose_last_sync_fails_is_whole_after_a_power_cut_without_its_copy(
    disk: FaultyFolder, tmp_path: Path
) -> None:
    path = disk.path / "xuda.db"
    with closing(Database(path)) as database:
        _write(database, "first")
    for k in range(1, 20):
        database = Database(path)
        _write(database, f"value {k}")
        disk.fail(["fsync"], k, "EIO", "xuda.db$")
        database.close()
        if not disk.state()["hit"]:
            break
        disk.heal()
        assert _value(_cut(disk, tmp_path / f"cut {k}") / "xuda.db") == (f"value {k}", None)
        Database(path).close()
        assert _value(_cut(disk, tmp_path / f"opened {k}") / "xuda.db") == (f"value {k}", None)
    assert k > 1


def test_a_transaction_stands_although_the_log_cannot_be_moved_into_the_file_after_it(
    disk: FaultyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.database._LONGEST_LOG", 0)
    path = disk.path / "xuda.db"
    with closing(Database(path)) as database:
        for op in ("open", "write", "fsync", "remove", "rename"):
            disk.fail([op], 1, "EIO", r"xuda.db($|\.sum)")
            _write(database, op)
            assert op == "open" or disk.state()["hit"], f"no {op} was made to fail"
            disk.heal()
            _write(database, "last")
    assert _value(path) == ("last", None)


def test_a_choice_that_cannot_be_kept_leaves_the_one_before_also_after_a_power_cut(
    disk: FaultyFolder, tmp_path: Path
) -> None:
    save_language(disk.path, "en")
    for case, (op, way) in enumerate(
        [("open", "ENOSPC"), ("write", "torn"), ("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO")]
    ):
        disk.fail([op], 2 if op == "open" else 1, way)  # the first opens what is there
        with pytest.raises(XudaError) as told:
            save_language(disk.path, "ar")
        assert told.value.code in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR)
        disk.heal()
        # for a second after a replacing that failed the kernel still takes the file for one that has lost its name
        wait_for(lambda: saved_language(disk.path) == "en", "the language of before", seconds=5)
        assert saved_language(_cut(disk, tmp_path / f"cut {case}")) == "en"
    save_language(disk.path, "ar")
    assert saved_language(_cut(disk, tmp_path / "cut at last")) == "ar"


@pytest.mark.parametrize("torn", [b"", b"zh", b"\xff\x00\xff", bytes(5)])
def test_a_choice_that_cannot_be_read_is_none(tmp_path: Path, torn: bytes) -> None:
    (tmp_path / LANGUAGE_FILE).write_bytes(torn)
    assert saved_language(tmp_path) is None


class Plain:
    """Seals nothing: what counts here is the file."""

    def seal(self, text: str, context: str) -> str:
        return text

    def open(self, sealed: str, context: str) -> str:
        return sealed


@pytest.mark.parametrize("opening", [1, 2])
def test_storage_keys_that_open_for_reading_only_are_refused_and_open_the_next_time(
    disk: FaultyFolder, opening: int
) -> None:
    path = disk.path / "vault.db"
    KeyCabinet(path, Plain()).close()
    disk.fail(["open"], opening, "EIO", "vault.db")
    with pytest.raises(XudaError) as refused:
        KeyCabinet(path, Plain())
    assert refused.value.code is ErrorCode.DISK_ERROR
    with closing(KeyCabinet(path, Plain())) as cabinet:
        assert cabinet.open("interview:a", cabinet.seal("interview:a", "x", "c"), "c") == "x"


def test_keys_that_cannot_be_read_now_are_told_as_the_disk_s_failure(disk: FaultyFolder) -> None:
    hr = hr_scene.set_up(disk.path / "hr")
    hr.close()
    disk.fail(["open"], 1, "EIO", "keys.json")
    with pytest.raises(XudaError) as told:
        open_runtime(hr.settings)
    assert told.value.code is ErrorCode.DISK_ERROR
    open_runtime(hr.settings).close()


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
