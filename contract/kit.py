"""An interview kit: the signed package of questions, rules and texts a device needs to run an interview offline."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from contract.envelope import SignedDocument, WireModel
from contract.text import Localized


class QuestionKind(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"

    @property
    def spoken(self) -> bool:
        return self in (QuestionKind.VIDEO, QuestionKind.AUDIO)

    @property
    def choice(self) -> bool:
        return self in (QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE)


class InterviewKind(StrEnum):
    RECRUITMENT = "recruitment"
    PROMOTION = "promotion"
    TRANSFER = "transfer"
    TRAINING = "training"


class Question(WireModel):
    """One question with its rules. ``takes`` counts all recordings that may be made of it."""

    question_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    kind: QuestionKind
    prompt: Localized
    hint: Localized = Field(default_factory=dict)
    thinking_seconds: int = Field(default=30, ge=0, le=1800)
    answer_seconds: int = Field(default=120, ge=5, le=3600)
    takes: int = Field(default=2, ge=1, le=20)
    weight: float = Field(default=1.0, gt=0)
    choices: list[Localized] = Field(default_factory=list, max_length=20)
    max_characters: int = Field(default=2000, ge=1, le=20000)

    @model_validator(mode="after")
    def _choices_fit_kind(self) -> Question:
        if self.kind.choice and len(self.choices) < 2:
            raise ValueError("a choice question needs at least two choices")
        if not self.kind.choice and self.choices:
            raise ValueError("only a choice question has choices")
        return self


class Stage(WireModel):
    stage_id: str = Field(min_length=1, max_length=64)
    title: Localized
    weight: float = Field(default=1.0, gt=0)
    questions: list[Question] = Field(min_length=1)


class Consent(WireModel):
    """What the candidate is asked to agree to before anything is recorded (A3)."""

    version: str
    purpose: Localized
    full_text: Localized
    deletion: Localized
    retention_days: int = Field(default=180, ge=1, le=180)


class Support(WireModel):
    phone: str = ""
    email: str = ""
    hours: Localized = Field(default_factory=dict)


class Faq(WireModel):
    question: Localized
    answer: Localized


class Kit(SignedDocument):
    """See module. ``speech_language`` is the language spoken in answers (``zh``, ``en``, …)."""

    kit_id: str = Field(min_length=1, max_length=32, pattern=r"^[a-z0-9][a-z0-9-]*$")
    version: int = Field(ge=1)
    kind: InterviewKind = InterviewKind.RECRUITMENT
    organisation: Localized
    department_id: str
    department: Localized
    position: Localized
    speech_language: str = Field(default="zh", pattern=r"^[a-z]{2,3}$")
    expected_minutes: int = Field(default=15, ge=1, le=240)
    total_seconds: int | None = Field(default=None, ge=60)
    restart_allowed: bool = True
    consent: Consent
    guide: Localized
    tips: list[Localized] = Field(default_factory=list)
    faq: list[Faq] = Field(default_factory=list)
    next_steps: Localized = Field(default_factory=dict)
    support: Support = Support()
    practice: Question | None = None
    stages: list[Stage] = Field(min_length=1)
    # HPKE (X25519) public key, base64url: interview keys are wrapped to it
    encryption_key: str

    @field_validator("stages")
    @classmethod
    def _unique_questions(cls, stages: list[Stage]) -> list[Stage]:
        seen: set[str] = set()
        for stage in stages:
            for question in stage.questions:
                if question.question_id in seen:
                    raise ValueError(f"question id {question.question_id} is used twice")
                seen.add(question.question_id)
        return stages

    @property
    def questions(self) -> list[Question]:
        """All questions in the order they are asked."""
        return [question for stage in self.stages for question in stage.questions]

    def question(self, question_id: str) -> Question:
        """Raises KeyError."""
        for question in self.questions:
            if question.question_id == question_id:
                return question
        raise KeyError(question_id)
