"""A machine that falls asleep in the middle of an answer: every thread and process stands still, then goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from app.demo.processes import Client as ClientProcess
from tests.campaigns.model import Findings
from tests.e2e.booth import MODEL, Booth, Office
from tests.faults.people import invite, write_script


def sleep(findings: Findings, folder: Path, *, nights: int, seed: int = 1) -> None:
    """``nights`` interviews of the real client, each stopped once for some seconds while it records."""
    chance = random.Random(seed)
    office = Office(folder / "office")
    try:
        codes = invite(office, folder, nights)
        booth = Booth(folder, office)
        env = office.env | {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1"}
        for night, code in enumerate(codes):
            _night(findings, folder, booth, env, code, night, chance)
    finally:
        office.server.stop()
    findings.figures["sleeps in mid answer"] = nights


def _night(
    findings: Findings, folder: Path, booth: Booth, env: dict[str, str], code: str, night: int, chance: random.Random
) -> None:
    script = folder / f"script-{night}.json"
    write_script(script, code)
    arguments = ["--data", str(booth.data), "--autopilot", str(script), "--model", str(MODEL)]
    client = ClientProcess(arguments, folder / "client.log", env)
    client.wait_for("screen=recording")
    client.wait(chance.uniform(0.3, 2.0))
    _stand_still(client.pid, chance.uniform(3.0, 8.0))
    found = client.result()
    answers = found["answers"]
    findings.expect(len(answers) == 4, f"night {night}: {len(answers)} of 4 answers saved")
    findings.expect(found["state"] == "pending_review", f"night {night}: state {found['state']}")
    short = [a["question_id"] for a in answers if a["kind"] in ("video", "audio") and a["duration"] < 2.0]
    findings.expect(not short, f"night {night}: {short} kept less than two seconds")


def _stand_still(pid: int, seconds: float) -> None:
    """Stop the process and its children, parents first, and wake them in the opposite order."""
    main = psutil.Process(pid)
    sleepers = [main, *main.children(recursive=True)]
    for sleeper in sleepers:
        with suppress(psutil.NoSuchProcess):
            os.kill(sleeper.pid, signal.SIGSTOP)
    time.sleep(seconds)  # the sleep itself, not a wait for something
    for sleeper in reversed(sleepers):
        with suppress(psutil.NoSuchProcess):
            os.kill(sleeper.pid, signal.SIGCONT)
