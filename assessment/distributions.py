"""Student's t distribution, for intervals of means of few values."""

from __future__ import annotations

import math

_TINY = 1e-300
_STEPS = 300


def student_quantile(share: float, freedom: float) -> float:
    """The value below which ``share`` (0.5 to 1, without 1) of Student's t with ``freedom`` degrees lies.

    By halving from the distribution function, which is the incomplete beta function (Abramowitz and Stegun 26.7.1).
    """
    low, high = 0.0, 2.0
    while _below(high, freedom) < share:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _below(value: float, freedom: float) -> float:
    """The share below ``value``, which is not negative."""
    return 1 - _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + value * value)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), with Lentz's method."""
    if x in (0.0, 1.0):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)) / a
    c, d, found = 1.0, 0.0, 1.0
    for step in range(_STEPS):
        half = step // 2
        if step == 0:
            part = 1.0
        elif step % 2 == 0:
            part = half * (b - half) * x / ((a + step - 1) * (a + step))
        else:
            part = -(a + half) * (a + b + half) * x / ((a + step - 1) * (a + step))
        d = 1 / _kept(1 + part * d)
        c = _kept(1 + part / c)
        found *= c * d
        if abs(1 - c * d) < 1e-14:
            break
    return front * (found - 1)


def _kept(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
