"""What waits to be sent: its order, its failures, and that nothing is ever lost by a failure."""

from __future__ import annotations

import pytest

from app.interview.states import InterviewState
from app.interview.store import EventDraft
from app.storage.outbox import ItemKind, OutboxItem
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, ExitData, ResumedData, events_digest
from contract.manifest import Manifest
from tests.storage.office import Device, text_answer


def pause(device: Device, interview_id: str) -> None:
    draft = EventDraft(EventType.PAUSED, ExitData(reason="network"))
    device.store.append(interview_id, [draft], state=InterviewState.PAUSED)


def resume(device: Device, interview_id: str) -> None:
    draft = EventDraft(EventType.RESUMED, ResumedData())
    device.store.append(interview_id, [draft], state=InterviewState.ACTIVE)


def refs(items: list[OutboxItem], kind: ItemKind) -> list[tuple[str, str]]:
    return [(item.interview_id, item.ref) for item in items if item.kind is kind]


def test_events_of_all_interviews_go_before_any_object_and_small_objects_before_large(device: Device) -> None:
    first, second = device.begin().interview_id, device.begin().interview_id
    for size, interview_id in ((90_000, first), (10_000, second), (50_000, first)):
        device.submit(device.record(interview_id, b"x" * size, f"q{size}"))
    for _ in range(9):
        device.store.append(second, [text_answer()])
    items = device.outbox.pending()
    kinds = [item.kind for item in items]
    assert kinds == sorted(kinds, key=[ItemKind.EVENT, ItemKind.MANIFEST, ItemKind.OBJECT].index)
    events = refs(items, ItemKind.EVENT)
    assert events == [(first, str(n)) for n in range(1, 5)] + [(second, str(n)) for n in range(1, 13)]
    sizes = [item.size for item in items if item.kind is ItemKind.OBJECT]
    assert sizes == sorted(sizes)
    assert len(sizes) == 3


def test_a_failing_item_stays_and_removes_no_other(device: Device) -> None:
    interview_id = device.begin().interview_id
    device.submit(device.record(interview_id))
    before = device.outbox.pending()
    device.outbox.retry(before[0], ErrorCode.SERVER_UNREACHABLE)
    device.outbox.refuse(before[1], ErrorCode.CONFLICT)
    after = device.outbox.pending()
    assert [item.item_id for item in after] == [item.item_id for item in before if item != before[1]]
    assert after[0].attempts == 1
    assert device.outbox.counts() == (len(before) - 1, 1)
    assert device.outbox.event(interview_id, 2)
    assert device.store.pending_uploads() == len(before)


def test_a_refused_item_is_not_tried_again_by_the_self_check(device: Device) -> None:
    interview_id = device.begin().interview_id
    item = device.outbox.pending()[0]
    device.outbox.refuse(item, ErrorCode.CONFLICT)
    device.outbox.requeue(interview_id, [1], [])
    assert item.item_id not in {found.item_id for found in device.outbox.pending()}
    assert device.outbox.counts()[1] == 1


def test_what_hr_lacks_goes_back_into_the_outbox(device: Device) -> None:
    interview_id = device.begin().interview_id
    take = device.record(interview_id)
    device.submit(take)
    before = [(item.kind, item.ref, item.size) for item in device.outbox.pending()]
    device.deliver()
    assert device.outbox.pending() == []
    held = device.outbox.local_check(interview_id)
    device.outbox.requeue(interview_id, [*held.events, 99], [held.objects[0].object_id, "unknown"])
    assert [(item.kind, item.ref, item.size) for item in device.outbox.pending()] == before


def test_a_done_item_is_gone_and_can_be_done_again(device: Device) -> None:
    device.begin()
    item = device.outbox.pending()[0]
    device.outbox.done(item)
    device.outbox.done(item)
    assert item not in device.outbox.pending()


def test_the_local_check_has_digests_of_events_and_submitted_objects_only(device: Device) -> None:
    interview_id = device.begin().interview_id
    device.record(interview_id)
    take = device.record(interview_id)
    device.submit(take)
    held = device.outbox.local_check(interview_id)
    assert held.events == {seq: device.outbox.event(interview_id, seq).digest for seq in (1, 2, 3)}
    assert take.stored is not None
    assert [(ref.object_id, ref.sha256) for ref in held.objects] == [(take.stored.object_id, take.stored.sha256)]


def test_the_objects_file_is_checked_before_it_is_sent(device: Device) -> None:
    take = device.record(device.begin().interview_id)
    assert take.stored is not None
    path, ref = device.outbox.object_file(take.interview_id, take.stored.object_id)
    assert path.stat().st_size == ref.size
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(XudaError) as caught:
        device.outbox.object_file(take.interview_id, take.stored.object_id)
    assert caught.value.code is ErrorCode.SEALED_DAMAGED
    with pytest.raises(KeyError):
        device.outbox.object_file("other", take.stored.object_id)


def test_there_is_no_manifest_while_the_interview_is_active(device: Device) -> None:
    interview_id = device.begin().interview_id
    device.deliver()
    assert device.outbox.manifest(interview_id) is None
    assert device.outbox.pending() == []


def test_there_is_no_manifest_while_something_is_in_the_outbox_refused_or_waiting(device: Device) -> None:
    interview_id = device.begin().interview_id
    pause(device, interview_id)
    assert device.outbox.manifest(interview_id) is None
    refused, *others = device.outbox.pending()
    device.outbox.refuse(refused, ErrorCode.CONFLICT)
    for item in others:
        device.outbox.done(item)
    assert device.outbox.manifest(interview_id) is None
    assert refs(device.outbox.pending(), ItemKind.MANIFEST) == []


def test_the_manifest_is_signed_and_the_same_bytes_when_asked_again(device: Device) -> None:
    interview_id = device.begin().interview_id
    device.submit(device.record(interview_id))
    pause(device, interview_id)
    device.deliver()
    assert refs(device.outbox.pending(), ItemKind.MANIFEST) == [(interview_id, interview_id)]
    sent = device.outbox.manifest(interview_id)
    assert sent is not None
    key = device.enrolments.need().device_key
    manifest = open_envelope(sent[0], Manifest, {key.key_id: key.public})
    held = device.outbox.local_check(interview_id)
    assert (manifest.serial, manifest.last_seq) == (4, 4)
    assert manifest.events_digest == events_digest(held.events)
    assert manifest.objects == held.objects
    again = device.outbox.manifest(interview_id)
    assert again is not None
    assert again[0].to_bytes() == sent[0].to_bytes()


def test_a_manifest_that_was_sent_without_a_receipt_waits_on(device: Device) -> None:
    interview_id = device.begin().interview_id
    pause(device, interview_id)
    device.deliver()
    (item,) = device.outbox.pending()
    device.outbox.done(item)
    assert device.outbox.pending() == [item]


def test_a_new_event_asks_for_a_new_manifest_even_when_the_last_was_refused(device: Device) -> None:
    interview_id = device.begin().interview_id
    pause(device, interview_id)
    device.deliver()
    (item,) = device.outbox.pending()
    device.outbox.refuse(item, ErrorCode.CONFLICT)
    resume(device, interview_id)
    assert refs(device.outbox.pending(), ItemKind.MANIFEST) == []
    pause(device, interview_id)
    device.deliver()
    sent = device.outbox.manifest(interview_id)
    assert sent is not None
    assert sent[1].serial == 5
    assert device.outbox.counts() == (1, 0)


def test_interviews_are_checked_until_their_newest_event_is_receipted(device: Device) -> None:
    interview_id = device.begin().interview_id
    assert device.outbox.interviews_to_check() == [interview_id]
    pause(device, interview_id)
    device.settle(interview_id)
    assert device.outbox.interviews_to_check() == []
    assert device.store.pending_uploads() == 0
    resume(device, interview_id)
    assert device.outbox.interviews_to_check() == [interview_id]


def test_a_new_event_without_a_move_is_no_reason_to_forget_the_manifest(device: Device) -> None:
    interview_id = device.begin().interview_id
    pause(device, interview_id)
    device.settle(interview_id)
    device.store.append(interview_id, [], seconds_used=3.0)
    assert device.outbox.pending() == []
