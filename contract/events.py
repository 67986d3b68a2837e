"""Events: what happened in an interview, append-only, numbered from 1 on the device, signed by the device's key.

Ids, states, counts and times travel in clear; every personal value (answers, transcripts, words of a reason) is one
sealed JSON value under the interview's key. The state at HR is derived from events alone, in the order of their
numbers, so the same events in any order and any number of times give the same state.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import AwareDatetime, Field, ValidationError, ValidationInfo, field_validator

from contract.canonical import canonical_json, check_plain, sha256_hex
from contract.envelope import SignedDocument, WireModel
from contract.errors import ErrorCode, XudaError
from contract.kit import QuestionKind
from contract.numbers import Count, Moment, Ordinal, Seconds
from contract.progress import Carried
from contract.sealed import open_value, seal_value


class HrState(StrEnum):
    """States of an interview at HR (DESIGN, words). The last three are decisions of a person, never of an event."""

    INVITED = "invited"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    PENDING_REVIEW = "pending_review"
    INCOMPLETE = "incomplete"
    DECLINED = "declined"
    SECOND_ROUND = "second_round"
    REJECTED = "rejected"
    PENDING_ONBOARDING = "pending_onboarding"


class EventType(StrEnum):
    STARTED = "started"
    CONSENTED = "consented"
    DECLINED = "declined"
    ANSWER_SAVED = "answer_saved"
    TRANSCRIBED = "transcribed"
    CORRECTED = "corrected"
    PAUSED = "paused"
    RESUMED = "resumed"
    ABANDONED = "abandoned"
    FINISHED = "finished"
    QUESTIONNAIRE = "questionnaire"
    WITHDRAWN = "withdrawn"
    ADJUSTED = "adjusted"
    PICTURED = "pictured"


STATE_AFTER = {
    EventType.STARTED: HrState.IN_PROGRESS,
    EventType.DECLINED: HrState.DECLINED,
    EventType.PAUSED: HrState.PAUSED,
    EventType.RESUMED: HrState.IN_PROGRESS,
    EventType.ABANDONED: HrState.INCOMPLETE,
    EventType.FINISHED: HrState.PENDING_REVIEW,
    EventType.WITHDRAWN: HrState.INCOMPLETE,
}

FINAL_STATES = frozenset({HrState.PENDING_REVIEW, HrState.INCOMPLETE, HrState.DECLINED})


class WordModel(WireModel):
    """``start``/``end`` in seconds from the start of the take, ``probability`` 0..1."""

    text: str
    start: Moment
    end: Moment
    probability: float


class ObjectRef(WireModel):
    """A sealed file: ``size`` and ``sha256`` (hex) are of the ciphertext."""

    object_id: str
    media_type: str
    size: Count
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


# ---- clear and sealed parts of each event type -------------------------------------------------------------------


class StartedData(WireModel):
    """``wrapped_key``: the interview key wrapped to the organisation. ``attempt`` counts from 1 per invitation.

    ``carried``: what other devices had done of the attempt when this one began its part (contract.parts).
    """

    invitation_id: str = Field(max_length=64)
    kit_id: str = Field(max_length=32)
    kit_version: int = Field(ge=1, le=1_000_000)
    attempt: int = Field(ge=1, le=1_000_000)
    wrapped_key: str = Field(max_length=1000)
    language: str = Field(max_length=64)
    app_version: str = Field(max_length=64)
    environment: dict[str, Any]
    carried: Carried | None = None
    # the batch in which the candidate has registered on this device; who it is, is sealed (contract.walkin)
    walk_in: str | None = Field(default=None, max_length=36, exclude_if=lambda value: value is None)


class ConsentedData(WireModel):
    """``picture_facts``: of a kit that asks for facts about the picture; None: it was not asked.
    ``elsewhere``: what is said may be given to the service that the kit names (contract.kit.Consent)."""

    consent_version: str
    recording: bool
    scoring: bool
    picture_facts: bool | None = Field(default=None, exclude_if=lambda value: value is None)
    elsewhere: bool = Field(default=False, exclude_if=lambda value: value is False)


class DeclinedData(WireModel):
    consent_version: str


class FaultModel(WireModel):
    code: str
    at: Moment


class AnswerData(WireModel):
    """``take`` counts from 1; ``takes_used`` are the takes that counted. ``duration``: seconds, 0 without sound."""

    answer_id: str
    question_id: str
    kind: QuestionKind
    take: Ordinal
    takes_used: Count
    duration: Seconds
    thinking_used: Seconds = 0
    objects: list[ObjectRef] = Field(default_factory=list)
    recovered: bool = False
    faults: list[FaultModel] = Field(default_factory=list)
    counts: dict[str, Count] = Field(default_factory=dict)


class AnswerSealed(WireModel):
    """``text`` for a text question, ``choices`` (0-based) for a choice question."""

    text: str | None = None
    choices: list[Count] | None = None


class TranscribedData(WireModel):
    answer_id: str
    model: str
    language: str
    words: Count


class TranscribedSealed(WireModel):
    text: str
    words: list[WordModel]


class CorrectedData(WireModel):
    answer_id: str


class CorrectedSealed(WireModel):
    text: str


class ExitData(WireModel):
    """Data of paused and abandoned. ``reason`` is one of the client's ExitReason values.

    ``takes_used``: takes that counted, per question without an answer. ``seconds_used``: of the total time budget.
    """

    reason: str
    environment: dict[str, Any] = Field(default_factory=dict)
    unanswered: Count = 0
    takes_used: dict[str, Count] = Field(default_factory=dict)
    seconds_used: Seconds = 0


class ExitSealed(WireModel):
    words: str


class ResumedData(WireModel):
    environment: dict[str, Any] = Field(default_factory=dict)


class FinishedData(WireModel):
    answers: Count
    reason: str = "completed"


class QuestionnaireData(WireModel):
    """Ratings 1..5; None: not answered."""

    entrance_clear: int | None = Field(default=None, ge=1, le=5)
    flow_smooth: int | None = Field(default=None, ge=1, le=5)
    overall: int | None = Field(default=None, ge=1, le=5)


class QuestionnaireSealed(WireModel):
    words: str


class WithdrawnData(WireModel):
    """The candidate took the consent back and asks for deletion; the device has destroyed its keys.

    ``invitation_id`` and ``attempt`` say whose interview it is: the events before this one are not sent any more.
    """

    invitation_id: str | None = None
    attempt: Ordinal | None = None


class PictureFact(StrEnum):
    """What a device may note about the picture of a recording. Nothing about who it is, or what is felt."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    LOOKING_AWAY = "looking_away"


class PictureSpan(WireModel):
    """``start``/``end`` in seconds from the start of the take."""

    kind: PictureFact
    start: Seconds
    end: Seconds


class PicturedData(WireModel):
    """The device has looked at the picture of an answer, of a candidate who has agreed to that; never scored."""

    answer_id: str


class PicturedSealed(WireModel):
    """``looked``: seconds of the take in which the picture could be judged; ``spans`` lie within, one after another."""

    looked: Seconds
    spans: list[PictureSpan] = Field(max_length=2000)

    @field_validator("spans")
    @classmethod
    def _one_after_another(cls, spans: list[PictureSpan], info: ValidationInfo) -> list[PictureSpan]:
        edges = [edge for span in spans for edge in (span.start, span.end)]
        if edges != sorted(edges):
            raise ValueError("spans follow each other")
        # rounded each on its own
        if sum(span.end - span.start for span in spans) > info.data.get("looked", 0.0) + 0.01 * (1 + len(spans)):
            raise ValueError("spans are longer than what was looked at")
        return spans


class AdjustedData(WireModel):
    """Staff have adjusted the interview on the spot; the candidate has from now on what this and the roster allow.

    ``delegation_id`` is empty when the organisation's own key has signed. ``nonce``: by which it is used once.
    """

    delegation_id: str = Field(max_length=36)
    nonce: str = Field(pattern=r"^[0-9a-f]{12}$")


class AdjustedSealed(WireModel):
    """What was given, why (a contract.adjusting.AdjustmentReason) and by whom: it can be about a person's health.

    ``token``: the signed word (contract.adjusting) that HR verifies again; ``subject``: what it was signed for.
    """

    token: str = Field(max_length=300)
    subject: str = Field(max_length=64)
    time_factor: float = Field(ge=1.0, le=4.0)
    extra_takes: int = Field(ge=0, le=10)
    answer_as: str | None = Field(default=None, pattern=r"^(audio|text)$")
    reason: str = Field(max_length=64)
    holder: str = Field(max_length=120)


_DATA: dict[EventType, type[WireModel]] = {
    EventType.STARTED: StartedData,
    EventType.CONSENTED: ConsentedData,
    EventType.DECLINED: DeclinedData,
    EventType.ANSWER_SAVED: AnswerData,
    EventType.TRANSCRIBED: TranscribedData,
    EventType.CORRECTED: CorrectedData,
    EventType.PAUSED: ExitData,
    EventType.RESUMED: ResumedData,
    EventType.ABANDONED: ExitData,
    EventType.FINISHED: FinishedData,
    EventType.QUESTIONNAIRE: QuestionnaireData,
    EventType.WITHDRAWN: WithdrawnData,
    EventType.ADJUSTED: AdjustedData,
    EventType.PICTURED: PicturedData,
}

Part = TypeVar("Part", bound=WireModel)


class Event(SignedDocument):
    """One event. ``at`` is the device's wall time (may be wrong: only ``seq`` orders)."""

    interview_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    seq: int = Field(ge=1, le=1_000_000)
    kind: EventType
    at: AwareDatetime
    device_id: str
    data: dict[str, Any]
    sealed: str | None = None

    @field_validator("data")
    @classmethod
    def _data_fits_type(cls, data: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if "kind" in info.data:  # else it is refused for that
            _DATA[info.data["kind"]].read_value(data)
        check_plain(data)  # what the kind leaves open, too
        return data

    def parse_data(self, model: type[Part]) -> Part:
        """The clear part as its model. Raises XudaError(FORMAT_INVALID) when ``model`` does not fit."""
        try:
            return model.read_value(self.data)
        except ValidationError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=f"event {self.kind}") from error

    def open_sealed(self, model: type[Part], interview_key: bytes) -> Part | None:
        """The sealed part, None when there is none. Raises XudaError(SEALED_DAMAGED | FORMAT_INVALID)."""
        if self.sealed is None:
            return None
        plain = open_value(self.sealed, interview_key, _context(self.interview_id, self.seq, self.kind))
        try:
            return model.read(plain)
        except ValidationError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field=f"event {self.kind}") from error


def make_event(
    *,
    interview_id: str,
    seq: int,
    kind: EventType,
    at: AwareDatetime,
    device_id: str,
    data: WireModel,
    sealed: WireModel | None = None,
    interview_key: bytes | None = None,
) -> Event:
    """Build an event; ``sealed`` needs the 32-byte interview key."""
    closed = None
    if sealed is not None:
        if interview_key is None:
            raise XudaError(ErrorCode.KEY_DESTROYED)
        plain = canonical_json(sealed.model_dump(mode="json"))
        closed = seal_value(plain, interview_key, _context(interview_id, seq, kind))
    return Event(
        interview_id=interview_id,
        seq=seq,
        kind=kind,
        at=at,
        device_id=device_id,
        data=data.model_dump(mode="json"),
        sealed=closed,
    )


def _context(interview_id: str, seq: int, kind: EventType) -> str:
    return f"xuda event v1:{interview_id}:{seq}:{kind.value}"


def derive_state(events: Iterable[Event]) -> HrState:
    """State at HR after ``events`` (any order, with duplicates): the highest-numbered one that moves it decides."""
    moving = [event for event in events if moves_state(event)]
    if not moving:
        return HrState.INVITED
    return STATE_AFTER[max(moving, key=lambda event: event.seq).kind]


def moves_state(event: Event) -> bool:
    return event.kind in STATE_AFTER


def events_digest(digests: dict[int, str]) -> str:
    """Digest over all events of an interview: ``digests`` maps seq to the payload's SHA-256 hex."""
    lines = "".join(f"{seq}:{digest}\n" for seq, digest in sorted(digests.items()))
    return sha256_hex(lines.encode("ascii"))
