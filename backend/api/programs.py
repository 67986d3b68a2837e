"""The REST API for programs of the organisation (``/api/v1``), each request with a token and its scopes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel

from backend.api.asking import Hr, address, bearer
from backend.api.description import asked_by, problems
from backend.services import feeds, inviting, structure
from backend.services.api_tokens import Caller, Scope, authenticate
from backend.services.candidates import Person
from backend.services.departments import DepartmentDraft
from backend.services.feed_models import (
    BatchItem,
    CandidateItem,
    CandidateWish,
    DecisionItem,
    DepartmentItem,
    DepartmentWish,
    InterviewItem,
    InvitedItem,
    Page,
    PositionItem,
    PositionWish,
    RequisitionItem,
    ResultItem,
)
from backend.services.feeds import MOST, Ask
from backend.services.positions import PositionDraft
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_Item = TypeVar("_Item", bound=BaseModel)
_SINCE = Query(
    description="Only what changed at this time or later, with an offset: `2026-12-01T04:00:00Z`.",
    max_length=40,
    json_schema_extra={"format": "date-time"},
)
_CURSOR = Query(description="`next` of the page before, as it was given.", max_length=400)
_LIMIT = Query(ge=1, le=MOST)
_ID = Path(max_length=64)


def _ask(
    changed_since: Annotated[str | None, _SINCE] = None,
    cursor: Annotated[str | None, _CURSOR] = None,
    limit: Annotated[int, _LIMIT] = 50,
) -> Ask:
    return Ask(None if changed_since is None else _moment(changed_since), cursor, limit)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="changed_since") from error


def _needs(wanted: Scope) -> Callable[..., Caller]:
    def caller(request: Request, hr: Hr) -> Caller:
        found = authenticate(hr, bearer(request), address(request))
        found.require(wanted)
        return found

    return caller


def _of(wanted: Scope, *also: int) -> dict[str, Any]:
    """What a route says of itself."""
    extra = {**asked_by("token"), "description": f"Needs the scope `{wanted.value}`."}
    return {"openapi_extra": extra, "responses": problems(401, 403, 422, 429, *also)}


Asked = Annotated[Ask, Depends(_ask)]
_S = Scope
_Requisitions = Annotated[Caller, Depends(_needs(_S.REQUISITIONS_READ))]
_Candidates = Annotated[Caller, Depends(_needs(_S.CANDIDATES_READ))]
_Inviter = Annotated[Caller, Depends(_needs(_S.CANDIDATES_WRITE))]
_Interviews = Annotated[Caller, Depends(_needs(_S.INTERVIEWS_READ))]
_Results = Annotated[Caller, Depends(_needs(_S.RESULTS_READ))]
_Decisions = Annotated[Caller, Depends(_needs(_S.DECISIONS_READ))]
_Organisation = Annotated[Caller, Depends(_needs(_S.ORGANISATION_READ))]
_Organiser = Annotated[Caller, Depends(_needs(_S.ORGANISATION_WRITE))]


@router.get("/requisitions", **_of(_S.REQUISITIONS_READ))
def get_requisitions(
    hr: Hr, caller: _Requisitions, ask: Asked, state: Annotated[str | None, Query(max_length=16)] = None
) -> Page[RequisitionItem]:
    return feeds.requisitions(hr, caller.actor, ask, state=state)


@router.get("/requisitions/{requisition_id}", **_of(_S.REQUISITIONS_READ, 404))
def get_requisition(hr: Hr, caller: _Requisitions, requisition_id: Annotated[str, _ID]) -> RequisitionItem:
    return feeds.requisition(hr, caller.actor, requisition_id)


@router.get("/batches", **_of(_S.CANDIDATES_READ))
def get_batches(hr: Hr, caller: _Candidates, ask: Asked) -> Page[BatchItem]:
    return feeds.batches(hr, caller.actor, ask)


@router.get("/candidates", **_of(_S.CANDIDATES_READ))
def get_candidates(
    hr: Hr, caller: _Candidates, ask: Asked, batch_id: Annotated[str | None, Query(max_length=64)] = None
) -> Page[CandidateItem]:
    return feeds.candidates(hr, caller.actor, ask, batch_id=batch_id)


@router.get("/candidates/{invitation_id}", **_of(_S.CANDIDATES_READ, 404))
def get_candidate(hr: Hr, caller: _Candidates, invitation_id: Annotated[str, _ID]) -> CandidateItem:
    return _only(feeds.candidates(hr, caller.actor, Ask(), invitation_id=invitation_id), "invitation")


@router.post("/batches/{batch_id}/candidates", status_code=201, **_of(_S.CANDIDATES_WRITE, 404, 409))
def post_candidate(hr: Hr, caller: _Inviter, batch_id: Annotated[str, _ID], wish: CandidateWish) -> InvitedItem:
    """Invite somebody. 409 with `field` when the batch has somebody with this phone, address or number already."""
    person = Person(wish.name, phone=wish.phone, email=wish.email, id_number=wish.id_number)
    return inviting.invite_one(hr, caller.actor, batch_id, person)


@router.get("/interviews", **_of(_S.INTERVIEWS_READ))
def get_interviews(
    hr: Hr, caller: _Interviews, ask: Asked, state: Annotated[str | None, Query(max_length=32)] = None
) -> Page[InterviewItem]:
    return feeds.interviews(hr, caller.actor, ask, state=state)


@router.get("/interviews/{interview_id}", **_of(_S.INTERVIEWS_READ, 404))
def get_interview(hr: Hr, caller: _Interviews, interview_id: Annotated[str, _ID]) -> InterviewItem:
    return feeds.interview(hr, caller.actor, interview_id)


@router.get("/results", **_of(_S.RESULTS_READ))
def get_results(hr: Hr, caller: _Results, ask: Asked) -> Page[ResultItem]:
    """Interviews that people have scored."""
    return feeds.results(hr, caller.actor, ask)


@router.get("/interviews/{interview_id}/result", **_of(_S.RESULTS_READ, 404))
def get_result(hr: Hr, caller: _Results, interview_id: Annotated[str, _ID]) -> ResultItem:
    return _only(feeds.results(hr, caller.actor, Ask(), interview_id=interview_id), "interview")


@router.get("/decisions", **_of(_S.DECISIONS_READ))
def get_decisions(hr: Hr, caller: _Decisions, ask: Asked, released: bool | None = None) -> Page[DecisionItem]:
    """The newest on an interview counts."""
    return feeds.decisions(hr, caller.actor, ask, released=released)


@router.get("/departments", **_of(_S.ORGANISATION_READ))
def get_departments(hr: Hr, caller: _Organisation) -> list[DepartmentItem]:
    return feeds.departments(hr, caller.actor)


@router.put("/departments/{department_id}", status_code=204, **_of(_S.ORGANISATION_WRITE, 404, 409))
def put_department(hr: Hr, caller: _Organiser, department_id: Annotated[str, _ID], wish: DepartmentWish) -> Response:
    """Add it, or change it to this; the same again changes nothing."""
    structure.put_department(hr, caller.actor, department_id, DepartmentDraft(wish.parent_id, wish.name))
    return Response(status_code=204)


@router.get("/positions", **_of(_S.ORGANISATION_READ))
def get_positions(hr: Hr, caller: _Organisation) -> list[PositionItem]:
    return feeds.position_items(hr, caller.actor)


@router.put("/positions/{code}", status_code=204, **_of(_S.ORGANISATION_WRITE, 404, 409))
def put_position(hr: Hr, caller: _Organiser, code: Annotated[str, _ID], wish: PositionWish) -> Response:
    """By the code that your system has for it."""
    draft = PositionDraft(wish.department_id, wish.title, wish.headcount, wish.staffed, wish.skills)
    structure.put_position(hr, caller.actor, code, draft)
    return Response(status_code=204)


def _only(page: Page[_Item], field: str) -> _Item:
    if not page.items:
        raise XudaError(ErrorCode.NOT_FOUND, field=field)
    return page.items[0]
