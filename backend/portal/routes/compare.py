"""Two to five interviews side by side: the same question, what each said, and how it was rated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response

from backend.portal import figures
from backend.portal.answers import AnswerView, answer_views
from backend.portal.visit import READERS, STAFF, Member, Visit
from backend.services import audit, interviews, reports, scope, scorecard_board
from backend.services.interviews import InterviewSummary
from backend.services.rubric import Dimension
from backend.services.scorecard_board import Board
from contract.errors import ErrorCode, XudaError
from report.model import QuestionInfo
from report.score_model import AssessmentInfo

router = APIRouter()
FEWEST, MOST = 2, 5


@dataclass(frozen=True, slots=True)
class Column:
    """One candidate. ``board`` is None for those who rate nothing, ``ai``: None for whom its score is withheld from."""

    line: InterviewSummary
    answers: dict[str, AnswerView]
    board: Board | None
    ai: AssessmentInfo | None


@dataclass(frozen=True, slots=True)
class Rated:
    """A dimension with one text per column: the own level, and the mean of all once it may be seen."""

    dimension: Dimension
    levels: list[str]


@dataclass(frozen=True, slots=True)
class Row:
    """A question with one answer, or None, per column."""

    question_id: str
    prompt: str
    stage: str
    cells: list[AnswerView | None]
    rated: list[Rated]


@router.get("/compare")
def compare(visit: Member, i: Annotated[list[str] | None, Query(max_length=MOST + 1)] = None) -> Response:
    """``i``: ids of the interviews, each once."""
    scope.require(visit.actor, *READERS)
    ids = list(dict.fromkeys(i or []))
    if not FEWEST <= len(ids) <= MOST:
        return visit.page("compare.html", status=422, columns=[], rows=[])
    columns, rows = _side_by_side(visit, ids)
    for name in ids:
        audit.record_now(visit.hr, visit.actor, "compare_interviews", f"interview:{name}", among=len(ids))
    return visit.page(
        "compare.html",
        columns=columns,
        rows=rows,
        unlocked=visit.login is not None and visit.login.fresh,
    )


def _side_by_side(visit: Visit, ids: list[str]) -> tuple[list[Column], list[Row]]:
    columns: list[Column] = []
    questions: dict[str, QuestionInfo] = {}
    for name in ids:
        line = interviews.summary(visit.hr, visit.actor, name)
        if line.interview_id in {column.line.interview_id for column in columns}:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="i")  # two parts of one interview
        report = reports.build(visit.hr, visit.actor, name, visit.language)
        counted = [view for view in answer_views(visit.hr, report) if not (view.info.beside or view.info.superseded)]
        for question in (*(view.info for view in counted), *report.unanswered):
            questions.setdefault(question.question_id, question)
        board = scorecard_board.board(visit.hr, visit.actor, name) if visit.actor.role in STAFF else None
        columns.append(Column(line, {view.info.question_id: view for view in counted}, board, report.assessment))
    return columns, [_row(question, columns) for question in questions.values()]


def _row(question: QuestionInfo, columns: list[Column]) -> Row:
    name = question.question_id
    dimensions: dict[str, Dimension] = {}
    for column in columns:
        if column.board and column.board.sheet.dimensions(name):
            for dimension in column.board.sheet.rated_by.rubric.of(column.board.sheet.kit.question(name)):
                dimensions.setdefault(dimension.dimension_id, dimension)
    rated = [
        Rated(dimension, [_level(column.board, name, key) for column in columns])
        for key, dimension in dimensions.items()
    ]
    return Row(name, question.prompt, question.stage, [column.answers.get(name) for column in columns], rated)


def _level(board: Board | None, question_id: str, dimension_id: str) -> str:
    """The own level; where others' may be seen, the mean of all."""
    if board is None:
        return "–"
    key = question_id, dimension_id
    given = board.results.given if board.results else []
    levels = [mark.level for one in given if (mark := one.marks.get(key)) and mark.level]
    mine = board.card.content.levels().get(key)
    if len(levels) > 1 or (levels and mine is None):
        return f"⌀ {figures.total(sum(levels) / len(levels))}"
    return str(mine or "–")
