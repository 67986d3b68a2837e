"""`xuda keystore`: where the keys of this device are, another passphrase, and starting anew when they are lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

from app import passphrase
from app.config import DOMAIN, ClientSettings
from app.storage.keystore import change_passphrase, keystore_kind, passphrase_in, read_passphrase, set_aside
from app.storage.open import folder_lock
from contract.catalog import load
from contract.errors import ErrorCode, XudaError


def run(settings: ClientSettings) -> int:
    """Raises XudaError(SETTING_INVALID | PASSPHRASE_NEEDED | PASSPHRASE_WRONG | ALREADY_RUNNING | FILE_MISSING)."""
    if settings.action == "status":
        return _status(settings)
    if keystore_kind(settings.data) is None:
        raise XudaError(ErrorCode.NOT_ENROLLED)
    with folder_lock(settings.data):
        return _change(settings) if settings.action == "change" else _reset(settings)


def _status(settings: ClientSettings) -> int:
    _ = load(DOMAIN, settings.lang).gettext
    kind = keystore_kind(settings.data)
    words = {
        "keyring": _("The keys are in the system's key store."),
        "passphrase": _("The keys are in a file under a passphrase."),
        "file": _("The keys are in an unprotected file."),
        None: _("There are no keys yet."),
    }
    print(json.dumps({"keystore": kind}) if settings.json else words[kind])
    return 0


def _change(settings: ClientSettings) -> int:
    _ = load(DOMAIN, settings.lang).gettext
    old = _given(settings.passphrase_file, "passphrase_file") or read_passphrase(os.environ)
    new = _given(settings.new_passphrase_file, "new_passphrase_file")
    if old is None or new is None:
        passphrase.need_somebody()
    old = old or passphrase.ask_old(settings)
    new = new or passphrase.ask_new(settings)
    if passphrase.problem_of(new, new) is not None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="new_passphrase_file", value="")
    change_passphrase(settings.data, old, new)
    print(json.dumps({"changed": True}) if settings.json else _("The passphrase was changed."))
    return 0


def _reset(settings: ClientSettings) -> int:
    """The answers in progress that were on this device are lost with their keys; what was completed is delivered."""
    _ = load(DOMAIN, settings.lang).gettext
    if not settings.yes:
        raise XudaError(ErrorCode.SETTING_INVALID, field="--yes", value="")
    kept = set_aside(settings.data)
    if settings.json:
        print(json.dumps({"kept": kept.name if kept else None}))
        return 0
    if kept is not None:
        print(_("The sealed keys are kept as {file}, should the passphrase come back.").format(file=kept.name))
    print(_("Now ask HR for a code that replaces this device, and enrol it again: then everything complete is sent."))
    return 0


def _given(path: Path | None, field: str) -> str | None:
    return passphrase_in(path, field) if path is not None else None
