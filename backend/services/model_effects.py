"""What publishing a model would do: how far scores of interviews move, whom that takes over a threshold, and whether
groups fare differently. Counts only: no interview and nobody is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from assessment.agreement import correlation
from assessment.fairness import impact
from assessment.learned import Model
from backend.db.models import Batch, Interview, InvitationRow, Requisition
from backend.runtime import Runtime
from backend.services import model_ratings, score_models, voluntary_rows
from backend.services.model_ratings import Opened
from backend.services.requisitions import THRESHOLD
from contract.events import HrState
from report.scoring import Tools, assess, given_answers

MOST = 500
_STEPS = (5, 10)


@dataclass(frozen=True, slots=True)
class _Both:
    """Points of a whole interview by what counts now, by the rubric alone, and by the new model. ``threshold``: that
    of the requisition it is held for."""

    invitation_id: str | None
    threshold: int
    now: float
    rubric: float
    new: float


def effects(hr: Runtime, language: str, model: Model, pulse: Callable[[], None]) -> dict[str, Any]:
    """``moved``: of interviews that wait for a decision; ``impact``: of the newest that have ended; ``performance``:
    how scores go with employees' later performance. Kept as JSON."""
    with hr.db.read() as session:
        ended = select(Interview.id, Interview.state, Requisition.threshold).outerjoin(Interview.invitation)
        ended = ended.outerjoin(Batch, Batch.id == InvitationRow.batch_id)
        ended = ended.outerjoin(Requisition, Requisition.id == Batch.requisition_id)
        ended = ended.where(
            Interview.leading.is_(True),
            Interview.deleted_at.is_(None),
            Interview.practice.is_(False),
            Interview.ended_at.is_not(None),
        )
        rows = session.execute(ended.order_by(Interview.ended_at.desc(), Interview.id).limit(MOST)).all()
        later = model_ratings.performances(session)
        now = score_models.published(hr, session)
    thresholds = {name: threshold for name, _, threshold in rows if threshold is not None}
    waiting = {name for name, state, _ in rows if state == HrState.PENDING_REVIEW.value}
    scoring = _Scoring(now, language, model)
    made: dict[str, _Both] = {}
    for interview_id in dict.fromkeys([*(row.id for row in rows), *list(later)[:MOST]]):
        pulse()
        opened = model_ratings.open_interview(hr, interview_id)
        both = scoring.both(opened, thresholds.get(interview_id, THRESHOLD)) if opened is not None else None
        if both is not None:
            made[interview_id] = both
    ended_ones = [made[row.id] for row in rows if row.id in made]
    return {
        "threshold": THRESHOLD,
        "moved": _moved([made[name] for name in waiting if name in made]),
        "impact": _impact(hr, ended_ones),
        "performance": _performance([(made[name], later[name][0]) for name in later if name in made]),
    }


class _Scoring:
    def __init__(self, now: Tools, language: str, model: Model) -> None:
        others = {tag: one for tag, one in now.models.items() if tag != language}
        self._now = now
        self._language = language
        self._rubric = Tools(others, now.model_ids, now.embedder)
        self._new = Tools({**others, language: model}, now.model_ids, now.embedder)

    def both(self, opened: Opened, threshold: int) -> _Both | None:
        """None where no answer is in the model's language, or the whole has no score."""
        found = [
            assess(opened.report, opened.kit, opened.sheet, tools).whole.score.points
            for tools in (self._now, self._rubric, self._new)
        ]
        answers = given_answers(opened.report, opened.kit, opened.sheet)
        now, rubric, new = found
        if now is None or rubric is None or new is None or self._language not in {a.answer.language for a in answers}:
            return None
        return _Both(opened.invitation_id, threshold, now, rubric, new)


def _moved(found: list[_Both]) -> dict[str, Any]:
    apart = [one.new - one.now for one in found]
    return {
        "interviews": len(found),
        "mean": float(np.mean(apart)) if apart else None,
        "more_than": {str(step): sum(abs(by) > step for by in apart) for step in _STEPS},
        "up": sum(one.now < one.threshold <= one.new for one in found),
        "down": sum(one.new < one.threshold <= one.now for one in found),
    }


def _impact(hr: Runtime, found: list[_Both]) -> dict[str, Any]:
    """By what candidates have said of themselves; empty where too few have."""
    asked = [one for one in found if one.invitation_id is not None]
    with hr.db.read() as session:
        everybody = set(session.scalars(select(Interview.invitation_id).where(Interview.invitation_id.is_not(None))))
        others = {name for name in everybody if name} - {one.invitation_id for one in asked}
        made = {}
        for name in ("new", "now", "rubric"):
            chosen = {str(one.invitation_id): getattr(one, name) >= one.threshold for one in asked}
            tallied = voluntary_rows.tally(hr, session, chosen, others)
            made[name] = {aspect.value: _ratios(groups) for aspect, groups in tallied.items()}
    return made if made["new"] else {}


def _ratios(groups: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    return [asdict(one) for one in impact(groups)]


def _performance(pairs: list[tuple[_Both, float]]) -> dict[str, Any]:
    """A check, not what is learned: Pearson's r of scores with performance, 95 % interval by Fisher."""
    if not pairs:
        return {"employees": 0}
    reached = np.array([points for _, points in pairs])
    made: dict[str, Any] = {"employees": len(pairs)}
    for name in ("new", "now", "rubric"):
        found = correlation(np.array([getattr(one, name) for one, _ in pairs]), reached)
        made[name] = asdict(found) if found is not None else None
    return made
