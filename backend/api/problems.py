"""Every error answer: application/problem+json with a contract.api.Problem."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from backend.disk import known_error
from contract.api import PROBLEM_HEADER, Problem
from contract.canonical import canonical_json
from contract.errors import ErrorCode, XudaError

_log = logging.getLogger(__name__)
_MOST_IN_HEADER = 2000

_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.DEVICE_REVOKED: 401,
    ErrorCode.CLOCK_WRONG: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.ENROLMENT_CODE_INVALID: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.INTERVIEW_ELSEWHERE: 409,
    ErrorCode.INVITATION_USED: 409,
    ErrorCode.LEGAL_HOLD: 409,
    ErrorCode.CLOCK_JUMPED: 409,
    ErrorCode.KEY_IN_USE: 409,
    ErrorCode.DELETED: 410,
    ErrorCode.KEY_DESTROYED: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.DISK_FULL: 507,
    ErrorCode.QUOTA_REACHED: 507,
    ErrorCode.STORAGE_UNREACHABLE: 503,
    ErrorCode.SERVER_ERROR: 500,
    ErrorCode.DISK_ERROR: 500,
    ErrorCode.DATABASE_DAMAGED: 500,
}
_CODES = {404: ErrorCode.NOT_FOUND, 401: ErrorCode.UNAUTHORIZED, 403: ErrorCode.FORBIDDEN, 413: ErrorCode.TOO_LARGE}


class HttpError(XudaError):
    """A known failure whose status is not the usual one of its code, or that needs headers."""

    def __init__(
        self, status: int, code: ErrorCode, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, field=field)
        self.status = status
        self.headers = dict(headers or {})


def status_of(error: XudaError) -> int:
    """422 for everything a sender has to mend and that has no status of its own."""
    return error.status if isinstance(error, HttpError) else _STATUS.get(error.code, 422)


def problem(
    status: int,
    code: ErrorCode,
    *,
    field: str | None = None,
    row: int | None = None,
    params: dict[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    body = Problem(code=code, status=status, field=field, row=row, params=params or {})
    content = canonical_json(body.model_dump(mode="json"))
    return Response(content, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def _for(request: Request, answer: Response) -> Response:
    """An answer to HEAD has its Problem in a header, or the device could not tell it from a stranger's."""
    if request.method != "HEAD":
        return answer
    text = json.dumps(json.loads(bytes(answer.body)), separators=(",", ":"))
    if len(text) <= _MOST_IN_HEADER:
        answer.headers[PROBLEM_HEADER] = text
    return answer


def install(app: FastAPI) -> None:
    """Answer every error of the device API this way; the portal shows its own pages for its paths."""
    app.add_exception_handler(XudaError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ClientDisconnect, _gone)
    for failure in (OSError, sqlite3.Error, DBAPIError):
        app.add_exception_handler(failure, _disk)
    app.add_exception_handler(Exception, _unknown)


def from_error(error: XudaError) -> Response:
    headers = dict(error.headers) if isinstance(error, HttpError) else {}
    if error.code in (ErrorCode.UNAUTHORIZED, ErrorCode.DEVICE_REVOKED, ErrorCode.CLOCK_WRONG):
        headers["WWW-Authenticate"] = "Bearer"
    if error.code is ErrorCode.RATE_LIMITED and "seconds" in error.params:
        headers["Retry-After"] = str(error.params["seconds"])
    return problem(status_of(error), error.code, field=error.field, row=error.row, params=error.params, headers=headers)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, XudaError)
    return _for(request, from_error(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    where = ".".join(str(part) for part in error.errors()[0]["loc"])
    return _for(request, problem(422, ErrorCode.FORMAT_INVALID, field=where))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, ErrorCode.REJECTED)
    return _for(request, problem(error.status_code, code, headers=error.headers))


async def _gone(request: Request, error: Exception) -> Response:
    # nobody reads this; it only keeps a broken connection from being logged as a fault of ours
    return problem(400, ErrorCode.REJECTED)


async def _disk(request: Request, error: Exception) -> Response:
    known = known_error(error)
    if known is None:
        return await _unknown(request, error)
    _log.error("%s on %s", known.code, request.url.path)
    return from_error(known)


async def _unknown(request: Request, error: Exception) -> Response:
    _log.error("unexpected %s on %s", type(error).__name__, request.url.path)
    return _for(request, problem(500, ErrorCode.SERVER_ERROR))
