"""The way through an interview without a window: a clock that is moved by hand, calls that run at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from app.interview.model import CheckName, CheckResult, CheckState, ExitKind, ExitReason, Transcript, Word
from app.interview.views import DeviceFault, PartialText, SyncNews, SyncPhase, TranscriptReady
from app.ui.names import Screen, Sheet
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.devices import DevicesPresenter
from app.ui.presenters.doubt import doubtful_spans, heard_count
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import LeavingPresenter, ScanPresenter
from contract.errors import ErrorCode, XudaError
from tests.ui import stage, stage_interview
from tests.ui.stage import StageDevices, StageService

T = TypeVar("T")


class Now:
    """Runs everything at once, or later when ``hold`` is set."""

    def __init__(self) -> None:
        self.hold = False
        self.waiting: list[Callable[[], None]] = []

    def service(
        self, operation: Callable[[], Any], success: Callable[[Any], None], failure: Callable[[Exception], None]
    ) -> None:
        def run() -> None:
            try:
                value = operation()
            except Exception as error:
                failure(error)
            else:
                success(value)

        if self.hold:
            self.waiting.append(run)
        else:
            run()

    background = service

    def release(self) -> None:
        waiting, self.waiting = self.waiting, []
        for run in waiting:
            run()


class View:
    def __init__(self) -> None:
        self.screens: list[Screen] = []
        self.sheets: list[Sheet] = []

    def show_screen(self, screen: Screen) -> None:
        self.screens.append(screen)

    def show_sheet(self, sheet: Sheet) -> None:
        self.sheets.append(sheet)


class Trip:
    """A journey whose candidate is before the first question."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.runner, self.view = Now(), View()
        self.service, self.devices = StageService("zh_CN"), StageDevices()
        context = stage.context(self.service, self.devices)
        self.journey = Journey(context, self.runner, self.view, lambda: self.seconds)
        self.answering = AnsweringPresenter(self.journey)

    def to_question(self) -> None:
        self.journey.arrival.look_up("ABCD-EFGH")
        self.journey.arrival.agree(scoring=True)
        self.journey.devices_done()
        self.journey.practice_done()
        self.answering.enter_question()

    def later(self, seconds: float) -> None:
        self.seconds += seconds
        self.answering.tick()
        self.journey.tick()


@pytest.fixture
def trip() -> Trip:
    return Trip()


def test_the_way_leads_over_consent_devices_and_practice_to_the_question(trip: Trip) -> None:
    trip.to_question()
    assert trip.view.screens == [Screen.ENTRY, Screen.DEVICES, Screen.PRACTICE, Screen.QUESTION]


def test_recording_begins_when_the_thinking_time_is_over(trip: Trip) -> None:
    trip.to_question()
    trip.later(44)
    assert trip.journey.screen is Screen.QUESTION
    trip.later(1)
    assert trip.journey.screen is Screen.RECORDING


@pytest.mark.parametrize("cover", ["sheet", "help"])
def test_nothing_begins_behind_a_sheet_or_the_help(trip: Trip, cover: str) -> None:
    trip.to_question()
    if cover == "sheet":
        trip.journey.ask_to_leave()
    else:
        trip.journey.reading_help = True
    trip.later(60)
    assert trip.journey.screen is Screen.QUESTION


def test_a_question_with_a_kept_take_waits_for_a_decision_without_a_timer(trip: Trip) -> None:
    trip.service.current = stage_interview.step(0, takes=(stage_interview.review("zh_CN"),))
    trip.to_question()
    assert trip.answering.thinking_left is None
    trip.later(600)
    assert trip.journey.screen is Screen.QUESTION


def test_an_answer_ends_by_itself_at_its_limit(trip: Trip) -> None:
    trip.to_question()
    trip.answering.begin()
    trip.later(119)
    assert trip.journey.screen is Screen.RECORDING
    trip.later(1)
    assert (trip.journey.screen, trip.answering.auto_ended) == (Screen.PROOF, True)


def test_a_camera_that_cannot_be_used_is_said_and_not_tried_again_and_again(trip: Trip) -> None:
    def fail(*_: Any, **__: Any) -> str:
        raise XudaError(ErrorCode.CAMERA_BUSY)

    trip.service.begin_take = fail  # type: ignore[method-assign]
    trip.to_question()
    trip.later(45)
    assert isinstance(trip.journey.error, XudaError)
    trip.journey.dismiss_error()
    trip.later(45)
    assert (trip.journey.screen, trip.journey.error) == (Screen.QUESTION, None)


def test_a_lost_device_ends_the_take_and_a_silent_one_only_warns(trip: Trip) -> None:
    trip.to_question()
    trip.answering.begin()
    trip.journey.on_news(DeviceFault(ErrorCode.MICROPHONE_SILENT.value))
    assert (trip.journey.screen, trip.answering.fault) == (Screen.RECORDING, "microphone_silent")
    trip.journey.on_news(DeviceFault(ErrorCode.CAMERA_LOST.value))
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.PROOF, Sheet.DEVICE_LOST)


def test_the_better_microphone_is_one_click_away_and_the_loudspeaker_is_listened_for(trip: Trip) -> None:
    better = trip.devices.microphones()[-1]
    heard_elsewhere = CheckResult(CheckName.MICROPHONE, CheckState.WARNING, "microphone_elsewhere", better=better)
    trip.journey.context.checks = lambda kit: [heard_elsewhere]
    presenter = DevicesPresenter(trip.journey)
    presenter.enter()
    presenter.use_better_microphone()
    assert presenter.microphone == better.spec
    presenter.tone_played((440.0,))
    presenter.tick()
    assert presenter.echo is None
    trip.devices.echo = True
    presenter.tick()
    assert presenter.echo
    trip.devices.echo = False
    presenter.tone_played((440.0,))
    trip.seconds += 5
    presenter.tick()
    assert presenter.echo is False


def test_captions_are_those_of_the_running_take(trip: Trip) -> None:
    trip.to_question()
    trip.answering.begin()
    trip.journey.on_news(PartialText("another", "old words"))
    assert trip.answering.caption == ""
    trip.journey.on_news(PartialText("t1", "new words"))
    assert trip.answering.caption == "new words"


def test_words_that_come_later_appear_on_the_proof(trip: Trip) -> None:
    trip.service.reviewed = stage_interview.review("zh_CN", transcript=None, transcribing=True)
    trip.to_question()
    trip.answering.begin()
    trip.answering.finish()
    trip.service.reviewed = stage_interview.review("zh_CN")
    trip.journey.on_news(TranscriptReady("t1", stage_interview.transcript("zh_CN")))
    assert trip.answering.review is not None
    assert trip.answering.review.transcript is not None


def test_the_total_time_ends_the_interview_with_the_answer_in_progress(trip: Trip) -> None:
    submitted: list[str] = []
    trip.service.submit_take = submitted.append  # type: ignore[attr-defined]
    trip.service.current = replace(stage_interview.step(0), total_seconds_left=30.0)
    trip.to_question()
    trip.answering.begin()
    trip.later(29)
    assert trip.journey.screen is Screen.RECORDING
    trip.later(1)
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.FINISH, Sheet.TIME_UP)
    assert submitted == ["t1"]


def test_the_total_time_ends_the_interview_once_the_disk_takes_it(trip: Trip) -> None:
    submitted: list[str] = []
    full = [XudaError(ErrorCode.DISK_FULL)] * 2

    def on_a_full_disk(call: Callable[..., T]) -> Callable[..., T]:
        def tried(*given: object, **named: object) -> T:
            if full:
                raise full.pop()
            return call(*given, **named)

        return tried

    trip.service.submit_take = on_a_full_disk(submitted.append)  # type: ignore[attr-defined]
    finish = trip.service.finish
    trip.service.current = replace(stage_interview.step(0), total_seconds_left=30.0)
    trip.to_question()
    trip.answering.begin()
    trip.later(30)
    assert (trip.journey.screen, trip.journey.total_left) == (Screen.RECORDING, 0)
    assert trip.journey.error is not None
    trip.later(11)
    assert (trip.journey.screen, submitted) == (Screen.RECORDING, [])
    full.append(XudaError(ErrorCode.DISK_FULL))
    trip.service.submit_take = submitted.append  # type: ignore[attr-defined]
    trip.service.finish = on_a_full_disk(finish)  # type: ignore[method-assign]
    trip.later(11)
    trip.later(11)
    assert (trip.journey.screen, trip.journey.sheet) == (Screen.FINISH, Sheet.TIME_UP)
    assert submitted == ["t1"]
    assert trip.journey.error is None


def test_a_second_click_does_nothing_while_the_first_is_under_way(trip: Trip) -> None:
    trip.journey.arrival.look_up("ABCD-EFGH")
    begun: list[bool] = []
    trip.service.begin = lambda **_: begun.append(True)  # type: ignore[method-assign]
    trip.runner.hold = True
    trip.journey.arrival.agree(scoring=True)
    trip.journey.arrival.agree(scoring=True)
    assert trip.journey.busy
    trip.runner.release()
    assert begun == [True]


def test_nothing_of_a_candidate_stays_after_leaving(trip: Trip) -> None:
    trip.to_question()
    trip.answering.begin()
    trip.answering.finish()
    leaving = LeavingPresenter(trip.journey)
    leaving.choose(ExitReason.TIME)
    leaving.leave(ExitKind.SAVE)
    assert (trip.journey.screen, trip.answering.review) == (Screen.LEFT, None)


def test_a_code_held_to_the_camera_is_looked_up_once(trip: Trip) -> None:
    scan = ScanPresenter(trip.journey)
    seen = ["", "xuda://i/abc"]
    trip.devices.scan_code = lambda: seen.pop(0) or None  # type: ignore[method-assign]
    scan.start()
    scan.tick()
    assert trip.journey.screen is Screen.START
    scan.tick()
    assert trip.journey.screen is Screen.ENTRY


def test_being_offline_is_known_from_the_news(trip: Trip) -> None:
    trip.journey.on_news(SyncNews(SyncPhase.OFFLINE, 3))
    assert trip.journey.offline
    trip.journey.on_news(SyncNews(SyncPhase.SENDING, 3))
    assert not trip.journey.offline


def test_doubtful_words_are_found_in_order_and_left_out_once_corrected() -> None:
    said = (Word("很", 0, 1, 0.9), Word("好", 1, 2, 0.2), Word("很", 2, 3, 0.3))
    transcript = Transcript("很好很", said, "zh", "m")
    assert doubtful_spans(transcript, "很好很") == [(1, 2), (2, 3)]
    assert doubtful_spans(transcript, "很棒很") == [(2, 3)]
    assert doubtful_spans(None, "x") == []


def test_doubtful_words_behind_a_rare_character_are_counted_as_qt_counts() -> None:
    transcript = Transcript("𠮷野", (Word("𠮷", 0, 1, 0.9), Word("野", 1, 2, 0.1)), "zh", "m")
    assert doubtful_spans(transcript, "𠮷野") == [(2, 3)]


def test_characters_are_counted_in_chinese_and_words_elsewhere() -> None:
    assert heard_count(Transcript("你好，世界。", (), "zh", "m")) == 4
    assert heard_count(Transcript("Hello, dear world - yes.", (), "en", "m")) == 4
