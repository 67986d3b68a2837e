"""Captions keep up with the speaker, however slow the model is; what is final still comes in its order."""

from __future__ import annotations

import random

import pytest

from app.transcribe import messages as m
from app.transcribe.jobs import Callbacks, Job
from app.transcribe.segmenter import LIGHT, Window
from app.transcribe.worker import Worker
from tests.speech.tinywhisper import vocabulary
from tests.transcribe.sound import Samples, chunks, silence, speech

RATE = m.RATE


class Line:
    """Both ends of the pipe: what the client sends, what the worker has said."""

    def __init__(self) -> None:
        self.waiting: list[m.ToWorker] = []
        self.said: list[m.FromWorker] = []

    def send(self, message: m.FromWorker) -> None:
        self.said.append(message)

    def take(self, *, wait: bool, timeout: float | None = None) -> list[m.ToWorker]:
        taken, self.waiting = self.waiting, []
        return taken


class Counting:
    """Stands where the model stands; notes what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Window]] = []

    def final(self, window: Window, language: str) -> tuple[m.Piece, ...]:
        self.asked.append(("final", window))
        return (m.Piece(f"f{len(self.asked)}", window.start / RATE, window.upto / RATE, 1.0, True),)

    def draft(self, window: Window, language: str) -> str:
        self.asked.append(("draft", window))
        return f"d{len(self.asked)}"


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """Half a minute in which somebody speaks, with breaks that end windows."""
    rng = random.Random(7)
    said = (vocabulary.spoken("en", vocabulary.usual("en", rng)) for _ in range(9))
    return speech(" {1.0} ".join(said), "en", tmp_path_factory.mktemp("talk"))


@pytest.fixture
def line() -> Line:
    return Line()


def _audio(sound: Samples) -> list[m.ToWorker]:
    return [m.Audio("1", (piece * 32767).astype("<i2").tobytes()) for piece in chunks(sound)]


def test_a_model_that_is_behind_shows_the_newest_words_first_and_settles_the_rest_in_order(
    talk: Samples, line: Line
) -> None:
    model = Counting()
    worker = Worker(line, model, LIGHT)  # type: ignore[arg-type]
    line.waiting = [m.Open("1", "en", 0, True), *_audio(talk)]  # all came while the model was busy
    worker.turn()
    worker.turn()
    kind, window = model.asked[0]
    assert kind == "draft"
    assert window.voiced[-1][1] > len(talk) - 2 * RATE
    [draft] = [message for message in line.said if isinstance(message, m.Draft)]
    assert draft.skipped
    line.waiting = [m.End("1")]
    while not any(isinstance(message, m.Done) for message in line.said):
        worker.turn()
    settled = [message.upto for message in line.said if isinstance(message, m.Settled)]
    assert settled == sorted(settled)
    assert settled[-1] == len(talk)
    assert len(settled) > 3


def test_a_model_that_keeps_up_settles_a_window_before_it_drafts_the_next(talk: Samples, line: Line) -> None:
    model = Counting()
    worker = Worker(line, model, LIGHT)  # type: ignore[arg-type]
    line.waiting = [m.Open("1", "en", 0, True)]
    for message in _audio(talk):
        line.waiting.append(message)
        worker.turn()
    drafts = [message for message in line.said if isinstance(message, m.Draft)]
    assert len(drafts) > 5
    assert not any(draft.skipped for draft in drafts)


def test_the_last_word_before_a_breath_is_drafted_without_waiting_for_another(talk: Samples, line: Line) -> None:
    model = Counting()
    worker = Worker(line, model, LIGHT)  # type: ignore[arg-type]
    line.waiting = [m.Open("1", "en", 0, True)]
    short = talk[: int(1.1 * RATE)]
    for message in _audio(short) + _audio(silence(0.5)):
        line.waiting.append(message)
        worker.turn()
        worker._draft_after = 0.0  # time enough for any number of drafts
    assert model.asked
    assert model.asked[-1][1].voiced[-1][1] > len(short) - RATE // 4


def test_words_already_on_the_screen_do_not_vanish_while_older_ones_become_final() -> None:
    shown: list[str] = []
    job = Job("en", Callbacks(shown.append, lambda _: None, lambda _: None), lambda: None, live=True)
    job.draft(m.Draft(job.key, "the newest words", 20 * RATE, True))
    job.settle(5 * RATE, (m.Piece("first", 0.0, 1.0, 1.0, True),))
    assert job.running_text() == "first … the newest words"
    job.settle(21 * RATE, (m.Piece("last", 20.0, 21.0, 1.0, True),))
    assert job.running_text() == "first last"
    assert job.transcript("x").text == "first last"
