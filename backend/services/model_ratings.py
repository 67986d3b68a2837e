"""What models learn from: people's scorecards, or employees' later performance, with the answers they are about.

Only interviews whose candidates have agreed to scoring, that nobody has asked to delete, and whose time is not over.
One interview is opened at a time; what stays of it are numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assessment.embeddings import Embedders
from assessment.scoring import read_all
from assessment.training import Example, Rated, example
from backend.db.employee_models import EmployeeInvitation, EmployeeScore
from backend.db.models import Deletion, Interview, Scorecard
from backend.runtime import Runtime
from backend.services import retention, rubrics, wholes
from backend.services.employees import ScoreKind
from backend.services.report_sources import sources
from backend.services.rubric import POINTS, Rubric
from backend.services.score_sheets import sheet_of
from backend.services.scorecard_sheet import CardState, Content, content_of, kit_of
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit
from contract.scoresheet import ScoreSheet
from report.build import build_whole_report
from report.model import CandidateInfo, InterviewReport
from report.scoring import given_answers, may_score

# of these the newest: so that time and memory have an end
MOST_INTERVIEWS = 2000
MOST_ANSWERS = 3000
_LANGUAGE = "zh_CN"
# nothing can be learned from such an interview, and that is nobody's fault
_CLOSED = frozenset({ErrorCode.KEY_DESTROYED, ErrorCode.SEALED_DAMAGED, ErrorCode.KIT_MISSING})
Pulse = Callable[[int, int], None]


class Target(StrEnum):
    """What a model foresees."""

    RATINGS = "ratings"
    PERFORMANCE = "performance"


@dataclass(frozen=True)
class Opened:
    """``candidate``: the same for all interviews of one person. ``parts``: ids of the whole's."""

    interview_id: str
    invitation_id: str | None
    candidate: str
    parts: tuple[str, ...]
    report: InterviewReport
    kit: Kit
    sheet: ScoreSheet


@dataclass
class Collected:
    """Rated answers of one language, the newest first. ``at``: when each was rated."""

    examples: list[Example] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    interviews: int = 0
    raters: set[str] = field(default_factory=set)

    @property
    def until(self) -> datetime:
        return max(self.at, default=datetime.fromtimestamp(0, UTC))


@dataclass(frozen=True)
class _Wanted:
    """``ratings``: question -> 0..100; ``whole``: for every question instead."""

    at: datetime
    raters: frozenset[str] = frozenset()
    ratings: Mapping[str, float] = field(default_factory=dict)
    whole: float | None = None

    def of(self, question_id: str) -> float | None:
        return self.whole if self.whole is not None else self.ratings.get(question_id)


def collect(hr: Runtime, target: Target, embedders: Embedders, pulse: Pulse) -> dict[str, Collected]:
    """Language -> rated answers. ``pulse``: told how many interviews of how many are read; may raise to stop."""
    with hr.db.read() as session:
        later = performances(session) if target is Target.PERFORMANCE else {}
        ids = list(later)[:MOST_INTERVIEWS] if target is Target.PERFORMANCE else _rated(session)
    made: dict[str, Collected] = {}
    for number, interview_id in enumerate(ids):
        pulse(number, len(ids))
        found = open_interview(hr, interview_id)
        if found is None:
            continue
        if target is Target.PERFORMANCE:
            points, at = later[interview_id]
            wanted = _Wanted(at, whole=points)
        else:
            wanted = _ratings_of(hr, found)
        _take(found, wanted, embedders, made)
    return made


def _take(found: Opened, wanted: _Wanted, embedders: Embedders, made: dict[str, Collected]) -> None:
    answers = given_answers(found.report, found.kit, found.sheet)
    for language in sorted({one.answer.language for one in answers}):
        room = made.setdefault(language, Collected())
        embedder = embedders.of(language)
        chosen = [
            (one.asked(embedder), one.answer, rating)
            for one in answers
            if one.answer.language == language and (rating := wanted.of(one.question.question_id)) is not None
        ]
        taken = read_all([(asked, answer) for asked, answer, _ in chosen], embedder)
        examples = [
            made_of
            for (asked, _, rating), one in zip(chosen, taken, strict=True)
            if (made_of := example(Rated(asked, one, rating, found.candidate))) is not None
        ]
        if examples and len(room.examples) + len(examples) <= MOST_ANSWERS:
            room.examples += examples
            room.at += [wanted.at] * len(examples)
            room.interviews += 1
            room.raters |= wanted.raters


def open_interview(hr: Runtime, interview_id: str) -> Opened | None:
    """None where nothing may be learned of it, or can be: no consent to scoring, a deletion asked for, over, sealed."""
    try:
        return _open(hr, interview_id)
    except XudaError as error:
        if error.code not in _CLOSED:
            raise
        return None


def _open(hr: Runtime, interview_id: str) -> Opened | None:
    with hr.db.read() as session:
        row = session.get(Interview, interview_id)
        if row is None or row.deleted_at is not None or row.practice:
            return None
        rows = wholes.rows_of(session, row)
        ids = [part.id for part in rows]
        asked = select(Deletion.interview_id).where(Deletion.interview_id.in_(ids)).limit(1)
        kit = kit_of(session, rows)
        if kit is None or session.scalar(asked) is not None or wholes.withdrawn(session, rows):
            return None
        given = sources(hr, session, rows)
        sheet = sheet_of(kit, rubrics.of_kit(session, kit))
        candidate = row.invitation.candidate_id if row.invitation else row.id
        invitation = row.invitation_id
    if _over(hr, ids):
        return None
    report = build_whole_report(given, candidate=CandidateInfo(), generated_at=hr.now(), language=_LANGUAGE)
    if not may_score(report):
        return None
    return Opened(interview_id, invitation, candidate, tuple(ids), report, kit, sheet)


def _over(hr: Runtime, ids: Iterable[str]) -> bool:
    """Whether the time the candidate was told is over, also where a legal hold still keeps it."""
    ends = [due.ends_at for name in ids if (due := retention.of_interview(hr, name)) is not None]
    return not ends or max(ends) <= hr.now()


# ---- what people gave ------------------------------------------------------------------------------------------------


def _rated(session: Session) -> list[str]:
    """Interviews with a scorecard that was handed in, the newest first."""
    newest = func.max(Scorecard.updated_at)
    query = select(Scorecard.interview_id).join(Interview, Interview.id == Scorecard.interview_id)
    query = query.where(Scorecard.state == CardState.FINAL.value, Interview.deleted_at.is_(None))
    query = query.where(Interview.practice.is_(False)).group_by(Scorecard.interview_id)
    return list(session.scalars(query.order_by(newest.desc(), Scorecard.interview_id).limit(MOST_INTERVIEWS)))


def _ratings_of(hr: Runtime, found: Opened) -> _Wanted:
    """The mean of what people gave each question; a person's is that of its dimensions by their weights."""
    given: dict[str, list[float]] = {}
    with hr.db.read() as session:
        final = Scorecard.state == CardState.FINAL.value
        cards = session.scalars(select(Scorecard).where(Scorecard.interview_id.in_(found.parts), final)).all()
        for card in cards:
            rubric = rubrics.one(session, card.rubric_id, found.kit).rubric
            for question_id, points in rating(found.kit, rubric, content_of(hr, card)).items():
                given.setdefault(question_id, []).append(points)
    means = {question_id: sum(points) / len(points) for question_id, points in given.items()}
    at = max((card.updated_at for card in cards), default=hr.now())
    return _Wanted(at, frozenset(card.user_id for card in cards), means)


def rating(kit: Kit, rubric: Rubric, content: Content) -> dict[str, float]:
    """Question -> what one person gave it, 0..100, for those that were rated."""
    levels = content.levels()
    made = {}
    for question in kit.questions:
        rated = [
            (one.weight, POINTS[levels[question.question_id, one.dimension_id]])
            for one in rubric.of(question)
            if (question.question_id, one.dimension_id) in levels
        ]
        whole = sum(weight for weight, _ in rated)
        if whole:
            made[question.question_id] = sum(weight * points for weight, points in rated) / whole
    return made


def performances(session: Session) -> dict[str, tuple[float, datetime]]:
    """Interview inside the organisation -> the employee's newest performance, 0..100, noted after it had ended."""
    query = select(Interview.id, EmployeeScore.tenths, EmployeeScore.noted_at)
    query = query.join(EmployeeInvitation, EmployeeInvitation.invitation_id == Interview.invitation_id)
    query = query.join(EmployeeScore, EmployeeScore.employee_id == EmployeeInvitation.employee_id)
    query = query.where(
        EmployeeScore.kind == ScoreKind.PERFORMANCE.value,
        EmployeeScore.noted_at >= Interview.ended_at,
        Interview.leading.is_(True),
        Interview.deleted_at.is_(None),
        Interview.practice.is_(False),
    )
    rows = session.execute(query.order_by(EmployeeScore.noted_at, EmployeeScore.label))
    newest = {interview_id: (tenths / 10, at) for interview_id, tenths, at in rows}
    return dict(sorted(newest.items(), key=lambda one: one[1][1], reverse=True))
