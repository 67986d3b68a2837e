"""When something that failed is tried again."""

from __future__ import annotations

import pytest

from app.sync.backoff import Backoff


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_waits_double_up_to_the_longest_and_vary() -> None:
    time = Time()
    backoff = Backoff(time, first=1.0, longest=300.0)
    waits = []

    for _ in range(14):
        backoff.failed("item")
        waits.append(backoff.due("item") - time.now)

    for number, wait in enumerate(waits):
        whole = min(300.0, 2.0**number)
        assert whole / 2 <= wait <= whole
    assert len({round(wait, 6) for wait in waits[9:]}) > 1


def test_success_forgets_and_others_are_not_touched() -> None:
    time = Time()
    backoff = Backoff(time, first=1.0, longest=300.0)
    backoff.failed("a")
    backoff.failed("b")

    backoff.succeeded("a")

    assert backoff.due("a") == 0.0
    assert backoff.due("b") > time.now
    assert backoff.due("never failed") == 0.0


def test_what_the_other_side_asked_for_comes_on_top() -> None:
    time = Time()
    backoff = Backoff(time, first=1.0, longest=300.0)

    backoff.failed("item", at_least=60.0)

    assert backoff.due("item") - time.now > 60.0


def test_returning_network_makes_all_due_but_a_hopeless_item_soon_waits_long_again() -> None:
    time = Time()
    backoff = Backoff(time, first=1.0, longest=300.0)
    for _ in range(9):
        backoff.failed("item")

    backoff.all_due()

    assert backoff.due("item") == 0.0
    backoff.failed("item")
    assert backoff.due("item") - time.now > 100.0


def test_thousands_of_failures_do_no_harm() -> None:
    backoff = Backoff(Time(), first=1.0, longest=300.0)

    for _ in range(5000):
        backoff.failed("item")

    assert backoff.due("item") == pytest.approx(1225.0, abs=75.0)
