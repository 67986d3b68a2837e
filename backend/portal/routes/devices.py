"""Devices: enrolment codes, states, what they may hold, revoking, losing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from backend.db.models import Role
from backend.portal.visit import PAGE, STAFF, Member, MemberForm, Visit, page_number, pages_of
from backend.services import device_care, devices, scope

router = APIRouter()
_TONES = {"active": "good", "revoked": "bad", "lost": "bad", "replaced": "plain"}


@router.get("/devices")
def device_list(visit: Member, page: int = 1) -> Response:
    return _devices(visit, page=page_number(page))


@router.post("/devices/code")
def new_code(visit: MemberForm, replaces: Annotated[str, Form(max_length=64)] = "") -> Response:
    """The code is in this answer only; it is not kept and cannot be shown again."""
    scope.require(visit.actor, *STAFF)
    return _devices(visit, code=devices.new_enrolment_code(visit.hr, visit.actor, replaces=replaces or None))


@router.get("/devices/{device_id}")
def device_page(visit: Member, device_id: str, page: int = 1) -> Response:
    scope.require(visit.actor, *STAFF)
    page = page_number(page)
    view = device_care.view(visit.hr, visit.actor, device_id, page=page, size=PAGE)
    return visit.page(
        "device.html",
        view=view,
        page=page,
        pages=pages_of(view.total),
        words=state_words(visit),
        tones=_TONES,
        administrator=visit.actor.role is Role.ADMINISTRATOR,
    )


@router.post("/devices/{device_id}/revoke")
def revoke(visit: MemberForm, device_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    devices.revoke(visit.hr, visit.actor, device_id)
    return visit.redirect("/devices")


@router.post("/devices/{device_id}/lost")
def lost(visit: MemberForm, device_id: str) -> Response:
    scope.require(visit.actor, *STAFF)
    found = device_care.report_lost(visit.hr, visit.actor, device_id)
    return visit.redirect(f"/devices/{found.device.id}")


def state_words(visit: Visit) -> dict[str, str]:
    t = visit.texts.gettext
    return {"active": t("active"), "revoked": t("revoked"), "lost": t("lost"), "replaced": t("enrolled again")}


def _devices(visit: Visit, *, code: str = "", page: int = 1) -> Response:
    scope.require(visit.actor, *STAFF)
    found, total = device_care.overview(visit.hr, page=page, size=PAGE)
    return visit.page(
        "devices.html",
        devices=found,
        total=total,
        page=page,
        pages=pages_of(total),
        code=code,
        fingerprint=visit.hr.vault.fingerprint,
        words=state_words(visit),
        tones=_TONES,
        administrator=visit.actor.role is Role.ADMINISTRATOR,
    )
