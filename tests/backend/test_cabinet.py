"""Storage keys: made once, destroyed for good, in a file apart; old data folders come under them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from backend import runtime
from backend.cabinet import FILE_NAME, KeyCabinet, candidate_subject, interview_subject
from backend.services import deletion, people, reports
from backend.services.media import open_media
from backend.settings import Settings
from contract.canonical import b64decode
from contract.errors import ErrorCode, XudaError
from contract.sealed import open_value, seal_value
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Served, Talk, invite

OLD = Path(__file__).parent / "data" / "version-0001"


class DataKey:
    """A data key, as the server's vault has one."""

    def __init__(self) -> None:
        self._key = os.urandom(32)

    def seal(self, text: str, context: str) -> str:
        return seal_value(text.encode(), self._key, context)

    def open(self, sealed: str, context: str) -> str:
        return open_value(sealed, self._key, context).decode()


@pytest.fixture
def vault() -> DataKey:
    return DataKey()


def test_what_was_sealed_opens_until_its_key_is_destroyed(tmp_path: Path, vault: DataKey) -> None:
    with closing(KeyCabinet(tmp_path / FILE_NAME, vault)) as cabinet:
        sealed = cabinet.seal("a", "words", "place")
        other = cabinet.seal("b", "words", "place")
        assert cabinet.open("a", sealed, "place") == "words"
        cabinet.destroy(["a", "never-there"])
        with pytest.raises(XudaError) as caught:
            cabinet.open("a", sealed, "place")
        assert caught.value.code is ErrorCode.KEY_DESTROYED
        assert cabinet.open("b", other, "place") == "words"
        assert cabinet.subjects() == {"b"}


def test_a_value_moved_to_another_place_does_not_open(tmp_path: Path, vault: DataKey) -> None:
    with closing(KeyCabinet(tmp_path / FILE_NAME, vault)) as cabinet:
        sealed = cabinet.seal("a", "words", "place")
        with pytest.raises(XudaError) as caught:
            cabinet.open("a", sealed, "elsewhere")
        assert caught.value.code is ErrorCode.SEALED_DAMAGED


def test_a_destroyed_key_is_in_none_of_the_files_bytes(tmp_path: Path, vault: DataKey) -> None:
    path = tmp_path / FILE_NAME
    with closing(KeyCabinet(path, vault)) as cabinet:
        cabinet.seal("interview:gone", "words", "place")
        cabinet.remember("interview:gone", [("phone", "0123456789abcdef")])
        with closing(sqlite3.connect(path)) as reader:
            sealed_key = reader.execute("SELECT sealed FROM storage_key").fetchone()[0]
        assert sealed_key.encode() in _bytes(tmp_path)
        cabinet.destroy(["interview:gone"])
        left = _bytes(tmp_path)
        assert sealed_key.encode() not in left
        assert b"0123456789abcdef" not in left
        assert b"interview:gone" not in left


def test_the_file_alone_opens_nothing(tmp_path: Path, vault: DataKey) -> None:
    path = tmp_path / FILE_NAME
    with closing(KeyCabinet(path, vault)) as cabinet:
        sealed = cabinet.seal("a", "words", "place")
    with closing(KeyCabinet(path, DataKey())) as stolen, pytest.raises(XudaError) as caught:
        stolen.open("a", sealed, "place")
    assert caught.value.code is ErrorCode.SEALED_DAMAGED


def test_many_threads_and_two_openers_agree_on_one_key(tmp_path: Path, vault: DataKey) -> None:
    path = tmp_path / FILE_NAME
    sealed: list[str] = []
    with closing(KeyCabinet(path, vault)) as first, closing(KeyCabinet(path, vault)) as second:
        work = [lambda c=cabinet: sealed.append(c.seal("a", "words", "p")) for cabinet in (first, second) * 8]
        threads = [threading.Thread(target=job) for job in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert [second.open("a", item, "p") for item in sealed] == ["words"] * 16


def test_changes_made_together_are_undone_together(tmp_path: Path, vault: DataKey) -> None:
    with closing(KeyCabinet(tmp_path / FILE_NAME, vault)) as cabinet:

        def change() -> None:
            with cabinet.together():
                cabinet.seal("a", "words", "place")
                cabinet.remember("a", [("phone", "x")])
                raise RuntimeError("pulled plug")

        with pytest.raises(RuntimeError):
            change()
        assert (cabinet.subjects(), cabinet.find("phone", "x")) == (set(), [])


def test_a_cabinet_of_a_newer_version_and_a_damaged_one_are_refused(tmp_path: Path, vault: DataKey) -> None:
    path = tmp_path / FILE_NAME
    KeyCabinet(path, vault).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(XudaError) as newer:
        KeyCabinet(path, vault)
    path.write_bytes(b"nothing of a database" * 500)
    with pytest.raises(XudaError) as damaged:
        KeyCabinet(path, vault)
    assert (newer.value.code, damaged.value.code) == (ErrorCode.DATABASE_NEWER, ErrorCode.DATABASE_DAMAGED)


@pytest.mark.parametrize("flipped", [0x01, 0x80, 0xFF])
def test_a_damaged_cabinet_says_so_or_is_right(tmp_path: Path, vault: DataKey, flipped: int) -> None:
    path = tmp_path / FILE_NAME
    cabinet = KeyCabinet(path, vault)
    sealed = cabinet.seal("interview:1", "words", "place")
    cabinet.close()
    whole = path.read_bytes()
    refused = 0
    for at in [place for place, byte in enumerate(whole) if byte][::5]:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ flipped]) + whole[at + 1 :])
        for log in tmp_path.glob(f"{FILE_NAME}-*"):
            log.unlink()
        try:
            cabinet = KeyCabinet(path, vault)
        except XudaError:
            refused += 1
            continue
        with closing(cabinet):
            try:
                assert cabinet.open("interview:1", sealed, "place") == "words"
                assert cabinet.subjects() == {"interview:1"}
            except XudaError:
                refused += 1
    assert refused


def test_a_folder_whose_cabinet_is_gone_is_refused_instead_of_looking_deleted(own_backend: Served) -> None:
    data = own_backend.hr.settings.data
    copy = data.parent / "copy"
    shutil.copytree(data, copy)
    (copy / FILE_NAME).unlink()
    with pytest.raises(XudaError) as caught:
        runtime.open_runtime(Settings(data=copy))
    assert (caught.value.code, caught.value.params) == (ErrorCode.FILE_MISSING, {"file": FILE_NAME})
    assert not (copy / FILE_NAME).exists()


def test_the_database_holds_neither_the_wrapped_key_nor_events_in_clear(own_backend: Served) -> None:
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    talk.started()
    talk.put_all()
    stored = _bytes(own_backend.hr.settings.data)
    wrapped = talk.opened(talk.envelopes[1]).data["wrapped_key"]
    for text in (wrapped, talk.envelopes[1].payload):
        assert text.encode() not in stored


def test_a_copy_of_the_data_taken_before_a_deletion_opens_nothing_without_the_destroyed_keys(
    own_backend: Served,
) -> None:
    hr = own_backend.hr
    talk = Talk(own_backend.enrol(), invite(hr, "李雷"))
    talk.started()
    sealed = talk.seal(b"a face")
    talk.spoken(sealed)
    talk.heard("something said")
    talk.put_all()
    tus.upload(talk, sealed)
    copy = hr.settings.data.parent / "copy"
    shutil.copytree(hr.settings.data, copy)
    deletion.delete_interview(hr, COMMAND_LINE, talk.interview_id)
    for path in copy.glob(f"{FILE_NAME}*"):
        path.unlink()
    hr.cabinet.snapshot(copy / FILE_NAME)
    old = runtime.open_runtime(Settings(data=copy))
    with closing(old):
        for attempt in (
            lambda: reports.build(old, COMMAND_LINE, talk.interview_id, "en"),
            lambda: open_media(old, COMMAND_LINE, talk.interview_id, sealed.object_id),
        ):
            with pytest.raises(XudaError) as caught:
                attempt()
            assert caught.value.code is ErrorCode.KEY_DESTROYED


# ---- a folder of the first version ----------------------------------------------------------------------------------


def test_a_folder_of_the_first_version_comes_under_storage_keys_and_reads_as_before(tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(OLD, data)
    facts = json.loads((data / "facts.json").read_text("utf-8"))
    with closing(runtime.open_runtime(Settings(data=data, passphrase="fixture"))) as hr:
        report = reports.build(hr, COMMAND_LINE, facts["interview_id"], "en")
        transcript = report.answers[0].transcript
        assert transcript is not None
        assert (transcript.text, report.candidate.name, report.candidate.phone) == (
            facts["said"],
            facts["name"],
            facts["phone"],
        )
        with open_media(hr, COMMAND_LINE, facts["interview_id"], facts["object_id"]).stream as stream:
            assert stream.read(18) == b"a face and a voice"
        person = people.find_candidates(hr, "phone", facts["phone"])
        assert hr.cabinet.subjects() == {interview_subject(facts["interview_id"]), candidate_subject(person[0])}
        hr.db.wipe_log()
        stored = _bytes(data, "hr.db*")
        for payload in facts["envelopes"].values():
            assert payload.encode() not in stored
        assert b64decode(facts["interview_key"]) not in stored


def test_a_migration_that_a_crash_interrupts_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    shutil.copytree(OLD, data)
    facts = json.loads((data / "facts.json").read_text("utf-8"))
    with monkeypatch.context() as patch:
        patch.setattr(KeyCabinet, "remember", lambda *_: (_ for _ in ()).throw(RuntimeError("pulled plug")))
        with pytest.raises(RuntimeError):
            runtime.open_runtime(Settings(data=data, passphrase="fixture"))
    with closing(runtime.open_runtime(Settings(data=data, passphrase="fixture"))) as hr:
        assert reports.build(hr, COMMAND_LINE, facts["interview_id"], "en").candidate.name == facts["name"]


def _bytes(folder: Path, pattern: str = "*.db*") -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob(pattern)))
