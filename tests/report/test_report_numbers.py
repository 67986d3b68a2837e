"""What a device says of itself may hold any number: a report shows it, and never fails on it."""

from __future__ import annotations

import math

import pytest

from report.delivery import measure
from report.model import TranscriptInfo
from report.words import environment_value
from tests.report.sample import word


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


@pytest.mark.parametrize("end", [0.0, 5e-324, 1e-9, 0.049])
def test_times_that_hardly_advance_tell_nothing_of_the_delivery(end: float) -> None:
    words = [word("one", 0.0, 0.0), word("two", 0.0, end)]
    assert measure(TranscriptInfo(text="one two", words=words, language="en", model="m")) is None


def test_the_longest_times_are_measured() -> None:
    words = [word("one", 0.0, 0.1), word("two", 0.2, 1e9)]
    found = measure(TranscriptInfo(text="one two", words=words, language="en", model="m"))
    assert found is not None
    assert found.speech_rate == 0.0
