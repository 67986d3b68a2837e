"""Training and comparing models in the background: ordered by a person, one at a time, never by itself.

What is made is a model that may be published (model_publishing.py); nothing is scored with it before.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from assessment.learned import Model
from assessment.training import FEWEST, prepare, train
from backend.db.models import LearnedModel, ModelJob, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, model_effects, model_ratings, scope, score_models
from backend.services.actor import Actor
from backend.services.model_comparison import Contender, Field, compare
from backend.services.model_ratings import Collected, Target
from backend.services.score_models import Kind, Source
from contract.errors import ErrorCode, XudaError

LEASE = timedelta(minutes=5)
_HEARTBEAT = timedelta(seconds=5)
# a job that has taken its process with it so often is given up
_MOST_TRIES = 3
_NEWEST = 20
TOO_FEW = "too_few"
# ratings are kept as 0..100
_LOWEST, _HIGHEST = 0.0, 100.0
_log = logging.getLogger(__name__)


class JobState(StrEnum):
    OPEN = "open"
    DONE = "done"
    FAILED = "failed"


class Stopped(Exception):
    """The server ends, or another process has taken the job over."""


@dataclass(frozen=True, slots=True)
class JobView:
    """``model_id``: of the model that is compared, None for training. ``found``: language -> id of the model made, or
    TOO_FEW."""

    job_id: str
    model_id: str | None
    target: Target
    state: JobState
    ordered_by: str
    ordered_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    found: dict[str, str]
    error: str | None


def order(hr: Runtime, actor: Actor, target: Target = Target.RATINGS, model_id: str | None = None) -> str:
    """Id of a new job: training, or the comparison of ``model_id`` with what counts now.

    Raises XudaError(FORBIDDEN | NOT_FOUND), CONFLICT with ``field`` job while another one is open.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        if session.scalar(select(ModelJob.id).where(ModelJob.state == JobState.OPEN.value).limit(1)) is not None:
            raise XudaError(ErrorCode.CONFLICT, field="job")
        if model_id is not None:
            row = score_models.found(session, model_id)
            target = Target(row.source["target"] or target)
        job = ModelJob(
            id=new_id(),
            model_id=model_id,
            target=target.value,
            state=JobState.OPEN.value,
            ordered_by=actor.username,
            ordered_at=hr.now(),
            done=0,
            total=0,
            found={},
            tries=0,
        )
        session.add(job)
        what = "compare_model" if model_id else "train_model"
        audit.record(session, hr.now(), actor, what, _target(job.id), foresees=target.value, model=model_id or "")
        return job.id


def jobs(hr: Runtime, actor: Actor) -> list[JobView]:
    """The newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = select(ModelJob).order_by(ModelJob.ordered_at.desc(), ModelJob.id).limit(_NEWEST)
        return [_view(job) for job in session.scalars(query)]


def view(hr: Runtime, actor: Actor, job_id: str) -> JobView:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        job = session.get(ModelJob, job_id)
        if job is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="job")
        return _view(job)


def _view(job: ModelJob) -> JobView:
    times = job.ordered_at, job.finished_at
    state, target = JobState(job.state), Target(job.target)
    return JobView(
        job.id, job.model_id, target, state, job.ordered_by, *times, job.done, job.total, job.found, job.error
    )


# ---- the work ------------------------------------------------------------------------------------------------------


def claim(hr: Runtime, me: str) -> str | None:
    """A job for this process: nobody's, or one whose process has not been heard of."""
    with hr.db.write() as session:
        now = hr.now()
        free = or_(ModelJob.holder.is_(None), ModelJob.holder == me, ModelJob.lease_until < now)
        query = select(ModelJob).where(ModelJob.state == JobState.OPEN.value, free).order_by(ModelJob.ordered_at)
        job = session.scalars(query.limit(1).with_for_update()).first()
        if job is None:
            return None
        if job.tries >= _MOST_TRIES:
            _end(hr, session, job, JobState.FAILED, error="interrupted")
            return None
        job.holder, job.lease_until, job.tries = me, now + LEASE, job.tries + 1
        return job.id


def release(hr: Runtime, me: str) -> None:
    """Another process, or the next start, begins it anew; that is no failure."""
    with hr.db.write() as session:
        mine = update(ModelJob).where(ModelJob.holder == me)
        session.execute(mine.values(holder=None, lease_until=None, tries=ModelJob.tries - 1))


def work(hr: Runtime, me: str, job_id: str, going: Callable[[], bool] = lambda: True) -> None:
    """Do all of a job; a known error ends it. Raises Stopped when ``going`` says so, or the job is another's."""
    beat = _Beat(hr, me, job_id, going)
    with hr.db.read() as session:
        job = session.get_one(ModelJob, job_id)
        target, model_id, by = Target(job.target), job.model_id, job.ordered_by
    try:
        collected = model_ratings.collect(hr, target, score_models.embedders(hr), beat.reading)
        if model_id is not None:
            found = _compared(hr, model_id, target, collected, beat)
        else:
            found = {language: _trained(hr, by, language, target, one, beat) for language, one in collected.items()}
    except XudaError as error:
        _log.warning("a model could not be made: %s", error.code)
        _finish(hr, me, job_id, JobState.FAILED, error=error.code.value)
        return
    _finish(hr, me, job_id, JobState.DONE, found=found)


class _Beat:
    """Tells the job's row that somebody works on it, not more often than needed."""

    def __init__(self, hr: Runtime, me: str, job_id: str, going: Callable[[], bool]) -> None:
        self._hr, self._me, self._job_id, self._going = hr, me, job_id, going
        self._next = hr.now()
        self._read = 0, 0

    def reading(self, done: int, total: int) -> None:
        self._read = done, total
        self()

    def __call__(self) -> None:
        if not self._going():
            raise Stopped
        if self._hr.now() < self._next:
            return
        self._next = self._hr.now() + _HEARTBEAT
        with self._hr.db.write() as session:
            job = _mine(session, self._me, self._job_id)
            job.lease_until = self._hr.now() + LEASE
            job.done, job.total = self._read


def _mine(session: Session, me: str, job_id: str) -> ModelJob:
    job = session.get(ModelJob, job_id)
    if job is None or job.holder != me or job.state != JobState.OPEN.value:
        raise Stopped
    return job


def _trained(hr: Runtime, by: str, language: str, target: Target, one: Collected, beat: _Beat) -> str:
    """Id of the model, or TOO_FEW."""
    if len(one.examples) < FEWEST:
        return TOO_FEW
    prepared = prepare(one.examples, _LOWEST, _HIGHEST)
    embedder = score_models.embedders(hr).of(language)
    name = embedder.name if embedder else None
    made = hr.now().isoformat(timespec="seconds")
    model = train(prepared, _LOWEST, _HIGHEST, name, made, pulse=beat)
    source = Source(Kind.TRAINED, target.value, one.until.isoformat(), one.interviews, len(one.raters))
    comparison = _beside(hr, language, Field(prepared, one.at, target.value, beat), Contender(model, source), beat)
    with hr.db.write() as session:
        row = score_models.add(hr, session, by, language, model, source, comparison)
        counts = {"ratings": model.card.ratings, "interviews": one.interviews, "verdict": comparison["verdict"]}
        audit.record(session, hr.now(), "server", "model_made", score_models.target(row.id), **counts)
        return row.id


def _compared(
    hr: Runtime, model_id: str, target: Target, collected: Mapping[str, Collected], beat: _Beat
) -> dict[str, str]:
    with hr.db.read() as session:
        row = score_models.found(session, model_id)
        language, source = row.language, Source.of(row.source)
        model = score_models.open_row(hr, session, row)
    one = collected.get(language, Collected())
    if len(one.examples) < FEWEST:
        return {language: TOO_FEW}
    field = Field(prepare(one.examples, _LOWEST, _HIGHEST), one.at, target.value, beat)
    comparison = _beside(hr, language, field, Contender(model, source), beat)
    with hr.db.write() as session:
        row = score_models.found(session, model_id)
        row.comparison = comparison
        verdict = comparison["verdict"]
        audit.record(session, hr.now(), "server", "model_compared", score_models.target(row.id), verdict=verdict)
    return {language: model_id}


def _beside(hr: Runtime, language: str, field: Field, new: Contender, beat: _Beat) -> dict[str, Any]:
    old, against = _now(hr, language)
    found = compare(field, new, old)
    moved = model_effects.effects(hr, language, new.model, beat)
    return {**found, "against": against, "at": hr.now().isoformat(), "effects": moved}


def _now(hr: Runtime, language: str) -> tuple[Contender | None, str | None]:
    """What counts now, with the SHA-256 of its file."""
    with hr.db.read() as session:
        row: LearnedModel | None = score_models.current(session, language)
        if row is None:
            return None, None
        model: Model = score_models.open_row(hr, session, row)
        return Contender(model, Source.of(row.source)), row.sha256


def _finish(
    hr: Runtime, me: str, job_id: str, state: JobState, *, found: dict[str, str] | None = None, error: str | None = None
) -> None:
    with hr.db.write() as session:
        _end(hr, session, _mine(session, me, job_id), state, found=found, error=error)


def _end(
    hr: Runtime,
    session: Session,
    job: ModelJob,
    state: JobState,
    *,
    found: dict[str, str] | None = None,
    error: str | None = None,
) -> None:
    job.state, job.finished_at, job.holder, job.lease_until = state.value, hr.now(), None, None
    job.found, job.error = found or {}, error
    audit.record(session, hr.now(), "server", "model_job_ended", _target(job.id), state=state.value, error=error or "")


def _target(job_id: str) -> str:
    return f"model-job:{job_id}"
