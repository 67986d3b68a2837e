"""Login with password and one-time code, logout, language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.db.models import Role
from backend.portal.visit import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    Member,
    MemberForm,
    Visit,
    Visitor,
    VisitorForm,
    safe_next,
)
from backend.services import auth
from backend.services.logins import browser_of
from contract.catalog import STAFF_LANGUAGES
from contract.errors import ErrorCode, XudaError

router = APIRouter()
_YEAR = 365 * 24 * 3600


@router.get("/")
def start(visit: Member) -> Response:
    return visit.redirect("/audit" if visit.actor.role is Role.AUDITOR else "/interviews")


@router.get("/login")
def login_page(visit: Visitor, next: str = "/") -> Response:
    if visit.login is not None:
        return visit.redirect(safe_next(next))
    return visit.page("login.html", next=safe_next(next), username="", problem="")


@router.post("/login")
def login(
    visit: VisitorForm,
    username: Annotated[str, Form(max_length=120)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    totp: Annotated[str, Form(max_length=20)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    try:
        token = auth.login(
            visit.hr, username.strip(), password, totp, address=visit.address, browser=browser_of(visit.agent)
        )
    except XudaError as error:
        status = 429 if error.code is ErrorCode.RATE_LIMITED else 401
        problem = refusal(visit, error)
        return visit.page("login.html", status=status, next=safe_next(next), username=username, problem=problem)
    if visit.login is not None:
        auth.logout(visit.hr, visit.token or "")  # the login this browser had before
    response = visit.redirect(safe_next(next))
    visit.set_cookie(response, SESSION_COOKIE, token)
    return response


def refusal(visit: Visit, error: XudaError) -> str:
    """Why a password or code was not accepted. Raises the error again when it is about something else."""
    t = visit.texts.gettext
    if error.code is ErrorCode.RATE_LIMITED:
        return t("Too many tries. Please wait {seconds} seconds and try again.").format(seconds=error.params["seconds"])
    if error.code is not ErrorCode.UNAUTHORIZED:
        raise error
    if error.field == "totp":
        return t("This code is not right or was used before. Wait for the next one and try again.")
    return t("Name, password or one-time code is not right. A code works only once.")


@router.post("/logout")
def logout(visit: MemberForm) -> Response:
    auth.logout(visit.hr, visit.token or "")
    response = visit.redirect("/login")
    visit.drop_cookie(response, SESSION_COOKIE)
    return response


@router.get("/language")
def language(visit: Visitor, to: str, next: str = "/") -> Response:
    response = visit.redirect(safe_next(next))
    if to in STAFF_LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, to, max_age=_YEAR, path="/", httponly=True, samesite="lax")
    return response
