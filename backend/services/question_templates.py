"""Drafts of questions from a position's skills, by plain templates (resources/questions/templates.yaml)."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import yaml
from pydantic import BaseModel, ConfigDict, Field

import resources
from backend.services.duration import Level, of_questions
from backend.services.kit_plan import Item, PlanStage, new_item
from backend.services.rubric import Dimension
from contract.canonical import sha256_hex
from contract.kit import Question, QuestionKind
from contract.text import Localized

# none of the proposals is asked when the position names no skill
_MOST_SKILLS = 8


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Template(_Part):
    """``needs_skill``: its text has a place for one."""

    template_id: str
    family: str
    kind: QuestionKind
    levels: list[Level] = Field(default_factory=lambda: list(Level))
    prompt: Localized
    hint: Localized = Field(default_factory=dict)
    thinking_seconds: int
    answer_seconds: int
    takes: int
    max_characters: int = 2000
    scales: list[str] = Field(default_factory=list)
    needs_skill: bool = True

    @property
    def about_a_skill(self) -> bool:
        return self.needs_skill and self.family != "opening"


class StageTemplate(_Part):
    stage_id: str
    title: Localized
    families: list[str]
    weight: float
    difficulty: int


class Templates(_Part):
    stages: list[StageTemplate]
    scales: dict[str, Dimension]
    templates: list[Template]


@functools.cache
def templates() -> Templates:
    return Templates.model_validate(yaml.safe_load(resources.read("questions", "templates.yaml")))


def stages() -> list[PlanStage]:
    """The usual stages, without questions."""
    return [_stage(found) for found in templates().stages]


def propose(level: Level, skills: Sequence[str], most_minutes: int) -> list[PlanStage]:
    """The usual stages with drafts for the skills in their order, as many as fit into ``most_minutes``.

    Nothing of it is accepted: that is for a person.
    """
    found = stages()
    for template, skill in _wishes(level, skills):
        item = draft(template, skill)
        asked = [question.question for stage in found for question in stage.items]
        if of_questions([*asked, item.question]).minutes > most_minutes:
            break
        stage_for(template.family, found).items.append(item)
    return found


def draft(template: Template, skill: str) -> Item:
    """One proposal. ``skill`` is put into the text as it is written."""
    known = templates().scales
    name = f"{template.template_id}-{_number(skill)}" if template.about_a_skill else template.template_id
    question = Question(
        question_id=name,
        kind=template.kind,
        prompt=_filled(template.prompt, skill),
        hint=_filled(template.hint, skill),
        thinking_seconds=template.thinking_seconds,
        answer_seconds=template.answer_seconds,
        takes=template.takes,
        max_characters=template.max_characters,
    )
    scales = [known[scale] for scale in template.scales]
    skills = [skill] if skill and template.about_a_skill else []
    return new_item(question, dimensions=scales, skills=skills, accepted=False, origin=template.template_id)


def stage_for(family: str, among: Sequence[PlanStage]) -> PlanStage:
    """The stage in which questions of a family are asked; the last one where none is named for it."""
    named = next((stage.stage_id for stage in templates().stages if family in stage.families), "")
    return next((stage for stage in among if stage.stage_id == named), among[-1])


def offered(level: Level) -> list[Template]:
    return [template for template in templates().templates if level in template.levels]


def _wishes(level: Level, skills: Sequence[str]) -> Iterator[tuple[Template, str]]:
    """First what is asked of everybody, then the skills one after the other, each by another template."""
    known = offered(level)
    for template in known:
        if not template.about_a_skill:
            yield template, ""
    spoken = [template for template in known if template.about_a_skill and template.kind.spoken]
    wanted = list(dict.fromkeys(skill.strip() for skill in skills if skill.strip()))[:_MOST_SKILLS]
    for turn in range(len(spoken)):
        for place, skill in enumerate(wanted):
            yield spoken[(place + turn) % len(spoken)], skill


def _filled(text: dict[str, str], skill: str) -> dict[str, str]:
    # not str.format: a skill may have braces of its own
    return {tag: words.replace("{skill}", skill) for tag, words in text.items()}


def _number(skill: str) -> str:
    """A short name for a skill in any script, the same each time; C and C++ get different ones."""
    plain = "".join(c for c in skill.casefold() if c.isascii() and c.isalnum())[:16]
    return f"{plain}{'-' if plain else ''}{sha256_hex(skill.encode())[:6]}"


def _stage(found: StageTemplate) -> PlanStage:
    return PlanStage(
        stage_id=found.stage_id, title=found.title, weight=found.weight, difficulty=found.difficulty, items=[]
    )
