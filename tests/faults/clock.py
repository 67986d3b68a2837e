"""Clocks of booths and of HR that are years off, in 1970, beyond 2038, and jump while an interview is given.

Broken promises are: something is not at HR, or deleted before its receipt; a window or a time left judged by a clock
that was moved; events in another order than they happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from sqlalchemy import select

from app.capture.checks import check_clock
from app.capture.media import AvMediaTools
from app.capture.recorder import DeviceRecorder
from app.interview.model import CheckState, Environment, ExitReason
from app.interview.service import InterviewService
from app.transcribe.supervisor import WhisperTranscriber
from backend.db.models import Batch, EventRow, InvitationRow
from backend.services import batches, candidates, devices, kits, reports, uploads
from backend.services.actor import Actor
from backend.services.candidates import Person
from contract.errors import ErrorCode, XudaError
from contract.texts import TEXTS
from tests.backend.world import Served, served
from tests.campaigns.model import Findings, Options
from tests.faults import clock_defects
from tests.faults.booths import COMMAND_LINE, compare_with_hr, expected, new_booth
from tests.faults.clock_processes import run_processes
from tests.faults.network import SMALL_CHUNKS
from tests.faults.weather import CHUNK
from tests.sync.device import Device, WrongClock

BROKEN = tuple(clock_defects.DEFECTS)
KIT = """
kit_id: {name}
department_id: rd
position: Tester
total_seconds: 600
consent: {{version: "1", purpose: p, full_text: f, deletion: d}}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
      - {{question_id: q1, kind: text, prompt: Write something}}{spoken}
      - {{question_id: q2, kind: single_choice, prompt: Choose, choices: [A, B]}}
      - {{question_id: q3, kind: text, prompt: Write more}}
"""
_SPOKEN = "\n      - {question_id: q-video, kind: video, prompt: Say something}"
_YEAR = timedelta(days=400)
_SLACK = 5.0
PATIENCE = 60.0


class JumpyClock(WrongClock):
    """A wall clock that is off and is moved; ``nervous``: also moved by itself, every few times it is read.

    ``ahead``: seconds added to the monotonic clock, so that an hour need not be waited for.
    """

    def __init__(self, start: datetime | timedelta, rng: random.Random) -> None:
        super().__init__(start - datetime.now(UTC) if isinstance(start, datetime) else start)
        self.ahead = 0.0
        self.nervous = False
        self._rng = rng
        self._read = 0

    def now(self) -> datetime:
        self._read += 1
        if self.nervous and self._read % 11 == 0:
            self.jump()
        return super().now()

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def jump(self) -> None:
        """Anywhere between 1970 and some sixty years from now."""
        self.off = datetime.fromtimestamp(self._rng.uniform(0.0, 3.6e9), UTC) - datetime.now(UTC)


@dataclass(frozen=True)
class Case:
    """``booth``: what its wall clock shows at the start; ``hr`` how far HR's clock is ahead, ``hr_later`` before the
    delivery; ``jumps``: the booth's clock is moved again and again."""

    name: str
    booth: datetime | timedelta
    hr: timedelta = timedelta(0)
    hr_later: timedelta | None = None
    jumps: bool = False


CASES = (
    Case("400 days behind", -_YEAR),
    Case("400 days ahead", _YEAR),
    Case("in 1970", datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)),
    Case("about to pass 2^31 seconds", datetime(2038, 1, 19, 3, 14, 6, tzinfo=UTC)),
    Case("beyond 2038", datetime(2044, 2, 29, 23, 59, 58, tzinfo=UTC)),
    Case("jumping", timedelta(0), jumps=True),
    Case("jumping, 400 days behind", -_YEAR, jumps=True),
    Case("HR 400 days ahead", timedelta(0), hr=_YEAR),
    Case("HR 400 days behind", timedelta(0), hr=-_YEAR),
    Case("both wrong, apart", -_YEAR, hr=_YEAR),
    Case("HR's clock jumps ahead before the delivery", timedelta(0), hr_later=_YEAR),
    Case("HR's clock is set back before the delivery", timedelta(0), hr=_YEAR, hr_later=timedelta(0), jumps=True),
)
SHORT = (0, 3, 6, 9, 11)


@dataclass
class _Run:
    """One case under way. ``tokens``: an invitation that is open, one for later and one that is over."""

    hr: Served
    case: Case
    folder: Path
    clock: JumpyClock
    findings: Findings
    tokens: dict[str, str] = field(default_factory=dict)
    spoken: dict[str, str] = field(default_factory=dict)
    device: Device | None = None
    service: InterviewService | None = None

    def expect(self, holds: bool, failure: str) -> None:
        self.findings.expect(holds, f"clock {self.case.name}: {failure}")

    def shift(self) -> None:
        if self.case.jumps:
            self.clock.jump()


def run_case(hr: Served, case: Case, folder: Path, seed: int, findings: Findings) -> None:
    """A whole interview: kits fetched, windows judged, half of it given, restarted, finished, delivered."""
    rng = random.Random(f"{seed} {case.name}")
    run = _Run(hr, case, folder, JumpyClock(case.booth, rng), findings)
    hr.clock.ahead = case.hr
    run.tokens = _invite(hr)
    run.device = new_booth(hr, folder / case.name.replace(" ", "-"), run.clock)
    try:
        _go_through(run, rng)
    except Exception as error:
        run.expect(False, f"broke off: {type(error).__name__}: {error}")
    finally:
        run.device.close()
        hr.clock.ahead = timedelta(0)


def _go_through(run: _Run, rng: random.Random) -> None:
    _fetch(run)
    _judge_windows(run, ("open", "later", "over"))
    interview_id = _first_half(run)
    _restart(run)
    _judge_windows(run, ("over",))
    _second_half(run, interview_id, rng)
    if run.case.hr_later is not None:
        run.hr.clock.ahead = run.case.hr_later
        uploads.expire(run.hr.hr)
    _deliver(run, interview_id)


def _invite(hr: Served, kit_id: str = "clock") -> dict[str, str]:
    now, day = hr.clock(), timedelta(days=1)
    windows = {
        "open": (now - day, now + day),
        "later": (now + 2 * day, now + 3 * day),
        "over": (now - 3 * day, now - day),
    }
    tokens = {}
    for name, (start, end) in windows.items():
        batch = batches.add_batch(
            hr.hr, COMMAND_LINE, kit_id=kit_id, title=name, not_before=start, not_after=end, department_id="rd"
        )
        with hr.hr.db.write() as session:
            person = Person(f"Candidate {os.urandom(4).hex()}", phone=f"138{random.randrange(10**8):08d}")
            invited = candidates.invite(hr.hr, session, session.get_one(Batch, batch), person)
            tokens[name] = session.get_one(InvitationRow, invited.id).token
    return tokens


def _service(run: _Run) -> InterviewService:
    assert run.device is not None
    device = run.device
    return InterviewService(
        store=device.store,
        shelf=device.shelf,
        recorder=DeviceRecorder(),
        media=AvMediaTools(),
        transcriber=WhisperTranscriber(None),
        clock=run.clock,
        facts=lambda: Environment(os="test", app_version="1"),
        new_key=lambda: os.urandom(32),
        post=lambda call: None,
        notify=lambda news: None,
        wake_sync=lambda: None,
    )


def _fetch(run: _Run) -> None:
    assert run.device is not None
    summary = run.device.make_engine(patience=10, chunks=SMALL_CHUNKS).run_until_idle(PATIENCE)
    run.expect(summary.online and not summary.pending, f"kits were not fetched: {summary}")
    heard = run.device.shelf.server_time()
    apart = abs((heard - run.hr.clock()).total_seconds()) if heard else 1e9
    run.expect(apart < _SLACK + 10, f"HR's time is {apart:.0f} s off")
    (row,) = [row for row in devices.list_devices(run.hr.hr) if row.id == run.device.enrolments.need().device_id]
    off = (run.clock.off - run.hr.clock.ahead).total_seconds()
    run.expect(row.clock_off is not None and abs(row.clock_off - off) < 30, f"HR was told {row.clock_off} of {off:.0f}")
    found = check_clock(run.clock.now(), heard)
    behind = heard is not None and run.clock.now() < heard - timedelta(hours=1)
    run.expect((found.state is CheckState.WARNING) == behind, f"the device check says {found.state}")
    run.service = _service(run)


def _judge_windows(run: _Run, names: tuple[str, ...]) -> None:
    assert run.service is not None
    wanted = {"open": None, "later": ErrorCode.INVITATION_NOT_YET, "over": ErrorCode.INVITATION_EXPIRED}
    for name in names:
        said = _refusal(run.service, run.tokens[name])
        run.expect(said is wanted[name], f"the invitation that is {name} was judged {said}")
        run.expect(said is None or said in TEXTS, f"nobody can read {said}")


def _refusal(service: InterviewService, token: str) -> ErrorCode | None:
    try:
        service.look_up(token)
    except XudaError as error:
        return error.code
    return None


def _first_half(run: _Run) -> str:
    service, device = run.service, run.device
    assert service is not None
    assert device is not None
    run.shift()
    run.expect(_refusal(service, run.tokens["open"]) is None, "the open invitation was closed by a jump")
    service.begin(language="en", scoring=False)
    interview_id = service.active_id
    assert interview_id is not None
    service.start_clock()
    begun = time.monotonic()
    for _ in range(3):
        run.shift()
        run.clock.ahead += 50
    step = service.step()
    left = step.total_seconds_left if step else None
    right = 600 - 150 - (time.monotonic() - begun)
    run.expect(left is not None and abs(left - right) < _SLACK, f"{left} s are left instead of {right:.0f}")
    service.submit_text("q1", "before the break")
    run.shift()
    service.pause(ExitReason.NETWORK)
    return interview_id


def _restart(run: _Run) -> None:
    """The program is started again, with the network unplugged."""
    assert run.device is not None
    folder = run.device.folder
    run.device.close()
    run.shift()
    run.clock.ahead = 0.0
    run.device = Device(folder, run.clock)
    run.service = _service(run)


def _second_half(run: _Run, interview_id: str, rng: random.Random) -> None:
    service, device = run.service, run.device
    assert service is not None
    assert device is not None
    run.expect(_refusal(service, run.tokens["open"]) is None, "the interview cannot be gone on with")
    service.resume(interview_id)
    step = service.step()
    left = step.total_seconds_left if step else None
    run.expect(left is not None and 430 < left < 455, f"{left} s are left after the restart")
    content = rng.randbytes(5 * CHUNK)
    ref = device.speak(interview_id, content=content)
    run.spoken[ref.object_id] = hashlib.sha256(content).hexdigest()
    run.shift()
    service.submit_choice("q2", [1])
    run.shift()
    service.submit_text("q3", "after the break")
    service.finish()
    run.expect(device.recording(interview_id, ref).exists(), "a recording is gone before it was delivered")
    run.expect(device.store.interview(interview_id).key_present, "the key is gone before the delivery")
    service.farewell()


def _deliver(run: _Run, interview_id: str) -> None:
    device = run.device
    assert device is not None
    held = device.outbox.local_check(interview_id)
    made = expected(device, interview_id, held.objects, run.spoken)
    run.expect(sorted(held.events) == list(range(1, len(held.events) + 1)), "events are missing on the device")
    run.clock.nervous = run.case.jumps
    summary = device.make_engine(patience=10, chunks=SMALL_CHUNKS).run_until_idle(PATIENCE)
    run.clock.nervous = False
    run.expect((summary.pending, summary.failed) == (0, 0), f"not delivered: {summary}")
    compare_with_hr(run.hr, made, run.findings, f"clock {run.case.name}")
    with run.hr.hr.db.read() as session:
        query = select(EventRow.kind).where(EventRow.interview_id == interview_id).order_by(EventRow.seq)
        kinds = list(session.scalars(query))
    wanted = ["started", "consented", "answer_saved", "paused", "resumed", *["answer_saved"] * 3, "finished"]
    run.expect(kinds == wanted, f"HR has {kinds}")
    report = reports.build(run.hr.hr, Actor.command_line(), interview_id, "en")
    run.expect(
        [entry.seq for entry in report.history] == sorted(entry.seq for entry in report.history), "history mixed"
    )


@contextlib.contextmanager
def backend(folder: Path) -> Iterator[Served]:
    logging.disable(logging.WARNING)
    try:
        with served(folder) as hr:
            for name, spoken in (("clock", _SPOKEN), ("written", "")):
                kits.add_kit(hr.hr, COMMAND_LINE, KIT.format(name=name, spoken=spoken).encode())
            yield hr
    finally:
        logging.disable(logging.NOTSET)


def campaign(options: Options) -> Findings:
    findings = Findings()
    chosen = [CASES[number] for number in SHORT] if options.short else list(CASES)
    rounds = 1 if options.short else options.cases(short=1, long=5)
    planted: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
    if options.broken:
        planted = mock.patch(*clock_defects.DEFECTS[options.broken])
    with planted, backend(options.work / "hr") as hr:
        for number in range(rounds):
            for case in chosen:
                run_case(hr, case, options.work / f"round-{number}", options.seed + number, findings)
        findings.figures |= {"interviews under wrong clocks": rounds * len(chosen)}
        if not options.broken:
            run_processes(
                hr, lambda: _invite(hr, "written")["open"], options.work / "processes", findings, short=options.short
            )
    return findings
