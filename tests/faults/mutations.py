"""Would the power campaign notice? Every place that makes something durable is taken out of the product in turn.

For each place (``syncsites``) the day is lived again without it, and the adversaries of ``disk`` cut the power after
every promise. A place whose absence no cut shows is superfluous or not tried, and is a finding, unless ``EXPLAINED``
says why it is there all the same.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from tests.campaigns.model import Findings, Options
from tests.faults import day, syncsites
from tests.faults.booth_scene import cheap_passphrase
from tests.faults.power import Aftermath

EXPLAINED = {
    "app/storage/files.py:make_folder:sync_folder:2": "after a try that has failed; test_errors",
}
_SIDES = {"app": day.BOOTH, "backend": day.HR}


def caught(place: str, work: Path, seed: int) -> str | None:
    """The first broken promise of the product without ``place``, None when every promise is kept."""
    work.mkdir()
    log = day.live(work, remove=place, speech=False)
    aftermath = Aftermath(log, work, work, seed)
    side = _SIDES[place.partition("/")[0]]
    with cheap_passphrase():
        for _, fate, found in aftermath.look(aftermath.adversarial_cuts(side), side):
            if found:
                return f"{fate}: {found[0]}"
    return None


def campaign(options: Options) -> Findings:
    findings = Findings()
    places = [place for place in syncsites.names() if place not in EXPLAINED]
    stale = [place for place in EXPLAINED if place not in syncsites.names()]
    findings.expect(not stale, f"explained, but not there any more: {stale}")
    count = options.cases(short=3, long=len(places))
    chosen = random.Random(options.seed).sample(places, min(count, len(places)))
    noticed = 0
    for number, place in enumerate(sorted(chosen)):
        work = options.work / str(number)
        broken = caught(place, work, options.seed)
        shutil.rmtree(work)
        noticed += broken is not None
        print(f"without {place}: {broken or 'nothing is noticed'}", flush=True)
        findings.expect(broken is not None, f"without {place} no promise is broken")
    findings.figures |= {
        "places": len(places),
        "taken out": len(chosen),
        "noticed": noticed,
        "explained": len(EXPLAINED),
    }
    return findings
