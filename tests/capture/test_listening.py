"""What the device check hears of the room, of the loudspeaker and of other microphones, on a real sound server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.capture.desk import CaptureDesk
from app.capture.listening import hears_tones, room_level
from app.capture.recorder import DeviceRecorder
from app.capture.sound_file import decode_sound
from app.capture.values import DeviceState
from app.checks import DeviceCheck
from app.clock import SystemClock
from app.interview.model import CheckName, CheckResult
from app.transcribe.supervisor import WhisperTranscriber
from app.ui.widgets.sound import NOTES, tone_wave
from tests.storage.office import Device, Office
from tests.support.media import speak
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for

RATE = 48_000


@pytest.fixture
def recorder() -> Iterator[DeviceRecorder]:
    recorder = DeviceRecorder()
    yield recorder
    recorder.close()


@pytest.fixture
def check(recorder: DeviceRecorder, tmp_path: Path) -> Iterator[DeviceCheck]:
    transcriber = WhisperTranscriber(None)
    with Device(tmp_path, Office()) as device:
        yield DeviceCheck(recorder, tmp_path, transcriber, device.shelf, SystemClock())
    transcriber.close()


def microphone(check: DeviceCheck) -> CheckResult:
    return next(result for result in check(None) if result.name is CheckName.MICROPHONE)


def said(check: DeviceCheck, code: str) -> CheckResult:
    """The check's word on the microphone, once it is ``code``."""
    found: list[CheckResult] = []

    def come() -> bool:
        found[:] = [microphone(check)]
        return found[0].code == code

    wait_for(come, code, seconds=20)
    return found[0]


def test_a_microphone_muted_in_the_system_is_recognised_and_so_is_one_turned_down_to_nothing(
    check: DeviceCheck, recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone
) -> None:
    recorder.set_microphone("")
    virtual_microphone.mute(True)
    assert said(check, "microphone_muted").state == "failed"
    virtual_microphone.mute(False)
    virtual_microphone.turn_down(0)
    said(check, "microphone_muted")


def test_when_another_microphone_hears_the_candidate_it_is_offered_and_switching_to_it_works(
    check: DeviceCheck, recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone, spoken_file: Path
) -> None:
    virtual_microphone.plug_deaf()
    recorder.set_microphone("name:deaf")
    virtual_microphone.play_samples(np.tile(decode_sound(spoken_file), 4))
    result = said(check, "microphone_elsewhere")
    assert result.better is not None
    assert result.better.name == "virtual"
    recorder.set_microphone(result.better.spec)
    virtual_microphone.play(spoken_file)
    wait_for(lambda: microphone(check).code not in ("microphone_elsewhere", "microphone_silent"), "sound", seconds=20)


def test_while_nobody_speaks_no_microphone_is_better_than_another(
    recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone
) -> None:
    virtual_microphone.plug_deaf()
    recorder.set_microphone("name:deaf")
    assert recorder.heard_elsewhere() is None


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_a_headset_in_its_telephone_mode_is_heard_recorded_and_explained(
    rate: int,
    check: DeviceCheck,
    recorder: DeviceRecorder,
    virtual_microphone: VirtualMicrophone,
    spoken_file: Path,
) -> None:
    virtual_microphone.plug_second(rate=rate)
    recorder.set_microphone("name:second")
    virtual_microphone.play(spoken_file)
    said(check, "microphone_narrow")
    assert recorder.microphone_state() is DeviceState.LIVE


def test_a_loud_room_is_said_before_the_start(
    check: DeviceCheck, recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone
) -> None:
    recorder.set_microphone("")
    virtual_microphone.play_samples(np.random.default_rng(1).standard_normal(20 * RATE) * 0.05, RATE)
    said(check, "room_noisy")


def test_the_loudspeaker_is_heard_by_the_microphone(
    recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone, tmp_path: Path
) -> None:
    recorder.set_microphone("")
    desk = CaptureDesk(recorder)
    wait_for(lambda: len(recorder.sound(1.5)[0]) >= 1.4 * recorder.sound(1.5)[1], "some sound")
    assert not desk.hears(NOTES)
    tone = tmp_path / "tone.wav"
    tone.write_bytes(tone_wave())
    virtual_microphone.play(tone)
    wait_for(lambda: desk.hears(NOTES), "the tone")


def test_a_voice_and_noise_are_not_taken_for_the_tone(spoken_file: Path, tmp_path: Path) -> None:
    voice = decode_sound(speak(tmp_path / "v.wav", "The loudspeaker is quite silent now, I only talk and talk."))
    noise = (np.random.default_rng(2).standard_normal(2 * RATE) * 0.1).astype(np.float32)
    parts = [voice[at : at + int(1.5 * RATE)] for at in range(0, len(voice) - 2 * RATE, RATE // 2)]
    assert parts
    assert not any(hears_tones(part, RATE, NOTES) for part in parts)
    assert not hears_tones(noise, RATE, NOTES)


def test_the_room_is_judged_by_what_lies_between_the_words(spoken_file: Path) -> None:
    voice = np.concatenate([decode_sound(spoken_file)] * 2)
    hum = (np.random.default_rng(3).standard_normal(len(voice)) * 0.001).astype(np.float32)
    loud = (np.random.default_rng(3).standard_normal(len(voice)) * 0.05).astype(np.float32)
    quiet_room, loud_room = room_level(voice + hum, RATE), room_level(voice + loud, RATE)
    assert quiet_room is not None
    assert loud_room is not None
    assert quiet_room < -50
    assert loud_room > -30
    assert room_level(hum[:RATE], RATE) is None
