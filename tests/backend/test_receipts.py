"""A receipt is signed only for what was read back, and repairs follow from what was not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import ObjectRow, ReceiptRow
from backend.services import audit
from backend.services.receipts import receipt_envelope
from contract.api import ManifestReply
from contract.envelope import Envelope, open_envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey
from contract.manifest import Manifest, Receipt, check_receipt
from tests.backend import tus
from tests.backend.test_events import code_of
from tests.backend.world import BOTH, Booth, Sealed, Served, Talk

DATABASES = BOTH


@pytest.fixture
def told(talk: Talk) -> tuple[Talk, Sealed]:
    """An interview with one recording, made but not sent."""
    talk.started()
    talk.consented()
    sealed = talk.seal(b"moving pictures" * 5000)
    talk.spoken(sealed)
    talk.heard("hello world")
    talk.finished()
    return talk, sealed


def receipt_of(booth: Booth, reply: ManifestReply) -> Receipt:
    assert reply.receipt is not None
    return open_envelope(reply.receipt, Receipt, booth.organisation_keys)


def deliver(talk: Talk, manifest: Manifest) -> ManifestReply:
    answer = talk.deliver(manifest)
    assert answer.status_code == 200, answer.text
    return ManifestReply.model_validate_json(answer.content)


def damage(backend: Served, talk: Talk, sealed: Sealed) -> None:
    with backend.hr.db.read() as session:
        row = session.get_one(ObjectRow, (talk.interview_id, sealed.object_id))
    path = backend.hr.store.path(row.storage_key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def test_the_receipt_for_a_delivered_interview_verifies_on_the_device(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    manifest = talk.manifest([sealed.ref])
    receipt = receipt_of(talk.booth, deliver(talk, manifest))
    check_receipt(receipt, manifest, talk.booth.sign(manifest).digest)
    assert talk.check()["receipt_serial"] == manifest.serial


def test_asked_again_the_same_receipt_comes_back(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    manifest = talk.manifest([sealed.ref])
    assert deliver(talk, manifest) == deliver(talk, manifest)


def test_what_is_missing_is_named_and_no_receipt_is_signed(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    for seq in (1, 2, 5):
        talk.put(seq)
    manifest = talk.manifest([sealed.ref])
    assert deliver(talk, manifest) == ManifestReply(missing_events=[3, 4], missing_objects=[sealed.object_id])
    talk.put_all()
    assert deliver(talk, manifest) == ManifestReply(missing_objects=[sealed.object_id])
    url = tus.location(talk, sealed)
    tus.patch(talk.booth, url, 0, sealed.data[:100])
    assert deliver(talk, manifest).receipt is None
    tus.patch(talk.booth, url, 100, sealed.data[100:])
    assert deliver(talk, manifest).receipt is not None


def test_a_damaged_object_gets_no_receipt_until_it_has_been_sent_again(
    backend: Served, told: tuple[Talk, Sealed]
) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    damage(backend, talk, sealed)
    manifest = talk.manifest([sealed.ref])
    assert deliver(talk, manifest) == ManifestReply(missing_objects=[sealed.object_id])
    assert talk.check()["objects"] == []
    tus.upload(talk, sealed)
    assert deliver(talk, manifest).receipt is not None
    with backend.hr.db.read() as session:
        rows = session.scalars(select(audit.AuditRow.action).where(audit.AuditRow.action == "object_damaged"))
        assert [*rows] == ["object_damaged"]


def test_a_receipt_that_is_not_as_it_was_signed_is_said_to_be_damaged(
    backend: Served, told: tuple[Talk, Sealed]
) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    assert deliver(talk, talk.manifest([sealed.ref])).receipt is not None
    with backend.hr.db.write() as session:
        row = session.scalars(select(ReceiptRow).where(ReceiptRow.interview_id == talk.interview_id)).one()
        good = row.envelope
        place = good.index('"sig":"') + 20
        row.envelope = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        session.flush()
        with pytest.raises(XudaError) as damaged:
            receipt_envelope(row)
        assert damaged.value.code is ErrorCode.DATABASE_DAMAGED
        row.envelope = good
        assert receipt_envelope(row).digest == Envelope.from_bytes(good).digest


def test_damage_after_the_receipt_is_found_when_a_device_asks_again(backend: Served, told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    manifest = talk.manifest([sealed.ref])
    first = deliver(talk, manifest)
    damage(backend, talk, sealed)
    assert deliver(talk, manifest).receipt is None
    tus.upload(talk, sealed)
    assert deliver(talk, manifest) == first


def test_an_object_missing_on_the_disk_is_missing(backend: Served, told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    name = tus.upload(talk, sealed).rsplit("/", 1)[1]
    backend.hr.store.delete(name)
    assert talk.check()["objects"] == []
    assert deliver(talk, talk.manifest([sealed.ref])).missing_objects == [sealed.object_id]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"events_digest": "0" * 64}, "events_digest"),
        ({"objects": "sha256"}, "objects"),
        ({"objects": "size"}, "objects"),
    ],
)
def test_a_manifest_that_differs_from_what_is_stored_gets_no_receipt(
    backend: Served, told: tuple[Talk, Sealed], change: dict[str, Any], field: str
) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    wrong = {"sha256": "0" * 64} if change.get("objects") == "sha256" else {"size": 1}
    if "objects" in change:
        change = {"objects": [sealed.ref.model_copy(update=wrong)]}
    answer = talk.deliver(talk.manifest([sealed.ref]).model_copy(update=change))
    assert (answer.status_code, code_of(answer)) == (409, ErrorCode.CONFLICT)
    assert answer.json()["field"] == field
    with backend.hr.db.read() as session:
        assert session.get(ReceiptRow, (talk.interview_id, max(talk.envelopes))) is None


def test_a_manifest_signed_by_another_key_is_refused(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    answer = talk.deliver(sign(talk.manifest([sealed.ref]), SigningKey.generate()))
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.KEY_UNKNOWN)


def test_another_manifest_of_the_same_serial_is_a_conflict(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    deliver(talk, talk.manifest([sealed.ref]))
    answer = talk.deliver(talk.manifest([]))
    assert (answer.status_code, code_of(answer)) == (409, ErrorCode.CONFLICT)


def test_a_manifest_that_lists_an_object_twice_is_refused(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    answer = talk.deliver(talk.manifest([sealed.ref, sealed.ref]))
    assert (answer.status_code, code_of(answer)) == (422, ErrorCode.FORMAT_INVALID)


def test_each_exit_gets_a_receipt_of_its_own(talk: Talk) -> None:
    talk.started()
    talk.paused()
    talk.put_all()
    first = talk.manifest([])
    early = receipt_of(talk.booth, deliver(talk, first))
    talk.resumed()
    talk.finished()
    talk.put_all()
    second = talk.manifest([])
    late = receipt_of(talk.booth, deliver(talk, second))
    assert (early.serial, late.serial) == (2, 4)
    assert receipt_of(talk.booth, deliver(talk, first)) == early
    assert talk.check()["receipt_serial"] == 4


def test_a_receipt_for_another_manifest_does_not_pass(told: tuple[Talk, Sealed]) -> None:
    talk, sealed = told
    talk.put_all()
    tus.upload(talk, sealed)
    manifest = talk.manifest([sealed.ref])
    receipt = receipt_of(talk.booth, deliver(talk, manifest))
    other = manifest.model_copy(update={"objects": []})
    with pytest.raises(XudaError) as caught:
        check_receipt(receipt, other, talk.booth.sign(other).digest)
    assert caught.value.code is ErrorCode.RECEIPT_INVALID


def test_the_audit_log_is_whole_after_all_this(backend: Served) -> None:
    assert audit.first_broken(backend.hr) is None
