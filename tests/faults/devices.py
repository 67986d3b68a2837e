"""Cameras and microphones that fail at every stage of an answer, a machine that sleeps, and long days.

Promises: a device that is lost is told within two seconds; the answer so far is kept and readable; a fault never costs
a take; once the device is back the next take is whole. A machine that slept in mid answer keeps that answer. A day of
interviews leaves memory, threads and open files where they were.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.interview.states import TakeState
from app.interview.views import DeviceFault, TakeReview
from contract.errors import ErrorCode, XudaError
from tests.campaigns.model import Findings, Options
from tests.faults import sleeping, workday
from tests.interview.desk import Desk
from tests.storage.office import Office
from tests.support.media import write_wav
from tests.support.mjpeg import MjpegCamera
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for

BROKEN = ("fault-costs-a-take", "fault-untold")
QUESTION = "q1"
NOTICED_WITHIN = 2.0
LOST_AT_MOST = 1.0
_SECONDS = {"start": 0.3, "middle": 1.5, "late": 3.0}
STAGES = ("practice", "before", *_SECONDS, "at the end", "proof")


@dataclass(frozen=True)
class Fault:
    """``told``: the codes of which one is reported ``within`` seconds; none: sound goes on from elsewhere."""

    name: str
    begin: Callable[[Bench], object]
    told: frozenset[str]
    within: float = NOTICED_WITHIN

    @property
    def of_camera(self) -> bool:
        return any(code.startswith("camera") for code in self.told)


CAMERA_GONE = frozenset({ErrorCode.CAMERA_LOST.value, ErrorCode.CAMERA_MISSING.value, ErrorCode.CAMERA_BUSY.value})
MICROPHONE_GONE = frozenset({ErrorCode.MICROPHONE_LOST.value, ErrorCode.MICROPHONE_MISSING.value})
# A frozen picture and exact silence are told later than a loss: a still room and a pause are no faults.
FAULTS = (
    Fault("camera pulled", lambda bench: bench.camera.drop(), CAMERA_GONE),
    Fault("camera stalled", lambda bench: bench.camera.stall(), CAMERA_GONE),
    Fault("camera frozen", lambda bench: bench.camera.freeze(), frozenset({ErrorCode.CAMERA_FROZEN.value}), 5.0),
    Fault("microphone pulled", lambda bench: bench.microphone.unplug(), MICROPHONE_GONE),
    Fault("microphone stalled", lambda bench: bench.microphone.suspend(True), MICROPHONE_GONE),
    Fault(
        "microphone muted",
        lambda bench: bench.microphone.mute(True),
        frozenset({ErrorCode.MICROPHONE_SILENT.value}),
        8.0,
    ),
    Fault("microphone replaced by one of 16 kHz", lambda bench: bench.replace_microphone(), frozenset()),
)


class Bench:
    """One booth with a network camera and a virtual microphone that hears a voice-like sound all the time."""

    def __init__(self, folder: Path, microphone: VirtualMicrophone) -> None:
        self.folder = folder
        self.microphone = microphone
        self.camera = MjpegCamera()
        self._office = Office()
        self._numbers = itertools.count()
        self._sound = write_wav(folder / "voice.wav", _voice(60.0), 48_000)

    def close(self) -> None:
        self.well()
        self.microphone.quiet()
        self.camera.close()

    def open(self) -> Desk:
        desk = Desk(self.folder / f"booth-{next(self._numbers)}", self._office)
        desk.begin()
        self.choose_devices(desk)
        return desk

    def choose_devices(self, desk: Desk) -> None:
        """As the candidate does on the device page, until both work; somebody speaks all the time."""
        self.well()
        self.microphone.quiet()
        self.microphone.play(self._sound)
        wait_for(lambda: self._chosen(desk), "both devices", seconds=20)

    def _chosen(self, desk: Desk) -> bool:
        try:
            if desk.recorder.camera_state() != "live":
                desk.recorder.set_camera(self.camera.url)
            if desk.recorder.microphone_state() != "live":
                desk.recorder.set_microphone("")
        except XudaError:
            return False
        return desk.recorder.camera_state() == "live" and desk.recorder.level().rms > -40

    def replace_microphone(self) -> None:
        """A headset of another rate takes the place of the microphone, as a Bluetooth headset in a call does."""
        self.microphone.plug_second(rate=16_000)
        self.microphone.unplug_first()

    def well(self) -> None:
        """Everything is plugged in and works again."""
        self.camera.resume()
        self.microphone.repair()


def _voice(seconds: float) -> np.ndarray:
    """Syllables of a buzz: loud and quiet several times a second, so that it is neither silence nor a steady hum."""
    t = np.arange(int(seconds * 48_000)) / 48_000
    buzz = sum(np.sin(2 * np.pi * 140 * n * t) / n for n in range(1, 12))
    return (0.2 * buzz * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * t))).astype(np.float32)


class Trial:
    """One fault at one stage."""

    def __init__(self, bench: Bench, fault: Fault, stage: str) -> None:
        self.bench, self.fault, self.stage = bench, fault, stage
        self.broken: list[str] = []
        self.told_after: float | None = None
        self.lost: float | None = None

    def run(self) -> None:
        with self.bench.open() as desk:
            try:
                self._at_its_stage(desk)
            except XudaError as error:
                self.broken.append(f"ended in {error.code.value}")
            self.bench.choose_devices(desk)
            self._next_take_is_whole(desk)

    def _at_its_stage(self, desk: Desk) -> None:
        if self.stage == "practice":
            self._in_practice(desk)
        elif self.stage == "before":
            self._before(desk)
        elif self.stage == "proof":
            take = self._take(desk, 1.5)
            self.fault.begin(self.bench)
            self._kept(desk, take, 1.5)
        elif self.stage == "at the end":
            desk.run(desk.service.begin_take, QUESTION)
            _record_for(desk, 1.5)
            self.fault.begin(self.bench)
            self._kept(desk, desk.run(desk.service.end_take), 1.5)
        else:
            self._in_mid_answer(desk, _SECONDS[self.stage])

    def _in_practice(self, desk: Desk) -> None:
        desk.run(desk.service.practice.start, video=True)
        _record_for(desk, 1.0)
        self._break_and_wait(desk)
        desk.run(desk.service.practice.stop)

    def _before(self, desk: Desk) -> None:
        """Refused at once with the device's name, or begun and told."""
        self.fault.begin(self.bench)
        begun = time.monotonic()
        try:
            desk.run(desk.service.begin_take, QUESTION)
        except XudaError as error:
            if error.code.value not in self.fault.told:
                self.broken.append(f"refused with {error.code.value}")
            return
        self._told(desk, begun)
        take = desk.run(desk.service.end_take)
        if self.fault.told and take.counted:
            self.broken.append("costs a take")

    def _in_mid_answer(self, desk: Desk, seconds: float) -> None:
        desk.run(desk.service.begin_take, QUESTION)
        _record_for(desk, seconds)
        self._break_and_wait(desk)
        take = desk.run(desk.service.end_take)
        self._kept(desk, take, seconds)
        if self.fault.told and take.counted:
            self.broken.append("costs a take")

    def _break_and_wait(self, desk: Desk) -> None:
        desk.news.clear()
        self.fault.begin(self.bench)
        self._told(desk, time.monotonic())

    def _told(self, desk: Desk, begun: float) -> None:
        if not self.fault.told:
            _record_for(desk, desk.recorder.elapsed + 1.5)
            return

        def told() -> bool:
            return any(isinstance(item, DeviceFault) and item.code in self.fault.told for item in desk.news)

        try:
            wait_for(told, "the fault", seconds=self.fault.within)
            self.told_after = time.monotonic() - begun
        except AssertionError:
            said = [item.code for item in desk.news if isinstance(item, DeviceFault)]
            self.broken.append(f"not told within {self.fault.within} s (told: {said})")

    def _kept(self, desk: Desk, take: TakeReview, seconds: float) -> None:
        self.lost = max(0.0, seconds - take.duration)
        if self.lost > LOST_AT_MOST:
            self.broken.append(f"{self.lost:.1f} s of the answer lost")
        desk.run(_read_whole, desk, take.take_id)

    def _take(self, desk: Desk, seconds: float) -> TakeReview:
        desk.run(desk.service.begin_take, QUESTION)
        _record_for(desk, seconds)
        return desk.run(desk.service.end_take)

    def _next_take_is_whole(self, desk: Desk) -> None:
        """The take after the fault is like any other and may be given as the answer."""
        if self.stage in ("proof", "at the end"):
            take = next(t for t in desk.run(desk.service.step).takes if t.state is TakeState.RECORDED)
        else:
            desk.news.clear()
            take = self._take(desk, 1.5)
            faults = [item.code for item in desk.news if isinstance(item, DeviceFault)]
            if faults or take.proof is None or not take.proof.moving or take.duration < 1.2:
                self.broken.append(f"the next take is not whole: {faults}, {take.proof}")
        step = desk.run(desk.service.step)
        if step.takes_used > 1:
            self.broken.append(f"{step.takes_used} takes used for one good one")
        desk.run(desk.service.submit_take, take.take_id)
        following = desk.run(desk.service.step)
        if following is None or following.question.question_id == QUESTION:
            self.broken.append("the answer was not saved")


def _record_for(desk: Desk, seconds: float) -> None:
    wait_for(lambda: desk.recorder.elapsed >= seconds, f"{seconds} s of the take", seconds=seconds + 10)


def _read_whole(desk: Desk, take_id: str) -> None:
    with desk.device.store.open_object(take_id) as stream:
        while stream.read(1 << 20):
            pass


def trials(bench: Bench) -> Iterator[Trial]:
    for fault in FAULTS:
        for stage in STAGES:
            yield Trial(bench, fault, stage)


def run_trials(findings: Findings, chosen: list[Trial]) -> None:
    told = []
    for trial in chosen:
        trial.run()
        for line in trial.broken:
            findings.failures.append(f"{trial.fault.name}, {trial.stage}: {line}")
        if trial.told_after is not None and trial.fault.within == NOTICED_WITHIN:
            told.append(trial.told_after)
    findings.figures |= {
        "faults x stages": len(chosen),
        "loss told after, most (s)": round(max(told, default=0.0), 2),
        "answer lost, most (s)": round(max((trial.lost or 0.0 for trial in chosen), default=0.0), 2),
    }


def _break(defect: str | None) -> None:
    """Deliberate defects, in this process."""
    if defect == "fault-costs-a-take":
        import app.interview.takes as takes

        takes._FREE_FAULTS = frozenset()
    elif defect == "fault-untold":
        import app.capture.take as take

        take.Take._report = lambda *_: None  # type: ignore[method-assign]


def campaign(options: Options) -> Findings:
    """Long: every fault at every stage, twenty nights, eight hours of interviews. Short: every fault at one stage."""
    findings = Findings()
    _break(options.broken)
    with (
        closing(VirtualMicrophone()) as microphone,
        microphone.for_this_process(),
        closing(Bench(options.work, microphone)) as bench,
    ):
        chosen = list(trials(bench))
        if options.short:
            chosen = chosen[options.seed % 4 :: 4]
        run_trials(findings, chosen)
    if options.broken is None:
        sleeping.sleep(findings, options.work / "sleep", nights=options.cases(short=1, long=20))
        workday.work(findings, options.work / "day", minutes=0.5 if options.short else 480.0)
    return findings
