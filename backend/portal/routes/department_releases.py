"""Letting heads of departments see an interview, or a whole batch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal.visit import STAFF, MemberForm, Visit
from backend.services import department_releases, scope
from backend.services.department_releases import DepartmentView

router = APIRouter()
_Short = Annotated[str, Form(max_length=5)]


@router.post("/interviews/{interview_id}/department")
def release(visit: MemberForm, interview_id: str, on: _Short = "") -> Response:
    scope.require(visit.actor, *STAFF)
    change = department_releases.release if on == "yes" else department_releases.take_back
    change(visit.hr, visit.actor, interview_id)
    return visit.redirect(f"/interviews/{interview_id}#department")


@router.post("/batches/{batch_id}/department")
def open_batch(visit: MemberForm, batch_id: str, on: _Short = "") -> Response:
    """All interviews of the batch, also those to come."""
    department_releases.open_batch(visit.hr, visit.actor, batch_id, on=on == "yes")
    return visit.redirect(f"/batches/{batch_id}#department")


def about_interview(visit: Visit, interview_id: str) -> DepartmentView | None:
    """What the review page shows of it; None for those who do not decide it."""
    if visit.actor.role not in STAFF:
        return None
    return department_releases.view(visit.hr, visit.actor, interview_id)
