"""Answers of a report as pages show them: with what can be played, marked words and corrections."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.runtime import Runtime
from backend.services import reports
from contract.events import ObjectRef
from report.changes import Change, changes
from report.model import AnswerInfo, InterviewReport
from report.spans import Span, spans


@dataclass(frozen=True, slots=True)
class Corrected:
    """A version of the candidate's correction and what it changes; ``back``: to the recognised words themselves."""

    at: datetime
    newest: bool
    back: bool
    changes: list[Change]


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer with its playable recording (None: there is none or it has not arrived) and its marked transcript."""

    number: int
    info: AnswerInfo
    media: ObjectRef | None
    awaited: bool
    pieces: list[Span]
    corrections: list[Corrected]

    @property
    def recorded(self) -> bool:
        return self.awaited or self.media is not None


def answer_views(hr: Runtime, report: InterviewReport) -> list[AnswerView]:
    here = reports.delivered(hr, report.interview_id)
    return [_answer(number, info, here) for number, info in enumerate(report.answers, start=1)]


def _answer(number: int, info: AnswerInfo, here: frozenset[str]) -> AnswerView:
    playable = [item for item in info.objects if item.media_type.startswith(("video/", "audio/"))]
    media = next((item for item in playable if item.object_id in here), None)
    pieces = spans(info.transcript) if info.transcript else []
    return AnswerView(number, info, media, bool(playable) and media is None, pieces, _corrections(info))


def _corrections(info: AnswerInfo) -> list[Corrected]:
    """The newest first."""
    recognised = info.transcript.text if info.transcript else None
    return [
        Corrected(
            version.at,
            newest=version is info.corrections[-1],
            back=version.text == recognised,
            changes=changes(version.text if recognised is None else recognised, version.text),
        )
        for version in reversed(info.corrections)
    ]
