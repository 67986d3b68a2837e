"""What screens show: immutable values made by the interview service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.interview.model import Proof, Transcript
from app.interview.states import InterviewState, TakeState
from contract.errors import XudaError
from contract.events import HrState
from contract.invitation import Adjustments
from contract.kit import Kit, Question
from contract.parts import Elsewhere


@dataclass(frozen=True, slots=True)
class Certificate:
    """HR's signed word that it has deleted an interview; ``document`` is the signed file for the candidate."""

    certificate_id: str
    deleted_at: datetime
    document: bytes


@dataclass(frozen=True, slots=True)
class RedoOffer:
    """HR lets the question (``number`` from 1) be answered again until ``not_after``.

    ``reason``: in HR's own words; empty where others may be looking.
    """

    redo_id: str
    number: int
    prompt: dict[str, str]
    reason: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class InterviewSummary:
    """One line of 我的. ``hr_state`` is what HR has released, else derived from what happened here.

    ``answered``: questions answered here or, before this part began, on other devices. ``certificate``: HR has deleted
    what it had of an interview that was withdrawn. ``redo``: it is the answer to this question (from 1) given again.
    ``offer``: a question of it may be answered again.
    """

    interview_id: str
    kit: Kit | None
    state: InterviewState
    hr_state: HrState
    answered: int
    total: int
    updated_at: datetime
    delivered: bool
    certificate: Certificate | None = None
    redo: int | None = None
    offer: RedoOffer | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """What HR tells, in several languages; ``at`` is since when it holds. ``next_steps`` goes with a decision."""

    message_id: str
    title: dict[str, str]
    text: dict[str, str]
    at: datetime
    unread: bool
    next_steps: bool = False


@dataclass(frozen=True, slots=True)
class WalkInPlace:
    """A position for which one may register on this device."""

    batch_id: str
    kit: Kit


@dataclass(frozen=True, slots=True)
class StartPage:
    """``organisation`` is None when the device is not enrolled yet. ``trouble``: the disk is full or fails.

    ``unread``: HR's messages on this device that nobody has opened; not for a kiosk.
    """

    organisation: str | None
    kits: tuple[Kit, ...]
    pending_uploads: int
    unfinished: tuple[InterviewSummary, ...]
    trouble: XudaError | None = None
    walk_ins: tuple[WalkInPlace, ...] = ()
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry page for a checked invitation. ``unfinished`` asks 是否继续上次未完成的面试?

    ``elsewhere``: other devices have begun it and it can be gone on with here, at the first open question.
    ``adjustments``: what HR and staff have given; ``missing``: files of the kit that are not here yet: it cannot begin.
    ``messages`` of HR for this candidate, who has shown a code. ``redo``: the interview is finished and one question
    of it may be answered again; ``begin`` begins that and nothing else.
    """

    kit: Kit
    candidate_name: str
    not_before: datetime
    not_after: datetime
    unfinished: InterviewSummary | None
    may_restart: bool
    invitation_id: str = ""
    elsewhere: Elsewhere | None = None
    adjustments: Adjustments = field(default_factory=Adjustments)
    missing: int = 0
    messages: tuple[MessageView, ...] = ()
    redo: RedoOffer | None = None


@dataclass(frozen=True, slots=True)
class TakeReview:
    """A take as the proof screen shows it. ``transcript`` is None while it is not there yet."""

    take_id: str
    question_id: str
    number: int
    state: TakeState
    has_video: bool
    duration: float
    proof: Proof | None
    transcript: Transcript | None
    correction: str | None
    transcribing: bool
    counted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """The first unanswered question. ``index`` counts from 0 over all questions, ``stage_index`` over stages.

    ``as_kind`` may differ from the question's own kind through an adjustment. Seconds already hold adjustments.
    ``takes`` are takes that may still be chosen; ``recovered`` is one of them, cut by a crash.
    ``total_seconds_left`` is None without a total budget. ``plays_used``: how often its sound or video was played.
    """

    question: Question
    stage_title: dict[str, str]
    stage_index: int
    stage_count: int
    index: int
    total: int
    thinking_seconds: int
    answer_seconds: int
    takes_allowed: int
    takes_used: int
    takes: tuple[TakeReview, ...]
    total_seconds_left: float | None
    plays_used: int = 0

    @property
    def plays_left(self) -> int | None:
        """How often the question's sound or video may still be played; None: as often as wished."""
        media = self.question.media
        return None if media is None or media.plays is None else max(0, media.plays - self.plays_used)

    @property
    def takes_left(self) -> int:
        return max(0, self.takes_allowed - self.takes_used)

    @property
    def recovered(self) -> TakeReview | None:
        return next((take for take in self.takes if take.state is TakeState.RECOVERED), None)


@dataclass(frozen=True, slots=True)
class AnswerView:
    """A saved answer as this device still knows it. ``text`` is what was typed, or recognised (None: not yet)."""

    question_id: str
    kind: str
    take: int
    takes_used: int
    duration: float
    recovered: bool
    text: str | None
    choices: tuple[int, ...] | None
    correction: str | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """A submitted take whose words came after it was handed in. ``number`` of its question counts from 1.

    ``typed``: a correction that was begun and is not given yet; ``read``: the candidate has read the words over.
    """

    review: TakeReview
    number: int
    prompt: dict[str, str]
    read: bool
    typed: str | None


@dataclass(frozen=True, slots=True)
class LateWords:
    """Of one interview, in the order of its answers. ``waiting``: answers whose words are being made just now."""

    interview_id: str
    answers: tuple[LateAnswer, ...] = ()
    waiting: int = 0

    @property
    def unread(self) -> int:
        return sum(not answer.read for answer in self.answers)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """``digest`` is the SHA-256 (hex) of the sealed answer, or of its event for text and choice."""

    question_id: str
    index: int
    digest: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What the candidate takes home: a QR text and a hash per answer. ``again``: one question was answered again."""

    interview_id: str
    state: InterviewState
    finished_at: datetime
    lines: tuple[ReceiptLine, ...]
    digest: str
    qr_text: str
    again: bool = False


# ---- news from other threads, delivered to the screen in the order they happen --------------------------------------


@dataclass(frozen=True, slots=True)
class PartialText:
    """Caption so far of the running take."""

    take_id: str
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptReady:
    take_id: str
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class TranscriptFailed:
    """The take is safe; its words will be recognised later or by HR. ``code`` is an ErrorCode value."""

    take_id: str
    code: str


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A device was lost, froze or fell silent during a take. ``code`` is an ErrorCode value."""

    code: str


@dataclass(frozen=True, slots=True)
class InputEnded:
    """A file given as microphone has been played to its end."""


class SyncPhase(StrEnum):
    OFF = "off"
    OFFLINE = "offline"
    SENDING = "sending"
    WAITING = "waiting"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class SyncNews:
    """``pending`` items wait; ``failed`` were refused for good, kept for staff. ``code`` is the newest problem."""

    phase: SyncPhase
    pending: int
    failed: int = 0
    code: str | None = None


# sync cannot go on by itself: somebody has to act (values of ErrorCode)
STAFF_CODES = frozenset({"device_revoked", "organisation_keys_invalid"})


@dataclass(frozen=True, slots=True)
class KitsChanged:
    """Files of kits have come: an interview that could not begin may do so now."""


@dataclass(frozen=True, slots=True)
class InterviewsChanged:
    """HR said something about interviews of this device: gone on with elsewhere, withdrawn, deleted."""


News = (
    PartialText
    | TranscriptReady
    | TranscriptFailed
    | DeviceFault
    | InputEnded
    | SyncNews
    | InterviewsChanged
    | KitsChanged
)
