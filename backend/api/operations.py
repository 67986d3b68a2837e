"""For those who run the server: whether it can work (``/ready``), and figures for Prometheus (``/metrics``).

No figure names anybody. ``/metrics`` wants the token of the settings and is not there without one.
"""

from __future__ import annotations

import hmac
import threading
import time
from collections import Counter
from typing import cast

from fastapi import APIRouter, Request, Response
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.db.delivery_models import DeliveryRow
from backend.db.models import Deletion, Device, Interview, Upload
from backend.runtime import Runtime
from backend.version import VERSION
from contract.errors import ErrorCode, XudaError

router = APIRouter(include_in_schema=False)
# no object has this name: asking for it shows that the place answers
_PROBE = "ready-probe"
_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meter:
    """Counts what this process answers, and how long that took."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.answers: Counter[tuple[str, int]] = Counter()
        self.times: Counter[float] = Counter()
        self.seconds = 0.0
        self.started = time.time()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        scope["meter"] = self
        status, begin = 500, time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._note(scope["method"], status, time.perf_counter() - begin)

    def _note(self, method: str, status: int, taken: float) -> None:
        with self._lock:
            self.answers[method if method.isalpha() and len(method) < 9 else "OTHER", status] += 1
            self.seconds += taken
            self.times[next((bound for bound in _BOUNDS if taken <= bound), float("inf"))] += 1

    def lines(self) -> list[str]:
        with self._lock:
            answers, times, seconds = dict(self.answers), dict(self.times), self.seconds
        found = ["# TYPE xuda_http_requests_total counter"]
        for (method, status), count in sorted(answers.items()):
            found.append(f'xuda_http_requests_total{{method="{method}",status="{status}"}} {count}')
        found.append("# TYPE xuda_http_request_seconds histogram")
        below = 0
        for bound in (*_BOUNDS, float("inf")):
            below += times.get(bound, 0)
            shown = "+Inf" if bound == float("inf") else f"{bound:g}"
            found.append(f'xuda_http_request_seconds_bucket{{le="{shown}"}} {below}')
        return [*found, f"xuda_http_request_seconds_sum {seconds:.6f}", f"xuda_http_request_seconds_count {below}"]


@router.get("/ready")
def ready(request: Request) -> Response:
    """200 when database and storage answer, 503 when not: a load balancer sends nobody here then."""
    hr = cast(Runtime, request.app.state.runtime)
    with hr.db.read() as session:
        session.execute(select(1))
    hr.store.size(_PROBE)
    return Response("ready\n", media_type="text/plain")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    hr = cast(Runtime, request.app.state.runtime)
    wanted = hr.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if wanted is None or not hmac.compare_digest(given.encode(), wanted.encode()):
        raise XudaError(ErrorCode.NOT_FOUND)
    meter = cast(Meter, request.scope["meter"])
    head = [
        "# TYPE xuda_info gauge",
        f'xuda_info{{version="{VERSION}"}} 1',
        "# TYPE xuda_start_time_seconds gauge",
        f"xuda_start_time_seconds {meter.started:.0f}",
    ]
    text = "\n".join([*head, *meter.lines(), *_stored(hr)]) + "\n"
    return Response(text, media_type="text/plain; version=0.0.4")


def _stored(hr: Runtime) -> list[str]:
    """The same whichever of several servers is asked."""
    lead = Interview.leading.is_(True), Interview.deleted_at.is_(None)
    unfinished = select(func.count(), func.coalesce(func.sum(Upload.length - Upload.offset), 0))
    with hr.db.read() as session:
        stands = session.execute(select(Interview.standing, func.count()).where(*lead).group_by(Interview.standing))
        sent = session.execute(select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state))
        interviews, deliveries = list(map(tuple, stands)), list(map(tuple, sent))
        uploads, missing = session.execute(unfinished.where(Upload.completed_at.is_(None))).one()
        asked = session.scalar(select(func.count()).select_from(Deletion).where(Deletion.deleted_at.is_(None)))
        devices = session.scalar(select(func.count()).select_from(Device).where(Device.revoked_at.is_(None)))
    return [
        "# TYPE xuda_interviews gauge",
        *(f'xuda_interviews{{state="{state}"}} {count}' for state, count in sorted(interviews)),
        "# TYPE xuda_messages gauge",
        *(f'xuda_messages{{state="{state}"}} {count}' for state, count in sorted(deliveries)),
        "# TYPE xuda_uploads_unfinished gauge",
        f"xuda_uploads_unfinished {uploads}",
        "# TYPE xuda_upload_bytes_missing gauge",
        f"xuda_upload_bytes_missing {missing}",
        "# TYPE xuda_deletions_waiting gauge",
        f"xuda_deletions_waiting {asked or 0}",
        "# TYPE xuda_devices gauge",
        f"xuda_devices {devices or 0}",
    ]
