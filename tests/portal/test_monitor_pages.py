"""The live monitor over HTTP: what its stream sends, to whom, and when it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
import requests

from backend.db.models import LoginSession, User
from backend.portal import live
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, ExitData, ResumedData
from tests.portal.booth import Sitting
from tests.portal.world import Web, World

Event = tuple[str, dict[str, str]]


@contextmanager
def stream(web: Web, query: str = "") -> Iterator[Iterator[Event]]:
    """Events as a browser gets them."""
    headers = {"Accept": "text/event-stream"}
    with web.page(f"/monitor/live{query}", stream=True, headers=headers) as answer:
        assert answer.status_code == 200, answer.status_code
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "no-store" in answer.headers["Cache-Control"]
        yield _events(answer)


def _events(answer: requests.Response) -> Iterator[Event]:
    name, data = "", ""
    for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data = value
        elif not line and name:
            yield name, json.loads(data)
            name, data = "", ""


def until(events: Iterator[Event], *names: str) -> list[Event]:
    """What came up to and including the first of ``names``."""
    found = []
    for event in events:
        found.append(event)
        if event[0] in names:
            return found
    raise AssertionError(f"the stream ended without {names}: {found}")


def count(html: str, fate: str) -> int:
    found = re.search(rf'data-count="{fate}">(\d+)<', html)
    assert found, html
    return int(found[1])


def test_the_stream_begins_with_everything_and_then_sends_what_changed(world: World, officer: Web) -> None:
    page = officer.page("/monitor").text
    with stream(officer) as events:
        first = until(events, "beat")
        assert [event[1]["id"] for event in first[:-1]] == ["counts", "warnings", "list", "batches", "booths"]
        running = count(first[0][1]["html"], "running")
        assert running == count(page, "running")
        assert until(events, "beat")[-1][0] == "beat"
        Sitting(world.booth, world.demo.batches[0].kit, world.demo.batches[0].invitations[5].invitation_id)
        later = until(events, "piece")
        assert later[-1][1]["id"] == "counts"
        assert count(later[-1][1]["html"], "running") == running + 1


def test_a_device_that_is_heard_of_changes_its_row_alone(world: World, officer: Web) -> None:
    with stream(officer) as events:
        until(events, "beat")
        until(events, "beat")
        world.clock.advance(7)
        world.sittings["running"].say(EventType.PAUSED, ExitData(reason="network"))
        found = until(events, "row")[-1]
        assert found[1]["id"] == f"booth-{world.booth.device_id}"
        assert found[1]["html"].startswith("<tr id=")
        world.sittings["running"].say(EventType.RESUMED, ResumedData())


def test_the_stream_keeps_no_login_alive_and_ends_with_it(world: World) -> None:
    web = world.http("hr")
    with stream(web) as events:
        until(events, "beat")
        with world.hr.db.read() as session:
            seen = {row.id: row.seen_at for row in session.query(LoginSession)}
        world.clock.advance(90)
        until(events, "beat")
        with world.hr.db.read() as session:
            assert {row.id: row.seen_at for row in session.query(LoginSession)} == seen
        web.post("/logout")
        assert until(events, "bye")[-1][1] == {"why": "login"}
        assert list(events) == []
    assert web.page("/monitor/live", headers={"Accept": "text/event-stream"}).status_code == 401


def test_the_stream_ends_when_rights_change(world: World) -> None:
    web = world.http("rd.head")
    with stream(web) as events:
        until(events, "beat")
        with world.hr.db.write() as session:
            head = session.query(User).filter_by(username="rd.head").one()
            role, head.role = head.role, "auditor"
        try:
            assert until(events, "bye")[-1][1] == {"why": "rights"}
            assert web.page("/monitor/live").status_code == 403
        finally:
            with world.hr.db.write() as session:
                session.query(User).filter_by(username="rd.head").one().role = role


def test_the_stream_ends_when_the_login_is_over(world: World) -> None:
    web = world.http("hr")
    with stream(web) as events:
        until(events, "beat")
        world.clock.advance(world.hr.settings.session_idle + 60)
        assert until(events, "bye")[-1][1] == {"why": "login"}


def test_a_head_sees_neither_other_departments_nor_devices(world: World) -> None:
    web = world.http("rd.head")
    with stream(web, "?show=interrupted") as events:
        first = until(events, "beat")
    assert "booths" not in [event[1].get("id") for event in first]
    told = "".join(event[1].get("html", "") for event in first)
    assert world.demo.batches[1].invitations[0].candidate not in told
    assert world.demo.batches[1].invitations[0].candidate in world.http("hr").page("/monitor?show=interrupted").text


def test_one_person_cannot_take_all_streams() -> None:
    streams = live.Streams()
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(streams.one("me"))
        streams.check("you")
        with pytest.raises(XudaError) as caught:
            streams.check("me")
        assert caught.value.code is ErrorCode.RATE_LIMITED
    streams.check("me")


def test_addresses_of_the_monitor_name_nobody(world: World) -> None:
    page = world.http("hr").page("/monitor?show=done").text
    addresses = re.findall(r'(?:href|data-stream)="([^"]*)"', page)
    names = [view.candidate for batch in world.demo.batches for view in batch.invitations]
    assert any("/monitor/live?" in address for address in addresses)
    assert not [address for address in addresses if any(name in address for name in names)]


def test_each_list_shows_its_people(world: World) -> None:
    officer = world.http("hr")
    batch = world.demo.batches[0]
    for place, show in ((0, "done"), (1, "interrupted"), (2, "incomplete"), (3, "declined"), (2, "awaited")):
        text = officer.page(f"/monitor?show={show}").text
        assert f">{batch.invitations[place].candidate}<" in text, show
    assert "设备或技术问题" in officer.page("/monitor?show=interrupted").text
    assert batch.invitations[6].candidate in officer.page("/monitor?show=pending").text
    world.clock.advance(timedelta(days=400).total_seconds())
    try:
        late = world.http("hr")
        assert count(late.page("/monitor").text, "missed") == 0, "long over"
        assert count(late.page("/monitor?span=all").text, "missed") > 0
    finally:
        world.clock.advance(-timedelta(days=400).total_seconds())


def test_the_more_people_look_the_less_often_the_server_is_asked() -> None:
    streams = live.Streams()
    assert streams.pause(0.01) == live.TICK
    assert streams.pause(0.5) == 5
    with ExitStack() as stack:
        for number in range(20):
            stack.enter_context(streams.one(f"user {number}"))
        assert streams.pause(0.1) == pytest.approx(6)
        assert streams.pause(60) < 15, "the page waits fifteen seconds for a beat"
