"""Settings of devices set here (contract.settings): for all, for a group, for one; the nearer layer decides.

Each device has a version of its own that grows whenever what is wanted of it changes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Device, DeviceSettingsRow, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.api import AppliedSettings
from contract.canonical import canonical_json, sha256_hex
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.settings import DeviceSettings, SettingsDocument, check_settings, merge, read_settings

ALL = "all"
_GROUP, _DEVICE = "group:", "device:"
_CONTEXT = "device settings"
_LABEL = re.compile(r"[^\W_][\w .-]{0,39}")
_HIGHEST = 2**53 - 2


def group_layer(group: str) -> str:
    return _GROUP + group


def device_layer(device_id: str) -> str:
    return _DEVICE + device_id


def groups(hr: Runtime) -> list[str]:
    """Labels in use, by devices or by settings."""
    with hr.db.read() as session:
        found = set(session.scalars(select(Device.group_label)))
        layers = session.scalars(select(DeviceSettingsRow.layer).where(DeviceSettingsRow.layer.startswith(_GROUP)))
        return sorted((found | {layer.removeprefix(_GROUP) for layer in layers}) - {""})


def layer(hr: Runtime, actor: Actor, name: str) -> DeviceSettings:
    """What one layer sets. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.read() as session:
        _check_layer(session, name)
        return _layer(hr, session, name)


def save(hr: Runtime, actor: Actor, name: str, values: Mapping[str, Any]) -> None:
    """Set a layer: fields that are not in ``values`` are not set by it.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with the field.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    wanted = check_settings(values)
    with hr.db.write() as session:
        _check_layer(session, name)
        before = _layer(hr, session, name)
        changed = sorted(set(_differences(before, wanted)))
        if not changed:
            return
        _write(hr, session, name, wanted)
        count = _renew(hr, session, session.scalars(select(Device).where(Device.revoked_at.is_(None))))
        audit.record(session, hr.now(), actor, "device_settings", f"settings:{name}", fields=changed, devices=count)


def move(hr: Runtime, actor: Actor, device_id: str, group: str) -> None:
    """Put a device into a group; empty: into none. Raises XudaError(FORBIDDEN | NOT_FOUND | SETTING_INVALID)."""
    scope.require(actor, Role.ADMINISTRATOR)
    label = " ".join(group.split())
    if label and not _LABEL.fullmatch(label):
        raise XudaError(ErrorCode.SETTING_INVALID, field="group")
    with hr.db.write() as session:
        device = _device(session, device_id)
        if device.group_label != label:
            device.group_label = label
            _renew(hr, session, [device])
            audit.record(session, hr.now(), actor, "device_group", f"device:{device_id}", group=label)


def wanted(hr: Runtime, session: Session, device: Device) -> DeviceSettings:
    """All layers together."""
    names = [ALL, *([group_layer(device.group_label)] if device.group_label else []), device_layer(device.id)]
    return merge([_layer(hr, session, name) for name in names])


def begin(hr: Runtime, session: Session, device_id: str, former_id: str | None) -> None:
    """For a device that was enrolled just now; one that was enrolled before goes on with its group and settings."""
    device = session.get_one(Device, device_id)
    if former_id is not None:
        device.group_label = session.get_one(Device, former_id).group_label
        _write(hr, session, device_layer(device_id), _layer(hr, session, device_layer(former_id)))
    _renew(hr, session, [device])


def document(hr: Runtime, session: Session, device_id: str) -> Envelope | None:
    """Signed now, so that a key that was changed meanwhile plays no part; None when nothing was ever set."""
    device = session.get_one(Device, device_id)
    return sign(_document(hr, session, device), hr.vault.sign_key) if device.settings_version else None


def for_a_stick(hr: Runtime, session: Session, device_id: str) -> Envelope | None:
    """As :func:`document`; None when it holds the hash of the staff's PIN, which nobody is to find on a stick."""
    has_pin = wanted(hr, session, session.get_one(Device, device_id)).staff_pin is not None
    return None if has_pin else document(hr, session, device_id)


def applied(hr: Runtime, session: Session, device_id: str, said: AppliedSettings) -> int | None:
    """Keep what a device says it goes by; the version it should have.

    One that knows a later version than is known here (this database was restored from a backup), or another one under
    the same number, would refuse what is here: it gets it again under a higher number.
    """
    device = session.get_one(Device, device_id)
    device.settings_applied = said.version
    device.settings_refused = sorted(said.refused)
    ours = device.settings_version
    if ours and said.version == ours:
        astray = bool(said.digest) and said.digest != _digest(_document(hr, session, device))
    else:
        astray = said.version > ours
    if astray and said.version < _HIGHEST:
        device.settings_version, device.settings_issued_at = said.version + 1, hr.now()
    return device.settings_version or None


def _renew(hr: Runtime, session: Session, devices: Iterable[Device]) -> int:
    """A new version for each device of which something else is wanted now; how many these are."""
    count = 0
    for device in devices:
        content = sha256_hex(canonical_json(wanted(hr, session, device).given()))
        nothing_yet = not device.settings_version and content == _NOTHING
        if content != device.settings_content and not nothing_yet:
            device.settings_version += 1
            device.settings_content, device.settings_issued_at = content, hr.now()
            count += 1
    return count


_NOTHING = sha256_hex(canonical_json({}))


def _document(hr: Runtime, session: Session, device: Device) -> SettingsDocument:
    issued: datetime = device.settings_issued_at or device.enrolled_at
    return SettingsDocument(
        organisation_id=hr.organisation_id,
        device_id=device.id,
        version=device.settings_version,
        issued_at=issued,
        settings=wanted(hr, session, device).given(),
    )


def _digest(found: SettingsDocument) -> str:
    return sha256_hex(canonical_json(found.model_dump(mode="json")))


def _layer(hr: Runtime, session: Session, name: str) -> DeviceSettings:
    row = session.get(DeviceSettingsRow, name)
    if row is None:
        return DeviceSettings()
    return read_settings(json.loads(hr.vault.open(row.values_sealed, f"{_CONTEXT}:{name}"))).settings


def _write(hr: Runtime, session: Session, name: str, settings: DeviceSettings) -> None:
    sealed = hr.vault.seal(json.dumps(settings.given()), f"{_CONTEXT}:{name}")
    row = session.get(DeviceSettingsRow, name)
    if row is None:
        session.add(DeviceSettingsRow(layer=name, values_sealed=sealed, changed_at=hr.now()))
    else:
        row.values_sealed, row.changed_at = sealed, hr.now()
    session.flush()


def _differences(before: DeviceSettings, after: DeviceSettings) -> list[str]:
    old, new = before.given(), after.given()
    return [name for name in {*old, *new} if old.get(name) != new.get(name)]


def _check_layer(session: Session, name: str) -> None:
    if name.startswith(_DEVICE):
        _device(session, name.removeprefix(_DEVICE))
    elif name != ALL and not (name.startswith(_GROUP) and _LABEL.fullmatch(name.removeprefix(_GROUP))):
        raise XudaError(ErrorCode.NOT_FOUND, field="layer")


def _device(session: Session, device_id: str) -> Device:
    device = session.get(Device, device_id)
    if device is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="device")
    return device
