"""What the interview needs from storage, as protocols, and the rows it keeps.

Everything here runs on the one database thread. Each call that changes something is one durable transaction: when it
returns, the change and its outbox rows are on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from app.interview.model import Fault, PictureFacts, Proof, StoredObject, Transcript
from app.interview.score_basis import ScoreBook
from app.interview.states import InterviewState, TakeState
from contract.adjusting import Grant
from contract.envelope import Envelope, WireModel
from contract.events import Event, EventType, HrState
from contract.invitation import Delegation, Invitation, RosterEntry
from contract.kit import Kit
from contract.kit_media import MediaFile
from contract.message import Message
from contract.parts import HandOver
from contract.redo import Redo
from contract.walkin import Registration, WalkInOffer


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """An attempt at an interview. ``seconds_used`` counts active time against the kit's total budget.

    ``answered`` counts its ANSWER_SAVED events (``append`` keeps it), ``carried`` the questions that other devices had
    answered when this part began. ``last_seq`` is the number of its newest event;
    ``receipt_serial`` that of the newest manifest HR has receipted.
    ``key_present`` is False once the interview's key was destroyed on this device. ``redo``: id of HR's word that
    ``redo_question`` of a finished interview may be answered again: this part is that answer, and nothing else.
    """

    interview_id: str
    invitation_id: str
    kit_id: str
    kit_version: int
    attempt: int
    state: InterviewState
    language: str
    scoring: bool
    seconds_used: float
    last_seq: int
    created_at: datetime
    updated_at: datetime
    answered: int = 0
    carried: int = 0
    receipt_serial: int | None = None
    key_present: bool = True
    redo: str | None = None
    redo_question: str | None = None


@dataclass(frozen=True, slots=True)
class TakeRow:
    """One take of a spoken question. ``number`` counts from 1 per question; ``counted`` says whether it used up a take.

    ``proof``, ``transcript``, ``correction`` and ``picture`` (facts about it) are kept sealed under the interview's key
    and are None when unknown.
    """

    take_id: str
    interview_id: str
    question_id: str
    number: int
    state: TakeState
    has_video: bool
    counted: bool = False
    duration: float = 0.0
    thinking_used: float = 0.0
    faults: tuple[Fault, ...] = ()
    stored: StoredObject | None = None
    proof: Proof | None = None
    transcript: Transcript | None = None
    correction: str | None = None
    picture: PictureFacts | None = None


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event before it has a number and a signature; ``sealed`` is encrypted under the interview's key."""

    kind: EventType
    data: WireModel
    sealed: WireModel | None = None


class TakeSink(Protocol):
    """The sealed file of a running take. Data is on the disk at most 0.5 s after it was written."""

    def write(self, data: bytes, /) -> int: ...

    def close(self) -> None:
        """Write the last segment and make the file durable."""
        ...


class InterviewStore(Protocol):
    """Interviews, their events, takes and sealed files."""

    def create(
        self,
        row: InterviewRow,
        *,
        key: bytes,
        candidate_name: str,
        events: Sequence[EventDraft],
    ) -> InterviewRow:
        """Insert an interview with its 32-byte key (kept in the keystore) and first events (one transaction)."""
        ...

    def append(
        self,
        interview_id: str,
        events: Sequence[EventDraft],
        *,
        state: InterviewState | None = None,
        takes: Sequence[TakeRow] = (),
        seconds_used: float | None = None,
    ) -> InterviewRow:
        """Number, sign and insert events with their outbox rows, move the interview, save ``takes``: one transaction.

        A SUBMITTED take's object is put in the outbox. A state move is checked against the table (ILLEGAL_STATE).
        Raises XudaError(KEY_DESTROYED) when something must be sealed and the key is gone, DISK_FULL, DISK_ERROR.
        """
        ...

    def interview(self, interview_id: str) -> InterviewRow:
        """Raises KeyError."""
        ...

    def interviews(self) -> list[InterviewRow]:
        """Newest first."""
        ...

    def candidate_name(self, interview_id: str) -> str | None:
        """None when the key is gone."""
        ...

    def events(self, interview_id: str) -> list[Event]:
        """By number. Empty once they were purged after delivery."""
        ...

    def open_sealed(self, event: Event, model: type[WireModel]) -> WireModel | None:
        """The sealed part of an event of this device; None when there is none or the key is gone."""
        ...

    def interview_key(self, interview_id: str) -> bytes | None:
        """32 bytes, None when it was destroyed."""
        ...

    def answer_digests(self, interview_id: str) -> list[str]:
        """SHA-256 (hex) of each ANSWER_SAVED event by number, also when the events themselves were purged."""
        ...

    def confirmation(self, interview_id: str) -> Envelope | None:
        """HR's newest receipt, verified when it came in; None: HR has confirmed nothing yet."""
        ...

    def takes(self, interview_id: str) -> list[TakeRow]:
        """In the order they were begun."""
        ...

    def take(self, take_id: str) -> TakeRow:
        """Raises KeyError."""
        ...

    def begin_take(self, take: TakeRow) -> TakeSink:
        """Insert the row in state RECORDING and open its sealed file; both are durable when this returns."""
        ...

    def save_take(self, take: TakeRow) -> None:
        """Update a row; a move is checked against the table. A DISCARDED take's files are removed."""
        ...

    def open_raw(self, take_id: str) -> BinaryIO:
        """The streamed container of a take that was just closed or was cut by a crash (its verified prefix)."""
        ...

    def store_object(self, take_id: str, content: BinaryIO, media_type: str) -> StoredObject:
        """Seal ``content`` as the take's final object, make it durable, and remove the streamed file afterwards."""
        ...

    def open_object(self, take_id: str) -> BinaryIO:
        """The plaintext of the final object, seekable. Raises XudaError(SEALED_DAMAGED | KEY_DESTROYED)."""
        ...

    def save_draft(self, interview_id: str, question_id: str, draft: str) -> None:
        """Keep what is typed or chosen so far, sealed; empty removes it. Gone once the question is answered."""
        ...

    def draft(self, interview_id: str, question_id: str) -> str | None: ...

    def hold(self, interview_id: str, holder: str = "screen") -> None:
        """Keep the interview's key and values even when HR has receipted everything, until the holder's ``release``."""
        ...

    def release(self, interview_id: str, holder: str = "screen") -> None:
        """Undo ``hold``: what was delivered meanwhile may go now. Holds end with the program, too."""
        ...

    def withdraw(self, interview_id: str, last_word: EventDraft | None) -> None:
        """Delete the interview on this device: key, files and all that was said go at once, and nothing of it that
        still waits is sent any more. ``last_word`` is the one event that HR still hears (None: HR knows already)."""
        ...

    def check_room(self) -> None:
        """Raises XudaError(DISK_FULL) when the disk has no room to work on."""
        ...

    def pending_uploads(self) -> int:
        """Outbox items of all interviews that HR has not confirmed."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """A checked invitation with everything needed to begin. ``entry`` is None for an invitation not in the roster.

    ``by_code``: found by what only the invited have, not by a phone or an ID number.
    """

    invitation: Invitation
    token: str
    kit: Kit
    entry: RosterEntry | None
    # who has registered on this device, with what they gave
    person: Registration | None = None
    by_code: bool = False

    @property
    def candidate_name(self) -> str:
        if self.person is not None:
            return self.person.name
        return self.entry.name if self.entry else ""


class KitFiles(Protocol):
    """The pictures, sounds and films that kits name. Any thread."""

    def missing(self, kit: Kit) -> list[MediaFile]:
        """What of a kit is not on this device yet."""
        ...

    def read(self, file: MediaFile) -> bytes:
        """The whole file, checked against its hash. Raises XudaError(KIT_MEDIA_DAMAGED)."""
        ...


class AdjustmentBook(Protocol):
    """Who may adjust interviews on this device, by HR's newest word, and which of their tokens were used."""

    def delegations(self) -> list[Delegation]: ...

    def signers(self) -> dict[str, bytes]:
        """Key id -> public key of everybody who may sign: staff, this device's panel, the organisation."""
        ...

    def panel(self) -> Delegation | None:
        """What the staff panel of this device may give, None when HR has not allowed it."""
        ...

    def sign(self, grant: Grant, subject: str) -> str:
        """A token signed with this device's key. Raises XudaError(ADJUSTMENT_SIGNER) where HR does not allow it."""
        ...

    def used(self, nonce: str) -> bool: ...


class WalkInBook(Protocol):
    """Who has registered on this device."""

    def offers(self) -> list[WalkInOffer]:
        """Where one may register, by HR's newest word; without those for which this device has registered enough."""
        ...

    def keep(self, invitation: Invitation, person: Registration, now: datetime) -> None:
        """Remember somebody until the batch is over, sealed: they may come back without a network."""
        ...

    def drop(self, invitation_id: str) -> None:
        """Forget who it was; they still count."""
        ...


class MessageBook(Protocol):
    """What HR tells candidates, by its newest word."""

    def all(self) -> list[Message]:
        """Whoever they are for, and whether their time has come or not; newest first."""
        ...

    def read(self) -> frozenset[str]:
        """Ids of those that were opened on this device."""
        ...

    def mark_read(self, message_id: str) -> None: ...

    def drop(self, invitation_id: str) -> None:
        """Remove what is for nobody but the one with this invitation."""
        ...


class Shelf(Protocol):
    """Kits, roster and organisation as downloaded; everything was verified when it came in and is again when read."""

    @property
    def files(self) -> KitFiles: ...

    @property
    def adjustments(self) -> AdjustmentBook: ...

    @property
    def walk_ins(self) -> WalkInBook: ...

    @property
    def messages(self) -> MessageBook: ...

    @property
    def scores(self) -> ScoreBook: ...

    def organisation_name(self) -> str | None:
        """None when this device is not enrolled."""
        ...

    def kits(self) -> list[Kit]:
        """Of each kit the newest version that is here with all its files, else the newest."""
        ...

    def kit(self, kit_id: str, version: int | None = None) -> Kit:
        """A version, or as ``kits``. Raises XudaError(KIT_MISSING | SIGNATURE_INVALID)."""
        ...

    def encryption_key(self, kit: Kit) -> str:
        """The organisation's public key (base64url) to which the keys of new interviews are wrapped."""
        ...

    def admit(self, text: str) -> Admission:
        """Resolve a scanned or typed token or link, an invitation code, a phone or an ID number.

        The time window is not checked here. Raises XudaError(INVITATION_UNKNOWN | INVITATION_INVALID |
        INVITATION_FOREIGN | KIT_MISSING | NOT_ENROLLED).
        """
        ...

    def entry(self, invitation_id: str) -> RosterEntry | None:
        """The roster's line for an invitation, None when the roster does not hold it."""
        ...

    def redos(self) -> dict[str, Redo]:
        """What HR lets be answered again, by invitation and by its newest word; whether it is over is not checked."""
        ...

    def hand_over(self, ticket: Envelope) -> HandOver:
        """HR's ticket, verified. Raises XudaError(SIGNATURE_INVALID | KEY_UNKNOWN | FORMAT_INVALID | NOT_ENROLLED)."""
        ...

    def certificates(self) -> dict[str, Envelope]:
        """HR's signed word that an interview was deleted there, by interview id; verified when it came in."""
        ...

    def results(self) -> dict[str, HrState]:
        """What HR has released, by interview id."""
        ...

    def server_time(self) -> datetime | None:
        """The last known time of the backend, moved on by this process's monotonic clock; None when never heard."""
        ...

    def latest_time(self) -> datetime | None:
        """What the backend's time may be by now, by this machine's own clock; never before ``server_time``."""
        ...
