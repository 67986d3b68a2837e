"""Settings of devices: one form for each layer (all devices, a group, one device)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response

from backend.db.models import Role
from backend.portal.visit import Member, MemberForm, Visit
from backend.services import device_settings, scope
from contract.catalog import LANGUAGES
from contract.errors import ErrorCode, XudaError
from contract.pin import hash_pin
from contract.settings import VIDEO_HEIGHTS, DeviceSettings, hours_text, parse_hours

router = APIRouter()
HOURS = ("upload_limit_hours", "no_video_hours", "sleep_hours")
NUMBERS = ("upload_limit", "idle_minutes", "video_height", "video_kbit")
SWITCHES = ("sync_paused", "kiosk", "scoring")
WORDS = ("language", "minimum_version", "score_on_paper")
_NEVER = "-"
Layer = Annotated[str, Form(max_length=120)]


@router.get("/device-settings")
def settings_page(visit: Member, layer: str = device_settings.ALL) -> Response:
    found = device_settings.layer(visit.hr, visit.actor, layer)
    return _page(visit, layer, as_typed(found), pin_set=found.staff_pin is not None)


@router.post("/device-settings")
async def save_settings(visit: MemberForm, request: Request, layer: Layer = device_settings.ALL) -> Response:
    """A value that does not do is said at its field; nothing is changed then."""
    scope.require(visit.actor, Role.ADMINISTRATOR)
    form = await request.form()
    typed = {name: str(form.get(name, "")).strip()[:1000] for name in (*HOURS, *NUMBERS, *SWITCHES, *WORDS)}
    before = device_settings.layer(visit.hr, visit.actor, layer)
    pin = str(form.get("staff_pin", ""))[:64]
    try:
        values = as_values(typed)
        if form.get("pin_away") != "yes" and (pin or before.staff_pin):
            values["staff_pin"] = hash_pin(pin) if pin else before.staff_pin
        device_settings.save(visit.hr, visit.actor, layer, values)
    except XudaError as error:
        if error.code is not ErrorCode.SETTING_INVALID:
            raise
        return _page(visit, layer, typed, pin_set=before.staff_pin is not None, wrong=error.field or "", status=422)
    return visit.redirect(f"/devices/{layer.removeprefix('device:')}" if layer.startswith("device:") else "/devices")


@router.post("/devices/{device_id}/group")
def move(visit: MemberForm, device_id: str, group: Annotated[str, Form(max_length=120)] = "") -> Response:
    device_settings.move(visit.hr, visit.actor, device_id, group)
    return visit.redirect(f"/devices/{device_id}")


def as_typed(found: DeviceSettings) -> dict[str, str]:
    """As people type it: empty for what is not set, ``-`` for no hours at all."""
    typed = {}
    for name in (*NUMBERS, *WORDS):
        value = getattr(found, name)
        typed[name] = "" if value is None else str(value)
    for name in SWITCHES:
        typed[name] = {None: "", True: "on", False: "off"}[getattr(found, name)]
    for name in HOURS:
        periods = getattr(found, name)
        typed[name] = "" if periods is None else hours_text(periods) or _NEVER
    return typed


def as_values(typed: dict[str, str]) -> dict[str, Any]:
    """Inverse of :func:`as_typed`. Raises XudaError(SETTING_INVALID) with the field."""
    values: dict[str, Any] = {name: typed[name] for name in WORDS if typed[name]}
    for name in NUMBERS:
        if typed[name]:
            values[name] = int(typed[name]) if typed[name].isascii() and typed[name].isdigit() else typed[name]
    for name in SWITCHES:
        if typed[name]:
            values[name] = typed[name] == "on"
    for name in HOURS:
        if typed[name]:
            values[name] = _hours(name, typed[name])
    return values


def _hours(name: str, text: str) -> list[dict[str, Any]]:
    try:
        return [] if text == _NEVER else [period.model_dump() for period in parse_hours(text)]
    except ValueError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field=name) from error


def _page(
    visit: Visit, layer: str, typed: dict[str, str], *, pin_set: bool, wrong: str = "", status: int = 200
) -> Response:
    scope.require(visit.actor, Role.ADMINISTRATOR)
    return visit.page(
        "device_settings.html",
        status=status,
        layer=layer,
        typed=typed,
        wrong=wrong,
        pin_set=pin_set,
        groups=device_settings.groups(visit.hr),
        client_languages=LANGUAGES,
        heights=VIDEO_HEIGHTS,
    )
