"""The own account: who I am, change the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.portal.routes.sign_in import refusal
from backend.portal.visit import READERS, Member, MemberForm, Visit
from backend.services import blind, passwords, scope
from contract.errors import ErrorCode, XudaError

router = APIRouter()


@router.get("/account")
def account_page(visit: Member, changed: int = 0) -> Response:
    return _page(visit, changed=bool(changed))


@router.post("/account/blind")
def switch_blind(visit: MemberForm, on: Annotated[str, Form(max_length=5)] = "") -> Response:
    """Whether interviews are rated without knowing whom."""
    scope.require(visit.actor, *READERS)
    blind.switch(visit.hr, visit.actor, on=on == "yes")
    return visit.redirect("/account#blind")


@router.post("/account/password")
def change_password(
    visit: MemberForm,
    totp: Annotated[str, Form(max_length=20)] = "",
    old: Annotated[str, Form(max_length=1024)] = "",
    new: Annotated[str, Form(max_length=1024)] = "",
    again: Annotated[str, Form(max_length=1024)] = "",
) -> Response:
    t = visit.texts.gettext
    if new != again:
        return _page(visit, problem=t("The two new passwords are not the same."), status=422)
    try:
        passwords.change(visit.hr, visit.token or "", old=old, new=new, totp=totp)
    except XudaError as error:
        if error.code is ErrorCode.SETTING_INVALID:
            least = t("The new password needs at least {n} characters.").format(n=passwords.LEAST)
            return _page(visit, problem=least, status=422)
        return _page(visit, problem=refusal(visit, error), status=401)
    return visit.redirect("/account?changed=1")


def _page(visit: Visit, *, changed: bool = False, problem: str = "", status: int = 200) -> Response:
    return visit.page(
        "account.html",
        status=status,
        changed=changed,
        problem=problem,
        least=passwords.LEAST,
        blind=blind.switched(visit.hr, visit.actor) if visit.actor.role in READERS else None,
    )
