"""Asking HR for the newest list out of turn: what comes, and how seldom it is done."""

from __future__ import annotations

import time

import pytest

from app.sync.fresh import FreshLine
from app.sync.transport import Signer
from contract.errors import ErrorCode
from tests.sync.device import Device
from tests.sync.faults import HTML, Answer, problem, refuse_connection, server_error
from tests.sync.faulty_server import FaultyServer


class Line(FreshLine):
    """Its time goes by as a test says."""

    def __init__(self, device: Device) -> None:
        self.now = 5.0
        enrolment = device.enrolments.need()
        signer = Signer(enrolment.device_key, enrolment.device_id, device.clock)
        super().__init__(enrolment.server_url, signer, device.database, device.shelf, lambda: self.now)


def test_what_hr_has_is_here_afterwards(server: FaultyServer, device: Device) -> None:
    assert device.shelf.server_time() is None

    assert Line(device).fetch()

    assert device.shelf.server_time() is not None


def test_guessed_codes_do_not_become_a_storm(server: FaultyServer, device: Device) -> None:
    line = Line(device)
    times: list[int] = []
    for second in range(600):
        line.now = 5.0 + second
        if line.fetch():
            times.append(second)

    assert times == [0, 15, 45, 105, 225, 345, 465, 585]
    assert len(server.lines("/v1/bootstrap")) == len(times)


def test_an_answer_that_was_overtaken_by_a_newer_one_does_not_take_its_place(
    server: FaultyServer, device: Device
) -> None:
    """The candidate's question and the sync thread's are under way at the same time, and the answers cross."""
    line = Line(device)
    api = device.make_engine()._upkeep._api
    asked_at = time.monotonic()
    older = api.bootstrap()
    assert line.fetch()
    newest = device.shelf.server_time()

    device.shelf.save_bootstrap(older, time.monotonic(), asked_at)
    assert device.shelf._heard is not None
    assert device.shelf._heard.server_time > older.server_time

    device.shelf.save_bootstrap(older, time.monotonic(), time.monotonic())  # HR's clock was set back since
    assert device.shelf._heard.server_time == older.server_time
    assert newest is not None


def test_after_a_rest_it_is_quick_again(server: FaultyServer, device: Device) -> None:
    line = Line(device)
    for line.now in (5.0, 20.0, 50.0):
        assert line.fetch()

    line.now = 50.0 + 60 + 120
    assert line.fetch()
    line.now += 15
    assert line.fetch()


@pytest.mark.parametrize(
    "fault", [refuse_connection, server_error, lambda asked, handle: Answer(200, HTML, "text/html")]
)
def test_without_hr_nothing_comes_and_nothing_is_raised(server: FaultyServer, device: Device, fault: object) -> None:
    server.fail("/v1/bootstrap", fault)  # type: ignore[arg-type]

    assert not Line(device).fetch()

    assert device.shelf.server_time() is None


def test_hr_that_asks_to_wait_is_left_alone_that_long(server: FaultyServer, device: Device) -> None:
    line = Line(device)
    server.fail("/v1/bootstrap", problem(429, ErrorCode.RATE_LIMITED, Retry_After="200"), times=1)
    assert not line.fetch()

    line.now = 5.0 + 199
    assert not line.fetch()
    assert len(server.lines("/v1/bootstrap")) == 1

    line.now = 5.0 + 200
    assert line.fetch()
