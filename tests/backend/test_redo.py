"""One question answered again: who may allow it, what devices hear, which answer counts, and what never changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow, Interview, RedoRow, Role
from backend.services import decisions, deletion, kits, redo, wholes_in_sql
from backend.services.candidate_states import Ruling
from contract.api import Bootstrap
from contract.envelope import open_envelope
from contract.events import EventType, ExitData, HrState, WithdrawnData
from contract.invitation import Roster, RosterEntry
from contract.kit import Kit
from contract.message import Message
from contract.parts import NoticeKind
from contract.redo import Redo, RedoState
from tests.backend import tus
from tests.backend.parted import line, notices, report, state_of
from tests.backend.staffing import Search, opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, KIT, Booth, Served, Talk

REASON = "录音没有声音"


@pytest.fixture
def search(backend: Served) -> Search:
    return opened(backend)


def finished(search: Search, booth: Booth) -> Talk:
    """Both questions answered with a recording, all of it delivered."""
    talk = Talk(booth, search.invite())
    talk.started()
    one, two = talk.seal(b"no sound"), talk.seal(b"two")
    talk.spoken(one)
    talk.spoken(two, question="q2")
    talk.finished()
    talk.put_all()
    for sealed in (one, two):
        tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([one.ref, two.ref])).json()["receipt"]
    return talk


def grant(search: Search, talk: Talk, question: str = "q1", *, days: float = 7) -> str:
    until = search.hr.now() + timedelta(days=days)
    return redo.grant(search.hr, search.approver, talk.interview_id, question, REASON, until)


def bootstrap(booth: Booth) -> Bootstrap:
    answer = booth.call("GET", "/v1/bootstrap?keys=0")
    assert answer.status_code == 200, answer.text
    return Bootstrap.model_validate_json(answer.content)


def entry(booth: Booth, talk: Talk) -> RosterEntry | None:
    roster = open_envelope(bootstrap(booth).roster, Roster, booth.organisation_keys)
    with_it = [one for one in roster.entries if one.redo is not None]
    for found in with_it:
        assert found.redo is not None
        if found.redo.carried.parts[0].interview_id == talk.interview_id:
            return found
    return None


def offered(booth: Booth, talk: Talk) -> Redo:
    found = entry(booth, talk)
    assert found is not None
    assert found.redo is not None
    return found.redo


def again(booth: Booth, talk: Talk, given: Redo, **changes: Any) -> Talk:
    part = Talk(booth, talk.invitation_id)
    part.started(carried=given.carried, **changes)
    part.consented()
    return part


def answers(search: Search, talk: Talk) -> list[tuple[str, int, bool, bool, bool]]:
    found = report(search.backend, talk).answers
    return [(one.question_id, one.part, one.superseded, one.beside, one.again) for one in found]


def state(search: Search, talk: Talk) -> RedoState:
    return report(search.backend, talk).redos[0].state


def counted(search: Search, talk: Talk) -> tuple[Any, ...]:
    """What monitor, lists and analytics count of the interview."""
    shown = line(search.backend, talk)
    with search.hr.db.read() as session:
        values = wholes_in_sql.answers(), wholes_in_sql.pauses(), wholes_in_sql.active_seconds()
        values += wholes_in_sql.last_reason(), wholes_in_sql.leads(), Interview.ended_at, Interview.standing
        found = session.execute(select(*values).where(Interview.id == talk.interview_id)).one()
    return (*found, shown.shown_state, shown.answers, shown.interview_id, shown.reasons, shown.receipt_serial)


def test_a_question_is_answered_again_on_another_device_and_the_new_answer_counts(
    search: Search, booth: Booth, other: Booth
) -> None:
    talk = finished(search, booth)
    before = counted(search, talk)
    redo_id = grant(search, talk)
    assert state(search, talk) is RedoState.OPEN
    given = offered(other, talk)
    assert (given.redo_id, given.question_id, given.reason, given.kit_version) == (redo_id, "q1", REASON, 1)
    assert (given.carried.answered, given.carried.redo, given.carried.attempt) == (["q2"], redo_id, 1)
    told = [open_envelope(item, Message, other.organisation_keys) for item in bootstrap(other).messages]
    mine = [item for item in told if talk.invitation_id in item.invitations]
    assert [item.title["zh_CN"] for item in mine] == ["请您重新回答第 1 题"]
    assert REASON in mine[0].text["en"]
    part = again(other, talk, given)
    part.put_all()
    assert (state(search, talk), state_of(search.backend, part)) == (RedoState.BEGUN, "pending_review")
    assert entry(booth, talk) is None, "nobody else may begin it any more"
    assert entry(other, talk) is not None, "whoever has begun comes back to it"
    assert refusal(redo.take_back, search.hr, search.approver, talk.interview_id, redo_id) == ("conflict", "used")
    assert not [m for m in bootstrap(other).messages if talk.invitation_id in m.payload], "the message is withdrawn"
    part.paused()
    part.put_all()
    assert counted(search, talk) == before, "the interview is finished all the while"
    assert report(search.backend, talk).receipt is not None, "and it is delivered"
    assert notices(other, part) == {}, "a redo that was left can be gone on with"
    part.resumed()
    new = part.seal(b"with sound")
    part.spoken(new)
    part.finished()
    part.put_all()
    tus.upload(part, new)
    assert part.deliver(part.manifest([new.ref])).json()["receipt"]
    assert answers(search, talk) == [
        ("q1", 1, True, False, False),
        ("q1", 2, False, False, True),
        ("q2", 1, False, False, False),
    ]
    shown = report(search.backend, talk)
    assert [(p.number, p.relation.value) for p in shown.parts] == [(1, "first"), (2, "again")]
    assert (shown.redos[0].state, shown.redos[0].part, shown.state.code) == (RedoState.ANSWERED, 2, "pending_review")
    assert entry(other, talk) is None, "once per grant"
    assert counted(search, talk) == before, "nothing is counted twice"
    with search.hr.db.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.target == f"interview:{talk.interview_id}"))
        done = [(row.action, row.actor) for row in rows if "redo" in row.action]
    assert done == [("grant_redo", search.approver.username), ("begin_redo", f"device:{other.device_id}")]
    assert grant(search, talk, "q1"), "HR may ask once more"


def test_events_of_a_redo_in_any_order_give_the_same(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    before = counted(search, talk)
    grant(search, talk)
    part = again(booth, talk, offered(booth, talk))
    part.paused()
    part.resumed()
    part.spoken(part.seal(b"new"))
    part.finished()
    for seq in reversed(part.envelopes):
        assert part.put(seq).status_code == 201
    assert counted(search, talk) == before
    assert state(search, talk) is RedoState.ANSWERED
    assert answers(search, talk)[1] == ("q1", 2, False, False, True)


def test_a_redo_that_was_given_up_or_never_done_changes_nothing(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    before, shown = counted(search, talk), answers(search, talk)
    grant(search, talk)
    part = again(booth, talk, offered(booth, talk))
    part.add(EventType.ABANDONED, ExitData(reason="time"))
    part.put_all()
    assert (state(search, talk), counted(search, talk), answers(search, talk)) == (RedoState.GIVEN_UP, before, shown)
    grant(search, talk, days=0.00001)
    assert counted(search, talk) == before


def test_what_was_answered_again_without_hrs_word_is_kept_and_does_not_count(
    search: Search, booth: Booth, other: Booth
) -> None:
    talk, stranger = finished(search, booth), finished(search, other)
    before, old = counted(search, talk), answers(search, talk)
    grant(search, stranger)
    foreign = offered(booth, stranger)
    redo_id = grant(search, talk)
    given = offered(booth, talk)
    redo.take_back(search.hr, search.approver, talk.interview_id, redo_id)
    forged = given.model_copy(update={"carried": given.carried.model_copy(update={"redo": "no-such-word"})})
    borrowed = given.model_copy(update={"carried": given.carried.model_copy(update={"redo": foreign.redo_id})})
    kept = []
    for number, word in enumerate((given, forged, borrowed), start=2):
        part = again(booth, talk, word)
        part.spoken(part.seal(b"forged"))
        part.paused()
        part.put_all()
        kept.append(("q1", number, True, True, False))
        assert answers(search, talk) == [old[0], *kept, old[1]]
        assert notices(booth, part) == {part.interview_id: NoticeKind.CONTINUED}, "it does not wait for its end"
    assert counted(search, talk) == before
    assert (state(search, talk), state(search, stranger)) == (RedoState.TAKEN_BACK, RedoState.OPEN)


def test_of_two_devices_that_begin_it_without_a_network_the_first_to_arrive_counts(
    search: Search, booth: Booth, other: Booth
) -> None:
    talk = finished(search, booth)
    grant(search, talk)
    both = [again(device, talk, offered(device, talk)) for device in (booth, other)]
    for part in both:
        part.spoken(part.seal(b"new"))
        part.spoken(part.seal(b"and another question"), question="q2")
        part.finished()
    for part in both:
        part.put_all()
    assert answers(search, talk) == [
        ("q1", 1, True, False, False),
        ("q1", 2, False, False, True),
        ("q1", 3, True, True, False),
        ("q2", 1, False, False, False),
        ("q2", 2, True, True, False),
        ("q2", 3, True, True, False),
    ], "only that question, and once"


def _undone(search: Search, booth: Booth) -> str:
    talk = Talk(booth, search.invite())
    talk.started()
    talk.spoken(talk.seal(b"one"))
    talk.paused()
    talk.put_all()
    return talk.interview_id


def _decided(search: Search, booth: Booth) -> str:
    talk = finished(search, booth)
    decisions.decide(search.hr, search.approver, talk.interview_id, Ruling.SECOND_ROUND)
    return talk.interview_id


def _running(search: Search, booth: Booth) -> str:
    talk = finished(search, booth)
    grant(search, talk, "q2")
    return talk.interview_id


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_undone, "illegal_state"),
        (_decided, "illegal_state"),
        (_running, "conflict"),
    ],
)
def test_it_is_allowed_once_at_a_time_and_only_while_finished_and_undecided(
    search: Search, booth: Booth, make: Callable[[Search, Booth], str], code: str
) -> None:
    interview_id = make(search, booth)
    until = search.hr.now() + timedelta(days=1)
    assert refusal(redo.grant, search.hr, search.approver, interview_id, "q1", REASON, until) == (code, "redo")
    assert redo.proposed_end(search.hr, search.approver, interview_id) is None


def test_nothing_is_asked_again_of_who_has_withdrawn(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    talk.add(EventType.WITHDRAWN, WithdrawnData(invitation_id=talk.invitation_id, attempt=1))
    talk.put_all()
    until = search.hr.now() + timedelta(days=1)
    found = refusal(redo.grant, search.hr, search.approver, talk.interview_id, "q1", REASON, until)
    assert found in [("illegal_state", "redo"), ("not_found", "interview")]  # the server deletes it meanwhile


def test_who_may_allow_it_and_with_what(search: Search, booth: Booth) -> None:
    talk, hr, now = finished(search, booth), search.hr, search.hr.now()
    soon = now + timedelta(days=1)

    def said(reason: str = REASON, until: datetime = soon, question: str = "q1") -> tuple[str, str | None]:
        return refusal(redo.grant, hr, search.approver, talk.interview_id, question, reason, until)

    assert [said("  "), said("x" * 301)] == [("setting_invalid", "reason")] * 2
    assert [said(until=now), said(until=now + timedelta(days=92))] == [("setting_invalid", "until")] * 2
    assert said(question="q3") == ("not_found", "question")
    for who in (somebody(hr, Role.DEPARTMENT_HEAD, "rd"), somebody(hr, Role.AUDITOR), COMMAND_LINE):
        assert refusal(redo.grant, hr, who, talk.interview_id, "q1", REASON, soon)[0] == "forbidden"
    bound = replace(search.approver, department_id="sales")
    assert refusal(redo.grant, hr, bound, talk.interview_id, "q1", REASON, soon)[0] == "not_found"
    redo_id, stranger = grant(search, talk), finished(search, booth)
    assert refusal(redo.take_back, hr, search.approver, stranger.interview_id, redo_id) == ("not_found", "redo")
    assert refusal(redo.take_back, hr, COMMAND_LINE, talk.interview_id, redo_id)[0] == "forbidden"


def test_a_decision_takes_back_what_nobody_has_begun(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    grant(search, talk)
    decisions.decide(search.hr, search.approver, talk.interview_id, Ruling.HOLD)
    assert state(search, talk) is RedoState.OPEN, "putting off decides nothing"
    decisions.decide(search.hr, search.approver, talk.interview_id, Ruling.SECOND_ROUND)
    assert (state(search, talk), entry(booth, talk)) == (RedoState.TAKEN_BACK, None)


def test_what_has_begun_before_a_decision_still_arrives_and_the_decision_stands(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    grant(search, talk)
    part = again(booth, talk, offered(booth, talk))
    part.put_all()
    decisions.decide(search.hr, search.approver, talk.interview_id, Ruling.SECOND_ROUND)
    part.spoken(part.seal(b"new"))
    part.finished()
    part.put_all()
    assert state(search, talk) is RedoState.ANSWERED
    assert line(search.backend, talk).shown_state is HrState.SECOND_ROUND


def test_its_time_ends_for_who_has_not_begun_and_the_window_does_not_matter(own_backend: Served) -> None:
    search, booth = opened(own_backend), own_backend.enrol()
    late, begun = finished(search, booth), finished(search, booth)
    own_backend.clock.ahead = timedelta(days=60)
    booth.seconds_off = 60 * 86400
    for talk in (late, begun):
        grant(search, talk, days=3)
        assert offered(booth, talk), "long after the window of the invitation"
    part = again(booth, begun, offered(booth, begun))
    part.put_all()
    own_backend.clock.ahead += timedelta(days=4)
    booth.seconds_off += 4 * 86400
    assert (state(search, late), entry(booth, late)) == (RedoState.EXPIRED, None)
    assert entry(booth, begun) is not None, "whoever has begun may end it"
    part.spoken(part.seal(b"new"))
    part.finished()
    part.put_all()
    assert answers(search, begun)[1] == ("q1", 2, False, False, True)
    assert grant(search, late), "HR may ask again"


def test_devices_get_the_version_of_the_kit_that_asked(own_backend: Served) -> None:
    search, booth = opened(own_backend), own_backend.enrol()
    talk = finished(search, booth)
    kits.add_kit(own_backend.hr, COMMAND_LINE, KIT.replace("purpose: p", "purpose: another").encode())

    def versions() -> list[int]:
        return [open_envelope(kit, Kit, booth.organisation_keys).version for kit in bootstrap(booth).kits]

    assert versions() == [2]
    grant(search, talk)
    assert (versions(), offered(booth, talk).kit_version) == ([2, 1], 1)


def test_deleting_the_interview_deletes_both_answers_and_the_reason(search: Search, booth: Booth) -> None:
    talk = finished(search, booth)
    grant(search, talk)
    part = again(booth, talk, offered(booth, talk))
    part.spoken(part.seal(b"new"))
    part.put_all()
    deletion.delete_interview(search.hr, search.approver, talk.interview_id)
    with search.hr.db.read() as session:
        rows = session.scalars(select(Interview).where(Interview.invitation_id == talk.invitation_id)).all()
        assert all(row.deleted_at is not None for row in rows)
        assert session.scalar(select(RedoRow).where(RedoRow.invitation_id == talk.invitation_id)) is None
    assert notices(booth, part) == {part.interview_id: NoticeKind.DELETED}
