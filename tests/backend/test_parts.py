"""Interviews given on several devices: hand-over, what each may know, and HR's one view of all parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from backend.db.models import Interview
from backend.services import audit, interviews, media, standing, wholes
from backend.services.interview_rows import ListQuery
from contract import events as ev
from contract.envelope import open_envelope
from contract.errors import ErrorCode
from contract.events import EventType, HrState
from contract.parts import Elsewhere, NoticeKind, Relation
from contract.progress import Carried, PartRef
from tests.backend.parted import (
    alone,
    ask,
    code_of,
    elsewhere,
    line,
    next_part,
    notices,
    paused,
    report,
    state_of,
    ticket,
)
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite


def test_another_device_learns_how_far_it_has_come_and_nothing_of_what_was_said(talk: Talk, other: Booth) -> None:
    second = next_part(talk, other)
    assert elsewhere(second) is None
    paused(talk)
    found = elsewhere(second)
    assert found == Elsewhere(
        state=HrState.PAUSED,
        device="Booth 1",
        carried=Carried(
            attempt=1,
            parts=[PartRef(interview_id=talk.interview_id, last_seq=4)],
            answered=["q1"],
            takes_used={"q2": 1},
            seconds_used=77,
        ),
    )
    assert elsewhere(next_part(talk, talk.booth)) is None, "its own part is not elsewhere"


def test_an_interview_moves_to_another_device_and_is_one_at_hr(backend: Served, talk: Talk, other: Booth) -> None:
    paused(talk)
    second = next_part(talk, other)
    given = ticket(second)
    assert (given.part, given.device_id, given.carried.answered) == (2, other.device_id, ["q1"])
    assert ticket(second) == given, "asked again it is the same"
    assert notices(talk.booth, talk) == {}, "it has not begun yet"
    second.started(carried=given.carried)
    second.consented()
    second.put_all()
    assert (state_of(backend, talk), state_of(backend, second)) == ("in_progress", "in_progress")
    assert notices(talk.booth, talk) == {talk.interview_id: NoticeKind.CONTINUED}
    assert notices(other, talk, second) == {}, "nobody is told of another's part"
    second.written("the answer of the second booth")
    second.finished()
    second.put_all()
    assert second.deliver(second.manifest([])).json()["receipt"]
    found = line(backend, second)
    assert found == line(backend, talk)
    assert (found.interview_id, found.parts) == (talk.interview_id, (talk.interview_id, second.interview_id))
    assert (found.shown_state, found.answers, found.device) == (HrState.PENDING_REVIEW, 2, "Booth 1, Booth 2")
    assert found.receipt_serial == len(second.envelopes)
    listed = interviews.list_interviews(backend.hr, COMMAND_LINE, ListQuery(size=1000)).items
    assert [row.interview_id for row in listed if row.invitation_id == talk.invitation_id] == [talk.interview_id]
    shown = report(backend, second)
    assert [(item.question_id, item.part, item.superseded) for item in shown.answers] == [
        ("q1", 1, False),
        ("q2", 2, False),
    ]
    assert shown.answers[1].text == "the answer of the second booth"
    assert [(part.number, part.device, part.relation) for part in shown.parts] == [
        (1, "Booth 1", Relation.FIRST),
        (2, "Booth 2", Relation.CONTINUED),
    ]
    assert (shown.unanswered, shown.state.code, shown.receipt is not None) == ([], HrState.PENDING_REVIEW, True)
    assert shown.interview_id == talk.interview_id
    with media.open_media(
        backend.hr, COMMAND_LINE, second.interview_id, shown.answers[0].objects[0].object_id
    ).stream as stream:
        assert stream.read() == b"a face and a voice"


def test_a_hand_over_is_written_into_the_audit_log(backend: Served, talk: Talk, other: Booth) -> None:
    paused(talk)
    second = next_part(talk, other)
    ticket(second)
    with backend.hr.db.read() as session:
        rows = [row for row in session.query(audit.AuditRow) if row.action == "hand_over"]
    assert rows[-1].detail == {"part": second.interview_id}


def test_nobody_takes_over_what_is_being_given_elsewhere(own_backend: Served) -> None:
    talk = Talk(own_backend.enrol(), invite(own_backend.hr, "李雷"))
    other = own_backend.enrol("Booth 2")
    talk.started()
    talk.put_all()
    second = next_part(talk, other)
    assert code_of(ask(second)) == (409, ErrorCode.INTERVIEW_ELSEWHERE)
    own_backend.clock.ahead = own_backend.clock.ahead.__class__(seconds=200)
    other.seconds_off = 200
    assert ticket(second).carried.answered == [], "a device that fell silent has not got it any more"
    third = next_part(talk, own_backend.enrol("Booth 3"))
    third.booth.seconds_off = 200
    assert code_of(ask(third)) == (409, ErrorCode.INTERVIEW_ELSEWHERE), "the candidate is on the way to the second"


def test_of_two_devices_that_ask_at_once_one_gets_the_ticket(backend: Served, talk: Talk) -> None:
    paused(talk)
    seconds = [next_part(talk, backend.enrol(f"Booth {number}")) for number in range(2, 6)]
    with ThreadPoolExecutor(len(seconds)) as pool:
        answers = list(pool.map(ask, seconds))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


@pytest.mark.parametrize("end", ["finished", "declined", "withdrawn", "abandoned"])
def test_what_is_over_cannot_be_taken_over(backend: Served, talk: Talk, other: Booth, end: str) -> None:
    talk.started()
    data = {
        "finished": ev.FinishedData(answers=1),
        "declined": ev.DeclinedData(consent_version="1"),
        "withdrawn": ev.WithdrawnData(),
        "abandoned": ev.ExitData(reason="time"),
    }
    talk.add(EventType(end), data[end])
    talk.put_all()
    second = next_part(talk, other)
    found = elsewhere(second)
    assert found is not None
    assert found.withdrawn is (end == "withdrawn")
    expected = ErrorCode.NOT_FOUND if end == "abandoned" else ErrorCode.INVITATION_USED
    assert code_of(ask(second))[1] == expected


def test_the_roster_tells_each_device_of_the_others(talk: Talk, other: Booth) -> None:
    paused(talk)
    for booth, known in [(talk.booth, False), (other, True)]:
        reply = booth.call("GET", "/v1/bootstrap")
        from contract.api import Bootstrap
        from contract.invitation import Roster, read

        roster = open_envelope(Bootstrap.read(reply.content).roster, Roster, booth.organisation_keys)
        mine = {read(entry.token, booth.organisation_keys).invitation_id: entry for entry in roster.entries}
        assert (mine[talk.invitation_id].elsewhere is not None) is known


def test_an_id_that_is_taken_gets_no_ticket(talk: Talk, other: Booth) -> None:
    paused(talk)
    assert code_of(ask(talk)) == (409, ErrorCode.CONFLICT)
    second = next_part(talk, other)
    ticket(second)
    thief = Talk(talk.booth, talk.invitation_id, interview_id=second.interview_id)
    assert code_of(ask(thief)) == (403, ErrorCode.FORBIDDEN)
    assert code_of(ask(Talk(other, "nowhere"))) == (404, ErrorCode.NOT_FOUND)


def put_mixed(talks: Sequence[Talk], order: Sequence[int]) -> None:
    for index in order:
        talks[index].put_all()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_devices_that_knew_nothing_of_each_other_lose_and_double_nothing(
    backend: Served, order: Sequence[int]
) -> None:
    booths = [backend.enrol(f"Booth {number}") for number in (1, 2, 3)]
    invitation = invite(backend.hr, "三处")
    steps = [("q1", "paused"), ("q1", "q2", "finished"), ("q2", "paused")]
    talks = [alone(backend, booth, invitation, *given) for booth, given in zip(booths, steps, strict=True)]
    put_mixed(talks, order)
    shown = report(backend, talks[0])
    assert shown.state.code is HrState.PENDING_REVIEW
    assert {state_of(backend, talk) for talk in talks} == {"pending_review"}
    assert len(shown.answers) == 4, "all are kept and shown"
    counting = [item.question_id for item in shown.answers if not item.superseded]
    assert sorted(counting) == ["q1", "q2"], "each question counts once"
    assert [part.relation for part in shown.parts] == [Relation.FIRST, Relation.PARALLEL, Relation.PARALLEL]
    assert [part.interview_id for part in shown.parts] == [talks[index].interview_id for index in order]
    assert all(item.beside == item.superseded for item in shown.answers)
    assert line(backend, talks[1]).answers == 2


def test_more_from_the_first_device_is_taken_after_the_hand_over(backend: Served, talk: Talk, other: Booth) -> None:
    paused(talk)
    second = next_part(talk, other)
    second.started(carried=ticket(second).carried)
    second.written("from the second")
    second.finished()
    second.put_all()
    talk.resumed()
    talk.written("secretly from the first")
    talk.put_all()
    shown = report(backend, talk)
    assert [(item.question_id, item.part, item.superseded) for item in shown.answers] == [
        ("q1", 1, False),
        ("q2", 1, True),
        ("q2", 2, False),
    ]
    assert shown.state.code is HrState.PENDING_REVIEW


def test_a_third_device_and_the_first_again_go_on_where_the_others_stopped(
    backend: Served, talk: Talk, other: Booth
) -> None:
    paused(talk)
    second = next_part(talk, other)
    second.started(carried=ticket(second).carried)
    second.paused("time")
    second.put_all()
    again = next_part(talk, talk.booth)
    given = ticket(again)
    assert (given.part, [ref.interview_id for ref in given.carried.parts]) == (
        3,
        [talk.interview_id, second.interview_id],
    )
    assert (given.carried.answered, given.carried.takes_used, given.carried.seconds_used) == (["q1"], {"q2": 1}, 77)
    again.started(carried=given.carried)
    again.written("back at the first")
    again.finished()
    again.put_all()
    assert [part.relation for part in report(backend, talk).parts] == ["first", "continued", "continued"]
    assert notices(other, second) == {second.interview_id: NoticeKind.CONTINUED}


def test_a_decision_under_one_part_is_told_to_all_devices(backend: Served, talk: Talk, other: Booth) -> None:
    from backend.db.models import Decision, Role, User

    paused(talk)
    second = alone(backend, other, talk.invitation_id, "q2", "finished")
    second.put_all()
    now = backend.hr.now()
    with backend.hr.db.write() as session:
        user = User(username=f"hr-{talk.interview_id}", role=Role.HR.value, password="", totp_sealed="", created_at=now)
        session.add(user)
        session.flush()
        word: dict[str, Any] = {"state": "second_round", "user_id": user.id, "decided_at": now, "released_at": now}
        session.add(Decision(interview_id=talk.interview_id, **word))
        standing.settle(session, session.get_one(Interview, talk.interview_id))
    for part in (talk, second):
        assert part.booth.call("GET", "/v1/bootstrap").json()["results"] == {part.interview_id: "second_round"}
    with backend.hr.db.read() as session:
        rows = wholes.rows_of(session, session.get_one(Interview, second.interview_id))
        assert [row.part for row in rows] == [1, 2]
    assert line(backend, second).shown_state is HrState.SECOND_ROUND


def test_a_field_that_a_newer_device_sends_is_passed_over_as_the_description_says(
    backend: Served, booth: Booth
) -> None:
    answer = booth.call("POST", "/v1/notices", b'{"interviews": [], "": null, "newer": {"x": 1}}')
    assert answer.status_code == 200
    described = requests.get(backend.url + "/v1/openapi.json", timeout=30).json()["components"]["schemas"]
    assert "additionalProperties" not in described["NoticeRequest"]
