"""Staff adjust interviews on the spot: who may, what HR verifies again, and where it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.db.models import AuditRow, InvitationRow
from backend.services import delegations, reports
from backend.services.adjusting import new_grant
from backend.services.delegations import Bounds, NewDelegation
from contract import adjusting
from contract.adjusting import AdjustmentReason, Grant
from contract.api import Bootstrap
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedData, AdjustedSealed, EventType
from contract.invitation import Adjustments, Roster
from contract.keys import SigningKey
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, served

MORE = Adjustments(time_factor=1.5, extra_takes=1)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as running:
        yield running


def grant(adjustments: Adjustments = MORE) -> Grant:
    return new_grant(adjustments, AdjustmentReason.ACCESSIBILITY, datetime.now(UTC), timedelta(hours=1))


def roster(booth: Booth) -> Roster:
    answer = booth.call("GET", "/v1/bootstrap")
    return open_envelope(Bootstrap.read(answer.content).roster, Roster, booth.organisation_keys)


def adjusted(talk: Talk, token: str, given: Grant, delegation_id: str, subject: str) -> int:
    sealed = AdjustedSealed(
        token=token,
        subject=subject,
        reason=given.reason.value,
        holder="李老师",
        **given.adjustments.model_dump(),
    )
    data = AdjustedData(delegation_id=delegation_id, nonce=given.nonce)
    envelope = talk.add(EventType.ADJUSTED, data, sealed)
    seq = len(talk.envelopes)
    return put(talk, seq, envelope)


def put(talk: Talk, seq: int, envelope: object) -> int:
    return talk.booth.call("PUT", f"/v1/interviews/{talk.interview_id}/events/{seq}", envelope).status_code


def held(backend: Served, invitation_id: str) -> Adjustments:
    with backend.hr.db.read() as session:
        return Adjustments.model_validate(session.get_one(InvitationRow, invitation_id).adjustments)


def staff(backend: Served, **bounds: object) -> NewDelegation:
    return delegations.add_staff(backend.hr, COMMAND_LINE, "李老师", Bounds(**bounds))  # type: ignore[arg-type]


def test_every_device_learns_who_may_adjust_and_only_its_own_panels_right(backend: Served) -> None:
    first, second = backend.enrol("Booth 1"), backend.enrol("Booth 2")
    made = staff(backend)
    panel = delegations.add_panel(backend.hr, COMMAND_LINE, first.device_id, Bounds())
    both = {made.delegation.delegation_id, panel.delegation.delegation_id}
    assert {d.delegation_id for d in roster(first).delegations} == both
    assert [d.delegation_id for d in roster(second).delegations] == [made.delegation.delegation_id]
    delegations.revoke(backend.hr, COMMAND_LINE, made.delegation.delegation_id)
    assert roster(second).delegations == []


def test_bounds_that_make_no_sense_are_refused(backend: Served) -> None:
    for wrong in ({"most_time_factor": 9.0}, {"ways": ["song"]}, {"batches": ["none"]}, {"valid": timedelta(days=999)}):
        with pytest.raises(XudaError) as caught:
            staff(backend, **wrong)
        assert caught.value.code is ErrorCode.SETTING_INVALID


def test_what_staff_gave_holds_on_other_devices_and_stands_in_report_and_audit(backend: Served) -> None:
    made, invitation_id = staff(backend), invite(backend.hr, "王小明")
    assert made.key is not None
    talk = Talk(backend.enrol(), invitation_id)
    given, subject = grant(), adjusting.subject_of_invitation(invitation_id)
    token = adjusting.issue(given, subject, made.key)
    put(talk, 1, talk.started())
    assert adjusted(talk, token, given, made.delegation.delegation_id, subject) == 201

    assert held(backend, invitation_id) == MORE
    assert roster(backend.enrol("Booth 2")).entries[0].adjustments == MORE
    report = reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "zh_CN")
    line = report.adjustments[0]
    assert (line.holder, line.reason, line.verified, line.words) == (
        "李老师",
        "accessibility",
        True,
        "时间延长 50%，多 1 次作答机会",
    )
    with backend.hr.db.read() as session:
        noted = [row for row in session.query(AuditRow) if row.action == "adjusted"]
    assert [(row.target, row.detail["verified"]) for row in noted] == [(f"interview:{talk.interview_id}", True)]


def test_it_counts_also_when_the_events_come_in_the_other_order(backend: Served) -> None:
    made, invitation_id = staff(backend), invite(backend.hr, "王小明")
    assert made.key is not None
    talk = Talk(backend.enrol(), invitation_id)
    given, subject = grant(), adjusting.subject_of_invitation(invitation_id)
    started = talk.started()
    adjusted(talk, adjusting.issue(given, subject, made.key), given, made.delegation.delegation_id, subject)
    assert held(backend, invitation_id) == Adjustments()
    put(talk, 1, started)
    assert held(backend, invitation_id) == MORE


@pytest.mark.parametrize("lie", ["key", "candidate", "more", "beyond", "nobody"])
def test_what_does_not_hold_is_shown_as_that_and_helps_nobody(backend: Served, lie: str) -> None:
    made, invitation_id = staff(backend), invite(backend.hr, "王小明")
    assert made.key is not None
    talk = Talk(backend.enrol(), invitation_id)
    put(talk, 1, talk.started())
    given = grant(Adjustments(time_factor=3.0) if lie == "beyond" else MORE)
    subject = adjusting.subject_of_invitation("someone else" if lie == "candidate" else invitation_id)
    token = adjusting.issue(given, subject, SigningKey.generate() if lie == "key" else made.key)
    told = grant(Adjustments(time_factor=1.5, extra_takes=2)) if lie == "more" else given
    trusted = "" if lie == "nobody" else made.delegation.delegation_id
    assert adjusted(talk, token, told, trusted, subject) == 201
    assert held(backend, invitation_id) == Adjustments()
    assert reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "en").adjustments[0].verified is False


def test_a_panel_signs_with_the_devices_own_key(backend: Served) -> None:
    booth, invitation_id = backend.enrol(), invite(backend.hr, "王小明")
    panel = delegations.add_panel(backend.hr, COMMAND_LINE, booth.device_id, Bounds())
    talk = Talk(booth, invitation_id)
    put(talk, 1, talk.started())
    given, subject = grant(), adjusting.subject_of_invitation(invitation_id)
    adjusted(talk, adjusting.issue(given, subject, booth.key), given, panel.delegation.delegation_id, subject)
    assert held(backend, invitation_id) == MORE
