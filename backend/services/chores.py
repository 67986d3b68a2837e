"""What the server does by itself while it runs. A chore that fails is logged and does not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable

from backend.runtime import Runtime
from backend.services import deletion, retention, uploads
from contract.errors import ErrorCode, XudaError

_log = logging.getLogger(__name__)


def hourly(hr: Runtime) -> None:
    """Also run at the start of the server, so that what a crash has interrupted is finished."""
    for chore in (_uploads, _deletions, _retention):
        _do(chore, hr)


def _do(chore: Callable[[Runtime], None], hr: Runtime) -> None:
    try:
        chore(hr)
    except Exception:
        _log.exception("%s failed and will be tried again in an hour", chore.__name__.strip("_"))


def _uploads(hr: Runtime) -> None:
    dropped = uploads.expire(hr)
    if dropped:
        _log.info("%d unfinished uploads have expired", dropped)


def _deletions(hr: Runtime) -> None:
    done = deletion.carry_out_pending(hr)
    if done:
        _log.info("%d interviews were deleted on request", done)


def _retention(hr: Runtime) -> None:
    try:
        gone = retention.purge_due(hr)
    except XudaError as error:
        if error.code is not ErrorCode.CLOCK_JUMPED:
            raise
        _log.warning("the clock may have jumped: nothing is deleted by retention until somebody confirms the time")
        return
    if gone.interviews or gone.candidates:
        _log.info("retention: %d interviews and %d candidates", len(gone.interviews), gone.candidates)
