"""What the command line prints."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from backend.objects.folder import make_folder, sync_file, sync_folder
from contract.catalog import load
from report.text import printable

DOMAIN = "cli"


def texts(options: argparse.Namespace) -> Callable[[str], str]:
    return load(DOMAIN, options.lang).gettext


def print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Aligned columns; Chinese characters are two columns wide."""
    lines = [[_one_line(cell) for cell in line] for line in (header, *rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(padded).rstrip())


def write_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write a file, whole or piece by piece, so that its name only ever stands for the whole of it."""
    folder = path.absolute().parent
    make_folder(folder)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for part in [content] if isinstance(content, bytes) else content:
                file.write(part)
            sync_file(file)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(folder)


def use_utf8() -> None:
    """Chinese reaches pipes and files whole, also where the system's own encoding is another."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="replace")


def _one_line(cell: object) -> str:
    """Names may come from anywhere: nothing in them moves the cursor or turns the line round."""
    return printable(str(cell)).replace("\n", " ")


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    raise TypeError(type(value).__name__)
