"""The review page lets a question be answered again and takes that back, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.backend.test_redo import again, offered
from tests.backend.world import Booth, Served, Talk, invite, served
from tests.portal.test_requisition_pages import Person
from tests.security import rights

WORDS = {
    "zh_CN": (
        "允许重新回答此题",
        "尚未开始",
        "已撤回",
        "最多 300 个字符",
        "候选人已开始重新回答",
        "经 HR 同意重新回答",
        "已有一题等待",
        "这一回答晚于您的评分",
    ),
    "en": (
        "Let this question be answered again",
        "not begun yet",
        "taken back",
        "at most 300 characters",
        "has begun to answer again",
        "answered again at HR",
        "Another question of this interview",
        "This answer is newer than your ratings",
    ),
}
REASON = "zq <b>no sound"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def finished(backend: Served, booth: Booth, phone: str) -> Talk:
    talk = Talk(booth, invite(backend.hr, "李雷", phone=phone))
    talk.started()
    talk.spoken(talk.seal(b"one"))
    talk.written("two")
    talk.finished()
    talk.put_all()
    return talk


@pytest.mark.parametrize(("language", "phone"), [("zh_CN", "13800138001"), ("en", "13800138002")])
def test_a_question_is_asked_again_taken_back_and_answered(backend: Served, language: str, phone: str) -> None:
    offer, waiting, back, long, begun, told, other, newer = WORDS[language]
    booth = backend.enrol()
    talk, person = finished(backend, booth, phone), Person(backend, language=language)
    page = f"/interviews/{talk.interview_id}"
    assert person.get(page).count(offer) == 2, "each answer offers it"
    soon = f"{backend.hr.now() + timedelta(days=3):%Y-%m-%d}"
    assert long in person.post(f"{page}/redo", question="q1", reason="", until=soon, status=422).text
    for until in ("", "soon", "2020-01-01", "2099-01-01"):
        person.post(f"{page}/redo", question="q1", reason=REASON, until=until, status=422)
    person.post(f"{page}/redo", question="no-such", reason=REASON, until=soon, status=404)
    shown = person.post(f"{page}/redo", question="q1", reason=REASON, until=soon).text
    assert waiting in shown
    assert "zq &lt;b&gt;no sound" in shown
    assert offer not in shown, "one at a time"
    assert other in person.post(f"{page}/redo", question="q2", reason=REASON, until=soon, status=409).text
    first = re.findall(r"/redo/([\w-]+)/withdraw", shown)[0]
    assert back in person.post(f"{page}/redo/{first}/withdraw").text
    shown = person.post(f"{page}/redo", question="q1", reason=REASON, until=soon).text
    second = re.findall(r"/redo/([\w-]+)/withdraw", shown)[0]
    given = offered(booth, talk)
    assert given.redo_id == second
    person.post(f"{page}/scorecard", revision="0", **{"level|q1|communication": "2"})
    part = again(booth, talk, given)
    part.spoken(part.seal(b"new"))
    part.finished()
    part.put_all()
    assert begun in person.post(f"{page}/redo/{second}/withdraw", status=409).text
    shown = person.get(page)
    assert told in shown
    assert newer in shown, "q1 was rated before"
    assert REASON in person.get(f"{page}/report.json")


def test_who_reads_only_is_offered_nothing_and_sees_what_was_asked(backend: Served) -> None:
    booth = backend.enrol()
    talk, person = finished(backend, booth, "13800138003"), Person(backend, language="en")
    page = f"/interviews/{talk.interview_id}"
    soon = f"{backend.hr.now() + timedelta(days=3):%Y-%m-%d}"
    person.post(f"{page}/redo", question="q1", reason=REASON, until=soon)
    head = Person(backend, rights.HEAD, language="en")
    shown = head.get(page)
    assert "not begun yet" in shown
    assert "/redo" not in shown
