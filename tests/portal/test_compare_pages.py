"""Interviews side by side: the same question, words and ratings; within what the reader may see."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow
from backend.services import blind, scorecards
from tests.backend.staffing import counted
from tests.portal.booth import Sitting
from tests.portal.test_blind_review import RATED
from tests.portal.test_scorecard_browser import actor
from tests.portal.world import SAID, Web, World, words


@pytest.fixture(scope="module")
def second(world: World) -> str:
    """Another finished interview of the same kit."""
    batch = world.demo.batches[0]
    sitting = Sitting(world.booth, batch.kit, batch.invitations[6].invitation_id)
    sitting.speak("introduction", words(), SAID).speak("challenge", words(1.0), "另一个人说的话 <b>")
    sitting.write("change", "先沟通").choose("priority", 0).finish()
    return sitting.interview_id


def address(*ids: str) -> str:
    return "/compare?" + "&".join(f"i={name}" for name in ids)


def text(web: Web, path: str, status: int = 200) -> str:
    answer = web.page(path)
    assert answer.status_code == status
    return answer.text


def test_the_same_question_stands_side_by_side_with_words_players_and_ratings(world: World, second: str) -> None:
    web = world.http("hr")
    first = world.sittings["finished"].interview_id
    scorecards.save(world.hr, actor(world), first, RATED, 0)
    page = text(web, address(first, second))
    assert "另一个人说的话 &lt;b&gt;" in page
    assert page.count("请说说您在工作中遇到的一个困难，以及您是怎样解决的。</th>") == 1
    assert len(re.findall(r"<(?:video|audio) controls preload=\"none\"", page)) >= 4
    row = page[page.index("问题解决</th>") :].partition("</tr>")[0]
    assert re.findall(r"<strong>([^<]*)</strong>", row) == ["4", "–"]
    other = actor(world, "admin")
    scorecards.hand_in(world.hr, other, first, RATED, 0)
    assert "<strong>⌀" not in text(web, address(first, second)), (
        "others' ratings are not shown before the own is handed in"
    )
    with world.hr.db.read() as session:
        seen = session.scalars(select(AuditRow.target).where(AuditRow.action == "compare_interviews")).all()
    assert {f"interview:{first}", f"interview:{second}"} <= set(seen)


def test_two_to_five_each_once(world: World, second: str) -> None:
    web = world.http("hr")
    first = world.sittings["finished"].interview_id
    for ids in ((), (first,), (first, first), ("a", "b", "c", "d", "e", "f")):
        assert web.page(address(*ids)).status_code == 422
    assert web.page(address(first, "unknown")).status_code == 404
    paused, abandoned = world.sittings["paused"].interview_id, world.sittings["abandoned"].interview_id
    page = html.unescape(text(web, address(first, second, paused, abandoned)))
    assert "未作答" in page


def test_a_department_head_compares_the_own_departments_without_ratings(world: World, second: str) -> None:
    head = world.http("rd.head")
    first, abroad = world.sittings["finished"].interview_id, world.sittings["overseas"].interview_id
    page = text(head, address(first, second))
    assert SAID in page
    assert "沟通表达" not in page
    assert head.page(address(first, abroad)).status_code == 404
    assert world.http("auditor").page(address(first, second)).status_code == 403


def test_blind_readers_compare_pseudonyms(world: World, second: str) -> None:
    web = world.http("hr")
    first = world.sittings["finished"].interview_id
    blind.switch(world.hr, actor(world), on=True)
    try:
        page = text(web, address(first, second))
    finally:
        blind.switch(world.hr, actor(world), on=False)
    assert "张晓雨" not in page
    assert blind.pseudonym(first) in page
    assert "<video" not in page


def test_the_list_offers_what_can_be_compared(world: World, second: str) -> None:
    page = text(world.http("hr"), "/interviews")
    ticks = re.findall(r'name="i" value="([^"]+)"', page)
    assert {world.sittings["finished"].interview_id, second} <= set(ticks)


def test_the_page_takes_no_more_queries_in_a_larger_house(world: World, second: str) -> None:
    web = world.http("hr")
    path = address(world.sittings["finished"].interview_id, second)
    before = fewest(world, web, path)
    batch = world.demo.batches[0]
    Sitting(world.booth, batch.kit, batch.invitations[7].invitation_id).write("change", "x")
    assert fewest(world, web, path) <= before


def fewest(world: World, web: Web, path: str) -> int:
    """Queries of the page; what the server does by itself meanwhile is counted at most twice of three times."""
    counts = []
    for _ in range(3):
        with counted(world.hr, anywhere=True) as statements:
            text(web, path)
        counts.append(len(statements))
    return min(counts)
