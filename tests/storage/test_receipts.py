"""Recordings go after an honest receipt only; afterwards nothing of the candidate is left in the data folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.interview.states import TakeState
from app.interview.store import EventDraft
from contract.canonical import b64encode
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, QuestionnaireData, QuestionnaireSealed, WithdrawnData
from contract.keys import SigningKey
from contract.manifest import Manifest
from tests.storage.office import NAME, WORDS, Device, Office, new_take, text_answer

Forge = Callable[[Office, Envelope, Manifest], Envelope]


def interview_with_answers(device: Device, *, transcribed: bool = True) -> str:
    interview_id = device.begin().interview_id
    take = device.record(interview_id, WORDS.encode() * 500)
    device.submit(take)
    if transcribed:
        device.transcribe(take.take_id)
    device.store.save_draft(interview_id, "q2", WORDS)
    device.store.save_take(replace(device.store.take(take.take_id), correction=WORDS))
    device.store.append(interview_id, [text_answer(WORDS)])
    device.store.save_draft(interview_id, "q9", WORDS)
    device.finish(interview_id)
    return interview_id


def sent_manifest(device: Device, interview_id: str) -> tuple[Envelope, Manifest]:
    device.deliver()
    sent = device.outbox.manifest(interview_id)
    assert sent is not None
    return sent


def sealed_values(device: Device, interview_id: str) -> list[bytes]:
    """Every sealed value and envelope of an interview, as it stands in the database."""
    connection = sqlite3.connect(f"file:{device.data / 'xuda.db'}?mode=ro", uri=True)
    queries = (
        "SELECT candidate_name FROM interviews WHERE interview_id = ?",
        "SELECT proof FROM takes WHERE interview_id = ?",
        "SELECT transcript FROM takes WHERE interview_id = ?",
        "SELECT correction FROM takes WHERE interview_id = ?",
        "SELECT sealed FROM drafts WHERE interview_id = ?",
        "SELECT envelope FROM events WHERE interview_id = ?",
    )
    found = [row[0] for query in queries for row in connection.execute(query, (interview_id,)) if row[0]]
    connection.close()
    # the middle of each is unlike anything else in the file
    return [text[len(text) // 2 :][:40].encode() for text in found]


def assert_nowhere(device: Device, *needles: bytes) -> None:
    for name, content in device.files().items():
        for needle in needles:
            assert needle not in content, name


def test_before_delivery_nothing_personal_is_in_clear_anywhere(device: Device) -> None:
    interview_id = interview_with_answers(device)
    running = new_take(interview_id, "q7")
    sink = device.store.begin_take(running)
    sink.write(WORDS.encode() * 300)
    key = device.interview_key(interview_id)
    needles = [WORDS.encode(), NAME.encode(), WORDS.encode()[:12], b"Planted", key, b64encode(key).encode()]
    needles += [WORDS.encode("unicode_escape"), NAME.encode("unicode_escape"), key.hex().encode()]
    assert_nowhere(device, *needles)
    sink.close()
    assert_nowhere(device, *needles)


def test_after_the_receipt_nothing_is_left_in_any_byte(device: Device) -> None:
    interview_id = interview_with_answers(device)
    values = sealed_values(device, interview_id)
    assert len(values) > 8
    everything = b"".join(device.files().values())
    assert all(value in everything for value in values)
    key = device.interview_key(interview_id)
    device.settle(interview_id)
    row = device.store.interview(interview_id)
    assert not row.key_present
    assert row.receipt_serial == row.last_seq
    assert device.keystore.get(f"interview:{interview_id}") is None
    assert_nowhere(device, WORDS.encode(), NAME.encode(), b"Planted", key, b64encode(key).encode(), *values)
    assert not [name for name in device.files() if name.startswith(("objects/", "takes/"))]
    assert device.store.events(interview_id) == []
    assert device.store.candidate_name(interview_id) is None


def test_digests_and_hashes_stay_after_the_purge(device: Device) -> None:
    interview_id = interview_with_answers(device)
    before = device.outbox.local_check(interview_id)
    device.settle(interview_id)
    assert device.outbox.local_check(interview_id) == before
    assert device.outbox.interviews_to_check() == []
    assert device.outbox.counts() == (0, 0)
    (take,) = device.store.takes(interview_id)
    assert take.state is TakeState.SUBMITTED
    assert take.stored is not None
    assert take.transcript is None


def other_key(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    return office.receipt(envelope, manifest, SigningKey.generate())


def borrowed_signature(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    real = office.receipt(envelope, manifest)
    other = office.receipt(envelope, manifest, receipt_id="another")
    return real.model_copy(update={"signatures": other.signatures})


def claimed_key(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    forged = office.receipt(envelope, manifest, SigningKey.generate())
    signature = forged.signatures[0].model_copy(update={"keyid": office.key.key_id})
    return forged.model_copy(update={"signatures": [signature]})


def device_manifest(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    return envelope


def other_type(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    return office.receipt(envelope, manifest).model_copy(update={"payloadType": Manifest.payload_type()})


def changed(**fields: object) -> Forge:
    return lambda office, envelope, manifest: office.receipt(envelope, manifest, **fields)


def missing_object(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    return office.receipt(envelope, manifest, objects=[])


def other_hash(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    objects = [ref.model_copy(update={"sha256": "0" * 64}) for ref in manifest.objects]
    return office.receipt(envelope, manifest, objects=objects)


def other_size(office: Office, envelope: Envelope, manifest: Manifest) -> Envelope:
    objects = [ref.model_copy(update={"size": ref.size - 1}) for ref in manifest.objects]
    return office.receipt(envelope, manifest, objects=objects)


FORGERIES: dict[str, Forge] = {
    "another key": other_key,
    "another document's signature": borrowed_signature,
    "another key under the organisation's name": claimed_key,
    "the device's own manifest": device_manifest,
    "another document type": other_type,
    "another interview": changed(interview_id="other"),
    "another manifest": changed(manifest_digest="0" * 64),
    "another serial": changed(serial=999),
    "another last event": changed(last_seq=1),
    "other events": changed(events_digest="0" * 64),
    "a missing object": missing_object,
    "another hash": other_hash,
    "another size": other_size,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_receipt_deletes_nothing(device: Device, office: Office, name: str) -> None:
    interview_id = interview_with_answers(device)
    sent = sent_manifest(device, interview_id)
    objects = {path: data for path, data in device.files().items() if path.startswith("objects/")}
    row, items = device.store.interview(interview_id), device.outbox.pending()
    with pytest.raises(XudaError) as caught:
        device.outbox.save_receipt(interview_id, FORGERIES[name](office, *sent))
    assert caught.value.code is ErrorCode.RECEIPT_INVALID
    assert device.store.interview(interview_id) == row
    assert device.outbox.pending() == items
    assert {path: data for path, data in device.files().items() if path.startswith("objects/")} == objects
    assert device.store.candidate_name(interview_id) == NAME
    device.outbox.save_receipt(interview_id, office.receipt(*sent))
    assert not device.store.interview(interview_id).key_present


def test_a_receipt_of_one_interview_purges_no_other(device: Device, office: Office) -> None:
    one, two = interview_with_answers(device), interview_with_answers(device)
    sent = sent_manifest(device, one)
    sent_manifest(device, two)
    with pytest.raises(XudaError):
        device.outbox.save_receipt(two, office.receipt(*sent))
    assert device.store.interview(two).key_present
    device.outbox.save_receipt(one, office.receipt(*sent))
    assert device.store.interview(two).key_present
    assert device.store.candidate_name(two) == NAME


def test_an_older_receipt_is_kept_but_purges_nothing(device: Device, office: Office) -> None:
    interview_id = interview_with_answers(device)
    sent = sent_manifest(device, interview_id)
    questionnaire = EventDraft(EventType.QUESTIONNAIRE, QuestionnaireData(), QuestionnaireSealed(words=WORDS))
    row = device.store.append(interview_id, [questionnaire])
    device.outbox.save_receipt(interview_id, office.receipt(*sent))
    assert device.store.interview(interview_id).receipt_serial == row.last_seq - 1
    assert device.store.interview(interview_id).key_present
    assert device.outbox.counts()[0] == 2
    device.settle(interview_id)
    assert not device.store.interview(interview_id).key_present


def test_a_take_whose_words_are_not_known_yet_is_kept(device: Device) -> None:
    interview_id = interview_with_answers(device, transcribed=False)
    device.settle(interview_id)
    assert device.store.interview(interview_id).key_present
    (take,) = device.store.takes(interview_id)
    device.transcribe(take.take_id)
    assert device.store.interview(interview_id).key_present
    device.settle(interview_id)
    assert not device.store.interview(interview_id).key_present


def test_an_interview_that_may_go_on_is_kept(device: Device) -> None:
    from tests.storage.test_outbox import pause

    interview_id = device.begin().interview_id
    device.record(interview_id)
    pause(device, interview_id)
    device.settle(interview_id)
    assert device.store.interview(interview_id).key_present
    assert device.store.candidate_name(interview_id) == NAME


def test_an_interview_on_screen_is_purged_when_it_is_released(device: Device) -> None:
    interview_id = interview_with_answers(device)
    device.store.hold(interview_id)
    device.settle(interview_id)
    assert device.store.candidate_name(interview_id) == NAME
    device.store.release(interview_id)
    assert not device.store.interview(interview_id).key_present


def test_an_interview_that_was_on_screen_is_purged_at_the_next_start(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = interview_with_answers(device)
        device.store.hold(interview_id)
        device.settle(interview_id)
    with Device(tmp_path, office) as device:
        assert not device.store.interview(interview_id).key_present
        assert_nowhere(device, WORDS.encode(), NAME.encode())


def test_a_withdrawn_interview_leaves_nothing_of_what_was_said_and_owes_no_manifest(device: Device) -> None:
    interview_id = interview_with_answers(device, transcribed=False)
    values = sealed_values(device, interview_id)
    device.store.withdraw(interview_id, EventDraft(EventType.WITHDRAWN, WithdrawnData()))
    assert device.outbox.manifest(interview_id) is None
    assert device.outbox.manifest_to_carry(interview_id) is None
    assert [item.kind for item in device.outbox.pending()] == ["event"]
    assert_nowhere(device, *values)


def test_what_comes_after_the_purge_is_delivered_and_purged_too(device: Device) -> None:
    interview_id = interview_with_answers(device)
    device.settle(interview_id)
    row = device.store.append(interview_id, [EventDraft(EventType.QUESTIONNAIRE, QuestionnaireData(overall=5))])
    assert [event.seq for event in device.store.events(interview_id)] == [row.last_seq]
    device.settle(interview_id)
    assert device.store.events(interview_id) == []
    assert device.store.interview(interview_id).receipt_serial == row.last_seq


def test_a_purge_that_was_cut_is_finished_at_the_next_start(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = interview_with_answers(device)
        # as a crash right after the transaction of the purge leaves it: rows say so, key and files are still there
        sql = "UPDATE interviews SET key_state = 'destroying', candidate_name = NULL WHERE interview_id = ?"
        device.database.transaction(lambda db: db.execute(sql, (interview_id,)))
    with Device(tmp_path, office) as device:
        assert device.keystore.get(f"interview:{interview_id}") is None
        assert not [name for name in device.files() if name.startswith("objects/")]
        assert not device.store.interview(interview_id).key_present


def test_a_reader_beside_the_client_only_delays_the_end_of_a_purge(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        interview_id = interview_with_answers(device)
        values = sealed_values(device, interview_id)
        reader = sqlite3.connect(f"file:{device.data / 'xuda.db'}?mode=ro", uri=True)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchall()
        device.settle(interview_id)
        assert not device.store.interview(interview_id).key_present
        reader.close()
    with Device(tmp_path, office) as device:
        assert_nowhere(device, *values)
        (state,) = device.database.call(lambda db: list(db.query("SELECT key_state FROM interviews")))
        assert state == {"key_state": "gone"}
