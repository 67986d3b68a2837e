"""The upload server: tus 1.0 with creation, creation-with-upload, checksum, termination and expiration."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from backend.api import tus
from backend.api.asking import Hr, Uploader
from backend.api.description import asked_by, bodiless, bytes_body, header, problems
from backend.api.locks import UploadLocks
from backend.api.problems import HttpError
from backend.api.receiving import Receiver
from backend.db.models import Upload
from backend.services import uploads
from contract.api import TUS_PATH
from contract.errors import ErrorCode, XudaError

router = APIRouter(prefix="/files", default_response_class=Response)
_NAME = Path(pattern=r"^[0-9a-f]{64}$")

# ---- what the routes say about themselves ---------------------------------------------------------------------------
_NUMBER = {"type": "integer", "minimum": 0}
_VERSION = header("Tus-Resumable", "The protocol's version", {"const": tus.VERSION}, required=True)
_LENGTH = header("Upload-Length", "Bytes of the whole object", _NUMBER, required=True)
_METADATA = header(
    "Upload-Metadata",
    "interview_id, object_id, media_type and sha256 with base64 values",
    {"type": "string", "maxLength": tus.MOST_METADATA},
    required=True,
)
_OFFSET = header("Upload-Offset", "Where the body begins", _NUMBER, required=True)
_CHECKSUM = header("Upload-Checksum", "Algorithm and base64 digest of this body", {"type": "string"})
_STATED = {"headers": {"Upload-Offset": {"required": True, "schema": _NUMBER}}}
_APPENDING = (400, 401, 403, 404, 408, 409, 410, 412, 413, 415, 422, 423, 460, 507)


def _describes(*headers: dict[str, Any], body: bool | None = None) -> dict[str, Any]:
    """``openapi_extra`` of a route with these headers; ``body``: whether bytes must come, None for no body."""
    bodies = {} if body is None else bytes_body(tus.PATCH_TYPE, required=body)
    return {"parameters": [_VERSION, *headers], **asked_by("objects"), **bodies}


@router.options("", status_code=204)
def capabilities(hr: Hr) -> Response:
    return Response(status_code=204, headers=tus.capabilities(hr.settings.max_object))


# 404: a name with a line break is the address of nothing
@router.options("/{name}", status_code=204, responses=problems(404, 422))
def capabilities_of(hr: Hr, name: str) -> Response:
    return capabilities(hr)


@router.post(
    "",
    status_code=201,
    openapi_extra=_describes(_LENGTH, _METADATA, _CHECKSUM, body=False),
    responses=problems(
        400,
        401,
        403,
        408,
        409,
        410,
        412,
        413,
        422,
        423,
        429,
        460,
        507,
        also={201: {"description": "Begun, or begun before", **_STATED}},
    ),
)
async def create(request: Request, hr: Hr, device: Uploader) -> Response:
    tus.check_version(request.headers)
    if "upload-defer-length" in request.headers:
        raise HttpError(400, ErrorCode.FORMAT_INVALID, field="Upload-Defer-Length")
    wanted = tus.description(request.headers)
    with_body = tus.media_type(request.headers) == tus.PATCH_TYPE
    checksum = tus.checksum(request.headers) if with_body else None
    upload = await run_in_threadpool(uploads.create, hr, device, wanted)
    async with _locks(request).hold(upload.id) as stop:
        upload = await run_in_threadpool(uploads.find, hr, device, upload.id)
        if upload.offset == 0 and upload.completed_at is None and (with_body or upload.length == 0):
            upload = await _append(Receiver(hr, device, upload, checksum), request, stop)
    return Response(status_code=201, headers={"Location": f"{TUS_PATH}/{upload.id}", **_state(upload)})


@router.head(
    "/{name}",
    openapi_extra=_describes(),
    responses=bodiless(401, 404, 412, 422, 423, also={200: {"description": "Where the upload stands", **_STATED}}),
)
async def head(request: Request, hr: Hr, device: Uploader, name: str = _NAME) -> Response:
    tus.check_version(request.headers)
    async with _locks(request).hold(name):
        upload = await run_in_threadpool(uploads.find, hr, device, name)
    size = {"Upload-Length": str(upload.length), "Upload-Metadata": upload.upload_metadata}
    return Response(status_code=200, headers={**_state(upload), **size})


@router.patch(
    "/{name}",
    status_code=204,
    openapi_extra=_describes(_OFFSET, _CHECKSUM, body=True),
    responses=problems(*_APPENDING, also={204: {"description": "Appended", **_STATED}}),
)
async def patch(request: Request, hr: Hr, device: Uploader, name: str = _NAME) -> Response:
    tus.check_version(request.headers)
    tus.check_patch_type(request.headers)
    offset = tus.number(request.headers, "Upload-Offset")
    checksum = tus.checksum(request.headers)
    async with _locks(request).hold(name) as stop:
        upload = await run_in_threadpool(uploads.find, hr, device, name)
        _check_offset(upload, offset)
        _check_size(request, upload)
        if upload.completed_at is None:
            upload = await _append(Receiver(hr, device, upload, checksum), request, stop)
    return Response(status_code=204, headers=_state(upload))


@router.delete("/{name}", status_code=204, openapi_extra=_describes(), responses=problems(401, 403, 404, 412, 422, 423))
async def terminate(request: Request, hr: Hr, device: Uploader, name: str = _NAME) -> Response:
    tus.check_version(request.headers)
    async with _locks(request).hold(name):
        await run_in_threadpool(uploads.terminate, hr, device, name)
    return Response(status_code=204, headers={"Tus-Resumable": tus.VERSION})


async def _append(receiver: Receiver, request: Request, stop: asyncio.Event) -> Upload:
    await receiver.receive(request, stop)
    return await run_in_threadpool(receiver.state)


def _check_offset(upload: Upload, offset: int) -> None:
    if offset != upload.offset:
        raise HttpError(409, ErrorCode.CONFLICT, field="Upload-Offset", headers=_state(upload))


def _check_size(request: Request, upload: Upload) -> None:
    """Refuse a body that cannot fit before any of it is read."""
    announced = request.headers.get("content-length")
    if announced is not None and upload.offset + int(announced) > upload.length:
        raise XudaError(ErrorCode.TOO_LARGE, field="Upload-Length", limit=upload.length)


def _state(upload: Upload) -> dict[str, str]:
    headers = {"Tus-Resumable": tus.VERSION, "Upload-Offset": str(upload.offset), "Cache-Control": "no-store"}
    if upload.completed_at is None:
        headers["Upload-Expires"] = tus.http_date(upload.expires_at)
    return headers


def _locks(request: Request) -> UploadLocks:
    locks: UploadLocks = request.app.state.upload_locks
    return locks
