"""From a real PortAudio microphone at 48 kHz to the text, through the recorder."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterator
from pathlib import Path

import jiwer
import pytest

from app.capture.recorder import DeviceRecorder
from app.transcribe.supervisor import WhisperTranscriber
from tests.speech.say import say
from tests.speech.tinywhisper import vocabulary
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for
from tests.transcribe.sound import Listener


class _Faults:
    """Nothing may go wrong with the device here."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def on_fault(self, code: str) -> None:
        self.codes.append(code)

    def on_input_ended(self) -> None:
        """Microphones do not end."""


@pytest.fixture
def recorder() -> Iterator[DeviceRecorder]:
    recorder = DeviceRecorder()
    yield recorder
    recorder.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_is_said_to_the_microphone_is_recognised(
    lang: str,
    recorder: DeviceRecorder,
    virtual_microphone: VirtualMicrophone,
    transcriber: WhisperTranscriber,
    tmp_path: Path,
) -> None:
    rng = random.Random(48)
    said = [vocabulary.spoken(lang, vocabulary.usual(lang, rng)) for _ in range(4)]
    length = say(" {0.9} ".join(said), lang, tmp_path / "answer.wav", speed=160)
    transcriber.warm_up()
    recorder.set_microphone("")
    heard, faults = Listener(), _Faults()
    job = transcriber.open_job("take", lang, heard.partials.append, heard.on_final, heard.on_error)
    recorder.start(io.BytesIO(), video=False, pcm=job.feed, listener=faults)
    player = virtual_microphone.play(tmp_path / "answer.wav")
    wait_for(lambda: player.poll() is not None, "the answer to be said", seconds=length + 20)
    silent_from = recorder.elapsed
    wait_for(lambda: recorder.elapsed > silent_from + 0.5, "the sound to have arrived")
    recorder.stop()
    job.finish()
    result = heard.transcript()
    marks = re.compile(r"[.,?!。，？！]" if lang == "en" else r"[.,?!。，？！\s]")
    measure = jiwer.wer if lang == "en" else jiwer.cer
    rate = measure(vocabulary.spoken(lang, said), " ".join(marks.sub("", result.text).split()))
    print(f"{lang}: {100 * rate:.1f} % errors through the microphone")
    assert rate < 0.10
    assert heard.partials, "no caption came"
    assert faults.codes == []
