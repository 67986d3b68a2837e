"""A place to practise in: a batch of made-up candidates that counts nowhere and is thrown away with one click.

Its interviews are real ones, signed, sealed and stored like any other, so that every page works on them; ``practice``
keeps them out of lists, counts, requisitions, analytics, programs and devices (services.scope). What is thrown away
leaves ids alone. Whoever forgets does not keep them: they go by themselves after a week.
"""

from __future__ import annotations

import io
import math
import os
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import resources
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import candidate_subject, interview_subject
from backend.db.models import Batch, Department, Device, Interview, InvitationRow, ObjectRow, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, candidates, deletion, erasure, intake, interviews, kits, scope, voluntary_rows
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.devices import Asking
from backend.services.interviews import InterviewSummary
from contract import events as ev
from contract.canonical import b64decode, b64encode, sha256_hex
from contract.envelope import WireModel, sign
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, ObjectRef, WordModel, make_event
from contract.keys import SigningKey, wrap_key
from contract.kit import QuestionKind
from contract.sealed import SealingWriter, object_context

KEPT = timedelta(days=7)
TITLE = "练习 · Practice"
_RATE = 8000
_PER_LETTER, _PER_WORD = 0.22, 0.35


@dataclass(frozen=True, slots=True)
class Sandbox:
    """``lines``: its interviews, in the order they were made."""

    batch_id: str
    made_at: datetime
    lines: list[InterviewSummary]


def current(hr: Runtime, actor: Actor) -> Sandbox | None:
    """The newest that was not thrown away. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        batch = session.scalar(_living().order_by(Batch.created_at.desc()).limit(1))
        if batch is None:
            return None
        mine = select(InvitationRow.id).where(InvitationRow.batch_id == batch.id)
        query = scope.interviews(actor, practice=True).where(Interview.invitation_id.in_(mine))
        ids = [row.id for row in session.scalars(query.order_by(Interview.created_at, Interview.id))]
        batch_id, made_at = batch.id, batch.created_at
    return Sandbox(batch_id, made_at, [interviews.summary(hr, actor, name) for name in ids])


def make(hr: Runtime, actor: Actor) -> str:
    """Id of a new batch to practise with; one that is there already is thrown away first.

    Raises XudaError(FORBIDDEN), SETTING_INVALID with ``field`` department in an organisation without one.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    throw_away(hr, actor)
    with hr.db.read() as session:
        department = session.scalar(select(Department.id).order_by(Department.parent_id.is_not(None), Department.id))
    if department is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="department")
    text = _resource("kit.yaml").replace('"{department}"', department)
    kit = kits.add_kit(hr, actor, text.encode()).kit
    desk = _Desk(hr, kit)
    batch_id, invited = _invite(hr, actor, kit.kit_id, kit.department_id)
    for told, invitation_id in invited:
        desk.sit(told, invitation_id)
    return batch_id


def throw_away(hr: Runtime, actor: Actor | str, *, older_than: timedelta = timedelta(0)) -> int:
    """Everything that was made to practise with; how many interviews there were. Once more changes nothing."""
    if isinstance(actor, Actor):
        scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    subjects, files, count = set[str](), list[str](), 0
    with hr.db.write() as session:
        now = hr.now()
        for batch in session.scalars(_living().where(Batch.created_at <= now - older_than)).all():
            rows = session.scalars(select(InvitationRow).where(InvitationRow.batch_id == batch.id)).all()
            mine = Interview.invitation_id.in_([row.id for row in rows]), Interview.deleted_at.is_(None)
            for interview in session.scalars(select(Interview).where(*mine)).all():
                files += deletion.take_out(session, interview, now)
                subjects.add(interview_subject(interview.id))
                count += 1
            for row in rows:
                erasure.erase(session, row.candidate_id, now)
                subjects.update((candidate_subject(row.candidate_id), voluntary_rows.subject(row.id)))
            batch.not_after = min(batch.not_after, now)
            audit.record(session, now, actor, "throw_practice_away", f"batch:{batch.id}", interviews=count)
    if subjects:
        hr.cabinet.destroy(subjects)
        for name in files:
            hr.store.delete(name)
        hr.db.wipe_log()
    return count


def expire(hr: Runtime) -> int:
    """What nobody threw away within a week."""
    return throw_away(hr, "server", older_than=KEPT)


def _living() -> Any:
    waiting = select(InvitationRow.id).where(InvitationRow.batch_id == Batch.id, InvitationRow.cancelled_at.is_(None))
    return select(Batch).where(Batch.practice.is_(True), waiting.exists())


def _invite(hr: Runtime, actor: Actor, kit_id: str, department_id: str) -> tuple[str, list[tuple[Any, str]]]:
    now = hr.now()
    people = yaml.safe_load(_resource("people.yaml"))
    with hr.db.write() as session, hr.cabinet.together():
        batch = Batch(
            id=new_id(),
            title=TITLE,
            kit_id=kit_id,
            department_id=department_id,
            not_before=(now - timedelta(days=1)).replace(microsecond=0),
            not_after=(now + KEPT).replace(microsecond=0),
            created_at=now,
            practice=True,
        )
        session.add(batch)
        session.flush()
        invited = [
            (
                told,
                candidates.invite(hr, session, batch, Person(told["name"], email=f"practice{n}@{batch.id}.invalid")).id,
            )
            for n, told in enumerate(people)
        ]
        audit.record(session, now, actor, "practice", f"batch:{batch.id}", candidates=len(invited))
    return batch.id, invited


class _Desk:
    """A device of its own, revoked from the start: nobody ever speaks as it."""

    def __init__(self, hr: Runtime, kit: Any) -> None:
        self._hr = hr
        self._kit = kit
        self._key = SigningKey.generate()
        self._public = self._key.public
        self._device_id = new_id()
        now = hr.now()
        with hr.db.write() as session:
            row = Device(id=self._device_id, name=TITLE, platform="practice", app_version="practice")
            row.public_key, row.enrolled_at, row.revoked_at = b64encode(self._public), now, now
            session.add(row)

    def sit(self, told: dict[str, Any], invitation_id: str) -> None:
        """One interview from its beginning to its end."""
        sitting = _Sitting(self._hr, self._kit, self._device_id, self._key, told.get("language", "zh_CN"))
        asking = Asking(self._device_id, self._public, {}, {self._key.key_id: (self._device_id, self._public)})
        for seq, (kind, data, sealed) in enumerate(sitting.events(told, invitation_id), start=1):
            event = make_event(
                interview_id=sitting.interview_id,
                seq=seq,
                kind=kind,
                at=self._hr.now() - timedelta(minutes=20) + timedelta(seconds=40 * seq),
                device_id=self._device_id,
                data=data,
                sealed=sealed,
                interview_key=sitting.key,
            )
            intake.put_event(self._hr, asking, sitting.interview_id, seq, sign(event, self._key))
        with self._hr.db.write() as session:
            for ref, name in sitting.stored:
                _note_object(session, self._hr.now(), sitting.interview_id, ref, name)


class _Sitting:
    """What one made-up candidate does."""

    def __init__(self, hr: Runtime, kit: Any, device_id: str, key: SigningKey, language: str) -> None:
        self._hr = hr
        self._kit = kit
        self.interview_id = new_id()
        self.key = os.urandom(32)
        self.stored: list[tuple[ObjectRef, str]] = []
        self._language = language

    def events(
        self, told: dict[str, Any], invitation_id: str
    ) -> Iterator[tuple[EventType, WireModel, WireModel | None]]:
        if told["end"] == "declined":
            yield EventType.STARTED, self._started(invitation_id), None
            yield EventType.DECLINED, ev.DeclinedData(consent_version="practice"), None
            return
        yield EventType.STARTED, self._started(invitation_id), None
        yield EventType.CONSENTED, ev.ConsentedData(consent_version="practice", recording=True, scoring=True), None
        for question_id, text in told.get("spoken", {}).items():
            yield from self._spoken(question_id, text)
        for question_id, text in told.get("written", {}).items():
            yield EventType.ANSWER_SAVED, self._answer(question_id, QuestionKind.TEXT), ev.AnswerSealed(text=text)
        if told["end"] == "finished":
            yield EventType.FINISHED, ev.FinishedData(answers=3), None
            return
        kind = EventType.PAUSED if told["end"] == "paused" else EventType.ABANDONED
        yield kind, ev.ExitData(reason=told["reason"], unanswered=2), ev.ExitSealed(words=told["words"])

    def _started(self, invitation_id: str) -> ev.StartedData:
        return ev.StartedData(
            invitation_id=invitation_id,
            kit_id=self._kit.kit_id,
            kit_version=self._kit.version,
            attempt=1,
            wrapped_key=wrap_key(self.key, b64decode(self._kit.encryption_key), self.interview_id),
            language=self._language,
            app_version="practice",
            environment={"device_model": TITLE},
        )

    def _spoken(self, question_id: str, text: str) -> Iterator[tuple[EventType, WireModel, WireModel | None]]:
        words = _words(text)
        seconds = words[-1].end + 0.5
        answer = self._answer(question_id, QuestionKind.AUDIO, seconds, [self._record(seconds)])
        yield EventType.ANSWER_SAVED, answer, None
        language = "en" if text.isascii() else "zh"
        heard = ev.TranscribedData(answer_id=answer.answer_id, model="practice", language=language, words=len(words))
        yield EventType.TRANSCRIBED, heard, ev.TranscribedSealed(text=text, words=words)

    def _answer(
        self, question_id: str, kind: QuestionKind, seconds: float = 0, objects: list[ObjectRef] | None = None
    ) -> ev.AnswerData:
        return ev.AnswerData(
            answer_id=new_id(),
            question_id=question_id,
            kind=kind,
            take=1,
            takes_used=1,
            duration=seconds,
            objects=objects or [],
        )

    def _record(self, seconds: float) -> ObjectRef:
        """A recording in the store: a soft tone that rises and falls like speech."""
        object_id, name, target = new_id(), new_id(), io.BytesIO()
        writer = SealingWriter(target, self.key, object_context(self.interview_id, object_id))
        writer.write(_tone(seconds))
        writer.close()
        sealed = target.getvalue()
        self._hr.store.create(name)
        with self._hr.store.open_write(name, 0) as file:
            file.write(sealed)
        ref = ObjectRef(object_id=object_id, media_type="audio/wav", size=len(sealed), sha256=sha256_hex(sealed))
        self.stored.append((ref, name))
        return ref


def _note_object(session: Session, now: datetime, interview_id: str, ref: ObjectRef, name: str) -> None:
    row = ObjectRow(interview_id=interview_id, object_id=ref.object_id, media_type=ref.media_type, size=ref.size)
    row.sha256, row.storage_key, row.stored_at = ref.sha256, name, now
    session.add(row)


def _words(text: str) -> list[WordModel]:
    """Each letter of Chinese, each word of others, with its time."""
    pieces = [f"{word} " for word in text.split()] if text.isascii() else list(text)
    each = _PER_WORD if text.isascii() else _PER_LETTER
    return [
        WordModel(text=piece, start=round(each * n, 2), end=round(each * (n + 1), 2), probability=0.95)
        for n, piece in enumerate(pieces)
    ]


def _tone(seconds: float) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        samples = (
            3000 * math.sin(2 * math.pi * 180 * n / _RATE) * (0.5 + 0.5 * math.sin(2 * math.pi * 2 * n / _RATE))
            for n in range(int(seconds * _RATE))
        )
        file.writeframes(b"".join(struct.pack("<h", int(value)) for value in samples))
    return target.getvalue()


def _resource(name: str) -> str:
    return resources.files("resources").joinpath("practice", name).read_text("utf-8")
