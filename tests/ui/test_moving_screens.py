"""Going on at another booth, withdrawing and the certificate on screen: real window, real client, real backend."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.interview.model import ExitReason
from app.interview.views import SyncNews, SyncPhase
from app.screen_context import make_context
from app.ui import names
from app.ui.application import MainWindow
from app.ui.names import Screen, Sheet
from backend.services import redo
from contract.errors import ErrorCode, XudaError
from tests.backend.staffing import somebody
from tests.e2e.hall import Hall, Stand, hall


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as made:
        made.stand()
        second = made.stand()
        # the client outlives each test here, and so do the threads of its pool
        together = threading.Barrier(4)
        for waiting in [second.client.background(together.wait) for _ in range(4)]:
            waiting.result()
        yield made


class Front:
    """The window of a stand."""

    def __init__(self, stand: Stand, qtbot: QtBot) -> None:
        self.stand, self.qtbot = stand, qtbot
        self.window = MainWindow(make_context(stand.client))
        self.window.resize(1024, 700)
        self.window.show()
        self.wait(lambda: self.window.journey.start_page is not None)
        if self.window.texts.language != "en":
            self.window.texts.switch("en")

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=20_000)

    def on(self, screen: Screen, sheet: Sheet = Sheet.NONE) -> None:
        window = self.window
        self.wait(
            lambda: (window.screen_name(), window.sheet_name(), window.busy()) == (screen.value, sheet.value, False)
        )

    def find(self, name: str) -> Any:
        def visible() -> list[QWidget]:
            return [widget for widget in self.window.findChildren(QWidget, name) if widget.isVisible()]

        self.wait(visible)
        return visible()[-1]

    def click(self, name: str) -> None:
        button = self.find(name)
        self.wait(button.isEnabled)
        button.click()

    def enter(self, code: str) -> None:
        self.find(names.START_FIELD).setText(code)
        self.click(names.START_BEGIN)

    def agree(self) -> None:
        self.click(names.ENTRY_CONTINUE)
        self.on(Screen.CONSENT)
        self.click(names.CONSENT_RECORDING)
        self.click(names.CONSENT_AGREE)

    def says(self, words: str) -> bool:
        labels = (label for label in self.window.findChildren(QLabel) if label.isVisible())
        return any(words in label.text() for label in labels)

    def close(self) -> None:
        self.window.abort()
        self.window.deleteLater()
        QApplication.processEvents()


@pytest.fixture
def front(place: Hall, qtbot: QtBot) -> Iterator[Front]:
    """Of the second booth."""
    made = Front(place.stands[1], qtbot)
    yield made
    made.close()
    if place.stands[1].service.active_id:
        place.stands[1].run(place.stands[1].service.pause, ExitReason.OTHER)


def begun(place: Hall) -> tuple[str, str]:
    """An invitation with one answer given at the first booth, where the candidate has left; code and id."""
    code = place.invite()
    first = place.stands[0]
    first.deliver()
    interview_id = first.go_on(code)
    first.answer("at the first")
    first.run(first.service.pause, ExitReason.NETWORK)
    first.run(first.service.start_page)
    first.deliver()
    return code, interview_id


def test_with_a_network_the_candidate_is_asked_and_goes_on_at_the_first_open_question(
    place: Hall, front: Front
) -> None:
    code, one = begun(place)
    place.stands[1].deliver()
    front.enter(code)
    front.on(Screen.START, Sheet.CONTINUE_HERE)
    assert front.says("Booth 1")
    assert front.says("1 of 4")
    assert not front.says("cannot reach HR")
    front.click(names.CONTINUE_HERE_YES)
    front.on(Screen.ENTRY)
    front.agree()
    front.on(Screen.TEXT)
    step = front.window.journey.step
    assert step is not None
    assert step.question.question_id == "q2"
    place.stands[1].deliver()
    assert [part.relation for part in place.report(one).parts] == ["first", "continued"]


def test_while_it_is_given_elsewhere_the_candidate_is_told_what_to_do(place: Hall, front: Front) -> None:
    code, one = begun(place)
    first = place.stands[0]
    first.run(first.service.resume, one)
    first.deliver()
    place.stands[1].deliver()
    front.enter(code)
    front.wait(lambda: front.window.journey.error is not None)
    error = front.window.journey.error
    assert isinstance(error, XudaError)
    assert error.code is ErrorCode.INTERVIEW_ELSEWHERE
    front.on(Screen.START)
    first.run(first.service.pause, ExitReason.OTHER)


def test_without_a_network_it_is_said_that_both_parts_reach_hr(place: Hall, front: Front) -> None:
    code, one = begun(place)
    place.stands[1].deliver()
    with place.offline():
        front.window.journey.on_news(SyncNews(SyncPhase.OFFLINE, 0))
        front.enter(code)
        front.on(Screen.START, Sheet.CONTINUE_HERE)
        assert front.says("HR gets both parts")
        front.click(names.CONTINUE_HERE_YES)
        front.on(Screen.ENTRY)
        front.agree()
        front.on(Screen.TEXT)
    assert place.stands[1].question == "q2"
    place.stands[1].deliver()
    assert len(place.report(one).parts) == 2


def test_a_withdrawn_interview_shows_hrs_certificate_which_can_be_kept(
    place: Hall, front: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = place.invite()
    stand = place.stands[1]
    stand.deliver()
    interview_id = stand.go_on(code)
    stand.answer("to be forgotten")
    stand.run(stand.service.pause, ExitReason.OTHER)
    front.click(names.TOPBAR_MINE)
    front.on(Screen.MINE)
    front.click(names.MINE_WITHDRAW_PREFIX + "0")
    front.on(Screen.MINE, Sheet.WITHDRAW)
    front.click(names.WITHDRAW_CONFIRM)
    front.on(Screen.MINE)
    front.wait(lambda: front.says("HR's confirmation appears here"))

    def certified() -> bool:
        stand.deliver()
        return stand.mine(interview_id).certificate is not None

    front.wait(certified)
    front.wait(lambda: front.says("Deletion certificate"))
    target = tmp_path / "certificate.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    front.click(names.MINE_CERTIFICATE_PREFIX + "0")
    front.wait(target.exists)
    front.wait(lambda: front.says("Saved as certificate.json"))
    assert json.loads(target.read_text("ascii"))["payloadType"].endswith("deletioncertificate.v1+json")


def test_a_question_is_answered_again_at_hrs_word_from_the_list_of_ones_interviews(place: Hall, front: Front) -> None:
    code, stand = place.invite(), place.stands[1]
    stand.deliver()
    interview_id = stand.go_on(code)
    while stand.question is not None:
        stand.answer("first")
    stand.run(stand.service.finish)
    stand.run(stand.service.start_page)
    stand.deliver()
    hr = place.backend.hr
    redo.grant(hr, somebody(hr), interview_id, "q3", "听不清楚", hr.now() + timedelta(days=1))
    stand.deliver()
    front.click(names.TOPBAR_MINE)
    front.on(Screen.MINE)
    front.click(names.MINE_REDO_PREFIX + "0")
    front.on(Screen.MINE, Sheet.REDO)
    assert front.says("听不清楚")
    assert front.says("Third")
    front.click(names.REDO_YES)
    front.on(Screen.CONSENT)
    front.click(names.CONSENT_DECLINE)
    front.on(Screen.START)
    front.enter(code)
    front.on(Screen.START, Sheet.REDO)
    front.click(names.REDO_YES)
    front.on(Screen.CONSENT)
    front.click(names.CONSENT_RECORDING)
    front.click(names.CONSENT_AGREE)
    front.on(Screen.TEXT)
    step = front.window.journey.step
    assert step is not None
    assert (step.question.question_id, front.window.journey.total_left) == ("q3", None)
    front.find(names.TEXT_EDIT).setPlainText("second")
    front.click(names.TEXT_SUBMIT)
    front.on(Screen.FINISH)
    assert front.says("Your new answer is saved")
    assert not front.says("How was it for you?")
    front.click(names.FINISH_DONE)
    front.on(Screen.START)
    stand.deliver()
    assert place.answers(interview_id)["q3"] == (2, "second")
