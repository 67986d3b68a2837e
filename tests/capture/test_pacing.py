"""Picture and sound stay on the clock. Arrivals are worked out, so every case can be had again."""

from __future__ import annotations

import random

import numpy as np
import pytest

from app.capture.pacing import FramePacer, SoundTimeline, spread
from app.capture.values import SOUND_RATE


def feed(pacer: FramePacer, arrivals: list[float]) -> None:
    for at in arrivals:
        pacer.place(at)


def test_a_camera_on_the_beat_is_neither_dropped_nor_repeated() -> None:
    pacer = FramePacer()
    feed(pacer, [k / 25 for k in range(1000)])
    assert (pacer.written, pacer.dropped, pacer.repeated, pacer.surplus) == (1000, 0, 0, 0)


def test_jitter_of_a_frame_and_a_half_costs_nothing() -> None:
    jitter = random.Random(4)
    arrivals = sorted(k / 25 + jitter.uniform(0, 0.06) for k in range(1000))
    pacer = FramePacer()
    feed(pacer, arrivals)
    assert pacer.dropped == 0
    assert pacer.repeated <= 2
    assert abs(pacer.written - 1000) <= 2


def test_a_burst_after_a_short_stall_fills_the_slots_it_belongs_to() -> None:
    arrivals = [k / 25 for k in range(100)]
    arrivals[50:53] = [arrivals[52]] * 3
    pacer = FramePacer()
    feed(pacer, arrivals)
    assert (pacer.dropped, pacer.repeated) == (0, 0)


def test_frames_that_waited_for_us_are_put_back_to_where_they_were_seen() -> None:
    seen = spread([0.0, 0.04, 0.40, 0.40, 0.401, 0.402], 0.04)
    assert seen[:2] == [0.0, 0.04]
    assert seen[2:] == pytest.approx([0.288, 0.326, 0.364, 0.402])
    assert spread([0.0, 0.04, 0.08], 0.04) == [0.0, 0.04, 0.08]


@pytest.mark.parametrize("rate", [10.0, 15.0, 20.0, 30.0, 50.0, 60.0])
def test_a_camera_of_any_rate_gives_25_pictures_a_second(rate: float) -> None:
    pacer = FramePacer()
    feed(pacer, [k / rate for k in range(int(rate * 40))])
    assert pacer.written == pytest.approx(1000, abs=4)
    assert pacer.dropped <= 3
    if rate > 25:
        assert pacer.surplus == pytest.approx(40 * (rate - 25), abs=6)
    else:
        assert pacer.repeated == pytest.approx(40 * (25 - rate), abs=6)


def test_frames_the_camera_has_left_out_are_made_up_for() -> None:
    pacer = FramePacer()
    feed(pacer, [k / 25 for k in range(1000) if k % 100 != 50])
    assert pacer.written == pytest.approx(1000, abs=1)
    assert pacer.repeated == pytest.approx(10, abs=1)


def test_slots_of_a_lost_camera_are_filled_and_late_frames_counted_as_dropped() -> None:
    pacer = FramePacer()
    feed(pacer, [k / 25 for k in range(50)])
    assert pacer.fill(4.0) == 50
    assert pacer.place(2.5) is None
    assert pacer.dropped == 1
    assert pacer.place(4.0) == 0


class Card:
    """A sound card with a clock of its own, a delay that jitters, and blocks of 20 ms."""

    def __init__(self, ppm: float = 0.0, jitter: float = 0.015) -> None:
        self.rate = SOUND_RATE * (1 + ppm * 1e-6)
        self.jitter = jitter
        self.random = random.Random(7)
        self.sent = 0

    def block(self) -> tuple[np.ndarray, float]:
        """960 samples of a 440 Hz tone and the position on the take's clock at which they arrive."""
        times = (self.sent + np.arange(960)) / self.rate
        self.sent += 960
        arrival = self.sent / self.rate + self.random.uniform(0, self.jitter)
        return np.sin(2 * np.pi * 440 * times).astype(np.float32), arrival * SOUND_RATE


@pytest.mark.parametrize("ppm", [0, 50, -50, 300, -300, 1000, -1000])
def test_a_drifting_sound_card_stays_with_the_clock_and_nothing_is_lost(ppm: float) -> None:
    card, timeline = Card(ppm), SoundTimeline()
    out = []
    for _ in range(50 * 240):
        block, target = card.block()
        out.append(timeline.add(block, target))
    assert timeline.filled == 0
    assert abs(timeline.written - target) < 0.04 * SOUND_RATE
    sound = np.concatenate(out)
    assert np.max(np.abs(np.diff(sound))) < 0.065, "a jump would be heard as a click"


def test_jitter_alone_changes_no_sample() -> None:
    card, timeline = Card(0, jitter=0.03), SoundTimeline()
    blocks, out = [], []
    for _ in range(500):
        block, target = card.block()
        blocks.append(block)
        out.append(timeline.add(block, target))
    sound, given = np.concatenate(out), np.concatenate(blocks)
    assert np.array_equal(sound, given[len(given) - len(sound) :])


def test_a_gap_in_the_sound_is_filled_with_as_much_silence() -> None:
    card, timeline = Card(0, jitter=0.005), SoundTimeline()
    for k in range(500):
        block, target = card.block()
        if 200 <= k < 215:
            continue
        timeline.add(block, target)
    assert timeline.filled == pytest.approx(15 * 960, abs=0.006 * SOUND_RATE)
    assert abs(timeline.written - target) < 0.02 * SOUND_RATE


def test_known_losses_are_filled_at_their_place() -> None:
    timeline = SoundTimeline()
    assert len(timeline.lost(1234)) == 1234
    assert timeline.filled == timeline.written == 1234


def test_silence_stands_in_while_nothing_comes_and_sound_goes_on_in_its_place() -> None:
    card, timeline = Card(0, jitter=0.0), SoundTimeline()
    for _ in range(100):
        block, target = card.block()
        timeline.add(block, target)
    assert timeline.fill(target + 0.5 * SOUND_RATE).size == 0, "a short wait is no loss"
    silence = timeline.fill(target + 3 * SOUND_RATE)
    assert not silence.any()
    assert timeline.written == pytest.approx(target + 2.7 * SOUND_RATE, abs=2)
    card.sent += 3 * SOUND_RATE
    for _ in range(100):
        block, target = card.block()
        timeline.add(block, target)
    assert abs(timeline.written - target) < 0.02 * SOUND_RATE


def test_sound_that_was_only_late_does_not_come_twice() -> None:
    card, timeline = Card(0, jitter=0.0), SoundTimeline()
    for _ in range(100):
        block, target = card.block()
        timeline.add(block, target)
    timeline.fill(target + 2 * SOUND_RATE)
    now = target + 2 * SOUND_RATE
    for _ in range(100):
        block, _ = card.block()
        timeline.add(block, now)
    for _ in range(50):
        block, target = card.block()
        timeline.add(block, target)
    assert abs(timeline.written - target) < 0.02 * SOUND_RATE


def test_sound_from_before_the_take_is_left_out() -> None:
    timeline = SoundTimeline()
    assert timeline.add(np.ones(960, dtype=np.float32), -500.0).size == 0
    assert timeline.add(np.ones(960, dtype=np.float32), 460.0).size == 460
