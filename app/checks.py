"""The device check (A4): asks the open devices and the machine, and judges them."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from app.capture import checks as judge
from app.capture.devices import list_speakers
from app.capture.recorder import DeviceRecorder
from app.capture.values import Level
from app.interview.model import CheckResult, CheckState, DeviceInfo
from app.interview.ports import Clock, Transcriber
from app.interview.store import Shelf
from contract.errors import ErrorCode
from contract.kit import Kit

# Seconds of sound in which somebody who speaks also takes breath.
_ROOM = 8.0
_ASK_AFTER = 3.0
_ASK_AGAIN = 6.0


class DeviceCheck:
    """Call it as often as the screen refreshes; it may take a second. The loudest sound heard so far is remembered."""

    def __init__(
        self, recorder: DeviceRecorder, data_dir: Path, transcriber: Transcriber, shelf: Shelf, clock: Clock
    ) -> None:
        self._recorder = recorder
        self._data_dir = data_dir
        self._transcriber = transcriber
        self._shelf = shelf
        self._clock = clock
        self._guard = threading.Lock()
        self._loudest: dict[str, Level] = {}
        self._asked_for = ""
        self._ask_at: float | None = None
        self._found: DeviceInfo | None = None

    def __call__(self, kit: Kit | None) -> list[CheckResult]:
        facts = judge.read_facts(self._data_dir)
        seconds = float(sum(question.answer_seconds for question in kit.questions)) if kit else 600.0
        minutes = float(kit.expected_minutes) if kit else 15.0
        return [
            self._camera(),
            self._microphone(),
            judge.check_speaker(list_speakers()),
            replace(judge.check_disk(facts.free, seconds, self._recorder.settings), detail=""),
            judge.check_battery(facts.battery, minutes),
            judge.check_clock(self._clock.now(), self._shelf.server_time()),
            replace(judge.check_model(self._transcriber.model), detail=self._transcriber.model or ""),
        ]

    def _camera(self) -> CheckResult:
        result = judge.check_camera(self._recorder.camera_state(), self._recorder.preview())
        camera = self._recorder.camera
        return replace(result, detail=camera.name if camera else "")

    def _microphone(self) -> CheckResult:
        microphone = self._recorder.microphone
        state = self._recorder.microphone_state()
        if microphone is None:
            return judge.check_microphone(state, Level())
        level = self._recorder.level()
        with self._guard:
            loudest = self._loudest.get(microphone.spec, level)
            if level.peak > loudest.peak:
                loudest = level
            self._loudest[microphone.spec] = loudest
        result = judge.check_microphone(
            state, loudest, self._around(microphone.spec, judge.hears_little(state, loudest))
        )
        if result.code == ErrorCode.MICROPHONE_SILENT:
            # Nobody has spoken yet, perhaps: a hint. A take without sound is noticed when it is read back.
            result = replace(result, state=CheckState.WARNING)
        return replace(result, detail=microphone.name)

    def _around(self, chosen: str, little: bool) -> judge.Around:
        """What the system and other microphones say; the others are asked only while the chosen one hears little."""
        from app.capture.listening import room_level

        told = self._recorder.told_by_system()
        better = self._better(chosen, little or told.muted)
        return judge.Around(room_level(*self._recorder.sound(_ROOM)), told.muted, told.narrow, better)

    def _better(self, chosen: str, wanted: bool) -> DeviceInfo | None:
        """Asked now and then only, and not before somebody had the time to speak: it opens the other microphones."""
        now = self._clock.monotonic()
        with self._guard:
            if not wanted or chosen != self._asked_for:
                self._ask_at, self._found, self._asked_for = None, None, chosen
            if not wanted:
                return None
            if self._ask_at is None:
                self._ask_at = now + _ASK_AFTER
            if now < self._ask_at:
                return self._found
            self._ask_at = now + _ASK_AGAIN
        found = self._recorder.heard_elsewhere()
        with self._guard:
            # Who has been found stays on offer while the candidate takes breath.
            self._found = found or self._found
            return self._found
