"""Settings of the client: flags, `XUDA_*` variables and a TOML file give the same settings, in this order of weight."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from app import sources
from app.device_flags import DEVICE_FLAGS, given_here
from app.sources import Source
from contract.catalog import LANGUAGES, best_match, load, offered

APP_NAME = "xuda"
CONFIG_NAME = "xuda.toml"
DOMAIN = "cli"


def default_data() -> Path:
    return sources.user_folder("data", APP_NAME)


@dataclass(frozen=True, slots=True, repr=False)
class ClientSettings:
    """Every setting of the client. A command reads those it needs.

    ``camera`` and ``microphone`` are device specs (``name:…``, ``index:N``, a URL, ``file:…``), empty: the default.
    ``model`` is a model's name or folder, None: the best one installed. ``wait`` is in seconds. ``given``: those of
    ``contract.settings`` that are set on this machine, with where (``app.device_settings`` weighs them with HR's).
    """

    data: Path = field(default_factory=default_data)
    lang: str = "zh_CN"
    verbose: bool = False
    json: bool = False
    camera: str = ""
    microphone: str = ""
    model: str | None = None
    kiosk: bool = False
    screen_keyboard: str = "auto"
    autopilot: Path | None = None
    invitation: str = ""
    server_sync: bool = True
    server: str = ""
    code: str = ""
    device_name: str = ""
    wait: float = 0.0
    retry_failed: bool = False
    keystore: str = "auto"
    passphrase_file: Path | None = None
    new_passphrase_file: Path | None = None
    pin_file: Path | None = None
    passphrase: str = ""
    yes: bool = False
    new_organisation_key: bool = False
    headless: bool = False
    keep: Path | None = None
    action: str = ""
    target: str = ""
    name: str | None = None
    out: Path | None = None
    interview: tuple[str, ...] = ()
    everything: bool = False
    given: Mapping[str, tuple[Any, Source]] = field(default_factory=dict, compare=False)

    @property
    def shows_keys(self) -> bool:
        """Whether a kiosk has letters on the screen: Windows and macOS bring their own."""
        auto = sys.platform.startswith("linux")
        return {"on": True, "off": False}.get(self.screen_keyboard, auto)

    @property
    def models_dir(self) -> Path:
        """Where speech models are installed."""
        return self.data / "models"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        from contract.errors import ErrorCode, XudaError

        raise XudaError(ErrorCode.SETTING_INVALID, detail=message)


def system_language() -> str:
    """The language the system speaks, if Xuda speaks it too; else English."""
    name = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    if not name and sys.platform == "win32":
        import ctypes
        import locale

        name = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    elif not name:
        import locale

        name = locale.getlocale()[0] or ""
    tag = name.partition(".")[0]
    return best_match(tag, offered())


def early_language(arguments: Sequence[str]) -> str:
    """The language for help and errors, before the settings are read."""
    asked = os.environ.get("XUDA_LANG", "")
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            asked = arguments[position + 1]
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
    return asked if asked in LANGUAGES else system_language()


def config_files() -> list[str]:
    """Settings files that are read when they exist, the weightiest last."""
    folders = (sources.machine_config_folder(APP_NAME), sources.user_folder("config", APP_NAME))
    return [str(folder / CONFIG_NAME) for folder in folders]


def parse(command: str, arguments: Sequence[str], language: str) -> ClientSettings:
    """Read the settings for ``command``. Raises XudaError(SETTING_INVALID); `--help` prints and exits with 0."""
    flags = {flag: options for flag, _, options in SETTINGS}
    whole, given_by = sources.with_sources(arguments, config_files(), flags)
    explained = any(argument in ("-h", "--help") for argument in whole)
    # A parser of all settings takes longer to build than the window has: it is made of those that are given.
    told = load(DOMAIN, language).gettext if explained else None
    plain = None if explained or command in POSITIONALS else _plain(whole, flags)
    found = plain if plain is not None else vars(_build(command, told, given_by).parse_args(whole))
    names = {item.name for item in dataclasses.fields(ClientSettings)}
    given = {key: value for key, value in found.items() if key in names and value is not None}
    given["interview"] = tuple(given.get("interview") or ())
    given["data"] = Path(given.get("data", default_data())).expanduser().absolute()
    given.setdefault("lang", language)
    return ClientSettings(**given, given=given_here(given_by, found))


def switch(text: str) -> bool:
    """on/off, true/false, yes/no, 1/0."""
    value = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
    try:
        return value[text.strip().lower()]
    except KeyError:
        raise argparse.ArgumentTypeError(f"{text!r}: on | off") from None


def _plain(arguments: Sequence[str], flags: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """What a parser would find, for plain flags with good values; None for everything else, an error among them.

    argparse looks for the translations of its own words first: to build a parser takes longer than this.
    """
    found: dict[str, Any] = {}
    rest = iter(arguments)
    for argument in rest:
        flag, given, text = argument.partition("=")
        options: Mapping[str, Any] = {} if flag == sources.CONFIG_FLAG else flags.get(flag, {"action": "unknown"})
        name = options.get("dest") or flag.lstrip("-").replace("-", "_")
        if options.get("action") == "store_true" and not given:
            found[name] = True
            continue
        text = text if given else next(rest, "-")
        if "action" in options or (text.startswith("-") and not given):
            return None
        try:
            found[name] = options.get("type", str)(text)
        except (argparse.ArgumentTypeError, TypeError, ValueError):
            return None
        if found[name] not in options.get("choices", (found[name],)):
            return None
    return found


def _build(command: str, told: Callable[[str], str] | None, given: Container[str]) -> argparse.ArgumentParser:
    """Understands the flags in ``given``; with ``told``, which translates, all of them, and `--help` explains them."""
    _ = told or str
    parser = _Parser(
        prog=f"{APP_NAME} {command}",
        description=_(DESCRIPTIONS[command]),
        epilog=_("A flag outweighs its variable, a variable the settings file."),
        allow_abbrev=False,
    )
    for positional, options in POSITIONALS.get(command, {}).items():
        text = options["help"]
        parser.add_argument(positional, **{**options, "help": _(text)})
    help_on_file = _("read settings from this TOML file, table [xuda]")
    parser.add_argument(sources.CONFIG_FLAG, metavar="CONFIG_FILE", help=help_on_file)
    for flag, shown, options in SETTINGS:
        if told is None and flag not in given:
            continue
        # Each command knows every setting, so that one file serves all of them; help shows those it uses.
        text = options["help"]
        words = f"{_(text)} [{sources.variable(flag)}]" if not shown or command in shown else argparse.SUPPRESS
        parser.add_argument(flag, **{**options, "help": words})
    return parser


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


DESCRIPTIONS = {
    "client": N_("Open the interview client."),
    "demo": N_("Run client and HR backend together on this machine, with a prepared interview."),
    "enroll": N_("Enrol this device with the HR backend, using the one-time code from HR."),
    "sync": N_("Send what waits and fetch what is new, without opening a window."),
    "status": N_("Show the interviews on this device and what still waits to be sent."),
    "verify": N_("Read every stored recording back and compare it with the records."),
    "export": N_("Write the interviews that wait into a bundle on a stick, for HR to import."),
    "receipts": N_("Take HR's receipts from a stick: what HR has whole may then go from this device."),
    "diagnostics": N_("Write what support needs into one file: versions, queue, crash reports, log; nothing personal."),
    "keystore": N_("The keys of this device: where they are, another passphrase, what to do when they are lost."),
    "kiosk": N_("A booth: the staff's PIN, and the files that start the program by themselves."),
    "link": N_("Invitation links (xuda://) open this program: say so to the system, or take it back."),
    "model": N_("Speech models: list, install a folder, fetch by name, verify."),
    "selftest": N_("Check that everything this program needs works on this machine."),
}

POSITIONALS: dict[str, dict[str, dict[str, Any]]] = {
    "model": {
        "action": {"choices": ["list", "install", "fetch", "verify"], "help": N_("what to do")},
        "target": {
            "nargs": "?",
            "default": "",
            "help": N_(
                "install: the model's folder; fetch: small, base, tiny, medium or large-v3-turbo; verify: a name"
            ),
        },
    },
    "keystore": {
        "action": {
            "nargs": "?",
            "default": "status",
            "choices": ["status", "change", "reset"],
            "help": N_("status: where the keys are; change: another passphrase; reset: the passphrase is lost"),
        }
    },
    "kiosk": {
        "action": {
            "nargs": "?",
            "default": "status",
            "choices": ["status", "pin", "files"],
            "help": N_("status: whether a PIN is set; pin: set it; files: copy the start-up files of all systems"),
        }
    },
    "link": {
        "action": {
            "choices": ["status", "register", "unregister", "open"],
            "help": N_("register: links open this program; unregister: no more; open: open the client with a link"),
        },
        "target": {"nargs": "?", "default": "", "metavar": "LINK", "help": N_("open: the invitation link")},
    },
    "receipts": {
        "target": {
            "metavar": "FILE",
            "nargs": "?",
            "default": "",
            "help": N_("the receipts file that HR's import has written"),
        }
    },
}

_WINDOW = ("client",)
_CAPTURE = ("client", "demo")
_STORAGE = ("client", "enroll", "sync", "export", "receipts")
_FLAG = {"action": "store_true"}

# Flag, the commands that use it (none: all of them), argparse options.
SETTINGS: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("--data", (), {"metavar": "DIR", "help": N_("folder of this device's data")}),
    ("--lang", (), {"choices": list(LANGUAGES), "help": N_("language of windows and messages")}),
    ("--verbose", (), {**_FLAG, "help": N_("write everything that is logged to stderr as well")}),
    (
        "--json",
        (
            *("status", "diagnostics", "sync", "enroll", "verify", "export", "receipts"),
            *("keystore", "kiosk", "model", "selftest"),
        ),
        {**_FLAG, "help": N_("print JSON")},
    ),
    (
        "--camera",
        _CAPTURE,
        {"metavar": "SPEC", "default": "", "help": N_("camera: name:NAME, index:N, a URL, or file:CLIP")},
    ),
    (
        "--microphone",
        _CAPTURE,
        {"metavar": "SPEC", "default": "", "help": N_("microphone: name:NAME, index:N, or file:SOUND")},
    ),
    (
        "--model",
        (*_CAPTURE, "selftest"),
        {"metavar": "NAME", "help": N_("speech model: name or folder (default: the best one installed)")},
    ),
    ("--kiosk", _WINDOW, {**_FLAG, "help": N_("full screen, for a booth")}),
    (
        "--screen-keyboard",
        _WINDOW,
        {
            "choices": ["auto", "on", "off"],
            "default": "auto",
            "help": N_("in a kiosk: letters on the screen for fingers (auto: where the system has none of its own)"),
        },
    ),
    (
        "--autopilot",
        _WINDOW,
        {"metavar": "FILE", "type": Path, "help": N_("drive the windows by this JSON file and print the result")},
    ),
    (
        "--invitation",
        _WINDOW,
        {"metavar": "TEXT", "default": "", "help": N_("open with this invitation: a code or a xuda:// link")},
    ),
    (
        "--server-sync",
        _WINDOW,
        {"metavar": "on|off", "type": switch, "default": True, "help": N_("off: send nothing from this window")},
    ),
    ("--server", ("enroll",), {"metavar": "URL", "default": "", "help": N_("address of the HR backend")}),
    ("--code", ("enroll",), {"metavar": "CODE", "default": "", "help": N_("the one-time enrolment code from HR")}),
    (
        "--device-name",
        ("enroll",),
        {"metavar": "TEXT", "default": "", "help": N_("what HR calls this device (default: the machine's name)")},
    ),
    (
        "--wait",
        ("sync", "export"),
        {"metavar": "SECONDS", "type": float, "default": 0.0, "help": N_("go on trying for this long")},
    ),
    (
        "--out",
        ("export", "diagnostics", "kiosk"),
        {"metavar": "PATH", "type": Path, "help": N_("folder on the stick, or the name of the file to write")},
    ),
    (
        "--interview",
        ("export",),
        {"metavar": "ID", "action": "append", "help": N_("only this interview; may be given several times")},
    ),
    (
        "--all",
        ("export",),
        {**_FLAG, "dest": "everything", "help": N_("everything still on this device, also what HR has receipted")},
    ),
    (
        "--keystore",
        _STORAGE,
        {
            "choices": ["auto", "file"],
            "default": "auto",
            "help": N_(
                "auto: the system's key store, else a passphrase; file: an unprotected file, only for trying out: "
                "whoever copies this user's files can then open every recording"
            ),
        },
    ),
    (
        "--passphrase-file",
        (*_STORAGE, "keystore"),
        {"metavar": "FILE", "type": Path, "help": N_("file with the passphrase of this device's keys")},
    ),
    (
        "--new-passphrase-file",
        ("keystore",),
        {"metavar": "FILE", "type": Path, "help": N_("change: file with the new passphrase")},
    ),
    (
        "--pin-file",
        ("kiosk",),
        {"metavar": "FILE", "type": Path, "help": N_("pin: file with the new PIN, instead of typing it twice")},
    ),
    ("--yes", ("keystore",), {**_FLAG, "help": N_("reset: the keys of this device are really lost")}),
    ("--retry-failed", ("sync",), {**_FLAG, "help": N_("also try again what HR has refused")}),
    (
        "--new-organisation-key",
        ("enroll",),
        {**_FLAG, "help": N_("HR has said that the organisation's signing key was revoked: accept the code's new one")},
    ),
    ("--headless", ("demo",), {**_FLAG, "help": N_("no screen, no devices: recorded speech drives the interview")}),
    (
        "--keep",
        ("demo",),
        {"metavar": "DIR", "type": Path, "help": N_("keep everything the demo makes in this folder")},
    ),
    ("--name", ("model",), {"metavar": "NAME", "help": N_("install the model under this name")}),
    *DEVICE_FLAGS,
]
