"""Deletion on request, by retention and under a legal hold; what the certificate says; clocks that jump."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.models import Candidate, Deletion, InvitationRow, LegalHold, Role
from backend.objects.folder import FolderStore
from backend.services import certificates, chores, deletion, holds, interviews, people, reports, retention, server_time
from backend.services.actor import Actor
from contract import events as ev
from contract.certificate import DeletionCertificate, DeletionProgress, DeletionState, Requester
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import EventType
from report.certificate import certificate_pdf
from report.model import Content
from tests.backend import tus
from tests.backend.world import BOTH, COMMAND_LINE, Sealed, Served, Talk, invite, wait_until

DATABASES = BOTH

HR = Actor("id", "hanna", Role.HR)


@pytest.fixture
def told(own_backend: Served) -> tuple[Talk, Sealed]:
    """A finished interview with a recording and a receipt."""
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    talk.started()
    sealed = talk.seal(b"a face")
    talk.spoken(sealed)
    talk.finished()
    talk.put_all()
    tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
    return talk, sealed


def ask(talk: Talk) -> tuple[int, Envelope | DeletionProgress | None]:
    path = f"/v1/interviews/{talk.interview_id}/deletion-certificate"
    answer = talk.booth.call("GET", path)
    if answer.status_code == 401:  # days have passed at the server: the device takes over its time
        talk.booth.take_time(answer)
        answer = talk.booth.call("GET", path)
    if answer.status_code == 200:
        return 200, Envelope.from_bytes(answer.content)
    return answer.status_code, DeletionProgress.model_validate_json(answer.content) if answer.ok else None


def certificate(talk: Talk) -> DeletionCertificate:
    status, found = ask(talk)
    assert status == 200
    assert isinstance(found, Envelope)
    return open_envelope(found, DeletionCertificate, talk.booth.organisation_keys)


def withdraw(talk: Talk) -> None:
    talk.add(EventType.WITHDRAWN, ev.WithdrawnData())
    assert talk.put(max(talk.envelopes)).status_code == 201


def person_of(backend: Served, talk: Talk) -> Candidate:
    with backend.hr.db.read() as session:
        return session.get_one(InvitationRow, talk.invitation_id).candidate


def findable(backend: Served) -> bool:
    return bool(people.find_candidates(backend.hr, "phone", "13800138000"))


def refused(action: object, *arguments: object) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        action(*arguments)  # type: ignore[operator]
    return caught.value.code


# ---- on request -----------------------------------------------------------------------------------------------------


def test_a_withdrawal_deletes_by_itself_and_the_device_gets_a_certificate(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    talk, sealed = told
    assert ask(talk)[0] == 404
    withdraw(talk)
    wait_until(lambda: ask(talk)[0] == 200)
    found = certificate(talk)
    assert (found.interview_id, found.requested_by) == (talk.interview_id, Requester.CANDIDATE)
    assert found.objects == [sealed.ref]
    here = {"events": 4, "objects": 1, "manifests": 1, "receipts": 1, "uploads": 1}
    reviewed = (
        "decisions",
        "ratings",
        "scorecards",
        "scorecard_changes",
        "scores",
        "opinions",
        "comments",
        "redos",
        "share_links",
    )
    assert found.records == {**here, **dict.fromkeys(reviewed, 0)}
    assert found.candidate_erased
    assert found.requested_at <= found.deleted_at
    assert talk.put(1).status_code == 410


def test_the_certificate_holds_no_personal_data_and_verifies_from_its_file(
    own_backend: Served, told: tuple[Talk, Sealed], tmp_path: Path
) -> None:
    talk, _ = told
    deletion.delete_interview(own_backend.hr, HR, talk.interview_id)
    envelope = certificates.of_interview(own_backend.hr, HR, talk.interview_id)
    document = envelope.payload_bytes.decode()
    assert not any(text in document for text in ("李雷", "13800138000", "hanna"))
    assert certificates.verify(own_backend.hr, envelope.to_bytes()).requested_by is Requester.HR
    changed = json.loads(envelope.to_bytes())
    changed["payload"] = changed["payload"][:-8] + "AAAAAAAA"
    assert refused(certificates.verify, own_backend.hr, json.dumps(changed)) is ErrorCode.SIGNATURE_INVALID
    for language in ("zh_CN", "en"):
        assert certificate_pdf(envelope, "组织", language).startswith(b"%PDF")


def test_only_the_device_of_the_interview_gets_its_certificate(own_backend: Served, told: tuple[Talk, Sealed]) -> None:
    talk, _ = told
    deletion.delete_interview(own_backend.hr, HR, talk.interview_id)
    path = f"/v1/interviews/{talk.interview_id}/deletion-certificate"
    assert own_backend.enrol("Booth 2").call("GET", path).status_code == 403
    assert talk.booth.call("GET", "/v1/interviews/never-heard-of/deletion-certificate").status_code == 404


def test_a_deleted_candidate_leaves_neither_name_nor_phone(own_backend: Served, told: tuple[Talk, Sealed]) -> None:
    talk, _ = told
    deletion.delete_interview(own_backend.hr, HR, talk.interview_id)
    person = person_of(own_backend, talk)
    assert (person.name_sealed, person.phone_sealed, findable(own_backend)) == ("", None, False)
    with own_backend.hr.db.read() as session:
        assert session.get_one(InvitationRow, talk.invitation_id).cancelled_at is not None


def test_a_candidate_with_another_interview_keeps_name_and_phone_until_that_goes_too(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    talk, _ = told
    second = Talk(talk.booth, talk.invitation_id)
    second.started(attempt=2)
    second.put_all()
    deletion.delete_interview(own_backend.hr, HR, talk.interview_id)
    assert not certificate(talk).candidate_erased
    assert findable(own_backend)
    deletion.delete_interview(own_backend.hr, HR, second.interview_id)
    assert certificate(second).candidate_erased
    assert not findable(own_backend)


@pytest.mark.parametrize("crash", ["files", "certificate"])
def test_a_deletion_that_a_crash_interrupts_is_finished_at_the_next_start(
    own_backend: Served, told: tuple[Talk, Sealed], monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    talk, sealed = told
    with monkeypatch.context() as patch:
        if crash == "files":
            patch.setattr(FolderStore, "delete", lambda self, key: (_ for _ in ()).throw(OSError("pulled plug")))
        else:
            patch.setattr(deletion, "_certify", lambda *_: (_ for _ in ()).throw(OSError("pulled plug")))
        with pytest.raises(OSError, match="pulled plug"):
            deletion.delete_interview(own_backend.hr, HR, talk.interview_id)
    status, found = ask(talk)
    assert status == 202
    assert isinstance(found, DeletionProgress)
    assert found.state is DeletionState.REQUESTED
    chores.hourly(own_backend.hr)
    assert certificate(talk).objects == [sealed.ref]
    left = [path for path in (own_backend.hr.settings.data / "objects").rglob("*") if path.is_file()]
    assert left == []


# ---- legal hold -----------------------------------------------------------------------------------------------------


def test_under_a_legal_hold_nobody_deletes_and_a_withdrawal_seals_until_it_is_lifted(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    hr, (talk, _) = own_backend.hr, told
    holds.set_hold(hr, HR, talk.interview_id, "court case 12")
    assert refused(deletion.delete_interview, hr, HR, talk.interview_id) is ErrorCode.LEGAL_HOLD
    withdraw(talk)
    chores.hourly(hr)
    status, found = ask(talk)
    assert status == 202
    assert isinstance(found, DeletionProgress)
    assert found.state is DeletionState.HELD
    report = reports.build(hr, COMMAND_LINE, talk.interview_id, "en")
    assert report.content is Content.SEALED
    holds.lift_hold(hr, HR, talk.interview_id, "settled")
    chores.hourly(hr)
    assert certificate(talk).requested_by is Requester.CANDIDATE


def test_a_hold_needs_a_reason_and_hr_and_keeps_both_in_sealed_words(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    hr, (talk, _) = own_backend.hr, told
    assert refused(holds.set_hold, hr, HR, talk.interview_id, "  ") is ErrorCode.SETTING_INVALID
    for role in (Role.DEPARTMENT_HEAD, Role.AUDITOR):
        stranger = Actor("id", "x", role, "hq")
        assert refused(holds.set_hold, hr, stranger, talk.interview_id, "why") is ErrorCode.FORBIDDEN
    assert refused(holds.lift_hold, hr, HR, talk.interview_id, "why") is ErrorCode.NOT_FOUND
    holds.set_hold(hr, HR, talk.interview_id, "court case 12")
    assert refused(holds.set_hold, hr, HR, talk.interview_id, "again") is ErrorCode.ILLEGAL_STATE
    assert [item.reason for item in holds.list_standing(hr, HR)] == ["court case 12"]
    with hr.db.read() as session:
        assert "court" not in session.scalars(select(LegalHold)).one().reason_sealed
    holds.lift_hold(hr, HR, talk.interview_id, "settled")
    assert holds.list_standing(hr, HR) == []
    assert [item.lift_reason for item in holds.of_interview(hr, HR, talk.interview_id)] == ["settled"]


# ---- retention ------------------------------------------------------------------------------------------------------


def days_pass(backend: Served, days: float, *, step: float = 0.9) -> None:
    """Time that the running server sees pass."""
    while days > 0:
        backend.clock.ahead += timedelta(days=min(step, days))
        days -= step
        server_time.note(backend.hr)


def test_an_interview_goes_by_itself_after_the_days_its_kit_promises(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    hr, (talk, _) = own_backend.hr, told
    chores.hourly(hr)
    days_pass(own_backend, 179.5)
    chores.hourly(hr)
    assert ask(talk)[0] == 404
    days_pass(own_backend, 1)
    chores.hourly(hr)
    assert certificate(talk).requested_by is Requester.RETENTION
    assert person_of(own_backend, talk).name_sealed == ""


def test_retention_counts_from_the_end_by_the_servers_time_whatever_the_device_says(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    talk, _ = told
    found = retention.of_interview(own_backend.hr, talk.interview_id)
    assert found is not None
    assert found.days == 180
    assert abs(found.ends_at - (own_backend.hr.now() + timedelta(days=180))) < timedelta(minutes=5)
    days_pass(own_backend, 3)
    ask(talk)
    talk.heard("late words")
    assert talk.put(max(talk.envelopes)).status_code == 201
    later = retention.of_interview(own_backend.hr, talk.interview_id)
    assert later is not None
    assert later.ends_at == found.ends_at


def test_a_legal_hold_outlasts_the_retention_time(own_backend: Served, told: tuple[Talk, Sealed]) -> None:
    hr, (talk, _) = own_backend.hr, told
    chores.hourly(hr)
    holds.set_hold(hr, HR, talk.interview_id, "court case")
    days_pass(own_backend, 200)
    chores.hourly(hr)
    assert ask(talk)[0] == 404
    holds.lift_hold(hr, HR, talk.interview_id, "settled")
    chores.hourly(hr)
    assert certificate(talk).requested_by is Requester.RETENTION


def test_people_who_never_came_are_erased_after_the_same_time(own_backend: Served) -> None:
    hr = own_backend.hr
    invitation = invite(hr, "韩梅梅", phone="13900139000")
    chores.hourly(hr)
    days_pass(own_backend, 150)
    assert retention.purge_due(hr).candidates == 0
    days_pass(own_backend, 35)
    assert retention.purge_due(hr).candidates == 1
    with hr.db.read() as session:
        assert session.get_one(InvitationRow, invitation).candidate.phone_sealed is None
    assert people.find_candidates(hr, "phone", "13900139000") == []


@pytest.mark.parametrize("days", [1.1, 400, 5000])
def test_a_clock_that_jumps_ahead_deletes_nothing_until_somebody_confirms_it(
    own_backend: Served, told: tuple[Talk, Sealed], days: float
) -> None:
    hr, (talk, _) = own_backend.hr, told
    chores.hourly(hr)
    own_backend.clock.ahead += timedelta(days=days)
    chores.hourly(hr)
    chores.hourly(hr)
    with pytest.raises(XudaError) as caught:
        retention.purge_due(hr)
    assert caught.value.code is ErrorCode.CLOCK_JUMPED
    assert ask_quietly(own_backend, talk) is None
    own_backend.clock.ahead = timedelta()
    assert retention.purge_due(hr).interviews == []


def ask_quietly(backend: Served, talk: Talk) -> Deletion | None:
    with backend.hr.db.read() as session:
        return session.get(Deletion, talk.interview_id)


def test_a_confirmed_time_counts_and_the_confirmation_is_in_the_audit_log(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    hr, (talk, _) = own_backend.hr, told
    chores.hourly(hr)
    own_backend.clock.ahead += timedelta(days=181)
    server_time.confirm(hr, HR)
    assert retention.purge_due(hr, HR).interviews == [talk.interview_id]


def test_a_clock_set_back_does_not_bring_the_end_any_later(own_backend: Served, told: tuple[Talk, Sealed]) -> None:
    hr, (talk, _) = own_backend.hr, told
    chores.hourly(hr)
    days_pass(own_backend, 181)
    own_backend.clock.ahead = timedelta(days=-4000)
    assert retention.purge_due(hr).interviews == [talk.interview_id]


def test_a_database_that_never_noted_a_time_goes_by_its_audit_log(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    own_backend.clock.ahead += timedelta(days=181)
    with own_backend.hr.db.write() as session:
        from sqlalchemy import delete

        from backend.db.models import ServerFact

        session.execute(delete(ServerFact))
        known = server_time.last_noted(session)
    assert isinstance(known, datetime)
    assert refused(retention.purge_due, own_backend.hr) is ErrorCode.CLOCK_JUMPED


def test_deleted_interviews_are_not_listed_but_their_certificates_are(
    own_backend: Served, told: tuple[Talk, Sealed]
) -> None:
    hr, (talk, _) = own_backend.hr, told
    deletion.delete_interview(hr, HR, talk.interview_id)
    assert refused(interviews.summary, hr, HR, talk.interview_id) is ErrorCode.NOT_FOUND
    line = certificates.lines(hr, Actor("id", "a", Role.AUDITOR))[0]
    assert (line.progress.state, line.certificate is not None) == (DeletionState.DONE, True)
