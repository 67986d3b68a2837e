"""Kills at counted writing calls: which calls there are, and how one of them is hit."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter, deque
from pathlib import Path

from tests.crash.booth import Booth
from tests.crash.process import ObservedClient, Sight, Tracer

DATABASE, WRITER = "database", "take-writer"
START, TAKE = "start", "take"
_ATTACH_PATIENCE = 25.0
_CALL_PATIENCE = 12.0
_RUN = 120.0
_SCREENS_PASSED = 4


class Points:
    """Every writing call of an undisturbed interview as (stage, N): the N-th call since the stage began.

    Stages: ``start`` (the database thread from its first call on), ``take`` (the writer of a running take), else a
    screen, from which on the database thread's calls are counted. Each point is used once before any is used again.
    """

    def __init__(self, counts: dict[str, int], seed: int) -> None:
        self.counts = counts
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self._waiting: dict[str, deque[int]] = {}

    @classmethod
    def measure(cls, booth: Booth, seed: int) -> Points:
        """Count the calls of one interview that nobody disturbs."""
        data = booth.copy("measured")
        env = booth.env | {"XUDA_WATCHED": f"{DATABASE} {WRITER}"}
        client = ObservedClient(booth.arguments(data, "keep"), env, booth.folder / "client.log")
        offset = time.time() - time.monotonic()
        database = attach(client, DATABASE, booth.folder / "measured-database.log")
        writer = attach(client, WRITER, booth.folder / "measured-writer.log")
        client.wait(_RUN)
        client.kill()
        if database is None or writer is None or client.process.returncode != 0:
            raise RuntimeError(f"the measured run failed: {''.join(client.lines)[-500:]}")
        counts = Counter(_stage(client.seen, at - offset) for at, _ in database.finish())
        counts[TAKE] = len(writer.finish())
        return cls(dict(counts), seed)

    def next(self, stage: str) -> int:
        """Number of the call to hit next in this stage."""
        with self._guard:
            waiting = self._waiting.setdefault(stage, deque())
            if not waiting:
                numbers = list(range(1, self.counts[stage] + 1))
                self._random.shuffle(numbers)
                waiting.extend(numbers)
            return waiting.popleft()


class Sweep:
    """One run of the client that is to end at a counted call; ``where`` names it."""

    def __init__(self, points: Points, log: Path, chosen: random.Random) -> None:
        self._points, self._log = points, log
        stages = sorted(points.counts)
        self._stage = chosen.choices(stages, [points.counts[stage] for stage in stages])[0]
        self.where = ""

    @property
    def watched(self) -> str:
        return {START: DATABASE, TAKE: WRITER}.get(self._stage, "")

    def run(self, client: ObservedClient) -> bool:
        """True when the call has killed the client; False when it did not come to that call in time."""
        if self._stage not in (START, TAKE):
            client.wait_for(lambda seen: bool(seen) and self._is_here(seen), _ATTACH_PATIENCE)
            here = client.seen[-1].screen if client.seen else ""
            self._stage = here if here in self._points.counts else START
        number = self._points.next(self._stage)
        self.where = f"{self._stage} {number}"
        tracer = attach(client, WRITER if self._stage == TAKE else DATABASE, self._log, kill_at=number)
        if tracer is None:
            return False
        hit = client.wait(_CALL_PATIENCE) and client.killed
        client.kill()
        tracer.finish()
        return hit

    def _is_here(self, seen: list[Sight]) -> bool:
        """At the screen that is wanted, or past so many that this run may never see it."""
        passed = len({sight.screen for sight in seen if sight.screen in self._points.counts})
        return seen[-1].screen == self._stage or passed > _SCREENS_PASSED


def attach(client: ObservedClient, thread: str, log: Path, *, kill_at: int | None = None) -> Tracer | None:
    """A tracer on the thread of that name, as soon as there is one; None when the client ends before."""
    end = time.monotonic() + _ATTACH_PATIENCE
    while time.monotonic() < end:
        number = client.thread(thread)
        if number is not None:
            return Tracer(number, log, kill_at=kill_at)
        if client.wait(0.01):
            break
    return None


def _stage(seen: list[Sight], at: float) -> str:
    return next((sight.screen for sight in reversed(seen) if sight.at <= at), START)
