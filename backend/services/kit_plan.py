"""A kit that is being put together: plain values and what people do to them, without a database."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field

import resources
from backend.services import duration
from backend.services.duration import Length, Level
from backend.services.rubric import Dimension, QuestionRubric, Rubric, default_rubric
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit, Question
from contract.text import Localized

PRACTICE = "practice"
MOST_ITEMS, MOST_STAGES = 60, 10
# what is filled in for every kit, and what the plan keeps apart from the kit's other values
_OWN = {"version", "encryption_key", "organisation", "department", "stages", "practice"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Item(_Part):
    """One question of the draft. ``accepted``: a person has read it; proposals begin without.

    ``bank_id`` and ``bank_version``: what it was taken from. ``origin``: which template proposed it.
    """

    item_id: str
    question: Question
    dimensions: list[Dimension] = Field(default_factory=list)
    skills: list[str] = Field(default_factory=list)
    accepted: bool = True
    bank_id: str | None = None
    bank_version: int | None = None
    origin: str = ""


class PlanStage(_Part):
    stage_id: str
    title: Localized
    weight: float = 1.0
    difficulty: int | None = None
    items: list[Item] = Field(default_factory=list)


class Move(StrEnum):
    UP = "up"
    DOWN = "down"


class Plan(_Part):
    """``values``: everything else of the kit's file. ``general``: what rates questions without own dimensions."""

    level: Level
    values: dict[str, Any]
    practice: Item | None = None
    stages: list[PlanStage] = Field(default_factory=list)
    general: list[Dimension] = Field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """Those that are asked, in their order."""
        return [item for stage in self.stages for item in stage.items]

    @property
    def waiting(self) -> list[Item]:
        """Those that nobody has accepted yet, the practice question too."""
        everything = [*self.items, *([self.practice] if self.practice else [])]
        return [item for item in everything if not item.accepted]

    @property
    def length(self) -> Length:
        return duration.of_questions((item.question for item in self.items), self.values.get("total_seconds"))

    def find(self, item_id: str) -> Item:
        """Raises XudaError(NOT_FOUND)."""
        if item_id == PRACTICE and self.practice is not None:
            return self.practice
        for item in self.items:
            if item.item_id == item_id:
                return item
        raise XudaError(ErrorCode.NOT_FOUND, field="question")

    def stage(self, stage_id: str) -> PlanStage:
        """Raises XudaError(NOT_FOUND)."""
        for stage in self.stages:
            if stage.stage_id == stage_id:
                return stage
        raise XudaError(ErrorCode.NOT_FOUND, field="stage")

    def add(self, stage_id: str, item: Item) -> None:
        """At the end of a stage; its question gets another id where the kit has that one already.

        Raises XudaError(NOT_FOUND | TOO_LARGE).
        """
        if len(self.items) >= MOST_ITEMS:
            raise XudaError(ErrorCode.TOO_LARGE, field="questions", limit=MOST_ITEMS)
        stage = self.stage(stage_id)
        item.question = item.question.model_copy(update={"question_id": self._free(item.question.question_id)})
        stage.items.append(item)

    def put(self, item: Item) -> None:
        """In the place of the item with its id. Raises XudaError(NOT_FOUND)."""
        if item.item_id == PRACTICE:
            self.practice = item
            return
        for stage in self.stages:
            for place, old in enumerate(stage.items):
                if old.item_id == item.item_id:
                    stage.items[place] = item
                    return
        raise XudaError(ErrorCode.NOT_FOUND, field="question")

    def remove(self, item_id: str) -> None:
        """Raises XudaError(NOT_FOUND)."""
        if item_id == PRACTICE and self.practice is not None:
            self.practice = None
            return
        self._stage_of(item_id).items.remove(self.find(item_id))

    def move(self, item_id: str, where: Move) -> None:
        """One place up or down; from the edge of a stage into the next one. Raises XudaError(NOT_FOUND)."""
        stage, item = self._stage_of(item_id), self.find(item_id)
        place = stage.items.index(item)
        step = -1 if where is Move.UP else 1
        if 0 <= place + step < len(stage.items):
            stage.items[place], stage.items[place + step] = stage.items[place + step], item
            return
        other = self.stages.index(stage) + step
        if 0 <= other < len(self.stages):
            stage.items.remove(item)
            target = self.stages[other].items
            target.insert(len(target) if where is Move.UP else 0, item)

    def add_stage(self, title: dict[str, str]) -> None:
        """At the end. Raises XudaError(TOO_LARGE)."""
        if len(self.stages) >= MOST_STAGES:
            raise XudaError(ErrorCode.TOO_LARGE, field="stages", limit=MOST_STAGES)
        hardest = max((stage.difficulty or 1 for stage in self.stages), default=1)
        stage_id = f"stage-{secrets.token_hex(3)}"
        self.stages.append(PlanStage(stage_id=stage_id, title=title, difficulty=hardest))

    def remove_stage(self, stage_id: str) -> None:
        """Raises XudaError(NOT_FOUND), CONFLICT while it has questions."""
        stage = self.stage(stage_id)
        if stage.items:
            raise XudaError(ErrorCode.CONFLICT, field="stage")
        self.stages.remove(stage)

    def kit_values(self) -> dict[str, Any]:
        """As in a kit's file; stages without a question are left out."""
        values = {**self.values, "level": self.level.value}
        values.setdefault("expected_minutes", min(240, self.length.minutes))
        if self.practice is not None:
            values["practice"] = self.practice.question.model_dump(mode="json")
        values["stages"] = [_written_stage(stage) for stage in self.stages if stage.items]
        rubric = self._rubric()
        if rubric is not None:
            values["rubric"] = rubric.model_dump(exclude_defaults=True)
        return values

    def kit_file(self) -> bytes:
        """The YAML that publishes exactly this, here or anywhere."""
        # through JSON: what YAML would write as an object of Python is a plain value there
        values = json.loads(json.dumps(self.kit_values()))
        return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=120).encode("utf-8")

    def _rubric(self) -> Rubric | None:
        own = [
            QuestionRubric(question_id=item.question.question_id, dimensions=item.dimensions)
            for item in self.items
            if item.dimensions
        ]
        if not own and not self.general:
            return None
        return Rubric(general=self.general or default_rubric().general, questions=own)

    def _stage_of(self, item_id: str) -> PlanStage:
        for stage in self.stages:
            if any(item.item_id == item_id for item in stage.items):
                return stage
        raise XudaError(ErrorCode.NOT_FOUND, field="question")

    def _free(self, question_id: str) -> str:
        taken = {item.question.question_id for item in self.items}
        if question_id not in taken:
            return question_id
        return next(name for name in _numbered(question_id) if name not in taken)

    @classmethod
    def of_kit(cls, kit: Kit, level: Level, rubric: Rubric | None) -> Self:
        """A published kit, to change: all of its questions count as read."""
        own = {part.question_id: part.dimensions for part in rubric.questions} if rubric else {}
        stages = [
            PlanStage(
                stage_id=stage.stage_id,
                title=stage.title,
                weight=stage.weight,
                difficulty=stage.difficulty,
                items=[new_item(q, dimensions=own.get(q.question_id, [])) for q in stage.questions],
            )
            for stage in kit.stages
        ]
        practice = Item(item_id=PRACTICE, question=kit.practice) if kit.practice else None
        values = kit.model_dump(mode="json", exclude=_OWN)
        return cls(
            level=level, values=values, practice=practice, stages=stages, general=rubric.general if rubric else []
        )

    @classmethod
    def first(cls, level: Level, values: dict[str, Any], stages: list[PlanStage]) -> Self:
        """A new kit with the usual texts, for a person to read."""
        texts = dict(_texts())
        question = Question.model_validate(texts.pop(PRACTICE))
        practice = Item(item_id=PRACTICE, question=question, accepted=False, origin="texts")
        return cls(level=level, values={**texts, **values}, practice=practice, stages=stages)


def new_item(question: Question, **more: Any) -> Item:
    return Item(item_id=secrets.token_hex(4), question=question, **more)


def _written_stage(stage: PlanStage) -> dict[str, Any]:
    written: dict[str, Any] = {"stage_id": stage.stage_id, "title": stage.title, "weight": stage.weight}
    if stage.difficulty is not None:
        written["difficulty"] = stage.difficulty
    return {**written, "questions": [item.question.model_dump(mode="json") for item in stage.items]}


def _numbered(name: str) -> Iterator[str]:
    number = 2
    while True:
        ending = f"-{number}"
        yield name[: 64 - len(ending)] + ending
        number += 1


@functools.cache
def _texts() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(resources.read("questions", "texts.yaml"))
    return found
