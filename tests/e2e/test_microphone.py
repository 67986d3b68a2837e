"""From the microphone to the stored transcript: what is said is there, what is not said is not.

The sound goes through PortAudio, the recorder, the sealed file and the live transcription, as it does for a candidate;
the words are read back from the storage at the next start of the program.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.interview.views import AnswerView, DeviceFault, PartialText, TakeReview, TranscriptReady
from contract.errors import ErrorCode
from tests.e2e.spoken import SpokenAnswer, answer, error_rate
from tests.interview.desk import Desk
from tests.storage.office import Office
from tests.support.media import write_wav
from tests.support.pulse import VirtualMicrophone
from tests.support.waiting import wait_for

SEED = 20261122
MINUTE = 60
RATE = 48_000


def _kit(language: str, questions: int) -> dict[str, Any]:
    spoken = {"kind": "audio", "prompt": "?", "takes": 1, "answer_seconds": 300}
    asked = [{**spoken, "question_id": f"q{n}"} for n in range(questions)]
    stages = [{"stage_id": "s", "title": "t", "questions": asked}]
    return {"speech_language": language, "stages": stages}


class Candidate:
    """A candidate at a booth who answers into the microphone, one question after the other."""

    def __init__(self, folder: Path, microphone: VirtualMicrophone, language: str, questions: int) -> None:
        self._folder, self._office, self._microphone = folder, Office(), microphone
        self.captions: list[str] = []
        self.faults: list[str] = []
        self.desk = Desk(folder, self._office, model=True, **_kit(language, questions))

    def sit_down(self) -> None:
        self.desk.transcriber.warm_up()
        self.desk.recorder.set_microphone("")
        self.desk.begin()

    def hear(self, sound: Path, seconds: float) -> TakeReview:
        """Record while ``sound`` is played, wait for its words and submit the take."""
        step = self.desk.run(self.desk.service.step)
        assert step is not None
        take_id = self.desk.run(self.desk.service.begin_take, step.question.question_id)
        player = self._microphone.play(sound)
        wait_for(lambda: player.poll() is not None, "the answer to be said", seconds=seconds + 30)
        assert player.returncode == 0
        said = self.desk.recorder.elapsed
        wait_for(lambda: self.desk.recorder.elapsed > said + 0.5, "the sound to have arrived")
        take = self.desk.run(self.desk.service.end_take)
        wait_for(self._has_words, "the words", seconds=60)
        self.captions += [item.text for item in self.desk.news if isinstance(item, PartialText)]
        self.faults += [item.code for item in self.desk.news if isinstance(item, DeviceFault)]
        self.desk.news.clear()
        self.desk.run(self.desk.service.submit_take, take_id)
        return take

    def stored(self) -> list[AnswerView]:
        """Finish, end the program, start it again and read the answers back."""
        self.desk.run(self.desk.service.finish)
        interview_id = self.desk.run(self.desk.service.mine)[0].interview_id
        self.close()
        with Desk(self._folder, self._office) as again:
            return again.run(again.service.answers, interview_id)

    def close(self) -> None:
        self.desk.__exit__(None, None, None)

    def _has_words(self) -> bool:
        return any(isinstance(item, TranscriptReady) for item in self.desk.news)


@pytest.fixture
def candidate(tmp_path: Path, virtual_microphone: VirtualMicrophone) -> Iterator[Callable[[str, int], Candidate]]:
    come: list[Candidate] = []

    def come_in(language: str, questions: int) -> Candidate:
        come.append(Candidate(tmp_path / f"booth-{len(come)}", virtual_microphone, language, questions))
        come[-1].sit_down()
        return come[-1]

    yield come_in
    for person in come:
        person.close()


def _interview(language: str, folder: Path) -> list[SpokenAnswer]:
    """Two answers of together about 50 s, the same each time."""
    rng = random.Random(f"{SEED} {language}")
    return [answer(language, rng, folder, sentences=8) for _ in range(2)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_less_than_a_tenth_of_what_is_said_to_the_microphone_is_stored_wrong(
    language: str, candidate: Callable[[str, int], Candidate], tmp_path: Path
) -> None:
    said = _interview(language, tmp_path)
    person = candidate(language, len(said))
    for spoken in said:
        take = person.hear(spoken.sound, spoken.seconds)
        assert take.duration == pytest.approx(spoken.seconds, abs=3.0)
        assert take.proof is not None
        assert not take.proof.silent
    stored = [view.text or "" for view in person.stored()]
    rate = error_rate(language, [spoken.text for spoken in said], stored)
    seconds = sum(spoken.seconds for spoken in said)
    print(f"{language}: {100 * rate:.1f} % errors in {seconds:.0f} s of speech through the microphone")
    for spoken, heard in zip(said, stored, strict=True):
        print(f"  said   {spoken.text}\n  stored {heard}")
    assert person.faults == []
    assert person.captions, "no caption came while the candidate spoke"
    assert rate < 0.10


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("level", "language", "said"),
    [(0.0, "en", [ErrorCode.MICROPHONE_SILENT]), (0.05, "zh", [])],
    ids=["silence", "noise"],
)
def test_a_minute_in_which_nobody_speaks_stores_no_word(
    level: float, language: str, said: list[str], candidate: Callable[[str, int], Candidate], tmp_path: Path
) -> None:
    """A room is never quite silent: of a microphone that gives nothing but zeros the candidate is told."""
    samples = np.random.default_rng(SEED).standard_normal(MINUTE * RATE) * level
    person = candidate(language, 1)
    take = person.hear(write_wav(tmp_path / "nobody.wav", samples, RATE), MINUTE)
    assert take.duration == pytest.approx(MINUTE, abs=3.0)
    [view] = person.stored()
    assert view.text == ""
    assert person.captions == []
    assert person.faults == said
