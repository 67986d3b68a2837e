"""Bodies that nobody reads, bodies that are too large, and bodies that never end."""

from __future__ import annotations

import asyncio
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.api.problems import HttpError
from backend.api.tus import VERSION
from contract.api import TUS_PATH
from contract.errors import ErrorCode, XudaError

_MOST_DRAINED = 64 * 1024 * 1024
_DRAIN_SECONDS = 10.0
SILENCE_SECONDS = 30.0
WHOLE_SECONDS = 300.0


class BodyMiddleware:
    """Limits size and time of every body but those of uploads and of ``large`` paths, which have limits of their own.

    It also reads off what is left of a body before an early answer.
    Without the latter a sender in the middle of its body gets a reset connection instead of the answer.
    """

    def __init__(self, app: ASGIApp, limit: int, large: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._large = large
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        uploads = scope["path"].startswith(TUS_PATH)
        limit = None if uploads or scope["path"] in self._large else self._limit
        body = _Body(receive, limit, expects_continue=any(name == b"expect" for name, _ in scope["headers"]))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.drain()
                headers = MutableHeaders(scope=message)
                if uploads:
                    # each answer of a tus server says so, refusals included
                    headers.setdefault("Tus-Resumable", VERSION)
                if body.late:
                    headers["Connection"] = "close"
            await send(message)

        await self._app(scope, body.receive, answer)


class _Body:
    def __init__(self, receive: Receive, limit: int | None, *, expects_continue: bool) -> None:
        self._receive = receive
        self._limit = limit
        self._count = 0
        self._over = expects_continue
        self._begun = time.monotonic()
        self.late = False

    async def receive(self) -> Message:
        """The next message. Raises HttpError(408) for a body that stalls, XudaError(TOO_LARGE)."""
        message = await (self._receive() if self._limit is None or self._over else self._in_time())
        if message["type"] == "http.request":
            self._count += len(message.get("body", b""))
            self._over = not message.get("more_body", False)
            if self._limit is not None and self._count > self._limit:
                raise XudaError(ErrorCode.TOO_LARGE, limit=self._limit)
        else:
            self._over = True
        return message

    async def _in_time(self) -> Message:
        left = self._begun + WHOLE_SECONDS - time.monotonic()
        try:
            async with asyncio.timeout(min(SILENCE_SECONDS, left)):
                return await self._receive()
        except TimeoutError as error:
            self.late = self._over = True
            raise HttpError(408, ErrorCode.REJECTED, field="body") from error

    async def drain(self) -> None:
        self._limit = None
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while not self._over and self._count < _MOST_DRAINED:
                    await self.receive()
        except TimeoutError:
            return
