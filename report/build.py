"""From the events of an interview to its report: a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from contract import events as ev
from contract.envelope import WireModel
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, HrState
from contract.kit import Kit, Question
from contract.manifest import Receipt
from contract.text import pick
from report import model as m
from report import words
from report.delivery import measure

Part = TypeVar("Part", bound=WireModel)

_MOVING = frozenset(
    {
        EventType.STARTED,
        EventType.DECLINED,
        EventType.PAUSED,
        EventType.RESUMED,
        EventType.ABANDONED,
        EventType.FINISHED,
        EventType.WITHDRAWN,
    }
)
_EXITS = frozenset({EventType.PAUSED, EventType.ABANDONED})
_ENVIRONMENTS = {
    EventType.STARTED: ev.StartedData,
    EventType.PAUSED: ev.ExitData,
    EventType.RESUMED: ev.ResumedData,
    EventType.ABANDONED: ev.ExitData,
}


def build_report(
    kit: Kit,
    events: Sequence[Event],
    interview_key: bytes | None,
    *,
    interview_id: str,
    candidate: m.CandidateInfo,
    generated_at: datetime,
    language: str = "zh_CN",
    state: HrState | None = None,
    receipt: Receipt | None = None,
    receipt_key_id: str = "",
) -> m.InterviewReport:
    """The report of one interview.

    ``events``: verified events in any order, duplicates allowed. ``interview_key``: 32 bytes, or None when it is gone
    or may not be used: what the candidate said is then shown as unavailable. ``state``: what HR shows (a person's
    decision, lost contact); without it the state that follows from the events. ``receipt``: verified, with the id of
    the key that signed it. Raises nothing for damaged sealed parts: they are marked in the report.
    """
    ordered = [event for _, event in sorted({event.seq: event for event in events}.items())]
    shown = state or ev.derive_state(ordered)
    builder = _Builder(kit, ordered, interview_key, language)
    answers = builder.answers()
    return m.InterviewReport(
        interview_id=interview_id,
        language=language,
        organisation=pick(kit.organisation, language),
        department=pick(kit.department, language),
        position=pick(kit.position, language),
        kit=m.KitInfo(kit_id=kit.kit_id, version=kit.version, kind=kit.kind),
        candidate=candidate,
        attempt=builder.attempt(),
        state=m.StateInfo(code=shown, words=words.state_words(shown, language)),
        history=builder.history(),
        exits=builder.exits(),
        environment=builder.environment(),
        consents=builder.consents(),
        answers=answers,
        unanswered=builder.unanswered({answer.question_id for answer in answers}),
        questionnaire=builder.questionnaire(),
        content=builder.content(),
        receipt=_receipt(receipt, receipt_key_id),
        generated_at=generated_at,
    )


def _receipt(receipt: Receipt | None, key_id: str) -> m.ReceiptInfo | None:
    if receipt is None:
        return None
    return m.ReceiptInfo(
        receipt_id=receipt.receipt_id,
        serial=receipt.serial,
        issued_at=receipt.issued_at,
        manifest_digest=receipt.manifest_digest,
        key_id=key_id,
    )


class _Builder:
    """Reads ordered events part by part; remembers whether a sealed part could not be opened."""

    def __init__(self, kit: Kit, events: list[Event], key: bytes | None, language: str) -> None:
        self._kit = kit
        self._events = events
        self._key = key
        self._language = language
        self._damaged = False
        self._stages = {q.question_id: stage for stage in kit.stages for q in stage.questions}

    def content(self) -> m.Content:
        if self._damaged:
            return m.Content.DAMAGED
        return m.Content.AVAILABLE if self._key is not None else m.Content.SEALED

    def attempt(self) -> int | None:
        started = [event.parse_data(ev.StartedData).attempt for event in self._of(EventType.STARTED)]
        return started[-1] if started else None

    def history(self) -> list[m.HistoryEntry]:
        return [self._history_entry(event) for event in self._events if event.kind in _MOVING]

    def exits(self) -> list[m.ExitInfo]:
        return [self._exit(event) for event in self._events if event.kind in _EXITS]

    def environment(self) -> list[m.EnvironmentInfo]:
        found = []
        for event in self._events:
            part = _ENVIRONMENTS.get(event.kind)
            facts = event.data.get("environment") if part else None
            if facts:
                found.append(m.EnvironmentInfo(seq=event.seq, at=event.at, event=event.kind, facts=facts))
        return found

    def consents(self) -> list[m.ConsentInfo]:
        return [
            m.ConsentInfo(
                version=data.consent_version,
                recording=data.recording,
                scoring=data.scoring,
                at=event.at,
            )
            for event in self._of(EventType.CONSENTED)
            for data in [event.parse_data(ev.ConsentedData)]
        ]

    def answers(self) -> list[m.AnswerInfo]:
        """In the kit's order; answers to questions the kit does not have come last."""
        saved = {event.parse_data(ev.AnswerData).answer_id: event for event in self._of(EventType.ANSWER_SAVED)}
        newest = {event.data["question_id"]: answer_id for answer_id, event in saved.items()}
        order = {question.question_id: place for place, question in enumerate(self._kit.questions)}
        found = [self._answer(event, newest) for event in saved.values()]
        return sorted(found, key=lambda answer: (order.get(answer.question_id, len(order)), answer.seq))

    def unanswered(self, answered: set[str]) -> list[m.QuestionInfo]:
        return [
            m.QuestionInfo(question_id=q.question_id, stage=self._stage(q), prompt=self._pick(q.prompt), kind=q.kind)
            for q in self._kit.questions
            if q.question_id not in answered
        ]

    def questionnaire(self) -> m.QuestionnaireInfo | None:
        found = self._of(EventType.QUESTIONNAIRE)
        if not found:
            return None
        data = found[-1].parse_data(ev.QuestionnaireData)
        sealed, _ = self._open(found[-1], ev.QuestionnaireSealed)
        return m.QuestionnaireInfo(**data.model_dump(), words=sealed.words if sealed else None)

    def _of(self, kind: EventType) -> list[Event]:
        return [event for event in self._events if event.kind is kind]

    def _pick(self, text: dict[str, str]) -> str:
        return pick(text, self._language)

    def _stage(self, question: Question) -> str:
        return self._pick(self._stages[question.question_id].title)

    def _open(self, event: Event, part: type[Part]) -> tuple[Part | None, m.Content]:
        if event.sealed is None:
            return None, m.Content.AVAILABLE
        if self._key is None:
            return None, m.Content.SEALED
        try:
            return event.open_sealed(part, self._key), m.Content.AVAILABLE
        except XudaError as error:
            if error.code not in (ErrorCode.SEALED_DAMAGED, ErrorCode.FORMAT_INVALID):
                raise
            self._damaged = True
            return None, m.Content.DAMAGED

    def _history_entry(self, event: Event) -> m.HistoryEntry:
        reason = event.data.get("reason")
        exit_words = self._exit_words(event) if event.kind in _EXITS else None
        after = ev.derive_state([event])
        return m.HistoryEntry(
            seq=event.seq,
            at=event.at,
            event=event.kind,
            event_words=words.event_words(event.kind, self._language),
            state=after,
            state_words=words.state_words(after, self._language),
            reason=reason,
            reason_words=words.reason_words(reason, self._language) if reason else None,
            words=exit_words,
        )

    def _exit(self, event: Event) -> m.ExitInfo:
        data = event.parse_data(ev.ExitData)
        return m.ExitInfo(
            seq=event.seq,
            at=event.at,
            event=event.kind,
            reason=data.reason,
            reason_words=words.reason_words(data.reason, self._language),
            words=self._exit_words(event),
            unanswered=data.unanswered,
        )

    def _exit_words(self, event: Event) -> str | None:
        sealed, _ = self._open(event, ev.ExitSealed)
        return sealed.words if sealed else None

    def _answer(self, event: Event, newest: dict[str, str]) -> m.AnswerInfo:
        data = event.parse_data(ev.AnswerData)
        question = self._question(data.question_id)
        sealed, content = self._open(event, ev.AnswerSealed)
        transcript, heard = self._transcript(data.answer_id)
        correction, corrected = self._correction(data.answer_id)
        return m.AnswerInfo(
            question_id=data.question_id,
            stage=self._stage(question) if question else "",
            prompt=self._pick(question.prompt) if question else "",
            kind=data.kind,
            answer_id=data.answer_id,
            seq=event.seq,
            at=event.at,
            take=data.take,
            takes_used=data.takes_used,
            duration=data.duration,
            thinking_used=data.thinking_used,
            recovered=data.recovered,
            superseded=newest[data.question_id] != data.answer_id,
            faults=data.faults,
            content=_worst(content, heard, corrected),
            text=sealed.text if sealed else None,
            choices=self._choices(question, sealed.choices) if sealed else None,
            transcript=transcript,
            correction=correction,
            delivery=measure(transcript) if transcript else None,
            objects=data.objects,
        )

    def _question(self, question_id: str) -> Question | None:
        try:
            return self._kit.question(question_id)
        except KeyError:
            return None

    def _choices(self, question: Question | None, chosen: list[int] | None) -> list[m.ChoiceInfo] | None:
        if chosen is None:
            return None
        texts = [self._pick(choice) for choice in question.choices] if question else []
        return [m.ChoiceInfo(index=i, text=texts[i] if 0 <= i < len(texts) else "") for i in chosen]

    def _transcript(self, answer_id: str) -> tuple[m.TranscriptInfo | None, m.Content]:
        event = self._newest(EventType.TRANSCRIBED, answer_id)
        if event is None:
            return None, m.Content.AVAILABLE
        data = event.parse_data(ev.TranscribedData)
        sealed, content = self._open(event, ev.TranscribedSealed)
        if sealed is None:
            return None, content
        info = m.TranscriptInfo(text=sealed.text, words=sealed.words, language=data.language, model=data.model)
        return info, content

    def _correction(self, answer_id: str) -> tuple[str | None, m.Content]:
        event = self._newest(EventType.CORRECTED, answer_id)
        if event is None:
            return None, m.Content.AVAILABLE
        sealed, content = self._open(event, ev.CorrectedSealed)
        return (sealed.text if sealed else None), content

    def _newest(self, kind: EventType, answer_id: str) -> Event | None:
        found = [event for event in self._of(kind) if event.data.get("answer_id") == answer_id]
        return found[-1] if found else None


def _worst(*contents: m.Content) -> m.Content:
    for content in (m.Content.DAMAGED, m.Content.SEALED):
        if content in contents:
            return content
    return m.Content.AVAILABLE
