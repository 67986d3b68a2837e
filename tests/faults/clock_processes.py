"""The client's own programs under a moved system clock (libfaketime): enrolled, driven by the autopilot, delivered."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.demo.processes import ROOT, Client, demo_environment
from backend.db.models import EventRow, Interview
from backend.services import devices
from backend.services.states import parse_event
from contract.events import HrState
from tests.backend.world import Served
from tests.campaigns.model import Findings
from tests.faults.booths import COMMAND_LINE

LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime")
_PASSPHRASE = "clock campaign"


@dataclass(frozen=True)
class Moved:
    """``first``: how libfaketime sets the clock at the start; ``then``: after the first answer."""

    name: str
    first: str
    then: str


MOVES = (
    Moved("400 days behind, then ahead", "-400d", "+400d"),
    Moved("past 2^31 seconds, then 1970", "@2038-01-19 03:14:00", "@1970-01-01 00:01:00"),
    Moved("400 days ahead", "+400d", "+400d"),
    Moved("1970", "@1970-01-01 00:00:10", "@1970-01-01 00:00:10"),
    Moved("right, then 400 days behind", "+0", "-400d"),
    Moved("right, then 2044", "+0", "@2044-02-29 23:59:50"),
)


def library() -> str | None:
    """The library that moves the clock of a process; None where it is not installed."""
    names = [f"{folder}/libfaketimeMT.so.1" for folder in LIBRARIES]
    return next((name for name in names if Path(name).exists()), None)


def run_processes(hr: Served, invite: Callable[[], str], folder: Path, findings: Findings, *, short: bool) -> None:
    """``invite`` gives a token that is open."""
    if library() is None:
        findings.figures["programs under a moved clock"] = "libfaketime is not installed"
        return
    moves = MOVES[:1] if short else MOVES
    for number, moved in enumerate(moves):
        _run(hr, invite(), folder / f"moved-{number}", moved, findings)
    findings.figures["programs under a moved clock"] = len(moves)


def _run(hr: Served, invitation: str, folder: Path, moved: Moved, findings: Findings) -> None:
    folder.mkdir(parents=True)
    setting = folder / "clock"
    setting.write_text(moved.first)
    env = _environment(folder, setting)
    data = ("--data", str(folder / "booth"))
    code = devices.new_enrolment_code(hr.hr, COMMAND_LINE)
    _program("enroll", "--server", hr.url, "--code", code, "--json", *data, env=env)
    _program("sync", "--wait", "30", "--json", *data, env=env)
    script = {
        "invitation": invitation,
        "answers": [{"text": "one"}, {"choice": [1]}, {"text": "three"}],
    }
    (folder / "script.json").write_text(json.dumps(script), "utf-8")
    given = ["--autopilot", str(folder / "script.json"), "--server-sync", "off", *data]
    client = Client(given, folder / "client.log", env)
    client.wait_for("given=1", timeout=60)
    setting.write_text(moved.then)
    result = client.result(timeout=90)
    told = _program("sync", "--wait", "60", "--json", *data, env=env)
    name = f"clock, programs {moved.name}"
    findings.expect(result["state"] == "pending_review", f"{name}: the interview ended as {result['state']}")
    findings.expect((told["pending"], told["failed"]) == (0, 0), f"{name}: not delivered: {told}")
    with hr.hr.db.read() as session:
        interview = session.get(Interview, result["interview"])
        query = select(EventRow).where(EventRow.interview_id == result["interview"]).order_by(EventRow.seq)
        events = [parse_event(row) for row in session.scalars(query)]
    state = interview.state if interview else None
    findings.expect(state == HrState.PENDING_REVIEW, f"{name}: HR sees {state}")
    seqs = [event.seq for event in events]
    findings.expect(bool(seqs) and seqs == list(range(1, len(seqs) + 1)), f"{name}: HR has events {seqs}")
    apart = abs(events[-1].at - events[0].at) if events else timedelta(0)
    jumped = (apart > timedelta(days=300)) == (moved.first != moved.then)
    findings.expect(jumped, f"{name}: the clock was not moved as wanted: {apart}")


def _environment(folder: Path, setting: Path) -> dict[str, str]:
    env = demo_environment(folder, _PASSPHRASE) | {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1"}
    moved = {
        "LD_PRELOAD": library() or "",
        "FAKETIME_TIMESTAMP_FILE": str(setting),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # without this waits with a time-out go wrong, and threads starve each other
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        "TZ": "UTC",
    }
    return env | moved


def _program(*arguments: str, env: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "app", *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    lines = done.stdout.strip().splitlines()
    if not lines:
        raise AssertionError(f"{arguments[0]} said nothing: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found
