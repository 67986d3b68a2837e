"""Let every operation of the disk fail in turn, under an interview and under a delivery to the backend.

The k-th open (or making), write, fsync, rename and removal fails with EIO or ENOSPC, a write also halfway (a short
count, or an error after half of it), or the disk is full from there on. What must hold: nothing is acknowledged that
is not durable (the folder is looked at again after a restart, and as a power cut would leave it, a failed sync having
saved nothing); every failure reaches the caller as a known error within two seconds; earlier answers are intact;
after a single failure the interview or the delivery can go on to its end; on a full disk the client starts, shows
what is there and says so, and the backend answers 507 or 500 with a problem, and no receipt for what is not there.
"""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.storage.database import Database
from tests.campaigns.model import Findings, Options
from tests.faults import backend_errors, booth_errors, day, hr_scene
from tests.faults.booth_errors import Case, Course
from tests.faults.booth_scene import Visit, cheap_passphrase, enrol

BROKEN = ("error-is-success", "failed-sync-again")
_KINDS = ("open", "write", "fsync", "rename", "remove")
_GROWING = ("open", "write", "rename")
Runner = Callable[[Case, Path], tuple[Course, list[str], dict[str, int]]]


def cases(run: Runner, work: Path) -> list[Case]:
    """Every operation there is in a course without faults, in every way it can fail."""
    counts = run(Case((), 0, ""), work)[2]
    found = []
    for op in _KINDS:
        ways = ("EIO", "ENOSPC", "short", "torn") if op == "write" else ("EIO", "ENOSPC")
        found += [Case((op,), k, way) for k in range(1, counts.get(op, 0) + 1) for way in ways]
    growing = sum(counts.get(op, 0) for op in _GROWING)
    return found + [Case(_GROWING, k, "full") for k in range(1, growing + 1)]


def sample(every: list[Case], count: int, rng: random.Random) -> list[Case]:
    """As many of each operation, and every seventh a full disk."""
    kinds = sorted({(case.ops, case.kind == "full") for case in every})
    chosen: list[Case] = []
    while len(chosen) < min(count, len(every)):
        ops, full = kinds[len(chosen) % len(kinds)]
        chosen.append(rng.choice([case for case in every if (case.ops, case.kind == "full") == (ops, full)]))
    return chosen


def booth_runner(folder: Path) -> Runner:
    """An interview on a booth that is enrolled and has its kit, without a network."""
    from backend.services.devices import new_enrolment_code
    from tests.backend.world import COMMAND_LINE

    base = folder / "booth-base"
    base.mkdir()
    hr = hr_scene.set_up(folder / "hr")
    _, code = hr_scene.invite(hr, "candidate")
    hr.close()
    with hr_scene.serving(folder / "hr", lambda **_: None) as served:
        enrol(base / booth_errors.BOOTH, served.url, new_enrolment_code(served.hr, COMMAND_LINE))
        with Visit(base / booth_errors.BOOTH) as visit:
            assert visit.deliver() == 0
    (base / booth_errors.BOOTH / "reserve").unlink(missing_ok=True)  # the folder is copied for each case
    day.material(folder)
    material = {"code": code, "sound": (folder / "sound.webm").read_bytes()}
    return lambda case, work: booth_errors.run(case, base, material, work)


def backend_runner(folder: Path) -> Runner:
    setting = backend_errors.prepare(folder)
    return lambda case, work: backend_errors.run(case, setting, work)


def campaign(options: Options) -> Findings:
    findings = Findings()
    with cheap_passphrase(), _broken(options.broken):
        for side, runner in (("booth", booth_runner(options.work)), ("backend", backend_runner(options.work))):
            rng = random.Random(f"{options.seed} {side}")
            every = cases(runner, options.work / "case")
            count = options.cases(short=35, long=len(every))
            chosen = every if count >= len(every) else sample(every, count, rng)
            met, slowest = 0, 0.0
            for case in chosen:
                course, broken, _ = runner(case, options.work / "case")
                met += bool(course.errors)
                slowest = max(slowest, course.slowest)
                findings.failures += [f"{side}: {case}: {problem}" for problem in broken]
            findings.figures |= {
                f"{side} cases": len(chosen),
                f"{side} operations": len(every),
                f"{side} cases with an error told": met,
                f"{side} slowest error, s": round(slowest, 2),
            }
    return findings


@contextmanager
def _broken(defect: str | None) -> Iterator[None]:
    """The product with a deliberate defect."""
    if defect is None:
        yield
    elif defect == BROKEN[0]:
        with patch("app.storage.database.Database.transaction", _deaf):
            yield
    else:
        with patch("app.storage.vault.sync_file", _twice), patch("app.storage.files.sync_file", _twice):
            yield


def _deaf(database: Database, change: Callable[[Any], Any]) -> Any:
    """A transaction whose commit is not waited for: when it fails nobody hears of it."""

    def forgiving(db: Any) -> Any:
        try:
            with db.atomic():
                return change(db)
        except sqlite3.Error:
            return change(db)

    return database.call(forgiving)


def _twice(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError:
        os.fsync(fd)
