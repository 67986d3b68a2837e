"""Which operations fail in which way: every place that makes them first, then by chance."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

KINDS = ("open", "write", "fsync", "rename", "remove")
GROWING = ("open", "write", "rename")
WAYS = dict.fromkeys(KINDS, ("EIO", "ENOSPC")) | {"write": ("EIO", "ENOSPC", "short", "torn")}
FULL = "full"
# (operation, place, way): a place is what ``tests.faults.witness`` calls one
Spot = tuple[str, str, str]


@dataclass(frozen=True)
class Case:
    """Fail the ``k``-th operation of the kinds ``ops``; see :class:`tests.faults.diskserver.Fault`."""

    ops: tuple[str, ...]
    k: int
    kind: str

    def __str__(self) -> str:
        return f"{'/'.join(self.ops)} number {self.k} {self.kind}"


CENSUS = Case(KINDS, 0, "watch")


@dataclass
class Course:
    """``errors``: the codes that were raised, in order; ``strange``: what should never happen; ``slowest``: seconds
    from the failure to the error; ``seen``: (operation, place) of what failed, in the census of every operation."""

    errors: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    finished: bool = False
    slowest: float = 0.0
    seen: list[tuple[str, str]] = field(default_factory=list)

    def took(self, hits: Sequence[float], begun: float, ended: float) -> None:
        """A call from ``begun`` to ``ended``: how long after the disk had failed it?"""
        failed = [at for at in hits if at >= begun]
        if failed:
            self.slowest = max(self.slowest, ended - failed[0])


# runs a case in a folder that does not exist yet; the course, and the promises it has broken
Runner = Callable[[Case, Path], tuple[Course, list[str]]]


class Plan:
    """All cases there are, from the census of a course without faults."""

    def __init__(self, census: Sequence[tuple[str, str]]) -> None:
        counts: dict[str, int] = defaultdict(int)
        growing = 0
        self._at: dict[Spot, list[Case]] = defaultdict(list)
        for op, place in census:
            counts[op] += 1
            for way in WAYS[op]:
                self._at[op, place, way].append(Case((op,), counts[op], way))
            if op in GROWING:
                growing += 1
                self._at[op, place, FULL].append(Case(GROWING, growing, FULL))
        self.places = len({place for _, place in census})

    @property
    def spots(self) -> list[Spot]:
        return sorted(self._at)

    def __len__(self) -> int:
        return sum(map(len, self._at.values()))

    def order(self, rng: random.Random) -> Iterator[tuple[Spot, Case]]:
        """Every case once: round by round one of each spot, and within a round the kinds of operations in turn."""
        left = {spot: rng.sample(cases, len(cases)) for spot, cases in sorted(self._at.items())}
        while left:
            for spot in _in_turn(sorted(left), rng):
                yield spot, left[spot].pop()
                if not left[spot]:
                    del left[spot]


def _in_turn(spots: list[Spot], rng: random.Random) -> list[Spot]:
    """Shuffled, but so that the first few are of as many operations and ways as possible."""
    piles: dict[tuple[str, str], list[Spot]] = defaultdict(list)
    for spot in rng.sample(spots, len(spots)):
        piles[spot[0], spot[2]].append(spot)
    heights = rng.sample(list(piles.values()), len(piles))
    return [pile[row] for row in range(max(map(len, heights))) for pile in heights if row < len(pile)]
