"""Scores of finished interviews: made from the same report and score sheet as a device makes them (report.scoring).

Whoever changes what a score is made of takes ``Interview.weighed`` away (:mod:`backend.services.score_marks`);
:func:`due` finds what has to be looked at again, whichever process asks. What is computed outside a
transaction is written only if nothing has come in between.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from assessment import ENGINE
from backend.cabinet import interview_subject
from backend.db.models import Deletion, EventRow, Interview, Role, ScoreRow, new_id
from backend.runtime import Runtime
from backend.services import audit, rubrics, scope, score_marks, score_models, scores, wholes
from backend.services.actor import Actor
from backend.services.report_sources import sources
from backend.services.score_sheets import sheet_of
from backend.services.scorecard_sheet import kit_of
from contract.errors import ErrorCode, XudaError
from report.build import build_whole_report
from report.model import CandidateInfo
from report.score_model import AssessmentInfo
from report.scoring import assess, may_score

# titles are put into the reader's language when a score is shown
LANGUAGE = "zh_CN"
AT_ONCE = 20
# a device brings its last events one by one: each of them would make a version of its own
QUIET = timedelta(seconds=20)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a score was made from; another one: something has come in between."""

    parts: tuple[str, ...]
    events: int
    rubric_id: str | None
    generation: str


@dataclass(frozen=True, slots=True)
class _Made:
    """``info`` is None where there may be no score."""

    basis: _Basis
    info: AssessmentInfo | None


@dataclass(frozen=True, slots=True)
class Done:
    """``new``: how many have another score than before. ``failed``: ids."""

    new: int
    failed: list[str]


def generation(hr: Runtime, session: Session) -> str:
    """Names the scoring and its models; another one: everything is scored again."""
    models = sorted(score_models.ids(session).items())
    said = f"{ENGINE} {models} {score_models.embedders(hr).stamp()}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


# --- what there is to do ----------------------------------------------------------------------------------------------
def due(hr: Runtime, *, quiet: timedelta = QUIET, but: Collection[str] = (), limit: int = AT_ONCE) -> list[str]:
    """Ids of ended interviews to look at, the longest waiting first. ``quiet``: nothing has come for so long."""
    with hr.db.read() as session:
        query = select(Interview.id).where(*_ended(), _unweighed(generation(hr, session)))
        query = query.where(Interview.updated_at <= hr.now() - quiet, Interview.id.not_in(but))
        return list(session.scalars(query.order_by(Interview.updated_at).limit(limit)))


def waiting(hr: Runtime) -> int:
    """How many interviews there are to look at."""
    with hr.db.read() as session:
        query = select(func.count()).select_from(Interview).where(*_ended(), _unweighed(generation(hr, session)))
        return session.scalar(query) or 0


def _ended() -> tuple[ColumnElement[bool], ...]:
    return Interview.leading.is_(True), Interview.deleted_at.is_(None), Interview.ended_at.is_not(None)


def _unweighed(now: str) -> ColumnElement[bool]:
    return or_(Interview.weighed.is_(None), Interview.weighed != now)


# --- making -----------------------------------------------------------------------------------------------------------
def work(hr: Runtime, ids: Iterable[str]) -> Done:
    """Look at interviews. One that fails is logged and does not stop the others."""
    new, failed = 0, []
    for interview_id in ids:
        try:
            new += make(hr, interview_id, "server")
        except Exception as error:
            # without the traceback: it may quote what was said
            told = error.code.value if isinstance(error, XudaError) else type(error).__name__
            _log.warning("an interview could not be scored now and will be tried again: %s", told)
            failed.append(interview_id)
    return Done(new, failed)


def rescore(hr: Runtime, actor: Actor, interview_id: str) -> bool:
    """Score one interview now, at a person's word; whether that gave something new.

    Raises XudaError(FORBIDDEN | NOT_FOUND), ILLEGAL_STATE with ``field`` interview for one that has not ended,
    KIT_MISSING, ASSESSMENT_MODEL.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        interview = scope.interview(session, actor, interview_id)
        if interview.ended_at is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=interview.state)
    return make(hr, interview_id, actor)


def make(hr: Runtime, interview_id: str, by: Actor | str) -> bool:
    """Score an interview as it is now, any part; whether there is another score than before.

    Without consent what there is goes. False also when something has come in meanwhile: it is due still then.
    """
    made = _computed(hr, interview_id)
    if made is None:
        return False
    with hr.db.write() as session:
        interview = session.get(Interview, interview_id)
        if interview is None or interview.deleted_at is not None or _basis(hr, session, interview) != made.basis:
            return False
        rows = wholes.rows_of(session, interview)
        if made.info is None:
            new = score_marks.forget(session, rows, hr.now())
        else:
            new = _store(hr, session, rows, made.basis, made.info)
        for row in rows:
            row.weighed = made.basis.generation
        if new:
            points = made.info.whole.score.points if made.info else None
            audit.record(session, hr.now(), by, "score", f"interview:{rows[0].id}", points=points, engine=ENGINE)
    return new


def _computed(hr: Runtime, interview_id: str) -> _Made | None:
    """None for one that is no more. Raises XudaError(KIT_MISSING | ASSESSMENT_MODEL)."""
    with hr.db.read() as session:
        interview = session.get(Interview, interview_id)
        if interview is None or interview.deleted_at is not None:
            return None
        rows = wholes.rows_of(session, interview)
        basis = _basis(hr, session, interview)
        if _leaving(session, rows):
            return _Made(basis, None)
        kit = kit_of(session, rows)
        if kit is None:
            raise XudaError(ErrorCode.KIT_MISSING)
        given = sources(hr, session, rows)
        used = score_models.published(hr, session)
        sheet = sheet_of(kit, rubrics.of_kit(session, kit), used.model_ids)
    report = build_whole_report(given, candidate=CandidateInfo(), generated_at=hr.now(), language=LANGUAGE)
    return _Made(basis, assess(report, kit, sheet, used) if may_score(report) else None)


def _leaving(session: Session, rows: Sequence[Interview]) -> bool:
    asked = select(Deletion.interview_id).where(Deletion.interview_id.in_([row.id for row in rows]))
    return session.scalar(asked.limit(1)) is not None


def _basis(hr: Runtime, session: Session, interview: Interview) -> _Basis:
    rows = wholes.rows_of(session, interview)
    ids = tuple(row.id for row in rows)
    events = session.scalar(select(func.count()).select_from(EventRow).where(EventRow.interview_id.in_(ids))) or 0
    kit = kit_of(session, rows)
    rubric = rubrics.newest_row(session, kit.kit_id, kit.version) if kit is not None else None
    return _Basis(ids, events, rubric.id if rubric is not None else None, generation(hr, session))


def _store(hr: Runtime, session: Session, rows: Sequence[Interview], basis: _Basis, info: AssessmentInfo) -> bool:
    """Unless the current score says the same. It stays, as one that counts no more."""
    now, lead = hr.now(), basis.parts[0]
    content = info.model_dump_json()
    current = session.scalars(
        select(ScoreRow).where(ScoreRow.interview_id.in_(basis.parts), ScoreRow.superseded_at.is_(None))
    ).all()
    if [row.interview_id for row in current] == [lead] and scores.content_of(hr, current[0]) == info:
        return False
    for row in current:
        row.superseded_at = now
    session.flush()
    whole = info.whole.score
    row = ScoreRow(
        id=new_id(),
        interview_id=lead,
        points=None if whole.points is None else round(whole.points * 100),
        low=round(whole.low * 100),
        high=round(whole.high * 100),
        listen=bool(whole.listen),
        reason=whole.reason,
        engine=info.engine,
        rubric_id=basis.rubric_id,
        rubric_revision=info.rubric_revision,
        rubric_digest=info.rubric_digest,
        models=info.models,
        meaning=info.meaning,
        content_sealed="",
        created_at=now,
    )
    row.content_sealed = hr.cabinet.seal(interview_subject(lead), content, scores.place(row))
    session.add(row)
    return True
