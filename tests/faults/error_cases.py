"""Which operations fail in which way: every place that makes them first, then by chance."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.faults.fuse_folder import FaultyFolder

KINDS = ("open", "write", "fsync", "rename", "remove")
GROWING = ("open", "write", "rename")
WAYS = dict.fromkeys(KINDS, ("EIO", "ENOSPC")) | {"write": ("EIO", "ENOSPC", "short", "torn")}
FULL = "full"
WANTED = 2  # so often each spot is to be hit
_MOST_TRIES = 5


class Spot(NamedTuple):
    """An operation of a place (what ``tests.faults.witness`` calls one), and the way in which it fails."""

    op: str
    place: str
    way: str

    def __str__(self) -> str:
        return f"{self.op} {self.way} in {self.place or 'no function of the product'}"


class Case(NamedTuple):
    """Fail a spot when its place asks for the operation for the ``n``-th time; ``full``: and everything from there."""

    spot: Spot
    n: int

    def __str__(self) -> str:
        return f"{self.spot}, time {self.n}"

    def arm(self, disk: FaultyFolder) -> None:
        if self == CENSUS:
            disk.fail(KINDS, 0, "watch")
        else:
            disk.fail_at(self.spot.op, self.spot.place, self.n, self.spot.way)

    @property
    def once(self) -> bool:
        return self.spot.way != FULL


CENSUS = Case(Spot("", "", "watch"), 0)


@dataclass
class Course:
    """``errors``: the codes that were raised, in order; ``strange``: what should never happen; ``slowest``: seconds
    from the failure to the error; ``seen``: (operation, place) of each that was asked about; ``struck``: whether the
    fault came to its place."""

    errors: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    finished: bool = False
    slowest: float = 0.0
    seen: list[tuple[str, str]] = field(default_factory=list)
    struck: bool = False

    def took(self, hits: Sequence[float], begun: float, ended: float) -> None:
        """A call from ``begun`` to ``ended``: how long after the disk had failed it?"""
        failed = [at for at in hits if at >= begun]
        if failed:
            self.slowest = max(self.slowest, ended - failed[0])


# runs a case in a folder that does not exist yet; the course, and the promises it has broken
Runner = Callable[[Case, Path], tuple[Course, list[str]]]


class Plan:
    """All cases there are, from the census of a course without faults, and which spots were hit so far."""

    def __init__(self, census: Sequence[tuple[str, str]], seed: str) -> None:
        self._seed = seed
        self._times: dict[Spot, int] = {}
        for (op, place), times in Counter(census).items():
            for way in (*WAYS[op], *([FULL] if op in GROWING else [])):
                self._times[Spot(op, place, way)] = times
        self.places = len({place for _, place in census})
        self.hit: Counter[Spot] = Counter()
        self._tried: Counter[Spot] = Counter()

    @property
    def spots(self) -> list[Spot]:
        return sorted(self._times)

    def __len__(self) -> int:
        return sum(self._times.values())

    @property
    def hit_enough(self) -> int:
        return sum(self.hit[spot] >= WANTED for spot in self._times)

    def missed(self) -> list[str]:
        """The spots that were not hit as often as wanted, with the reason."""
        return [
            f"{spot}: hit {self.hit[spot]} of {self._tried[spot]} times, as not every course comes there"
            for spot in self.spots
            if self.hit[spot] < WANTED
        ]

    def note(self, case: Case, struck: bool) -> None:
        self._tried[case.spot] += 1
        self.hit[case.spot] += struck

    def sample(self, count: int) -> list[Case]:
        """So many different cases, the same for the same seed: one of each spot, then another of each, and so on."""
        found: list[Case] = []
        left = {spot: iter(self._shuffled(spot)) for spot in self.spots}
        rng = random.Random(self._seed)
        while left and len(found) < count:
            for spot in _in_turn(sorted(left), rng):
                n = next(left[spot], None)
                if n is None:
                    del left[spot]
                else:
                    found.append(Case(spot, n))
        return found[:count]

    def wanting(self) -> list[Case]:
        """A case for each hit that is still missing: at first a time by chance and the first, then early ones."""
        found = []
        for spot in self.spots:
            if self._tried[spot] < _MOST_TRIES:
                times = [*self._shuffled(spot)[:1], 1] if not self._tried[spot] else [1] * WANTED
                found += [Case(spot, n) for n in times[: WANTED - self.hit[spot]]]
        return random.Random(self._seed).sample(found, len(found))

    def _shuffled(self, spot: Spot) -> list[int]:
        """The times at which a spot can fail, in an order that depends on nothing but it and the seed."""
        times = range(1, self._times[spot] + 1)
        return random.Random(f"{self._seed} {spot}").sample(times, len(times))


def _in_turn(spots: list[Spot], rng: random.Random) -> Iterator[Spot]:
    """Shuffled, but so that the first few are of as many operations and ways as possible."""
    piles: dict[tuple[str, str], list[Spot]] = defaultdict(list)
    for spot in rng.sample(spots, len(spots)):
        piles[spot.op, spot.way].append(spot)
    heights = rng.sample(list(piles.values()), len(piles))
    for row in range(max(map(len, heights))):
        yield from (pile[row] for pile in heights if row < len(pile))
