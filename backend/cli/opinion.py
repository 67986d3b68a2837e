"""Settings of ``serve`` for a language model that people may ask for a second opinion."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from backend.opinion.settings import SECONDS, SecondOpinion
from contract.errors import ErrorCode, XudaError

_KEY = "XUDA_HR_SECOND_OPINION_KEY"
_ONLY = ("serve",)


def N_(text: str) -> str:
    """Mark a text for the catalog; it is translated where it is shown."""
    return text


OPTIONS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    (
        "--second-opinion",
        _ONLY,
        {
            "metavar": "URL",
            "default": "",
            "help": N_("OpenAI-compatible address of a language model for second opinions; without it there are none"),
        },
    ),
    ("--second-opinion-model", _ONLY, {"metavar": "NAME", "default": "", "help": N_("name of the language model")}),
    (
        "--second-opinion-key-file",
        _ONLY,
        {"metavar": "FILE", "type": Path, "help": N_("file with the key that its service wants")},
    ),
    (
        "--second-opinion-seconds",
        _ONLY,
        {"metavar": "SECONDS", "type": int, "default": SECONDS, "help": N_("an answer of it may take so long")},
    ),
    (
        "--second-opinion-private",
        _ONLY,
        {"action": "store_true", "help": N_("the language model may lie inside the own network")},
    ),
)


def opinion_of(found: argparse.Namespace) -> SecondOpinion:
    """From the settings of ``serve``; other commands ask nobody.

    The key is never a flag: everybody on the machine can read a command line. A variable counts before the file.

    Raises XudaError(FILE_MISSING | SETTING_INVALID) without the key in it.
    """
    if not getattr(found, "second_opinion", ""):
        return SecondOpinion()
    settings = SecondOpinion(
        url=found.second_opinion,
        model=found.second_opinion_model,
        key=os.environ.get(_KEY) or _kept(found.second_opinion_key_file),
        seconds=found.second_opinion_seconds,
        private=found.second_opinion_private,
        ca=found.send_ca,
    )
    settings.check()
    return settings


def _kept(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise XudaError(ErrorCode.FILE_MISSING, file=str(file)) from error
