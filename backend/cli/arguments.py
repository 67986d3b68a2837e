"""Settings of ``xuda-hr``: flags, ``XUDA_HR_*`` variables and a TOML file, in this order of weight."""

from __future__ import annotations

import argparse
import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import configargparse
import platformdirs

from backend.cli import opinion, sending
from backend.cli.options import COMMANDS, OPTIONS, POSITIONALS
from backend.settings import Settings
from contract.catalog import load
from contract.errors import ErrorCode, XudaError

PROGRAM = "xuda-hr"
DOMAIN = "cli"

_TUNING = (
    "max_object",
    "max_body",
    "device_interviews",
    "device_bytes",
    "device_unfinished",
    "interview_documents",
    "upload_expiry",
    "silent_after",
    "warn_silent",
    "warn_clock",
    "warn_interruptions",
    "session_idle",
    "session_length",
    "fresh_totp",
    "key_retention_days",
    "backup",
    "backup_keep_days",
    "report_keep_hours",
    "kit_minutes_junior",
    "kit_minutes_management",
    "ai_before_rating",
    "embeddings",
    "secure_cookie",
    "host",
    "port",
    "database",
    "key_database",
    "objects",
    "s3_endpoint",
    "s3_region",
)


class _Parser(configargparse.ArgumentParser):  # type: ignore[misc]  # the library has no types
    def error(self, message: str) -> NoReturn:
        raise XudaError(ErrorCode.SETTING_INVALID, detail=message)


def parse(command: str, arguments: Sequence[str], language: str) -> argparse.Namespace:
    """The settings of one command. Raises XudaError(SETTING_INVALID); ``--help`` prints and exits with 0."""
    found: argparse.Namespace = _build(command, language).parse_args(list(arguments))
    found.lang = found.lang or language
    return found


def settings_of(found: argparse.Namespace) -> Settings:
    """The backend's settings, with the passphrase from the environment or its file.

    Raises XudaError(FILE_MISSING | SETTING_INVALID).
    """
    given = {name: getattr(found, name) for name in _TUNING if getattr(found, name, None) is not None}
    for name, value in given.items():
        if isinstance(value, int) and value < 0:
            raise XudaError(ErrorCode.SETTING_INVALID, field=name, value=value)
    data = found.data or platformdirs.user_data_path(PROGRAM, appauthor=False)
    return Settings(
        data=Path(data).expanduser().absolute(),
        passphrase=_passphrase(found.passphrase_file),
        sending=sending.sending_of(found),
        second_opinion=opinion.opinion_of(found),
        # never flags: command lines can be read by every user of the machine
        s3_key=os.environ.get("XUDA_HR_S3_KEY") or None,
        s3_secret=os.environ.get("XUDA_HR_S3_SECRET") or None,
        metrics_token=os.environ.get("XUDA_HR_METRICS_TOKEN") or None,
        **given,
    )


def _passphrase(file: Path | None) -> str | None:
    if file is not None:
        try:
            return file.read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            raise XudaError(ErrorCode.FILE_MISSING, file=str(file)) from error
    # never a flag: command lines can be read by every user of the machine
    return os.environ.get("XUDA_HR_PASSPHRASE") or None


def _config_files() -> list[str]:
    folders = (platformdirs.site_config_path(PROGRAM, appauthor=False), platformdirs.user_config_path(PROGRAM, False))
    return [str(Path(folder) / f"{PROGRAM}.toml") for folder in folders]


def _build(command: str, language: str) -> Any:
    _ = load(DOMAIN, language).gettext
    parser = _Parser(
        prog=f"{PROGRAM} {command}",
        description=_(COMMANDS[command]),
        config_file_parser_class=configargparse.TomlConfigParser([PROGRAM]),
        default_config_files=_config_files(),
        config_file_open_func=functools.partial(open, encoding="utf-8"),
        ignore_unknown_config_file_keys=True,
        auto_env_var_prefix="XUDA_HR_",
        args_for_setting_config_path=["--config"],
        config_arg_help_message=_("read settings from this TOML file, table [xuda-hr]"),
        add_config_file_help=False,
        add_env_var_help=True,
        allow_abbrev=False,
    )
    for name, shown, text in POSITIONALS.get(command, ()):
        more: dict[str, Any] = (
            {"nargs": "?"} if shown.startswith("[") else {"nargs": "+"} if shown.endswith("…") else {}
        )
        parser.add_argument(name, metavar=shown.strip("[]…"), help=_(text), **more)
    for flag, commands, options in (*OPTIONS, *sending.OPTIONS, *opinion.OPTIONS):
        if not commands or command in commands:
            text = options["help"]
            parser.add_argument(flag, **{**options, "help": _(text)})
    return parser
