"""What PortAudio does not tell on Linux desktops: the microphones behind the sound server, and which one we hear.

Works with PulseAudio and with PipeWire's PulseAudio service, through ``pactl``; elsewhere everything is None.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_PATIENCE = 2.0
_CHOICE = "PULSE_SOURCE"


@dataclass(frozen=True, slots=True)
class PulseSource:
    """A microphone of the sound server. ``index`` is the server's own and new after every plugging in.

    ``rate`` is that of the device itself in Hz, 0 when it is not known; ``muted``: also when its volume is turned to
    nothing.
    """

    index: int
    name: str
    description: str
    is_default: bool
    rate: int = 0
    muted: bool = False


def sources() -> list[PulseSource] | None:
    """The server's microphones, the default first; None when there is no such server. May take 2 s."""
    listed = _ask("list", "sources")
    if listed is None:
        return None
    default = _run("get-default-source") or ""
    found = [
        PulseSource(
            index=int(s["index"]),
            name=s["name"],
            description=s.get("description") or s["name"],
            is_default=s["name"] == default.strip(),
            rate=_rate(s),
            muted=_muted(s),
        )
        for s in listed
        if not _is_monitor(s)
    ]
    return sorted(found, key=lambda s: (not s.is_default, s.index))


def heard_sources() -> set[int] | None:
    """Indexes of the sources this process is listening to; None when nobody can tell."""
    listed = _ask("list", "source-outputs")
    if listed is None:
        return None
    own = str(os.getpid())
    return {int(o["source"]) for o in listed if o.get("properties", {}).get("application.process.id") == own}


@contextmanager
def chosen(name: str) -> Iterator[None]:
    """Streams opened inside listen to the source of this name. Not for two threads at once."""
    before = os.environ.get(_CHOICE)
    os.environ[_CHOICE] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CHOICE]
        else:
            os.environ[_CHOICE] = before


def _rate(source: dict[str, Any]) -> int:
    found = re.search(r"(\d+) ?Hz", str(source.get("sample_specification", "")))
    return int(found.group(1)) if found else 0


def _muted(source: dict[str, Any]) -> bool:
    volume = source.get("volume")
    channels = volume.values() if isinstance(volume, dict) else ()
    levels = [channel.get("value") for channel in channels if isinstance(channel, dict)]
    return bool(source.get("mute")) or (bool(levels) and all(level == 0 for level in levels))


def _is_monitor(source: dict[str, Any]) -> bool:
    """A monitor hears what the machine plays: nobody's microphone."""
    kind = source.get("properties", {}).get("device.class")
    return kind == "monitor" or str(source["name"]).endswith(".monitor")


def _ask(*words: str) -> list[dict[str, Any]] | None:
    text = _run("--format=json", *words)
    try:
        found = json.loads(text) if text else None
    except ValueError:  # a pactl too old to speak JSON
        return None
    return found if isinstance(found, list) else None


def _run(*words: str) -> str | None:
    program = shutil.which("pactl") if sys.platform.startswith("linux") else None
    if program is None:
        return None
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run([program, *words], capture_output=True, text=True, timeout=_PATIENCE, env=env)
    except (subprocess.TimeoutExpired, OSError):
        return None
    return done.stdout if done.returncode == 0 else None
