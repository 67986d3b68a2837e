"""A candidate's phone and e-mail address, corrected by hand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal.visit import Member, MemberForm, Visit
from backend.services import contacts
from contract.errors import ErrorCode, XudaError

router = APIRouter()


@router.get("/invitations/{invitation_id}/contact")
def contact_page(visit: Member, invitation_id: str) -> Response:
    found = contacts.contact(visit.hr, visit.actor, invitation_id)
    return _page(visit, invitation_id, found.phone, found.email)


@router.post("/invitations/{invitation_id}/contact")
def correct(
    visit: MemberForm,
    invitation_id: str,
    phone: Annotated[str, Form(max_length=40)] = "",
    email: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    try:
        found = contacts.correct(visit.hr, visit.actor, invitation_id, phone=phone, email=email)
    except XudaError as error:
        if error.code not in (ErrorCode.SETTING_INVALID, ErrorCode.CONFLICT):
            raise
        return _page(visit, invitation_id, phone, email, problem=_words(visit, error), status=422)
    return visit.redirect(f"/batches/{found.batch_id}/sending?which=troubled")


def _page(
    visit: Visit, invitation_id: str, phone: str, email: str, *, problem: str = "", status: int = 200
) -> Response:
    found = contacts.contact(visit.hr, visit.actor, invitation_id)
    given = {"phone": phone, "email": email}
    return visit.page(
        "contact.html", status=status, found=found, given=given, invitation_id=invitation_id, problem=problem
    )


def _words(visit: Visit, error: XudaError) -> str:
    t = visit.texts.gettext
    if error.code is ErrorCode.CONFLICT:
        return t("Another candidate of this batch has the same. Nothing was changed.")
    if error.field == "email":
        return t("This is no e-mail address. Please check what is typed.")
    return t("This is no phone number, or nothing would be left to know the candidate by.")
