"""Everything that is not speech: noise, tones, hum, beeps, clicks and something like music. 16 kHz, float32."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Samples = npt.NDArray[np.float32]
_RATE = 16000
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def noise(count: int, rng: random.Random) -> Samples:
    """White or darker noise with a standard deviation of one."""
    samples = np.random.default_rng(rng.getrandbits(32)).standard_normal(count).astype(np.float32)
    if rng.random() < 0.5:
        damping = rng.uniform(0.5, 0.97)
        samples = lfilter([1 - damping], [1, -damping], samples).astype(np.float32)
    return np.asarray(samples / (samples.std() + 1e-9), np.float32)


def tonal(count: int, rng: random.Random) -> Samples:
    """One of the other sounds, with a peak of one."""
    time = np.arange(count, dtype=np.float32) / _RATE
    make = rng.choice([_sine, _sine, _hum, _beeps, _music, _music, _sweep, _clicks])
    samples = make(time, rng)
    return np.asarray(samples / (np.abs(samples).max() + 1e-9), np.float32)


def _sine(time: Samples, rng: random.Random) -> Samples:
    total = np.zeros_like(time)
    for _ in range(rng.choice([1, 1, 2])):
        total += np.sin(2 * np.pi * np.exp(rng.uniform(np.log(80), np.log(4000))) * time + rng.random())
    return total


def _hum(time: Samples, rng: random.Random) -> Samples:
    total, base = np.zeros_like(time), rng.choice([50, 60, rng.uniform(40, 200)])
    for harmonic in range(1, rng.randint(3, 12)):
        total += np.sin(2 * np.pi * base * harmonic * time + rng.random() * 6) * rng.random() / harmonic
    return total


def _beeps(time: Samples, rng: random.Random) -> Samples:
    on = (time * rng.uniform(0.3, 4)) % 1 < rng.uniform(0.2, 0.8)
    return np.asarray(np.sin(2 * np.pi * rng.uniform(300, 2500) * time) * on, np.float32)


def _sweep(time: Samples, rng: random.Random) -> Samples:
    start, slope = rng.uniform(80, 600), rng.uniform(5, 100)
    return np.asarray(np.sin(2 * np.pi * (start * time + slope * time * time / 2)), np.float32)


def _clicks(time: Samples, rng: random.Random) -> Samples:
    total = np.zeros_like(time)
    for _ in range(max(1, int(len(time) / _RATE * rng.uniform(0.3, 6)))):
        at = rng.randrange(len(time))
        total[at : at + rng.randint(5, 200)] = rng.uniform(-1, 1)
    return total


def _music(time: Samples, rng: random.Random) -> Samples:
    """Notes of a scale, one to four at a time, with decaying partials."""
    total, at = np.zeros_like(time), 0
    root, step = rng.uniform(80, 400), rng.uniform(0.12, 0.8)
    while at < len(time):
        length = int(_RATE * step * rng.choice([1, 1, 2, 0.5]))
        part = time[: min(length, len(time) - at)]
        for _ in range(rng.choice([1, 1, 3, 4])):
            pitch = root * 2 ** (rng.choice(_SCALE) / 12)
            for harmonic in range(1, rng.randint(2, 6)):
                wave = np.sin(2 * np.pi * pitch * harmonic * part) * np.exp(-part * rng.uniform(0.5, 6))
                total[at : at + len(part)] += wave / harmonic
        at += length
    return total
