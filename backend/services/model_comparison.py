"""A learned model beside the one that counts and beside the rubric alone, on the same answers in the same folds.

Nobody has seen what is measured: a model that was made here is made again in each fold from the ratings it had, without
the fold's. One that was taken in from a file is measured as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from assessment.agreement import Figure, differences, figures
from assessment.learned import Model
from assessment.training import Fold, Prepared, by_candidate, by_model, by_question, crossed
from backend.services.model_publishing import Verdict
from backend.services.score_models import Kind, Source

# points that kappa counts as one step
_STEP = 10
_SAMPLES = 200
FEWEST = 20
# of each figure: whether more is better
_MORE_IS_BETTER = {"pearson": True, "rmse": False, "kappa": True}
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Contender:
    model: Model
    source: Source


@dataclass(frozen=True)
class Field:
    """What contenders are measured on. ``at``: when each answer was rated; ``target``: what is foreseen."""

    prepared: Prepared
    at: Sequence[datetime]
    target: str
    pulse: Callable[[], None] = lambda: None


def compare(field: Field, new: Contender, old: Contender | None) -> dict[str, Any]:
    """``folds``: figures by contender and, of the new one less what counts now, their differences; and ``verdict``.

    Kept as JSON: {"answers", "candidates", "questions", "verdict", "folds": {name: {"figures", "differences"}}}.
    """
    prepared = field.prepared
    folds = {}
    if len(prepared.ratings) >= FEWEST:
        for name, groups, chosen in (
            ("candidates", prepared.candidates, by_candidate(prepared)),
            ("questions", prepared.rows.question, by_question(prepared)),
        ):
            found = _fold(field, chosen, groups, new, old)
            if found is not None:
                folds[name] = found
    return {
        "answers": len(prepared.ratings),
        "candidates": len(set(prepared.candidates.tolist())),
        "questions": len(prepared.known),
        "folds": folds,
        "verdict": _verdict(folds).value,
    }


def _fold(
    field: Field, folds: Sequence[Fold], groups: npt.NDArray[np.int64], new: Contender, old: Contender | None
) -> dict[str, Any] | None:
    """None where there is but one group, or the model measures answers otherwise than they are here."""
    ours = _predicted(field, folds, new)
    if ours is None or len(folds) < 2:
        return None
    scores = {"new": ours}
    theirs = _predicted(field, folds, old) if old is not None else None
    if theirs is not None:
        scores["published"] = theirs
    scores["rubric"] = field.prepared.rows.rubric
    ratings = field.prepared.ratings * 100
    baseline = scores["published" if theirs is not None else "rubric"]
    apart = differences(ours * 100, baseline * 100, ratings, _STEP, groups, _SAMPLES)
    return {
        "figures": {name: _plain(figures(one * 100, ratings, _STEP, groups, _SAMPLES)) for name, one in scores.items()},
        "differences": _plain(apart),
    }


def _predicted(field: Field, folds: Sequence[Fold], one: Contender) -> Floats | None:
    made_here = one.source.kind is Kind.TRAINED and one.source.target == field.target
    if not made_here:
        return by_model(field.prepared, one.model)
    until = datetime.fromisoformat(one.source.until)
    known = np.array([at <= until for at in field.at])
    return crossed(field.prepared, folds, of=known, pulse=field.pulse)


def _verdict(folds: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """Worse where any figure is worse beyond chance in either folds; better where one is better and none worse."""
    if "candidates" not in folds:
        return Verdict.UNKNOWN
    sides = [
        _side(_MORE_IS_BETTER[name], difference)
        for fold in folds.values()
        for name, difference in fold["differences"].items()
    ]
    if min(sides) < 0:
        return Verdict.WORSE
    return Verdict.BETTER if max(sides) > 0 else Verdict.ALIKE


def _side(more_is_better: bool, difference: Mapping[str, float]) -> int:
    """1: better beyond chance, -1: worse, 0: neither."""
    above, below = difference["low"] > 0, difference["high"] < 0
    return (above - below) * (1 if more_is_better else -1)


def _plain(found: Mapping[str, Figure]) -> dict[str, dict[str, float]]:
    return {name: asdict(one) for name, one in found.items()}
