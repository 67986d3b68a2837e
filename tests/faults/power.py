"""Cut the power under client and backend at any moment and look whether every promise holds.

A day at HR and a booth is lived once on a folder that logs every change and every promise (``day``). Then moments are
chosen; for each, what a disk may hold after a cut is built in a real folder (``disk`` says what may happen to what was
not synced) and opened with the real product: every acknowledged answer is there, byte by byte; nothing was purged that
HR has not signed for; every event, offset and receipt HR has answered with is kept and every receipted object hashes
clean; what was withdrawn is gone; both programs start.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.model import Findings, Options
from tests.faults import backend_checks, client_checks, day, syncsites
from tests.faults.booth_scene import cheap_passphrase
from tests.faults.disk import Disk, Fate, adversaries, chance
from tests.faults.diskserver import Entry
from tests.faults.fuse_folder import read_log
from tests.faults.promises import Promises

BROKEN = syncsites.names()


@dataclass(frozen=True)
class Cut:
    """The power goes after ``moment`` entries of the log; ``number`` and ``fate`` say what is left."""

    moment: int
    number: int
    adversarial: int | None = None

    def fate(self, rng: random.Random) -> Fate:
        return chance(rng) if self.adversarial is None else adversaries(rng)[self.adversarial]


class Aftermath:
    """The log of a day and the states a power cut may leave of it."""

    def __init__(self, log: Path, material: Path, work: Path, seed: int) -> None:
        self.entries = list(read_log(log))
        self._material = material
        self._work = work
        self._seed = seed
        self._sound = (material / "sound.webm").read_bytes()
        self._later = Promises()
        for entry in self.entries:
            self._later.feed(entry)

    def cuts(self, count: int, *, side: str) -> list[Cut]:
        """``count`` moments: half of them right after a promise or a sync, where a missing one shows, half anywhere.
        The first six of every dozen meet an adversary, the others chance."""
        rng = random.Random(f"{self._seed} {side}")
        told = [i + 1 for i, entry in enumerate(self.entries) if entry.kind in ("mark", "sync")]
        anywhere = range(1, len(self.entries) + 1)
        moments = [rng.choice(told if rng.random() < 0.5 else anywhere) for _ in range(count)]
        cuts = [Cut(moment, number, number % 12 if number % 12 < 6 else None) for number, moment in enumerate(moments)]
        return sorted(cuts, key=lambda cut: cut.moment)

    def adversarial_cuts(self, side: str) -> list[Cut]:
        """Every adversary right after every promise of that side, and where the log ends."""
        told = [i + 1 for i, entry in enumerate(self.entries) if entry.kind == "mark" and _side(entry) == side]
        return [Cut(moment, 0, kind) for moment in [*told, len(self.entries)] for kind in range(6)]

    def look(self, cuts: list[Cut], side: str) -> Iterator[tuple[Cut, str, list[str]]]:
        """Each cut with the name of its fate and the promises it has broken."""
        disk, promised, fed, seen = Disk(), Promises(), 0, (0, "")
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
            if state == seen:
                shutil.rmtree(folder)
                yield cut, fate.name, []
                continue
            seen = state
            found = self._problems(folder, side, promised)
            if side == day.BOOTH and promised.withdrawn:
                found += client_checks.keys_on_the_medium(list(disk.residue()), promised)
            shutil.rmtree(folder)
            yield cut, fate.name, found

    def _problems(self, folder: Path, side: str, promised: Promises) -> list[str]:
        if side == day.BOOTH:
            return client_checks.problems(folder, promised, later=self._later, sound=self._sound)
        found = backend_checks.problems(folder, promised, sent=self._material / "sent")
        for path, content in promised.files.items():
            name = folder / Path(path).relative_to(day.HR)
            text = name.read_text() if name.exists() else ""
            if text not in (content, self._later.files[path]):
                found.append(f"the file {path} is lost or damaged")
        if "organisation" not in promised.told:
            found += backend_checks.set_up_again(folder)
        return found


def _side(entry: Entry) -> str:
    """Whose promise a remark is."""
    promise = json.loads(entry.values[0])["promise"]
    return day.HR if promise in ("organisation", "reply", "file") else day.BOOTH


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        digest.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def judge(findings: Findings, aftermath: Aftermath, cuts: list[Cut], side: str) -> int:
    """Add what the cuts have broken; how many states were looked at."""
    states = 0
    for cut, fate, found in aftermath.look(cuts, side):
        states += 1
        for problem in found:
            entry = aftermath.entries[cut.moment - 1]
            where = json.dumps([entry.kind, *entry.values][:4], default=len, ensure_ascii=False)[:120]
            findings.failures.append(f"{side}: cut after entry {cut.moment} {where}, {fate}: {problem}")
    return states


def campaign(options: Options) -> Findings:
    findings = Findings()
    day.material(options.work)
    log = day.live(options.work, remove=options.broken or "", speech=not options.short)
    aftermath = Aftermath(log, options.work, options.work, options.seed)
    count = options.cases(short=40, long=500)
    with cheap_passphrase():
        for side in (day.BOOTH, day.HR):
            states = judge(findings, aftermath, aftermath.cuts(count, side=side), side)
            findings.figures[f"{side} states"] = states
    findings.figures["operations logged"] = len(aftermath.entries)
    findings.figures["promises"] = sum(entry.kind == "mark" for entry in aftermath.entries)
    return findings
