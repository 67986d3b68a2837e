"""What staff have set in front of this device; it stays over a restart, until they take it back."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from app.storage.files import disk_errors, replace_file
from contract.canonical import canonical_json
from contract.settings import DeviceSettings

_FILE = "staff-settings.json"


def read_staff_settings(folder: Path) -> DeviceSettings:
    """What cannot be read counts as not set."""
    try:
        return DeviceSettings.model_validate_json((folder / _FILE).read_bytes())
    except (OSError, ValidationError):
        return DeviceSettings()


def write_staff_settings(folder: Path, wanted: DeviceSettings) -> None:
    """Raises XudaError(DISK_*)."""
    with disk_errors():
        replace_file(folder / _FILE, canonical_json(wanted.given()))
