"""People of HR, positions and requisitions, and candidates who were interviewed for them on a real device."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from backend.db.models import Batch, Role, User
from backend.runtime import Runtime
from backend.services import batches, candidates, decisions, positions, requisitions
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.positions import PositionDraft
from backend.services.requisition_states import Move, RequisitionState
from backend.services.requisitions import Wish
from contract.errors import XudaError
from contract.events import DeclinedData, EventType, ExitData
from tests.backend.world import Booth, Served, Talk


def somebody(hr: Runtime, role: Role = Role.HR, department: str | None = None) -> Actor:
    """A new user, who does not log in; no two are the same person."""
    name = f"{role.value}-{uuid.uuid4()}"
    row = User(username=name, role=role.value, department_id=department, password="", totp_sealed="")
    row.created_at = hr.now()
    with hr.db.write() as session:
        session.add(row)
    return Actor.of(row)


def position(hr: Runtime, *, department: str = "rd", headcount: int = 10, staffed: int = 0) -> str:
    draft = PositionDraft(department, {"zh_CN": "测试工程师", "en": "Tester"}, headcount, staffed, ["Python"])
    return positions.add(hr, somebody(hr), draft)


def refusal(function: Any, *args: Any, **more: Any) -> tuple[str, str | None]:
    """Code and field of the error."""
    with pytest.raises(XudaError) as caught:
        function(*args, **more)
    return caught.value.code.value, caught.value.field


@dataclass
class Search:
    """A requisition with its batch, the people who run it, and those who came."""

    backend: Served
    asker: Actor
    approver: Actor
    requisition_id: str
    batch_id: str = ""
    people: list[str] = field(default_factory=list)

    @property
    def hr(self) -> Runtime:
        return self.backend.hr

    def move(self, step: Move, words: str = "", *, by: Actor | None = None) -> RequisitionState:
        return requisitions.move(self.hr, by or self.approver, self.requisition_id, step, words)

    def invite(self, name: str = "李雷", *, phone: str | None = None) -> str:
        phone = phone or f"138{uuid.uuid4().int % 10**8:08}"
        with self.hr.db.write() as session:
            batch = session.get_one(Batch, self.batch_id)
            return candidates.invite(self.hr, session, batch, Person(name, phone=phone)).id

    def interview(self, booth: Booth, end: str = "finished", *, name: str = "李雷", score: int | None = None) -> str:
        """Id of an interview that ended as said: finished, abandoned, declined, paused, or running still."""
        talk = Talk(booth, self.invite(name))
        talk.started()
        finish(talk, end)
        talk.put_all()
        if score is not None:
            decisions.rate(self.hr, self.approver, talk.interview_id, score)
        return talk.interview_id


def finish(talk: Talk, end: str) -> None:
    if end == "finished":
        talk.finished()
    elif end == "paused":
        talk.paused()
    elif end == "abandoned":
        talk.add(EventType.ABANDONED, ExitData(reason="network"))
    elif end == "declined":
        talk.add(EventType.DECLINED, DeclinedData(consent_version="1"))


def asked(backend: Served, *, wanted: int = 1, threshold: int = 80, place: str | None = None) -> Search:
    """A draft."""
    asker, approver = somebody(backend.hr), somebody(backend.hr)
    wish = Wish(place or position(backend.hr), wanted, threshold, "growth")
    return Search(backend, asker, approver, requisitions.ask(backend.hr, asker, wish))


def opened(backend: Served, *, wanted: int = 1, threshold: int = 80, place: str | None = None) -> Search:
    """Approved by somebody else, with a batch of its own."""
    search = asked(backend, wanted=wanted, threshold=threshold, place=place)
    search.move(Move.SUBMIT, by=search.asker)
    search.move(Move.APPROVE)
    start = datetime.now(UTC) - timedelta(hours=1)
    search.batch_id = batches.add_batch(
        backend.hr,
        search.approver,
        kit_id="test",
        title="Batch",
        not_before=start,
        not_after=start + timedelta(days=2),
        requisition_id=search.requisition_id,
    )
    return search


@contextmanager
def counted(hr: Runtime, *, anywhere: bool = False) -> Iterator[list[str]]:
    """The statements that its database is given meanwhile by this thread, or ``anywhere``: then also those of the
    server's own chores, which go on beside it."""
    found: list[str] = []
    ours = threading.get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if anywhere or threading.get_ident() == ours:
            found.append(statement)

    event.listen(hr.db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(hr.db.engine, "before_cursor_execute", note)
