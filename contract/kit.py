"""An interview kit: the signed package of questions, rules and texts a device needs to run an interview offline."""

from __future__ import annotations

from collections.abc import Sized
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from contract.canonical import MOST_INTEGER
from contract.envelope import SignedDocument, WireModel
from contract.kit_media import MOST_KIT_BYTES, MediaFile, PromptMedia, SpokenText
from contract.numbers import Ordinal
from contract.text import Localized


def _is_none(value: object) -> bool:
    return value is None


def _is_off(value: bool) -> bool:
    return not value


def _is_empty(value: Sized) -> bool:
    # what a kit does not use is not written, so that a kit of before is the same document as ever
    return len(value) == 0


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
    """One question with its rules. ``takes`` counts all recordings that may be made of it.

    ``prompt`` is always there as text; ``media`` shows or plays it besides. ``read_aloud``: language -> a sound.
    """

    question_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    kind: QuestionKind
    prompt: Localized
    hint: Localized = Field(default_factory=dict)
    media: PromptMedia | None = Field(default=None, exclude_if=_is_none)
    read_aloud: dict[str, SpokenText] = Field(default_factory=dict, exclude_if=_is_empty)
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

    @property
    def files(self) -> list[MediaFile]:
        """Every file it is asked with."""
        return [*([self.media] if self.media else []), *self.read_aloud.values()]


class Stage(WireModel):
    """``weight``: its share of the whole. ``difficulty``: 1 easy to 5 hard; stages go from easy to hard."""

    stage_id: str = Field(min_length=1, max_length=64)
    title: Localized
    weight: float = Field(default=1.0, gt=0)
    difficulty: int | None = Field(default=None, ge=1, le=5, exclude_if=_is_none)
    questions: list[Question] = Field(min_length=1)


class Tip(WireModel):
    """Advice for questions of ``kinds`` (empty: all) in kits for ``positions`` (empty: all).

    A position is matched by a part of its name in any language: ``engineer`` fits ``Software engineer``.
    """

    text: Localized
    kinds: list[QuestionKind] = Field(default_factory=list)
    positions: list[str] = Field(default_factory=list, max_length=50)

    def fits(self, kind: QuestionKind, position: dict[str, str]) -> bool:
        names = [name.casefold() for name in position.values()]
        wanted = [part.strip().casefold() for part in self.positions]
        here = not wanted or any(part in name for part in wanted for name in names)
        return here and (not self.kinds or kind in self.kinds)


class Consent(WireModel):
    """What the candidate is asked to agree to before anything is recorded (A3).

    ``elsewhere``: to which other service what is said may be given in writing, and what for; a choice of its own.
    Empty: to none, and nobody is asked.
    """

    version: str
    purpose: Localized
    full_text: Localized
    deletion: Localized
    elsewhere: Localized = Field(default_factory=dict, exclude_if=_is_empty)
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
    version: Ordinal
    kind: InterviewKind = InterviewKind.RECRUITMENT
    organisation: Localized
    department_id: str
    department: Localized
    position: Localized
    speech_language: str = Field(default="zh", pattern=r"^[a-z]{2,3}$")
    expected_minutes: int = Field(default=15, ge=1, le=240)
    total_seconds: int | None = Field(default=None, ge=60, le=MOST_INTEGER)
    restart_allowed: bool = True
    # devices may note facts about the picture of a recording, of candidates who agree to that apart; never scored
    picture_facts: bool = Field(default=False, exclude_if=_is_off)
    consent: Consent
    guide: Localized
    tips: list[Localized] = Field(default_factory=list)
    question_tips: list[Tip] = Field(default_factory=list, max_length=100, exclude_if=_is_empty)
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

    @field_validator("stages")
    @classmethod
    def _easy_to_hard(cls, stages: list[Stage]) -> list[Stage]:
        said = [stage.difficulty for stage in stages if stage.difficulty is not None]
        if said != sorted(said):
            raise ValueError("stages go from easy to hard")
        return stages

    @model_validator(mode="after")
    def _files_within_bounds(self) -> Kit:
        if self.practice is not None and self.practice.files:
            raise ValueError("the practice question is asked in words alone")
        if sum(file.size for file in self.files) > MOST_KIT_BYTES:
            raise ValueError(f"all files together have more than {MOST_KIT_BYTES} bytes")
        return self

    @property
    def files(self) -> list[MediaFile]:
        """What has to be on a device before the kit can be used, each file once, in the order of the questions."""
        return list({file.sha256: file for question in self.questions for file in question.files}.values())

    def tips_for(self, kind: QuestionKind) -> list[dict[str, str]]:
        """Its advice for questions of a kind."""
        return [tip.text for tip in self.question_tips if tip.fits(kind, self.position)]

    def share(self, stage: Stage) -> float:
        """What part of the whole a stage is, 0..1."""
        return stage.weight / sum(other.weight for other in self.stages)

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
