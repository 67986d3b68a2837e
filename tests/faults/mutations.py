"""Would the power campaign notice? Every place that makes something durable is taken out of the product in turn.

The day is lived once as it is (``day.rehearse``), noting which of its sections come to which places (``syncsites``).
Then, for each place, the sections that come to it are lived again without it, the quickest first, and the adversaries
of ``disk`` cut the power after every promise and at the operations that follow what was not made durable. A place whose
absence no cut shows is superfluous or not tried, and is a finding, unless ``EXPLAINED`` says why it is there all the
same.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from tests.campaigns.model import Findings, Options
from tests.faults import day, syncsites
from tests.faults.aftermath import Aftermath
from tests.faults.booth_scene import cheap_passphrase
from tests.faults.day import Rehearsal
from tests.faults.diskserver import Entry
from tests.faults.fuse_folder import read_log

_SAID = "SQLite syncs the name of its log, too, but says nothing when it cannot; test_errors"
_STAGED = "what lies here on its way to a bucket is promised when the bucket has it"
_ASIDE = "the old log goes before the copy comes; were it applied to it, the counter would tell and the copy come again"
EXPLAINED = {
    "app/storage/files.py:make_folder:sync_folder:2": "after a try that has failed; test_errors",
    "app/storage/bundle_file.py:_write:sync_file": "so that the progress shown is the drive's; the last sync covers it",
    "app/storage/database.py:Database._open:sync_folder": _SAID,
    "app/storage/safety.py:Safety.restore:sync_folder:2": _ASIDE,
    "backend/cabinet.py:_connect:sync_folder": _SAID,
    "backend/db/engine.py:_prepare:sync_folder": _SAID,
    "backend/objects/s3.py:S3Store.sync:sync_file": _STAGED,
    "backend/keys.py:KeyFile.create:sync_folder": "nothing is promised before the database beside it synced its log",
}


class Mutations:
    """``folder``: an empty one to work in. ``sections``: these of the day alone."""

    def __init__(self, folder: Path, seed: int, sections: Sequence[str] = ()) -> None:
        self._folder = folder
        self._seed = seed
        (folder / "day").mkdir()
        self.rehearsal: Rehearsal = day.rehearse(folder / "day", sections)
        self._marks = [entry for entry in read_log(self.rehearsal.log) if entry.kind == "mark"]

    def noticed(self, place: str) -> str | None:
        """The first broken promise of the product without ``place``, None when every promise is kept."""
        for section in self.rehearsal.sections_of(place):
            work = self._folder / "section"
            work.mkdir()
            broken = self._broken(place, section, work)
            shutil.rmtree(work)
            if broken is not None:
                return f"{section}: {broken}"
        return None

    def _broken(self, place: str, section: str, work: Path) -> str | None:
        log = day.live_section(self.rehearsal, section, work, remove=place)
        base = self.rehearsal.base(section).disk
        material = self.rehearsal.folder
        aftermath = Aftermath(log, material, work, self._seed, base=base, before=self._before(section))
        with cheap_passphrase():
            sides = aftermath.sides()
            told = [(side, aftermath.adversarial_cuts(side)) for side in sides]
            for side, cuts in told + [(side, aftermath.close_cuts()) for side in sides]:
                for _, fate, found in aftermath.look(cuts, side):
                    if found:
                        return f"{fate}: {found[0]}"
        return None

    def _before(self, section: str) -> list[Entry]:
        """What the day has promised until it came to a section."""
        begins = f'"name": "{section}"'
        return list(takewhile(lambda entry: begins not in entry.values[0], self._marks))


def campaign(options: Options) -> Findings:
    findings = Findings()
    places = [place for place in syncsites.names() if place not in EXPLAINED]
    stale = [place for place in EXPLAINED if place not in syncsites.names()]
    findings.expect(not stale, f"explained, but not there any more: {stale}")
    mutations = Mutations(options.work, options.seed)
    reached = set().union(*mutations.rehearsal.reached.values())
    findings.failures += [f"the day does not come to {place}" for place in places if place not in reached]
    count = options.cases(short=8, long=len(places))
    chosen = random.Random(options.seed).sample(places, min(count, len(places)))
    noticed = 0
    for place in sorted(chosen):
        begun = time.monotonic()
        broken = mutations.noticed(place)
        noticed += broken is not None
        seconds = time.monotonic() - begun
        print(f"without {place} ({seconds:.0f} s): {broken or 'nothing is noticed'}", flush=True)
        findings.expect(broken is not None, f"without {place} no promise is broken")
    findings.figures |= {
        "places": len(places),
        "taken out": len(chosen),
        "noticed": noticed,
        "explained": len(EXPLAINED),
    }
    return findings
