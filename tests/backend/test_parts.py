"""Interviews given on several devices: hand-over, what each may know, and HR's one view of all parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from backend.db.models import Interview
from backend.services import audit, deletion, holds, interviews, media, reports, wholes
from backend.services.interviews import ListQuery
from contract import events as ev
from contract.api import HandOverReply, HandOverRequest, NoticeRequest, Notices
from contract.envelope import open_envelope
from contract.errors import ErrorCode
from contract.events import EventType, HrState
from contract.parts import Elsewhere, HandOver, Notice, NoticeKind, Relation
from contract.progress import Carried, PartRef
from report.model import InterviewReport
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, wait_until


@pytest.fixture
def other(backend: Served) -> Booth:
    return backend.enrol("Booth 2")


def elsewhere(talk: Talk) -> Elsewhere | None:
    answer = talk.booth.call("GET", f"/v1/invitations/{talk.invitation_id}/elsewhere")
    assert answer.status_code == 200, answer.text
    found = answer.json()["elsewhere"]
    return Elsewhere.model_validate(found) if found else None


def ask(talk: Talk) -> requests.Response:
    """Ask for the ticket with which ``talk`` may go on."""
    body = HandOverRequest(invitation_id=talk.invitation_id).model_dump_json().encode()
    return talk.booth.call("PUT", f"/v1/interviews/{talk.interview_id}/hand-over", body)


def ticket(talk: Talk) -> HandOver:
    answer = ask(talk)
    assert answer.status_code == 200, answer.text
    envelope = HandOverReply.model_validate_json(answer.content).ticket
    return open_envelope(envelope, HandOver, talk.booth.organisation_keys)


def notices(booth: Booth, *talks: Talk) -> dict[str, NoticeKind]:
    body = NoticeRequest(interviews=[talk.interview_id for talk in talks]).model_dump_json().encode()
    answer = booth.call("POST", "/v1/notices", body)
    assert answer.status_code == 200, answer.text
    found = Notices.model_validate_json(answer.content).notices
    opened = [open_envelope(envelope, Notice, booth.organisation_keys) for envelope in found]
    assert {notice.device_id for notice in opened} <= {booth.device_id}
    return {notice.interview_id: notice.kind for notice in opened}


def code_of(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def state_of(backend: Served, talk: Talk) -> str:
    with backend.hr.db.read() as session:
        return session.get_one(Interview, talk.interview_id).state


def line(backend: Served, talk: Talk) -> interviews.InterviewSummary:
    return interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id)


def report(backend: Served, talk: Talk) -> InterviewReport:
    return reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "en")


def paused(talk: Talk) -> Talk:
    """The first question answered with a recording, the second one open with a take used; then left."""
    talk.started()
    talk.consented()
    sealed = talk.seal(b"a face and a voice")
    talk.spoken(sealed)
    talk.add(EventType.PAUSED, ev.ExitData(reason="network", takes_used={"q2": 1}, seconds_used=77))
    talk.put_all()
    tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
    return talk


def next_part(talk: Talk, booth: Booth) -> Talk:
    return Talk(booth, talk.invitation_id)


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


def alone(backend: Served, booth: Booth, invitation: str, *steps: str) -> Talk:
    """A part that knows of no other."""
    talk = Talk(booth, invitation)
    talk.started()
    for step in steps:
        if step == "q1":
            talk.spoken(talk.seal(step.encode()))
        elif step == "q2":
            talk.written(f"said to {booth.device_id}")
        elif step == "paused":
            talk.paused()
        else:
            talk.finished()
    return talk


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


def withdraw(talk: Talk, *, only: bool = False) -> None:
    """``only``: the device has sent nothing before and sends nothing else."""
    data = ev.WithdrawnData(invitation_id=talk.invitation_id, attempt=1)
    talk.add(EventType.WITHDRAWN, data)
    last = max(talk.envelopes)
    assert talk.put(last).status_code == 201
    assert only or last > 1


def certificate(talk: Talk) -> int:
    return talk.booth.call("GET", f"/v1/interviews/{talk.interview_id}/deletion-certificate").status_code


def test_a_withdrawal_on_one_device_deletes_all_parts_and_reaches_the_others(
    backend: Served, talk: Talk, other: Booth
) -> None:
    paused(talk)
    second = next_part(talk, other)
    second.started(carried=ticket(second).carried)
    second.put_all()
    withdraw(second)
    wait_until(lambda: certificate(talk) == certificate(second) == 200)
    assert notices(talk.booth, talk) == {talk.interview_id: NoticeKind.DELETED}
    assert notices(other, second) == {second.interview_id: NoticeKind.DELETED}
    with backend.hr.db.read() as session:
        assert all(session.get_one(Interview, item.interview_id).wrapped_key_sealed is None for item in (talk, second))


def test_a_withdrawal_that_is_all_a_device_ever_sent_deletes_what_others_sent_before_and_after(
    backend: Served, talk: Talk, other: Booth
) -> None:
    paused(talk)
    silent = next_part(talk, other)
    withdraw(silent, only=True)
    wait_until(lambda: certificate(talk) == certificate(silent) == 200)
    late = next_part(talk, backend.enrol("Booth 3"))
    late.started()
    assert late.put(1).status_code == 201
    wait_until(lambda: certificate(late) == 200)
    late.consented()
    assert late.put(2).status_code == 410
    assert notices(late.booth, late) == {late.interview_id: NoticeKind.DELETED}


def test_a_hold_on_one_part_keeps_all_of_them_sealed(backend: Served, talk: Talk, other: Booth) -> None:
    paused(talk)
    second = next_part(talk, other)
    second.started(carried=ticket(second).carried)
    second.put_all()
    holds.set_hold(backend.hr, COMMAND_LINE, second.interview_id, "a dispute")
    withdraw(second)
    deletion.carry_out_pending(backend.hr)
    assert (certificate(talk), certificate(second)) == (202, 202)
    assert notices(talk.booth, talk) == {talk.interview_id: NoticeKind.WITHDRAWN}
    assert report(backend, talk).answers[0].content == "sealed"
    holds.lift_hold(backend.hr, COMMAND_LINE, talk.interview_id, "settled")
    deletion.carry_out_pending(backend.hr)
    assert (certificate(talk), certificate(second)) == (200, 200)


def test_hr_deletes_all_parts_with_one_word(backend: Served, talk: Talk, other: Booth) -> None:
    paused(talk)
    second = alone(backend, other, talk.invitation_id, "q2", "finished")
    second.put_all()
    gone = deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert (gone.events, gone.objects) == (4 + 3, 1)
    assert (certificate(talk), certificate(second)) == (200, 200)


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
    for part in (talk, second):
        assert part.booth.call("GET", "/v1/bootstrap").json()["results"] == {part.interview_id: "second_round"}
    with backend.hr.db.read() as session:
        rows = wholes.rows_of(session, session.get_one(Interview, second.interview_id))
        assert [row.part for row in rows] == [1, 2]
    assert line(backend, second).shown_state is HrState.SECOND_ROUND
