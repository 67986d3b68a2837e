"""From the events of an interview to its report: a pure function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from contract import events as ev
from contract.envelope import WireModel
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, HrState
from contract.kit import Kit, Question
from contract.manifest import Receipt
from contract.parts import Part, counting_parts, derive_whole_state, relation
from contract.text import pick
from report import model as m
from report import words
from report.asked import adjustment_info, media_info, standing
from report.delivery import measure

Sealed = TypeVar("Sealed", bound=WireModel)

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


@dataclass(frozen=True)
class PartSource:
    """A part with what is needed to show it.

    ``interview_key``: 32 bytes, or None when it is gone or may not be used: what the candidate said is then shown as
    unavailable. ``receipt``: verified, with the id of the key that signed it. ``verified``: nonces of the staff's
    adjustments that were checked and hold; None: nobody has checked.
    """

    part: Part
    kit: Kit
    interview_key: bytes | None
    device: str = ""
    receipt: Receipt | None = None
    receipt_key_id: str = ""
    verified: frozenset[str] | None = None


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
    """The report of an interview that one device gave; see :func:`build_whole_report`."""
    source = PartSource(
        part=Part(interview_id, 1, events),
        kit=kit,
        interview_key=interview_key,
        receipt=receipt,
        receipt_key_id=receipt_key_id,
    )
    return build_whole_report([source], candidate=candidate, generated_at=generated_at, language=language, state=state)


def build_whole_report(
    sources: Sequence[PartSource],
    *,
    candidate: m.CandidateInfo,
    generated_at: datetime,
    language: str = "zh_CN",
    state: HrState | None = None,
    redos: Sequence[m.RedoInfo] = (),
) -> m.InterviewReport:
    """The report of one interview, named after its first part.

    The events are verified ones in any order, duplicates allowed. ``state``: what HR shows (a person's decision, lost
    contact); without it the state that follows from the events. ``redos``: what HR has let be answered again. Raises
    nothing for damaged sealed parts: they are marked in the report.
    """
    sources = sorted(sources, key=lambda source: source.part.number)
    parts = [source.part for source in sources]
    kit = sources[-1].kit
    shown = state or derive_whole_state(parts)
    builders = [_Builder(source, language) for source in sources]
    answers = _merge_answers(builders, kit, parts)
    receipts = [_receipt(source.receipt, source.receipt_key_id) for source in sources]
    # what is answered again has a receipt of its own, and takes none from the interview
    given = [found for source, found in zip(sources, receipts, strict=True) if not source.part.again] or receipts
    questionnaires = [found for builder in builders if (found := builder.questionnaire())]
    return m.InterviewReport(
        interview_id=parts[0].interview_id,
        language=language,
        organisation=pick(kit.organisation, language),
        department=pick(kit.department, language),
        position=pick(kit.position, language),
        kit=m.KitInfo(kit_id=kit.kit_id, version=kit.version, kind=kit.kind),
        candidate=candidate,
        attempt=builders[-1].attempt(),
        state=m.StateInfo(code=shown, words=words.state_words(shown, language)),
        history=[entry for builder in builders for entry in builder.history()],
        exits=[entry for builder in builders for entry in builder.exits()],
        environment=[entry for builder in builders for entry in builder.environment()],
        consents=[entry for builder in builders for entry in builder.consents()],
        adjustments=[entry for builder in builders for entry in builder.adjustments()],
        answers=answers,
        unanswered=builders[-1].unanswered({answer.question_id for answer in answers}),
        questionnaire=questionnaires[-1] if questionnaires else None,
        content=_worst(*(builder.content() for builder in builders)),
        receipt=given[-1] if None not in given else None,
        parts=[_part_info(source, parts, receipt, language) for source, receipt in zip(sources, receipts, strict=True)],
        redos=list(redos),
        generated_at=generated_at,
    )


def _merge_answers(builders: Sequence[_Builder], kit: Kit, parts: Sequence[Part]) -> list[m.AnswerInfo]:
    """In the kit's order, then by part; answers to questions the kit does not have come last."""
    counting = counting_parts(parts)
    again = {part.number for part in parts if part.redo is not None}
    order = {question.question_id: place for place, question in enumerate(kit.questions)}
    found = [
        answer.model_copy(update=standing(answer, counting.get(answer.question_id), again))
        for builder in builders
        for answer in builder.answers()
    ]
    return sorted(found, key=lambda item: (order.get(item.question_id, len(order)), item.part, item.seq))


def _part_info(source: PartSource, parts: Sequence[Part], receipt: m.ReceiptInfo | None, language: str) -> m.PartInfo:
    part = source.part
    related = relation(part, parts)
    return m.PartInfo(
        number=part.number,
        interview_id=part.interview_id,
        device=source.device,
        relation=related,
        relation_words=words.relation_words(related, language),
        state=m.StateInfo(code=part.state, words=words.state_words(part.state, language)),
        answers=len(part.answered),
        receipt=receipt,
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
    """Reads the ordered events of one part; remembers whether a sealed part could not be opened."""

    def __init__(self, source: PartSource, language: str) -> None:
        self._kit = kit = source.kit
        self._events = source.part.ordered
        self._number = source.part.number
        self._key = source.interview_key
        self._language = language
        self._damaged = False
        self._verified = source.verified
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
                found.append(
                    m.EnvironmentInfo(seq=event.seq, at=event.at, event=event.kind, facts=facts, part=self._number)
                )
        return found

    def consents(self) -> list[m.ConsentInfo]:
        return [
            m.ConsentInfo(
                version=data.consent_version,
                recording=data.recording,
                scoring=data.scoring,
                picture_facts=data.picture_facts,
                elsewhere=data.elsewhere,
                at=event.at,
                part=self._number,
            )
            for event in self._of(EventType.CONSENTED)
            for data in [event.parse_data(ev.ConsentedData)]
        ]

    def adjustments(self) -> list[m.AdjustmentInfo]:
        return [
            adjustment_info(
                event, self._open(event, ev.AdjustedSealed)[0], self._verified, self._number, self._language
            )
            for event in self._of(EventType.ADJUSTED)
        ]

    def answers(self) -> list[m.AnswerInfo]:
        saved = {event.parse_data(ev.AnswerData).answer_id: event for event in self._of(EventType.ANSWER_SAVED)}
        newest = {event.data["question_id"]: answer_id for answer_id, event in saved.items()}
        return [self._answer(event, newest) for event in saved.values()]

    def unanswered(self, answered: set[str]) -> list[m.QuestionInfo]:
        return [
            m.QuestionInfo(
                question_id=q.question_id,
                stage=self._stage(q),
                prompt=self._pick(q.prompt),
                kind=q.kind,
                media=media_info(q, self._language),
            )
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

    def _open(self, event: Event, part: type[Sealed]) -> tuple[Sealed | None, m.Content]:
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
            part=self._number,
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
            part=self._number,
        )

    def _exit_words(self, event: Event) -> str | None:
        sealed, _ = self._open(event, ev.ExitSealed)
        return sealed.words if sealed else None

    def _answer(self, event: Event, newest: dict[str, str]) -> m.AnswerInfo:
        data = event.parse_data(ev.AnswerData)
        question = self._question(data.question_id)
        sealed, content = self._open(event, ev.AnswerSealed)
        transcript, heard = self._transcript(data.answer_id)
        corrections, corrected = self._corrections(data.answer_id)
        return m.AnswerInfo(
            question_id=data.question_id,
            stage=self._stage(question) if question else "",
            prompt=self._pick(question.prompt) if question else "",
            kind=data.kind,
            media=media_info(question, self._language) if question else None,
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
            correction=corrections[-1].text if corrections else None,
            corrections=corrections,
            delivery=measure(transcript) if transcript else None,
            objects=data.objects,
            part=self._number,
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

    def _corrections(self, answer_id: str) -> tuple[list[m.CorrectionInfo], m.Content]:
        found, worst = [], m.Content.AVAILABLE
        for event in self._all(EventType.CORRECTED, answer_id):
            sealed, content = self._open(event, ev.CorrectedSealed)
            worst = _worst(worst, content)
            if sealed is not None:
                found.append(m.CorrectionInfo(seq=event.seq, at=event.at, text=sealed.text))
        return found, worst

    def _newest(self, kind: EventType, answer_id: str) -> Event | None:
        found = self._all(kind, answer_id)
        return found[-1] if found else None

    def _all(self, kind: EventType, answer_id: str) -> list[Event]:
        return [event for event in self._of(kind) if event.data.get("answer_id") == answer_id]


def _worst(*contents: m.Content) -> m.Content:
    for content in (m.Content.DAMAGED, m.Content.SEALED):
        if content in contents:
            return content
    return m.Content.AVAILABLE
