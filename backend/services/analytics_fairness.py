"""Whether groups fare alike: shifts of scores by circumstances, impact ratios by what candidates say of themselves.

Nothing is adjusted for anything else: a difference asks for a look, it proves no cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from assessment.fairness import Impact, Shift, impact, shift
from backend.db.models import Role
from backend.runtime import Runtime
from backend.services import analytics_scored, audit, scope
from backend.services.actor import Actor
from backend.services.analytics_figures import FEWEST, Asked
from backend.services.analytics_scored import Scored, grouped
from backend.services.interview_facts import UNKNOWN
from backend.services.voluntary_rows import Aspect, tally
from contract.events import HrState

_CHOSEN = {HrState.SECOND_ROUND: True, HrState.PENDING_ONBOARDING: True, HrState.REJECTED: False}


class Circumstance(StrEnum):
    """``UNSURE``: the scoring asks for a listener, because words were hard to make out or a device failed."""

    UNSURE = "unsure"
    FAULTS = "faults"
    INTERRUPTED = "interrupted"
    DEVICE = "device"
    LANGUAGE = "language"


class Outcome(StrEnum):
    """``SCORE``: of the scoring, at the threshold or above; ``DECISION``: people's, to go on and not to reject."""

    SCORE = "score"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Shifted:
    """A group beside all others. ``people``: the same interviews, by what people gave; None for too few of them."""

    circumstance: Circumstance
    group: str
    machine: Shift
    people: Shift | None


@dataclass(frozen=True, slots=True)
class Impacts:
    aspect: Aspect
    outcome: Outcome
    groups: list[Impact]


@dataclass(frozen=True, slots=True)
class FairnessFigures:
    scored: int = 0
    too_few: bool = True
    shifts: list[Shifted] = field(default_factory=list)
    impacts: list[Impacts] = field(default_factory=list)


def take(hr: Runtime, actor: Actor, asked: Asked) -> FairnessFigures:
    """The look is noted in the log. Raises XudaError(FORBIDDEN) for roles that see no scores of people."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        every = analytics_scored.read(session, actor, asked, others=True)
        rows = [row for row in every if row.wanted]
        scored = [row for row in rows if row.points is not None]
        impacts: list[Impacts] = []
        for outcome, of in ((Outcome.SCORE, _reached), (Outcome.DECISION, _went_on)):
            known = {row.invitation_id: taken for row in rows if (taken := of(row)) is not None}
            others = {row.invitation_id for row in every if not row.wanted and of(row) is not None}
            counted = tally(hr, session, known, others)
            impacts += [Impacts(aspect, outcome, impact(groups)) for aspect, groups in counted.items()]
    audit.record_now(hr, actor, "view_fairness", "analytics")
    if len(scored) < FEWEST and not impacts:
        return FairnessFigures(len(scored))
    impacts.sort(key=lambda one: list(Aspect).index(one.aspect))
    return FairnessFigures(len(scored), too_few=False, shifts=_shifts(scored), impacts=impacts)


def _reached(row: Scored) -> bool | None:
    return None if row.points is None else row.points >= row.threshold


def _went_on(row: Scored) -> bool | None:
    return _CHOSEN.get(row.standing)


_GROUPS: dict[Circumstance, Callable[[Scored], str | None]] = {
    Circumstance.UNSURE: lambda row: "yes" if row.listen else "",
    Circumstance.FAULTS: lambda row: None if row.faults is None else "yes" if row.faults else "",
    Circumstance.INTERRUPTED: lambda row: "yes" if row.pauses else "",
    Circumstance.DEVICE: lambda row: row.device,
    Circumstance.LANGUAGE: lambda row: row.language or UNKNOWN,
}


def _shifts(scored: Sequence[Scored]) -> list[Shifted]:
    """Each group of enough interviews beside all others, which are enough as well."""
    found = []
    for circumstance, of in _GROUPS.items():
        groups = grouped(scored, of)
        for name in sorted(groups, key=lambda one: (-len(groups[one]), one)):
            others = [row for other, rows in groups.items() if other != name for row in rows]
            if not name or min(len(groups[name]), len(others)) < FEWEST:
                continue
            machine = shift(*(np.array([row.points for row in rows], dtype=float) for rows in (groups[name], others)))
            if machine is not None:
                found.append(Shifted(circumstance, name, machine, _people_shift(groups[name], others)))
    return found


def _people_shift(group: Sequence[Scored], others: Sequence[Scored]) -> Shift | None:
    given = [np.array([row.people for row in rows if row.people is not None], dtype=float) for rows in (group, others)]
    return shift(*given) if min(map(len, given)) >= FEWEST else None
