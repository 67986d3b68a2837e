"""The script an autopilot follows: what a candidate would say, type, choose and decide."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.interview.model import ExitKind, ExitReason
from contract.errors import ErrorCode, XudaError
from contract.kit import QuestionKind


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ConsentScript(_Part):
    recording: bool = True
    scoring: bool = True
    picture_facts: bool = False
    elsewhere: bool = False


class AnswerScript(_Part):
    """One answer: ``say`` (sound file) with ``picture`` (clip), or ``text``, or ``choice`` (0-based)."""

    say: Path | None = None
    picture: Path | None = None
    text: str | None = None
    choice: list[int] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> AnswerScript:
        given = [part for part in (self.say, self.text, self.choice) if part is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of say, text and choice")
        return self

    def fits(self, kind: QuestionKind) -> bool:
        if kind.spoken:
            return self.say is not None
        return self.choice is not None if kind.choice else self.text is not None


class LeaveScript(_Part):
    """Leave once ``after`` answers were given in this run."""

    after: int = Field(ge=0)
    how: ExitKind = ExitKind.SAVE
    reason: ExitReason = ExitReason.OTHER
    words: str = ""


class QuestionnaireScript(_Part):
    entrance_clear: int | None = Field(default=None, ge=1, le=5)
    flow_smooth: int | None = Field(default=None, ge=1, le=5)
    overall: int | None = Field(default=None, ge=1, le=5)
    words: str = ""


class Script(_Part):
    """``resume`` answers 是否继续上次未完成的面试?; ``recovered`` says what becomes of an answer a crash has cut.

    ``receipt``: print it on the system's printer before the end; without a printer the run ends as one that is stuck.
    """

    invitation: str
    consent: ConsentScript = ConsentScript()
    decline: bool = False
    answers: list[AnswerScript] = Field(default_factory=list)
    leave: LeaveScript | None = None
    resume: bool = True
    recovered: Literal["keep", "redo"] = "redo"
    questionnaire: QuestionnaireScript | None = None
    receipt: bool = False

    def answer_for(self, index: int, total: int, given: int) -> AnswerScript | None:
        """The answer for question ``index`` of ``total`` when ``given`` were answered in this run.

        A script with an answer for every question is read by the question's place; a shorter one in order, from the
        first question that is asked.
        """
        place = index if len(self.answers) >= total else given
        return self.answers[place] if place < len(self.answers) else None


def read_script(path: Path) -> Script:
    """Read a script; relative paths in it count from its folder. Raises XudaError(FILE_MISSING | FORMAT_INVALID)."""
    try:
        script = Script.model_validate_json(path.read_bytes())
    except OSError as error:
        raise XudaError(ErrorCode.FILE_MISSING, path=str(path)) from error
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "JSON"
        raise XudaError(ErrorCode.FORMAT_INVALID, field=where) from error
    answers = [_resolve(answer, path.parent) for answer in script.answers]
    return script.model_copy(update={"answers": answers})


def _resolve(answer: AnswerScript, folder: Path) -> AnswerScript:
    found: dict[str, Path] = {}
    for field, value in (("say", answer.say), ("picture", answer.picture)):
        if value is not None:
            beside = (folder / value).resolve()
            found[field] = beside if beside.exists() else value.resolve()
            if not found[field].exists():
                raise XudaError(ErrorCode.FILE_MISSING, path=str(value), field=field)
    return answer.model_copy(update=found)
