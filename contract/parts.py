"""An interview that was given on several devices: each device's share is a *part*, together they are one interview.

A part is what used to be the whole: its own id, key, events, manifest and receipt. Parts of the same invitation and
attempt belong together. The backend numbers them as it learns of them (a part that was handed over gets its number
with the ticket), so that no device's clock decides anything. All functions here are pure: the same parts in any order
give the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from pydantic import AwareDatetime, Field

from contract.envelope import SignedDocument, WireModel
from contract.events import (
    AnswerData,
    Event,
    EventType,
    ExitData,
    HrState,
    StartedData,
    derive_state,
    moves_state,
)
from contract.numbers import Ordinal
from contract.progress import Carried, PartRef

# ---- documents -----------------------------------------------------------------------------------------------------


class Elsewhere(WireModel):
    """HR's word to a device on an interview that other devices have begun. ``device``: name of the newest one.

    ``state`` is that of the whole interview. ``carried`` is what a new part on the asking device would begin with.
    ``withdrawn``: the candidate took the consent back there.
    """

    state: HrState
    device: str = Field(max_length=120)
    carried: Carried
    withdrawn: bool = False


class HandOver(SignedDocument):
    """The organisation's ticket: the device's new part ``interview_id`` goes on where ``carried`` ends."""

    hand_over_id: str
    invitation_id: str
    device_id: str
    interview_id: str
    part: Ordinal
    carried: Carried
    issued_at: AwareDatetime


class NoticeKind(StrEnum):
    """What happened to a device's part elsewhere. ``DELETED``: HR has deleted the interview.

    ``SEND_AGAIN``: HR was restored from a backup older than the device's receipt; what it still holds is wanted again.
    """

    CONTINUED = "continued"
    WITHDRAWN = "withdrawn"
    DELETED = "deleted"
    SEND_AGAIN = "send_again"


class Notice(SignedDocument):
    """The organisation's word to one device about one of its parts."""

    device_id: str
    interview_id: str
    kind: NoticeKind
    issued_at: AwareDatetime


# ---- merging -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One part as HR has it. ``events``: any order, duplicates allowed. ``handed_over``: its ticket was HR's own.

    ``redo``: the question that HR has let the candidate answer again with this part, None: it was not HR's word.
    """

    interview_id: str
    number: int
    events: Sequence[Event]
    handed_over: bool = False
    redo: str | None = None

    @cached_property
    def ordered(self) -> list[Event]:
        return [event for _, event in sorted({event.seq: event for event in self.events}.items())]

    @cached_property
    def carried(self) -> Carried | None:
        """What the part began with."""
        started = next((event for event in self.ordered if event.kind is EventType.STARTED), None)
        return started.parse_data(StartedData).carried if started else None

    @property
    def again(self) -> bool:
        """Begun to answer one question of a finished interview again, whether HR has said so or not."""
        return self.carried is not None and self.carried.redo is not None

    @cached_property
    def state(self) -> HrState:
        return derive_state(self.ordered)

    @property
    def in_progress(self) -> bool:
        return self.state is HrState.IN_PROGRESS

    @cached_property
    def withdrawn(self) -> bool:
        return any(event.kind is EventType.WITHDRAWN for event in self.ordered)

    @cached_property
    def last_move(self) -> int:
        """Number of the newest event with which the candidate did something here: came, left, or answered."""
        seqs = [event.seq for event in self.ordered if moves_state(event) or event.kind is EventType.ANSWER_SAVED]
        return max(seqs, default=0)

    @cached_property
    def answered(self) -> set[str]:
        return {event.data["question_id"] for event in self.ordered if event.kind is EventType.ANSWER_SAVED}


class Relation(StrEnum):
    """How a part stands to those before it: alone or first; gone on from them; beside them, not knowing all; or
    beside them at HR's word, to answer one question again."""

    FIRST = "first"
    CONTINUED = "continued"
    PARALLEL = "parallel"
    AGAIN = "again"


def superseded(part: Part, parts: Iterable[Part]) -> bool:
    """Another part has gone on from this one, and nothing happened here since."""
    later = (other for other in parts if other is not part and not other.again)
    return part.last_move > 0 and not part.again and any(_covers(other, part) for other in later)


def relation(part: Part, parts: Iterable[Part]) -> Relation:
    """It has gone on from an earlier part when its device knew all that was ever done there, or when HR handed it over
    (then what the other device did later is that one's affair)."""
    if part.again:
        return Relation.AGAIN if part.redo is not None else Relation.PARALLEL
    earlier = [o for o in parts if o.number < part.number and o.last_move > 0 and not o.again]
    if not earlier:
        return Relation.FIRST
    known = {ref.interview_id for ref in part.carried.parts} if part.carried else set()
    went_on = (_covers(part, other) or (part.handed_over and other.interview_id in known) for other in earlier)
    return Relation.CONTINUED if all(went_on) else Relation.PARALLEL


# The first of these that a part is in is the state of the whole: a finished part cannot become unfinished, somebody
# who is answering is not away, and who declined is called by a person.
PRECEDENCE = (
    HrState.PENDING_REVIEW,
    HrState.IN_PROGRESS,
    HrState.DECLINED,
    HrState.PAUSED,
    HrState.INCOMPLETE,
    HrState.INVITED,
)


def merge_states(states: Iterable[HrState]) -> HrState:
    """The state of a whole from those of its parts that count (derived ones, no decisions)."""
    found = set(states)
    return next((state for state in PRECEDENCE if state in found), HrState.INVITED)


def derive_whole_state(parts: Iterable[Part]) -> HrState:
    """The state at HR of an interview of one or many parts; a withdrawal anywhere ends it everywhere.

    Parts in which a question is answered again leave it as it is.
    """
    every = list(parts)
    if any(part.withdrawn for part in every):
        return HrState.INCOMPLETE
    found = [part for part in every if not part.again] or every
    live = [part for part in found if not superseded(part, found)] or found
    return merge_states(part.state for part in live)


def counting_parts(parts: Iterable[Part]) -> dict[str, int]:
    """Question id -> number of the part whose answer counts; the others' are kept and shown beside it.

    The newest part in which HR has let it be answered again; else the newest to which HR handed the interview over
    while the question was open; without such a part, the earliest known one: devices that did not know of each other
    cannot overrule each other. What was answered again without HR's word never counts.
    """
    chosen: dict[str, tuple[bool, int]] = {}
    for part in sorted(parts, key=lambda item: (item.again, item.number)):
        open_then = set() if part.carried is None else part.answered - set(part.carried.answered)
        for question_id in part.answered:
            if part.again:
                if question_id == part.redo:
                    chosen[question_id] = (True, part.number)
                continue
            authorised = part.handed_over and question_id in open_then
            if question_id not in chosen or authorised:
                chosen[question_id] = (authorised, part.number)
    return {question_id: number for question_id, (_, number) in chosen.items()}


def carry(parts: Iterable[Part], attempt: int) -> Carried:
    """What a new part begins with when it goes on from ``parts`` (at least one event each)."""
    found = [part for part in parts if part.ordered and not part.again]
    answered = set().union(*(part.answered for part in found))
    takes: dict[str, int] = {}
    for part in found:
        for question_id, used in _takes(part).items():
            takes[question_id] = max(takes.get(question_id, 0), used)
    return Carried(
        attempt=attempt,
        parts=[
            PartRef(interview_id=part.interview_id, last_seq=part.ordered[-1].seq)
            for part in sorted(found, key=lambda item: item.number)
        ],
        answered=sorted(answered),
        takes_used={question_id: used for question_id, used in sorted(takes.items()) if question_id not in answered},
        seconds_used=max((_seconds(part) for part in found), default=0.0),
    )


def _covers(later: Part, earlier: Part) -> bool:
    refs = later.carried.parts if later.carried else []
    return any(ref.interview_id == earlier.interview_id and ref.last_seq >= earlier.last_move for ref in refs)


def _takes(part: Part) -> dict[str, int]:
    """Takes used of open questions, as the part began and as the candidate left."""
    used = dict(part.carried.takes_used) if part.carried else {}
    for event in part.ordered:
        if event.kind in (EventType.PAUSED, EventType.ABANDONED):
            used.update(event.parse_data(ExitData).takes_used)
    return used


def _seconds(part: Part) -> float:
    """Of the total time budget, what was carried in included; a part that fell silent has at least its answers."""
    begun = part.carried.seconds_used if part.carried else 0.0
    told, since = begun, 0.0
    for event in part.ordered:
        if event.kind in (EventType.PAUSED, EventType.ABANDONED):
            told, since = max(told, event.parse_data(ExitData).seconds_used), 0.0
        elif event.kind is EventType.ANSWER_SAVED:
            answer = event.parse_data(AnswerData)
            since += answer.duration + answer.thinking_used
    return told + since
