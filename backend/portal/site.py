"""The portal as an application of its own, mounted at ``/`` beside the device API."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from backend.api import problems
from backend.learning import Trainer
from backend.opining import Opiner
from backend.portal import pages
from backend.portal.imports import ImportJobs
from backend.portal.live import Streams
from backend.portal.routes import (
    account,
    admin,
    analytics,
    batches,
    candidate,
    candidates,
    columns,
    compare,
    contacts,
    decisions,
    department_releases,
    departments,
    device_settings,
    devices,
    employees,
    exports,
    forecast,
    growth,
    imports,
    integration,
    interviews,
    kit_drafts,
    kits,
    learning,
    media,
    messages,
    monitor,
    opinions,
    organisation,
    positions,
    questions,
    recommendations,
    redos,
    releases,
    reports,
    requisitions,
    resumes,
    retention,
    reviews,
    score_models,
    sending,
    shares,
    sign_in,
    slots,
    voluntary,
)
from backend.portal.security import Guard
from backend.portal.tables import HeldTables
from backend.portal.visit import LoginNeeded, Visit, by_itself
from backend.reporting import Reporter
from backend.runtime import Runtime
from backend.sending.hooks import HookSender
from backend.sending.worker import Sender
from contract.errors import ErrorCode, XudaError

_ROUTERS = (
    sign_in,
    monitor,
    interviews,
    opinions,
    compare,
    media,
    reports,
    redos,
    reviews,
    shares,
    exports,
    analytics,
    score_models,
    decisions,
    releases,
    department_releases,
    requisitions,
    forecast,
    organisation,
    positions,
    recommendations,
    growth,
    employees,
    departments,
    batches,
    columns,
    sending,
    slots,
    resumes,
    contacts,
    candidates,
    kits,
    kit_drafts,
    questions,
    messages,
    devices,
    device_settings,
    imports,
    retention,
    integration,
    admin,
    account,
    learning,
    candidate,
    voluntary,
)


def create_portal(hr: Runtime) -> FastAPI:
    """All pages of the portal for ``hr``; ``app.mount("/", create_portal(hr))`` after the device API."""
    portal = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such a redirect would lead to whatever host the request names
    )
    portal.state.runtime = hr
    portal.state.pages = pages.Pages()
    portal.state.imports = ImportJobs(hr)
    portal.state.sender = Sender(hr)
    portal.state.hooks = HookSender(hr)
    portal.state.tables = HeldTables(hr)
    portal.state.streams = Streams()
    portal.state.reporter = Reporter(hr)
    portal.state.trainer = Trainer(hr)
    portal.state.opiner = Opiner(hr)
    for module in _ROUTERS:
        portal.include_router(module.router)
    portal.mount("/static/icons", StaticFiles(directory=_folder("resources", "icons")))
    portal.mount("/static", StaticFiles(directory=_folder("backend.portal", "static")))
    portal.add_exception_handler(LoginNeeded, _login_needed)
    portal.add_exception_handler(candidate.CandidateNeeded, _candidate_needed)
    portal.add_exception_handler(XudaError, _known)
    portal.add_exception_handler(RequestValidationError, _invalid)
    portal.add_exception_handler(HTTPException, _http)
    portal.add_exception_handler(Exception, _unknown)
    portal.add_middleware(Guard, secure=hr.settings.secure_cookie)
    return portal


def _folder(package: str, name: str) -> Path:
    return Path(str(resources.files(package).joinpath(name)))


async def _login_needed(request: Request, error: Exception) -> Response:
    visit = Visit.of(request)
    if request.method != "GET" or by_itself(request):
        return Response(status_code=401)
    return RedirectResponse(visit.login_address(), status_code=303)


async def _candidate_needed(request: Request, error: Exception) -> Response:
    return RedirectResponse("/candidate", status_code=303) if request.method == "GET" else Response(status_code=401)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, XudaError)
    return Visit.of(request).error_page(error, problems.status_of(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    where = ".".join(str(part) for part in error.errors()[0]["loc"][1:])
    return Visit.of(request).error_page(XudaError(ErrorCode.FORMAT_INVALID, field=where), 422)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = ErrorCode.NOT_FOUND if error.status_code in (404, 405) else ErrorCode.REJECTED
    return Visit.of(request).error_page(XudaError(code), error.status_code)


async def _unknown(request: Request, error: Exception) -> Response:
    # the server logs the fault itself; the person learns that it is not theirs
    return Visit.of(request).error_page(XudaError(ErrorCode.SERVER_ERROR), 500)
