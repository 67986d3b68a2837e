"""Microphones through PortAudio and a real sound server, and sound files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from app.capture.devices import list_microphones, list_speakers
from app.capture.microphone import Microphone, open_microphone
from app.capture.recorder import DeviceRecorder
from app.capture.sound_file import decode_sound
from app.capture.values import CaptureSettings, DeviceState, Level
from contract.errors import ErrorCode, XudaError
from tests.support.media import tone, write_wav
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for


@contextmanager
def opened(spec: str, settings: CaptureSettings | None = None) -> Iterator[Microphone]:
    microphone = open_microphone(spec, settings or CaptureSettings())
    try:
        yield microphone
    finally:
        microphone.close()


def state(microphone: Microphone) -> DeviceState:
    return microphone.state(time.monotonic())


def level(microphone: Microphone) -> Level:
    return Level.of(microphone.ring.last(4800))


def test_microphones_have_the_names_the_system_gives_them(virtual_microphone: VirtualMicrophone) -> None:
    virtual_microphone.plug_second()
    assert [(device.name, device.is_default) for device in list_microphones()] == [
        ("virtual", True),
        ("second", False),
    ]
    assert list_speakers()[0].is_default


def test_what_the_machine_plays_is_no_microphone(virtual_microphone: VirtualMicrophone) -> None:
    virtual_microphone.unplug()
    assert list_microphones() == []
    with pytest.raises(XudaError) as caught:
        open_microphone("", CaptureSettings())
    assert caught.value.code is ErrorCode.MICROPHONE_MISSING


def test_a_microphone_plugged_in_later_appears_while_another_is_open(
    recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone
) -> None:
    recorder.set_microphone("")
    assert [device.name for device in recorder.microphones()] == ["virtual"]
    virtual_microphone.plug_second()
    assert [device.name for device in recorder.microphones()] == ["virtual", "second"]
    assert recorder.microphone_state() is DeviceState.LIVE


def test_listing_without_a_sound_server_lets_the_microphone_go_only_for_a_moment(
    recorder: DeviceRecorder, virtual_microphone: VirtualMicrophone
) -> None:
    recorder.set_microphone("name:default")
    names = [device.name for device in recorder.microphones()]
    assert "virtual" in names
    virtual_microphone.play_samples(tone(5.0, 440, 48_000))
    wait_for(lambda: recorder.level().rms > -12, "sound after the listing")


def test_the_level_follows_what_is_heard(virtual_microphone: VirtualMicrophone) -> None:
    with opened("") as microphone:
        assert level(microphone).rms < -80
        virtual_microphone.play_samples(tone(2.0, 440, 48_000, loudness=0.5))
        wait_for(lambda: level(microphone).rms > -9.5, "the tone")
        assert level(microphone).rms == pytest.approx(-9.0, abs=1.5)
        assert level(microphone).peak == pytest.approx(-6.0, abs=1.5)


def test_a_microphone_can_be_named_in_part(virtual_microphone: VirtualMicrophone) -> None:
    with opened("name:VIRT") as microphone:
        assert microphone.info.name == "virtual"
    with opened("pulse") as microphone:
        assert microphone.info.name == "pulse"


def test_a_second_microphone_is_really_the_one_that_is_heard(virtual_microphone: VirtualMicrophone) -> None:
    virtual_microphone.plug_second()
    virtual_microphone.mute(True)
    virtual_microphone.play_samples(tone(20.0, 440, 48_000))
    with opened("name:second") as microphone:
        wait_for(lambda: level(microphone).rms > -12, "the tone")
    with opened("name:virtual") as microphone:
        wait_for(lambda: microphone.ring.head > 9600, "sound")
        assert level(microphone).rms < -80


def test_a_silent_switch_to_another_microphone_is_noticed_within_two_seconds(
    virtual_microphone: VirtualMicrophone,
) -> None:
    virtual_microphone.plug_second()
    with opened("") as microphone:
        virtual_microphone.unplug_first()
        assert wait_for(lambda: state(microphone) is DeviceState.LOST, "the switch") < 2.0


def test_a_microphone_that_is_not_there_is_missing(virtual_microphone: VirtualMicrophone) -> None:
    with pytest.raises(XudaError) as caught:
        open_microphone("name:Studio Microphone", CaptureSettings())
    assert caught.value.code is ErrorCode.MICROPHONE_MISSING


def test_a_microphone_pulled_out_is_lost_within_two_seconds_and_found_again(
    virtual_microphone: VirtualMicrophone,
) -> None:
    with opened("") as microphone:
        assert state(microphone) is DeviceState.LIVE
        virtual_microphone.unplug()
        assert wait_for(lambda: state(microphone) is DeviceState.LOST, "the loss") < 2.0
        virtual_microphone.plug()
        wait_for(lambda: state(microphone) is DeviceState.LIVE, "the microphone's return", seconds=15)


def test_a_source_that_stops_giving_sound_stalls_and_is_then_lost(virtual_microphone: VirtualMicrophone) -> None:
    seen = set()
    with opened("") as microphone:
        virtual_microphone.suspend(True)

        def lost() -> bool:
            seen.add(state(microphone))
            return DeviceState.LOST in seen

        assert wait_for(lost, "the loss") < 2.0
    assert DeviceState.STALLED in seen


def test_a_muted_microphone_is_called_silent_and_sound_ends_that(virtual_microphone: VirtualMicrophone) -> None:
    with opened("", CaptureSettings(sound_silent=0.8)) as microphone:
        virtual_microphone.mute(True)
        virtual_microphone.play_samples(tone(20.0, 440, 48_000))
        wait_for(lambda: state(microphone) is DeviceState.SILENT, "the silence to be noticed")
        virtual_microphone.mute(False)
        wait_for(lambda: state(microphone) is DeviceState.LIVE, "sound")


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (16_000, 1), (22_050, 1), (44_100, 2), (48_000, 2)])
def test_a_sound_file_of_any_rate_keeps_its_length_and_pitch(tmp_path: Path, rate: int, channels: int) -> None:
    samples = tone(1.0, 1000, rate)
    if channels == 2:
        samples = np.stack([samples, samples], axis=1)
    sound = decode_sound(write_wav(tmp_path / "tone.wav", samples, rate))
    assert len(sound) == pytest.approx(48_000, abs=480)
    peak = np.argmax(np.abs(np.fft.rfft(sound[:48_000]))) * 48_000 / len(sound[:48_000])
    assert peak == pytest.approx(1000, abs=3)


def test_a_sound_file_plays_once_in_real_time_and_then_is_silent(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "tone.wav", tone(1.0, 440, 48_000), 48_000)
    with opened(f"file:{path}") as microphone:
        begin = microphone.rewind()
        assert microphone.end is None
        seconds = wait_for(lambda: microphone.end is not None, "the end of the sound")
        assert seconds == pytest.approx(1.0, abs=0.2)
        assert microphone.end == begin + 48_000
        wait_for(lambda: microphone.ring.head > begin + 60_000, "what follows")
        samples, _ = microphone.ring.read(begin + 48_000, microphone.ring.head)
        assert not samples.any()


def test_between_takes_a_sound_file_goes_on_so_that_the_meter_moves(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "tone.wav", tone(0.3, 440, 48_000), 48_000)
    with opened(f"file:{path}") as microphone:
        wait_for(lambda: microphone.ring.head > 48_000, "a second of sound")
        assert microphone.end is None
        assert level(microphone).rms > -12


@pytest.mark.parametrize("name", ["absent.wav", "text.wav"])
def test_a_sound_file_that_cannot_be_read_is_a_missing_microphone(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(XudaError) as caught:
        open_microphone(f"file:{tmp_path / name}", CaptureSettings())
    assert caught.value.code is ErrorCode.MICROPHONE_MISSING
