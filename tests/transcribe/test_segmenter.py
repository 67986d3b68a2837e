"""Where the stream is cut, with the real voice detector on real synthetic speech."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from app.transcribe.messages import RATE
from app.transcribe.segmenter import Pacing, Segmenter, Window
from app.transcribe.voice import SileroDetector
from tests.transcribe.sound import Samples, chunks, noise, silence, speech


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    """About 50 s of sentences with pauses of 0.2 to 3 s."""
    rng = random.Random(3)
    sentences = ["tell me about the project", "we did solve the problem with our team", "my last role was very good"]
    text = " ".join(f"{rng.choice(sentences)} {{{rng.uniform(0.2, 3):.1f}}}" for _ in range(16))
    return speech(text, "en", tmp_path_factory.mktemp("talk"))


def _windows(audio: Samples, rng: random.Random | None = None, offset: int = 0) -> list[Window]:
    segmenter = Segmenter(SileroDetector(), offset)
    windows = [window for chunk in chunks(audio, rng) for window in segmenter.feed(chunk)]
    return windows + list(segmenter.finish())


def _cuts(windows: list[Window]) -> list[tuple[int, int, int]]:
    return [(window.start, window.upto, len(window.audio)) for window in windows]


def test_the_cuts_do_not_depend_on_how_the_sound_arrives(talk: Samples) -> None:
    assert _cuts(_windows(talk)) == _cuts(_windows(talk, random.Random(1))) == _cuts(_windows(talk, random.Random(2)))


def test_a_stream_taken_up_at_any_cut_gives_the_same_windows(talk: Samples) -> None:
    whole = _windows(talk)
    assert len(whole) > 3
    for index, window in enumerate(whole[:-1]):
        assert _cuts(_windows(talk[window.upto :], offset=window.upto)) == _cuts(whole[index + 1 :])


def test_all_voice_is_in_exactly_one_window(talk: Samples) -> None:
    windows = _windows(talk)
    for before, after in itertools.pairwise(windows):
        assert before.upto <= after.start
    covered = np.zeros(len(talk), bool)
    for window in windows:
        np.testing.assert_array_equal(window.audio, talk[window.start : window.start + len(window.audio)])
        covered[window.start : window.start + len(window.audio)] = True
    assert np.abs(talk[~covered]).max() < 0.02
    assert windows[-1].upto == len(talk)


def test_windows_stay_short_enough_for_the_model(talk: Samples) -> None:
    loud = np.nonzero(np.abs(talk) > 0.02)[0]
    quiet_removed = talk[np.isin(np.arange(len(talk)) // 1600, np.unique(loud // 1600))]
    endless = np.concatenate([quiet_removed, quiet_removed])  # a minute without a breath
    windows = _windows(endless)
    assert len(endless) > 50 * RATE
    assert max(len(window.audio) for window in windows) <= (Pacing().limit + 0.1) * RATE
    assert sum(len(window.audio) for window in windows) > 0.98 * len(endless)


def test_silence_and_noise_are_let_go_without_a_window() -> None:
    for audio in (silence(45), noise(45)):
        windows = _windows(audio)
        assert all(len(window.audio) == 0 for window in windows)
        assert windows[-1].upto == len(audio)
        assert len(windows) >= 4  # a long silence does not pile up in memory


def test_speech_right_up_to_the_last_sample_is_in_the_last_window(tmp_path: Path) -> None:
    audio = speech("what is the problem", "en", tmp_path)
    audio = audio[: np.nonzero(np.abs(audio) > 0.02)[0][-1]]
    (window,) = _windows(audio)
    assert window.start + len(window.audio) == len(audio)
