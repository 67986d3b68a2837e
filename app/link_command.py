"""`xuda link`: invitation links (``xuda://…``) open this program, for the user who runs it."""

from __future__ import annotations

import configparser
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from app.config import DOMAIN, ClientSettings, parse
from app.program import FROZEN, program_path
from app.storage.files import disk_errors
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.invitation import SCHEME

_SCHEME = "xuda"
_TYPE = f"x-scheme-handler/{_SCHEME}"
_ENTRY = "xuda-link.desktop"
_DEFAULTS = "Default Applications"
_CLASSES = rf"Software\Classes\{_SCHEME}"
_LONGEST = 600


def run(settings: ClientSettings) -> int:
    """Exit code 1 from ``status`` when links do not open this program. Raises XudaError(SETTING_INVALID | DISK_*)."""
    if settings.action == "open":
        return _open(settings)
    if settings.action == "register":
        _register(command(settings))
    elif settings.action == "unregister":
        _unregister()
    there = registered()
    _ = load(DOMAIN, settings.lang).gettext
    words = _("Invitation links open Xuda.") if there else _("Invitation links do not open Xuda.")
    print(json.dumps({"registered": there}) if settings.json else words)
    return 1 if settings.action == "status" and not there else 0


def command(settings: ClientSettings) -> list[str]:
    """What the system calls, the link behind it. Nothing but ``link open`` understands what a web page may have put
    into a link, and it takes no flag of the client."""
    program = [program_path()] if FROZEN else [sys.executable, "-m", "app"]
    return [*program, "link", "--data", str(settings.data), "open"]


def registered() -> bool:
    """Whether links open this program. On macOS the bundle says so by itself (``Info.plist``)."""
    if sys.platform == "win32":
        import winreg

        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CURRENT_USER, _CLASSES + r"\shell\open\command"))
        except OSError:
            return False
        return True
    if sys.platform == "darwin":
        return ".app/Contents/MacOS/" in sys.executable
    return (_applications() / _ENTRY).is_file() and _listed(_associations()) == _ENTRY


def desktop_entry(words: Iterable[str], folder: Path | None) -> str:
    """The entry for the menus of Linux. ``folder``: where the program is started, None: anywhere."""
    line = " ".join(f'"{_quoted(word)}"' for word in words)
    lines = ["[Desktop Entry]", "Type=Application", "Name=Xuda", "Name[zh_CN]=续答", f"Exec={line} %u"]
    lines += [f"Path={folder}"] if folder else []
    return "\n".join([*lines, "Terminal=false", "NoDisplay=true", f"MimeType={_TYPE};", ""])


def windows_command(words: Iterable[str]) -> str:
    return " ".join([*(f'"{word}"' for word in words), '"%1"'])


def _open(settings: ClientSettings) -> int:
    from app.window import run_client

    link = settings.target.strip()
    if not link.casefold().startswith(SCHEME) or len(link) > _LONGEST:
        raise XudaError(ErrorCode.INVITATION_INVALID)
    given = ["--data", str(settings.data), "--lang", settings.lang, "--invitation", link]
    return run_client(parse("client", given, settings.lang))


def _register(words: list[str]) -> None:
    if sys.platform == "win32":
        import winreg

        with disk_errors():
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _CLASSES) as key:
                winreg.SetValueEx(key, "", 0, winreg.REG_SZ, "URL:Xuda invitation")
                winreg.SetValueEx(key, "URL Protocol", 0, winreg.REG_SZ, "")
            with winreg.CreateKey(winreg.HKEY_CURRENT_USER, _CLASSES + r"\shell\open\command") as key:
                winreg.SetValueEx(key, "", 0, winreg.REG_SZ, windows_command(words))
    elif sys.platform != "darwin":
        folder = None if FROZEN else Path(__file__).resolve().parents[1]
        with disk_errors():
            _applications().mkdir(parents=True, exist_ok=True)
            (_applications() / _ENTRY).write_text(desktop_entry(words, folder), "utf-8")
            _list(_ENTRY)


def _unregister() -> None:
    if sys.platform == "win32":
        import winreg

        for name in (r"\shell\open\command", r"\shell\open", r"\shell", ""):
            try:
                winreg.DeleteKey(winreg.HKEY_CURRENT_USER, _CLASSES + name)
            except FileNotFoundError:
                continue
    elif sys.platform != "darwin":
        with disk_errors():
            (_applications() / _ENTRY).unlink(missing_ok=True)
            if _listed(_associations()) == _ENTRY:
                _list(None)


def _quoted(word: str) -> str:
    """Inside double quotes of a desktop entry: its own escapes first, then those of the file."""
    for character in '\\"`$':
        word = word.replace(character, "\\" + character)
    return word.replace("\\", "\\\\").replace("%", "%%")


def _applications() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "applications"


def _associations_file() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "mimeapps.list"


def _associations() -> configparser.RawConfigParser:
    """What opens what, as the user has chosen; other programs' lines are kept as they are."""
    found = configparser.RawConfigParser(strict=False, delimiters=("=",), interpolation=None)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        found.read(_associations_file(), "utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, path=str(_associations_file()), field="mimeapps.list") from error
    return found


def _listed(found: configparser.RawConfigParser) -> str:
    return found.get(_DEFAULTS, _TYPE, fallback="").split(";")[0].strip()


def _list(entry: str | None) -> None:
    found = _associations()
    if not found.has_section(_DEFAULTS):
        found.add_section(_DEFAULTS)
    if entry is None:
        found.remove_option(_DEFAULTS, _TYPE)
    else:
        found.set(_DEFAULTS, _TYPE, entry)
    file = _associations_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".xuda-part")
    with part.open("w", encoding="utf-8") as out:
        found.write(out, space_around_delimiters=False)
    part.replace(file)
