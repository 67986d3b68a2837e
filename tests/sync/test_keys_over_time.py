"""A device and the organisation's keys through the years, against the reference backend: rotation, revocation, loss."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.interview.states import InterviewState
from app.storage.keyfile import FileKeyStore, PlainCodec
from app.storage.status import read_status
from app.sync.enrolment import enroll
from backend.db.models import EventRow, Interview, InvitationRow
from backend.services import device_care, devices, organisation_keys, sealing
from backend.services.interviews import newest_receipt
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyUse
from tests.backend.world import COMMAND_LINE, Served, invite, served
from tests.sync.device import Device


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "hr") as found:
        yield found


@pytest.fixture
def booth(office: Served, tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "booth")
    enrol(office, device)
    sync(device)
    yield device
    device.close()


def enrol(office: Served, device: Device, **more: bool) -> None:
    code = devices.new_enrolment_code(office.hr, COMMAND_LINE)
    enroll(office.url, code, "Booth 1", device, new_organisation_key=more.get("new_organisation_key", False))


def sync(device: Device, seconds: float = 30) -> tuple[int, int, ErrorCode | None]:
    summary = device.make_engine(patience=10).run_until_idle(seconds)
    return summary.pending, summary.failed, summary.code


def receipted(office: Served, interview_id: str) -> bool:
    with office.hr.db.read() as session:
        return newest_receipt(session, interview_id) is not None


def opens(office: Served, interview_id: str) -> bool:
    with office.hr.db.read() as session:
        wrapped = sealing.wrapped_key(session, session.get_one(Interview, interview_id))
    return wrapped is not None and len(office.hr.vault.unwrap(wrapped, interview_id)) == 32


def test_an_interview_begun_before_two_rotations_is_finished_delivered_and_purged(
    office: Served, booth: Device
) -> None:
    interview_id = booth.begin()
    booth.write(interview_id)
    sync(booth)
    for _ in range(2):
        organisation_keys.rotate(office.hr, COMMAND_LINE)
    ref = booth.speak(interview_id, 90_000)
    booth.finish(interview_id)

    assert sync(booth) == (0, 0, None)

    assert opens(office, interview_id)
    assert not booth.recording(interview_id, ref).exists()
    row = booth.store.interview(interview_id)
    assert (row.state, row.key_present) == (InterviewState.FINISHED, False)
    current = office.hr.vault.sign_key
    assert current.key_id in booth.enrolments.need().organisation_keys
    assert booth.shelf.encryption_key(booth.shelf.kit("test")) == office.hr.vault.encryption_key


def test_a_device_offline_for_a_year_and_three_rotations_still_delivers(office: Served, booth: Device) -> None:
    interview_id, ref = booth.interview(size=60_000)
    organisation_keys.rotate(office.hr, COMMAND_LINE, overlap=timedelta(days=30))
    office.clock.ahead = timedelta(days=200)
    organisation_keys.rotate(office.hr, COMMAND_LINE, overlap=timedelta(days=30))
    organisation_keys.rotate(office.hr, COMMAND_LINE, signing=False)
    office.clock.ahead = timedelta(days=400)
    with pytest.raises(XudaError) as caught:
        organisation_keys.retire(office.hr, COMMAND_LINE, KeyUse.ENCRYPTION, 1)
    assert caught.value.params == {"devices": 1}

    assert sync(booth) == (0, 0, None)

    assert opens(office, interview_id)
    assert receipted(office, interview_id)
    assert not booth.recording(interview_id, ref).exists()


def test_kit_and_invitation_of_an_old_epoch_serve_until_the_overlap_ends(office: Served, booth: Device) -> None:
    invite(office.hr, "李雷")
    with office.hr.db.read() as session:
        token = session.scalars(select(InvitationRow.token)).one()
    old = booth.shelf.kit("test", 1)
    organisation_keys.rotate(office.hr, COMMAND_LINE, overlap=timedelta(hours=1))
    assert booth.shelf.admit(token).kit == old  # still offline
    sync(booth)
    assert booth.shelf.admit(token).kit.version == 2
    assert booth.shelf.kit("test", 1) == old

    office.clock.ahead = timedelta(hours=2)
    sync(booth)
    with pytest.raises(XudaError) as caught:
        booth.shelf.admit(token)
    assert caught.value.code is ErrorCode.INVITATION_FOREIGN
    with office.hr.db.read() as session:
        assert booth.shelf.admit(session.scalars(select(InvitationRow.token)).one()).kit.version == 2
    assert booth.shelf.kit("test", 1) == old  # of an interview that has begun


def test_signatures_of_a_key_revoked_later_count_no_more_on_a_device_beyond_it(office: Served, booth: Device) -> None:
    organisation_keys.rotate(office.hr, COMMAND_LINE)
    sync(booth)
    organisation_keys.revoke(office.hr, COMMAND_LINE, KeyUse.SIGNING, 1)
    interview_id, ref = booth.interview(size=30_000)

    assert sync(booth) == (0, 0, None)

    found = booth.enrolments.need()
    assert list(found.organisation_keys) == [office.hr.vault.sign_key.key_id]
    assert len(found.known_keys) == 2
    assert not booth.recording(interview_id, ref).exists()


def test_a_device_does_not_follow_a_revoked_key_says_so_and_delivers_after_a_new_enrolment(
    office: Served, booth: Device
) -> None:
    interview_id, ref = booth.interview(size=30_000)
    organisation_keys.revoke(office.hr, COMMAND_LINE, KeyUse.SIGNING, 1)

    pending, failed, code = sync(booth, 3)

    assert (failed, code) == (0, ErrorCode.ORGANISATION_KEYS_INVALID)
    assert pending == 1  # the manifest: its receipt cannot be checked
    assert booth.recording(interview_id, ref).exists()
    assert read_status(booth.folder / "data")["standing"].code is ErrorCode.ORGANISATION_KEYS_INVALID
    with pytest.raises(XudaError) as caught:
        enrol(office, booth)
    assert caught.value.code is ErrorCode.FINGERPRINT_MISMATCH

    enrol(office, booth, new_organisation_key=True)

    assert sync(booth) == (0, 0, None)
    assert not booth.recording(interview_id, ref).exists()
    assert [kit.kit_id for kit in booth.shelf.kits()] == ["test"]


def test_a_revoked_device_stops_asking_keeps_all_and_delivers_once_it_is_enrolled_again(
    office: Served, booth: Device
) -> None:
    begun = booth.begin()
    booth.write(begun)
    sync(booth)
    whole, ref = booth.interview(size=40_000)
    former = booth.enrolments.need().device_id
    devices.revoke(office.hr, COMMAND_LINE, former)

    pending, failed, code = sync(booth, 20)

    assert (pending > 3, failed, code) == (True, 0, ErrorCode.DEVICE_REVOKED)
    assert booth.recording(whole, ref).exists()

    enrol(office, booth)
    booth.write(begun, "after the new enrolment")
    booth.finish(begun)

    assert sync(booth) == (0, 0, None)
    assert opens(office, whole)
    assert not booth.recording(whole, ref).exists()
    now = booth.enrolments.need()
    with office.hr.db.read() as session:
        owners = {session.get_one(Interview, name).device_id for name in (begun, whole)}
        rows = session.scalars(select(EventRow).where(EventRow.interview_id == begun).order_by(EventRow.seq)).all()
        signers = {sealing.event_envelope(row).signer for row in rows}
    assert owners == {now.device_id}
    assert len(signers) == 2
    assert device_care.view(office.hr, COMMAND_LINE, former).state == "replaced"


def test_a_stranger_with_a_code_cannot_claim_to_have_been_another_device(office: Served, booth: Device) -> None:
    former = booth.enrolments.need()
    booth.begin()
    sync(booth)
    other = Device(booth.vault.objects.parent.parent / "other")
    try:
        enrol(office, other)
        forged = former.__class__(
            former.device_id, former.server_url, former.organisation, other.enrolments.need().device_key
        )
        other.enrolments.load()
        other.enrolments._loaded = forged
        with pytest.raises(XudaError):
            enrol(office, other)
    finally:
        other.close()
    assert device_care.view(office.hr, COMMAND_LINE, former.device_id).successor_id is None


def test_a_device_whose_key_is_lost_is_continued_by_hrs_word(office: Served, booth: Device, tmp_path: Path) -> None:
    interview_id, ref = booth.interview(size=40_000)
    former = booth.enrolments.need().device_id
    booth.close()
    (tmp_path / "booth" / "keys").unlink()  # with the device's key and the interviews' keys
    again = Device(tmp_path / "booth")
    try:
        with pytest.raises(XudaError) as caught:
            again.enrolments.load()
        assert caught.value.code is ErrorCode.KEYSTORE_MISSING
        code = devices.new_enrolment_code(office.hr, COMMAND_LINE, replaces=former)
        enroll(office.url, code, "Booth 1", again)

        assert sync(again) == (0, 0, None)

        assert opens(office, interview_id)
        assert not again.recording(interview_id, ref).exists()
    finally:
        again.close()


def test_what_was_refused_is_tried_again_when_staff_ask(office: Served, booth: Device) -> None:
    interview_id, _ = booth.interview(size=20_000)
    for item in booth.outbox.pending():
        booth.outbox.refuse(item, ErrorCode.CONFLICT)
    assert sync(booth, 3)[1] > 0
    assert booth.outbox.retry_failed() > 0
    assert sync(booth) == (0, 0, None)
    assert receipted(office, interview_id)


def test_a_lost_device_is_revoked_and_hr_sees_what_it_may_hold(office: Served, booth: Device) -> None:
    whole, _ = booth.interview(size=20_000)
    sync(booth)
    partly = booth.begin()
    booth.write(partly)
    ref = booth.speak(partly, 2_000_000)
    engine = booth.make_engine(patience=10)
    for item in [item for item in booth.outbox.pending() if item.kind == "event"]:
        engine._courier.deliver(item)
    device_id = booth.enrolments.need().device_id

    found = device_care.report_lost(office.hr, COMMAND_LINE, device_id)

    assert found.state == "lost"
    (held,) = found.held
    assert (held.interview_id, held.missing_objects, held.missing_events) == (partly, 1, 0)
    assert device_care.report_lost(office.hr, COMMAND_LINE, device_id).held == [held]
    assert whole not in [item.interview_id for item in found.held]
    assert booth.recording(partly, ref).exists()


def test_stored_key_lists_that_were_tampered_with_are_fetched_again(office: Served, tmp_path: Path) -> None:
    booth = Device(tmp_path / "one")
    enrol(office, booth)
    organisation_keys.rotate(office.hr, COMMAND_LINE)
    sync(booth)
    assert len(booth.enrolments.need().chain) == 3
    sql = "UPDATE settings SET value = replace(value, ?, ?) WHERE name = 'key_lists'"
    payload = booth.enrolments.need().chain[1].payload
    booth.database.transaction(lambda db: db.execute(sql, (payload, payload[:-8] + "AAAAAAAA")))
    booth.database.transaction(
        lambda db: db.execute("UPDATE settings SET value = value || '}' WHERE name = 'key_lists'")
    )
    booth.close()
    again = Device(tmp_path / "one")
    try:
        assert again.enrolments.need().chain == ()
        assert sync(again)[2] is None
        assert len(again.enrolments.need().chain) == 3
    finally:
        again.close()


def test_the_keystore_holds_only_the_newest_device_key_after_a_new_enrolment(office: Served, tmp_path: Path) -> None:
    booth = Device(tmp_path / "two")
    enrol(office, booth)
    before = booth.enrolments.need().device_key.to_bytes()
    enrol(office, booth)
    after = booth.enrolments.need().device_key.to_bytes()
    former, now = devices.list_devices(office.hr)
    assert (former.revoked_at is not None, now.revoked_at) == (True, None)  # the old key speaks no more
    booth.close()
    store = FileKeyStore(tmp_path / "two" / "keys", PlainCodec())
    assert store.get("device") == after != before
    assert store.get("device-enrolling") is None
