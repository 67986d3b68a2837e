"""How the application is served: uvicorn's HTTP/1.1, with a limit on how long a connection may take to say what it
wants."""

from __future__ import annotations

import asyncio

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_SECONDS = 20.0
_GRACE_SECONDS = 10
_MOST_CONNECTIONS = 500  # below what a process may open by default, so that files can still be opened


def config(app: FastAPI) -> uvicorn.Config:
    """For ``uvicorn.Server``; the caller brings the listening socket."""
    return uvicorn.Config(
        app,
        log_config=None,
        timeout_keep_alive=75,
        access_log=False,  # addresses of pages hold what people searched for
        timeout_graceful_shutdown=_GRACE_SECONDS,
        server_header=False,
        http=HeaderDeadline,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
    )


class HeaderDeadline(H11Protocol):
    """Closes a connection whose request is not complete up to its body ``HEADER_SECONDS`` after the first byte (or
    after connecting). Without it a stranger could hold all connections by sending one byte a minute."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._arm()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._busy:
            self._disarm()
        else:
            self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A stream would go on for ever: it is cut when the server stops, and its page connects anew."""
        if self._busy and self._streaming:
            self.transport.close()
        else:
            super().shutdown()

    @property
    def _streaming(self) -> bool:
        return any(name == b"accept" and b"text/event-stream" in value for name, value in self.headers or ())

    @property
    def _busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self) -> None:
        if self._due is None:
            self._due = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def _disarm(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        if not self._busy and not self.transport.is_closing():
            self.transport.close()
