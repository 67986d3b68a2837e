"""Recordings in a bucket: nothing in clear, pieces that a crash leaves, damage, deletion, an unreachable bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import obstore
import pytest
from sqlalchemy import select

from backend.db.models import ObjectRow
from backend.objects.s3 import S3Settings, S3Store, open_bucket
from backend.services import deletion
from contract.errors import ErrorCode, XudaError
from contract.manifest import Manifest
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Served, Talk, invite, organisation, served

NewBucket = Callable[[], dict[str, str]]
KEY = "0123-4567"


def settings(given: dict[str, str]) -> S3Settings:
    return S3Settings(given["objects"], given["s3_endpoint"], None, given["s3_key"], given["s3_secret"])


@pytest.fixture
def place(s3: NewBucket) -> dict[str, str]:
    return s3()


@pytest.fixture
def store(tmp_path: Path, place: dict[str, str]) -> S3Store:
    return S3Store(settings(place), tmp_path / "spool")


@pytest.fixture
def backend(tmp_path: Path, place: dict[str, str]) -> Iterator[Served]:
    with served(tmp_path / "data", **place) as found:
        yield found


def everything(place: dict[str, str]) -> dict[str, bytes]:
    bucket, prefix = open_bucket(settings(place))
    paths = [meta["path"] for page in obstore.list(bucket, prefix) for meta in page]
    return {path: bytes(obstore.get(bucket, path).bytes()) for path in paths}


def append(store: S3Store, content: bytes, *, at: int, sync: bool = True) -> None:
    with store.open_write(KEY, at) as file:
        file.write(content)
        if sync:
            store.sync(file)


def delivered(backend: Served, words: bytes = b"a face that nobody may see") -> tuple[Talk, Manifest]:
    talk = Talk(backend.enrol(), invite(backend.hr, "李雷"))
    talk.started()
    talk.consented()
    sealed = talk.seal(words)
    talk.spoken(sealed)
    talk.finished()
    talk.put_all()
    tus.upload(talk, sealed)
    manifest = talk.manifest([sealed.ref])
    answer = talk.deliver(manifest)
    assert answer.status_code in (200, 201), answer.text
    return talk, manifest


def test_what_was_synced_is_there_and_what_was_not_never_was(store: S3Store) -> None:
    assert (store.size(KEY), store.sha256(KEY)) == (None, None)
    store.create(KEY)
    assert store.size(KEY) == 0
    append(store, b"hello ", at=0)
    append(store, b"lost", at=6, sync=False)
    assert store.size(KEY) == 6
    append(store, b"world", at=6)
    with store.open_read(KEY) as file:
        assert file.read() == b"hello world"
        file.seek(-5, 2)
        assert file.read(3) == b"wor"
        file.seek(4)
        assert file.read(4) == b"o wo"


def test_pieces_behind_the_promised_offset_are_cut_also_inside_one(store: S3Store) -> None:
    store.create(KEY)
    append(store, b"0123456789", at=0)
    append(store, b"beyond", at=10)
    append(store, b"X", at=4)  # what a restored backup may say
    with store.open_read(KEY) as file:
        assert file.read() == b"0123X"
    with pytest.raises(FileNotFoundError):
        store.open_write(KEY, 6)


def test_a_piece_that_is_lost_ends_the_object_before_it(store: S3Store, place: dict[str, str]) -> None:
    store.create(KEY)
    for at, part in ((0, b"aa"), (2, b"bb"), (4, b"cc")):
        append(store, part, at=at)
    bucket, _ = open_bucket(settings(place))
    obstore.delete(bucket, next(path for path in everything(place) if path.endswith("2")))
    assert store.size(KEY) == 2


def test_a_staged_file_is_carried_before_it_counts(store: S3Store) -> None:
    staged, file = store.stage()
    with file:
        file.write(b"from a stick")
        store.sync(file)
    store.carry(staged, KEY)
    store.adopt(staged, KEY)
    assert store.size(KEY) == 12
    assert not staged.exists()
    store.delete(KEY)
    assert store.size(KEY) is None


def test_an_interview_is_delivered_receipted_and_deleted_without_anything_in_clear(
    backend: Served, place: dict[str, str]
) -> None:
    talk, _ = delivered(backend)
    assert talk.check()["receipt_serial"] is not None
    stored = everything(place)
    assert stored
    assert all(b"face" not in content for content in stored.values())
    assert not [path for path in (backend.hr.settings.data / "objects").rglob("*") if path.is_file()]
    deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert everything(place) == {}


def test_damage_in_the_bucket_gets_no_second_receipt(backend: Served, place: dict[str, str]) -> None:
    talk, manifest = delivered(backend)
    with backend.hr.db.read() as session:
        row = session.scalars(select(ObjectRow)).one()
    bucket, _ = open_bucket(settings(place))
    stored = everything(place)
    path = next(path for path in stored if row.storage_key in path and not path.endswith("begun"))
    obstore.put(bucket, path, stored[path][:-1] + bytes([stored[path][-1] ^ 1]))
    assert backend.hr.store.sha256(row.storage_key) != row.sha256
    again = talk.deliver(manifest)
    assert again.json()["missing_objects"] == [row.object_id]


def test_a_bucket_that_cannot_be_reached_is_told_as_such(tmp_path: Path) -> None:
    nowhere = S3Settings("s3://x/y", "http://127.0.0.1:9", None, "k", "s")
    store = S3Store(nowhere, tmp_path)
    with pytest.raises(XudaError) as caught:
        store.size(KEY)
    assert caught.value.code is ErrorCode.STORAGE_UNREACHABLE
    assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [{"objects": "s3://"}, {"objects": "/a/folder"}, {"objects": "s3://b", "s3_endpoint": "http://example.org"}],
)
def test_a_place_that_cannot_be_one_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(XudaError) as caught:
        organisation(tmp_path / "data", **wrong)
    assert caught.value.code is ErrorCode.SETTING_INVALID
