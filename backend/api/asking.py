"""Dependencies of the device API: bodies within their limit, and the device that asks."""

from __future__ import annotations

import hashlib
from typing import Annotated, cast

from fastapi import Depends, Request

from backend.runtime import Runtime
from backend.services.devices import Asking, authenticate, claim_fits
from contract.canonical import b64encode
from contract.errors import ErrorCode, XudaError


def runtime(request: Request) -> Runtime:
    return cast(Runtime, request.app.state.runtime)


Hr = Annotated[Runtime, Depends(runtime)]


async def read_body(request: Request, hr: Hr) -> bytes:
    """The whole body; XudaError(TOO_LARGE) as soon as it passes the limit, before it is in memory."""
    limit = hr.settings.max_body
    parts = bytearray()
    async for part in request.stream():
        parts += part
        if len(parts) > limit:
            raise XudaError(ErrorCode.TOO_LARGE, limit=limit)
    return bytes(parts)


Body = Annotated[bytes, Depends(read_body)]


def address(request: Request) -> str:
    return request.client.host if request.client else ""


def bearer(request: Request) -> str:
    """Raises XudaError(UNAUTHORIZED)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return token.strip()


def asking_device(request: Request, hr: Hr, body: Body) -> Asking:
    """The device whose token is bound to exactly this request. Raises XudaError(UNAUTHORIZED | CLOCK_WRONG)."""
    found = authenticate(hr, bearer(request))
    path = request.scope["raw_path"].decode("ascii")
    query = request.scope["query_string"].decode("ascii")
    expected = {
        "htm": request.method,
        "htu": f"{path}?{query}" if query else path,
        "bh": b64encode(hashlib.sha256(body).digest()),
    }
    if not all(claim_fits(found, name, value) for name, value in expected.items()):
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return found


def uploading_device(request: Request, hr: Hr) -> Asking:
    """The device of a token that is good for uploads. Raises XudaError(UNAUTHORIZED | CLOCK_WRONG)."""
    found = authenticate(hr, bearer(request))
    if not claim_fits(found, "scope", "objects"):
        raise XudaError(ErrorCode.UNAUTHORIZED)
    return found


Device = Annotated[Asking, Depends(asking_device)]
Uploader = Annotated[Asking, Depends(uploading_device)]
