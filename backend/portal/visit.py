"""One request of a person: who it is, in which language, and how pages and forms are answered."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast
from urllib.parse import quote, urlencode

from fastapi import Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from backend.db.models import Role
from backend.portal.pages import Pages
from backend.runtime import Runtime
from backend.services import auth
from backend.services.actor import Actor
from backend.services.auth import LoginView
from contract.catalog import STAFF_LANGUAGES, Catalog, load
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

SESSION_COOKIE = "xuda_hr"
FORM_COOKIE = "xuda_hr_form"
LANGUAGE_COOKIE = "xuda_lang"
DEFAULT_LANGUAGE = "zh_CN"
# rows of a list on one page
PAGE = 50


class LoginNeeded(Exception):
    """The page needs a login."""


@dataclass(frozen=True)
class Visit:
    """``login`` is None for a stranger. ``form_token`` is what forms carry against forgery."""

    request: Request
    hr: Runtime
    language: str
    token: str | None
    login: LoginView | None

    @classmethod
    def of(cls, request: Request) -> Visit:
        """Worked out once per request. A page that keeps itself up to date keeps no login alive."""
        known = getattr(request.state, "visit", None)
        if known is None:
            hr = cast(Runtime, request.app.state.runtime)
            wanted = request.cookies.get(LANGUAGE_COOKIE, "")
            token = request.cookies.get(cookie_name(hr, SESSION_COOKIE))
            login = auth.current(hr, token, touch=not by_itself(request))
            known = cls(request, hr, wanted if wanted in STAFF_LANGUAGES else DEFAULT_LANGUAGE, token, login)
            request.state.visit = known
        return cast(Visit, known)

    @property
    def texts(self) -> Catalog:
        return load("portal", self.language)

    @property
    def actor(self) -> Actor:
        """Raises LoginNeeded."""
        if self.login is None:
            raise LoginNeeded
        return self.login.actor

    @property
    def address(self) -> str:
        return self.request.client.host if self.request.client else ""

    @property
    def agent(self) -> str:
        """What the browser says it is."""
        return self.request.headers.get("user-agent", "")[:500]

    @property
    def here(self) -> str:
        """This page's address for coming back; for the answer to a form, that of the page the form is on."""
        path, query = self.request.url.path, self.request.url.query
        if self.request.method == "POST":
            return path.rpartition("/")[0] or path
        return path + (f"?{query}" if query else "")

    @property
    def zone(self) -> str:
        """The zone of all times shown, as ``UTC+08:00``."""
        offset = self.hr.now().astimezone().strftime("%z")
        return f"UTC{offset[:3]}:{offset[3:5]}"

    def login_address(self) -> str:
        return f"/login?next={quote(self.here, safe='')}"

    def with_query(self, **changes: object) -> str:
        """This page's address with some query values changed; None takes one away."""
        values: dict[str, object] = {**self.request.query_params, **changes}
        kept = {name: value for name, value in values.items() if value not in (None, "")}
        return self.request.url.path + (f"?{urlencode(kept)}" if kept else "")

    def page(self, template: str, *, status: int = 200, **context: Any) -> Response:
        pages = cast(Pages, self.request.app.state.pages)
        token = self.login.csrf if self.login else self._form_cookie or secrets.token_urlsafe(24)
        html = pages.render(template, self, csrf=token, **context)
        response = HTMLResponse(html, status_code=status, headers={"Vary": "Cookie"})
        if self.login is None:
            self.set_cookie(response, FORM_COOKIE, token)
        return response

    def fragment(self, template: str, **context: Any) -> str:
        """A piece of a page, for one that keeps itself up to date; without forms."""
        return cast(Pages, self.request.app.state.pages).render(template, self, csrf="", **context)

    def error_page(self, error: XudaError, status: int) -> Response:
        return self.page("error.html", status=status, error=error_text(error, self.language), code=error.code)

    def redirect(self, path: str) -> Response:
        return RedirectResponse(path, status_code=303)

    def cookie(self, name: str) -> str:
        return self.request.cookies.get(cookie_name(self.hr, name), "")

    @property
    def _form_cookie(self) -> str:
        return self.cookie(FORM_COOKIE)

    def set_cookie(self, response: Response, name: str, value: str) -> None:
        secure = self.hr.settings.secure_cookie
        name = cookie_name(self.hr, name)
        response.set_cookie(name, value, path="/", httponly=True, samesite="strict", secure=secure)

    def drop_cookie(self, response: Response, name: str) -> None:
        secure = self.hr.settings.secure_cookie
        name = cookie_name(self.hr, name)
        response.delete_cookie(name, path="/", httponly=True, samesite="strict", secure=secure)

    def check_form(self, token: str) -> None:
        """Raises XudaError(FORBIDDEN, field="form") for a form that this site did not give out."""
        expected = self.login.csrf if self.login else self._form_cookie
        if not expected or not hmac.compare_digest(expected.encode(), token.encode()):
            raise XudaError(ErrorCode.FORBIDDEN, field="form")

    def local(self, at: datetime | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
        """A time in the server's zone; empty for None."""
        return at.astimezone().strftime(pattern) if at else ""


def by_itself(request: Request) -> bool:
    """Whether a page asks to keep itself up to date, not a person."""
    return "x-fragment" in request.headers or "text/event-stream" in request.headers.get("accept", "")


def cookie_name(hr: Runtime, name: str) -> str:
    """Over HTTPS with the prefix that lets no other host of the domain, and no plain connection, set the cookie."""
    return f"__Host-{name}" if hr.settings.secure_cookie else name


def safe_next(path: str) -> str:
    """``path`` when it leads to a page of this site, else the first page."""
    local = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if local and "\\" not in path else "/"


def _visitor(request: Request) -> Visit:
    return Visit.of(request)


def _member(request: Request) -> Visit:
    visit = Visit.of(request)
    if visit.login is None:
        raise LoginNeeded
    return visit


def _checked(request: Request, csrf: Annotated[str, Form()] = "") -> Visit:
    visit = Visit.of(request)
    visit.check_form(csrf)
    return visit


def _checked_member(visit: Annotated[Visit, Depends(_member)], csrf: Annotated[str, Form()] = "") -> Visit:
    visit.check_form(csrf)
    return visit


Visitor = Annotated[Visit, Depends(_visitor)]
Member = Annotated[Visit, Depends(_member)]
VisitorForm = Annotated[Visit, Depends(_checked)]
MemberForm = Annotated[Visit, Depends(_checked_member)]


def page_number(page: int) -> int:
    """The page that is asked for, from 1, as a number that a database can count to."""
    return min(max(page, 1), 1_000_000)


def pages_of(total: int, size: int = PAGE) -> int:
    """How many pages a list of so many rows has; at least one."""
    return max(1, -(-total // size))


READERS = frozenset({Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD})
STAFF = frozenset({Role.ADMINISTRATOR, Role.HR})
WATCHERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
