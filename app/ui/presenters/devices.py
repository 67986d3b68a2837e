"""The device check: what there is, what is open, what to do about the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from app.interview.model import CheckName, CheckResult, CheckState, DeviceInfo, Proof
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from contract.kit import QuestionKind

TEST_SECONDS = 3.0
# A player needs a moment before anything is heard of it.
LISTEN_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Machine:
    """One look at the machine."""

    cameras: tuple[DeviceInfo, ...]
    microphones: tuple[DeviceInfo, ...]
    speakers: tuple[DeviceInfo, ...]
    checks: tuple[CheckResult, ...]


class DevicesPresenter(Presenter):
    """``camera_error`` and ``microphone_error`` are what opening them has raised, None when they are open."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.machine: Machine | None = None
        self.camera = ""
        self.microphone = ""
        self.camera_error: Exception | None = None
        self.microphone_error: Exception | None = None
        self.camera_open = False
        self.microphone_open = False
        self.opening = False
        self.testing_since: float | None = None
        self.heard: Proof | None = None
        # Whether the microphone has heard the loudspeaker's test tone; None before one was played.
        self.echo: bool | None = None
        self._tones: Sequence[float] = ()
        self._tone_until = 0.0
        self._listing = False
        self._sound: BinaryIO | None = None
        self._play: Callable[[BinaryIO], None] | None = None

    def enter(self) -> None:
        """Open the devices that were chosen last (at first: the default ones) and look at the machine."""
        self.heard = self.echo = None
        self._tones = ()
        self.open(camera=self.camera, microphone=self.microphone)
        self.refresh()

    def open(self, *, camera: str | None = None, microphone: str | None = None) -> None:
        """Open by spec; None leaves a device as it is."""
        devices = self.journey.context.devices
        if camera is not None:
            self.camera = camera
        if microphone is not None:
            self.microphone = microphone
        needs_camera = self.needs_camera
        self.opening = True
        self.changed()

        def attempt(call: Callable[[str], None], spec: str | None) -> Exception | None:
            if spec is None:
                return None
            try:
                call(spec)
            except Exception as error:
                return error
            return None

        def run() -> tuple[Exception | None, Exception | None]:
            camera_error = attempt(devices.set_camera, camera if needs_camera else None)
            return camera_error, attempt(devices.set_microphone, microphone)

        def opened(errors: tuple[Exception | None, Exception | None]) -> None:
            self.opening = False
            if camera is not None:
                self.camera_error, self.camera_open = errors[0], errors[0] is None
            if microphone is not None:
                self.microphone_error, self.microphone_open = errors[1], errors[1] is None
            self.changed()

        self.journey.runner.background(run, opened, self.journey.fail)

    def refresh(self) -> None:
        """Look again; devices plugged in meanwhile appear. A look that takes long is not overtaken by the next."""
        if self._listing:
            return
        self._listing = True
        devices, checks, kit = self.journey.context.devices, self.journey.context.checks, self.journey.kit

        def look() -> Machine:
            return Machine(
                tuple(devices.cameras()),
                tuple(devices.microphones()),
                tuple(devices.speakers()),
                tuple(checks(kit)),
            )

        def seen(machine: Machine) -> None:
            self._listing = False
            self.machine = machine
            self._open_what_appeared()
            self.changed()

        def failed(error: Exception) -> None:
            self._listing = False
            self.journey.fail(error)

        self.journey.runner.background(look, seen, failed)

    def _open_what_appeared(self) -> None:
        machine = self.machine
        if machine is None or self.opening:
            return
        camera = self.needs_camera and not self.camera_open and bool(machine.cameras)
        microphone = not self.microphone_open and bool(machine.microphones)
        if camera or microphone:
            self.open(camera=self.camera if camera else None, microphone=self.microphone if microphone else None)

    @property
    def needs_camera(self) -> bool:
        return QuestionKind.VIDEO in self.journey.kinds

    def check(self, name: CheckName) -> CheckResult | None:
        checks = self.machine.checks if self.machine else ()
        return next((check for check in checks if check.name == name), None)

    @property
    def can_continue(self) -> bool:
        if self.opening or self.testing_since is not None or not self.microphone_open:
            return False
        disk = self.check(CheckName.DISK)
        space = disk is not None and disk.state != CheckState.FAILED
        return space and (self.camera_open or not self.needs_camera)

    # ---- hearing oneself --------------------

    def test_microphone(self, play: Callable[[BinaryIO], None]) -> None:
        """Record some seconds into memory; ``play`` gets them afterwards."""
        if self.testing_since is None:
            self._play = play
            self.heard = None
            practice = self.journey.context.service.practice
            self.journey.do(lambda: practice.start(video=False), self._testing)

    def _testing(self, _: None) -> None:
        self.testing_since = self.journey.clock()
        self.changed()

    def tone_played(self, tones: Sequence[float]) -> None:
        """The loudspeaker plays these tones (Hz) now: listen whether the microphone hears them."""
        self._tones, self._tone_until = tones, self.journey.clock() + LISTEN_SECONDS
        self.echo = None

    def use_better_microphone(self) -> None:
        """Switch to the one that hears more than the chosen one."""
        check = self.check(CheckName.MICROPHONE)
        if check is not None and check.better is not None:
            self.open(microphone=check.better.spec)

    def _listen_for_tone(self) -> None:
        heard = self.journey.context.devices.hears(self._tones)
        if heard or self.journey.clock() > self._tone_until:
            self.echo, self._tones = heard, ()
            self.changed()

    def tick(self) -> None:
        if self._tones:
            self._listen_for_tone()
        since = self.testing_since
        if since is not None and self.journey.clock() - since >= TEST_SECONDS:
            self.stop_test()

    def stop_test(self) -> None:
        practice = self.journey.context.service.practice

        def failed(error: Exception) -> None:
            self.testing_since = None
            self.journey.fail(error)

        self.journey.do(practice.stop, self._tested, failed)

    def cancel_test(self) -> None:
        """The screen was left while a test ran."""
        if self.testing_since is not None:
            self.testing_since = None
            self.journey.quietly(self.journey.context.service.practice.stop, lambda _: None)

    def _tested(self, found: tuple[Proof, BinaryIO] | None) -> None:
        self.testing_since = None
        if found is not None:
            self.heard = found[0]
            if self._play is not None:
                self._play(found[1])
        self.changed()
