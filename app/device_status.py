"""What `xuda status` tells of a device and HR: whether HR still takes its word, and where each setting comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from app.config import ClientSettings
from app.device_settings import Resolved, resolve
from app.kiosk.local import read_staff_settings
from app.kiosk.pin import PinFile
from app.sources import Source
from app.storage.standing import Standing
from contract.errors import ErrorCode
from contract.settings import FIELDS, Hours, hours_text
from contract.texts import code_text

OLD_DAYS = 30
_PIN = "staff_pin"
_HIDDEN = "***"


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


_SOURCES = {
    Source.COMMAND_LINE: N_("command line"),
    Source.ENVIRONMENT: N_("environment"),
    Source.STAFF: N_("staff"),
    Source.REMOTE: N_("HR"),
    Source.FILE: N_("settings file"),
    Source.DEFAULT: N_("default"),
}


def device_status(settings: ClientSettings, standing: Standing, version: str, now: datetime) -> dict[str, Any]:
    """As JSON values. ``settings`` are those of this call: what its flags, variables and files say counts as given."""
    resolved = resolve(settings.given, standing.received.settings, read_staff_settings(settings.data))
    values = resolved.values.model_dump(mode="json")
    found = {name: {"value": values[name], "source": resolved.sources[name].value} for name in FIELDS}
    found[_PIN] = _pin(settings, standing, resolved)
    old = standing.heard_at is not None and (now - standing.heard_at).days >= OLD_DAYS
    wanted = resolved.values.minimum_version if resolved.values.older_than_wanted(version) else None
    return {
        "revoked": standing.code is ErrorCode.DEVICE_REVOKED,
        "organisation_keys": {
            "serial": standing.serial,
            "ended": standing.code is ErrorCode.ORGANISATION_KEYS_INVALID,
            "old": old,
        },
        "said_at": standing.said_at.isoformat() if standing.said_at else None,
        "heard_at": standing.heard_at.isoformat() if standing.heard_at else None,
        "version": version,
        "update_to": wanted,
        "settings_version": standing.received.version,
        "settings_refused": list(standing.received.refused),
        "settings": found,
    }


def _pin(settings: ClientSettings, standing: Standing, resolved: Resolved) -> dict[str, Any]:
    """Never the hash. The one that was set on the machine itself counts when no other is there."""
    if resolved.values.staff_pin is not None and resolved.sources[_PIN] is not Source.FILE:
        source = resolved.sources[_PIN]
    elif standing.pin_set:
        source = Source.REMOTE
    elif resolved.values.staff_pin is not None:
        source = Source.FILE
    elif PinFile(settings.data).read() is not None:
        source = Source.STAFF
    else:
        return {"value": None, "source": Source.DEFAULT.value}
    return {"value": _HIDDEN, "source": source.value}


def status_lines(found: dict[str, Any], language: str, _: Callable[[str], str], now: datetime) -> Iterator[str]:
    """``found``: of :func:`device_status`. What needs a person comes first; ``_`` translates."""
    if found["revoked"]:
        yield from code_text(ErrorCode.DEVICE_REVOKED, language).lines
    if found["organisation_keys"]["ended"]:
        yield from code_text(ErrorCode.ORGANISATION_KEYS_INVALID, language).lines
    if found["organisation_keys"]["old"]:
        days = (now - datetime.fromisoformat(found["heard_at"])).days
        yield _("HR was last asked {days} days ago: its keys, invitations and settings may be others by now.").format(
            days=days
        )
        yield _("Connect this device to HR's network and run `xuda sync`.")
    if found["update_to"]:
        yield _("HR wants version {wanted} or newer; this is {version}. Interviews go on; update the program.").format(
            wanted=found["update_to"], version=found["version"]
        )
    if found["settings_version"]:
        yield _("Settings, with version {version} of HR's:").format(version=found["settings_version"])
    else:
        yield _("Settings; HR has set none:")
    for name, item in found["settings"].items():
        if item["value"] is not None:
            yield f"  {name} = {_as_text(item['value'])}  ({_(_SOURCES[Source(item['source'])])})"
    if found["settings_refused"]:
        yield _("HR's values that this version cannot use: {names}").format(names=", ".join(found["settings_refused"]))


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return hours_text([Hours.model_validate(item) for item in value]) or "-"
    return str(value)
