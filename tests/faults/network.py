"""The line between booths and HR cut, stalled, doubled and answered by strangers.

Broken promises are: an interview that is not at HR byte for byte and once; more than one chunk sent again per cut; an
item that stops others; delivery more than 30 s after the network is back (p95).
"""

from __future__ import annotations

import contextlib
import logging
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.storage.outbox import ItemKind, OutboxItem
from app.sync.news import Pace, SyncSummary
from app.sync.uploader import Chunks
from contract.errors import ErrorCode
from tests.backend.world import Served, served
from tests.campaigns.model import Findings, Options
from tests.faults import network_defects
from tests.faults.booths import Expected, compare_with_hr, make_interview, new_booth
from tests.faults.resent import Resent, look_over
from tests.faults.weather import CHUNK, HTML, LEAST_CUTS, PATIENCE, STRANGERS, Weather, refusal
from tests.support.hostile_line import Fault, HostileLine, canned
from tests.sync.device import QUICK, Device

BROKEN = tuple(network_defects.DEFECTS)
SMALL_CHUNKS = Chunks(CHUNK, CHUNK, CHUNK)
RETURN_LIMIT = 30.0
# ---- part one: cuts ----------------------------------------------------------------------------------------------


@dataclass
class _Booth:
    device: Device
    line: HostileLine
    weather: Weather
    summaries: list[SyncSummary] = field(default_factory=list)


def run_cuts(
    hr: Served, folder: Path, findings: Findings, *, interviews: int, booths: int, seed: int, limit: float
) -> None:
    """``interviews`` from ``booths``, each cut at least LEAST_CUTS times, and three poisoned ones at each booth."""
    port = int(hr.url.rsplit(":", 1)[1])
    fleet = [_make_booth(hr, folder / f"booth-{n}", port, seed * 1000 + n, interviews // booths) for n in range(booths)]
    begun = time.monotonic()
    try:
        _together([lambda booth=booth: _deliver(booth, limit) for booth in fleet])  # type: ignore[misc]
        seconds = time.monotonic() - begun
        for number, booth in enumerate(fleet):
            _judge(hr, booth, findings, f"booth {number}")
        _figures(fleet, findings, seconds)
    finally:
        for booth in fleet:
            booth.line.close()
            booth.device.close()


def _make_booth(hr: Served, folder: Path, port: int, seed: int, interviews: int) -> _Booth:
    rng = random.Random(seed)
    device, weather = new_booth(hr, folder), Weather(seed)
    sick = _poisoned(device, rng)
    for number in range(interviews):
        weather.expect(make_interview(device, rng, recordings=1 + number % 2, size=8 * CHUNK))
    for made, poison in sick:
        weather.expect(made, poison=poison)
    line = HostileLine(port, weather)
    line.keep_requests()
    return _Booth(device, line, weather)


def _poisoned(device: Device, rng: random.Random) -> list[tuple[Expected, tuple[str, bytes]]]:
    """Three that can never be delivered whole: an event refused for good, a recording refused, a recording rotten."""
    found = [make_interview(device, rng, recordings=1, size=CHUNK) for _ in range(3)]
    rotten = device.recording(found[2].interview_id, found[2].objects[0])
    content = bytearray(rotten.read_bytes())
    content[len(content) // 2] ^= 1
    rotten.write_bytes(content)
    refused = f"PUT /v1/interviews/{found[0].interview_id}/events/2", refusal(422, ErrorCode.FORMAT_INVALID)
    too_large = "PATCH /v1/files/" + found[1].uploads[0], refusal(413, ErrorCode.TOO_LARGE)
    return list(zip(found, (refused, too_large, ("no request", b"")), strict=True))


def _deliver(booth: _Booth, limit: float) -> None:
    stop = threading.Event()
    late = threading.Thread(target=_send_late, args=(booth, stop), daemon=True)
    late.start()
    engine = booth.device.make_engine(url=booth.line.url, pace=QUICK, patience=PATIENCE, chunks=SMALL_CHUNKS)
    try:
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            booth.summaries.append(engine.run_until_idle(min(20.0, deadline - time.monotonic())))
            if not _left(booth):
                break
    finally:
        stop.set()
        late.join(10)


def _left(booth: _Booth) -> list[OutboxItem]:
    """What waits, but for the manifests of poisoned interviews, which wait for ever."""
    sick = {story.made.interview_id for story in booth.weather.stories if story.poison}
    waiting = booth.device.outbox.pending()
    return [item for item in waiting if not (item.kind is ItemKind.MANIFEST and item.interview_id in sick)]


def _send_late(booth: _Booth, stop: threading.Event) -> None:
    """Now and then a request of long ago arrives once more."""
    rng = random.Random(7)
    while not stop.wait(0.05):
        kept = booth.line.kept
        if kept:
            with contextlib.suppress(OSError):
                booth.line.send_again(kept[rng.randrange(len(kept))])


def _judge(hr: Served, booth: _Booth, findings: Findings, name: str) -> None:
    findings.expect(not _left(booth), f"{name}: {len(_left(booth))} items still wait: {booth.summaries[-1]}")
    findings.expect(booth.device.outbox.counts()[1] == 3, f"{name}: {booth.device.outbox.counts()[1]} refused, not 3")
    for story in booth.weather.stories:
        where = f"{name}, {story.name}"
        if story.poison is not None:
            kept = [booth.device.recording(story.made.interview_id, ref).exists() for ref in story.made.objects]
            findings.expect(all(kept), f"{where}: a poisoned interview's recording was deleted")
            continue
        compare_with_hr(hr, story.made, findings, where)
        findings.expect(story.cuts >= LEAST_CUTS, f"{where}: cut {story.cuts} times only")
        for wrong in look_over(booth.line, story.made.uploads).wrong:
            findings.expect(False, f"{where}: {wrong}")


def _figures(fleet: Sequence[_Booth], findings: Findings, seconds: float) -> None:
    stories = [story for booth in fleet for story in booth.weather.stories if story.poison is None]
    resent = Resent()
    for booth in fleet:
        well = [name for story in booth.weather.stories if story.poison is None for name in story.made.uploads]
        resent.add(look_over(booth.line, well))
    findings.figures |= {
        "interviews": len(stories),
        "cuts": sum(story.cuts for story in stories),
        "cuts per interview, fewest": min(story.cuts for story in stories),
        "cuts of an upload": resent.cuts,
        "of them by a slow machine": resent.unplanned,
        "chunks sent again per cut of an upload": round(resent.again / CHUNK / max(1, resent.cuts), 2),
        "doubled requests": sum(booth.line.seen.get("twice", 0) for booth in fleet),
        "seconds of cuts": round(seconds, 1),
    }


# ---- part two: the network is back -------------------------------------------------------------------------------

_OUTAGES = (
    Fault("before", seconds=600.0),
    Fault("up", reset=True),
    Fault("instead", answer=STRANGERS[0]),
    Fault("instead", answer=canned(502, "Bad Gateway", HTML, "text/html")),
)


def run_returns(hr: Served, folder: Path, findings: Findings, *, booths: int, rounds: int, seed: int) -> None:
    """All booths lose the network while they deliver, in different ways, and get it back at the same moment.

    The product's own pace and time-outs. Measured is the time until a booth's outbox is empty.
    """
    port = int(hr.url.rsplit(":", 1)[1])
    rng = random.Random(f"{seed} returns")
    lines = [HostileLine(port) for _ in range(booths)]
    devices = [new_booth(hr, folder / f"back-{number}") for number in range(booths)]
    made: list[Expected] = []
    taken: list[float] = []
    try:
        for line, device in zip(lines, devices, strict=True):
            device.make_engine(url=line.url, pace=network_defects.pace(Pace()), patience=30.0, chunks=SMALL_CHUNKS)
            assert device.engine is not None
            device.engine.start()
        for _ in range(rounds):
            made += [make_interview(device, rng, recordings=2, size=12 * CHUNK) for device in devices]
            taken += _one_return(lines, devices, rng)
        for number, interview in enumerate(made):
            compare_with_hr(hr, interview, findings, f"return {number}")
    finally:
        for line, device in zip(lines, devices, strict=True):
            device.close()
            line.close()
    taken.sort()
    p95 = taken[min(len(taken) - 1, int(len(taken) * 0.95))]
    findings.expect(p95 <= RETURN_LIMIT, f"delivered {p95:.1f} s after the return (p95), most {taken[-1]:.1f} s")
    findings.figures |= {
        "returns": len(taken),
        "seconds from return to delivered, median": round(statistics.median(taken), 1),
        "seconds from return to delivered, p95": round(p95, 1),
        "seconds from return to delivered, most": round(taken[-1], 1),
    }


def _one_return(lines: Sequence[HostileLine], devices: Sequence[Device], rng: random.Random) -> list[float]:
    for line, device in zip(lines, devices, strict=True):
        assert device.engine is not None
        device.engine.wake()
        line.down = rng.choice(_OUTAGES)
    threading.Event().wait(rng.uniform(2.0, 20.0))
    back = time.monotonic()
    for line in lines:
        line.down = None
    taken: dict[int, float] = {}
    while len(taken) < len(devices) and time.monotonic() - back < 4 * RETURN_LIMIT:
        for number, device in enumerate(devices):
            if number not in taken and device.outbox.counts() == (0, 0):
                taken[number] = time.monotonic() - back
        threading.Event().wait(0.1)
    return [taken.get(number, 4 * RETURN_LIMIT) for number in range(len(devices))]


# ---- the campaign ------------------------------------------------------------------------------------------------


def campaign(options: Options) -> Findings:
    findings = Findings()
    interviews = options.cases(short=16, long=200)
    booths = 4 if options.short else 10
    with network_defects.planted(options.broken), backend(options.work / "hr") as hr:
        limit = 60.0 if options.short else 7200.0
        run_cuts(hr, options.work, findings, interviews=interviews, booths=booths, seed=options.seed, limit=limit)
        rounds = 1 if options.short else 5
        run_returns(hr, options.work, findings, booths=10, rounds=rounds, seed=options.seed)
    return findings


@contextlib.contextmanager
def backend(folder: Path) -> Iterator[Served]:
    """A backend, with the client's complaints about the line kept quiet: there are thousands."""
    log = logging.getLogger("app")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        with served(folder) as hr:
            yield hr
    finally:
        log.setLevel(before)


def _together(calls: Sequence[Callable[[], None]]) -> None:
    failed: list[BaseException] = []

    def run(call: Callable[[], None]) -> None:
        try:
            call()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
