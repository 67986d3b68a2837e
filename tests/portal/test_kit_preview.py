"""The preview says what the client's screens say: the same words, order and limits."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

import resources
from app.interview import plan
from app.ui.i18n import Texts
from app.ui.screens import entry, question
from backend.portal import kit_preview
from contract.catalog import load
from contract.invitation import Adjustments
from contract.kit import InterviewKind, Kit, QuestionKind

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def kit() -> Kit:
    values = yaml.safe_load(resources.read("kits", "demo.yaml"))
    values.pop("rubric")
    for stage in values["stages"]:
        for asked in stage["questions"]:
            asked.pop("media", None)
            asked.pop("read_aloud", None)
    filled = {"organisation": "O", "department": "D", "version": 1, "encryption_key": "x"}
    return Kit.model_validate({**values, **filled})


def said(folder: str) -> set[str]:
    """Every text in the code of a folder."""
    found: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_word_of_the_preview_is_a_word_of_the_client() -> None:
    tree = ast.parse((ROOT / "backend/portal/kit_preview.py").read_text(encoding="utf-8"))
    asked = [
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "many")
        for argument in node.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
    texts = {*asked, *kit_preview.TIPS.values(), *kit_preview.KINDS.values()}
    assert len(texts) > 20
    assert texts <= said("app/ui")
    chinese = load("client", "zh_CN")
    for text in texts - {"{n} takes left"}:
        assert chinese.gettext(text) != text, text


def test_tips_and_kinds_are_those_of_the_client() -> None:
    assert kit_preview.TIPS == question.TIPS
    assert kit_preview.KINDS == entry.KINDS
    assert set(kit_preview.TIPS) == set(QuestionKind)
    assert set(kit_preview.KINDS) == set(InterviewKind)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_order_texts_and_limits_are_those_of_the_client(kit: Kit, language: str) -> None:
    texts, shown = Texts(language), kit_preview.screens(kit, language).questions
    places = plan.places(kit)
    assert len(shown) == len(places)
    for screen, place in zip(shown, places, strict=True):
        rules = plan.rules_for(place.question, Adjustments())
        stage = texts.t(
            "Stage {n} of {total}: {title}",
            n=place.stage_index + 1,
            total=len(kit.stages),
            title=texts.pick(place.stage.title),
        )
        assert screen.line.startswith(
            stage + "  ·  " + texts.t("Question {n} of {total}", n=place.index + 1, total=len(places))
        )
        assert screen.prompt == texts.pick(place.question.prompt)
        assert screen.hint == texts.pick(place.question.hint)
        facts = "\n".join(screen.facts)
        if rules.kind.spoken:
            assert texts.span(rules.answer_seconds) in facts
            assert texts.n("{n} take left", "{n} takes left", rules.takes) in facts
            assert texts.minutes(rules.thinking_seconds) in facts
        else:
            assert texts.minutes(rules.thinking_seconds + rules.answer_seconds) in facts
        assert screen.choices == [texts.pick(choice) for choice in place.question.choices]


def test_a_text_that_is_missing_in_a_language_is_told(kit: Kit) -> None:
    first = kit.questions[0].model_copy(update={"prompt": {"zh_CN": "只有中文"}})
    stage = kit.stages[0].model_copy(update={"questions": [first]})
    single = kit.model_copy(update={"stages": [stage]})
    assert [shown.missing for shown in kit_preview.screens(single, "en").questions] == [True]
    assert [shown.missing for shown in kit_preview.screens(single, "zh_CN").questions] == [False]
