"""The page that tells a candidate what was decided: seen before it is released, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.ui.screens.mine import NEXT, STATES
from backend.sending.news import told_words
from backend.services import messages
from backend.services.candidate_states import DECIDED
from contract.catalog import load
from contract.events import FINAL_STATES
from tests.backend.world import COMMAND_LINE, Served, invite, served
from tests.portal.test_requisition_pages import Person, interviewed


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_preview_says_what_the_client_says(language: str) -> None:
    client, portal = load("client", language), load("portal", language)
    for state in FINAL_STATES | DECIDED:
        said = client.gettext(STATES[state][0]), client.gettext(NEXT[state])
        assert told_words(state, portal) == said


WORDS = {
    "zh_CN": ("尚未作出决定", "复试", "发布给候选人", "撤回发布", "设备已获取该结果"),
    "en": ("Nothing was decided yet", "Second round", "Release to the candidate", "Take the release", "has fetched it"),
}


@pytest.mark.parametrize(("language", "phone"), [("zh_CN", "13800138001"), ("en", "13800138002")])
def test_a_decision_is_seen_released_taken_back_and_told(backend: Served, language: str, phone: str) -> None:
    nothing, round_two, release, back, told = WORDS[language]
    booth = backend.enrol()
    person = Person(backend, language=language)
    invitation = invite(backend.hr, "候选人<b>", phone=phone)
    interview_id = interviewed(booth, invitation, finished=True)
    now = backend.hr.now()
    steps = {"title": {"en": "zq <i>bring papers"}, "text": {"en": "Monday"}}
    window = {"not_before": now, "not_after": now + timedelta(days=9)}
    messages.send(
        backend.hr, COMMAND_LINE, messages.Draft(f"invitation:{invitation}", **steps, **window, next_steps=True)
    )
    path = f"/interviews/{interview_id}/tell"
    assert nothing in person.get(path)
    person.post(f"/interviews/{interview_id}/decision", ruling="second_round", reason="zq-inner-reason")
    page = person.get(path)
    assert round_two in page
    assert release in page
    assert "zq <i>bring papers" in page, "what goes with it is shown, as text"
    assert "zq-inner-reason" not in page
    decision = re.findall(r'name="decision" value="([^"]+)"', page)[0]

    def on_device() -> object:
        return booth.call("GET", "/v1/bootstrap").json()["results"].get(interview_id)

    assert on_device() is None
    person.post(path, do="release", decision="another", status=409)
    assert back in person.post(path, do="release", decision=decision).text
    person.post(path, do="take_back", decision=decision)
    assert on_device() is None
    person.post(path, do="release", decision=decision)
    assert on_device() == "second_round"
    assert told in person.post(path, do="take_back", decision=decision, status=409).text
