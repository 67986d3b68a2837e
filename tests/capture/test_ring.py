from __future__ import annotations

import numpy as np

from app.capture.ring import SoundRing


def column(begin: int, end: int) -> np.ndarray:
    return np.arange(begin, end, dtype=np.float32).reshape(-1, 1)


def test_samples_come_back_in_order_across_the_end_of_the_buffer() -> None:
    ring = SoundRing(100)
    tail, got = 0, []
    for begin in range(0, 1000, 37):
        ring.write(column(begin, begin + 37), float(begin))
        samples, lost = ring.read(tail, ring.head)
        tail = ring.head
        assert lost == 0
        got.append(samples)
    assert np.array_equal(np.concatenate(got), np.arange(len(np.concatenate(got)), dtype=np.float32))


def test_a_late_reader_is_told_exactly_how_much_it_has_missed() -> None:
    ring = SoundRing(100)
    for begin in range(0, 250, 50):
        ring.write(column(begin, begin + 50), 0.0)
    samples, lost = ring.read(0, ring.head)
    assert lost == 150
    assert samples[0] == 150
    assert len(samples) + lost == 250


def test_two_channels_are_mixed_to_one() -> None:
    ring = SoundRing(10, channels=2)
    ring.write(np.array([[1.0, 0.0], [0.5, 0.5]], dtype=np.float32), 0.0)
    samples, _ = ring.read(0, 2)
    assert samples.tolist() == [0.5, 0.5]


def test_head_and_time_of_arrival_belong_together() -> None:
    ring = SoundRing(10)
    ring.write(column(0, 4), 12.5)
    assert ring.mark == (4, 12.5)


def test_the_newest_samples_are_at_hand_before_the_buffer_is_full() -> None:
    ring = SoundRing(100)
    ring.write(column(0, 5), 0.0)
    assert ring.last(50).tolist() == [0, 1, 2, 3, 4]
    assert ring.last(2).tolist() == [3, 4]
