"""The command line ``xuda-hr``. Known errors are printed as text and end with exit code 2; bugs with a traceback."""

from __future__ import annotations

import importlib
import json
import locale
import os
import sys
from collections.abc import Sequence

from backend.cli.arguments import DOMAIN, PROGRAM, parse, settings_of
from backend.cli.options import COMMANDS
from backend.cli.output import use_utf8
from contract.catalog import STAFF_LANGUAGES, best_match, load
from contract.errors import ErrorCode, XudaError
from contract.texts import error_text

KNOWN_ERROR = 2
INTERRUPTED = 130

# module and function of each command; imported when called, so that --help stays quick
_HANDLERS = {
    "init": ("serving", "init"),
    "serve": ("serving", "serve"),
    "list": ("interviews", "list_interviews"),
    "report": ("interviews", "write_report"),
    "purge": ("retention", "purge"),
    "hold set": ("retention", "set_hold"),
    "hold lift": ("retention", "lift_hold"),
    "hold list": ("retention", "list_holds"),
    "certificate list": ("retention", "list_certificates"),
    "certificate write": ("retention", "write_certificate"),
    "certificate verify": ("retention", "verify_certificate"),
    "import": ("bundles", "import_bundles"),
    "kit add": ("content", "add_kit"),
    "kit list": ("content", "list_kits"),
    "kit export": ("content", "export_kit"),
    "batch add": ("content", "add_batch"),
    "batch list": ("content", "list_batches"),
    "batch walk-ins": ("content", "allow_walk_ins"),
    "candidates import": ("content", "import_candidates"),
    "invitations list": ("content", "list_invitations"),
    "invitations qr": ("content", "write_qr"),
    "device code": ("access", "new_code"),
    "device list": ("access", "list_devices"),
    "device revoke": ("access", "revoke"),
    "device lost": ("access", "lost"),
    "key list": ("keys", "list_keys"),
    "key rotate": ("keys", "rotate"),
    "key retire": ("keys", "retire"),
    "key revoke": ("keys", "revoke"),
    "user add": ("access", "add_user"),
    "staff add": ("staff", "add"),
    "staff panel": ("staff", "panel"),
    "staff list": ("staff", "list_staff"),
    "staff revoke": ("staff", "revoke"),
    "adjust": ("staff", "adjust"),
    "backup": ("backups", "backup"),
    "restore": ("backups", "restore"),
    "rescore": ("interviews", "rescore"),
    "score": ("assessing", "score"),
    "train": ("assessing", "train"),
    "model list": ("models", "list_models"),
    "model train": ("models", "train"),
    "model show": ("models", "show"),
    "model import": ("models", "take_in"),
    "model publish": ("models", "publish"),
    "model rollback": ("models", "roll_back"),
    "audit verify": ("access", "verify_audit"),
    "audit checkpoint": ("access", "audit_checkpoint"),
    "audit export": ("access", "export_audit"),
}
# these open the data folder themselves
_ON_THEIR_OWN = frozenset({"init", "serve", "restore", "adjust", "score", "train"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0 done, 2 known error, 130 interrupted, else the command's own."""
    use_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    language = _early_language(given)
    try:
        return _run(given, language)
    except XudaError as error:
        _report(error, language, as_json="--json" in given)
        return KNOWN_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough; the interpreter's last flush must not fail again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(given: list[str], language: str) -> int:
    if not given or given[0] in ("--help", "-h"):
        print(_overview(language))
        return 0
    if given[0] == "--version":
        from backend.version import VERSION

        print(VERSION)
        return 0
    command, rest = _command(given)
    options = parse(command, rest, language)
    module, function = _HANDLERS[command]
    run = getattr(importlib.import_module(f"backend.cli.{module}"), function)
    if command in _ON_THEIR_OWN:
        return int(run(options))
    from backend.runtime import open_runtime

    hr = open_runtime(settings_of(options))
    try:
        return int(run(hr, options))
    finally:
        hr.close()


def _command(given: list[str]) -> tuple[str, list[str]]:
    for words in (2, 1):
        name = " ".join(given[:words])
        if name in COMMANDS:
            return name, given[words:]
    raise XudaError(ErrorCode.SETTING_INVALID, field="command", value=" ".join(given[:2]))


def _overview(language: str) -> str:
    _ = load(DOMAIN, language).gettext
    lines = [_("Usage: {program} COMMAND [OPTIONS]").format(program=PROGRAM), ""]
    lines += [f"  {name:<18} {_(text)}" for name, text in COMMANDS.items()]
    lines += ["", _("{program} COMMAND --help explains a command and its settings.").format(program=PROGRAM)]
    return "\n".join(lines)


def _report(error: XudaError, language: str, *, as_json: bool) -> None:
    text = error_text(error, language)
    if as_json:
        fields = {"error": error.code.value, "field": error.field, "row": error.row, **error.params}
        print(json.dumps({k: v for k, v in fields.items() if v is not None}, ensure_ascii=False, default=str))
    print("\n".join(text.lines), file=sys.stderr)


def _early_language(given: Sequence[str]) -> str:
    """The language for help and errors, before the settings are read."""
    asked = os.environ.get("XUDA_HR_LANG", "")
    for position, argument in enumerate(given):
        if argument == "--lang" and position + 1 < len(given):
            asked = given[position + 1]
        elif argument.startswith("--lang="):
            asked = argument.partition("=")[2]
    if asked in STAFF_LANGUAGES:
        return asked
    name = next((os.environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(key)), "")
    tag = (name or locale.getlocale()[0] or "").partition(".")[0]
    return best_match(tag, STAFF_LANGUAGES)


if __name__ == "__main__":
    sys.exit(main())
