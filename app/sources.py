"""Where settings come from besides the command line: variables `XUDA_*` and TOML files. They become typed flags.

So each is checked by the same rules and told in the same words, whichever way it was given.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

PREFIX = "XUDA_"
TABLE = "xuda"
CONFIG_FLAG = "--config"
_YES, _NO = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


class Source(StrEnum):
    """Where a value comes from, the weightiest first."""

    COMMAND_LINE = "command_line"
    ENVIRONMENT = "environment"
    STAFF = "staff"
    REMOTE = "remote"
    FILE = "file"
    DEFAULT = "default"


def variable(flag: str) -> str:
    """The variable's name: `--server-sync` is XUDA_SERVER_SYNC."""
    return PREFIX + flag.lstrip("-").replace("-", "_").upper()


def user_folder(kind: str, name: str) -> Path:
    """This user's folder for ``data`` or ``config`` of a program, as the platform wants it."""
    if sys.platform.startswith("linux"):
        given = os.environ.get(f"XDG_{kind.upper()}_HOME", "").strip()
        return Path(given or os.path.expanduser({"data": "~/.local/share", "config": "~/.config"}[kind])) / name
    import platformdirs  # asks Windows for its folders; costs a tenth of the time that the first screen has

    found = platformdirs.user_data_path if kind == "data" else platformdirs.user_config_path
    return Path(found(name, appauthor=False))


def machine_config_folder(name: str) -> Path:
    """The folder for settings of all users of this machine."""
    if sys.platform.startswith("linux"):
        return Path(os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep)[0].strip() or "/etc/xdg") / name
    import platformdirs

    return Path(platformdirs.site_config_path(name, appauthor=False))


def with_sources(
    arguments: Sequence[str], files: Sequence[str], flags: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], dict[str, Source]]:
    """``arguments`` preceded by what variables and ``files`` (the weightiest last) say and they do not.

    With them comes, by flag, who gave it. ``flags``: the argparse options of each known flag. A file that is named by
    `--config` has to exist, others not.
    Raises XudaError(SETTING_INVALID).
    """
    typed = (argument.partition("=")[0] for argument in _flags_of(arguments))
    givers = {flag: Source.COMMAND_LINE for flag in typed if flag in flags}
    found: list[str] = []
    from_files = _from_files(arguments, files)
    for flag, options in flags.items():
        if flag in givers:
            from_files.pop(flag, None)
            continue
        value = os.environ.get(variable(flag), "")
        name, source, in_file = variable(flag), Source.ENVIRONMENT, from_files.pop(flag, None)
        if not value and in_file is not None:
            name, source, value = flag.lstrip("-"), Source.FILE, in_file
        if value != "":
            found += _as_flags(flag, value, options, name)
            givers[flag] = source
    # what no setting is called is left to the parser, which names it
    found += [f"{flag}={value}" for flag, value in from_files.items()]
    return [*found, *arguments], givers


def _flags_of(arguments: Sequence[str]) -> Sequence[str]:
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _as_flags(flag: str, value: Any, options: Mapping[str, Any], name: str) -> list[str]:
    if options.get("action") == "store_true":
        word = str(value).lower()
        if word not in _YES | _NO:
            _refuse(f"{name}: {value!r}: true | false")
        return [flag] if word in _YES else []
    values = value if isinstance(value, list) else [value]
    return [f"{flag}={item}" for item in values]


def _from_files(arguments: Sequence[str], files: Sequence[str]) -> dict[str, Any]:
    """By flag. Values are of TOML's types."""
    found: dict[str, Any] = {}
    for path in files:
        if os.path.exists(path):
            found |= _read(path)
    for position, argument in enumerate(_flags_of(arguments)):
        if argument == CONFIG_FLAG and position + 1 < len(arguments):
            found |= _read(arguments[position + 1])
        elif argument.startswith(CONFIG_FLAG + "="):
            found |= _read(argument.partition("=")[2])
    return found


def _read(path: str) -> dict[str, Any]:
    import tomllib

    try:
        text = Path(path).read_bytes().decode("utf-8")
        table = tomllib.loads(text).get(TABLE, {})
    except (OSError, ValueError) as error:
        _refuse(f"{CONFIG_FLAG.lstrip('-')}: {path}: {error}")
    if not isinstance(table, dict):
        _refuse(f"{CONFIG_FLAG.lstrip('-')}: {path}: [{TABLE}]")
    return {"--" + name.lstrip("-").replace("_", "-"): value for name, value in table.items()}


def _refuse(detail: str) -> NoReturn:
    from contract.errors import ErrorCode, XudaError

    raise XudaError(ErrorCode.SETTING_INVALID, detail=detail)
