"""Let every operation of the disk fail in turn, under an interview and under a delivery to the backend.

An open (or making), write, fsync, rename or removal that a chosen place of the product asks for the n-th time fails
with EIO or ENOSPC, a write also halfway (a short count, or an error after half of it), or the disk is full from there
on. What must hold: nothing is acknowledged that
is not durable (the folder is looked at again after a restart, and as a power cut would leave it, a failed sync having
saved nothing); every failure reaches the caller as a known error within two seconds; earlier answers are intact;
after a single failure the interview or the delivery can go on to its end; on a full disk the client starts, shows
what is there and says so, and the backend answers 507 or 500 with a problem, and no receipt for what is not there.

A place is a function of the product with the one it works for (``tests.faults.witness``), so that a case meets its
place however the threads run. The long form fails each operation of each place that makes it, in each way, at least
twice, and ``_MORE`` others; every case there is would take hours more and mostly repeat the same places. What a course
comes to only now and then is tried a few times and, when it was not met, named. An interrupt (Ctrl-C) ends a side; what
was tried till then counts.

``python -m tests.faults.errors booth write "PLACE" 3 ENOSPC`` repeats one case.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from app.storage.database import Database
from contract.errors import ErrorCode, XudaError
from tests.campaigns.model import Findings, Options
from tests.faults import backend_errors, booth_errors, day, hr_scene
from tests.faults.booth_scene import Visit, cheap_passphrase, enrol
from tests.faults.error_cases import CENSUS, Case, Course, Plan, Runner, Spot

BROKEN = ("error-is-success", "failed-sync-again")
_SHORT = 35
_MORE = 600
_SAID = 100  # so many cases are worth a word
_LONGEST = 120  # seconds of one case, which takes one
_FEW = 20  # so many cases are not worth processes of their own


def booth_runner(folder: Path) -> Runner:
    """An interview on a booth that is enrolled and has its kit, without a network."""
    from backend.services.devices import new_enrolment_code
    from tests.backend.world import COMMAND_LINE

    base = folder / "booth-base"
    base.mkdir(parents=True)
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


SIDES = {"booth": booth_runner, "backend": backend_runner}
Outcome = tuple[Case, Course, list[str]]
_runner: Runner | None = None
_TRANSACTION = Database.transaction


def campaign(options: Options) -> Findings:
    findings = Findings()
    with cheap_passphrase(), _broken(options.broken):
        for side in SIDES:
            try:
                _run_side(side, options, findings)
            except Exception as error:
                findings.failures.append(f"{side}: it cannot be tried at all: {type(error).__name__}: {error}")
    return findings


def _run_side(side: str, options: Options, findings: Findings) -> None:
    few = options.cases(short=_SHORT, long=_FEW + 1) <= _FEW
    with _workers(side, options.work / side, 1 if few else 1 + (os.cpu_count() or 1)) as run_all:
        ((_, course, broken),) = run_all([CENSUS])
        if broken:
            findings.failures += [f"{side}: nothing failed, and yet: {problem}" for problem in broken]
            return
        plan = Plan(course.seen, f"{options.seed} {side}")
        tally = Tally(side, plan, findings)
        try:
            if options.count is None and not options.short:
                while chosen := plan.wanting():
                    tally.take(run_all(chosen))
                tally.take(run_all(plan.sample(len(plan.spots) + _MORE)[len(plan.spots) :]))
            else:
                tally.take(run_all(plan.sample(options.cases(short=_SHORT, long=0))))
        except KeyboardInterrupt:
            findings.figures[f"{side} broken off"] = "yes"
    findings.figures |= tally.figures()


class Tally:
    """What came of the cases of one side."""

    def __init__(self, side: str, plan: Plan, findings: Findings) -> None:
        self._side, self._plan, self._findings = side, plan, findings
        self._cases, self._told, self._slowest = 0, 0, 0.0

    def take(self, outcomes: Iterator[Outcome]) -> None:
        for case, course, broken in outcomes:
            self._cases += 1
            self._plan.note(case, course.struck)
            self._told += bool(course.errors)
            self._slowest = max(self._slowest, course.slowest)
            self._findings.failures += [f"{self._side}: {case}: {problem}" for problem in broken]
            if self._cases % _SAID == 0:
                print(f"{self._side}: {self._cases} cases, {len(self._findings.failures)} findings", file=sys.stderr)

    def figures(self) -> dict[str, str | int | float]:
        plan, missed = self._plan, self._plan.missed()
        found: dict[str, str | int | float] = {
            "cases": self._cases,
            "of": len(plan),
            "places": plan.places,
            "place x operation x way": len(plan.spots),
            "of these hit": sum(plan.hit[spot] > 0 for spot in plan.spots),
            "of these hit twice": plan.hit_enough,
            "cases that hit": plan.hit.total(),
            "cases with an error told": self._told,
            "slowest error, s": round(self._slowest, 2),
        }
        if len(missed) < len(plan.spots) // 4:
            found["hit less than twice"] = "; ".join(missed) or "none"
        return {f"{self._side} {name}": value for name, value in found.items()}


@contextmanager
def _workers(side: str, folder: Path, number: int) -> Iterator[Callable[[list[Case]], Iterator[Outcome]]]:
    """A function that runs cases here, or side by side in as many processes (forked, so that defects are in them)."""
    if number == 1:
        runner = SIDES[side](folder)
        yield lambda cases: (_outcome(runner, case, folder / "case") for case in cases)
        return
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(number, context, _prepare_worker, (side, folder)) as pool:

        def run_all(cases: list[Case]) -> Iterator[Outcome]:
            for future in as_completed([pool.submit(_in_worker, case, folder) for case in cases]):
                yield future.result()

        try:
            yield run_all
        finally:  # what waits still when it was broken off
            pool.shutdown(cancel_futures=True)


def _prepare_worker(side: str, folder: Path) -> None:
    global _runner
    logging.getLogger().addHandler(logging.NullHandler())  # what fails is said a thousand times
    signal.signal(signal.SIGALRM, _too_long)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    _runner = SIDES[side](folder / str(os.getpid()))


def _in_worker(case: Case, folder: Path) -> Outcome:
    assert _runner is not None
    signal.alarm(_LONGEST)
    try:
        return _outcome(_runner, case, folder / str(os.getpid()) / "case")
    finally:
        signal.alarm(0)


def _too_long(number: int, frame: object) -> None:
    raise TimeoutError(f"no end after {_LONGEST} s")


def _outcome(runner: Runner, case: Case, work: Path) -> Outcome:
    try:
        return (case, *runner(case, work))
    except Exception as error:
        return case, Course(), [f"broke off: {type(error).__name__}: {error}"]


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


def _deaf(database: Database, change: Callable[[Any], Any], *, copy: bool = False) -> Any:
    """A transaction that nobody hears of when the disk fails it: it answers as if it had been made."""

    def undone(db: Any) -> Any:
        db.execute("SAVEPOINT undone")
        try:
            return change(db)
        finally:
            db.execute("ROLLBACK TO undone")
            db.execute("RELEASE undone")

    try:
        return _TRANSACTION(database, change, copy=copy)
    except XudaError as error:
        if error.code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
            raise
    return database.call(undone)


def _twice(fd: int) -> None:
    try:
        os.fsync(fd)
    except OSError:
        os.fsync(fd)


def main() -> int:
    """Repeat one case: side, operation, place, time and way, as a finding names them."""
    side, op, place, n, way = sys.argv[1:]
    with cheap_passphrase(), tempfile.TemporaryDirectory(prefix="xuda-errors-") as folder:
        case = Case(Spot(op, place, way), int(n))
        _, course, broken = _outcome(SIDES[side](Path(folder)), case, Path(folder) / "case")
    print(f"{case}: {'hit' if course.struck else 'not met'}, told {course.errors}; broken: {broken or 'nothing'}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
