"""When somebody counts as gone, on a clock that is moved by hand."""

from __future__ import annotations

import pytest

from app.kiosk.idle import STAFF_SECONDS, WARNING_SECONDS, IdleWatch, Scene, Verdict


class Hand:
    def __init__(self) -> None:
        self.now = 50.0
        self.limit = 180.0
        self.watch = IdleWatch(lambda: self.now, lambda: self.limit)

    def after(self, seconds: float, scene: Scene = Scene.OPEN) -> Verdict:
        self.now += seconds
        return self.watch.look(scene)


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_after_the_time_without_a_touch_it_warns_and_after_the_warning_it_resets_once(hand: Hand) -> None:
    assert hand.after(179) is Verdict.NOTHING
    assert hand.after(2) is Verdict.WARN
    assert hand.watch.left == WARNING_SECONDS
    assert hand.after(WARNING_SECONDS - 1) is Verdict.NOTHING
    assert hand.after(1) is Verdict.RESET
    assert hand.after(1) is Verdict.NOTHING
    assert hand.after(180) is Verdict.WARN, "should the reset have failed, it is tried again"


def test_a_touch_takes_the_warning_back(hand: Hand) -> None:
    hand.after(200)
    hand.watch.touch()
    assert not hand.watch.warning
    assert hand.after(WARNING_SECONDS + 10) is Verdict.NOTHING


def test_a_timer_that_runs_is_no_idle_time_and_the_count_begins_when_it_has_ended(hand: Hand) -> None:
    assert hand.after(3600, Scene.TIMED) is Verdict.NOTHING
    assert hand.after(179) is Verdict.NOTHING
    assert hand.after(1) is Verdict.WARN


def test_on_the_attract_screen_nothing_is_reset_however_long_it_stands_there(hand: Hand) -> None:
    assert hand.after(90_000, Scene.HOME) is Verdict.NOTHING


def test_an_open_staff_panel_closes_without_a_warning(hand: Hand) -> None:
    assert hand.after(STAFF_SECONDS - 1, Scene.STAFF) is Verdict.NOTHING
    assert hand.after(1, Scene.STAFF) is Verdict.CLOSE_STAFF


def test_a_limit_that_hr_changes_counts_at_once(hand: Hand) -> None:
    assert hand.after(100) is Verdict.NOTHING
    hand.limit = 60.0
    assert hand.after(0) is Verdict.WARN
