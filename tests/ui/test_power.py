"""The battery's last warning reaches the candidate on any screen."""

from __future__ import annotations

from app.interview.model import Battery
from app.ui.presenters.power import PowerWatch
from contract.errors import ErrorCode, XudaError
from tests.ui.test_presenters import Trip


class Charge:
    def __init__(self, trip: Trip) -> None:
        self.battery: Battery | None = None
        self.watch = PowerWatch(trip.journey, lambda: self.battery)

    def becomes(self, battery: Battery | None) -> None:
        """And some time goes by."""
        self.battery = battery
        for _ in range(30):
            self.watch.tick()


def said(trip: Trip) -> ErrorCode | None:
    return trip.journey.error.code if isinstance(trip.journey.error, XudaError) else None


def test_a_battery_that_will_not_last_is_said_and_the_words_go_when_the_cable_is_in() -> None:
    trip = Trip()
    trip.to_question()
    charge = Charge(trip)
    charge.becomes(Battery(30, on_mains=False))
    assert said(trip) is None
    charge.becomes(Battery(9, on_mains=False))
    assert said(trip) is ErrorCode.BATTERY_EMPTY
    charge.becomes(Battery(9, on_mains=True))
    assert said(trip) is None


def test_a_closed_warning_comes_back_only_when_it_gets_worse() -> None:
    trip = Trip()
    charge = Charge(trip)
    charge.becomes(Battery(9, on_mains=False))
    trip.journey.dismiss_error()
    charge.becomes(Battery(8, on_mains=False))
    assert said(trip) is None
    charge.becomes(Battery(4, on_mains=False))
    assert said(trip) is ErrorCode.BATTERY_EMPTY


def test_few_minutes_left_are_said_whatever_the_percentage_is() -> None:
    trip = Trip()
    charge = Charge(trip)
    charge.becomes(Battery(60, on_mains=False, minutes_left=4))
    assert said(trip) is ErrorCode.BATTERY_EMPTY


def test_a_machine_without_a_battery_is_never_warned_about() -> None:
    trip = Trip()
    charge = Charge(trip)
    charge.becomes(None)
    assert said(trip) is None
