"""What monitor and analytics count by, kept beside the sealed events as they arrive (docs/adr/0033).

Codes, counts and times alone. Each event is stored once and brings its share once, so the order does not matter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.db.models import EventRow, Interview, InterviewFact, InterviewStep, ReceiptRow
from backend.runtime import Runtime
from backend.services import states, wholes
from contract.catalog import LANGUAGES
from contract.errors import XudaError
from contract.events import AnswerData, Event, EventType, HrState, QuestionnaireData, moves_state
from contract.parts import Part, superseded

UNKNOWN = "unknown"
HIDDEN_ENDS = frozenset({"crash", "shutdown"})
_LONGEST_STRETCH = 24 * 3600
_ENTERED = frozenset({EventType.STARTED.value, EventType.RESUMED.value})
_CODE = re.compile(r"[a-z][a-z_]{0,31}")
_AT_A_TIME = 200
_log = logging.getLogger(__name__)


def follow(session: Session, interview: Interview, row: EventRow, event: Event, parts: Sequence[Part]) -> None:
    """Take in an event that is new, in its transaction. ``parts``: those of the whole, empty when it has one alone."""
    fact = session.get(InterviewFact, interview.id)
    if fact is not None and event.kind is EventType.STARTED and interview.redo_id is not None:
        session.delete(fact)  # what came before it was counted, and must not be
        session.execute(delete(InterviewStep).where(InterviewStep.interview_id == interview.id))
        session.flush()
        fact = None
    if fact is None:
        fact = _rebuild(session, interview)
    else:
        _take(session, fact, row, event, counts=interview.redo_id is None)
    note_receipt(session, interview.id)
    _note_busy(session, interview, fact, parts)


def note_receipt(session: Session, interview_id: str) -> None:
    """Whether all is here that was announced, after an event or a receipt, in its transaction."""
    session.flush()
    fact = session.get(InterviewFact, interview_id)
    if fact is not None:
        newest = session.scalar(select(func.max(ReceiptRow.serial)).where(ReceiptRow.interview_id == interview_id))
        fact.awaited = newest is None or newest < fact.last_seq


def catch_up(hr: Runtime) -> int:
    """Facts of interviews that are older than this table; returns how many were made."""
    done = 0
    while True:
        with hr.db.write() as session:
            missing = ~select(InterviewFact.interview_id).where(InterviewFact.interview_id == Interview.id).exists()
            query = select(Interview).where(Interview.deleted_at.is_(None), missing).limit(_AT_A_TIME)
            rows = session.scalars(query).all()
            for interview in rows:
                fact = _rebuild(session, interview)
                note_receipt(session, interview.id)
                siblings = wholes.rows_of(session, interview)
                _note_busy(session, interview, fact, wholes.read(session, siblings) if len(siblings) > 1 else ())
        done += len(rows)
        if len(rows) < _AT_A_TIME:
            return done


def _rebuild(session: Session, interview: Interview) -> InterviewFact:
    fact = InterviewFact(interview_id=interview.id, last_seq=0, answers=0, pauses=0, busy=False, faults=0)
    session.add(fact)
    query = select(EventRow).where(EventRow.interview_id == interview.id).order_by(EventRow.seq)
    for row in session.scalars(query):
        try:
            event = states.parse_event(row)
        except XudaError:  # damaged, or its key is gone: it tells nothing any more
            _log.warning("event %d of an interview cannot be read and is not counted", row.seq)
            continue
        _take(session, fact, row, event, counts=interview.redo_id is None)
    return fact


def _take(session: Session, fact: InterviewFact, row: EventRow, event: Event, *, counts: bool) -> None:
    fact.last_seq = max(fact.last_seq, row.seq)
    if not counts:  # one question is answered again: nothing of that is counted beside the interview
        fact.active_seconds = 0.0
        return
    if event.kind is EventType.ANSWER_SAVED:
        fact.answers += 1
        if fact.faults is not None:
            fact.faults += len(event.parse_data(AnswerData).faults)
    elif event.kind is EventType.STARTED:
        fact.language = _language(event.data.get("language"))
    elif event.kind is EventType.QUESTIONNAIRE:
        said = event.parse_data(QuestionnaireData)
        fact.entrance_clear, fact.flow_smooth, fact.overall = said.entrance_clear, said.flow_smooth, said.overall
    if moves_state(event):
        session.merge(_step(row, event))
        session.flush()
        _reckon(session, fact)


def _step(row: EventRow, event: Event) -> InterviewStep:
    environment = event.data.get("environment")
    network = environment.get("network") if isinstance(environment, dict) else None
    return InterviewStep(
        interview_id=row.interview_id,
        seq=row.seq,
        kind=row.kind,
        reason=_code(event.data.get("reason")),
        network=_code(network),
        at=event.at,
        received_at=row.received_at,
    )


def _code(value: Any) -> str | None:
    """A device may say anything; only what has the form of a code is kept in clear."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) and _CODE.fullmatch(value) else UNKNOWN


def _language(value: Any) -> str:
    return value if value in LANGUAGES else UNKNOWN


def _reckon(session: Session, fact: InterviewFact) -> None:
    query = select(InterviewStep).where(InterviewStep.interview_id == fact.interview_id).order_by(InterviewStep.seq)
    steps = session.scalars(query).all()
    fact.pauses = sum(step.kind == EventType.PAUSED.value for step in steps)
    fact.active_seconds = _active(steps)


def _active(steps: Sequence[InterviewStep]) -> float | None:
    """Seconds from each coming to the leaving after it; None when one of them cannot be known."""
    total, came = 0.0, None
    for step in steps:
        if step.kind in _ENTERED:
            came = step.at
        elif came is not None:
            stretch = (step.at - came).total_seconds()
            if step.reason in HIDDEN_ENDS or not 0 <= stretch <= _LONGEST_STRETCH:
                return None
            total, came = total + stretch, None
    return total if total else None


def _note_busy(session: Session, interview: Interview, fact: InterviewFact, parts: Sequence[Part]) -> None:
    if len(parts) < 2:
        fact.busy = interview.state == HrState.IN_PROGRESS.value
        return
    session.flush()
    found = {part.interview_id: part for part in parts}
    for row in session.scalars(select(InterviewFact).where(InterviewFact.interview_id.in_(found))):
        part = found[row.interview_id]
        row.busy = part.in_progress and not superseded(part, parts)
