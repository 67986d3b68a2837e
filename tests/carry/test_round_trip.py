"""From a booth that is never online to HR and back on a stick, and what happens when the network carries too."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.interview.transfer import ReceiptFate
from backend.runtime import Runtime
from backend.services import deletion, device_settings, intake, organisation_keys
from backend.services.bundles import ImportStatus
from contract.bundle import BundleReceipts
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.pin import hash_pin
from tests.support.stick import COMMAND_LINE, Network, asking, enrolled, stored_object, take_in
from tests.sync.device import Device


def export(booth: Device, stick: Path, **options: object) -> Path:
    return booth.storage.bundles().export(stick, **options).bundles[0].path  # type: ignore[arg-type]


def carry_back(booth: Device, stick: Path, hr: Runtime, bundle: Path) -> dict[str, ReceiptFate]:
    report = take_in(hr, bundle)
    assert report.receipts is not None
    file = stick / "receipts.json"
    file.write_bytes(report.receipts.to_bytes())
    return booth.storage.bundles().take_receipts(file).fates


def test_a_booth_that_is_never_online_delivers_and_purges(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id, ref = booth.interview(size=300_000)
    kept = booth.recording(interview_id, ref).read_bytes()
    bundle = export(booth, stick)

    report = take_in(hr, bundle)

    assert [(item.interview_id, item.status) for item in report.interviews] == [(interview_id, ImportStatus.NEW)]
    assert (report.interviews[0].events, report.interviews[0].objects) == (4, 1)
    assert report.interviews[0].state is HrState.PENDING_REVIEW
    assert stored_object(hr, interview_id, ref.object_id) == kept
    assert booth.recording(interview_id, ref).exists()
    assert carry_back(booth, stick, hr, bundle) == {interview_id: ReceiptFate.PURGED}
    assert not booth.recording(interview_id, ref).exists()
    assert booth.store.interview(interview_id).key_present is False
    assert booth.outbox.counts() == (0, 0)


def test_importing_again_changes_nothing(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id, _ = booth.interview(size=50_000)
    bundle = export(booth, stick)
    take_in(hr, bundle)
    who = asking(hr, booth.enrolments.need().device_id)
    before = intake.check(hr, who, interview_id)

    again = take_in(hr, bundle)

    assert again.interviews[0].status is ImportStatus.PRESENT
    assert (again.interviews[0].events, again.interviews[0].objects) == (0, 0)
    assert intake.check(hr, who, interview_id) == before


def test_an_unfinished_interview_travels_with_what_there_is(hr: Runtime, booth: Device, stick: Path) -> None:
    going_on, paused = booth.begin(), booth.begin()
    booth.write(going_on)
    booth.speak(paused, 40_000)
    booth.pause(paused)
    bundle = export(booth, stick)

    outcomes = {item.interview_id: item for item in take_in(hr, bundle).interviews}

    assert (outcomes[going_on].status, outcomes[going_on].open) == (ImportStatus.INCOMPLETE, True)
    assert outcomes[going_on].state is HrState.IN_PROGRESS
    assert outcomes[paused].status is ImportStatus.NEW
    fates = carry_back(booth, stick, hr, bundle)
    assert fates == {paused: ReceiptFate.KEPT}
    booth.resume(paused)
    booth.finish(paused)
    booth.finish(going_on)
    second = export(booth, stick)
    statuses = {item.interview_id: item.status for item in take_in(hr, second).interviews}
    assert statuses == {going_on: ImportStatus.MERGED, paused: ImportStatus.MERGED}
    assert set(carry_back(booth, stick, hr, second).values()) == {ReceiptFate.PURGED}


def test_what_hr_has_receipted_is_not_written_again_unless_asked_for(hr: Runtime, booth: Device, stick: Path) -> None:
    paused = booth.begin()
    booth.pause(paused)
    carry_back(booth, stick, hr, export(booth, stick))

    assert booth.storage.bundles().export(stick).bundles == ()
    everything = booth.storage.bundles().export(stick, everything=True)
    assert [item.interview_id for item in everything.interviews] == [paused]
    assert [item.interview_id for item in booth.storage.bundles().export(stick, only=[paused]).interviews] == [paused]
    with pytest.raises(XudaError) as refused:
        booth.storage.bundles().export(stick, only=["no-such-interview"])
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_the_network_and_the_stick_give_the_same_receipt(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id, ref = booth.interview(size=60_000)
    bundle = export(booth, stick)
    network = Network(hr, booth)
    for _ in range(2):
        assert network.send_one()

    assert take_in(hr, bundle).interviews[0].status is ImportStatus.MERGED
    network.send_all()

    assert booth.store.interview(interview_id).key_present is False
    assert not booth.recording(interview_id, ref).exists()
    assert take_in(hr, bundle).interviews[0].status is ImportStatus.PRESENT
    assert carry_back(booth, stick, hr, bundle) == {interview_id: ReceiptFate.PURGED}


def test_an_interview_that_was_withdrawn_reaches_hr_without_its_recordings(
    hr: Runtime, booth: Device, stick: Path
) -> None:
    from app.interview.store import EventDraft
    from contract.events import EventType, WithdrawnData

    interview_id, _ = booth.interview(size=40_000)
    withdrawn = EventDraft(EventType.WITHDRAWN, WithdrawnData())
    booth.store.withdraw(interview_id, withdrawn)
    bundle = export(booth, stick)

    outcome = take_in(hr, bundle).interviews[0]

    assert (outcome.status, outcome.objects, outcome.state) == (ImportStatus.NEW, 0, HrState.INCOMPLETE)
    assert outcome.events == 1, "the withdrawal alone"
    assert take_in(hr, bundle).interviews[0].status is ImportStatus.PRESENT
    assert (outcome.open, booth.outbox.counts()[0]) == (False, 1)
    assert carry_back(booth, stick, hr, bundle) == {interview_id: ReceiptFate.PURGED}
    assert booth.outbox.counts() == (0, 0), "HR has heard of it"
    assert booth.storage.bundles().export(stick).bundles == (), "nothing of it waits any more"
    deletion.delete_interview(hr, COMMAND_LINE, interview_id)
    assert booth.storage.notices.uncertified() == [interview_id]
    carry_back(booth, stick, hr, bundle)
    assert booth.storage.notices.uncertified() == [], "HR's certificate came along"


def test_receipts_of_another_device_or_organisation_delete_nothing(
    hr: Runtime, own_hr: Runtime, booth: Device, stick: Path, tmp_path: Path
) -> None:
    interview_id, ref = booth.interview(size=20_000)
    neighbour, foreigner = enrolled(hr, tmp_path / "b2"), enrolled(own_hr, tmp_path / "b3")
    for other, office in ((neighbour, hr), (foreigner, own_hr)):
        other.interview(size=10_000)
        report = take_in(office, export(other, stick))
        assert report.receipts is not None
        (stick / "wrong.json").write_bytes(report.receipts.to_bytes())
        with pytest.raises(XudaError) as refused:
            booth.storage.bundles().take_receipts(stick / "wrong.json")
        assert refused.value.code is ErrorCode.RECEIPT_INVALID
        other.close()
    assert booth.recording(interview_id, ref).exists()


def test_a_receipts_file_with_any_byte_changed_deletes_nothing(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id, ref = booth.interview(size=20_000)
    report = take_in(hr, export(booth, stick))
    assert report.receipts is not None
    good, file = report.receipts.to_bytes(), stick / "r.json"
    for place in range(0, len(good), 7):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        with pytest.raises(XudaError) as refused:
            booth.storage.bundles().take_receipts(file)
        assert refused.value.code is ErrorCode.RECEIPT_INVALID
    assert booth.recording(interview_id, ref).exists()
    for missing in (stick / "nothing.json", stick):
        with pytest.raises(XudaError) as refused:
            booth.storage.bundles().take_receipts(missing)
        assert refused.value.code is ErrorCode.FILE_MISSING


def test_receipts_from_before_the_interview_went_on_delete_nothing(hr: Runtime, booth: Device, stick: Path) -> None:
    interview_id = booth.begin()
    ref = booth.speak(interview_id, 20_000)
    booth.pause(interview_id)
    early = export(booth, stick)
    booth.resume(interview_id)
    booth.finish(interview_id)
    assert carry_back(booth, stick, hr, early) == {interview_id: ReceiptFate.KEPT}
    assert export(booth, stick).exists()
    assert booth.recording(interview_id, ref).exists()


def test_receipts_bring_what_hr_wants_of_a_booth_that_hears_nothing_else(
    hr: Runtime, booth: Device, stick: Path
) -> None:
    booth.interview(size=20_000)
    first, layer = export(booth, stick), device_settings.device_layer(booth.enrolments.need().device_id)
    device_settings.save(hr, COMMAND_LINE, layer, {"idle_minutes": 7})
    old = take_in(hr, first).receipts
    carry_back(booth, stick, hr, first)
    assert booth.shelf.settings.current.settings.idle_minutes == 7

    device_settings.save(hr, COMMAND_LINE, layer, {"idle_minutes": 9})
    carry_back(booth, stick, hr, first)
    assert booth.shelf.settings.current.settings.idle_minutes == 9
    assert old is not None
    (stick / "old.json").write_bytes(old.to_bytes())
    booth.storage.bundles().take_receipts(stick / "old.json")
    assert booth.shelf.settings.current.settings.idle_minutes == 9, "an old stick sets nothing back"

    device_settings.save(hr, COMMAND_LINE, layer, {"idle_minutes": 3, "staff_pin": hash_pin("246813")})
    carry_back(booth, stick, hr, first)
    carried = Envelope.from_bytes((stick / "receipts.json").read_bytes())
    assert parse_payload(carried.payload_bytes, BundleReceipts).settings is None
    assert booth.shelf.settings.current.settings.idle_minutes == 9, "with a PIN it comes by the network alone"


def test_receipts_bring_the_organisations_new_keys_to_a_booth_that_hears_nothing_else(
    own_hr: Runtime, tmp_path: Path, stick: Path
) -> None:
    booth = enrolled(own_hr, tmp_path / "b")
    interview_id, ref = booth.interview(size=20_000)
    bundle = export(booth, stick)
    organisation_keys.rotate(own_hr, COMMAND_LINE)
    assert carry_back(booth, stick, own_hr, bundle) == {interview_id: ReceiptFate.PURGED}
    assert not booth.recording(interview_id, ref).exists()
    later, _ = booth.interview(size=10_000)
    assert carry_back(booth, stick, own_hr, export(booth, stick)) == {later: ReceiptFate.PURGED}
    booth.close()
