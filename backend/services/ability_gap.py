"""What an employee lacks for a position, and courses that teach it: a proposal with its sums.

An ability is known from tests (tables), from scorecards of interviews inside the organisation, and from performance
where the position asks for performance itself. Of each source the newest value counts; tests and interviews are
combined with the weights of the combined score. As in that score, the AI's score stands in for people's where nobody
has rated: it is marked so, and those whose own rating it could sway see nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.employee_models import EmployeeInvitation, EmployeeRow, EmployeeScore
from backend.db.growth_models import EmployeeAbility
from backend.db.models import Interview, InvitationRow, Position, Rating, Role, Scorecard
from backend.runtime import Runtime
from backend.services import abilities, audit, courses, employees, positions, scope, scores, wholes
from backend.services.abilities import Level, folded
from backend.services.actor import Actor
from backend.services.courses import CourseLine
from backend.services.employees import ScoreKind, Weights
from backend.services.rubric import POINTS
from backend.services.scorecard_sheet import CardState, content_of, kit_of, sheet_for
from contract.catalog import STAFF_LANGUAGES
from contract.kit import Kit

MOST_COURSES = 8
_PERFORMANCE = frozenset({"performance", "绩效"})


class Source(StrEnum):
    TEST = "test"
    INTERVIEW = "interview"
    PERFORMANCE = "performance"


@dataclass(frozen=True, slots=True)
class Known:
    """``value``: 0-100, to a tenth. ``label``: which test, period or batch. ``counts``: it is the newest of its
    source. ``by_ai``: nobody has rated the interview; ``listen``: somebody has to listen before using that score."""

    source: Source
    label: str
    value: float
    at: datetime
    counts: bool = True
    by_ai: bool = False
    listen: bool = False


# with the folded name of the ability
_Named = list[tuple[str, Known]]


@dataclass(frozen=True, slots=True)
class Gap:
    """``has`` None: nothing is known. ``gap``: points to the wanted level, 0 when it is reached."""

    ability: str
    wanted: int
    has: float | None
    known: tuple[Known, ...]

    @property
    def gap(self) -> float | None:
        return None if self.has is None else round(max(0.0, self.wanted - self.has), 1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Of an ability a course closes ``points``, from ``before`` to ``after``."""

    ability: str
    before: float
    after: float

    @property
    def points(self) -> float:
        return round(self.after - self.before, 1)


@dataclass(frozen=True, slots=True)
class Advice:
    course: CourseLine
    closes: tuple[Closing, ...]

    @property
    def points(self) -> float:
        return round(sum(closing.points for closing in self.closes), 1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """``gaps``: the largest first, unknown ones last. ``unmet``: abilities that no course brings to the level.

    ``maybe``: courses for abilities of which nothing is known yet, to choose once they are measured.
    """

    employee: EmployeeRow
    position: Position
    gaps: list[Gap]
    advice: list[Advice]
    unmet: list[str]
    maybe: list[CourseLine]
    weights: Weights


def take(hr: Runtime, actor: Actor, employee_id: str, position_id: str) -> Sheet:
    """Compare an employee with a position's wanted levels; the look is in the audit log.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        row = employees.found(session, actor, employee_id)
        position = positions.found(session, actor, position_id)
        known = _known(hr, session, actor, row.id)
        weights = employees.weights_of(session)
        levels = abilities.wanted_of(session, position.id)
        gaps = [_gap(level, known.get(_key(level.name), []), weights) for level in levels]
        catalogue = [line for line in courses.lines_of(session) if not line.retired]
    gaps.sort(key=lambda gap: (gap.gap is None, -(gap.gap or 0), -gap.wanted))
    advice, left = advise(gaps, catalogue)
    unknown = {folded(gap.ability) for gap in gaps if gap.has is None}
    maybe = [line for line in catalogue if unknown & {folded(name) for name in line.draft.abilities}]
    chosen = {one.course.course_id for one in advice}
    maybe = [line for line in maybe if line.course_id not in chosen][:MOST_COURSES]
    audit.record_now(hr, actor, "view_ability_gap", f"employee:{employee_id}", position=position_id)
    return Sheet(row, position, gaps, advice, left, maybe, weights)


def advise(gaps: Sequence[Gap], catalogue: Sequence[CourseLine]) -> tuple[list[Advice], list[str]]:
    """Courses one after the other, each the one that closes most of what is left, the shorter of two alike; and the
    abilities that no course brings to the wanted level."""
    has = {folded(gap.ability): gap.has for gap in gaps if gap.has is not None}
    wanted = {folded(gap.ability): (gap.ability, gap.wanted) for gap in gaps if gap.has is not None}
    chosen: list[Advice] = []
    waiting = list(catalogue)
    while waiting and len(chosen) < MOST_COURSES:
        offers = [Advice(line, _closes(line, has, wanted)) for line in waiting]
        best = max(offers, key=lambda one: (one.points, -one.course.draft.hours))
        if best.points <= 0:
            break
        chosen.append(best)
        waiting.remove(best.course)
        has.update({folded(closing.ability): closing.after for closing in best.closes})
    return chosen, [name for key, (name, level) in wanted.items() if (has[key] or 0) < level]


def _closes(
    line: CourseLine, has: Mapping[str, float | None], wanted: Mapping[str, tuple[str, int]]
) -> tuple[Closing, ...]:
    found = []
    for name in line.draft.abilities:
        before, (shown, level) = has.get(folded(name)), wanted.get(folded(name), ("", 0))
        after = min(level, line.draft.level)
        if before is not None and after > before:
            found.append(Closing(shown, before, after))
    return tuple(found)


def _gap(level: Level, known: Sequence[Known], weights: Weights) -> Gap:
    newest: dict[Source, Known] = {}
    for one in sorted(known, key=lambda one: one.at):
        newest[one.source] = one
    shown = [
        replace(one, counts=newest[one.source] is one) for one in sorted(known, key=lambda one: one.at, reverse=True)
    ]
    test, interview = newest.get(Source.TEST), newest.get(Source.INTERVIEW)
    together = weights.combined(interview.value if interview else None, test.value if test else None)
    single = interview or test or newest.get(Source.PERFORMANCE)
    has = together if together is not None else single.value if single else None
    return Gap(level.name, level.level, has, tuple(shown))


def _known(hr: Runtime, session: Session, actor: Actor, employee_id: str) -> dict[str, list[Known]]:
    """By the folded name of the ability."""
    found: dict[str, list[Known]] = {}
    for row in session.scalars(select(EmployeeAbility).where(EmployeeAbility.employee_id == employee_id)):
        found.setdefault(_key(row.shown), []).append(Known(Source.TEST, row.label, row.tenths / 10, row.noted_at))
    for score in session.scalars(select(EmployeeScore).where(EmployeeScore.employee_id == employee_id)):
        performance = score.kind == ScoreKind.PERFORMANCE
        key = _key("performance") if performance else _key(score.label)
        source = Source.PERFORMANCE if performance else Source.TEST
        found.setdefault(key, []).append(Known(source, score.label, score.tenths / 10, score.noted_at))
    people, machine = _interviews(hr, session, actor, employee_id)
    for key, one in people:
        found.setdefault(key, []).append(one)
    rated = {key for key, _ in people}
    for key, one in machine:
        if key not in rated:
            found.setdefault(key, []).append(one)
    return found


def _interviews(hr: Runtime, session: Session, actor: Actor, employee_id: str) -> tuple[_Named, _Named]:
    """What interviews inside the organisation came to, by dimension: those with scorecards, and by the AI's score
    those that nobody has rated in any way."""
    query = select(Interview).join(EmployeeInvitation, EmployeeInvitation.invitation_id == Interview.invitation_id)
    query = query.where(EmployeeInvitation.employee_id == employee_id, Interview.deleted_at.is_(None))
    people: _Named = []
    machine: _Named = []
    for interview in session.scalars(query.where(Interview.leading)).all():
        parts = wholes.rows_of(session, interview)
        ids = [part.id for part in parts]
        mine = Scorecard.interview_id.in_(ids), Scorecard.state == CardState.FINAL.value
        kit, cards = kit_of(session, parts), session.scalars(select(Scorecard).where(*mine)).all()
        batch = session.get_one(InvitationRow, interview.invitation_id).batch.title
        if kit is not None and cards:
            at = max(card.handed_in_at or card.updated_at for card in cards)
            values = _dimensions(hr, session, kit, parts, cards)
            people += [(name, Known(Source.INTERVIEW, batch, value, at)) for name, value in values.items()]
        elif session.scalar(select(Rating.id).where(Rating.interview_id.in_(ids)).limit(1)) is None:
            machine += _by_ai(hr, session, actor, interview, batch)
    return people, machine


def _by_ai(hr: Runtime, session: Session, actor: Actor, interview: Interview, batch: str) -> _Named:
    """Each dimension of the AI's score, in whole points as everywhere; nothing while it is withheld from the actor."""
    found = {}
    for language in STAFF_LANGUAGES:
        info = scores.view(hr, session, actor, interview.id, language).info
        for one in info.dimensions if info is not None else ():
            if one.score.points is not None:
                value, listen = float(int(one.score.points + 0.5)), bool(one.score.listen)
                known = Known(Source.INTERVIEW, batch, value, interview.created_at, by_ai=True, listen=listen)
                found[_key(one.title)] = known
    return list(found.items())


def _dimensions(
    hr: Runtime, session: Session, kit: Kit, parts: Sequence[Interview], cards: Sequence[Scorecard]
) -> dict[str, float]:
    """Each dimension, by its folded name in every language: the mean over people and questions by weight, 0-100."""
    sums: dict[str, tuple[float, float]] = {}
    for card in cards:
        sheet = sheet_for(session, parts, kit, card)
        titles = {
            (question.question_id, dimension.dimension_id): {_key(title) for title in dimension.title.values()}
            for question in kit.questions
            for dimension in sheet.rated_by.rubric.of(question)
        }
        for key, level in content_of(hr, card).levels().items():
            share = sheet.shares.get(key, 0.0)
            for name in titles.get(key, set()):
                points, weight = sums.get(name, (0.0, 0.0))
                sums[name] = points + share * POINTS[level], weight + share
    return {name: round(points / weight, 1) for name, (points, weight) in sums.items() if weight}


def _key(name: str) -> str:
    key = folded(name)
    return "performance" if key in _PERFORMANCE else key
