"""Questions that HR keeps: found, changed as new versions, never under a published kit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from backend.db.models import KitRow, Role
from backend.runtime import Runtime
from backend.services import (
    duration,
    kit_drafts,
    kits,
    organisation_keys,
    positions,
    question_bank,
    question_templates,
    rubrics,
)
from backend.services.actor import Actor
from backend.services.duration import Level
from backend.services.kit_drafts import Start
from backend.services.kit_plan import Move
from backend.services.positions import PositionDraft
from backend.services.question_bank import Wanted, Written
from contract.errors import ErrorCode, XudaError
from contract.kit import Question, QuestionKind
from tests.backend.world import BOTH, COMMAND_LINE, organisation

SKILLS = ["Python", "沟通", "C", "C++"]


DATABASES = BOTH


@pytest.fixture
def hr(tmp_path: Path, database: Callable[[], dict[str, str]]) -> Iterator[Runtime]:
    found = organisation(tmp_path / "data", **database())
    yield found
    found.close()


def question(key: str = "q-1", prompt: str = "请介绍一个项目", **more: object) -> Question:
    return Question.model_validate({"question_id": key, "kind": "video", "prompt": {"zh_CN": prompt}, **more})


def position(hr: Runtime, skills: list[str] | None = None) -> str:
    wish = PositionDraft("rd", {"zh_CN": "工程师", "en": "Engineer"}, 3, skills=SKILLS if skills is None else skills)
    return positions.add(hr, COMMAND_LINE, wish)


def accept_all(hr: Runtime, draft_id: str, *, keep: bool = False) -> None:
    for waiting in kit_drafts.one(hr, COMMAND_LINE, draft_id).plan.waiting:
        view = kit_drafts.one(hr, COMMAND_LINE, draft_id)
        written = Written(waiting.question, waiting.dimensions) if keep and waiting.item_id != "practice" else None
        kit_drafts.accept(hr, COMMAND_LINE, draft_id, view.revision, waiting, written)


def revision(hr: Runtime, draft_id: str) -> int:
    return kit_drafts.one(hr, COMMAND_LINE, draft_id).revision


def test_questions_are_found_by_words_kind_level_and_skill(hr: Runtime) -> None:
    add = question_bank.add
    spoken = Written(question(prompt="如何处理 50% 的 Failures"), skills=["Python", " python ", "沟通"])
    add(hr, COMMAND_LINE, spoken)
    add(hr, COMMAND_LINE, Written(question("q-2", "写一段话", kind="text"), skills=["写作"], level=Level.MANAGEMENT))

    def found(**wanted: object) -> list[str]:
        page = question_bank.listed(hr, COMMAND_LINE, Wanted(**wanted))  # type: ignore[arg-type]
        return sorted(row.written.question.question_id for row in page.rows)

    assert found() == ["q-1", "q-2"]
    assert found(text="failures 50%") == ["q-1"]
    assert found(text="500") == [], "a percent sign is itself"
    assert found(skill="PYTHON") == ["q-1"]
    assert found(kind=QuestionKind.TEXT) == ["q-2"]
    assert found(level=Level.JUNIOR) == ["q-1"], "without a level it fits every position"
    assert found(level=Level.MANAGEMENT) == ["q-1", "q-2"]
    everything = question_bank.listed(hr, COMMAND_LINE, Wanted())
    assert everything.skills == ["Python", "写作", "沟通"]
    question_bank.retire(hr, COMMAND_LINE, everything.rows[0].question_id, on=True)
    assert len(found()) == 1
    assert len(found(retired=True)) == 1


def test_a_change_is_a_new_version_and_the_kit_made_from_it_stays(hr: Runtime) -> None:
    kept = question_bank.add(hr, COMMAND_LINE, Written(question()))
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=position(hr), propose=False))
    kit_drafts.take(hr, COMMAND_LINE, draft_id, revision(hr, draft_id), "profession", kept.question_id)
    accept_all(hr, draft_id)
    made = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id)).kit
    newer = question_bank.change(hr, COMMAND_LINE, kept.question_id, 1, Written(question(prompt="另一个问题")))
    assert newer.version == 2
    with hr.db.read() as session:
        again = kits.stored_kit(session, made.kit_id)
    assert again.questions[0].prompt == {"zh_CN": "请介绍一个项目"}
    versions, uses = question_bank.history(hr, COMMAND_LINE, kept.question_id)
    assert [row.written.question.prompt["zh_CN"] for row in versions] == ["另一个问题", "请介绍一个项目"]
    assert [(use.kit_id, use.kit_version, use.bank_version) for use in uses] == [(made.kit_id, 1, 1)]
    assert question_bank.change(hr, COMMAND_LINE, kept.question_id, 2, Written(question(prompt="另一个问题"))) == newer
    with pytest.raises(XudaError) as refused:
        question_bank.change(hr, COMMAND_LINE, kept.question_id, 1, Written(question(prompt="第三个")))
    assert refused.value.code is ErrorCode.CONFLICT


def test_proposals_come_from_the_skills_and_nothing_is_published_unread(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=position(hr)))
    view = kit_drafts.one(hr, COMMAND_LINE, draft_id)
    assert not view.too_long
    assert not view.short
    prompts = [item.question.prompt for item in view.plan.items]
    assert len(prompts) >= 5
    assert all("{skill}" not in text for prompt in prompts for text in prompt.values())
    for skill in SKILLS:
        assert any(f"「{skill}」" in prompt["zh_CN"] and f"“{skill}”" in prompt["en"] for prompt in prompts), skill
    assert not any(item.accepted for item in view.plan.items)
    with pytest.raises(XudaError) as refused:
        kit_drafts.publish(hr, COMMAND_LINE, draft_id, view.revision)
    assert (refused.value.code, refused.value.field) == (ErrorCode.CONFLICT, "unread")
    accept_all(hr, draft_id, keep=True)
    added = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id))
    assert added.new
    assert [q.prompt for q in added.kit.questions] == prompts
    assert question_bank.listed(hr, COMMAND_LINE, Wanted()).total == len(prompts)
    with hr.db.read() as session:
        assert session.get_one(KitRow, (added.kit.kit_id, 1)).level == "junior"
    with pytest.raises(XudaError):
        kit_drafts.one(hr, COMMAND_LINE, draft_id)


def test_every_template_makes_questions_for_every_skill_with_ids_of_their_own() -> None:
    for level in Level:
        offered = question_templates.offered(level)
        assert {t.family for t in offered} >= {"opening", "behavioural", "situational", "knowledge"}
        made = [question_templates.draft(template, skill) for template in offered for skill in SKILLS]
        about = [
            item
            for template in offered
            if template.about_a_skill
            for item in made
            if item.origin == template.template_id
        ]
        names = [item.question.question_id for item in about]
        assert len(set(names)) == len(names)
        for item in made:
            assert set(item.question.prompt) == {"zh_CN", "en"}


def test_a_kit_that_is_too_long_needs_a_reason_also_from_a_file(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=position(hr)))
    accept_all(hr, draft_id)
    long = question("long", answer_seconds=900)
    kept = question_bank.add(hr, COMMAND_LINE, Written(long))
    kit_drafts.take(hr, COMMAND_LINE, draft_id, revision(hr, draft_id), "profession", kept.question_id)
    view = kit_drafts.one(hr, COMMAND_LINE, draft_id)
    assert view.too_long
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(XudaError) as refused:
            kit_drafts.publish(hr, COMMAND_LINE, draft_id, view.revision, reason)
        assert refused.value.field == "reason"
    file = view.plan.kit_file()
    with pytest.raises(XudaError) as told:
        kits.add_kit(hr, COMMAND_LINE, file)
    assert told.value.code is ErrorCode.KIT_INVALID
    added = kit_drafts.publish(hr, COMMAND_LINE, draft_id, view.revision, "两个专业 <合并>")
    with hr.db.read() as session:
        row = session.get_one(KitRow, (added.kit.kit_id, 1))
        assert "合并" not in (row.longer_because_sealed or "")
    assert kits.longer_because(hr, COMMAND_LINE, row) == "两个专业 <合并>"
    assert added.kit.expected_minutes == duration.of_kit(added.kit).minutes


def test_a_kit_of_the_portal_comes_back_from_its_file_as_the_same_kit(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.MANAGEMENT, position_id=position(hr)))
    accept_all(hr, draft_id)
    added = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id))
    file = rubrics.kit_file(hr, COMMAND_LINE, added.kit.kit_id)
    assert yaml.safe_load(file)["level"] == "management"
    again = kits.add_kit(hr, COMMAND_LINE, file)
    assert (again.new, again.rubric_new) == (False, False)


def test_a_published_kit_is_changed_as_a_draft_and_becomes_its_next_version(hr: Runtime) -> None:
    draft_id = kit_drafts.start_from_kit(hr, COMMAND_LINE, "test")
    before = kit_drafts.one(hr, COMMAND_LINE, draft_id).plan
    assert not before.waiting
    same = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id)).kit
    assert same.questions == kits_newest(hr, "test", 1).questions
    draft_id = kit_drafts.start_from_kit(hr, COMMAND_LINE, "test")
    second = kit_drafts.one(hr, COMMAND_LINE, draft_id).plan.items[1].item_id
    kit_drafts.change(hr, COMMAND_LINE, draft_id, 1, lambda plan: plan.move(second, Move.UP))
    with pytest.raises(XudaError) as late:
        kit_drafts.change(hr, COMMAND_LINE, draft_id, 1, lambda plan: plan.remove(second))
    assert late.value.field == "draft"
    kit = kit_drafts.publish(hr, COMMAND_LINE, draft_id, 2).kit
    assert [q.question_id for q in kit.questions] == ["q2", "q1"]
    assert kit.version == same.version + 1


def kits_newest(hr: Runtime, kit_id: str, version: int) -> object:
    with hr.db.read() as session:
        return kits.stored_kit(session, kit_id, version)


def test_the_questions_of_a_kit_are_taken_into_the_bank_once(hr: Runtime) -> None:
    assert kit_drafts.keep_questions(hr, COMMAND_LINE, "test") == 2
    assert kit_drafts.keep_questions(hr, COMMAND_LINE, "test") == 0
    rows = question_bank.listed(hr, COMMAND_LINE, Wanted()).rows
    assert {row.kits for row in rows} == {1}


def test_questions_move_across_the_edges_of_stages(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=position(hr, ["SQL"])))
    plan = kit_drafts.one(hr, COMMAND_LINE, draft_id).plan
    first = plan.stages[0].items[0].item_id
    order = [item.item_id for item in plan.items]
    for _ in range(len(order) + len(plan.stages)):
        plan.move(first, Move.DOWN)
    assert plan.stages[-1].items[-1].item_id == first
    for _ in range(len(order) + len(plan.stages)):
        plan.move(first, Move.UP)
    assert [item.item_id for item in plan.items] == order
    with pytest.raises(XudaError):
        plan.remove_stage(plan.stages[0].stage_id)


def test_department_heads_and_auditors_have_no_bank(hr: Runtime) -> None:
    for role in (Role.DEPARTMENT_HEAD, Role.AUDITOR):
        actor = Actor("u", "u", role, "rd")
        for ask in (
            lambda actor=actor: question_bank.listed(hr, actor, Wanted()),
            lambda actor=actor: kit_drafts.listed(hr, actor),
            lambda actor=actor: question_bank.add(hr, actor, Written(question())),
        ):
            with pytest.raises(XudaError) as refused:
                ask()
            assert refused.value.code is ErrorCode.FORBIDDEN


def test_time_is_counted_as_the_client_gives_it() -> None:
    once = duration.of_question(question(thinking_seconds=30, answer_seconds=100, takes=1))
    assert (once.expected, once.longest) == (130, 130)
    twice = duration.of_question(question(thinking_seconds=30, answer_seconds=100, takes=3))
    assert twice.longest == 390, "each retake has its time to think"
    assert once.expected < twice.expected < twice.longest
    read = duration.of_question(question(prompt="字" * 200, thinking_seconds=10, answer_seconds=60, takes=1))
    assert read.expected == 200 / 5 + 60, "who still reads does not think yet"
    both = duration.of_questions([question(answer_seconds=600), question("q-2", answer_seconds=600)], 300)
    assert both.expected == 300, "a time budget ends it"


def test_new_keys_publish_a_kit_anew_with_all_that_is_kept_beside_it(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, position_id=position(hr)))
    accept_all(hr, draft_id, keep=True)
    kept = question_bank.add(hr, COMMAND_LINE, Written(question("long", answer_seconds=900)))
    kit_drafts.take(hr, COMMAND_LINE, draft_id, revision(hr, draft_id), "profession", kept.question_id)
    made = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id), "两个专业合并").kit
    with hr.db.read() as session:
        rated = rubrics.of_kit(session, made).rubric
    organisation_keys.rotate(hr, COMMAND_LINE, signing=False, encryption=True)
    with hr.db.read() as session:
        fresh = kits.stored_kit(session, made.kit_id)
        row = session.get_one(KitRow, (fresh.kit_id, fresh.version))
        again = rubrics.of_kit(session, fresh).rubric
    assert fresh.version == made.version + 1
    assert again == rated
    assert row.level == "junior"
    assert kits.longer_because(hr, COMMAND_LINE, row) == "两个专业合并"
    _, uses = question_bank.history(hr, COMMAND_LINE, kept.question_id)
    assert [use.kit_version for use in uses] == [2, 1]


def test_a_file_becomes_a_draft_that_publishes_the_same_kit(hr: Runtime) -> None:
    draft_id = kit_drafts.start(hr, COMMAND_LINE, Start(Level.MANAGEMENT, position_id=position(hr)))
    accept_all(hr, draft_id)
    made = kit_drafts.publish(hr, COMMAND_LINE, draft_id, revision(hr, draft_id)).kit
    file = rubrics.kit_file(hr, COMMAND_LINE, made.kit_id)
    again = kit_drafts.start_from_file(hr, COMMAND_LINE, file)
    view = kit_drafts.one(hr, COMMAND_LINE, again)
    assert view.plan.level is Level.MANAGEMENT
    assert not view.plan.waiting
    same = kit_drafts.publish(hr, COMMAND_LINE, again, 1)
    assert (same.new, same.rubric_new, same.kit) == (False, False, made)
    for broken, field in (
        (file.replace(b"department_id: rd", b"department_id: nowhere"), "department_id"),
        (file.replace(b"level: management", b"level: chief"), "level"),
        (b"- a list", None),
    ):
        with pytest.raises(XudaError) as refused:
            kit_drafts.start_from_file(hr, COMMAND_LINE, broken)
        assert (refused.value.code, refused.value.field) == (ErrorCode.KIT_INVALID, field)
        assert refused.value.row
