"""An invitation that HR made a moment ago, at a booth that is online: real window, real client, real backend."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.interview.model import ExitReason
from app.interview.views import SyncNews, SyncPhase
from app.ui import names
from app.ui.names import Screen, Sheet
from backend.services import redo
from contract.errors import ErrorCode, XudaError
from tests.backend.staffing import somebody
from tests.e2e.hall import Hall, hall
from tests.sync.faults import Answer, Asked, Handle
from tests.ui.test_moving_screens import Front

NOBODY = "ABCD-EFGH"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("hall")) as made:
        stand = made.stand()
        # the client outlives each test here, and so do the threads of its pool
        together = threading.Barrier(4)
        for waiting in [stand.client.background(together.wait) for _ in range(4)]:
            waiting.result()
        yield made


@pytest.fixture
def front(place: Hall, qtbot: QtBot) -> Iterator[Front]:
    stand = place.stands[0]
    # HR was not asked out of turn lately
    stand.client.engine = stand.client._make_engine()
    made = Front(stand, qtbot)
    yield made
    made.close()
    if stand.service.active_id:
        stand.run(stand.service.pause, ExitReason.OTHER)


def asked(place: Hall) -> int:
    return len(place.front.lines("/v1/bootstrap"))


def code_of(front: Front) -> ErrorCode | None:
    error = front.window.journey.error
    return error.code if isinstance(error, XudaError) else None


def test_invitation_made_a_moment_ago_is_found_without_another_touch(place: Hall, front: Front) -> None:
    code, before = place.invite(), asked(place)
    held, go_on = threading.Event(), threading.Event()

    def slowly(request: Asked, handle: Handle) -> Answer:
        held.set()
        go_on.wait(20)
        return handle(request)

    place.front.fail("/v1/bootstrap", slowly, times=1)
    front.enter(code)
    front.wait(held.is_set)
    assert front.find(names.START_ASKING).text().startswith("Not on this device's list yet")
    assert front.window.journey.error is None
    assert front.window.journey.screen is Screen.START

    go_on.set()

    front.on(Screen.ENTRY)
    assert asked(place) == before + 1


def test_kit_that_is_new_too_comes_with_it(place: Hall, front: Front, tmp_path: Path) -> None:
    place.add_kit("newer")
    front.enter(place.invite("newer"))

    front.on(Screen.ENTRY)


def test_code_that_hr_does_not_know_either_is_said_so_and_guessing_on_asks_no_more(place: Hall, front: Front) -> None:
    before = asked(place)
    front.enter(NOBODY)
    front.wait(lambda: code_of(front) is ErrorCode.INVITATION_UNKNOWN)
    assert asked(place) == before + 1

    for number in range(5):
        front.window.journey.dismiss_error()
        front.enter(f"WXYZ-234{number + 2}")
        front.wait(lambda: code_of(front) is ErrorCode.INVITATION_UNKNOWN)

    assert asked(place) == before + 1
    assert not front.window.journey.arrival.newest.asking


def test_without_a_network_hr_is_not_asked(place: Hall, front: Front) -> None:
    before = asked(place)
    front.window.journey.on_news(SyncNews(SyncPhase.OFFLINE, 0))
    front.enter(NOBODY)

    front.wait(lambda: code_of(front) is ErrorCode.INVITATION_UNKNOWN)
    assert asked(place) == before


def test_line_that_broke_a_moment_ago_ends_in_the_plain_message(place: Hall, front: Front) -> None:
    with place.offline():
        front.enter(NOBODY)
        front.wait(lambda: code_of(front) is ErrorCode.INVITATION_UNKNOWN)


def test_somebody_who_went_elsewhere_meanwhile_is_not_fetched_back(place: Hall, front: Front) -> None:
    code = place.invite()
    held, go_on = threading.Event(), threading.Event()

    def slowly(request: Asked, handle: Handle) -> Answer:
        held.set()
        go_on.wait(20)
        return handle(request)

    place.front.fail("/v1/bootstrap", slowly, times=1)
    front.enter(code)
    front.wait(held.is_set)
    front.window.journey.go(Screen.MINE)
    go_on.set()

    front.wait(lambda: not front.window.journey.arrival.newest.asking)
    assert front.window.journey.screen is Screen.MINE
    assert front.window.journey.error is None
    front.window.journey.open_start()


def test_what_hr_lets_be_answered_again_just_now_is_offered_without_another_touch(place: Hall, front: Front) -> None:
    code, stand, hr = place.invite(), place.stands[0], place.backend.hr
    stand.deliver()
    interview_id = stand.go_on(code)
    while stand.question is not None:
        stand.answer("first")
    stand.run(stand.service.finish)
    stand.run(stand.service.start_page)
    stand.deliver()
    redo.grant(hr, somebody(hr), interview_id, "q1", "noise", hr.now() + timedelta(days=1))
    front.enter(code)
    front.on(Screen.START, Sheet.REDO)
    front.click(names.REDO_BACK)
    before = asked(place)
    stand.run(stand.service.look_up, code)
    stand.run(stand.service.begin, language="en", scoring=True)
    stand.run(stand.service.abandon, ExitReason.OTHER)
    front.enter(code)
    front.wait(lambda: code_of(front) is ErrorCode.INVITATION_USED)
    front.on(Screen.START)
    assert asked(place) <= before + 1
