"""What HR takes from a stick and what it refuses: the rules are those of the network."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backend.db.models import AuditRow, Device, ObjectRow, Role, Upload
from backend.runtime import Runtime, open_runtime
from backend.services import bundles, deletion, devices, intake, uploads
from backend.services.actor import Actor
from backend.services.bundles import ImportStatus, Outcome
from backend.services.uploads import Description
from contract.bundle import BundleReader, BundleReceipts
from contract.envelope import parse_payload
from contract.errors import ErrorCode, XudaError
from contract.events import ConsentedData, EventType, events_digest
from contract.keys import SigningKey
from tests.backend.world import Booth, Sealed, Talk, invite
from tests.support.stick import COMMAND_LINE, Packed, asking, booth, pack, stored_object, take_in, upload
from tests.sync.device import Device as RealDevice


@pytest.fixture
def who(hr: Runtime) -> Booth:
    return booth(hr)


def interview(hr: Runtime, who: Booth, *, size: int = 5_000) -> tuple[Talk, Sealed]:
    talk = Talk(who, invite(hr, "李雷"))
    talk.started()
    talk.consented()
    sealed = talk.seal(bytes(size))
    talk.spoken(sealed)
    talk.heard("hello there")
    talk.finished()
    return talk, sealed


def packed(talk: Talk, *sealed: Sealed, **changes: object) -> Packed:
    refs = [item.ref for item in sealed]
    whole = Packed(
        interview_id=talk.interview_id,
        events=list(talk.envelopes.values()),
        manifest=talk.booth.sign(talk.manifest(refs)),
        objects={item.ref: item.data for item in sealed},
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def only(hr: Runtime, content: bytes) -> Outcome:
    (outcome,) = take_in(hr, content).interviews
    return outcome


def refusal(hr: Runtime, content: bytes, **options: bool) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        take_in(hr, content, **options)
    return caught.value.code


def put(hr: Runtime, talk: Talk, *seqs: int) -> None:
    for seq in seqs:
        intake.put_event(hr, asking(hr, talk.booth.device_id), talk.interview_id, seq, talk.envelopes[seq])


def audited(hr: Runtime, action: str) -> list[dict[str, object]]:
    with hr.db.read() as session:
        return [{**row.detail, "target": row.target} for row in session.query(AuditRow).filter_by(action=action)]


# ---- what is taken


def test_an_interview_is_merged_with_what_the_network_brought(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    put(hr, talk, 3, 1)
    outcome = only(hr, pack(who, [packed(talk, sealed)]))
    assert (outcome.status, outcome.events, outcome.objects) == (ImportStatus.MERGED, 3, 1)


def test_a_half_finished_upload_does_not_meet_the_object_from_the_stick(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who, size=60_000)
    asker = asking(hr, who.device_id)
    upload(hr, asker, talk.interview_id, sealed.ref, sealed.data, most=20_000)
    assert only(hr, pack(who, [packed(talk, sealed)])).status is ImportStatus.NEW
    wanted = Description(talk.interview_id, sealed.object_id, sealed.media_type, sealed.sha256, len(sealed.data), "")
    again = uploads.create(hr, asker, wanted)
    assert (again.offset, again.completed_at is not None) == (len(sealed.data), True), "nothing is sent again"
    assert stored_object(hr, talk.interview_id, sealed.object_id) == sealed.data
    assert not hr.store.path(again.id).exists(), "the piece that was begun is gone"


def test_an_upload_that_ends_after_the_import_changes_nothing(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who, size=60_000)
    asker = asking(hr, who.device_id)
    wanted = Description(talk.interview_id, sealed.object_id, sealed.media_type, sealed.sha256, len(sealed.data), "")
    begun = uploads.create(hr, asker, wanted)
    content = pack(who, [packed(talk, sealed)])
    with hr.store.open_write(begun.id, 0) as file:  # the request is on its way while the stick is read
        assert only(hr, content).status is ImportStatus.NEW
        file.write(sealed.data)
    assert uploads.complete(hr, asker, begun.id)
    with hr.db.read() as session:
        row = session.get_one(ObjectRow, (talk.interview_id, sealed.object_id))
    assert row.storage_key != begun.id
    assert not hr.store.path(begun.id).exists()
    assert stored_object(hr, talk.interview_id, sealed.object_id) == sealed.data
    assert only(hr, content).status is ImportStatus.PRESENT


def test_an_object_that_was_damaged_here_is_mended_by_a_stick(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    content = pack(who, [packed(talk, sealed)])
    take_in(hr, content)
    with hr.db.read() as session:
        key = session.get_one(ObjectRow, (talk.interview_id, sealed.object_id)).storage_key
    hr.store.path(key).write_bytes(b"short")
    assert only(hr, content).status is ImportStatus.MERGED
    assert stored_object(hr, talk.interview_id, sealed.object_id) == sealed.data


def test_an_older_bundle_after_a_newer_one_changes_nothing(hr: Runtime, who: Booth) -> None:
    talk = Talk(who, invite(hr, "韩梅梅"))
    talk.started()
    talk.paused()
    older = pack(who, [packed(talk)])
    talk.resumed()
    talk.finished()
    newer = pack(who, [packed(talk)])
    assert only(hr, newer).status is ImportStatus.NEW
    again = only(hr, older)
    assert (again.status, again.state) == (ImportStatus.PRESENT, only(hr, newer).state)


def test_who_did_what_is_in_the_audit_log(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    take_in(hr, pack(who, [packed(talk, sealed)], bundle_id="audited-1"))
    (whole,) = [row for row in audited(hr, "import_bundle") if row["bundle"] == "audited-1"]
    assert whole["target"] == f"device:{who.device_id}"
    (one,) = [row for row in audited(hr, "import_interview") if row["bundle"] == "audited-1"]
    assert (one["status"], one["target"]) == ("new", f"interview:{talk.interview_id}")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DEPARTMENT_HEAD])
def test_only_hr_and_administrators_import(hr: Runtime, who: Booth, role: Role) -> None:
    talk, sealed = interview(hr, who)
    content = io.BytesIO(pack(who, [packed(talk, sealed)]))
    with pytest.raises(XudaError) as caught:
        bundles.import_bundle(hr, Actor(None, "x", role, "rd"), content)
    assert caught.value.code is ErrorCode.FORBIDDEN


# ---- what is refused


def test_another_event_under_the_same_number_is_a_conflict_and_the_rest_is_taken(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    put(hr, talk, 1)
    first = talk.envelopes[2]
    talk.add(EventType.CONSENTED, ConsentedData(consent_version="1", recording=True, scoring=True), seq=2)
    put(hr, talk, 2)
    content = pack(who, [packed(talk, sealed, events=[talk.envelopes[1], first, *list(talk.envelopes.values())[2:]])])
    outcome = only(hr, content)
    assert (outcome.status, outcome.code, outcome.field) == (ImportStatus.REFUSED, ErrorCode.CONFLICT, "seq")
    assert (outcome.events, outcome.objects, outcome.receipt_serial) == (3, 1, None)


def test_another_recording_under_the_same_id_is_a_conflict(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    put(hr, talk, 1)
    other = talk.seal(b"another", object_id=sealed.object_id)
    upload(hr, asking(hr, who.device_id), talk.interview_id, other.ref, other.data)
    outcome = only(hr, pack(who, [packed(talk, sealed)]))
    assert (outcome.status, outcome.code) == (ImportStatus.REFUSED, ErrorCode.CONFLICT)
    assert stored_object(hr, talk.interview_id, sealed.object_id) == other.data


def test_a_manifest_that_does_not_fit_gets_no_receipt(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    lie = who.sign(talk.manifest([sealed.ref], events_digest=events_digest({})))
    outcome = only(hr, pack(who, [packed(talk, sealed, manifest=lie)]))
    assert (outcome.status, outcome.code, outcome.receipt_serial) == (ImportStatus.REFUSED, ErrorCode.CONFLICT, None)


def test_what_the_manifest_names_and_the_stick_lacks_is_said_to_be_missing(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    lacking = packed(talk, sealed, events=list(talk.envelopes.values())[:3], objects={})
    outcome = only(hr, pack(who, [lacking]))
    assert (outcome.status, outcome.missing_events) == (ImportStatus.INCOMPLETE, (4, 5))


def test_a_deleted_interview_is_not_taken_in_again(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    content = pack(who, [packed(talk, sealed)])
    take_in(hr, content)
    deletion.delete_interview(hr, COMMAND_LINE, talk.interview_id)
    outcome = only(hr, content)
    assert (outcome.status, outcome.code) == (ImportStatus.REFUSED, ErrorCode.DELETED)


def test_events_and_manifests_of_another_device_are_refused(hr: Runtime, who: Booth) -> None:
    other = booth(hr)
    mine, sealed = interview(hr, who)
    theirs, their_sealed = interview(hr, other)
    stolen_events = packed(mine, sealed, events=list(theirs.envelopes.values()))
    outcome = only(hr, pack(who, [stolen_events]))
    assert (outcome.status, outcome.code, outcome.events) == (ImportStatus.REFUSED, ErrorCode.KEY_UNKNOWN, 0)
    take_in(hr, pack(other, [packed(theirs, their_sealed)]))
    outcome = only(hr, pack(who, [packed(theirs, their_sealed)]))
    assert (outcome.status, outcome.code) == (ImportStatus.REFUSED, ErrorCode.FORBIDDEN)
    report = take_in(hr, pack(who, [packed(theirs, their_sealed)]))
    assert report.receipts is None, "receipts go to the device whose interview it is"


def test_one_interview_that_is_refused_stops_none_of_the_others(hr: Runtime, who: Booth) -> None:
    (bad, bad_sealed), (good, good_sealed) = interview(hr, who), interview(hr, who)
    broken = packed(bad, bad_sealed, events=[who.sign(bad.manifest([]))])
    report = take_in(hr, pack(who, [broken, packed(good, good_sealed)]))
    assert [item.status for item in report.interviews] == [ImportStatus.REFUSED, ImportStatus.NEW]


def test_a_bundle_of_an_unknown_device_or_another_organisation_is_foreign(
    hr: Runtime, own_hr: Runtime, who: Booth
) -> None:
    talk, sealed = interview(hr, who)
    whole = [packed(talk, sealed)]
    assert refusal(own_hr, pack(who, whole)) is ErrorCode.BUNDLE_FOREIGN
    assert refusal(hr, pack(who, whole, organisation_id="another")) is ErrorCode.BUNDLE_FOREIGN
    assert refusal(hr, pack(who, whole, key=SigningKey.generate())) is ErrorCode.BUNDLE_FOREIGN
    assert refusal(hr, pack(who, whole, device_id=booth(hr).device_id)) is ErrorCode.BUNDLE_FOREIGN
    assert [row["code"] for row in audited(own_hr, "bundle_refused")] == ["bundle_foreign"]


def test_a_revoked_device_is_heard_only_when_hr_confirms_and_leaves_a_mark(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who)
    devices.revoke(hr, COMMAND_LINE, who.device_id)
    content = pack(who, [packed(talk, sealed)])
    assert refusal(hr, content) is ErrorCode.BUNDLE_REVOKED
    report = take_in(hr, content, accept_revoked=True)
    assert (report.revoked, report.interviews[0].status) == (True, ImportStatus.NEW)
    assert f"interview:{talk.interview_id}" in [row["target"] for row in audited(hr, "import_revoked")]
    assert bundles.from_revoked_device(hr, talk.interview_id)


def test_a_disk_that_is_full_stops_the_import_and_it_goes_on_later(
    own_hr: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = booth(own_hr)
    talk, sealed = interview(own_hr, who)
    content = pack(who, [packed(talk, sealed)])
    with monkeypatch.context() as patch:
        patch.setattr(type(own_hr.store), "free_bytes", lambda _: 1000)
        assert refusal(own_hr, content) is ErrorCode.DISK_FULL
    assert only(own_hr, content).status is ImportStatus.MERGED


# ---- copies that are not whole


def test_a_copy_cut_anywhere_brings_nothing(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who, size=3_000)
    content = pack(who, [packed(talk, sealed)])
    for length in range(0, len(content), 211):
        assert refusal(hr, content[:length]) is ErrorCode.BUNDLE_CUT
    assert intake.check(hr, asking(hr, who.device_id), talk.interview_id).events == {}


def test_a_changed_byte_anywhere_never_passes_for_whole_and_the_true_copy_mends_it(hr: Runtime, who: Booth) -> None:
    talk, sealed = interview(hr, who, size=100)
    content = pack(who, [packed(talk, sealed)])
    (members,) = BundleReader(io.BytesIO(content)).interviews
    codes = set()
    # from the end on, so that the parts before the changed one are not here yet; the stride meets every member
    for place in range(len(content) - 1, -1, -83):
        changed = content[:place] + bytes([content[place] ^ (1 << place % 8)]) + content[place + 1 :]
        try:
            outcome = only(hr, changed)
        except XudaError as error:
            codes.add(error.code)
            continue
        assert members.events.offset <= place < members.all[-1].end
        assert (outcome.code, outcome.receipt_serial) == (ErrorCode.BUNDLE_DAMAGED, None), place
        assert outcome.status in (ImportStatus.REFUSED, ImportStatus.INCOMPLETE)
    assert codes <= {
        ErrorCode.BUNDLE_DAMAGED,
        ErrorCode.SIGNATURE_INVALID,
        ErrorCode.FORMAT_INVALID,
        ErrorCode.BUNDLE_FOREIGN,
    }
    assert only(hr, content).receipt_serial == 5
    assert stored_object(hr, talk.interview_id, sealed.object_id) == sealed.data


def test_a_damaged_recording_keeps_the_others_of_its_interview(hr: Runtime, who: Booth) -> None:
    talk = Talk(who, invite(hr, "小红"))
    talk.started()
    first, second = talk.seal(b"one" * 900), talk.seal(b"two" * 900)
    talk.spoken(first)
    talk.spoken(second, question="q2")
    talk.finished()
    content = pack(who, [packed(talk, first, second)])
    (members,) = BundleReader(io.BytesIO(content)).interviews
    place = members.objects[first.object_id].content_offset + 9
    outcome = only(hr, content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])
    assert (outcome.status, outcome.code) == (ImportStatus.INCOMPLETE, ErrorCode.BUNDLE_DAMAGED)
    assert (outcome.objects, outcome.missing_objects) == (1, (first.object_id,))
    assert only(hr, content).status is ImportStatus.MERGED


def test_nothing_is_left_over_from_what_was_refused(own_hr: Runtime) -> None:
    who = booth(own_hr)
    talk, sealed = interview(own_hr, who)
    content = pack(who, [packed(talk, sealed)])
    (members,) = BundleReader(io.BytesIO(content)).interviews
    place = members.objects[sealed.object_id].content_offset
    take_in(own_hr, content[:place] + b"\0" + content[place + 1 :])
    root = own_hr.settings.data / "objects"
    assert [path for path in root.rglob("*") if path.is_file()] == []
    with own_hr.db.read() as session:
        assert session.query(Upload).count() == 0


def test_a_stick_from_before_a_new_enrolment_counts_for_the_device_as_it_is_now(hr: Runtime, tmp_path: Path) -> None:
    old = booth(hr)
    talk, sealed = interview(hr, old)
    content = pack(old, [packed(talk, sealed)])
    new = booth(hr)
    with hr.db.write() as session:
        session.get_one(Device, new.device_id).former_id = old.device_id
    report = take_in(hr, content)
    assert report.interviews[0].status is ImportStatus.NEW
    assert report.receipts is not None
    assert parse_payload(report.receipts.payload_bytes, BundleReceipts).device_id == new.device_id


def test_an_import_that_is_killed_leaves_files_that_are_swept(own_hr: Runtime) -> None:
    staged, file = own_hr.store.stage()
    file.close()
    uploads.expire(own_hr)
    assert staged.exists(), "an import may be writing it"
    later = open_runtime(own_hr.settings, now=lambda: own_hr.now() + timedelta(days=2))
    uploads.expire(later)
    later.close()
    assert not staged.exists()


def test_the_real_exporter_and_the_test_one_make_the_same_thing(hr: Runtime, booth: RealDevice, stick: Path) -> None:
    """The hand-made bundles of these tests stand for real ones."""
    interview_id, ref = booth.interview(size=9_000)
    real = booth.storage.bundles().export(stick).bundles[0].path.read_bytes()
    reader = BundleReader(io.BytesIO(real))
    (members,) = reader.interviews
    assert reader.content(members.objects[ref.object_id], 100_000) == booth.recording(interview_id, ref).read_bytes()
    assert [member.name.rpartition("/")[2] for member in members.all] == [
        "events.jsonl",
        "manifest.json",
        f"{ref.object_id}.sealed",
    ]
