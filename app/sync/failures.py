"""What a failed request means for the item it carried: the one place where retryable and final are told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from contract.api import PROBLEM_HEADER, Problem
from contract.errors import ErrorCode, XudaError

MAX_RETRY_AFTER = 600.0


class Fate(StrEnum):
    """OFFLINE: no Xuda backend was reached. PAUSE: it asks the device to wait. RETRY: this item later. FINAL: never."""

    OFFLINE = "offline"
    PAUSE = "pause"
    RETRY = "retry"
    FINAL = "final"


class TransportError(XudaError):
    """A request that did not do its work. ``status`` is None when no answer came; ``retry_after`` is in seconds."""

    def __init__(
        self,
        code: ErrorCode,
        fate: Fate,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        **params: Any,
    ) -> None:
        self.fate = fate
        self.status = status
        self.retry_after = retry_after
        super().__init__(code, **params)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


_FINAL = frozenset({400, 405, 409, 410, 413, 415, 422})
_PAUSE = frozenset({401, 429})
# Network Authentication Required: the only status that says in so many words that a captive portal answered.
_CAPTIVE = 511


def problem_of(reply: Reply) -> Problem | None:
    """The Problem an answer carries, None when it is not one of ours. An answer to HEAD has it in a header."""
    if reply.media_type != "application/problem+json":
        return None
    try:
        return Problem.read(reply.body or reply.headers.get(PROBLEM_HEADER, ""))
    except ValidationError:
        return None


def failure(reply: Reply) -> TransportError:
    """The error an answer stands for, taken that it is not the one wanted.

    Only a well-formed Problem can refuse an item for good: whatever else sits between here and the backend (a captive
    portal, a gateway, a wrong address) may say what it likes and costs nothing but time.
    """
    problem = problem_of(reply)
    wait = retry_after(reply)
    if problem is not None and isinstance(problem.code, ErrorCode):
        return TransportError(problem.code, fate_of(reply.status), status=reply.status, retry_after=wait)
    if problem is not None:
        # A newer backend's reason. As it cannot be understood here it is not taken for the last word on the item.
        fate = Fate.PAUSE if reply.status in _PAUSE else Fate.RETRY
        return TransportError(ErrorCode.REJECTED, fate, status=reply.status, retry_after=wait, http=reply.status)
    if reply.status >= 500 and reply.status != _CAPTIVE:
        return TransportError(
            ErrorCode.SERVER_ERROR, Fate.RETRY, status=reply.status, retry_after=wait, http=reply.status
        )
    return not_xuda(reply)


def not_xuda(reply: Reply) -> TransportError:
    """Somebody answered, and it was not a Xuda backend."""
    return TransportError(ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE, status=reply.status, http=reply.status)


def unreachable(reason: str) -> TransportError:
    """``reason`` is one of: timeout, tls, proxy, connection."""
    return TransportError(ErrorCode.SERVER_UNREACHABLE, Fate.OFFLINE, reason=reason)


def fate_of(status: int) -> Fate:
    if status in _FINAL:
        return Fate.FINAL
    return Fate.PAUSE if status in _PAUSE else Fate.RETRY


def retry_after(reply: Reply) -> float | None:
    """Seconds (at most ten minutes) the backend asks to wait; a date is taken against its own clock, never ours."""
    value = reply.headers.get("retry-after")
    if value is None:
        return None
    if value.strip().isdigit():
        return min(float(value), MAX_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(value) - parsedate_to_datetime(reply.headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER)
