"""HR's messages: each device gets those of the people it may meet, signed, and no longer than HR wants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.message_models import MessageRow
from backend.db.models import AuditRow, Decision, Interview, InvitationRow, Role, User
from backend.services import deletion, messages, standing
from contract.api import Bootstrap
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.message import Message
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, served

PLANTED = "planted message 计划外的话 zq55"


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as found:
        yield found


def send(backend: Served, to: str = messages.EVERYONE, **more: Any) -> str:
    now = backend.hr.now()
    given = {"title": {"en": "Title"}, "text": {"en": PLANTED}}
    window = {"not_before": now, "not_after": now + timedelta(days=10)}
    return messages.send(backend.hr, COMMAND_LINE, messages.Draft(to, **{**given, **window, **more}))


def got(booth: Booth) -> dict[str, Message]:
    answer = booth.call("GET", "/v1/bootstrap")
    assert answer.status_code == 200, answer.text
    found = Bootstrap.model_validate_json(answer.content).messages
    opened = [open_envelope(envelope, Message, booth.organisation_keys) for envelope in found]
    assert {message.device_id for message in opened} <= {booth.device_id}
    return {message.message_id: message for message in opened}


def batch_of(backend: Served, invitation_id: str) -> str:
    with backend.hr.db.read() as session:
        return session.get_one(InvitationRow, invitation_id).batch_id


def begun(booth: Booth, invitation_id: str) -> Talk:
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.finished()
    talk.put_all()
    return talk


def decide(backend: Served, talk: Talk, *, released: bool) -> None:
    now = backend.hr.now()
    with backend.hr.db.write() as session:
        user = session.scalar(select(User).limit(1))
        if user is None:
            user = User(username="anna", role=Role.HR.value, password="", totp_sealed="", created_at=now)
            session.add(user)
            session.flush()
        word: dict[str, Any] = {"user_id": user.id, "decided_at": now, "released_at": now if released else None}
        session.add(Decision(interview_id=talk.interview_id, state=HrState.SECOND_ROUND.value, **word))
        standing.settle(session, session.get_one(Interview, talk.interview_id))


def refused_field(backend: Served, to: str = messages.EVERYONE, **more: Any) -> str | None:
    with pytest.raises(XudaError) as caught:
        send(backend, to, **more)
    return caught.value.field


def test_one_to_everyone_reaches_every_device_until_it_is_withdrawn_or_over(backend: Served) -> None:
    first, second = backend.enrol(), backend.enrol()
    kept, withdrawn = send(backend), send(backend)
    assert set(got(first)) == set(got(second)) == {kept, withdrawn}
    assert (got(first)[kept].audience, got(first)[kept].invitations) == ("everyone", [])
    messages.withdraw(backend.hr, COMMAND_LINE, withdrawn)
    messages.withdraw(backend.hr, COMMAND_LINE, withdrawn)
    assert set(got(first)) == {kept}
    assert {line.message_id: line.state for line in messages.lines(backend.hr, COMMAND_LINE)[0]} == {
        kept: "now",
        withdrawn: "withdrawn",
    }
    backend.clock.ahead = timedelta(days=11)
    first.seconds_off = 11 * 86400
    assert got(first) == {}
    with backend.hr.db.read() as session:
        actions = [row.action for row in session.scalars(select(AuditRow)) if row.action.startswith("message")]
        assert PLANTED not in str([row.detail for row in session.scalars(select(AuditRow))])
    assert actions == ["message", "message", "message_withdrawn"]


def test_one_to_a_person_names_nobody_else_and_after_the_window_goes_only_where_they_were(backend: Served) -> None:
    mine, other = backend.enrol(), backend.enrol()
    one, two = invite(backend.hr, "李雷"), invite(backend.hr, "韩梅梅", phone="13900139000")
    sent = send(backend, f"invitation:{one}")
    assert got(mine)[sent].invitations == [one]
    assert got(other)[sent].invitations == [one]
    begun(mine, one)
    begun(other, two)
    backend.clock.ahead = timedelta(days=3)
    mine.seconds_off = other.seconds_off = 3 * 86400
    assert set(got(mine)) == {sent}
    assert got(other) == {}


def test_one_to_a_batch_names_those_of_the_batch(backend: Served) -> None:
    booth = backend.enrol()
    one, _ = invite(backend.hr, "李雷"), invite(backend.hr, "韩梅梅", phone="13900139000")
    sent = send(backend, f"batch:{batch_of(backend, one)}")
    assert (got(booth)[sent].audience, got(booth)[sent].invitations) == ("invitations", [one])


def test_next_steps_wait_for_a_released_decision(backend: Served) -> None:
    booth = backend.enrol()
    talk = begun(booth, invite(backend.hr, "李雷"))
    sent = send(backend, f"invitation:{talk.invitation_id}", next_steps=True)
    assert got(booth) == {}
    assert [line.state for line in messages.lines(backend.hr, COMMAND_LINE)[0]] == ["waiting"]
    decide(backend, talk, released=False)
    assert got(booth) == {}
    decide(backend, talk, released=True)
    assert got(booth)[sent].next_steps
    decide(backend, talk, released=False)
    assert got(booth) == {}


def test_what_was_written_to_somebody_who_was_erased_is_gone_for_good(backend: Served) -> None:
    booth = backend.enrol()
    talk = begun(booth, invite(backend.hr, "李雷"))
    send(backend, f"invitation:{talk.invitation_id}")
    backend.clock.ahead = timedelta(days=3)
    booth.seconds_off = 3 * 86400
    assert len(got(booth)) == 1
    deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert got(booth) == {}
    assert messages.lines(backend.hr, COMMAND_LINE)[0] == []
    with backend.hr.db.read() as session:
        assert [row.words_sealed for row in session.scalars(select(MessageRow))] == [""]


def test_the_database_shows_nothing_of_what_was_written(backend: Served) -> None:
    send(backend)
    send(backend, f"invitation:{invite(backend.hr, '李雷')}")
    with backend.hr.db.read() as session:
        assert PLANTED not in str([row.words_sealed for row in session.scalars(select(MessageRow))])


def test_a_draft_that_is_not_complete_is_refused_at_its_field(backend: Served) -> None:
    now = backend.hr.now()
    assert refused_field(backend, title={}) == "words"
    assert refused_field(backend, title={"en": "  "}) == "words"
    assert refused_field(backend, title={"en": "T", "zh_CN": "题"}) == "words"
    assert refused_field(backend, title={"en": "x" * 121}) == "title"
    assert refused_field(backend, text={"en": "x" * 2001}) == "text"
    assert refused_field(backend, not_after=now - timedelta(days=1)) == "until"
    assert refused_field(backend, next_steps=True) == "next_steps"
    assert refused_field(backend, "batch:none") == refused_field(backend, "invitation:none") == "to"
    assert messages.lines(backend.hr, COMMAND_LINE)[0] == []


def test_characters_that_nobody_sees_are_left_out_and_line_breaks_stay(backend: Served) -> None:
    send(backend, title={"en": " A\x07B\n "}, text={"en": "one\r\ntwo\x00"})
    (line,) = messages.lines(backend.hr, COMMAND_LINE)[0]
    assert (line.title, line.text) == ({"en": "AB"}, {"en": "one\ntwo"})


def test_only_administrators_and_hr_write(backend: Served) -> None:
    from backend.services.actor import Actor

    for role in (Role.DEPARTMENT_HEAD, Role.AUDITOR):
        actor = Actor(None, "x", role, "rd")
        with pytest.raises(XudaError) as caught:
            messages.lines(backend.hr, actor)[0]
        assert caught.value.code is ErrorCode.FORBIDDEN
