"""The published report of an interview (``docs/report.schema.json``): plain values, ready for JSON.

Codes are stable and the same in every language; fields named ``*_words`` are texts in the report's language.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from contract.envelope import WireModel
from contract.events import EventType, FaultModel, HrState, ObjectRef, PictureFact, WordModel
from contract.kit import InterviewKind, QuestionKind
from contract.kit_media import MediaKind
from contract.parts import Relation
from contract.redo import RedoState
from report.score_model import AssessmentInfo

SCHEMA_VERSION: Literal[1] = 1


class Content(StrEnum):
    """Whether what the candidate said could be opened."""

    AVAILABLE = "available"
    SEALED = "sealed"
    DAMAGED = "damaged"


class CandidateInfo(WireModel):
    """``name`` is None when it is unknown or was deleted; ``phone`` only for readers who may see it."""

    name: str | None = None
    phone: str | None = None


class KitInfo(WireModel):
    kit_id: str
    version: int
    kind: InterviewKind


class StateInfo(WireModel):
    code: HrState
    words: str


class HistoryEntry(WireModel):
    """An event that moved the state. ``reason`` is a code, ``words`` the candidate's own. ``part``: see PartInfo."""

    seq: int
    at: AwareDatetime
    event: EventType
    event_words: str
    state: HrState
    state_words: str
    reason: str | None = None
    reason_words: str | None = None
    words: str | None = None
    part: int = 1


class ExitInfo(WireModel):
    """The candidate or the machine left the interview; ``unanswered`` counts the questions open then."""

    seq: int
    at: AwareDatetime
    event: EventType
    reason: str
    reason_words: str
    words: str | None
    unanswered: int
    part: int = 1


class EnvironmentInfo(WireModel):
    """Facts about the machine at an event; none of them is personal."""

    seq: int
    at: AwareDatetime
    event: EventType
    facts: dict[str, Any]
    part: int = 1


class ConsentInfo(WireModel):
    """``picture_facts``: None where the kit did not ask for them. ``elsewhere``: to a service outside HR's own systems
    that the kit names."""

    version: str
    recording: bool
    scoring: bool
    picture_facts: bool | None = None
    elsewhere: bool = False
    at: AwareDatetime
    part: int = 1


class ChoiceInfo(WireModel):
    """``index`` counts from 0."""

    index: int
    text: str


class TranscriptInfo(WireModel):
    """What the speech model heard, never changed afterwards. Word times are seconds from the start of the take."""

    text: str
    words: list[WordModel]
    language: str
    model: str


class DeliveryInfo(WireModel):
    """Plain facts that follow from the word times; no judgement.

    ``speech_rate`` is per minute between the first and the last word, in ``unit``s; pauses are seconds between words.
    """

    speech_rate: float
    unit: Literal["characters", "words"]
    longest_pause: float
    first_word_at: float


class PromptMediaInfo(WireModel):
    """A picture, sound or video the question was asked with; ``text``: what it shows or says. Named by its SHA-256."""

    kind: MediaKind
    media_type: str
    sha256: str
    seconds: float
    text: str


class QuestionInfo(WireModel):
    question_id: str
    stage: str
    prompt: str
    kind: QuestionKind
    media: PromptMediaInfo | None = None


class AdjustmentInfo(WireModel):
    """What staff gave the candidate on the spot; None and "" where it cannot be opened.

    ``verified``: HR has checked the signature and the bounds again; None where nobody has (on a device).
    """

    seq: int
    at: AwareDatetime
    holder: str | None
    reason: str | None
    reason_words: str | None
    time_factor: float | None
    extra_takes: int | None
    answer_as: str | None
    words: str
    verified: bool | None
    part: int = 1


class CorrectionInfo(WireModel):
    """What the candidate made of the recognised words, at ``at`` by the clock of the device."""

    seq: int
    at: AwareDatetime
    text: str


class AnswerInfo(QuestionInfo):
    """One saved answer. ``superseded``: another answer to the same question counts: a later one, or that of another
    part (``beside``). ``again``: given at HR's word, in place of an earlier one.

    ``take`` is the take handed in (from 1), ``takes_used`` how many counted; ``duration`` and ``thinking_used`` are
    seconds. ``correction`` is the candidate's newest and stands beside the transcript, never in its place;
    ``corrections`` are all of them, oldest first.
    """

    answer_id: str
    seq: int
    at: AwareDatetime
    take: int
    takes_used: int
    duration: float
    thinking_used: float
    recovered: bool
    superseded: bool = False
    faults: list[FaultModel]
    content: Content
    text: str | None = None
    choices: list[ChoiceInfo] | None = None
    transcript: TranscriptInfo | None = None
    correction: str | None = None
    corrections: list[CorrectionInfo] = Field(default_factory=list)
    delivery: DeliveryInfo | None = None
    objects: list[ObjectRef]
    part: int = 1
    beside: bool = False
    again: bool = False


class QuestionnaireInfo(WireModel):
    """Ratings 1 (worst) to 5; None: not answered."""

    entrance_clear: int | None
    flow_smooth: int | None
    overall: int | None
    words: str | None


class PictureSpanInfo(WireModel):
    """``start``/``end`` in seconds from the start of the take."""

    kind: PictureFact
    kind_words: str
    start: float
    end: float


class PictureFactsInfo(WireModel):
    """What the device saw in the picture of one answer. All figures are seconds; ``looked``: could be judged.

    It errs (light, masks, glasses, disabilities), is evidence of nothing and never part of a score.
    """

    answer_id: str
    question_id: str
    duration: float
    looked: float
    no_face: float
    several_faces: float
    looking_away: float
    spans: list[PictureSpanInfo]
    part: int = 1


class ReceiptInfo(WireModel):
    """HR's signed word that everything was stored and read back; ``key_id`` names the signing key."""

    receipt_id: str
    serial: int
    issued_at: AwareDatetime
    manifest_digest: str
    key_id: str


class PartInfo(WireModel):
    """One device's share of the interview. ``number`` counts from 1 in the order HR learned of the parts.

    ``relation``: the first, gone on from earlier ones, or given beside them because the device did not know all of
    them. ``state`` is where this part alone has got to.
    """

    number: int
    interview_id: str
    device: str
    relation: Relation
    relation_words: str
    state: StateInfo
    answers: int
    receipt: ReceiptInfo | None


class RedoInfo(WireModel):
    """HR has let the candidate answer one question again, once. ``part``: where that was done; None: nowhere yet.

    ``number``: of the question in the kit, from 1; 0 when it is not in it.
    """

    redo_id: str
    question_id: str
    number: int
    reason: str
    by: str
    granted_at: AwareDatetime
    not_after: AwareDatetime
    state: RedoState
    state_words: str
    changed_at: AwareDatetime
    part: int | None


class InterviewReport(WireModel):
    """See module. ``answers`` are in the order of the kit, ``unanswered`` lists the questions without an answer.

    ``parts`` has more than one entry when the interview was given on several devices; ``receipt`` is then that of the
    newest part, once every part has one; parts in which a question is answered again have one of their own.
    ``assessment`` is None without consent to it, and where nobody has scored. ``picture_facts`` is empty without a
    consent of its own, and in every report that is not for the page of the interview: nothing else may read them.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    interview_id: str
    language: str
    organisation: str
    department: str
    position: str
    kit: KitInfo
    candidate: CandidateInfo
    attempt: int | None
    state: StateInfo
    content: Content
    history: list[HistoryEntry]
    exits: list[ExitInfo]
    environment: list[EnvironmentInfo]
    consents: list[ConsentInfo]
    adjustments: list[AdjustmentInfo] = Field(default_factory=list)
    answers: list[AnswerInfo]
    unanswered: list[QuestionInfo]
    questionnaire: QuestionnaireInfo | None
    receipt: ReceiptInfo | None
    parts: list[PartInfo] = Field(default_factory=list)
    redos: list[RedoInfo] = Field(default_factory=list)
    assessment: AssessmentInfo | None = None
    picture_facts: list[PictureFactsInfo] = Field(default_factory=list)
    generated_at: AwareDatetime = Field(description="When this report was made, not when the interview was")
