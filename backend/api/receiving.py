"""The body of an upload request on its way to the disk: streamed, never whole in memory, blocking work in threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Message

from backend.api.problems import HttpError
from backend.api.tus import CHECKSUM_MISMATCH, Checksum
from backend.db.models import Upload
from backend.disk import known_error
from backend.runtime import Runtime
from backend.services import uploads
from backend.services.devices import Asking
from contract.errors import ErrorCode, XudaError

_BUFFER = 512 * 1024
_COMMIT_EVERY = 8 * 1024 * 1024
_SILENCE = 60.0


class _Cut(Exception):
    """The body ended before its time: the sender is gone, silent, or another request wants the upload."""


class Receiver:
    """Appends one request's body to an upload whose lock is held.

    Without a checksum everything that reached the disk counts, also after a cut; with one, all of the body or nothing.
    """

    def __init__(self, hr: Runtime, asking: Asking, upload: Upload, checksum: Checksum | None) -> None:
        self._hr = hr
        self._asking = asking
        self._upload = upload
        self._checksum = checksum
        self._digest = checksum.start() if checksum else None
        self._safe = upload.offset
        self._written = upload.offset
        self._sync_failed = False

    def state(self) -> Upload:
        """The upload as it is recorded now."""
        return uploads.find(self._hr, self._asking, self._upload.id)

    async def receive(self, request: Request, stop: asyncio.Event) -> None:
        """Append what ``request`` carries.

        Raises HttpError 460 (checksum), 423 (another request took over), 408 (silence), XudaError(TOO_LARGE |
        DISK_FULL | DISK_ERROR | CONFLICT), ClientDisconnect.
        """
        try:
            file = await run_in_threadpool(self._hr.store.open_write, self._upload.id, self._upload.offset)
        except FileNotFoundError as error:
            await run_in_threadpool(uploads.drop, self._hr, self._upload.id)
            raise XudaError(ErrorCode.NOT_FOUND, field="upload") from error
        try:
            return await self._receive_into(file, request, stop)
        finally:
            await run_in_threadpool(file.close)

    async def _receive_into(self, file: Any, request: Request, stop: asyncio.Event) -> None:
        try:
            async for part in _parts(request, stop):
                await run_in_threadpool(self._write, file, part)
        except _Cut as cut:
            await run_in_threadpool(self._keep_or_undo, file)
            raise _answer_to_cut(stop) from cut.__cause__
        except (XudaError, OSError) as error:
            await run_in_threadpool(self._keep_or_undo, file)
            raise known_error(error) or error from error
        await run_in_threadpool(self._finish, file)

    def _write(self, file: Any, part: bytes) -> None:
        if self._written + len(part) > self._upload.length:
            raise XudaError(ErrorCode.TOO_LARGE, field="Upload-Length", limit=self._upload.length)
        if self._digest is not None:
            self._digest.update(part)
        rest = memoryview(part)
        while rest:
            count = file.write(rest)
            self._written += count
            rest = rest[count:]
        due = self._written - self._safe >= _COMMIT_EVERY and self._written < self._upload.length
        if self._checksum is None and due:
            self._settle(file)

    def _finish(self, file: Any) -> None:
        if self._checksum is not None and self._digest is not None and self._digest.digest() != self._checksum.expected:
            self._undo(file)
            raise HttpError(CHECKSUM_MISMATCH, ErrorCode.FORMAT_INVALID, field="Upload-Checksum")
        self._settle(file)

    def _keep_or_undo(self, file: Any) -> None:
        if self._sync_failed:
            # the system takes what it could not write for written: another sync would succeed and save nothing of it
            file.truncate(self._safe)
        elif self._checksum is None:
            file.truncate(self._written)
            self._settle(file)
        else:
            self._undo(file)

    def _settle(self, file: Any) -> None:
        """Make what was written safe, then let it count."""
        self._sync_failed = True
        self._hr.store.sync(file)
        self._sync_failed = False
        if self._written == self._upload.length:
            if not uploads.complete(self._hr, self._asking, self._upload.id):
                raise HttpError(CHECKSUM_MISMATCH, ErrorCode.FORMAT_INVALID, field="sha256")
        elif self._written > self._safe:
            uploads.commit_offset(self._hr, self._upload.id, self._written)
        self._safe = self._written

    def _undo(self, file: Any) -> None:
        """Nothing to sync: what lies behind the recorded offset does not count and is cut off when it is there."""
        file.truncate(self._upload.offset)


def _answer_to_cut(stop: asyncio.Event) -> Exception:
    if stop.is_set():
        return HttpError(423, ErrorCode.ALREADY_RUNNING, field="upload")
    return ClientDisconnect()


async def _parts(request: Request, stop: asyncio.Event) -> AsyncIterator[bytes]:
    """The body in pieces of about half a megabyte; what came before a cut is given before _Cut is raised."""
    buffer = bytearray()
    stopping: asyncio.Task[Any] = asyncio.create_task(stop.wait())
    cut: Exception | None = None
    try:
        while True:
            try:
                message = await _next(request, stopping)
            except _Cut as error:
                cut = error
                break
            buffer += message.get("body", b"")
            if not message.get("more_body", False):
                break
            if len(buffer) >= _BUFFER:
                yield bytes(buffer)
                buffer.clear()
    finally:
        stopping.cancel()
    if buffer:
        yield bytes(buffer)
    if cut is not None:
        raise cut


async def _next(request: Request, stopping: asyncio.Task[Any]) -> Message:
    receiving: asyncio.Task[Any] = asyncio.create_task(_receive(request))
    try:
        await asyncio.wait({receiving, stopping}, timeout=_SILENCE, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not receiving.done():
            receiving.cancel()
    if not receiving.done() or receiving.cancelled():
        raise _Cut
    message: Message = receiving.result()
    if message["type"] == "http.disconnect":
        raise _Cut
    return message


async def _receive(request: Request) -> Message:
    return await request.receive()
