"""The saved answers of an interview, read from its events."""

from __future__ import annotations

from typing import cast

from app.interview.store import InterviewStore
from app.interview.views import AnswerView
from contract.events import (
    AnswerData,
    AnswerSealed,
    CorrectedData,
    CorrectedSealed,
    Event,
    EventType,
    TranscribedData,
    TranscribedSealed,
)


def answer_views(store: InterviewStore, interview_id: str) -> list[AnswerView]:
    events = store.events(interview_id)
    recognised: dict[str, str] = {}
    corrected: dict[str, str] = {}
    for event in events:
        if event.kind is EventType.TRANSCRIBED:
            words = cast(TranscribedSealed | None, store.open_sealed(event, TranscribedSealed))
            if words:
                recognised[event.parse_data(TranscribedData).answer_id] = words.text
        elif event.kind is EventType.CORRECTED:
            correction = cast(CorrectedSealed | None, store.open_sealed(event, CorrectedSealed))
            if correction:
                corrected[event.parse_data(CorrectedData).answer_id] = correction.text
    saved = (event for event in events if event.kind is EventType.ANSWER_SAVED)
    return [_view(store, event, recognised, corrected) for event in saved]


def _view(store: InterviewStore, event: Event, recognised: dict[str, str], corrected: dict[str, str]) -> AnswerView:
    data = event.parse_data(AnswerData)
    typed = cast(AnswerSealed | None, store.open_sealed(event, AnswerSealed))
    choices = typed.choices if typed else None
    return AnswerView(
        question_id=data.question_id,
        kind=data.kind.value,
        take=data.take,
        takes_used=data.takes_used,
        duration=data.duration,
        recovered=data.recovered,
        text=typed.text if typed else recognised.get(data.answer_id),
        choices=tuple(choices) if choices is not None else None,
        correction=corrected.get(data.answer_id),
        sha256=data.objects[0].sha256 if data.objects else None,
    )
