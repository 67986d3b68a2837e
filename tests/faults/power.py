"""Cut the power under client and backend at any moment and look whether every promise holds.

A day at HR and a booth is lived once on a folder that logs every change and every promise (``day``). Then moments are
chosen; for each, what a disk may hold after a cut is built in a real folder (``disk`` says what may happen to what was
not synced) and opened with the real product: every acknowledged answer is there, byte by byte; nothing was purged that
HR has not signed for; every event, offset and receipt HR has answered with is kept and every receipted object hashes
clean; what was withdrawn or deleted is gone, its keys too; bundles, backups, a restored folder, new keys and speech
models are whole once they were told of; both programs start.
"""

from __future__ import annotations

import json

from tests.campaigns.model import Findings, Options
from tests.faults import day, syncsites
from tests.faults.aftermath import Aftermath, Cut
from tests.faults.booth_scene import cheap_passphrase
from tests.faults.day_sides import BOOTH, HR, SIDES

BROKEN = syncsites.names()
_SHARE_OF_OTHERS = 5  # booth and HR get all the cuts asked for, a stick or a place of backups a fifth of them


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
        for side in SIDES:
            cuts = aftermath.cuts(count if side in (BOOTH, HR) else max(1, count // _SHARE_OF_OTHERS), side=side)
            states = judge(findings, aftermath, cuts, side)
            findings.figures[f"{side} states"] = states
    findings.figures["operations logged"] = len(aftermath.entries)
    findings.figures["promises"] = sum(entry.kind == "mark" for entry in aftermath.entries)
    return findings
