"""What a device says of itself may hold any number: a report shows it, and never fails on it."""

from __future__ import annotations

import math

import pytest

from report.words import environment_value


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (123_456_789_012, "123.5 GB"),
        (1e40, "1e+31 GB"),
        (10**400, "inf GB"),
        (-(10**400), "-inf GB"),
        (1e308, "1e+299 GB"),
        (math.nan, "nan GB"),
        (-math.inf, "-inf GB"),
    ],
)
def test_free_space_of_any_size_is_shown(value: float, shown: str) -> None:
    assert environment_value("free_disk_bytes", value, "en") == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (80, "80"),
        (1234.56789, "1,234.568"),
        (1e15, "1e+15"),
        (5e-324, "0"),
        (-1e300, "-1e+300"),
        (10**400, "inf"),
        (math.nan, "nan"),
        (True, "yes"),
        (None, ""),
    ],
)
def test_a_fact_of_any_size_is_shown(value: object, shown: str) -> None:
    assert environment_value("battery_percent", value, "en") == shown
