"""The device API but for uploads (docs/sync.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from backend.api.asking import Body, Device, Hr, address
from backend.api.description import asked_by, json_body, problems
from backend.ranges import Unsatisfiable, wanted_range
from backend.services import (
    bootstrap,
    certificates,
    deletion,
    device_scoring,
    devices,
    intake,
    kit_files,
    moving,
    receipts,
)
from backend.version import VERSION
from contract.api import (
    Bootstrap,
    Contact,
    ContactReply,
    ElsewhereReply,
    EnrolReply,
    EnrolRequest,
    EventReply,
    HandOverReply,
    HandOverRequest,
    Health,
    InterviewCheck,
    ManifestReply,
    NoticeRequest,
    Notices,
    ScoreSheets,
)
from contract.certificate import DeletionProgress
from contract.envelope import Envelope, WireModel, field_of
from contract.errors import ErrorCode, XudaError

router = APIRouter()
Wire = TypeVar("Wire", bound=WireModel)
_INTERVIEW = Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")
_INVITATION = Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")
_SHA256 = Path(pattern=r"^[0-9a-f]{64}$")
_BYTES = "application/octet-stream"
_NUMBER = Path(ge=1, le=1_000_000)
_KEYS = Query(default=0, ge=0, le=1_000_000)
# one of its own: the framework writes the parameter's name into the object
_SERIAL = Path(ge=1, le=1_000_000)
_MARK = Query(default="", max_length=64)


@router.get("/health")
def get_health(hr: Hr) -> Health:
    return Health(version=VERSION, time=hr.now())


@router.post("/enrol", openapi_extra=json_body(EnrolRequest), responses=problems(400, 403, 408, 413, 422, 429))
def post_enrol(request: Request, hr: Hr, body: Body) -> EnrolReply:
    return devices.enrol(hr, _parse(EnrolRequest, body), address=address(request))


@router.post("/contact", openapi_extra=json_body(Contact) | asked_by("request"), responses=problems(401, 408, 413, 422))
def post_contact(hr: Hr, device: Device, body: Body) -> ContactReply:
    return devices.contact(hr, device, _parse(Contact, body))


@router.get("/bootstrap", openapi_extra=asked_by("request"), responses=problems(401, 408, 413, 422))
def get_bootstrap(hr: Hr, device: Device, keys: int = _KEYS) -> Bootstrap:
    return bootstrap.bootstrap(hr, device, keys_serial=keys)


_A_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {_BYTES: {}}, "description": "The whole file"},
    206: {"content": {_BYTES: {}}, "description": "The part that `Range` asks for"},
    416: {"description": "The range lies beyond the end"},
}


@router.get(
    "/kit-files/{sha256}",
    response_class=Response,
    openapi_extra=asked_by("request"),
    responses=problems(401, 404, 408, 413, 422, also=_A_FILE),
)
def get_kit_file(request: Request, hr: Hr, device: Device, sha256: str = _SHA256) -> Response:
    """A picture, sound or film of a kit, by the hash the signed kit names; ``Range`` goes on with what was cut."""
    found = kit_files.stored_file(hr, sha256)
    return _piece(request, found.sha256, found.size, lambda first, last: kit_files.read_range(hr, sha256, first, last))


@router.get(
    "/score-models/{sha256}",
    response_class=Response,
    openapi_extra=asked_by("request"),
    responses=problems(401, 403, 404, 408, 413, 422, also=_A_FILE),
)
def get_score_model(request: Request, hr: Hr, device: Device, sha256: str = _SHA256) -> Response:
    """A learned model, by the hash that signed score sheets name; as for the files of kits."""
    found = device_scoring.model_file(hr, device, sha256)
    return _piece(request, sha256, len(found), lambda first, last: iter([found[first : last + 1]]))


def _piece(request: Request, sha256: str, size: int, read: Callable[[int, int], Iterator[bytes]]) -> Response:
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{sha256}"'}
    try:
        part = wanted_range(request.headers, size, headers["ETag"])
    except Unsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    first, last = part or (0, size - 1)
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(read(first, last), status_code=206 if part else 200, headers=headers, media_type=_BYTES)


@router.get("/score-sheets", openapi_extra=asked_by("request"), responses=problems(401, 403, 408, 413, 422))
def get_score_sheets(hr: Hr, device: Device, known: str = _MARK) -> ScoreSheets:
    """What answers are scored by, for a device that HR's settings let score; ``known`` is the mark it was given."""
    return device_scoring.sheets_for(hr, device, known)


@router.put(
    "/interviews/{interview_id}/events/{seq}",
    openapi_extra=json_body(Envelope) | asked_by("request"),
    responses=problems(
        401, 403, 408, 409, 410, 413, 422, 429, also={201: {"model": EventReply, "description": "Stored now"}}
    ),
)
def put_event(
    hr: Hr,
    device: Device,
    body: Body,
    response: Response,
    later: BackgroundTasks,
    interview_id: str = _INTERVIEW,
    seq: int = _NUMBER,
) -> EventReply:
    """A withdrawal is obeyed as soon as it has been answered."""
    reply, new = intake.put_event(hr, device, interview_id, seq, Envelope.from_bytes(body))
    response.status_code = 201 if new else 200
    if new:
        later.add_task(deletion.carry_out_pending, hr)
    return reply


@router.get(
    "/interviews/{interview_id}/check",
    openapi_extra=asked_by("request"),
    responses=problems(401, 403, 408, 410, 413, 422),
)
def get_check(hr: Hr, device: Device, interview_id: str = _INTERVIEW) -> InterviewCheck:
    return intake.check(hr, device, interview_id)


@router.get(
    "/invitations/{invitation_id}/elsewhere",
    openapi_extra=asked_by("request"),
    responses=problems(401, 403, 404, 408, 409, 410, 413, 422),
)
def get_elsewhere(hr: Hr, device: Device, invitation_id: str = _INVITATION) -> ElsewhereReply:
    return ElsewhereReply(elsewhere=moving.ask(hr, device, invitation_id))


@router.put(
    "/interviews/{interview_id}/hand-over",
    openapi_extra=json_body(HandOverRequest) | asked_by("request"),
    responses=problems(401, 403, 404, 408, 409, 410, 413, 422),
)
def put_hand_over(hr: Hr, device: Device, body: Body, interview_id: str = _INTERVIEW) -> HandOverReply:
    """A ticket for the new part ``interview_id`` of an interview that other devices have begun."""
    wanted = _parse(HandOverRequest, body)
    return HandOverReply(ticket=moving.hand_over(hr, device, interview_id, wanted.invitation_id))


@router.post(
    "/notices",
    openapi_extra=json_body(NoticeRequest) | asked_by("request"),
    responses=problems(401, 403, 408, 413, 422),
)
def post_notices(hr: Hr, device: Device, body: Body) -> Notices:
    """What happened elsewhere to the parts this device still keeps something of."""
    return Notices(notices=moving.notices(hr, device, _parse(NoticeRequest, body).interviews))


@router.put(
    "/interviews/{interview_id}/manifests/{serial}",
    openapi_extra=json_body(Envelope) | asked_by("request"),
    responses=problems(401, 403, 408, 409, 410, 413, 422, 429),
)
def put_manifest(
    hr: Hr, device: Device, body: Body, interview_id: str = _INTERVIEW, serial: int = _SERIAL
) -> ManifestReply:
    return receipts.put_manifest(hr, device, interview_id, serial, Envelope.from_bytes(body))


@router.get(
    "/interviews/{interview_id}/deletion-certificate",
    openapi_extra=asked_by("request"),
    responses=problems(
        401, 403, 404, 408, 413, 422, also={202: {"model": DeletionProgress, "description": "Not yet: how far it is"}}
    ),
)
def get_deletion_certificate(
    hr: Hr, device: Device, response: Response, interview_id: str = _INTERVIEW
) -> Envelope | DeletionProgress:
    """200 with the signed DeletionCertificate; 202 with how far it is while the deletion waits or is held."""
    found = certificates.for_device(hr, device, interview_id)
    response.status_code = 200 if isinstance(found, Envelope) else 202
    return found


def _parse(kind: type[Wire], body: bytes) -> Wire:
    try:
        return kind.read(body)
    except ValidationError as error:
        raise XudaError(ErrorCode.FORMAT_INVALID, field=field_of(error)) from error
