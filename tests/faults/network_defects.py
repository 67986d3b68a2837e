"""Deliberate defects that the network campaign must find, planted into the running product by the harness."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

from app.sync.failures import Fate, TransportError
from app.sync.news import Pace
from app.sync.sending import Sender
from app.sync.shift import Leave
from app.sync.uploader import Upload, Uploader
from contract.errors import ErrorCode

_slow = False


def pace(given: Pace) -> Pace:
    return replace(given, probe=90.0) if _slow else given


def _offset_unchecked() -> Any:
    """The backend appends whatever comes, so a doubled request is stored twice."""
    return mock.patch("backend.api.files._check_offset", return_value=None)


def _upload_restarts() -> Any:
    """The client begins each upload anew after a cut."""
    real = Uploader.upload

    def upload(self: Uploader, upload: Upload, *, anew: bool = False, wanted: Callable[[], bool]) -> None:
        real(self, upload, anew=True, wanted=wanted)

    return mock.patch.object(Uploader, "upload", upload)


def _doubled_is_refused() -> Any:
    """The client takes the refusal of a chunk that came twice for the server's trouble, and begins anew."""

    def after(self: Uploader, setback: Any, upload: Upload, setbacks: Any) -> int:
        self._forget(upload)
        return self._begin(upload)

    return mock.patch.object(Uploader, "_after", after)


def _answered_is_cut() -> Any:
    """The client sends each chunk twice, whether it was answered or not."""
    real = Uploader._send_chunk

    def send(self: Uploader, upload: Upload, offset: int, chunk: bytes) -> int:
        real(self, upload, offset, chunk)
        return real(self, upload, offset, chunk)

    return mock.patch.object(Uploader, "_send_chunk", send)


def _stranger_believed() -> Any:
    """Any 4xx refuses an item for good, whoever says it."""

    def failure(reply: Any) -> TransportError:
        return TransportError(ErrorCode.REJECTED, Fate.FINAL, status=reply.status)

    return mock.patch("app.sync.api.failure", failure)


def _poison_blocks() -> Any:
    """The first item that fails ends the round, so those behind it wait as long as it does."""

    def failed(self: Sender, item: Any, error: TransportError) -> None:
        self._books.retry(item, error.code)
        raise Leave

    return mock.patch.object(Sender, "_failed", failed)


@contextlib.contextmanager
def _slow_to_notice() -> Iterator[None]:
    """The client looks for the network every 90 s only."""
    global _slow
    _slow = True
    try:
        yield
    finally:
        _slow = False


DEFECTS = {
    "offset-unchecked": _offset_unchecked,
    "upload-restarts": _upload_restarts,
    "doubled-is-refused": _doubled_is_refused,
    "answered-is-cut": _answered_is_cut,
    "stranger-believed": _stranger_believed,
    "poison-blocks": _poison_blocks,
    "slow-to-notice": _slow_to_notice,
}


@contextlib.contextmanager
def planted(name: str | None) -> Iterator[None]:
    with DEFECTS[name]() if name else contextlib.nullcontext():
        yield
