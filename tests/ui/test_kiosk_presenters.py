"""What a kiosk decides and what staff may do, without a window: a clock moved by hand, calls that run at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from app.interview.views import StartPage
from app.kiosk.desk import KioskDesk, Rules, StaffFacts, UploadLimit
from app.kiosk.idle import WARNING_SECONDS
from app.kiosk.pin import Attempt
from app.ui.names import Screen, Sheet
from app.ui.presenters.attract import PAGE, AttractPresenter
from app.ui.presenters.kiosk import KioskPresenter
from app.ui.presenters.staff import Action, PinPresenter, PinState, StaffPresenter
from app.ui.presenters.transfer import Drive
from contract.errors import ErrorCode, XudaError
from contract.settings import parse_hours
from tests.ui import stage_interview
from tests.ui.stage import StageLock, StageStaff
from tests.ui.test_presenters import Trip


class KioskTrip(Trip):
    """At the attract screen."""

    def __init__(self) -> None:
        super().__init__()
        self.lock, self.staff, self.rules = StageLock(), StageStaff(), Rules()
        desk = KioskDesk(lock=self.lock, staff=self.staff, rules=lambda: self.rules)  # type: ignore[arg-type]
        self.journey.context = replace(self.journey.context, kiosk=True, booth=desk)
        self.occupied = False
        self.kiosk = KioskPresenter(
            self.journey,
            desk,
            thinking=lambda: bool(self.answering.thinking_left),
            occupied=lambda: self.occupied,
        )
        self.pauses: list[ExitReason] = []
        self.service.pause = self._pause  # type: ignore[method-assign]
        self.journey.open_start()

    def _pause(self, reason: ExitReason, *_: object) -> object:
        self.pauses.append(reason)
        return stage_interview.RECEIPT

    def later(self, seconds: float) -> None:
        super().later(seconds)
        self.kiosk.tick()


@pytest.fixture
def trip() -> KioskTrip:
    return KioskTrip()


# ---- idle --------------------


def test_the_way_begins_and_ends_at_the_attract_screen(trip: KioskTrip) -> None:
    assert trip.journey.screen is Screen.ATTRACT
    trip.later(100_000)
    assert trip.journey.screen is Screen.ATTRACT
    assert trip.journey.sheet is Sheet.NONE


def test_a_candidate_who_has_left_is_saved_as_unattended(trip: KioskTrip) -> None:
    trip.to_question()
    trip.answering._thinking_since = None
    trip.later(181)
    assert trip.journey.sheet is Sheet.IDLE
    assert trip.kiosk.seconds_left == 30
    assert trip.pauses == []
    trip.later(WARNING_SECONDS)
    assert trip.pauses == [ExitReason.IDLE]
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.ATTRACT, Sheet.NONE)
    assert not trip.journey.active


def test_while_a_thinking_time_or_a_recording_runs_their_timers_decide(trip: KioskTrip) -> None:
    trip.rules = Rules(idle_seconds=20.0)
    trip.to_question()
    for _ in range(44):
        trip.later(1)
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.QUESTION, Sheet.NONE)
    for _ in range(100):
        trip.later(1)
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.RECORDING, Sheet.NONE)
    for _ in range(25):
        trip.later(1)
    assert trip.journey.screen is Screen.PROOF
    for _ in range(20):
        trip.later(1)
    assert trip.journey.sheet is Sheet.IDLE


def test_a_thinking_time_that_stands_still_behind_a_sheet_is_no_excuse(trip: KioskTrip) -> None:
    trip.to_question()
    trip.journey.ask_to_leave()
    trip.later(60)  # the thinking time is over, and nothing begins behind the sheet
    trip.later(181)
    assert trip.journey.sheet is Sheet.IDLE


def test_while_something_plays_or_is_written_nobody_has_to_touch(trip: KioskTrip) -> None:
    trip.to_question()
    trip.answering._thinking_since = None
    trip.occupied = True
    trip.later(600)
    assert trip.journey.sheet is Sheet.NONE
    trip.occupied = False
    trip.later(179)
    assert trip.journey.sheet is Sheet.NONE
    trip.later(2)
    assert trip.journey.sheet is Sheet.IDLE


def test_a_save_that_fails_is_said_and_tried_again(trip: KioskTrip) -> None:
    trip.to_question()
    trip.answering._thinking_since = None

    def full(*_: object) -> object:
        raise XudaError(ErrorCode.DISK_FULL)

    trip.service.pause = full  # type: ignore[method-assign]
    trip.later(181)
    trip.later(WARNING_SECONDS)
    assert trip.journey.active, "nothing is forgotten that is not saved"
    assert isinstance(trip.journey.error, XudaError)
    trip.service.pause = trip._pause  # type: ignore[method-assign]
    trip.later(181)
    trip.later(WARNING_SECONDS)
    assert trip.pauses == [ExitReason.IDLE]
    assert trip.journey.screen is Screen.ATTRACT


def test_any_key_or_touch_wakes_the_dark_screen(trip: KioskTrip) -> None:
    trip.rules = Rules(sleep_hours=tuple(parse_hours("00:00-00:00")))
    trip.later(61)
    assert trip.journey.screen is Screen.ASLEEP
    assert trip.kiosk.touched()
    assert trip.journey.screen is Screen.ATTRACT


def test_the_camera_is_closed_while_the_screen_is_dark(trip: KioskTrip) -> None:
    attract = AttractPresenter(trip.journey)
    closed: list[int] = []
    trip.devices.close = lambda: closed.append(1)  # type: ignore[method-assign]
    attract.enter()
    assert attract.open
    attract.stop()
    assert closed == [1]


# ---- attract --------------------


def test_a_code_before_the_camera_opens_its_entry_page(trip: KioskTrip) -> None:
    attract = AttractPresenter(trip.journey)
    attract.enter()
    attract.tick()
    assert trip.journey.screen is Screen.ATTRACT
    trip.devices.scan_code = lambda: "ABCD-EFGH"  # type: ignore[method-assign]
    attract.tick()
    assert trip.journey.screen is Screen.ENTRY
    attract.stop()
    assert attract._last == ""


def test_a_code_that_is_refused_is_said_for_a_while_and_looked_up_once(trip: KioskTrip) -> None:
    asked: list[str] = []

    def refuse(text: str) -> object:
        asked.append(text)
        raise XudaError(ErrorCode.INVITATION_INVALID)

    trip.service.look_up = refuse  # type: ignore[method-assign, assignment]
    attract = AttractPresenter(trip.journey)
    attract.enter()
    trip.devices.scan_code = lambda: "https://example.com/menu"  # type: ignore[method-assign]
    for number in range(20):
        trip.devices.latest_frame = lambda n=number: (n, trip.devices.frame)  # type: ignore[method-assign, misc]
        attract.tick()
        trip.seconds += 0.3
    assert len(asked) == 1
    assert trip.journey.error is not None
    trip.devices.scan_code = lambda: None  # type: ignore[method-assign]
    trip.devices.latest_frame = lambda: (99, trip.devices.frame)  # type: ignore[method-assign]
    attract.tick()
    trip.seconds += 16
    attract.tick()
    assert trip.journey.error is None


def test_a_camera_that_is_missing_or_stands_still_is_opened_again(trip: KioskTrip) -> None:
    attract = AttractPresenter(trip.journey)
    trip.devices.present = False
    attract.enter()
    assert attract.missing
    assert trip.journey.error is None, "the start button is there all the same"
    trip.devices.present = True
    trip.seconds += 16
    attract.tick()
    assert attract.open
    assert not attract.missing
    attract.tick()
    trip.seconds += 9  # the same picture all the time: unplugged, or the machine has slept
    attract.tick()
    assert attract.missing


def test_many_positions_are_shown_in_turn(trip: KioskTrip) -> None:
    kits = tuple(stage_interview.KIT.model_copy(update={"kit_id": f"k{number}"}) for number in range(PAGE + 1))
    trip.journey.start_page = StartPage("Galaxy", kits, 0, ())
    attract = AttractPresenter(trip.journey)
    attract.enter()
    seen = set()
    for number in range(20):
        trip.devices.latest_frame = lambda n=number: (n, trip.devices.frame)  # type: ignore[method-assign, misc]
        trip.seconds += 1
        attract.tick()
        seen |= {kit.kit_id for kit in attract.positions}
    assert seen == {kit.kit_id for kit in kits}


# ---- the PIN --------------------


def pad(trip: KioskTrip, digits: str = "") -> PinPresenter:
    made = PinPresenter(trip.journey, trip.lock)  # type: ignore[arg-type]
    made.ask()
    made.enter()
    for digit in digits:
        made.press(digit)
    return made


def test_the_right_pin_opens_the_panel(trip: KioskTrip) -> None:
    pin = pad(trip, StageLock.PIN)
    assert pin.complete
    pin.submit()
    assert trip.journey.sheet is Sheet.STAFF
    assert pin.count == 0


def test_what_is_typed_is_gone_with_each_try_and_with_the_sheet(trip: KioskTrip) -> None:
    pin = pad(trip, "111222")
    pin.submit()
    assert (pin.state, pin.count, pin.left) == (PinState.WRONG, 0, 3)
    pin.press("1")
    pin.cancel()
    assert pin.count == 0
    assert trip.journey.sheet is Sheet.NONE


def test_a_closed_lock_counts_its_time_down_and_takes_no_digit(trip: KioskTrip) -> None:
    trip.lock.answer = Attempt(False, 60.0, 0)
    pin = pad(trip, "111222")
    pin.submit()
    assert pin.state is PinState.LOCKED
    pin.press("1")
    assert pin.count == 0
    trip.seconds += 59
    pin.tick()
    assert pin.state is PinState.LOCKED
    trip.seconds += 1
    pin.tick()
    assert pin.state is PinState.READY


def test_a_lock_that_was_closed_before_says_so_when_the_pad_opens(trip: KioskTrip) -> None:
    trip.lock.closed_for = 100.0
    assert pad(trip).state is PinState.LOCKED


def test_a_pin_that_is_found_right_after_the_pad_was_closed_opens_nothing(trip: KioskTrip) -> None:
    pin = pad(trip, StageLock.PIN)
    trip.runner.hold = True
    pin.submit()
    pin.cancel()
    trip.runner.release()
    assert trip.journey.sheet is Sheet.NONE


# ---- the panel --------------------


class Ended:
    def __init__(self) -> None:
        self.how = ""

    def close_program(self) -> None:
        self.how = "closed"

    def restart_program(self) -> None:
        self.how = "restarted"


def panel(trip: KioskTrip, *drives: Drive, ended: Ended | None = None) -> StaffPresenter:
    made = StaffPresenter(
        trip.journey, trip.staff, ended or Ended(), drives=lambda: list(drives), fallback=Path("/home/booth")
    )
    trip.journey.open_sheet(Sheet.STAFF)
    made.enter()
    return made


@pytest.mark.parametrize(("action", "done"), [(Action.SYNC, "sync"), (Action.RETRY, "retry")])
def test_an_action_is_done_after_a_yes_alone(trip: KioskTrip, action: Action, done: str) -> None:
    staff = panel(trip)
    staff.choose(action)
    assert staff.asked is action
    staff.refuse()
    assert trip.staff.done == []
    staff.choose(action)
    staff.confirm()
    assert trip.staff.done == [done]
    assert staff.outcome is not None
    assert staff.outcome.action is action


def test_what_went_wrong_is_said_and_the_panel_stays_usable(trip: KioskTrip) -> None:
    staff = panel(trip)
    trip.staff.problem = XudaError(ErrorCode.NOT_ENROLLED)
    staff.choose(Action.SYNC)
    staff.confirm()
    assert staff.error is trip.staff.problem
    trip.staff.problem = None
    staff.choose(Action.SYNC)
    assert staff.error is None
    staff.confirm()
    assert trip.staff.done == ["sync"]


def test_trying_again_is_offered_only_where_hr_has_refused_something(trip: KioskTrip) -> None:
    assert Action.RETRY in panel(trip).offered()
    trip.staff.facts = StaffFacts()
    assert Action.RETRY not in panel(trip).offered()
    assert Action.ADJUST not in panel(trip).offered(), "only where something can give more time"


def test_the_file_for_support_goes_to_the_stick_where_there_is_one(trip: KioskTrip) -> None:
    stick = Drive(Path("/media/stick"), "stick", 1, removable=True)
    inside = Drive(Path("/home/booth/Documents"), "Documents", 1, removable=False)
    for drives, place in ((inside, stick), "/media/stick"), ((inside,), "/home/booth"):
        staff = panel(trip, *drives)
        staff.choose(Action.DIAGNOSTICS)
        staff.confirm()
        assert staff.outcome is not None
        assert Path(staff.outcome.place).parent == Path(place)


def test_a_limit_is_set_and_given_back_to_hr(trip: KioskTrip) -> None:
    staff = panel(trip)
    limit = UploadLimit(250, tuple(parse_hours("08:00-18:00")))
    for wanted in (limit, None):
        staff.choose_limit(wanted)
        staff.confirm()
    assert trip.staff.done == [f"limit {limit}", "limit None"]


def test_ending_the_program_asks_first(trip: KioskTrip) -> None:
    ended = Ended()
    staff = panel(trip, ended=ended)
    staff.choose(Action.CLOSE)
    assert ended.how == ""
    staff.confirm()
    assert ended.how == "closed"
    staff.choose(Action.RESTART)
    staff.confirm()
    assert ended.how == "restarted"


def test_the_facts_are_looked_up_anew_while_the_panel_is_open(trip: KioskTrip) -> None:
    staff = panel(trip)
    trip.staff.facts = StaffFacts(version="2")
    trip.seconds += 5
    staff.tick()
    assert staff.facts is not None
    assert staff.facts.version == "0.1.0"
    trip.seconds += 6
    staff.tick()
    assert staff.facts.version == "2"
