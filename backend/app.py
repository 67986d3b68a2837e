"""The web application: device API, uploads, portal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from backend.api import description, devices, files, operations, problems, programs
from backend.api.body import BodyMiddleware
from backend.api.locks import UploadLocks
from backend.api.override import MethodOverride
from backend.api.shield import Shield
from backend.db.duty import Duty
from backend.portal.security import LARGE_FORMS
from backend.portal.site import create_portal
from backend.runtime import Runtime, open_runtime
from backend.scoring import Scorer
from backend.sending.mailroom import Mailroom
from backend.services import chores
from backend.settings import Settings
from backend.version import VERSION

_HOUR = 3600.0
# so often a process asks whether it is its turn
_LOOK = 5.0


def create_app(settings: Settings, *, runtime: Runtime | None = None) -> FastAPI:
    """The application on an existing data folder. Raises what ``open_runtime`` raises."""
    hr = runtime or open_runtime(settings)
    app = FastAPI(title="Xuda HR", version=VERSION, lifespan=_lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.runtime = hr
    problems.install(app)

    app.mount("/v1", _device_api(hr))
    app.mount("/api/v1", _program_api(hr))
    portal = create_portal(hr)
    app.state.imports = portal.state.imports
    app.state.sender = portal.state.sender
    app.state.hooks = portal.state.hooks
    app.state.reporter = portal.state.reporter
    app.state.trainer = portal.state.trainer
    app.state.opiner = portal.state.opiner
    app.state.mailroom = Mailroom(hr)
    app.state.scorer = Scorer(hr)
    portal.include_router(operations.router)
    app.mount("/", portal)
    app.add_middleware(BodyMiddleware, limit=4 * settings.max_body, large=LARGE_FORMS)
    app.add_middleware(MethodOverride, prefix="/v1/")
    app.add_middleware(operations.Meter)
    return app


def _device_api(hr: Runtime) -> FastAPI:
    api = FastAPI(title="Xuda HR for devices", version=VERSION, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.runtime = hr
    api.state.upload_locks = UploadLocks()
    problems.install(api)
    api.include_router(devices.router)
    api.include_router(files.router)
    description.install(api)
    api.add_middleware(Shield)
    return api


def _program_api(hr: Runtime) -> FastAPI:
    api = FastAPI(title="Xuda HR for programs", version=VERSION, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.runtime = hr
    problems.install(api)
    api.include_router(programs.router)
    description.install_programs(api)
    api.add_middleware(Shield)
    return api


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    duty = Duty(app.state.runtime.db.engine)
    app.state.hooks.start()
    app.state.reporter.start()
    app.state.trainer.start()
    app.state.opiner.start()
    if duty.alone:
        _begin(app)
    working = asyncio.create_task(_work(app, duty))
    yield
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await run_in_threadpool(app.state.sender.stop)
    await run_in_threadpool(app.state.mailroom.stop)
    await run_in_threadpool(app.state.scorer.stop)
    await run_in_threadpool(app.state.hooks.stop)
    await run_in_threadpool(app.state.reporter.stop)
    await run_in_threadpool(app.state.trainer.stop)
    await run_in_threadpool(app.state.opiner.stop)
    await run_in_threadpool(app.state.imports.close)
    if await run_in_threadpool(duty.holds):
        await run_in_threadpool(chores.stopping, app.state.runtime)
    await run_in_threadpool(duty.release)
    app.state.runtime.close()


def _begin(app: FastAPI) -> None:
    app.state.sender.start()
    app.state.mailroom.start()
    app.state.scorer.start()


def _end(app: FastAPI) -> None:
    app.state.sender.stop()
    app.state.mailroom.stop()
    app.state.scorer.stop()


async def _work(app: FastAPI, duty: Duty) -> None:
    """Chores, sending and scoring, while it is this process that does them."""
    busy, due = duty.alone, 0.0
    while True:
        holds = await run_in_threadpool(duty.holds)
        if holds is not busy:
            await run_in_threadpool(_begin if holds else _end, app)
            busy, due = holds, 0.0
        if busy and time.monotonic() >= due:
            await run_in_threadpool(chores.hourly, app.state.runtime)
            app.state.sender.wake()  # reminders may have come due
            due = time.monotonic() + _HOUR
        await asyncio.sleep(_HOUR if duty.alone else _LOOK)
