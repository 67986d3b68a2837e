"""Recommendations over a real database: who and what is proposed for which reasons, and what is never compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from backend.db.models import AuditRow, Batch, Interview, InvitationRow, Role
from backend.services import (
    batches,
    candidates,
    decisions,
    department_releases,
    erasure,
    positions,
    question_bank,
    recommended_people,
    recommended_questions,
    resume_intake,
    resumes,
)
from backend.services.candidates import Person
from backend.services.duration import Level
from backend.services.positions import PositionDraft
from backend.services.question_bank import Written
from backend.services.recommended_people import People
from backend.services.resume_rules import Education, Rules, Verdict
from contract.kit import Question, QuestionKind
from tests.backend.hiring import onboard
from tests.backend.staffing import Search, opened, refusal, somebody
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk

DATABASES = BOTH
ENGINEER = "本科，6 年工作经验。负责支付系统，主要用 Python 与 PostgreSQL。男，1995 年生，汉族。"
TESTER = "大专。熟悉 Python 自动化测试。"
SELLER = "负责华东区销售与客户关系。"


def place(backend: Served, *skills: str, title: str = "后端工程师", department: str = "rd") -> str:
    draft = PositionDraft(department, {"zh_CN": title, "en": "Backend engineer"}, 9, 0, skills)
    return positions.add(backend.hr, COMMAND_LINE, draft)


def pool(backend: Served, people: dict[str, str], *, department: str | None = None) -> dict[str, str]:
    """Name -> invitation, of people with résumés in a batch of its own."""
    hr, start = backend.hr, datetime.now(UTC) - timedelta(hours=1)
    more = {"title": "秋招", "not_before": start, "not_after": start + timedelta(days=2), "department_id": department}
    batch_id = batches.add_batch(hr, COMMAND_LINE, kit_id="test", **more)
    found, files = {}, []
    with hr.db.write() as session:
        batch = session.get_one(Batch, batch_id)
        for number, (name, text) in enumerate(people.items()):
            made = candidates.invite(hr, session, batch, Person(name, phone=f"1370000{number:04}"))
            found[name] = made.id
            files.append(resume_intake.Given(f"{name}.txt", text.encode()))
    resume_intake.take_in(hr, COMMAND_LINE, batch_id, [file for file in files if file.data])
    return found


def interviewed(backend: Served, booth: Booth, invitation_id: str, score: int) -> str:
    talk = Talk(booth, invitation_id)
    talk.started()
    talk.finished()
    talk.put_all()
    decisions.rate(backend.hr, somebody(backend.hr), talk.interview_id, score)
    return talk.interview_id


def names(found: People) -> list[str]:
    return [person.name for person in found.items]


@pytest.fixture
def search(own_backend: Served) -> Search:
    return opened(own_backend, wanted=2, place=place(own_backend, "Python", "支付系统/payments", "Kafka"))


def test_candidates_are_proposed_with_the_words_that_fit_and_what_is_missing(search: Search) -> None:
    pool(search.backend, {"李雷": ENGINEER, "韩梅梅": TESTER, "王强": SELLER, "赵敏": ""})
    found = recommended_people.candidates(search.hr, search.approver, search.requisition_id)
    assert (names(found), found.read, found.more, found.quotes) == (["李雷", "韩梅梅"], 3, False, True)
    best = found.items[0].fit
    assert [hit.wanted for hit in best.match.met] == ["Python", "支付系统/payments"]
    assert "主要用 Python 与 PostgreSQL" in best.match.met[0].quote
    assert best.match.missing == ["Kafka", "后端工程师/Backend engineer"]
    assert best.points > found.items[1].fit.points > 0
    with search.hr.db.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "recommend_candidates")).one()
    assert row.detail == {"shown": [person.invitation_id for person in found.items], "read": 3}
    assert row.target == f"requisition:{search.requisition_id}"


def test_degree_and_years_count_where_the_batchs_rules_ask_and_a_good_interview_helps(search: Search) -> None:
    hr, backend = search.hr, search.backend
    people = pool(backend, {"甲": "本科，6 年工作经验，Python", "乙": "大专，1 年工作经验，Python"})
    before = recommended_people.candidates(hr, search.approver, search.requisition_id).items
    assert before[0].fit.points == before[1].fit.points
    resumes.set_rules(hr, COMMAND_LINE, search.batch_id, Rules(must=["x"], education=Education.BACHELOR, years=3))
    first, second = recommended_people.candidates(hr, search.approver, search.requisition_id).items
    assert (first.name, [reason.verdict for reason in first.fit.demands]) == ("甲", [Verdict.MET, Verdict.MET])
    assert [reason.rule for reason in second.fit.demands] == ["education", "years"], "keywords are the skills' matter"
    interviewed(backend, backend.enrol(), people["乙"], 95)
    found = {p.name: p for p in recommended_people.candidates(hr, search.approver, search.requisition_id).items}
    assert (found["乙"].fit.score, found["甲"].fit.score) == (95, None)
    assert found["乙"].fit.points > second.fit.points


def test_sex_age_and_origin_are_compared_by_no_way(own_backend: Served) -> None:
    search = opened(own_backend, place=place(own_backend, "男", "汉族", "Python"))
    one = "Python。男，1995 年生，汉族，已婚，籍贯北京。"
    pool(own_backend, {"甲": one, "乙": "Python。女，1970 年生，回族，未婚，籍贯新疆。"})
    found = recommended_people.candidates(search.hr, search.approver, search.requisition_id)
    assert found.left_out == ("男", "汉族")
    assert len({person.fit.points for person in found.items}) == 1
    assert {hit.wanted for person in found.items for hit in person.fit.match.met} == {"Python"}


def test_who_is_invited_for_it_has_a_place_or_was_erased_is_not_proposed(search: Search) -> None:
    hr, backend = search.hr, search.backend
    people = pool(backend, {"甲": ENGINEER, "乙": ENGINEER, "丙": ENGINEER})
    other = opened(backend, place=place(backend, "Python", title="其他"))
    with hr.db.write() as session:
        session.get_one(
            Batch, session.get_one(InvitationRow, people["甲"]).batch_id
        ).requisition_id = other.requisition_id
    assert names(recommended_people.candidates(hr, search.approver, other.requisition_id)) == []
    onboard(other, interviewed(backend, backend.enrol(), people["甲"], 90))
    assert sorted(names(recommended_people.candidates(hr, search.approver, search.requisition_id))) == ["丙", "乙"]
    with hr.db.write() as session:
        erasure.erase(session, session.get_one(InvitationRow, people["乙"]).candidate_id, hr.now())
    assert names(recommended_people.candidates(hr, search.approver, search.requisition_id)) == ["丙"]


def test_a_head_gets_people_whose_interviews_hr_has_released_without_their_resumes_words(search: Search) -> None:
    hr, backend = search.hr, search.backend
    people = pool(backend, {"甲": ENGINEER, "乙": ENGINEER})
    interview_id = interviewed(backend, backend.enrol(), people["甲"], 70)
    head, stranger = (somebody(hr, Role.DEPARTMENT_HEAD, name) for name in ("rd", "sales"))
    assert names(recommended_people.candidates(hr, head, search.requisition_id)) == []
    department_releases.release(hr, somebody(hr), interview_id)
    found = recommended_people.candidates(hr, head, search.requisition_id)
    assert (names(found), found.quotes) == (["甲"], False)
    assert refusal(recommended_people.candidates, hr, stranger, search.requisition_id)[0] == "not_found"
    assert refusal(recommended_people.places, hr, head, people["甲"])[0] == "forbidden"
    auditor = somebody(hr, Role.AUDITOR)
    assert refusal(recommended_people.candidates, hr, auditor, search.requisition_id)[0] == "forbidden"


def test_blind_review_keeps_who_is_being_rated_out(search: Search) -> None:
    hr, backend = search.hr, search.backend
    people = pool(backend, {"甲": ENGINEER, "乙": ENGINEER})
    talk = Talk(backend.enrol(), people["甲"])
    talk.started()
    talk.put_all()
    with hr.db.write() as session:
        session.get_one(Batch, session.get_one(InvitationRow, people["甲"]).batch_id).blind_review = True
    assert names(recommended_people.candidates(hr, search.approver, search.requisition_id)) == ["乙"]
    assert refusal(recommended_people.places, hr, search.approver, people["甲"]) == ("not_found", "invitation")
    assert recommended_people.places(hr, search.approver, people["乙"]).name == "乙"


def test_open_requisitions_are_proposed_for_a_resume(search: Search) -> None:
    hr, backend = search.hr, search.backend
    seller = opened(backend, place=place(backend, "销售", title="销售经理", department="sales"))
    people = pool(backend, {"李雷": ENGINEER, "王强": SELLER, "赵敏": ""})
    found = recommended_people.places(hr, search.approver, people["李雷"])
    assert [(one.requisition_id, one.invited) for one in found.items] == [(search.requisition_id, False)]
    assert found.items[0].fit.match.missing == ["Kafka", "后端工程师/Backend engineer"]
    assert [one.requisition_id for one in recommended_people.places(hr, search.approver, people["王强"]).items] == [
        seller.requisition_id
    ]
    nobody = recommended_people.places(hr, search.approver, people["赵敏"])
    assert (nobody.items, nobody.problem) == ([], "none")
    with hr.db.read() as session:
        told = session.scalars(select(AuditRow).where(AuditRow.action == "recommend_positions")).all()
        assert session.query(Interview).count() == 0
    assert [row.detail for row in told] == [
        {"shown": [search.requisition_id]},
        {"shown": [seller.requisition_id]},
    ]


def bank(backend: Served, key: str, prompt: str, *skills: str, level: Level | None = None) -> str:
    question = Question(question_id=key, kind=QuestionKind.VIDEO, prompt={"zh_CN": prompt})
    written = Written(question, (), skills, level)
    return question_bank.add(backend.hr, COMMAND_LINE, written).question_id


def test_questions_are_proposed_by_skill_and_drafted_where_the_bank_has_none(own_backend: Served) -> None:
    hr = own_backend.hr
    marked = bank(own_backend, "one", "请介绍您最得意的项目。", "python")
    said = bank(own_backend, "two", "您如何用 Python 排查内存泄漏?")
    boss = bank(own_backend, "three", "您如何带 Python 团队?", "Python", level=Level.MANAGEMENT)
    bank(own_backend, "four", "您如何看待加班?")
    gone = bank(own_backend, "five", "Python 的旧题", "Python")
    question_bank.retire(hr, COMMAND_LINE, gone, on=True)
    position_id = place(own_backend, "Python", "Kafka", "女")
    found = recommended_questions.take(hr, somebody(hr), position_id, Level.JUNIOR, "zh_CN")
    python, kafka = found.skills
    assert [(offer.view.question_id, offer.marked) for offer in python.offers] == [(marked, ("python",)), (said, ())]
    assert python.offers[1].hit is not None
    assert "Python" in python.offers[1].hit.quote
    assert python.offers[0].points > python.offers[1].points
    assert (python.drafts, kafka.offers) == ([], [])
    assert "Kafka" in kafka.drafts[0].prompt["zh_CN"]
    assert found.left_out == ("女",)
    manager = recommended_questions.take(hr, somebody(hr), position_id, Level.MANAGEMENT, "zh_CN")
    assert boss in [offer.view.question_id for offer in manager.skills[0].offers]
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    assert refusal(recommended_questions.take, hr, head, position_id, Level.JUNIOR, "zh_CN")[0] == "forbidden"
