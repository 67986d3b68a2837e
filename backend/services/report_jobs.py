"""Reports of many interviews: ordered by a person, made one by one in the background, kept sealed for a while.

Each interview's part is a file of its own in the object store, made durable before its row says so. So a job goes on
after a restart where it stopped, and what is deleted meanwhile is in no archive (docs/adr/0034).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from backend.db.models import Interview, ReportItem, ReportJob, Role, User, new_id
from backend.runtime import Runtime
from backend.services import audit, report_parts, results, scope
from backend.services.actor import Actor
from backend.services.results import Chosen
from contract.errors import ErrorCode, XudaError

MOST = 2000
LEASE = timedelta(seconds=60)
_NEWEST = 50
# not the interview's fault
_TRY_AGAIN = frozenset({ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR, ErrorCode.STORAGE_UNREACHABLE})
_log = logging.getLogger(__name__)
_READERS = (Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)


class JobState(StrEnum):
    """``ENDED``: nothing of it is kept any more."""

    OPEN = "open"
    DONE = "done"
    ENDED = "ended"


class ItemState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes into the archive. Reports of the interviews themselves, their recordings, and the table of results."""

    pdf: bool = True
    json: bool = False
    recordings: bool = False
    csv: bool = True
    xlsx: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Choice:
        return cls(**{name: bool(stored.get(name)) for name in cls.__slots__})

    @property
    def names(self) -> list[str]:
        return [name for name in self.__slots__ if getattr(self, name)]


@dataclass(frozen=True, slots=True)
class JobView:
    """``total`` interviews, of which ``done`` are made and ``failed`` are not possible; ``size`` of what is kept."""

    job_id: str
    state: JobState
    choice: Choice
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    total: int
    done: int
    failed: int
    size: int
    problems: list[tuple[str, str]]


def order(hr: Runtime, actor: Actor, chosen: Chosen, choice: Choice, language: str) -> str:
    """Id of the new job. Raises XudaError(FORBIDDEN), NOT_FOUND when nothing fits, SETTING_INVALID with ``field``
    choice for none of what can be chosen, TOO_LARGE (``limit``: interviews) for more than a job takes."""
    scope.require(actor, *_READERS)
    if actor.user_id is None:
        raise XudaError(ErrorCode.FORBIDDEN)
    if not choice.names:
        raise XudaError(ErrorCode.SETTING_INVALID, field="choice")
    with hr.db.write() as session:
        query = results.interviews(hr, actor, chosen, Interview.id).order_by(Interview.created_at, Interview.id)
        ids = session.scalars(query.limit(MOST + 1)).all()
        if not ids:
            raise XudaError(ErrorCode.NOT_FOUND, field="interview")
        if len(ids) > MOST:
            raise XudaError(ErrorCode.TOO_LARGE, field="interviews", limit=MOST)
        now = hr.now()
        job = ReportJob(
            id=new_id(),
            user_id=actor.user_id,
            batch_id=chosen.batch_id,
            choice=dict.fromkeys(choice.names, True),
            language=language,
            state=JobState.OPEN.value,
            created_at=now,
            expires_at=now + timedelta(hours=hr.settings.report_keep_hours),
        )
        session.add(job)
        session.flush()
        session.add_all(_item(job.id, number, name) for number, name in enumerate(ids, start=1))
        audit.record(session, now, actor, "order_reports", _target(job.id), interviews=len(ids), of=choice.names)
        return job.id


def _item(job_id: str, number: int, interview_id: str) -> ReportItem:
    # the file's name is known beforehand: what a crash leaves without a word is overwritten or removed by it
    waiting, name = ItemState.WAITING.value, f"{job_id}-{number}"
    return ReportItem(job_id=job_id, number=number, interview_id=interview_id, state=waiting, storage_key=name)


def jobs(hr: Runtime, actor: Actor) -> list[JobView]:
    """The actor's own, newest first."""
    with hr.db.read() as session:
        mine = select(ReportJob).where(ReportJob.user_id == actor.user_id)
        return _views(session, session.scalars(mine.order_by(ReportJob.created_at.desc()).limit(_NEWEST)).all())


def view(hr: Runtime, actor: Actor, job_id: str) -> JobView:
    """Raises XudaError(NOT_FOUND), also for another person's."""
    with hr.db.read() as session:
        job = find(session, actor, job_id)
        [found] = _views(session, [job])
        failed = select(ReportItem.interview_id, ReportItem.error).where(
            ReportItem.job_id == job_id, ReportItem.state == ItemState.FAILED.value
        )
        problems = [(name, error or "") for name, error in session.execute(failed.order_by(ReportItem.number))]
        return JobView(**{**{name: getattr(found, name) for name in JobView.__slots__}, "problems": problems})


def find(session: Session, actor: Actor, job_id: str) -> ReportJob:
    """Raises XudaError(NOT_FOUND), also for another person's."""
    job = session.get(ReportJob, job_id)
    if job is None or job.user_id != actor.user_id:
        raise XudaError(ErrorCode.NOT_FOUND, field="job")
    return job


def _views(session: Session, found: Sequence[ReportJob]) -> list[JobView]:
    def count(state: ItemState) -> Any:
        return func.sum(case((ReportItem.state == state.value, 1), else_=0))

    columns = func.count(), count(ItemState.DONE), count(ItemState.FAILED), func.coalesce(func.sum(ReportItem.size), 0)
    within = ReportItem.job_id.in_([job.id for job in found])
    rows = session.execute(select(ReportItem.job_id, *columns).where(within).group_by(ReportItem.job_id))
    counts = {row[0]: tuple(row)[1:] for row in rows}
    return [_view(job, *counts.get(job.id, (0, 0, 0, 0))) for job in found]


def _view(job: ReportJob, total: int, done: int, failed: int, size: int) -> JobView:
    times = job.created_at, job.finished_at, job.expires_at
    return JobView(job.id, JobState(job.state), Choice.of(job.choice), *times, total, done, failed, size, [])


# ---- the work ------------------------------------------------------------------------------------------------------


def claim(hr: Runtime, me: str) -> str | None:
    """A job for this process to work on, the oldest first: nobody's, or one whose process has not been heard of."""
    with hr.db.write() as session:
        now = hr.now()
        free = or_(ReportJob.holder.is_(None), ReportJob.holder == me, ReportJob.lease_until < now)
        query = select(ReportJob).where(ReportJob.state == JobState.OPEN.value, free).order_by(ReportJob.created_at)
        job = session.scalars(query.limit(1).with_for_update()).first()
        if job is None:
            return None
        job.holder, job.lease_until = me, now + LEASE
        return job.id


def release(hr: Runtime, me: str) -> None:
    """Another process may go on at once."""
    with hr.db.write() as session:
        mine = update(ReportJob).where(ReportJob.holder == me)
        session.execute(mine.values(holder=None, lease_until=None))


def work(hr: Runtime, me: str, job_id: str) -> bool:
    """Make the next part; False when there is nothing left to do here."""
    with hr.db.write() as session:
        job = session.get(ReportJob, job_id)
        if job is None or job.holder != me or job.state != JobState.OPEN.value:
            return False
        now = hr.now()
        job.lease_until = now + LEASE
        query = select(ReportItem).where(ReportItem.job_id == job_id, ReportItem.state == ItemState.WAITING.value)
        item = session.scalars(query.order_by(ReportItem.number).limit(1)).first()
        if item is None:
            job.state, job.finished_at, job.holder, job.lease_until = JobState.DONE.value, now, None, None
            audit.record(session, now, "server", "reports_made", _target(job.id))
            return False
        user = session.get_one(User, job.user_id)
        number, interview_id, language, choice = item.number, item.interview_id, job.language, Choice.of(job.choice)
        actor = None if user.disabled_at else Actor.of(user)
    _make(hr, actor, job_id, number, interview_id, language, choice)
    return True


def _make(
    hr: Runtime, actor: Actor | None, job_id: str, number: int, interview_id: str, language: str, choice: Choice
) -> None:
    name = f"{job_id}-{number}"
    error, made = None, None
    try:
        if actor is None:
            raise XudaError(ErrorCode.FORBIDDEN)
        made = report_parts.make(hr, actor, interview_id, name, language, pdf=choice.pdf)
    except XudaError as trouble:
        if trouble.code in _TRY_AGAIN:
            raise
        error = trouble.code.value
    except Exception as trouble:
        # without the traceback, which may quote what was said; one report must not keep the others waiting
        _log.error("a report could not be made: %s", type(trouble).__name__)
        error = ErrorCode.SERVER_ERROR.value
    with hr.db.write() as session:
        item = session.get(ReportItem, (job_id, number))
        kept = item is not None and item.state == ItemState.WAITING.value
        if item is not None and kept:
            item.state = (ItemState.DONE if made else ItemState.FAILED).value
            item.error = error
            if made:
                item.key_sealed, item.size = report_parts.seal_key(session, interview_id, name, made.key), made.size
    if item is None:  # the interview was deleted, or the job removed
        hr.store.delete(name)


# ---- the end -------------------------------------------------------------------------------------------------------


def remove(hr: Runtime, actor: Actor, job_id: str) -> None:
    """Stop it, and keep nothing of it. Raises XudaError(NOT_FOUND)."""
    with hr.db.write() as session:
        job = find(session, actor, job_id)
        names = _end(session, job)
        audit.record(session, hr.now(), actor, "remove_reports", _target(job_id))
    for name in names:
        hr.store.delete(name)


def expire(hr: Runtime) -> int:
    """Remove what was kept long enough; returns how many jobs."""
    with hr.db.write() as session:
        now = hr.now()
        due = ReportJob.expires_at <= now, ReportJob.state != JobState.ENDED.value
        found = session.scalars(select(ReportJob).where(*due)).all()
        names = [name for job in found for name in _end(session, job)]
        for job in found:
            audit.record(session, now, "server", "remove_reports", _target(job.id))
    for name in names:
        hr.store.delete(name)
    return len(found)


def make_again(hr: Runtime) -> int:
    """What a restored backup lacks of orders that still hold is made once more; returns how many reports."""
    with hr.db.write() as session:
        kept = select(ReportItem).join(ReportJob, ReportJob.id == ReportItem.job_id)
        made = ReportJob.state != JobState.ENDED.value, ReportItem.state == ItemState.DONE.value
        lost = [
            item
            for item in session.scalars(kept.where(*made))
            if item.storage_key is None or hr.store.size(item.storage_key) is None
        ]
        for item in lost:
            item.state, item.key_sealed, item.size = ItemState.WAITING.value, None, None
        again = update(ReportJob).where(ReportJob.id.in_({item.job_id for item in lost}))
        session.execute(again.values(state=JobState.OPEN.value, finished_at=None, holder=None, lease_until=None))
        return len(lost)


def _end(session: Session, job: ReportJob) -> list[str]:
    names = session.scalars(select(ReportItem.storage_key).where(ReportItem.job_id == job.id)).all()
    session.execute(delete(ReportItem).where(ReportItem.job_id == job.id))
    job.state, job.holder, job.lease_until = JobState.ENDED.value, None, None
    return [name for name in names if name]


def _target(job_id: str) -> str:
    return f"reports:{job_id}"
