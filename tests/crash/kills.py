"""SIGKILL the client again and again and look at what is left: at random moments, and at counted writing calls.

Broken promises are: an acknowledged answer, more than two seconds of the running answer, or a take was lost, or the
next start was not clean. Two booths run side by side; each start goes on with what the last kill has left, and a new
interview begins in a fresh copy of the folder when one is over. Linux only: the counted calls need strace.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path

from app.interview.states import TakeState
from tests.campaigns.model import Findings, Options
from tests.crash.booth import Booth, Found
from tests.crash.observed import DEFECTS
from tests.crash.process import ObservedClient, Sight
from tests.crash.sweep import Points, Sweep

BROKEN = tuple(DEFECTS)
MOST_LOST = 2.0
P95_LOST = 1.2
_LANES = 2
_MOST_MISSED = 40  # a sweep misses its call now and then; a client that does not come up misses all
_FIRST_SCREEN = 60.0
_LONGEST_RUN = 7.0
_DURING_START = 0.2  # share of the random kills that come before the first screen
_RUN_TO_END = 150.0


@dataclass(frozen=True)
class Outcome:
    """``case``: ``kind:lane:number``. Seconds; ``recorded`` is how long the running answer was (0 without one)."""

    case: str
    where: str
    after: float
    acknowledged: int
    kept: int
    damaged: int
    recorded: float
    lost: float
    takes_used: int
    failure: str = ""

    @property
    def kind(self) -> str:
        return self.case.partition(":")[0]

    @property
    def good(self) -> bool:
        kept = self.kept >= self.acknowledged and not self.damaged
        return kept and self.lost <= MOST_LOST and self.takes_used == 0 and not self.failure


class Lane:
    """One booth that is killed over and over."""

    def __init__(self, booth: Booth, name: str, seed: int, defect: str | None) -> None:
        self._booth, self._name = booth, name
        self._random = random.Random(f"{seed}:{name}")
        self._env = booth.env | ({"XUDA_DEFECT": defect} if defect else {})
        self._number = 0
        self._fresh()

    def _fresh(self) -> None:
        self._data = self._booth.copy(f"lane-{self._name}")
        self._acknowledged = 0
        self._known: frozenset[str] = frozenset()

    def _tell_reports(self) -> None:
        """What a failed start has left of crash reports, for who looks into it."""
        for report in sorted((self._data / "crashes").rglob("*")):
            if report.is_file():
                print(f"{self._name}: {report.name}: {report.read_text('utf-8', 'replace')}", flush=True)

    def kill_at_random(self) -> Outcome | None:
        """None when the client had ended by itself before its time came."""
        client = self._start()
        chosen = self._random
        if chosen.random() < _DURING_START:
            client.wait(chosen.uniform(0.05, 2.5))
        else:
            client.wait_for(bool, _FIRST_SCREEN)
            client.wait(chosen.uniform(0.0, _LONGEST_RUN))
        return self._end(client, "random", "")

    def kill_at_call(self, points: Points) -> Outcome | None:
        """None when the client was not killed by the call that was chosen."""
        sweep = Sweep(points, self._booth.folder / f"strace-{self._name}.log", self._random)
        client = self._start(sweep.watched)
        hit = sweep.run(client)
        outcome = self._end(client, "sweep" if hit else "missed", sweep.where)
        return outcome if hit or (outcome and not outcome.good) else None

    def to_the_end(self) -> Outcome | None:
        """Nobody disturbs it any more: the interview is finished without a question to anybody."""
        client = self._start()
        client.wait(_RUN_TO_END)
        return self._end(client, "undisturbed", "")

    def _start(self, watched: str = "") -> ObservedClient:
        self._number += 1
        arguments = self._booth.arguments(self._data, self._random.choice(("keep", "redo")))
        return ObservedClient(arguments, self._env | {"XUDA_WATCHED": watched}, self._booth.folder / "client.log")

    def _end(self, client: ObservedClient, kind: str, where: str) -> Outcome | None:
        by_itself = client.process.poll() is not None and not client.killed
        client.kill()
        found = self._booth.look(self._data, self._known)
        outcome = self._judge(client, found, kind, where, by_itself)
        self._acknowledged += _acknowledged(client.seen)
        self._known |= frozenset(found.takes)
        if not outcome.good:
            self._tell_reports()
        if found.final or not outcome.good:
            self._fresh()
        counts = outcome.failure or not by_itself or kind == "undisturbed"
        return outcome if counts else None

    def _judge(self, client: ObservedClient, found: Found, kind: str, where: str, by_itself: bool) -> Outcome:
        acknowledged = self._acknowledged + _acknowledged(client.seen)
        recorded, lost = self._loss(client, found)
        failure = found.failure or _unclean(client, by_itself)
        if kind == "undisturbed" and not (by_itself and found.final):
            failure = failure or f"the interview did not come to its end: {''.join(client.lines)[-300:]}"
        last = client.seen[-1].screen if client.seen else "before the first screen"
        return Outcome(
            case=f"{kind}:{self._name}:{self._number}",
            where=where or last,
            after=round(client.ended - client.started, 2),
            acknowledged=acknowledged,
            kept=found.kept,
            damaged=found.damaged,
            recorded=round(recorded, 2),
            lost=round(lost, 2),
            takes_used=found.takes_used,
            failure=failure,
        )

    def _loss(self, client: ObservedClient, found: Found) -> tuple[float, float]:
        """How long the running answer was, and what of it is gone."""
        running = [t for t, state in found.takes.items() if t not in self._known and state is TakeState.RECORDING]
        if not client.seen or client.seen[-1].screen != "recording" or not running:
            return 0.0, 0.0
        recorded = min(client.ended - client.seen[-1].at, self._booth.sound)
        kept = found.kept_seconds.get(running[-1], 0.0)
        return recorded, max(0.0, recorded - kept)


def _acknowledged(seen: list[Sight]) -> int:
    """Answers after which the next screen has come: only then 已保存 was said."""
    moved = (now.given for last, now in itertools.pairwise(seen) if now.screen != last.screen)
    return max(moved, default=0)


def _unclean(client: ObservedClient, by_itself: bool) -> str:
    """Why this start, which found what the last kill had left, was not clean."""
    notice = next((line.strip() for line in client.lines if "notice:" in line or "stuck at" in line), "")
    if by_itself and client.process.returncode != 0:
        return f"the client ended with {client.process.returncode}: {''.join(client.lines)[-300:]}"
    return notice


def _serve(lane: Lane, randoms: int, sweeps: int, points: Points, broken_off: threading.Event) -> list[Outcome]:
    """The wanted number of kills of each kind, or as many as there is time for, then the interview to its end."""
    outcomes: list[Outcome] = []
    for kill, wanted in ((lane.kill_at_random, randoms), (lambda: lane.kill_at_call(points), sweeps)):
        counted = missed = 0
        while counted < wanted and not broken_off.is_set():
            outcome = kill()
            missed = missed + 1 if outcome is None else 0
            if missed > _MOST_MISSED:
                raise RuntimeError(f"{missed} starts in a row of which none was killed: see client.log")
            if outcome is not None:
                counted += 1
                outcomes.append(outcome)
    last = lane.to_the_end()
    return [*outcomes, last] if last is not None else outcomes


def run(
    folder: Path, *, randoms: int, sweeps: int, seed: int, defect: str | None = None, points: Points | None = None
) -> list[Outcome]:
    """Prepare a booth, then kill ``randoms`` and ``sweeps`` times on two lanes. ``points``: else they are measured.

    An interrupt (Ctrl-C) ends it early; what was killed till then counts.
    """
    booth = Booth(folder)
    broken_off = threading.Event()
    points = points or (Points.measure(booth, seed) if sweeps else Points({}, seed))

    def serve(number: int) -> list[Outcome]:
        shares = [total // _LANES + (number < total % _LANES) for total in (randoms, sweeps)]
        return _serve(Lane(booth, str(number), seed, defect), *shares, points, broken_off)

    with ThreadPoolExecutor(_LANES) as pool:
        lanes = [pool.submit(serve, number) for number in range(_LANES)]
        try:
            wait(lanes)
        except KeyboardInterrupt:
            broken_off.set()
        return [outcome for lane in lanes for outcome in lane.result()]


def campaign(options: Options) -> Findings:
    """Half of ``cases`` at random moments, half at counted calls; compare what is left with what was promised."""
    findings = Findings()
    count = options.cases(short=16, long=2000)
    begun = time.monotonic()
    halves = {"randoms": count - count // 2, "sweeps": count // 2}
    outcomes = run(options.work, **halves, seed=options.seed, defect=options.broken)
    for outcome in outcomes:
        findings.expect(outcome.good, f"{outcome.case}: {json.dumps(asdict(outcome), ensure_ascii=False)}")
    kills = [outcome for outcome in outcomes if outcome.kind != "undisturbed"]
    for kind in ("random", "sweep"):
        of_kind = [outcome for outcome in kills if outcome.kind == kind]
        lost = sorted(outcome.lost for outcome in of_kind if outcome.recorded) or [0.0]
        p95 = lost[min(len(lost) - 1, int(len(lost) * 0.95))]
        findings.figures |= {
            f"{kind}: kills": len(of_kind),
            f"{kind}: in mid answer": sum(bool(outcome.recorded) for outcome in of_kind),
            f"{kind}: seconds lost, median": round(statistics.median(lost), 2),
            f"{kind}: seconds lost, p95": p95,
            f"{kind}: seconds lost, most": lost[-1],
        }
        enough = sum(bool(outcome.recorded) for outcome in of_kind) >= 20
        findings.expect(not enough or p95 <= P95_LOST, f"{kind}: p95 of the seconds lost is {p95}")
    findings.figures["acknowledged answers seen"] = sum(outcome.acknowledged for outcome in kills)
    findings.figures["seconds per kill"] = round((time.monotonic() - begun) / max(1, len(kills)), 2)
    return findings
