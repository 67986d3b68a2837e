"""The candidate portal: one's own invitation, progress, result, questionnaire and deletion, and nobody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from backend.db.candidate_models import SurveyRow
from backend.db.models import InvitationRow
from backend.services import certificates, decisions, holds, messages, releases
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling
from contract.errors import XudaError
from contract.events import EventType, HrState, QuestionnaireData
from tests.backend.staffing import Search, opened, somebody
from tests.backend.world import Booth, Served, Talk, served

PHONE = "13900139001"


class Person(requests.Session):
    """A candidate's browser."""

    def __init__(self, backend: Served, language: str = "en") -> None:
        super().__init__()
        self.backend = backend
        self.cookies.set("xuda_lang", language)

    def page(self, path: str) -> requests.Response:
        return self.request("GET", self.backend.url + path, timeout=20)

    def fill(self, path: str, *, of: str = "", **fields: str) -> requests.Response:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page(of or path).text)
        assert found, "a page with a form"
        return self.request("POST", self.backend.url + path, data={"csrf": found[1], **fields}, timeout=20)

    def sign_in(self, code: str, known: str = PHONE) -> requests.Response:
        return self.fill("/candidate", code=code, known=known)


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as found:
        yield found


@pytest.fixture
def search(backend: Served) -> Search:
    return opened(backend)


@pytest.fixture
def booth(backend: Served) -> Booth:
    return backend.enrol()


def code_of(search: Search, invitation_id: str) -> str:
    with search.hr.db.read() as session:
        return session.get_one(InvitationRow, invitation_id).code


def invited(search: Search, *, name: str = "李雷", phone: str = PHONE) -> tuple[str, str]:
    invitation_id = search.invite(name, phone=phone)
    return invitation_id, code_of(search, invitation_id)


def inside(search: Search, *, language: str = "en") -> tuple[Person, str]:
    invitation_id, code = invited(search)
    person = Person(search.backend, language)
    assert "李雷" in person.sign_in(code).text
    return person, invitation_id


def test_a_code_and_a_phone_number_open_ones_own_pages(search: Search) -> None:
    person, _ = inside(search)
    text = person.page("/candidate/home").text
    for shown in ("Progress", "Invitation code", "Interview guide", "xuda://", "data:image/svg+xml"):
        assert shown in text, shown


def test_every_refusal_is_the_same(search: Search) -> None:
    _, code = invited(search)
    texts = set()
    for typed, known in ((code, "13700137000"), ("AAAA-AAAA", PHONE), ("?", "?"), (code, "nobody@example.com")):
        answer = Person(search.backend).sign_in(typed, known)
        assert answer.status_code == 401
        texts.add(re.sub(r'name="csrf" value="[^"]+"|value="[^"]*"', "", answer.text))
    assert len(texts) == 1


def test_codes_that_do_not_exist_are_locked_like_those_that_do(search: Search) -> None:
    _, code = invited(search)
    seen = {}
    for typed in (code, "BBBB-BBBB"):
        seen[typed] = [Person(search.backend).sign_in(typed, "13700137000").status_code for _ in range(6)]
    assert seen[code] == seen["BBBB-BBBB"] == [401] * 5 + [429]
    assert Person(search.backend).sign_in(code).status_code == 429, "the right one waits as well"


def test_pages_close_by_themselves(search: Search) -> None:
    person, _ = inside(search)
    search.backend.clock.ahead = timedelta(minutes=16)
    assert 'name="known"' in person.page("/candidate/home").text


def test_leaving_ends_the_session(search: Search) -> None:
    person, _ = inside(search)
    token = person.cookies["xuda_candidate"]
    person.fill("/candidate/leave", of="/candidate/home")
    person.cookies.set("xuda_candidate", token)
    assert 'name="known"' in person.page("/candidate/home").text


def test_what_hr_decided_appears_with_its_release_and_then_stays(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.finished()
    talk.put_all()
    decisions.decide(search.hr, search.approver, talk.interview_id, Ruling.SECOND_ROUND)
    assert "second round. HR will contact you" not in person.page("/candidate/home").text
    view = releases.preview(search.hr, search.approver, talk.interview_id)
    assert view is not None
    releases.release(search.hr, search.approver, talk.interview_id, view.decision_id)
    assert "second round. HR will contact you" in person.page("/candidate/home").text
    with pytest.raises(XudaError, match="conflict"):
        releases.take_back(search.hr, search.approver, talk.interview_id, view.decision_id)


@pytest.mark.parametrize(
    ("told", "path"),
    [
        (None, ["done", "done", "open", "open"]),
        (HrState.SECOND_ROUND, ["done", "done", "now", "open"]),
        (HrState.PENDING_ONBOARDING, ["done", "done", "done", "done"]),
        (HrState.REJECTED, ["done", "done", "ended", "ended"]),
    ],
)
def test_progress_follows_what_is_released(told: HrState | None, path: list[str]) -> None:
    from backend.services.candidate_pages import steps

    assert [step.standing for step in steps(HrState.PENDING_REVIEW, told)] == path


def test_the_questionnaire_is_asked_after_an_early_exit_too_and_answered_once(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    assert "How was it for you?" not in person.page("/candidate/home").text
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.paused()
    talk.put_all()
    assert person.fill("/candidate/survey", of="/candidate/home").status_code == 422
    answer = person.fill("/candidate/survey", of="/candidate/home", overall="2", words="会场太吵")
    assert "Thank you for your answers." in answer.text
    assert "How was it for you?" not in answer.text
    with search.hr.db.read() as session:
        row = session.get_one(SurveyRow, invitation_id)
        assert (row.entrance_clear, row.overall, row.state) == (None, 2, "paused")
        assert "会场太吵" not in row.words_sealed


def test_who_answered_in_the_client_is_not_asked_again(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.finished()
    talk.add(EventType.QUESTIONNAIRE, QuestionnaireData(overall=5))
    talk.put_all()
    assert "How was it for you?" not in person.page("/candidate/home").text


def test_deletion_needs_a_tick_and_gives_a_certificate(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.finished()
    talk.put_all()
    assert person.fill("/candidate/deletion").status_code == 422
    answer = person.fill("/candidate/deletion", sure="yes")
    assert "Your data were deleted." in answer.text
    saved = person.page(f"/candidate/certificates/{talk.interview_id}.json").content
    found = certificates.verify(search.hr, saved)
    assert (found.interview_id, found.requested_by, found.candidate_erased) == (talk.interview_id, "candidate", True)
    assert json.loads(saved)
    assert "Your data were deleted." in person.page("/candidate/home").text
    _, code = "", code_of(search, invitation_id)
    assert Person(search.backend).sign_in(code).status_code == 401


def test_under_a_legal_hold_nobody_opens_it_any_more(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.heard("secret words")
    talk.finished()
    talk.put_all()
    holds.set_hold(search.hr, search.approver, talk.interview_id, "lawsuit")
    assert "delays their deletion" in person.fill("/candidate/deletion", sure="yes").text
    from backend.services import reports

    report = reports.build(search.hr, search.approver, talk.interview_id, "en")
    assert report.content != "available"


def test_without_an_interview_the_invitation_ends_and_the_person_is_erased(search: Search) -> None:
    person, invitation_id = inside(search)
    assert "Your data were deleted." in person.fill("/candidate/deletion", sure="yes").text
    with search.hr.db.read() as session:
        row = session.get_one(InvitationRow, invitation_id)
        assert row.cancelled_at is not None
        assert row.candidate.name_sealed == ""


def test_nothing_of_others_can_be_had(search: Search, booth: Booth) -> None:
    other, _ = invited(search, name="韩梅梅", phone="13900139002")
    talk = Talk(booth, other)
    talk.started()
    talk.finished()
    talk.put_all()
    person, _ = inside(search)
    assert "韩梅梅" not in person.page("/candidate/home").text
    assert person.page(f"/candidate/certificates/{talk.interview_id}.json").status_code == 404
    for path in ("/interviews", f"/interviews/{talk.interview_id}", "/candidates"):
        assert "/login" in person.page(path).url


def test_messages_to_the_person_are_shown_next_steps_with_the_release(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    now = search.hr.now()
    actor: Actor = somebody(search.hr)
    for title, steps in (("Bring your passport", False), ("Second round on Friday", True)):
        draft = messages.Draft(
            f"invitation:{invitation_id}", {"en": title}, {"en": "x"}, now, now + timedelta(days=1), steps
        )
        messages.send(search.hr, actor, draft)
    text = person.page("/candidate/home").text
    assert "Bring your passport" in text
    assert "Second round on Friday" not in text


def test_the_pages_speak_chinese(search: Search) -> None:
    person, _ = inside(search, language="zh_CN")
    text = person.page("/candidate/home").text
    for words in ("李雷，您好", "进度", "AI 面试", "撤回同意并删除我的数据"):
        assert words in text
