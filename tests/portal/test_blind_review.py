"""Blind review: who it is, and the picture, never leave the server until one has rated or something was decided."""

from __future__ import annotations

import io
import re

import av

from backend.services import blind, scorecards
from backend.services.scorecard_sheet import Content, Mark
from tests.backend.staffing import counted
from tests.portal.test_scorecard_browser import actor
from tests.portal.world import Web, World

NAME = "张晓雨"
RATED = Content(
    ratings={
        "introduction": {"communication": Mark(level=4)},
        "challenge": {"problem_solving": Mark(level=4), "expertise": Mark(level=4)},
        "change": {"communication": Mark(level=4)},
    }
)


def streams(web: Web, world: World) -> tuple[set[str], str]:
    """What the recording that the page plays holds, and its media type."""
    sitting = world.sittings["finished"]
    film = next(ref for ref in sitting.objects if ref.media_type == "video/webm")
    answer = web.page(f"/interviews/{sitting.interview_id}/media/{film.object_id}")
    assert answer.status_code == 200
    with av.open(io.BytesIO(answer.content)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
        assert heard > 40_000, "the voice is whole"
    with av.open(io.BytesIO(answer.content)) as container:
        return {stream.type for stream in container.streams}, answer.headers["Content-Type"]


def shown(web: Web, world: World) -> list[str]:
    """The pages and files that name a candidate otherwise."""
    interview_id = world.sittings["finished"].interview_id
    paths = ("", "/report.json", "/tell", "?change=1")
    texts = [web.page(f"/interviews/{interview_id}{path}").text for path in paths]
    return [*texts, web.page("/interviews?state=pending_review").text, requisition(web)]


def requisition(web: Web) -> str:
    found = re.findall(r'href="(/requisitions/[0-9a-f-]+)"', web.page("/requisitions").text)
    return web.page(found[0]).text


def test_a_reviewers_own_switch_takes_name_code_and_picture_away(world: World) -> None:
    web, sitting = world.http("hr"), world.sittings["finished"]
    code = world.demo.batches[0].invitations[0].code
    assert any(NAME in text for text in shown(web, world))
    assert streams(web, world) == ({"video", "audio"}, "video/webm")
    web.post("/account/blind", on="yes")
    for text in shown(web, world):
        assert NAME not in text
        assert code not in text
        assert "13800000001" not in text
    assert blind.pseudonym(sitting.interview_id) in web.page(f"/interviews/{sitting.interview_id}").text
    assert streams(web, world) == ({"audio"}, "audio/webm")
    assert web.page(f"/interviews/{sitting.interview_id}/report.zip").status_code == 403
    for word in (NAME, code):
        assert sitting.interview_id not in web.page(f"/interviews?text={word}").text, "nor is it found by them"
    assert sitting.interview_id not in web.page("/candidates").text, "the list of names leads to no interview"
    assert any(NAME in text for text in shown(world.http("admin"), world)), "others see what they saw"
    web.post("/account/blind", on="")
    assert any(NAME in text for text in shown(web, world))


def test_a_batch_requires_it_until_ones_own_scorecard_is_handed_in(world: World) -> None:
    web, sitting = world.http("hr"), world.sittings["finished"]
    batch = world.demo.batches[0].batch_id
    web.post(f"/batches/{batch}/blind", on="yes")
    for name in ("hr", "admin", "rd.head"):
        person = world.http(name)
        assert NAME not in person.page(f"/interviews/{sitting.interview_id}").text, name
        assert streams(person, world)[0] == {"audio"}
    assert sitting.interview_id not in web.page(f"/batches/{batch}").text
    scorecards.save(world.hr, actor(world), sitting.interview_id, RATED, 0)
    assert NAME not in web.page(f"/interviews/{sitting.interview_id}").text, "a draft opens nothing"
    scorecards.hand_in(world.hr, actor(world), sitting.interview_id, RATED, 1)
    assert NAME in web.page(f"/interviews/{sitting.interview_id}").text
    assert streams(web, world)[0] == {"video", "audio"}
    assert NAME not in world.http("admin").page(f"/interviews/{sitting.interview_id}").text
    web.post(f"/interviews/{sitting.interview_id}/decision", ruling="second_round")
    for name in ("admin", "rd.head"):
        assert NAME in world.http(name).page(f"/interviews/{sitting.interview_id}").text, "decided: nothing to keep"


def test_it_takes_the_same_few_queries_for_any_number_of_interviews(world: World) -> None:
    blind.switch(world.hr, actor(world), on=True)
    with counted(world.hr) as statements, world.hr.db.read() as session:
        blind.eyes(session, actor(world))
    assert 1 <= len(statements) <= 8
    blind.switch(world.hr, actor(world), on=False)
