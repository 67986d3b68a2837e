"""Times to choose on pages: HR makes them, a candidate chooses with nothing but the invitation code."""

from __future__ import annotations

import re
from datetime import timedelta

import requests
from icalendar import Calendar

from backend.ratelimit import RateLimit
from tests.portal.world import Web, World


def stranger(world: World) -> Web:
    web = Web(world.url)
    web.page("/language?to=en")
    return web


def say(web: Web, **fields: str) -> requests.Response:
    page = web.page("/slots")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token
    return web.request("POST", web.url + "/slots", data={"csrf": token[1], **fields}, timeout=20)


def test_hr_makes_times_and_a_candidate_chooses_one(world: World) -> None:
    batch, officer = world.demo.batches[0], world.http("hr")
    invitation = batch.invitations[5]
    home = f"/batches/{batch.batch_id}/slots"
    day = (world.hr.now().astimezone() + timedelta(days=2)).strftime("%Y-%m-%d")
    wish = {"day": day, "first": "09:00", "last": "10:30", "minutes": "30", "capacity": "1", "place": "展位 <3>"}
    assert officer.post(home, **{**wish, "last": "08:00"}).status_code == 422
    made = officer.post(home, **wish)
    assert made.status_code == 200
    assert made.text.count("展位 &lt;3&gt;") >= 3

    web = stranger(world)
    closed = say(web, code=invitation.code)
    assert "Times are not offered" in closed.text
    assert officer.post(f"{home}/rules", offered="yes", hours="12", follows="yes").status_code == 200

    page = say(web, code=invitation.code.lower().replace("-", " "))
    assert invitation.candidate not in page.text, "whoever only has the code learns no name"
    choices = re.findall(r'name="slot" value="([^"]+)"', page.text)
    assert len(choices) == 3
    chosen = say(web, code=invitation.code, slot=choices[1])
    assert "Your time is kept for you." in chosen.text
    assert f"{day} 09:30–10:00" in chosen.text

    file = say(web, code=invitation.code, do="calendar")
    assert file.headers["content-type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(file.content).walk("VEVENT")
    assert event.decoded("dtstart").astimezone().strftime("%H:%M") == "09:30"

    other = say(stranger(world), code=batch.invitations[6].code, slot=choices[1])
    assert other.status_code == 409
    assert "taken" in other.text
    board = officer.page(home).text
    assert invitation.candidate in board


def test_codes_cannot_be_guessed_at_leisure(world: World) -> None:
    object.__setattr__(world.hr.limits, "codes", RateLimit(limit=3, window=60))
    web = stranger(world)
    statuses = [say(web, code=f"ABCD-{n:04d}").status_code for n in range(5)]
    assert statuses == [404, 404, 404, 429, 429]
    assert say(web, code=world.demo.batches[0].invitations[5].code).status_code == 429
    object.__setattr__(world.hr.limits, "codes", RateLimit(limit=1000, window=60))
