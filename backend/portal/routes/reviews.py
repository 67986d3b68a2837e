"""Scorecards and comments on the review page: forms that work alone, and that a script keeps saving meanwhile."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from backend.portal import figures, review_words, staffing_words
from backend.portal.visit import STAFF, MemberForm, Visit
from backend.services import review_comments, scope, scorecard_board, scorecards
from backend.services.rubric import POINTS, Dimension
from backend.services.scorecard_board import Board
from backend.services.scorecard_sheet import LONGEST_COMMENT, LONGEST_SUMMARY, CardState, CardView, Content
from contract.errors import ErrorCode, XudaError

router = APIRouter()
LEVEL, WORDS = "level", "words"
# between the parts of a field's name; ids of questions and dimensions have none of it
_BAR = "|"


async def _fields(request: Request) -> dict[str, str]:
    """The form as it was typed: which fields there are, the rubric says."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Fields = Annotated[dict[str, str], Depends(_fields)]


@router.post("/interviews/{interview_id}/scorecard")
def scorecard(visit: MemberForm, fields: Fields, interview_id: str) -> Response:
    """``do``: save, hand_in, change (with a reason), discard, look."""
    scope.require(visit.actor, *STAFF)
    hr, actor, do = visit.hr, visit.actor, fields.get("do", "save")
    try:
        if do == "look":
            scorecards.look(hr, actor, interview_id)
        elif do == "discard":
            scorecards.discard(hr, actor, interview_id)
        else:
            card = _keep(visit, interview_id, do, fields)
            if _by_script(visit):
                return JSONResponse(_state(visit, card))
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return visit.redirect(f"/interviews/{interview_id}#scorecard")


def _keep(visit: Visit, interview_id: str, do: str, fields: dict[str, str]) -> CardView:
    content, revision = typed(fields), fields.get("revision", "")
    if not (revision.isascii() and revision.isdigit() and len(revision) < 10):
        raise XudaError(ErrorCode.FORMAT_INVALID, field="revision")
    if do == "hand_in":
        return scorecards.hand_in(visit.hr, visit.actor, interview_id, content, int(revision))
    if do == "change":
        reason = fields.get("reason", "")
        return scorecards.change(visit.hr, visit.actor, interview_id, content, int(revision), reason)
    return scorecards.save(visit.hr, visit.actor, interview_id, content, int(revision))


def typed(fields: dict[str, str]) -> Content:
    """Fields ``level|QUESTION|DIMENSION`` and ``words|…``, and ``summary``.

    Raises XudaError(SETTING_INVALID) with ``field`` words for what is too long, FORMAT_INVALID.
    """
    ratings: dict[str, dict[str, dict[str, Any]]] = {}
    for name, value in fields.items():
        kind, _, place = name.partition(_BAR)
        question, bar, dimension = place.partition(_BAR)
        if kind not in (LEVEL, WORDS) or not bar or not value.strip():
            continue
        mark = ratings.setdefault(question, {}).setdefault(dimension, {})
        mark["level" if kind == LEVEL else "comment"] = value.strip()
    summary = fields.get("summary", "").strip()
    long = [
        mark for given in ratings.values() for mark in given.values() if len(mark.get("comment", "")) > LONGEST_COMMENT
    ]
    if long or len(summary) > LONGEST_SUMMARY:
        raise XudaError(ErrorCode.SETTING_INVALID, field="comment")
    try:
        return Content.model_validate({"ratings": ratings, "summary": summary})
    except ValidationError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field="level") from error


@router.post("/interviews/{interview_id}/comments")
def add_comment(
    visit: MemberForm,
    interview_id: str,
    answer: Annotated[str, Form(max_length=64)] = "",
    at: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    scope.require(visit.actor, *STAFF)
    try:
        review_comments.add(visit.hr, visit.actor, interview_id, answer, text, review_words.seconds(at))
    except XudaError as error:
        return _refused(visit, interview_id, error)
    return _comments(visit, interview_id, answer)


@router.post("/interviews/{interview_id}/comments/{comment_id}/remove")
def remove_comment(
    visit: MemberForm, interview_id: str, comment_id: str, answer: Annotated[str, Form(max_length=64)] = ""
) -> Response:
    scope.require(visit.actor, *STAFF)
    review_comments.remove(visit.hr, visit.actor, interview_id, comment_id)
    return _comments(visit, interview_id, answer)


def _comments(visit: Visit, interview_id: str, answer_id: str) -> Response:
    """The answer's comments alone for the script; the page again for a form."""
    if not _by_script(visit):
        return visit.redirect(f"/interviews/{interview_id}#comments-{answer_id}")
    found = scorecard_board.board(visit.hr, visit.actor, interview_id)
    others = found is not None and found.open_eyes
    comments = review_comments.of_interview(visit.hr, visit.actor, interview_id, others=others)
    return visit.page(
        "comments.html",
        comments=comments.get(answer_id, []),
        answer_id=answer_id,
        interview_id=interview_id,
        clock=review_words.clock,
    )


def about_interview(visit: Visit, interview_id: str) -> dict[str, Any] | None:
    """What the review page shows of it; None for those who rate nothing."""
    if visit.actor.role not in STAFF:
        return None
    found = scorecard_board.board(visit.hr, visit.actor, interview_id)
    comments = review_comments.of_interview(
        visit.hr, visit.actor, interview_id, others=found is not None and found.open_eyes
    )
    changing = visit.request.query_params.get("change") == "1"
    return {
        "board": found,
        "comments": comments,
        "clock": review_words.clock,
        "points": POINTS,
        "rated": lambda question_id: _rated(found, question_id),
        "marks": found.card.content.marks() if found else {},
        "writable": found is not None and _writable(found, changing),
        "changing": found is not None and found.card.state is CardState.FINAL and changing,
        "longest": LONGEST_COMMENT,
        "longest_summary": LONGEST_SUMMARY,
    }


def _writable(found: Board, changing: bool) -> bool:
    state = found.card.state
    return found.may_rate and (state is CardState.DRAFT or (state is CardState.FINAL and changing))


def _rated(found: Board | None, question_id: str) -> list[Dimension]:
    """By what the answer to a question is rated."""
    if found is None or not found.sheet.dimensions(question_id):
        return []
    return found.sheet.rated_by.rubric.of(found.sheet.kit.question(question_id))


def _state(visit: Visit, card: CardView) -> dict[str, Any]:
    return {
        "revision": card.revision,
        "missing": card.missing,
        "words": review_words.progress(visit, card),
        "total": figures.total(card.total),
    }


def _by_script(visit: Visit) -> bool:
    return visit.request.headers.get("x-script") == "1"


def _refused(visit: Visit, interview_id: str, error: XudaError) -> Response:
    """The reason on a page of its own, or for the script. Raises what is no affair of the form."""
    if error.code in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
        raise error
    status = 409 if error.code is ErrorCode.CONFLICT else 422
    words = review_words.problem(visit, error) or staffing_words.problem(visit, error)
    if _by_script(visit):
        return JSONResponse({"problem": words}, status_code=status)
    return visit.page("refused.html", status=status, problem=words, back=f"/interviews/{interview_id}#scorecard")
