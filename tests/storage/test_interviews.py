"""Interviews, events and takes: one change, one transaction."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import AnswerSealed, Event, EventType, ExitData, FinishedData, WithdrawnData, derive_state
from tests.storage.office import NAME, WORDS, Device, Office, new_take, spoken_answer, text_answer


def test_an_interview_reads_back_as_it_was_created(device: Device) -> None:
    row = device.begin()
    assert row.last_seq == 2
    assert row.key_present
    assert device.store.interview(row.interview_id) == row
    assert device.store.candidate_name(row.interview_id) == NAME
    assert [event.kind for event in device.store.events(row.interview_id)] == [
        EventType.STARTED,
        EventType.CONSENTED,
    ]


def test_the_newest_interview_comes_first(device: Device) -> None:
    ids = [device.begin().interview_id for _ in range(3)]
    assert [row.interview_id for row in device.store.interviews()] == ids[::-1]


def test_unknown_ids_are_key_errors(device: Device) -> None:
    with pytest.raises(KeyError):
        device.store.interview("nobody")
    with pytest.raises(KeyError):
        device.store.take("nothing")
    with pytest.raises(KeyError):
        device.store.append("nobody", [text_answer()])


def test_an_id_is_never_used_twice_and_keeps_its_first_key(device: Device) -> None:
    row = device.begin()
    with pytest.raises(ValueError, match="exists"):
        device.store.create(row, key=bytes(32), candidate_name="other", events=[])
    assert device.store.candidate_name(row.interview_id) == NAME


def test_events_are_signed_by_the_device_and_opened_with_the_interviews_key(device: Device) -> None:
    row = device.begin()
    row = device.store.append(row.interview_id, [text_answer(WORDS)], seconds_used=12.5)
    assert (row.last_seq, row.answered, row.seconds_used) == (3, 1, 12.5)
    enrolment = device.enrolments.need()
    envelope = device.outbox.event(row.interview_id, 3)
    event = open_envelope(envelope, Event, {enrolment.device_key.key_id: enrolment.device_key.public})
    opened = device.store.open_sealed(event, AnswerSealed)
    assert opened == AnswerSealed(text=WORDS)
    assert event.device_id == "device-1"


def test_a_move_that_is_in_no_table_changes_nothing(device: Device) -> None:
    row = device.finish(device.begin().interview_id)
    before = device.outbox.pending()
    paused = EventDraft(EventType.PAUSED, ExitData(reason="time"))
    with pytest.raises(XudaError) as caught:
        device.store.append(row.interview_id, [paused], state=InterviewState.PAUSED)
    assert caught.value.code is ErrorCode.ILLEGAL_STATE
    assert device.store.interview(row.interview_id) == row
    assert device.outbox.pending() == before


def test_when_the_second_event_cannot_be_made_the_first_is_not_kept_either(device: Device) -> None:
    row = device.begin()
    device.keystore.delete(f"interview:{row.interview_id}")
    device.store._keys.destroy(row.interview_id)
    clear = EventDraft(EventType.FINISHED, FinishedData(answers=0))
    with pytest.raises(XudaError) as caught:
        device.store.append(row.interview_id, [clear, text_answer()], state=InterviewState.FINISHED)
    assert caught.value.code is ErrorCode.KEY_DESTROYED
    assert device.store.interview(row.interview_id) == row
    assert len(device.store.events(row.interview_id)) == 2


def test_a_submitted_take_puts_its_object_in_the_outbox(device: Device) -> None:
    row = device.begin()
    take = device.record(row.interview_id)
    assert "object" not in {item.kind for item in device.outbox.pending()}
    device.submit(take)
    stored = device.store.take(take.take_id).stored
    assert stored is not None
    items = [item for item in device.outbox.pending() if item.kind == "object"]
    assert [(item.ref, item.size) for item in items] == [(stored.object_id, stored.size)]


def test_a_take_without_its_object_cannot_be_submitted(device: Device) -> None:
    row = device.begin()
    take = new_take(row.interview_id)
    device.store.begin_take(take).close()
    device.store.save_take(replace(take, state=TakeState.RECORDED))
    with pytest.raises(XudaError) as caught:
        device.submit(device.store.take(take.take_id))
    assert caught.value.code is ErrorCode.SEALED_DAMAGED
    assert device.store.interview(row.interview_id).answered == 0
    assert device.store.take(take.take_id).state is TakeState.RECORDED


def test_a_take_reads_back_with_its_proof_transcript_and_correction(device: Device) -> None:
    row = device.begin()
    take = device.record(row.interview_id)
    device.submit(take)
    device.transcribe(take.take_id)
    corrected = replace(device.store.take(take.take_id), correction="改正")
    device.store.save_take(corrected)
    found = device.store.take(take.take_id)
    assert found == corrected
    assert found.transcript is not None
    assert found.transcript.words[0].text == WORDS
    assert found.proof == take.proof
    assert device.store.takes(row.interview_id) == [found]


def test_an_illegal_move_of_a_take_is_refused(device: Device) -> None:
    take = device.record(device.begin().interview_id)
    device.submit(take)
    with pytest.raises(XudaError) as caught:
        device.store.save_take(replace(take, state=TakeState.DISCARDED))
    assert caught.value.code is ErrorCode.ILLEGAL_STATE
    assert device.store.take(take.take_id).state is TakeState.SUBMITTED


def test_a_discarded_take_leaves_no_file_and_no_words(device: Device) -> None:
    take = device.record(device.begin().interview_id)
    assert take.stored is not None
    path = device.vault.object_path(take.interview_id, take.stored.object_id)
    assert path.exists()
    device.store.save_take(replace(take, state=TakeState.DISCARDED, correction="x"))
    assert not path.exists()
    found = device.store.take(take.take_id)
    assert (found.stored, found.proof, found.correction) == (None, None, None)


def test_a_discarded_running_take_leaves_no_file(device: Device) -> None:
    take = new_take(device.begin().interview_id)
    sink = device.store.begin_take(take)
    sink.write(b"x" * 10_000)
    sink.close()
    device.store.save_take(replace(take, state=TakeState.DISCARDED))
    assert not [name for name in device.files() if name.startswith("takes/")]


def test_the_final_object_replaces_the_streamed_file(device: Device) -> None:
    content = bytes(range(256)) * 100
    take = device.record(device.begin().interview_id, content)
    with device.store.open_object(take.take_id) as stored:
        assert stored.read() == content
        stored.seek(5000)
        assert stored.read(16) == content[5000:5016]
    assert not [name for name in device.files() if name.startswith("takes/")]


def test_storing_again_leaves_one_object(device: Device) -> None:
    row = device.begin()
    take = new_take(row.interview_id)
    device.store.begin_take(take).close()
    device.store.store_object(take.take_id, io.BytesIO(b"first"), "video/webm")
    device.store.store_object(take.take_id, io.BytesIO(b"second"), "video/webm")
    assert len([name for name in device.files() if name.startswith("objects/")]) == 1
    with device.store.open_object(take.take_id) as stored, device.store.open_raw(take.take_id) as raw:
        assert stored.read() == raw.read() == b"second"


def test_a_submitted_takes_object_is_never_replaced(device: Device) -> None:
    take = device.record(device.begin().interview_id)
    device.submit(take)
    with pytest.raises(XudaError) as caught:
        device.store.store_object(take.take_id, io.BytesIO(b"other"), "video/webm")
    assert caught.value.code is ErrorCode.ILLEGAL_STATE


def test_size_and_hash_are_those_of_the_sealed_file(device: Device) -> None:
    from contract.canonical import sha256_hex

    take = device.record(device.begin().interview_id)
    assert take.stored is not None
    data = device.vault.object_path(take.interview_id, take.stored.object_id).read_bytes()
    assert (take.stored.size, take.stored.sha256) == (len(data), sha256_hex(data))


def test_an_object_that_was_tampered_with_does_not_open(device: Device) -> None:
    take = device.record(device.begin().interview_id)
    assert take.stored is not None
    path = device.vault.object_path(take.interview_id, take.stored.object_id)
    data = bytearray(path.read_bytes())
    data[200] ^= 1
    path.write_bytes(data)
    with pytest.raises(XudaError) as caught, device.store.open_object(take.take_id) as stored:
        stored.read()
    assert caught.value.code is ErrorCode.SEALED_DAMAGED


def test_a_draft_is_kept_until_its_question_is_answered(device: Device) -> None:
    row = device.begin()
    device.store.save_draft(row.interview_id, "q2", "half an ans")
    device.store.save_draft(row.interview_id, "q2", "half an answer")
    device.store.save_draft(row.interview_id, "q3", "other")
    assert device.store.draft(row.interview_id, "q2") == "half an answer"
    device.store.append(row.interview_id, [text_answer(question_id="q2")])
    assert device.store.draft(row.interview_id, "q2") is None
    assert device.store.draft(row.interview_id, "q3") == "other"
    device.store.save_draft(row.interview_id, "q3", "")
    assert device.store.draft(row.interview_id, "q3") is None


def test_everything_is_there_after_a_restart(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        row = device.begin()
        take = device.record(row.interview_id)
        device.submit(take)
        row = device.transcribe(take.take_id)
        device.store.save_draft(row.interview_id, "q2", "draft")
        items = device.outbox.pending()
    with Device(tmp_path, office) as device:
        assert device.store.interview(row.interview_id) == row
        found = device.store.take(take.take_id)
        assert found.state is TakeState.SUBMITTED
        assert found.transcript is not None
        assert found.transcript.text == WORDS
        assert device.store.draft(row.interview_id, "q2") == "draft"
        assert device.outbox.pending() == items
        assert device.report.removed == device.report.unknown == device.report.damaged == []
        assert derive_state(device.store.events(row.interview_id)).value == "in_progress"


def test_a_withdrawn_interview_keeps_only_what_hr_must_hear(device: Device) -> None:
    row = device.begin()
    take = device.record(row.interview_id)
    device.submit(take)
    device.store.save_draft(row.interview_id, "q2", WORDS)
    device.store.withdraw(row.interview_id, EventDraft(EventType.WITHDRAWN, WithdrawnData()))
    assert not device.store.interview(row.interview_id).key_present
    assert device.store.candidate_name(row.interview_id) is None
    assert device.keystore.get(f"interview:{row.interview_id}") is None
    assert not [name for name in device.files() if name.startswith(("objects/", "takes/"))]
    assert [(item.kind, item.ref) for item in device.outbox.pending()] == [("event", "4")]
    assert [event.kind for event in device.store.events(row.interview_id)] == [EventType.WITHDRAWN]
    assert device.store.interview(row.interview_id).state is InterviewState.DELETED
    with pytest.raises(XudaError) as caught:
        device.store.open_object(take.take_id)
    assert caught.value.code is ErrorCode.KEY_DESTROYED
    with pytest.raises(XudaError) as caught:
        device.store.append(row.interview_id, [text_answer()])
    assert caught.value.code is ErrorCode.KEY_DESTROYED


def test_nothing_is_created_before_enrolment(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        row = device.begin()
        device.database.transaction(lambda db: db.execute("DELETE FROM enrolment"))
    with Device(tmp_path, office) as device:
        device.database.transaction(lambda db: db.execute("DELETE FROM enrolment"))
        device.enrolments._loaded = None
        with pytest.raises(XudaError) as caught:
            device.store.append(row.interview_id, [spoken_answer(new_take(row.interview_id))])
        assert caught.value.code is ErrorCode.NOT_ENROLLED
