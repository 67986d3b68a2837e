"""What holds for every answer and every form of the portal: headers, size, and where a form may come from."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Uploaded lists stay below the size from which the form parser would spill them to a file in clear.
MOST_BODY = 1024 * 1024
# Bundles are sealed, and streamed to the disk; how large they may be is the disk's affair.
LARGE_FORM = "/imports"
# Résumés, and files of questions, are taken in from memory, which has a bound of its own (memory_form.py).
LARGE_FORMS = frozenset({LARGE_FORM, "/resumes", "/question-media"})
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


class Guard:
    """Middleware. ``secure``: the portal is served over HTTPS, browsers are told to stay there."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store, private"
            await send(message)

        refusal = _refusal(scope["method"], scope["path"], Headers(scope=scope))
        await (refusal or self._app)(scope, receive, guarded)


def _refusal(method: str, path: str, headers: Headers) -> ASGIApp | None:
    """An answer for a form that is too large or comes from another site; None lets it through."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("cross-site request", status_code=403)
    length = headers.get("content-length", "")
    if not length.isascii() or not length.isdigit():
        return PlainTextResponse("length required", status_code=411)
    if int(length) > MOST_BODY and path not in LARGE_FORMS:
        return PlainTextResponse("too large", status_code=413)
    return None
