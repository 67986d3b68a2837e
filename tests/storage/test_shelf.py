"""Kits, roster and invitations: only what the organisation signed, with or without a network."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from contract.canonical import b64encode
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import RosterEntry, lookup_hash
from contract.keys import SigningKey
from tests.storage.office import NAME, NOW, Device, Office, make_kit, wait_until

SALT = b"salt"
PHONE = "13800138000"


def entry(office: Office, code: str = "ABCD-EFGH", phone: str = PHONE, **invite: object) -> RosterEntry:
    token = office.invite(**invite)  # type: ignore[arg-type]
    return RosterEntry(token=token, code=code, name=NAME, lookups=[lookup_hash(phone, b64encode(SALT))])


def save(device: Device, kits: list[Envelope], entries: list[RosterEntry], **more: object) -> None:
    roster = device.office.roster(entries)
    device.shelf.save_bootstrap(device.office.bootstrap(kits, roster, **more), device.clock.monotonic())


def code_of(call: object, *values: object) -> ErrorCode:
    assert callable(call)
    with pytest.raises(XudaError) as caught:
        call(*values)
    return caught.value.code


def test_the_newest_version_is_given_and_older_ones_stay_for_interviews_begun_with_them(
    device: Device, office: Office
) -> None:
    save(device, [sign(make_kit(2), office.key)], [])
    save(device, [sign(make_kit(1), office.key), sign(make_kit(1, "sales"), office.key)], [])
    assert [(kit.kit_id, kit.version) for kit in device.shelf.kits()] == [("engineer", 2), ("sales", 1)]
    assert device.shelf.kit("engineer").version == 2
    assert device.shelf.kit("engineer", 1).version == 1
    assert code_of(device.shelf.kit, "engineer", 3) is ErrorCode.KIT_MISSING
    assert code_of(device.shelf.kit, "none") is ErrorCode.KIT_MISSING


def test_a_bad_kit_is_refused_and_told_and_the_others_are_kept(device: Device, office: Office) -> None:
    good = sign(make_kit(), office.key)
    foreign = sign(make_kit(1, "foreign"), SigningKey.generate())
    forged = sign(make_kit(1, "forged"), office.key).model_copy(update={"signatures": good.signatures})
    save(device, [foreign, forged, good], [])
    assert [kit.kit_id for kit in device.shelf.kits()] == ["engineer"]
    assert [item.code for item in device.shelf.refused] == ["key_unknown", "signature_invalid"]


def test_a_version_never_changes_its_content(device: Device, office: Office) -> None:
    save(device, [sign(make_kit(1, hours="first"), office.key)], [])
    save(device, [sign(make_kit(1, hours="second"), office.key)], [])
    assert device.shelf.kit("engineer").support.hours == {"": "first"}
    assert [(item.code, item.name) for item in device.shelf.refused] == [("conflict", "engineer 1")]


def test_a_kit_that_was_changed_on_the_disk_is_not_used_until_it_comes_again(device: Device, office: Office) -> None:
    save(device, [sign(make_kit(), office.key), sign(make_kit(1, "sales"), office.key)], [])
    forged = sign(make_kit(hours="forged"), SigningKey.generate()).to_bytes().decode()
    sql = "UPDATE kits SET envelope = ? WHERE kit_id = 'engineer'"
    device.database.transaction(lambda db: db.execute(sql, (forged,)))
    assert [kit.kit_id for kit in device.shelf.kits()] == ["sales"]
    assert code_of(device.shelf.kit, "engineer") is ErrorCode.KEY_UNKNOWN
    save(device, [sign(make_kit(), office.key)], [])
    assert device.shelf.kit("engineer") == make_kit()


def test_every_way_in_finds_the_same_candidate(device: Device, office: Office) -> None:
    item = entry(office)
    save(device, [sign(make_kit(), office.key)], [item])
    ways = [item.token, f"  {item.token}\n", "ABCD-EFGH", "abcdefgh", " abcd efgh ", PHONE, "+86 138 0013 8000"]
    ways += ["138-0013-8000", "ＡＢＣＤＥＦＧＨ"]
    for text in ways:
        admission = device.shelf.admit(text)
        assert admission.token == item.token
        assert admission.candidate_name == NAME
        assert admission.kit.kit_id == "engineer"
    found = device.shelf.entry(device.shelf.admit("ABCD-EFGH").invitation.invitation_id)
    assert found == item
    assert device.shelf.entry("unknown") is None


def test_an_invitation_that_is_not_in_the_roster_is_admitted_without_a_name(device: Device, office: Office) -> None:
    save(device, [sign(make_kit(), office.key)], [])
    admission = device.shelf.admit(office.invite())
    assert admission.entry is None
    assert admission.candidate_name == ""


@pytest.mark.parametrize("text", ["", "   ", "ABCD-EFGJ", "12345678", "13800138001", "X", "٣٤٥٦٧٨٩٠", "张三", "'; --"])
def test_what_nobody_was_invited_with_is_unknown(device: Device, office: Office, text: str) -> None:
    save(device, [sign(make_kit(), office.key)], [entry(office)])
    assert code_of(device.shelf.admit, text) is ErrorCode.INVITATION_UNKNOWN


def test_forged_and_foreign_invitations_are_told_apart(device: Device, office: Office) -> None:
    save(device, [sign(make_kit(), office.key)], [])
    token = office.invite()
    assert code_of(device.shelf.admit, Office().invite()) is ErrorCode.INVITATION_FOREIGN
    assert code_of(device.shelf.admit, token[:-6] + "AAAAAA") is ErrorCode.INVITATION_INVALID
    assert code_of(device.shelf.admit, token[:40]) is ErrorCode.INVITATION_INVALID
    assert code_of(device.shelf.admit, "xuda://i/") is ErrorCode.INVITATION_INVALID


def test_an_invitation_whose_kit_is_not_here_says_so(device: Device, office: Office) -> None:
    save(device, [], [entry(office)])
    assert code_of(device.shelf.admit, "ABCD-EFGH") is ErrorCode.KIT_MISSING


def test_a_phone_with_several_invitations_leads_to_the_open_one(device: Device, office: Office) -> None:
    past = entry(office, "AAAA-AAAA", start=NOW - timedelta(days=30), days=1)
    now = entry(office, "BBBB-BBBB", start=NOW - timedelta(days=1), days=3)
    later = entry(office, "CCCC-CCCC", start=NOW + timedelta(days=10))
    save(device, [sign(make_kit(), office.key)], [past, later, now])
    assert device.shelf.admit(PHONE).token == now.token
    save(device, [sign(make_kit(), office.key)], [past, later])
    assert device.shelf.admit(PHONE).token == later.token


def test_a_roster_for_another_device_or_of_another_signer_does_not_replace_ours(device: Device, office: Office) -> None:
    kits = [sign(make_kit(), office.key)]
    save(device, kits, [entry(office)])
    other_device = office.roster([], device_id="device-2")
    other_signer = Office().roster([])
    for roster, code in ((other_device, "server_mismatch"), (other_signer, "key_unknown")):
        device.shelf.save_bootstrap(office.bootstrap(kits, roster), 0.0)
        assert [(item.what, item.code) for item in device.shelf.refused] == [("roster", code)]
        assert device.shelf.admit("ABCD-EFGH").candidate_name == NAME


def test_the_roster_is_sealed_on_the_disk(device: Device, office: Office) -> None:
    save(device, [sign(make_kit(), office.key)], [entry(office)])
    wait_until(lambda: device.shelf.admit("ABCD-EFGH").candidate_name == NAME)
    key = device.keystore.get("storage")
    assert key is not None
    for name, content in device.files().items():
        for needle in (NAME.encode(), b"Planted", b"ABCD-EFGH", key, b64encode(key).encode()):
            assert needle not in content, name


def test_before_enrolment_there_is_nothing_and_it_is_said(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        device.database.transaction(lambda db: db.execute("DELETE FROM enrolment"))
        device.enrolments._loaded = None
        assert device.shelf.organisation_name() is None
        assert device.shelf.kits() == []
        assert code_of(device.shelf.admit, "ABCD-EFGH") is ErrorCode.NOT_ENROLLED
        assert code_of(device.shelf.kit, "engineer") is ErrorCode.NOT_ENROLLED
        assert device.shelf.server_time() is None


def test_server_time_goes_on_with_the_monotonic_clock_and_survives_a_restart(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        device.shelf.save_bootstrap(office.bootstrap([]), device.clock.monotonic() - 60)
        found = device.shelf.server_time()
        assert found is not None
        assert timedelta(seconds=60) <= found - NOW < timedelta(seconds=70)
    with Device(tmp_path, office) as device:
        again = device.shelf.server_time()
        assert again is not None
        assert timedelta(0) <= again - NOW < timedelta(seconds=10)


def test_results_are_what_hr_said_last(device: Device, office: Office) -> None:
    save(device, [], [], results={"a": HrState.SECOND_ROUND, "b": HrState.REJECTED})
    save(device, [], [], results={"b": HrState.PENDING_ONBOARDING})
    assert device.shelf.results() == {"b": HrState.PENDING_ONBOARDING}
    assert device.shelf.organisation_name() == "Example Ltd"


def test_an_organisation_that_did_not_sign_itself_is_not_enrolled_with(device: Device) -> None:
    enrolment, envelope = Office().enrol()
    _, other = Office(key=SigningKey.generate()).enrol()
    forged = envelope.model_copy(update={"signatures": other.signatures})
    assert code_of(device.enrolments.save, enrolment, forged) is ErrorCode.KEY_UNKNOWN
    assert code_of(device.enrolments.save, enrolment, other) is ErrorCode.SIGNATURE_INVALID
    assert device.enrolments.need().organisation.name == "Example Ltd"


def test_a_device_whose_key_is_gone_says_so(tmp_path: Path, office: Office) -> None:
    with Device(tmp_path, office) as device:
        device.keystore.delete("device")
        device.enrolments._loaded = None
        assert code_of(device.enrolments.load) is ErrorCode.KEYSTORE_MISSING
        device.enrolments.save(*office.enrol())
        assert device.enrolments.load() is not None
