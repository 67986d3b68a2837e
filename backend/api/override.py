"""For networks that let only GET and POST through: a POST that says which method it stands for."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from contract.api import METHOD_HEADER, OVERRIDABLE

_NAME = METHOD_HEADER.encode("ascii")


class MethodOverride:
    """Only below ``prefix``: pages for people never take another method than the one they were asked with."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(self._prefix):
            meant = dict(scope["headers"]).get(_NAME, b"").decode("latin-1").strip().upper()
            if meant in OVERRIDABLE:
                scope = {**scope, "method": meant}
        await self._app(scope, receive, send)
