"""Uploads and the disk: full, without room, bytes gone, left lying too long."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from backend.db.models import Upload
from backend.objects import folder
from backend.services import uploads
from contract.errors import ErrorCode
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.test_uploads import MIB, stored
from tests.backend.world import Served, Talk, invite


def test_a_full_disk_is_said_and_what_was_written_stays(
    backend: Served, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = talk.seal(os.urandom(3 * MIB))
    url = tus.location(talk, sealed)
    open_write = folder.FolderStore.open_write

    class Full:
        """A file on a disk with room for one more mebibyte."""

        def __init__(self, file: object) -> None:
            self._file = file
            self._room = MIB

        def write(self, data: bytes) -> int:
            if self._room < len(data):
                raise OSError(28, "No space left on device")
            self._room -= len(data)
            return int(self._file.write(data))  # type: ignore[attr-defined]

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

    monkeypatch.setattr(folder.FolderStore, "open_write", lambda *a: Full(open_write(*a)))
    answer = tus.patch(talk.booth, url, 0, sealed.data)
    assert (answer.status_code, code_of(answer)) == (507, ErrorCode.DISK_FULL)
    monkeypatch.undo()
    reached = tus.offset(talk.booth, url)
    assert 0 < reached <= MIB
    assert tus.patch(talk.booth, url, reached, sealed.data[reached:]).status_code == 204
    assert stored(backend, talk, sealed) == sealed.data


def test_no_upload_begins_on_a_disk_without_room(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder.FolderStore, "free_bytes", lambda _: 10)
    answer = tus.create(talk, talk.seal(b"x"))
    assert (answer.status_code, code_of(answer)) == (507, ErrorCode.DISK_FULL)


def test_unfinished_uploads_expire_and_begin_anew(own_backend: Served) -> None:
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    sealed, kept = talk.seal(os.urandom(5000)), talk.seal(b"kept")
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:1000])
    tus.upload(talk, kept)
    late = own_backend.hr.settings.upload_expiry + 60
    own_backend.clock.ahead = timedelta(seconds=late)
    talk.booth.seconds_off = late
    assert tus.head(talk.booth, url).status_code == 404
    assert uploads.expire(own_backend.hr) == 1
    assert tus.create(talk, sealed).headers["Upload-Offset"] == "0"
    assert stored(own_backend, talk, kept) == kept.data


def test_an_upload_whose_bytes_are_gone_begins_anew(own_backend: Served) -> None:
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    sealed = talk.seal(os.urandom(5000))
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:1000])
    name = Path(url).name
    own_backend.hr.store.path(name).write_bytes(b"short")
    assert tus.patch(talk.booth, url, 1000, sealed.data[1000:]).status_code == 404
    with own_backend.hr.db.read() as session:
        assert session.get(Upload, name) is None
    tus.upload(talk, sealed)
    assert stored(own_backend, talk, sealed) == sealed.data
