"""The device API but for uploads (docs/sync.md)."""

from __future__ import annotations

from typing import TypeVar

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response
from pydantic import ValidationError

from backend.api.asking import Body, Device, Hr, address
from backend.services import bootstrap, certificates, deletion, devices, intake, moving, receipts
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
)
from contract.certificate import DeletionProgress
from contract.envelope import Envelope, WireModel
from contract.errors import ErrorCode, XudaError

router = APIRouter()
Wire = TypeVar("Wire", bound=WireModel)
_INTERVIEW = Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")
_INVITATION = Path(max_length=64, pattern=r"^[A-Za-z0-9-]+$")
_NUMBER = Path(ge=1, le=1_000_000)
_KEYS = Query(default=0, ge=0, le=1_000_000)
# one of its own: the framework writes the parameter's name into the object
_SERIAL = Path(ge=1, le=1_000_000)


@router.get("/health")
def get_health(hr: Hr) -> Health:
    return Health(version=VERSION, time=hr.now())


@router.post("/enrol")
def post_enrol(request: Request, hr: Hr, body: Body) -> EnrolReply:
    return devices.enrol(hr, _parse(EnrolRequest, body), address=address(request))


@router.post("/contact")
def post_contact(hr: Hr, device: Device, body: Body) -> ContactReply:
    return devices.contact(hr, device, _parse(Contact, body))


@router.get("/bootstrap")
def get_bootstrap(hr: Hr, device: Device, keys: int = _KEYS) -> Bootstrap:
    return bootstrap.bootstrap(hr, device, keys_serial=keys)


@router.put("/interviews/{interview_id}/events/{seq}")
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


@router.get("/interviews/{interview_id}/check")
def get_check(hr: Hr, device: Device, interview_id: str = _INTERVIEW) -> InterviewCheck:
    return intake.check(hr, device, interview_id)


@router.get("/invitations/{invitation_id}/elsewhere")
def get_elsewhere(hr: Hr, device: Device, invitation_id: str = _INVITATION) -> ElsewhereReply:
    return ElsewhereReply(elsewhere=moving.ask(hr, device, invitation_id))


@router.put("/interviews/{interview_id}/hand-over")
def put_hand_over(hr: Hr, device: Device, body: Body, interview_id: str = _INTERVIEW) -> HandOverReply:
    """A ticket for the new part ``interview_id`` of an interview that other devices have begun."""
    wanted = _parse(HandOverRequest, body)
    return HandOverReply(ticket=moving.hand_over(hr, device, interview_id, wanted.invitation_id))


@router.post("/notices")
def post_notices(hr: Hr, device: Device, body: Body) -> Notices:
    """What happened elsewhere to the parts this device still keeps something of."""
    return Notices(notices=moving.notices(hr, device, _parse(NoticeRequest, body).interviews))


@router.put("/interviews/{interview_id}/manifests/{serial}")
def put_manifest(
    hr: Hr, device: Device, body: Body, interview_id: str = _INTERVIEW, serial: int = _SERIAL
) -> ManifestReply:
    return receipts.put_manifest(hr, device, interview_id, serial, Envelope.from_bytes(body))


@router.get("/interviews/{interview_id}/deletion-certificate", responses={202: {"model": DeletionProgress}})
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
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise XudaError(ErrorCode.FORMAT_INVALID, field=where) from error
