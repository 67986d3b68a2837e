"""All parts of an interview go together: withdrawn on one device, held, deleted by HR."""

from __future__ import annotations

from backend.db.models import Interview
from backend.services import deletion, holds
from contract import events as ev
from contract.events import EventType
from contract.parts import NoticeKind
from tests.backend.parted import alone, next_part, notices, paused, report, ticket
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, wait_until


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
