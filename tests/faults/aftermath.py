"""What a power cut leaves of a day, and whether the promises hold that were made by then.

``Aftermath`` reads the log of a day (``day``), builds what a disk may hold after a cut in a real folder (``disk`` says
what may happen to what was not synced) and lets the real product look at it.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults import backend_checks, client_checks, kept_checks
from tests.faults.day_sides import BOOTH, HR, MISSED, MODELS, RESTORED, SAFE, SECTION, STICK, sides_of
from tests.faults.disk import Disk, Fate, adversaries, chance
from tests.faults.diskserver import Entry
from tests.faults.fuse_folder import read_log
from tests.faults.promises import Promises

_ADVERSARIES = len(adversaries(random.Random(0)))
_NAMES = ("make", "remove", "rename", "sync")
_CLOSE = 12  # operations after a missing sync that are looked at one by one
_MOST = 60  # moments between promises


@dataclass(frozen=True)
class Cut:
    """The power goes after ``moment`` entries of the log; ``number`` and ``fate`` say what is left."""

    moment: int
    number: int
    adversarial: int | None = None

    def fate(self, rng: random.Random) -> Fate:
        return chance(rng) if self.adversarial is None else adversaries(rng)[self.adversarial]


class Aftermath:
    """The log of a day, or of one section of it, and the states a power cut may leave of it.

    ``base``: the folder as it was when the log began; ``before``: what had been promised by then.
    """

    def __init__(
        self,
        log: Path,
        material: Path,
        work: Path,
        seed: int,
        *,
        base: Path | None = None,
        before: Iterable[Entry] = (),
    ) -> None:
        self.entries = list(read_log(log))
        self._material = material
        self._work = work
        self._seed = seed
        self._base = base
        self._before = list(before)
        self._sound = (material / "sound.webm").read_bytes()
        self._later = self._promised()
        for entry in self.entries:
            self._later.feed(entry)

    def sides(self) -> list[str]:
        """Those to whom something was promised after the first thing that was not made durable; the next one first."""
        first = self._first_missed()
        return list(dict.fromkeys(side for entry in self.entries[first:] for side in sorted(_sides(entry))))

    def cuts(self, count: int, *, side: str) -> list[Cut]:
        """``count`` moments of the time between the first and the last promise to a side.

        Half of them are right after a promise or a sync, where a missing one shows, half anywhere. The first seven of
        every dozen meet an adversary, the others chance.
        """
        rng = random.Random(f"{self._seed} {side}")
        begin, end = self._span(side)
        told = [i + 1 for i, entry in enumerate(self.entries) if entry.kind in ("mark", "sync") and begin <= i < end]
        anywhere = range(begin + 1, end + 1)
        moments = [rng.choice(told if rng.random() < 0.5 else anywhere) for _ in range(count)]
        dozens = [number % 12 for number in range(count)]
        kinds = [number if number < _ADVERSARIES else None for number in dozens]
        cuts = [Cut(moment, number, kinds[number]) for number, moment in enumerate(moments)]
        return sorted(cuts, key=lambda cut: cut.moment)

    def adversarial_cuts(self, side: str) -> list[Cut]:
        """Every adversary where the log ends and right after every promise to that side, from the first one on that
        follows something that was not made durable."""
        first = self._first_missed()
        told = [i + 1 for i, entry in enumerate(self.entries) if i >= first and side in _sides(entry)]
        return _against_all([*told, len(self.entries)])

    def close_cuts(self) -> list[Cut]:
        """Every adversary at the operations that follow something that was not made durable."""
        near: dict[int, int] = {}
        for missed in (i for i, entry in enumerate(self.entries) if _promise(entry) == MISSED):
            after = (i + 1 for i in range(missed + 1, len(self.entries)) if self.entries[i].kind in _NAMES)
            for rank, moment in zip(range(_CLOSE), after, strict=False):
                near[moment] = min(rank, near.get(moment, rank))
        nearest = sorted(near, key=lambda moment: (near[moment], moment))[:_MOST]
        return _against_all(sorted(nearest))

    def look(self, cuts: list[Cut], side: str) -> Iterator[tuple[Cut, str, list[str]]]:
        """Each cut with the name of its fate and the promises it has broken."""
        disk, promised, fed, seen = Disk(self._base), self._promised(), 0, (0, "")
        for cut in cuts:
            for entry in self.entries[fed : cut.moment]:
                disk.feed(entry)
                promised.feed(entry)
            fed = max(fed, cut.moment)
            rng = random.Random(f"{self._seed} {side} {cut.moment} {cut.number}")
            fate = cut.fate(rng)
            folder = self._work / "state"
            disk.build(folder, fate, rng, below=side)
            state = (cut.moment, _digest(folder))
            found = (
                self._problems(folder, side, promised) + _on_the_medium(disk, side, promised) if state != seen else []
            )
            seen = state
            shutil.rmtree(folder)
            yield cut, fate.name, found

    def _first_missed(self) -> int:
        """The index into the log; 0 where nothing is known to be missing."""
        return next((i for i, entry in enumerate(self.entries) if _promise(entry) == MISSED), 0)

    def _span(self, side: str) -> tuple[int, int]:
        """Indices into the log: of the sections that promise something to the side."""
        told = [i for i, entry in enumerate(self.entries) if side in _sides(entry)]
        sections = [i for i, entry in enumerate(self.entries) if _promise(entry) == SECTION]
        begin = max((i for i in sections if i <= told[0]), default=0)
        return begin, min((i for i in sections if i > told[-1]), default=len(self.entries))

    def _promised(self) -> Promises:
        promised = Promises()
        for entry in self._before:
            promised.feed(entry)
        return promised

    def _problems(self, folder: Path, side: str, promised: Promises) -> list[str]:
        later, sent = self._later, self._material / "sent"
        found = kept_checks.files(folder, side, promised, later)
        if side == BOOTH:
            return found + client_checks.problems(folder, promised, later=later, sound=self._sound)
        if side == STICK:
            return found + kept_checks.bundles(folder, side, promised)
        if side == SAFE:
            return found + kept_checks.backups(folder, promised, later, key_file=self._material / "keys.json")
        if side == RESTORED:
            return found + kept_checks.restored(folder, side, promised, later, sent=sent)
        if side == MODELS:
            return found + kept_checks.speech_models(folder, side, promised)
        found += backend_checks.problems(folder, promised, sent=sent, later=later)
        if "organisation" not in promised.told:
            found += backend_checks.set_up_again(folder)
        return found


def _on_the_medium(disk: Disk, side: str, promised: Promises) -> list[str]:
    """What was destroyed and is there all the same."""
    if side == BOOTH and (promised.withdrawn or promised.purged):
        return client_checks.keys_on_the_medium(list(disk.residue()), promised)
    if side == HR and promised.destroyed:
        return backend_checks.keys_on_the_medium(list(disk.residue()), promised)
    if side == SAFE and promised.keys_gone:
        return kept_checks.keys_on_the_medium(list(disk.residue()), promised)
    return []


def _against_all(moments: list[int]) -> list[Cut]:
    return [Cut(moment, 0, kind) for moment in moments for kind in range(_ADVERSARIES)]


def _promise(entry: Entry) -> str:
    return str(json.loads(entry.values[0])["promise"]) if entry.kind == "mark" else ""


def _sides(entry: Entry) -> set[str]:
    """Whose promise a remark is."""
    return sides_of(json.loads(entry.values[0])) if entry.kind == "mark" else set()


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
