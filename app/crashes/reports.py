"""The folder of crash reports: small JSON files, few of them, on this machine only."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

FOLDER = "crashes"
MOST_REPORTS = 20
MOST_BYTES = 64 * 1024
_FORMAT = 1
_NAME = re.compile(r"\d{8}T\d{6}Z-[a-z]+-[0-9a-f]{8}\.json")
_MOST_LINES = 200
_MOST_CHARACTERS = 200


class CrashKind(StrEnum):
    """ERROR: an exception nobody expected; the program went on. FAULT: the process died of a signal or a fatal error.

    WORKER: the speech process died. ENDED: the client was gone without a word: killed, or the power was cut.
    """

    ERROR = "error"
    FAULT = "fault"
    WORKER = "worker"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class CrashReport:
    """``screen``: the last one shown. ``thread``: its name. ``lines``: errors and places (see ``stack``).

    ``recent``: the newest warnings by logger and line. ``environment``: versions and system, by name.
    """

    kind: CrashKind
    at: datetime
    command: str
    screen: str
    thread: str
    lines: Sequence[str]
    recent: Sequence[str]
    environment: dict[str, str]

    def to_bytes(self) -> bytes:
        """At most MOST_BYTES of JSON."""
        values: dict[str, Any] = {"format": _FORMAT, **asdict(self)}
        values |= {"kind": self.kind.value, "at": self.at.isoformat(timespec="seconds")}
        lines = [line[:_MOST_CHARACTERS] for line in self.lines][:_MOST_LINES]
        return json.dumps(values | {"lines": lines}, ensure_ascii=False, indent=1).encode()[:MOST_BYTES]


class CrashFolder:
    """Never raises: what goes wrong while a crash is being written down must not be a crash of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / FOLDER

    def add(self, report: CrashReport) -> None:
        name = f"{report.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{report.kind.value}-{uuid.uuid4().hex[:8]}.json"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / f"{name}.tmp").write_bytes(report.to_bytes())
            (self.folder / f"{name}.tmp").replace(self.folder / name)
            self._thin_out()
        except OSError:
            return

    def files(self) -> list[Path]:
        """The reports, oldest first."""
        try:
            return sorted(path for path in self.folder.iterdir() if _NAME.fullmatch(path.name))
        except OSError:
            return []

    def _thin_out(self) -> None:
        """The oldest go first, and those that only say that the client was gone before those that say why."""
        files = self.files()
        telling = [path for path in files if f"-{CrashKind.ENDED.value}-" not in path.name]
        silent = [path for path in files if path not in telling]
        for path in (silent + telling)[: max(0, len(files) - MOST_REPORTS)]:
            path.unlink(missing_ok=True)
