"""`xuda kiosk`: the staff's PIN of this machine, and the files with which systems start a booth by themselves."""

from __future__ import annotations

import getpass
import json
import sys
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from app.config import DOMAIN, ClientSettings
from app.kiosk.pin import PinFile
from app.passphrase import need_somebody
from app.storage.files import disk_errors
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.pin import LONGEST, SHORTEST


def run(settings: ClientSettings) -> int:
    """Works beside a running client. Raises XudaError(SETTING_INVALID | FILE_MISSING | PASSPHRASE_NEEDED | DISK_*)."""
    if settings.action == "pin":
        return _set_pin(settings)
    return _copy_files(settings) if settings.action == "files" else _status(settings)


def _status(settings: ClientSettings) -> int:
    _ = load(DOMAIN, settings.lang).gettext
    there = PinFile(settings.data).read() is not None
    words = _("A staff PIN is set on this machine.") if there else _("No staff PIN is set on this machine.")
    weight = _("One that HR has set counts before it.")
    print(json.dumps({"pin": there}) if settings.json else f"{words} {weight}")
    return 0


def _set_pin(settings: ClientSettings) -> int:
    _ = load(DOMAIN, settings.lang).gettext
    pin = _typed(settings) if settings.pin_file is None else _from_file(settings.pin_file)
    PinFile(settings.data).write(pin)
    print(json.dumps({"pin": True}) if settings.json else _("The staff PIN is set. It counts from the next try on."))
    return 0


def _from_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise XudaError(ErrorCode.FILE_MISSING, path=str(path), field="pin_file") from error


def _typed(settings: ClientSettings) -> str:
    """Asked for twice, never shown."""
    _ = load(DOMAIN, settings.lang).gettext
    need_somebody()
    ask = _("New PIN, {least} to {most} digits: ").format(least=SHORTEST, most=LONGEST)
    while True:
        first = getpass.getpass(ask)
        if first == getpass.getpass(_("The same again: ")):
            return first
        print(_("The two are not the same."), file=sys.stderr)


def _copy_files(settings: ClientSettings) -> int:
    _ = load(DOMAIN, settings.lang).gettext
    target = (settings.out or Path("xuda-kiosk")).expanduser().absolute()
    with disk_errors():
        names = sorted(_copy(resources.files("resources") / "kiosk", target))
    text = "\n".join([_("Copied to {folder}; docs/kiosk.md says what each is for.").format(folder=target), *names])
    print(json.dumps({"folder": str(target), "files": names}, ensure_ascii=False) if settings.json else text)
    return 0


def _copy(source: Traversable, target: Path, before: str = "") -> list[str]:
    target.mkdir(parents=True, exist_ok=True)
    names = []
    for item in source.iterdir():
        if item.is_dir():
            names += _copy(item, target / item.name, f"{before}{item.name}/")
        else:
            (target / item.name).write_bytes(item.read_bytes())
            names.append(before + item.name)
    return names
