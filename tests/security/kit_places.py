"""What the paths of kits, questions and drafts are filled with."""

from __future__ import annotations

from collections.abc import Callable

from backend.runtime import Runtime
from backend.services import kit_drafts, kit_plan, question_bank
from backend.services.duration import Level
from backend.services.kit_drafts import Start
from backend.services.question_bank import Written
from contract.kit import Question, QuestionKind
from tests.backend.world import COMMAND_LINE


def _question(hr: Runtime) -> str:
    asked = Question(question_id=question_bank.new_question_id(), kind=QuestionKind.TEXT, prompt={"": "Why?"})
    return question_bank.add(hr, COMMAND_LINE, Written(asked)).question_id


def _draft(hr: Runtime) -> str:
    """Of a kit with a practice question."""
    return kit_drafts.start(hr, COMMAND_LINE, Start(Level.JUNIOR, department_id="rd", title={"en": "Tester"}))


KIT_PATHS: dict[str, Callable[[Runtime], str]] = {
    "question_id": _question,
    "draft_id": _draft,
    "slot_id": lambda hr: "none",
    "item_id": lambda hr: kit_plan.PRACTICE,
}
