"""Windows, deadlines and extra time when clocks are wrong, jump, or have stood still."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.storage.shelf import SqliteShelf
from contract import invitation
from contract.envelope import sign
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, Invitation
from tests.interview.desk import CODE, WRITTEN, Desk, make_kit
from tests.storage.office import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    adjustments = Adjustments(time_factor=2.0)
    with Desk(tmp_path, office, adjustments=adjustments, stages=WRITTEN, total_seconds=600) as opened:
        yield opened


def in_two_days(desk: Desk, office: Office) -> str:
    start = (desk.device.shelf.server_time() or desk.clock.now()) + timedelta(days=2)
    right = Invitation(str(uuid.uuid4()), str(uuid.uuid4()), "engineer", start, start + timedelta(days=1))
    return invitation.issue(right, office.key)


def start_again(desk: Desk) -> None:
    """As after a restart: what was heard is what the database holds."""
    device = desk.device
    device.shelf = SqliteShelf(device.database, device.keystore, device.enrolments, desk.clock)
    desk.service = desk.make_service()
    desk.clock.seconds = 5.0


def refusal(desk: Desk, text: str) -> ErrorCode | None:
    try:
        desk.run(desk.service.look_up, text)
    except XudaError as error:
        return error.code
    return None


@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(days=-400), timedelta(days=400), timedelta(days=-20_000)])
@pytest.mark.parametrize("restarted", [False, True], ids=["asleep", "switched off"])
def test_time_asleep_or_switched_off_counts_towards_the_start_of_a_window(
    desk: Desk, office: Office, wrong: timedelta, restarted: bool
) -> None:
    desk.clock.wall += wrong
    moment = desk.device.shelf.server_time()
    assert moment is not None
    desk.device.shelf.save_bootstrap(office.bootstrap([], server_time=moment), desk.clock.monotonic())
    token = in_two_days(desk, office)
    assert refusal(desk, token) is ErrorCode.INVITATION_NOT_YET

    desk.clock.wall += timedelta(days=2, hours=1)
    if restarted:
        start_again(desk)

    assert refusal(desk, token) is None


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400), timedelta(days=20_000)])
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_a_clock_that_jumps_closes_no_open_window(desk: Desk, jump: timedelta, restarted: bool) -> None:
    desk.clock.wall += jump
    if restarted:
        start_again(desk)

    assert refusal(desk, CODE) is None


def test_extra_time_stays_when_the_window_is_over_and_the_roster_has_moved_on(desk: Desk, office: Office) -> None:
    desk.begin()
    before = desk.run(desk.service.step)

    moved_on = office.bootstrap([sign(make_kit(office, stages=WRITTEN, total_seconds=600), office.key)])
    desk.device.shelf.save_bootstrap(moved_on, desk.clock.monotonic())
    after = desk.run(desk.service.step)

    assert before is not None
    assert after is not None
    assert before.total_seconds_left == after.total_seconds_left == 1200
    assert after.thinking_seconds == before.thinking_seconds


def test_the_total_time_runs_by_no_wall_clock(desk: Desk) -> None:
    desk.begin()
    desk.run(desk.service.start_clock)
    for jump in (400, -800, 20_000):
        desk.clock.wall += timedelta(days=jump)
        desk.clock.seconds += 100

    step = desk.run(desk.service.step)

    assert step is not None
    assert step.total_seconds_left == 1200 - 300


def test_the_newest_attempt_is_the_one_that_began_last_whatever_the_clock_said(desk: Desk) -> None:
    desk.begin()
    first = desk.service.active_id
    desk.clock.wall -= timedelta(days=400)
    desk.device.clock.now = desk.clock.now  # type: ignore[method-assign]
    second = desk.device.begin().interview_id

    assert [row.interview_id for row in desk.run(desk.device.store.interviews)] == [second, first]
