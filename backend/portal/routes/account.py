"""The own account: who I am, change the password."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form, Response

from backend.portal.routes.sign_in import refusal
from backend.portal.visit import READERS, Member, MemberForm, Visit
from backend.services import blind, logins, passwords, scope, second_factor
from backend.services.second_factor import NewAuthenticator
from contract.errors import ErrorCode, XudaError

router = APIRouter()


@router.get("/account")
def account_page(visit: Member, changed: int = 0) -> Response:
    return _page(visit, changed=changed == 1)


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


@router.post("/account/logins/end")
def end_logins(visit: MemberForm, login: Annotated[str, Form(max_length=16)] = "") -> Response:
    """One of the person's other logins; without a name all of them."""
    logins.end(visit.hr, visit.actor, visit.token or "", login)
    return visit.redirect("/account#logins")


@router.post("/account/recovery")
def new_recovery_codes(visit: MemberForm, totp: Annotated[str, Form(max_length=20)] = "") -> Response:
    """The answer shows the codes, once."""
    try:
        return _page(visit, codes=second_factor.new_codes(visit.hr, visit.token or "", totp))
    except XudaError as error:
        return _page(visit, factor_problem=refusal(visit, error), status=401)


@router.post("/account/authenticator")
def begin_authenticator(visit: MemberForm, password: Annotated[str, Form(max_length=1024)] = "") -> Response:
    """The answer shows the new secret."""
    try:
        return _page(visit, authenticator=second_factor.begin(visit.hr, visit.token or "", password))
    except XudaError as error:
        return _page(visit, factor_problem=refusal(visit, error), status=401)


@router.post("/account/authenticator/confirm")
def confirm_authenticator(
    visit: MemberForm, held: Annotated[str, Form(max_length=2000)] = "", totp: Annotated[str, Form(max_length=20)] = ""
) -> Response:
    token = visit.token or ""
    try:
        shown = second_factor.again(visit.hr, token, held)
        second_factor.finish(visit.hr, token, held, totp)
    except XudaError as error:
        if error.field != "totp":
            raise XudaError(ErrorCode.FORBIDDEN, field="form") from error
        return _page(visit, authenticator=shown, factor_problem=refusal(visit, error), status=401)
    return visit.redirect("/account?changed=2#recovery")


def _page(
    visit: Visit,
    *,
    changed: bool = False,
    problem: str = "",
    status: int = 200,
    codes: list[str] | None = None,
    factor_problem: str = "",
    authenticator: NewAuthenticator | None = None,
) -> Response:
    image = ""
    if authenticator is not None:
        image = str(segno.make(authenticator.uri, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff"))
    return visit.page(
        "account.html",
        logins=logins.lines(visit.hr, visit.actor, visit.token or ""),
        codes=codes,
        codes_left=second_factor.left(visit.hr, visit.actor),
        factor_problem=factor_problem,
        authenticator=authenticator,
        authenticator_image=image,
        status=status,
        changed=changed,
        problem=problem,
        least=passwords.LEAST,
        blind=blind.switched(visit.hr, visit.actor) if visit.actor.role in READERS else None,
    )
