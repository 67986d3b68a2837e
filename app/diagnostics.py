"""The command `xuda diagnostics`: one ZIP file for support, for staff to copy. Nothing personal is in it."""

from __future__ import annotations

import json
import platform
import re
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from app.config import DOMAIN, ClientSettings
from app.crashes.reports import MOST_BYTES, CrashFolder
from app.facts import app_version, device_model, free_bytes
from app.storage.files import disk_errors
from app.storage.safety import quarantined
from app.storage.status import read_status
from contract.catalog import load
from contract.errors import XudaError

_PACKAGES = (
    "PySide6",
    "opencv-python",
    "av",
    "sounddevice",
    "faster-whisper",
    "ctranslate2",
    "cryptography",
    "requests",
)
_LOG_BYTES = 200_000
# a line of the log, and a place in the code under it; nothing else is copied
_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ +[\w.]+: ")
_PLACE = re.compile(r"  [\w./<>-]+:\d+ [\w<>.]+$")
_PATH = re.compile(r"(?:[A-Za-z]:)?(?:[/\\][^\s/\\:'\"]+){2,}[/\\]?")


def run(settings: ClientSettings) -> int:
    """Write the file and say where it is. Works beside a running client and when the data cannot be read."""
    name = diagnostics_name()
    out = settings.out or Path(name)
    out = out / name if out.is_dir() else out
    write_diagnostics(settings.data, out)
    _ = load(DOMAIN, settings.lang).gettext
    text = _("Written: {file}. It holds no names, answers or recordings.").format(file=out)
    print(json.dumps({"file": str(out)}, ensure_ascii=False) if settings.json else text)
    return 0


def diagnostics_name() -> str:
    """Of a new file."""
    return f"xuda-diagnostics-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip"


def write_diagnostics(data_dir: Path, out: Path) -> None:
    """Put facts, crash reports and the end of the log into the ZIP file ``out``. Raises XudaError(DISK_*)."""
    with disk_errors(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("diagnostics.json", json.dumps(collect_facts(data_dir), ensure_ascii=False, indent=1))
        for path in CrashFolder(data_dir).files():
            archive.writestr(f"crashes/{path.name}", path.read_bytes()[:MOST_BYTES])
        archive.writestr("client.log", "\n".join(log_tail(data_dir)))


def collect_facts(data_dir: Path) -> dict[str, Any]:
    """Versions, the machine and the queue. Interviews are counted, not named."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "xuda": app_version(),
        "python": platform.python_version(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "os": platform.platform(),
        "machine": platform.machine(),
        "device_model": device_model(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "free_disk_bytes": free_bytes(data_dir),
        "crash_reports": len(CrashFolder(data_dir).files()),
        "damaged_databases": len(quarantined(data_dir)),
        "data": _data_facts(data_dir),
    }


def log_tail(data_dir: Path) -> Iterator[str]:
    """The newest lines of the log, without paths of this machine."""
    try:
        with (data_dir / "client.log").open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LOG_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return
    for line in lines:
        if _PLACE.match(line):
            yield line
        elif _LINE.match(line):
            yield _PATH.sub("(path)", line)


def _data_facts(data_dir: Path) -> dict[str, Any]:
    try:
        status = read_status(data_dir)
    except XudaError as error:
        return {"error": error.code.value}
    states = Counter(f"{row['state']}{', delivered' if row['delivered'] else ''}" for row in status["interviews"])
    return {
        "enrolled": status["enrolled"],
        "device_id": status["device_id"],
        "interviews": dict(states),
        "waiting": status["pending"],
        "refused": status["failed"],
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
