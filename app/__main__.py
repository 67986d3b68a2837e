"""The command line `xuda`: known errors are told as text and end with 2, bugs say where they are and end with 70."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from app.config import APP_NAME, DESCRIPTIONS, DOMAIN, ClientSettings, early_language, parse
from app.log import setup_logging
from contract.catalog import load

if TYPE_CHECKING:
    from contract.errors import XudaError

KNOWN_ERROR = 2
INTERRUPTED = 130
BUG = 70


class Command(NamedTuple):
    """Where a command lives; it is imported when it is called, so that `xuda --help` stays quick.

    The function takes the settings and returns the exit code. ``logs``: it keeps a log in the data folder. ``asks``: it
    opens the keystore, and may ask for a passphrase on the terminal. ``starts``: it says itself when its start is over
    and garbage may be collected.
    """

    module: str
    function: str
    logs: bool = False
    asks: bool = False
    starts: bool = False


COMMANDS = {
    "client": Command("app.window", "run_client", starts=True),  # keeps its log from the moment its window is there
    "enroll": Command("app.commands", "enroll", logs=True, asks=True),
    "sync": Command("app.commands", "sync", logs=True, asks=True),
    "status": Command("app.commands", "status"),
    "verify": Command("app.commands", "verify"),
    "export": Command("app.commands", "export", logs=True, asks=True),
    "receipts": Command("app.commands", "receipts", logs=True, asks=True),
    "diagnostics": Command("app.diagnostics", "run"),
    "keystore": Command("app.keystore_command", "run"),
    "kiosk": Command("app.kiosk_command", "run"),
    "link": Command("app.link_command", "run"),
    "model": Command("app.model_command", "run"),
    "demo": Command("app.demo.run", "run"),
    "selftest": Command("app.selftest", "run"),
}
FROZEN = bool(getattr(sys, "frozen", False))
if FROZEN:
    del COMMANDS["demo"]  # it needs the HR backend, which a frozen client does not carry


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0 done, 2 known error, 70 a bug, 130 interrupted, else the command's own."""
    gc.disable()  # it would only look through what all stays
    if FROZEN:
        import multiprocessing

        multiprocessing.freeze_support()
    _use_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    # Until the settings are read, what is asked for on the command line decides how an error is told.
    settings = ClientSettings(lang=early_language(given), json="--json" in given)
    try:
        # A frozen program that is double-clicked opens the client.
        name = given[0] if given else "client" if FROZEN else "--help"
        if name in _ANSWERS:
            print(_ANSWERS[name](settings.lang))
            return 0
        if name not in COMMANDS:
            from contract.errors import ErrorCode, XudaError

            raise XudaError(ErrorCode.SETTING_INVALID, field="command", value=name)
        settings = parse(name, given[1:], settings.lang)
        return _run(COMMANDS[name], settings)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _tell(error, settings)
    finally:
        gc.enable()


def _tell(error: Exception, settings: ClientSettings) -> int:
    from app.program import known
    from contract.errors import XudaError

    error = known(error)
    if isinstance(error, XudaError):
        _report(error, settings)
        return KNOWN_ERROR
    from app.crashes.stack import describe

    # not as a traceback: its message may hold what a candidate has typed, and stderr may end in a file
    print("\n".join(["unexpected error:", *describe(error)]), file=sys.stderr)
    return BUG


def _run(command: Command, settings: ClientSettings) -> int:
    setup_logging(verbose=settings.verbose)
    if command.logs:
        from app.log import keep_log
        from app.storage.files import disk_errors

        with disk_errors():
            keep_log(settings.data)
    function = function_of(command)
    if not command.starts:
        gc.enable()
    if not command.asks:
        return int(function(settings))
    from app.passphrase import with_passphrase

    return int(with_passphrase(settings, function))


def function_of(command: Command) -> Callable[[ClientSettings], int]:
    """Import the command's module and find its function."""
    function: Callable[[ClientSettings], int] = getattr(importlib.import_module(command.module), command.function)
    return function


def overview(language: str) -> str:
    """What `xuda --help` shows: the commands and where more is explained."""
    _ = load(DOMAIN, language).gettext
    lines = [f"{APP_NAME} COMMAND [--help]", "", _("Xuda: interviews that work without a network."), ""]
    lines += [f"  {name:9} {_(DESCRIPTIONS[name])}" for name in COMMANDS]
    lines += ["", _("Every setting works as a flag, as a variable XUDA_NAME and in the table [xuda] of a TOML file.")]
    lines += [_("`xuda COMMAND --help` explains each one.")]
    return "\n".join(lines)


def _version(_: str) -> str:
    from app.facts import app_version

    return f"{APP_NAME} {app_version()}"


_ANSWERS: dict[str, Callable[[str], str]] = {"--help": overview, "-h": overview, "--version": _version}


def _report(error: XudaError, settings: ClientSettings) -> None:
    from contract.texts import error_text

    text = error_text(error, settings.lang)
    print("\n".join(text.lines), file=sys.stderr)
    if settings.json:
        import json

        body = {"code": error.code.value, "field": error.field, "row": error.row, "text": list(text.lines)}
        print(json.dumps({"error": body}, ensure_ascii=False))


def _use_utf8() -> None:
    """Texts are Chinese too, whatever the code page of the terminal or pipe says. A windowed program has no streams."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
