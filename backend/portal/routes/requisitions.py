"""Requisitions: listed, written, approved by somebody else, with their candidates, closed and opened again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from backend.portal import staffing_words
from backend.portal.visit import STAFF, Member, MemberForm, Visit
from backend.services import decisions, listings, placements, positions, requisition_lists, requisitions, scope
from backend.services.candidate_states import Ruling
from backend.services.requisition_lists import PAGE_SIZE
from backend.services.requisition_states import BY_HAND, Move, RequisitionState, possible
from backend.services.requisitions import THRESHOLD, Wish
from contract.canonical import canonical_json
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Short = Annotated[str, Form(max_length=100)]
_Words = Annotated[str, Form(max_length=5000)]
_MOST_PAGES = 1_000_000


@router.get("/requisitions")
def requisition_list(visit: Member, state: str = "", page: int = 1) -> Response:
    wanted = RequisitionState(state) if state in set(RequisitionState) else None
    page = min(max(page, 1), _MOST_PAGES)
    lines, total = requisition_lists.listed(visit.hr, visit.actor, state=wanted, page=page)
    return visit.page(
        "requisitions.html",
        lines=lines,
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE_SIZE)),
        state=wanted,
        states=list(RequisitionState),
        counts=requisition_lists.counts(visit.hr, visit.actor),
        **_words(visit),
    )


@router.get("/requisitions.json")
def requisition_table(visit: Member, state: str = "", page: int = 1) -> Response:
    """The list for a program: an object with ``total`` and ``requisitions``, at most 50 a page."""
    wanted = RequisitionState(state) if state in set(RequisitionState) else None
    page = min(max(page, 1), _MOST_PAGES)
    lines, total = requisition_lists.listed(visit.hr, visit.actor, state=wanted, page=page)
    return _json({"total": total, "requisitions": [_plain(line) for line in lines]})


@router.get("/requisitions/new")
def new_requisition(visit: Member, position: str = "") -> Response:
    typed = {"position": position, "wanted": "1", "threshold": str(THRESHOLD), "reason": "", "needed_by": ""}
    return _form(visit, "/requisitions", typed)


@router.post("/requisitions")
def ask(
    visit: MemberForm,
    position: _Short = "",
    wanted: _Short = "",
    threshold: _Short = "",
    reason: _Words = "",
    needed_by: _Short = "",
) -> Response:
    typed = _typed(position, wanted, threshold, reason, needed_by)
    try:
        made = requisitions.ask(visit.hr, visit.actor, _wish(typed))
    except XudaError as error:
        return _form(visit, "/requisitions", typed, error=_bad_input(error))
    return visit.redirect(f"/requisitions/{made}")


@router.get("/requisitions/{requisition_id}")
def requisition_page(visit: Member, requisition_id: str, page: int = 1) -> Response:
    return _page(visit, requisition_id, page=min(max(page, 1), _MOST_PAGES))


@router.get("/requisitions/{requisition_id}/summary.json")
def requisition_summary(visit: Member, requisition_id: str) -> Response:
    """One requisition with its progress, for a program; no candidate is named."""
    return _json(_plain(requisition_lists.one(visit.hr, visit.actor, requisition_id)))


@router.get("/requisitions/{requisition_id}/edit")
def edit_requisition(visit: Member, requisition_id: str) -> Response:
    line = requisition_lists.one(visit.hr, visit.actor, requisition_id)
    needed = line.needed_by.isoformat() if line.needed_by else ""
    typed = _typed(line.position_id, str(line.wanted), str(line.threshold), line.reason, needed)
    return _form(visit, f"/requisitions/{requisition_id}/edit", typed)


@router.post("/requisitions/{requisition_id}/edit")
def change(
    visit: MemberForm,
    requisition_id: str,
    position: _Short = "",
    wanted: _Short = "",
    threshold: _Short = "",
    reason: _Words = "",
    needed_by: _Short = "",
) -> Response:
    requisition_lists.one(visit.hr, visit.actor, requisition_id)  # who may not see it learns nothing of the form
    typed = _typed(position, wanted, threshold, reason, needed_by)
    try:
        requisitions.change(visit.hr, visit.actor, requisition_id, _wish(typed))
    except XudaError as error:
        return _form(visit, f"/requisitions/{requisition_id}/edit", typed, error=_bad_input(error))
    return visit.redirect(f"/requisitions/{requisition_id}")


def _mover(move: Move) -> Callable[..., Response]:
    def step(visit: MemberForm, requisition_id: str, words: _Words = "") -> Response:
        try:
            requisitions.move(visit.hr, visit.actor, requisition_id, move, words)
        except XudaError as error:
            if error.code is ErrorCode.NOT_FOUND or (error.code is ErrorCode.FORBIDDEN and error.field is None):
                raise
            return _page(visit, requisition_id, error=error)
        return visit.redirect(f"/requisitions/{requisition_id}")

    return step


for _move in BY_HAND:
    router.add_api_route(f"/requisitions/{{requisition_id}}/{_move.value}", _mover(_move), methods=["POST"])


@router.post("/requisitions/{requisition_id}/confirm/{interview_id}")
def confirm(visit: MemberForm, requisition_id: str, interview_id: str) -> Response:
    """A person confirms a proposal: the candidate is 待入职."""
    scope.require(visit.actor, *STAFF)
    line = requisition_lists.of_interview(visit.hr, visit.actor, interview_id)
    try:
        if line is None or line.requisition_id != requisition_id:
            raise XudaError(ErrorCode.CONFLICT, field="requisition")
        decisions.decide(visit.hr, visit.actor, interview_id, Ruling.ONBOARD)
    except XudaError as error:
        if error.code in (ErrorCode.NOT_FOUND, ErrorCode.FORBIDDEN):
            raise
        return _page(visit, requisition_id, error=error)
    return visit.redirect(f"/requisitions/{requisition_id}#candidates")


@router.post("/placements/{placement_id}/free")
def free(visit: MemberForm, placement_id: str) -> Response:
    return visit.redirect(f"/requisitions/{placements.free(visit.hr, visit.actor, placement_id)}#candidates")


@router.post("/placements/{placement_id}/joined")
def joined(visit: MemberForm, placement_id: str) -> Response:
    return visit.redirect(f"/requisitions/{placements.joined(visit.hr, visit.actor, placement_id)}#candidates")


def _page(visit: Visit, requisition_id: str, *, page: int = 1, error: XudaError | None = None) -> Response:
    hr, actor = visit.hr, visit.actor
    line = requisition_lists.one(hr, actor, requisition_id)
    mine = requisitions.may_approve(hr, actor, requisition_id)
    # who had a hand in it takes it back instead of judging it
    moves = [move for move in possible(line.state, actor.role) if mine or move not in (Move.APPROVE, Move.REJECT)]
    found = requisition_lists.candidates(hr, actor, requisition_id, page=page)
    return visit.page(
        "requisition.html",
        status=200 if error is None else _status(error),
        line=line,
        moves=moves,
        others=line.state is RequisitionState.SUBMITTED and actor.role in STAFF and not mine,
        found=found,
        page=page,
        pages=max(1, -(-found.total // PAGE_SIZE)),
        batches=listings.batches_of(hr, actor, requisition_id),
        steps=requisitions.steps(hr, actor, requisition_id),
        decides=actor.role in STAFF,
        problem=staffing_words.problem(visit, error) if error else "",
        **_words(visit),
    )


def _form(visit: Visit, target: str, typed: dict[str, str], *, error: XudaError | None = None) -> Response:
    return visit.page(
        "requisition_form.html",
        status=200 if error is None else _status(error),
        target=target,
        typed=typed,
        lines=positions.lines(visit.hr, visit.actor),
        problem=staffing_words.problem(visit, error) if error else "",
    )


def _bad_input(error: XudaError) -> XudaError:
    """What the person can mend in the form; raises anything else."""
    if error.code in (ErrorCode.SETTING_INVALID, ErrorCode.ILLEGAL_STATE):
        return error
    raise error


def _status(error: XudaError) -> int:
    return {ErrorCode.FORBIDDEN: 403, ErrorCode.CONFLICT: 409}.get(error.code, 422)


def _typed(position: str, wanted: str, threshold: str, reason: str, needed_by: str) -> dict[str, str]:
    return {
        "position": position,
        "wanted": wanted,
        "threshold": threshold,
        "reason": reason,
        "needed_by": needed_by,
    }


def _wish(typed: dict[str, str]) -> Wish:
    """Raises XudaError(SETTING_INVALID) with the field."""
    if not typed["position"]:
        raise XudaError(ErrorCode.SETTING_INVALID, field="position")
    return Wish(
        position_id=typed["position"],
        wanted=number(typed["wanted"], "wanted"),
        threshold=number(typed["threshold"], "threshold"),
        reason=typed["reason"],
        needed_by=_day(typed["needed_by"]),
    )


def number(text: str, field: str) -> int:
    """A whole number from 0 on. Raises XudaError(SETTING_INVALID)."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    return int(digits)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise XudaError(ErrorCode.SETTING_INVALID, field="needed_by") from None


def _words(visit: Visit) -> dict[str, Any]:
    return {
        "requisition_tone": lambda state: staffing_words.STATE_TONES[state],
        "requisition_words": lambda state: staffing_words.requisition_state(visit, state),
        "move_button": lambda move: staffing_words.move_button(visit, move),
        "move_done": lambda move: staffing_words.move_done(visit, move),
    }


def _plain(line: requisition_lists.RequisitionLine) -> dict[str, Any]:
    found = asdict(line)
    found["needed_by"] = line.needed_by.isoformat() if line.needed_by else None
    found["updated_at"] = line.updated_at.isoformat()
    return found


def _json(value: dict[str, Any]) -> Response:
    return Response(canonical_json(value), media_type="application/json")
