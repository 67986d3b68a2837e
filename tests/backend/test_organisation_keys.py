"""Epochs of the organisation's keys: the chain devices follow, what stays valid, what is destroyed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.models import Interview, InvitationRow, KeyListRow, KitRow
from backend.keys import KeyFile
from backend.runtime import Runtime, open_runtime
from backend.services import audit, deletion, devices, organisation_keys, sealing
from backend.settings import Settings
from contract import invitation as invitations
from contract.api import ManifestReply
from contract.canonical import b64decode, b64encode
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.keylist import KeyList, KeyUse, accepted, extend_chain, verify_chain
from contract.keys import SigningKey
from contract.kit import Kit
from tests.backend.world import COMMAND_LINE, Served, Talk, invite, served

FIXTURE = Path(__file__).parent / "data" / "version-0001"
SIGNING, ENCRYPTION = KeyUse.SIGNING, KeyUse.ENCRYPTION


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as found:
        yield found


def chain(hr: Runtime) -> list[Envelope]:
    with hr.db.read() as session:
        rows = session.scalars(select(KeyListRow).order_by(KeyListRow.serial))
        return [Envelope.from_bytes(row.envelope) for row in rows]


def states(hr: Runtime) -> dict[tuple[str, int], str]:
    return {(key.use.value, key.epoch): key.state for key in organisation_keys.list_keys(hr, COMMAND_LINE)}


def refused(code: ErrorCode, *call: object) -> XudaError:
    function, *given = call
    with pytest.raises(XudaError) as caught:
        function(*given)  # type: ignore[operator]
    assert caught.value.code is code
    return caught.value


def test_a_device_of_every_epoch_finds_its_way_to_the_newest_keys(office: Served) -> None:
    hr = office.hr
    anchors = [hr.vault.sign_key.public]
    for _ in range(3):
        organisation_keys.rotate(hr, COMMAND_LINE)
        anchors.append(hr.vault.sign_key.public)
    for anchor in anchors:
        held = extend_chain(anchor, [], chain(hr))
        newest = verify_chain(anchor, held)
        assert newest is not None
        assert b64decode(newest.current(SIGNING).public) == hr.vault.sign_key.public
        assert newest.current(ENCRYPTION).public == hr.vault.encryption_key
        assert set(accepted(newest.keys, hr.now())) == set(hr.vault.public_keys)
        assert extend_chain(anchor, held[:1], chain(hr)) == held


def test_a_chain_that_was_tampered_with_is_not_followed(office: Served) -> None:
    hr = office.hr
    anchor = hr.vault.sign_key.public
    organisation_keys.rotate(hr, COMMAND_LINE)
    organisation_keys.rotate(hr, COMMAND_LINE)
    links = chain(hr)
    broken = [
        links[:1] + links[2:],
        [links[0], links[2], links[1]],
        [links[0], links[1].model_copy(update={"signatures": links[2].signatures}), *links[2:]],
        links[1:2] + links[3:],
    ]
    for offer in broken:
        refused(ErrorCode.ORGANISATION_KEYS_INVALID, extend_chain, anchor, [], offer)
    refused(ErrorCode.ORGANISATION_KEYS_INVALID, extend_chain, SigningKey.generate().public, [], links)
    # a fork at the newest list that is held
    held = extend_chain(anchor, [], links[:2])
    other = Envelope.from_bytes(links[1].to_bytes()).model_copy(update={"payload": links[0].payload})
    assert extend_chain(anchor, held, [other]) == held  # an older list changes nothing
    organisation_keys.rotate(hr, COMMAND_LINE)
    refused(ErrorCode.ORGANISATION_KEYS_INVALID, extend_chain, anchor, held, chain(hr)[4:])


def test_a_rotation_signs_kits_and_invitations_anew_and_keeps_the_old_ones_valid(office: Served) -> None:
    hr = office.hr
    invite(hr, "李雷")
    with hr.db.read() as session:
        before = session.scalars(select(InvitationRow.token)).one()
        old_kit = Envelope.from_bytes(session.scalars(select(KitRow.envelope)).one())
    old = hr.vault.sign_key.key_id
    changed = organisation_keys.rotate(hr, COMMAND_LINE, overlap=timedelta(days=30))
    assert (changed.invitations, states(hr)[("signing", 1)]) == (1, "accepted")
    with hr.db.read() as session:
        after = session.scalars(select(InvitationRow.token)).one()
        envelopes = [Envelope.from_bytes(text) for text in session.scalars(select(KitRow.envelope))]
    current = {hr.vault.sign_key.key_id: hr.vault.sign_key.public}
    assert [open_envelope(item, Kit, current).version for item in envelopes] == [1, 2]
    assert envelopes[0].digest == old_kit.digest
    assert open_envelope(envelopes[1], Kit, current).encryption_key == hr.vault.encryption_key
    taken = hr.vault.accepted_keys(hr.now())
    assert invitations.read(before, taken) == invitations.read(after, taken)
    assert old not in hr.vault.accepted_keys(hr.now() + timedelta(days=31))
    assert old in hr.vault.public_keys


def test_the_old_private_signing_key_is_destroyed_and_the_old_decryption_key_kept(office: Served) -> None:
    hr = office.hr
    before = hr.vault.secrets
    organisation_keys.rotate(hr, COMMAND_LINE)
    path = hr.settings.data / "keys.json"
    after = KeyFile(path).load()
    assert [key.public for key in after.signing] == [hr.vault.sign_key.public]
    assert after.encryption[0].public == before.encryption[0].public
    assert len(after.encryption) == 2
    assert b64encode(before.signing[0].to_bytes()) not in path.read_text()


def test_a_running_server_takes_up_keys_changed_by_another_process(office: Served) -> None:
    booth = office.enrol()
    other = open_runtime(Settings(data=office.hr.settings.data))
    organisation_keys.rotate(other, COMMAND_LINE)
    other.close()
    answer = booth.call("GET", "/v1/bootstrap")
    roster = Envelope.model_validate(answer.json()["roster"])
    assert roster.signer == office.hr.vault.sign_key.key_id
    assert len(answer.json()["key_lists"]) == 3
    assert booth.call("GET", "/v1/bootstrap?keys=3").json()["key_lists"] == []


def test_an_interview_begun_under_an_old_epoch_opens_and_gets_its_receipt(office: Served) -> None:
    talk = Talk(office.enrol(), invite(office.hr, "李雷"))
    talk.started()
    for _ in range(2):
        organisation_keys.rotate(office.hr, COMMAND_LINE)
    talk.finished()
    talk.put_all()
    receipt = ManifestReply.model_validate_json(talk.deliver(talk.manifest([])).content).receipt
    assert receipt is not None
    assert receipt.signer == office.hr.vault.sign_key.key_id
    (line,) = [key for key in organisation_keys.list_keys(office.hr, COMMAND_LINE) if key.interviews]
    assert (line.use, line.epoch, line.interviews) == (ENCRYPTION, 1, 1)


def test_a_receipt_asked_for_again_is_signed_anew_only_when_its_key_counts_no_more(office: Served) -> None:
    talk = Talk(office.enrol(), invite(office.hr, "李雷"))
    talk.started()
    talk.finished()
    talk.put_all()
    manifest = talk.booth.sign(talk.manifest([]))

    def receipt() -> Envelope:
        found = ManifestReply.model_validate_json(talk.deliver(manifest).content).receipt
        assert found is not None
        return found

    first = receipt()
    organisation_keys.rotate(office.hr, COMMAND_LINE)
    assert receipt() == first
    organisation_keys.revoke(office.hr, COMMAND_LINE, SIGNING, 1)
    again = receipt()
    assert (again.signer, again.digest) == (office.hr.vault.sign_key.key_id, first.digest)


def test_a_decryption_key_is_retired_only_when_nothing_needs_it_and_is_then_gone(office: Served) -> None:
    hr = office.hr
    refused(ErrorCode.ILLEGAL_STATE, organisation_keys.retire, hr, COMMAND_LINE, ENCRYPTION, 1)
    refused(ErrorCode.NOT_FOUND, organisation_keys.retire, hr, COMMAND_LINE, ENCRYPTION, 7)
    booth = office.enrol()
    talk = Talk(booth, invite(hr, "李雷"))
    talk.started()
    talk.put_all()
    organisation_keys.rotate(hr, COMMAND_LINE)
    error = refused(ErrorCode.KEY_IN_USE, organisation_keys.retire, hr, COMMAND_LINE, ENCRYPTION, 1)
    assert error.params == {"interviews": 1, "devices": 1}
    deletion.delete_interview(hr, COMMAND_LINE, talk.interview_id)
    assert booth.call("GET", "/v1/bootstrap?keys=3").status_code == 200
    secret = hr.vault.secrets.encryption[0].to_bytes()
    organisation_keys.retire(hr, COMMAND_LINE, ENCRYPTION, 1)
    assert states(hr)[("encryption", 1)] == "retired"
    assert secret not in [key.to_bytes() for key in KeyFile(hr.settings.data / "keys.json").load().encryption]
    organisation_keys.retire(hr, COMMAND_LINE, ENCRYPTION, 1)
    assert audit.first_broken(hr) is None


def test_a_signing_key_is_not_retired_while_its_invitations_are_open(office: Served) -> None:
    invite(office.hr, "李雷")
    organisation_keys.rotate(office.hr, COMMAND_LINE)
    error = refused(ErrorCode.KEY_IN_USE, organisation_keys.retire, office.hr, COMMAND_LINE, SIGNING, 1)
    assert error.params == {"invitations": 1}
    office.clock.ahead = timedelta(days=3)
    organisation_keys.retire(office.hr, COMMAND_LINE, SIGNING, 1)
    assert states(office.hr)[("signing", 1)] == "retired"
    assert len(office.hr.vault.accepted_keys(office.hr.now())) == 1


def test_a_revoked_current_signing_key_cannot_lead_devices_anywhere(office: Served) -> None:
    hr = office.hr
    anchor, held = hr.vault.sign_key.public, chain(hr)
    organisation_keys.revoke(hr, COMMAND_LINE, SIGNING, 1)
    assert states(hr) == {("signing", 1): "revoked", ("signing", 2): "current", ("encryption", 1): "current"}
    refused(ErrorCode.ORGANISATION_KEYS_INVALID, extend_chain, anchor, held, chain(hr))
    anew = hr.vault.sign_key.public
    newest = verify_chain(anew, extend_chain(anew, [], chain(hr)))
    assert newest is not None
    assert list(accepted(newest.keys, hr.now())) == [hr.vault.sign_key.key_id]


def test_a_device_still_at_a_key_that_was_revoked_later_does_not_follow_and_one_beyond_it_does(office: Served) -> None:
    hr = office.hr
    anchor = hr.vault.sign_key.public
    behind = chain(hr)
    organisation_keys.rotate(hr, COMMAND_LINE)
    beyond = extend_chain(anchor, behind, chain(hr))
    organisation_keys.revoke(hr, COMMAND_LINE, SIGNING, 1)
    refused(ErrorCode.ORGANISATION_KEYS_INVALID, extend_chain, anchor, behind, chain(hr))
    newest = verify_chain(anchor, extend_chain(anchor, beyond, chain(hr)))
    assert newest is not None
    assert len(accepted(newest.keys, None)) == 1


def test_a_revoked_encryption_key_is_followed_by_a_new_one_and_kits_name_it(office: Served) -> None:
    hr = office.hr
    organisation_keys.revoke(hr, COMMAND_LINE, ENCRYPTION, 1)
    assert states(hr)[("encryption", 1)] == "revoked"
    with hr.db.read() as session:
        newest = session.scalars(select(KitRow).order_by(KitRow.version.desc())).first()
    assert newest is not None
    kit = open_envelope(Envelope.from_bytes(newest.envelope), Kit, hr.vault.public_keys)
    assert kit.encryption_key == hr.vault.encryption_key


def test_unused_enrolment_codes_end_with_the_key_they_name(office: Served) -> None:
    devices.new_enrolment_code(office.hr, COMMAND_LINE)
    assert organisation_keys.rotate(office.hr, COMMAND_LINE, signing=False).codes == 0
    assert organisation_keys.rotate(office.hr, COMMAND_LINE).codes == 1
    assert office.enrol().organisation.sign_key


def test_a_change_that_is_cut_off_before_the_database_knew_leaves_the_old_keys_at_work(
    office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    hr = office.hr
    before = (hr.vault.sign_key.public, hr.vault.encryption_key, chain(hr))

    def cut(*_: object, **__: object) -> None:
        raise RuntimeError("power")

    with monkeypatch.context() as patch:
        patch.setattr(organisation_keys.KeyChange, "_issue_list", cut)
        with pytest.raises(RuntimeError):
            organisation_keys.rotate(hr, COMMAND_LINE)
    assert len(KeyFile(hr.settings.data / "keys.json").load().signing) == 2
    again = open_runtime(Settings(data=hr.settings.data))
    assert (again.vault.sign_key.public, again.vault.encryption_key, chain(again)) == before
    organisation_keys.rotate(again, COMMAND_LINE)
    assert len(again.vault.secrets.signing) == 1
    assert len(again.vault.secrets.encryption) == 2
    again.close()


def test_a_change_that_is_cut_off_before_the_old_key_was_removed_is_complete_all_the_same(
    office: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    hr = office.hr
    with monkeypatch.context() as patch:
        patch.setattr(organisation_keys.KeyChange, "left", lambda change: change._secrets)
        organisation_keys.rotate(hr, COMMAND_LINE)
    assert len(KeyFile(hr.settings.data / "keys.json").load().signing) == 2
    again = open_runtime(Settings(data=hr.settings.data))
    assert states(again)[("signing", 2)] == "current"
    assert again.vault.sign_key.public == hr.vault.sign_key.public
    again.close()


def test_a_data_folder_from_before_the_epochs_gets_its_chain_and_can_rotate(tmp_path: Path) -> None:
    shutil.copytree(FIXTURE, tmp_path / "old")
    facts = json.loads((FIXTURE / "facts.json").read_text("utf-8"))
    hr = open_runtime(Settings(data=tmp_path / "old", passphrase="fixture"))
    anchor = hr.vault.sign_key.public
    assert [envelope.signer for envelope in chain(hr)] == [hr.vault.sign_key.key_id]
    organisation_keys.rotate(hr, COMMAND_LINE)
    hr.close()
    hr = open_runtime(Settings(data=tmp_path / "old", passphrase="fixture"))
    assert verify_chain(anchor, extend_chain(anchor, [], chain(hr))) is not None
    with hr.db.read() as session:
        wrapped = sealing.wrapped_key(session, session.get_one(Interview, facts["interview_id"]))
    assert wrapped is not None
    assert hr.vault.unwrap(wrapped, facts["interview_id"]) == b64decode(facts["interview_key"])
    hr.close()


def test_a_database_from_before_a_rotation_catches_up_with_the_key_file_of_today(tmp_path: Path) -> None:
    with served(tmp_path / "data") as office:
        hr = office.hr
        invite(hr, "李雷")
        anchor = hr.vault.sign_key.public
        old, copy = tmp_path / "old", tmp_path / "hr.db"
        with closing(sqlite3.connect(tmp_path / "data" / "hr.db")) as now, closing(sqlite3.connect(copy)) as then:
            now.backup(then)
        organisation_keys.rotate(hr, COMMAND_LINE)
        organisation_keys.revoke(hr, COMMAND_LINE, ENCRYPTION, 1)
        known, current, encryption = chain(hr), hr.vault.sign_key.public, hr.vault.encryption_key
    shutil.copytree(tmp_path / "data", old, ignore=shutil.ignore_patterns("hr.db*", "serve.lock"))
    shutil.copy(copy, old / "hr.db")

    restored = open_runtime(Settings(data=old))

    assert chain(restored) == known
    assert (restored.vault.sign_key.public, restored.vault.encryption_key) == (current, encryption)
    assert states(restored)[("encryption", 1)] == "revoked"
    assert verify_chain(anchor, extend_chain(anchor, known, chain(restored))) is not None
    with restored.db.read() as session:
        newest = session.scalars(select(KitRow).order_by(KitRow.version.desc())).first()
        token = session.scalars(select(InvitationRow.token)).one()
    assert newest is not None
    kit = open_envelope(Envelope.from_bytes(newest.envelope), Kit, restored.vault.accepted_keys(None))
    assert kit.encryption_key == encryption
    assert invitations.read(token, {restored.vault.sign_key.key_id: current})
    organisation_keys.rotate(restored, COMMAND_LINE)
    assert extend_chain(anchor, known, chain(restored))[: len(known)] == known
    restored.close()


def test_the_lists_say_only_what_is_public(office: Served) -> None:
    organisation_keys.rotate(office.hr, COMMAND_LINE)
    for envelope in chain(office.hr):
        found = KeyList.model_validate_json(envelope.payload_bytes)
        assert set(found.model_dump()) == {"organisation_id", "serial", "previous", "issued_at", "keys"}
