"""A database with many interviews, made quickly: rows as the services write them.

The people are made up. Everything is sealed as it would be; events say what lists and details read, and
carry no signature, for nobody checks it again.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject, interview_subject
from backend.db.delivery_models import DeliveryRow
from backend.db.message_models import MessageRow
from backend.db.models import (
    AuditRow,
    Batch,
    Candidate,
    Decision,
    Deletion,
    Department,
    Device,
    EventRow,
    Interview,
    InterviewFact,
    InterviewStep,
    InvitationRow,
    ObjectRow,
    Position,
    Rating,
    ReceiptRow,
    Requisition,
    Role,
    User,
    new_id,
)
from backend.runtime import Runtime
from backend.services import kits, people
from backend.services.actor import Actor
from contract import events as ev
from contract.canonical import b64decode, b64encode
from contract.envelope import WireModel, sign
from contract.events import FINAL_STATES, EventType, HrState, make_event
from contract.keys import SigningKey
from contract.kit import QuestionKind

_CHUNK = 2000
_NOBODY = b"00000000-0000-0000-0000-000000000000"
_DEPARTMENTS = 12
_KITS = 8
_PER_BATCH = 250
_OPEN = 8
_KIT = """
kit_id: filled{number}
department_id: d{number}
position: Position {number}
consent: {{version: "1", purpose: p, full_text: f, deletion: d}}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
      - {{question_id: q1, kind: video, prompt: Say something}}
      - {{question_id: q2, kind: text, prompt: Write something}}
"""
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红健"
# of 20 interviews
_STATES = (
    [HrState.PENDING_REVIEW] * 10
    + [HrState.INCOMPLETE] * 2
    + [HrState.PAUSED] * 2
    + [HrState.IN_PROGRESS]
    + [HrState.DECLINED]
    + [HrState.SECOND_ROUND, HrState.SECOND_ROUND, HrState.REJECTED, HrState.PENDING_ONBOARDING]
)


def fill(hr: Runtime, interviews: int, *, seed: int = 1) -> None:
    """Add so many interviews to an organisation that has none of these departments yet.

    For ten of them there are two candidates who have not begun, a batch for every 250 (the newest eight go on, the
    others were over one after the other), a device for every 500, of other things a few more.
    """
    Filler(hr, random.Random(seed)).fill(interviews)


class Filler:
    def __init__(self, hr: Runtime, chance: random.Random) -> None:
        self._hr, self._chance = hr, chance
        self._now = hr.now()
        self._payloads: dict[tuple[EventType, int], bytes] = {}
        self._signed = ""
        self._devices: list[str] = []
        self._batches: list[dict[str, Any]] = []
        self._codes = 0

    def fill(self, interviews: int) -> None:
        user = self._place()
        self._make_batches(max(1, interviews // _PER_BATCH), _some(interviews))
        for start in range(0, interviews, _CHUNK):
            self._add(min(_CHUNK, interviews - start), user)
        self._others(interviews, user)

    def _place(self) -> str:
        """Departments, kits, devices and somebody who decides; the id of that person."""
        with self._hr.db.write() as session:
            session.add(Department(id="d", parent_id=None, name={"": "All"}))
            session.flush()
            for number in range(_DEPARTMENTS):
                session.add(Department(id=f"d{number}", parent_id="d", name={"": f"Department {number}"}))
            user = User(
                username="filled", role=Role.HR.value, password="", totp_sealed="", created_at=self._now, id=new_id()
            )
            session.add(user)
        for number in range(_KITS):
            kits.add_kit(self._hr, Actor.command_line(), _KIT.format(number=number).encode())
        return user.id

    def _make_batches(self, count: int, devices_too: int) -> None:
        self._batches = [
            {
                "id": new_id(),
                "title": f"Batch {number}",
                "kit_id": f"filled{number % _KITS}",
                "department_id": f"d{number % _DEPARTMENTS}",
                "not_before": self._now - timedelta(days=20 + count - number),
                "not_after": self._now + timedelta(days=20 if number >= count - _OPEN else number - count),
                "created_at": self._now - timedelta(days=20, hours=count - number),
                "requisition_id": None,
            }
            for number in range(count)
        ]
        devices = [
            {
                "id": new_id(),
                "name": f"Booth {number}",
                "platform": "filled",
                "app_version": "1",
                "public_key": b64encode(bytes(32)),
                "enrolled_at": self._now,
                "seen_at": self._now - timedelta(seconds=self._chance.choice([1, 3600])),
            }
            for number in range(max(count // 2, devices_too))
        ]
        self._devices = [row["id"] for row in devices]
        with self._hr.db.write() as session:
            session.execute(insert(Batch), self._batches)
            session.execute(insert(Device), devices)

    def _add(self, count: int, user: str) -> None:
        rows: dict[type[Any], list[dict[str, Any]]] = {}
        with self._hr.db.write() as session, self._hr.cabinet.together():
            for number in range(count):
                batch = self._batches[self._chance.randrange(len(self._batches))]
                invitation = self._invitation(rows, batch, begun=True)
                self._interview(rows, batch, invitation, user)
                if number % 5 == 0:
                    self._invitation(rows, batch, begun=False)
            for table in (Candidate, InvitationRow, Interview):
                session.execute(insert(table), rows.pop(table))
            for table, found in rows.items():
                session.execute(insert(table), found)

    def _invitation(self, rows: dict[type[Any], list[dict[str, Any]]], batch: dict[str, Any], *, begun: bool) -> str:
        self._codes += 1
        candidate = Candidate(id=new_id(), created_at=self._now)
        name = self._chance.choice(_SURNAMES) + "".join(self._chance.choices(_GIVEN, k=2))
        people.seal_candidate(self._hr, candidate, name=name, phone=f"139{self._codes:08d}")
        columns = (
            "id",
            "name_sealed",
            "phone_sealed",
            "email_sealed",
            "id_number_sealed",
            "extra_sealed",
            "created_at",
        )
        rows.setdefault(Candidate, []).append({column: getattr(candidate, column) for column in columns})
        row = {
            "id": new_id(),
            "batch_id": batch["id"],
            "candidate_id": candidate.id,
            "code": _code(self._codes),
            "token": "xuda://filled",
            "adjustments": {},
            "created_at": self._now - timedelta(days=10, seconds=self._codes),
            "begun": begun,
        }
        rows.setdefault(InvitationRow, []).append(row)
        rows.setdefault(DeliveryRow, []).append(self._delivery(row["id"]))
        return str(row["id"])

    def _delivery(self, invitation: str) -> dict[str, Any]:
        return {
            "id": new_id(),
            "invitation_id": invitation,
            "channel": "mail",
            "template": "invitation",
            "round": 1,
            "state": "sent",
            "address_sealed": "",
            "attempts": 1,
            "next_at": self._now,
            "error": "",
            "order_id": "filled",
            "created_at": self._now,
            "updated_at": self._now,
        }

    def _interview(
        self, rows: dict[type[Any], list[dict[str, Any]]], batch: dict[str, Any], invitation: str, user: str
    ) -> None:
        name, standing = new_id(), self._chance.choice(_STATES)
        known = standing in (*FINAL_STATES, HrState.PAUSED, HrState.IN_PROGRESS)
        state = standing if known else HrState.PENDING_REVIEW
        last = min(self._now, batch["not_after"])
        at = last - timedelta(seconds=self._chance.randrange(20 * 86400))
        ended = at if state in FINAL_STATES else None
        rows.setdefault(Interview, []).append(
            {
                "id": name,
                "device_id": self._chance.choice(self._devices),
                "invitation_id": invitation,
                "department_id": batch["department_id"],
                "kit_id": batch["kit_id"],
                "kit_version": 1,
                "attempt": 1,
                "part": 1,
                "state": state.value,
                "standing": standing.value,
                "leading": True,
                "created_at": at - timedelta(minutes=30),
                "updated_at": at,
                "ended_at": ended,
            }
        )
        kinds = list(_kinds(state))
        for seq, (kind, data) in enumerate(kinds, start=1):
            self._event(rows, name, seq, kind, data, at)
        facts = {"last_seq": len(kinds), "answers": 2, "pauses": int(state is HrState.PAUSED)}
        busy = state is HrState.IN_PROGRESS
        fact = {"interview_id": name, **facts, "busy": busy, "awaited": not ended, "active_seconds": 600.0}
        rows.setdefault(InterviewFact, []).append(fact)
        rows.setdefault(ObjectRow, []).append(self._object(name, at))
        if ended:
            receipt = {"interview_id": name, "serial": 1, "envelope": "{}", "issued_at": at}
            rows.setdefault(ReceiptRow, []).append(receipt)
        if standing is not state:
            about = {"id": new_id(), "interview_id": name, "user_id": user}
            ruling = {"state": standing.value, "decided_at": at, "released_at": at}
            rows.setdefault(Decision, []).append({**about, **ruling})
            rated = {"id": new_id(), "interview_id": name, "user_id": user, "score": 80, "rated_at": at}
            rows.setdefault(Rating, []).append(rated)

    def _object(self, interview_id: str, at: datetime) -> dict[str, Any]:
        about = {"interview_id": interview_id, "object_id": "o1", "media_type": "video/webm", "size": 1}
        return {**about, "sha256": "0" * 64, "storage_key": f"filled-{interview_id}", "stored_at": at}

    def _event(
        self, rows: dict[type[Any], list[dict[str, Any]]], name: str, seq: int, kind: EventType, data: Any, at: datetime
    ) -> None:
        payload = self._payload(kind, data, seq, at).replace(_NOBODY, name.encode())
        envelope = f'{{"payload":"{b64encode(payload)}",{self._signed}}}'
        digest = hashlib.sha256(payload).hexdigest()
        sealed = self._hr.cabinet.seal(interview_subject(name), envelope, f"event:{seq}")
        row = {
            "interview_id": name,
            "seq": seq,
            "kind": kind.value,
            "digest": digest,
            "sealed": sealed,
            "received_at": at,
        }
        rows.setdefault(EventRow, []).append(row)
        if kind is not EventType.ANSWER_SAVED:
            step = {
                "interview_id": name,
                "seq": seq,
                "kind": kind.value,
                "reason": getattr(data, "reason", None),
                "network": None,
            }
            rows.setdefault(InterviewStep, []).append({**step, "at": at, "received_at": at})

    def _payload(self, kind: EventType, data: WireModel, seq: int, at: datetime) -> bytes:
        """That of an interview called nobody; made once for each kind and number."""
        known = self._payloads.get((kind, seq))
        if known is None:
            name, device = _NOBODY.decode(), self._devices[0]
            made = make_event(interview_id=name, seq=seq, kind=kind, at=at, device_id=device, data=data)
            signed = sign(made, SigningKey.generate()).model_dump(mode="json")
            known = self._payloads[kind, seq] = b64decode(signed.pop("payload"))
            self._signed = json.dumps(signed)[1:-1]
        return known

    def _others(self, interviews: int, user: str) -> None:
        """What other lists show."""
        count = max(interviews // 100, _some(interviews))
        positions = [self._position(number) for number in range(count)]
        asked = [self._requisition(position["id"], number) for number, position in enumerate(positions)]
        deletions = [
            {"interview_id": row, "requested_by": "candidate", "requested_at": self._now, "deleted_at": self._now}
            for row in self._deleted(count)
        ]
        with self._hr.db.write() as session:
            session.execute(insert(Position), positions)
            session.execute(insert(Requisition), asked)
            session.execute(insert(Deletion), deletions)
            session.execute(insert(AuditRow), [self._line(number) for number in range(interviews)])
            session.execute(insert(MessageRow), [self._message(session, number) for number in range(count)])

    def _deleted(self, count: int) -> list[str]:
        rows = [
            {
                "id": new_id(),
                "device_id": self._devices[0],
                "state": HrState.INCOMPLETE.value,
                "created_at": self._now,
                "updated_at": self._now,
                "deleted_at": self._now,
            }
            for _ in range(count)
        ]
        with self._hr.db.write() as session:
            session.execute(insert(Interview), rows)
        return [str(row["id"]) for row in rows]

    def _position(self, number: int) -> dict[str, Any]:
        department, title = f"d{number % _DEPARTMENTS}", {"": f"Position {number}"}
        about = {"id": new_id(), "department_id": department, "title": title, "headcount": 5, "staffed": 1}
        return {**about, "skills": [], "created_at": self._now}

    def _requisition(self, position: str, number: int) -> dict[str, Any]:
        about = {"id": new_id(), "position_id": position, "wanted": 2, "threshold": 80, "state": "open"}
        at = self._now - timedelta(minutes=number)
        return {**about, "asked_by": "filled", "created_at": at, "updated_at": at}

    def _message(self, session: Session, number: int) -> dict[str, Any]:
        """To everyone, to a batch, and to one person."""
        batch = self._batches[number % len(self._batches)]["id"] if number % 3 == 1 else None
        person = session.scalars(select(InvitationRow).limit(1).offset(number)).one() if number % 3 == 2 else None
        name, words = new_id(), json.dumps({"title": {"en": f"Message {number}"}, "text": {"en": "Text"}})
        place, vault, cabinet = f"message:{name}", self._hr.vault, self._hr.cabinet
        return {
            "id": name,
            "batch_id": batch,
            "invitation_id": person.id if person else None,
            "next_steps": person is not None,
            "words_sealed": cabinet.seal(candidate_subject(person.candidate_id), words, place)
            if person
            else vault.seal(words, place),
            "not_before": self._now - timedelta(days=1),
            "not_after": self._now + timedelta(days=20),
            "author": "filled",
            "created_at": self._now - timedelta(minutes=number),
        }

    def _line(self, number: int) -> dict[str, Any]:
        about = {"at": self._now, "actor": "filled", "action": "view_interview", "target": f"interview:{number}"}
        return {**about, "detail": {}, "previous": bytes(32), "hash": bytes(32)}


def _some(interviews: int) -> int:
    """How many of what there are few of: more in a larger organisation, also where it is small."""
    return max(4, min(interviews // 10, 60))


def _code(number: int) -> str:
    letters = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"
    text = "".join(letters[number // 32**place % 32] for place in range(8))
    return f"{text[:4]}-{text[4:]}"


def _kinds(state: HrState) -> Iterator[tuple[EventType, WireModel]]:
    yield EventType.CONSENTED, ev.ConsentedData(consent_version="1", recording=True, scoring=False)
    for question in ("q1", "q2"):
        answer = {"answer_id": question, "question_id": question, "kind": QuestionKind.TEXT, "take": 1}
        yield EventType.ANSWER_SAVED, ev.AnswerData(**answer, takes_used=1, duration=0)
    end: dict[HrState, tuple[EventType, WireModel]] = {
        HrState.PENDING_REVIEW: (EventType.FINISHED, ev.FinishedData(answers=2)),
        HrState.INCOMPLETE: (EventType.ABANDONED, ev.ExitData(reason="time")),
        HrState.PAUSED: (EventType.PAUSED, ev.ExitData(reason="network")),
        HrState.DECLINED: (EventType.DECLINED, ev.DeclinedData(consent_version="1")),
    }
    if state in end:
        yield end[state]
