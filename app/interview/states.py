"""State machines of the interview and of a take: enums with flat transition tables, stored by name."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from contract.errors import ErrorCode, XudaError


class InterviewState(StrEnum):
    """An interview on this device. It exists from the candidate's consent (or refusal) on.

    MOVED: it was gone on with on another device; what was given here is delivered and counts.
    """

    ACTIVE = "active"
    PAUSED = "paused"
    DECLINED = "declined"
    FINISHED = "finished"
    ABANDONED = "abandoned"
    MOVED = "moved"
    DELETED = "deleted"

    @property
    def final(self) -> bool:
        return self not in (InterviewState.ACTIVE, InterviewState.PAUSED)


INTERVIEW_MOVES = frozenset(
    {
        (InterviewState.ACTIVE, InterviewState.PAUSED),
        (InterviewState.ACTIVE, InterviewState.FINISHED),
        (InterviewState.ACTIVE, InterviewState.ABANDONED),
        (InterviewState.PAUSED, InterviewState.ACTIVE),
        (InterviewState.PAUSED, InterviewState.ABANDONED),
        (InterviewState.PAUSED, InterviewState.MOVED),
        (InterviewState.MOVED, InterviewState.DELETED),
        (InterviewState.ACTIVE, InterviewState.DELETED),
        (InterviewState.PAUSED, InterviewState.DELETED),
        (InterviewState.DECLINED, InterviewState.DELETED),
        (InterviewState.FINISHED, InterviewState.DELETED),
        (InterviewState.ABANDONED, InterviewState.DELETED),
    }
)


class TakeState(StrEnum):
    """A take of a spoken question.

    RECORDING: bytes are arriving. RECORDED: complete, not chosen. RECOVERED: cut by a crash, kept up to its last whole
    second, offered back. SUBMITTED: the candidate's answer. DISCARDED: not chosen; its file is gone.
    """

    RECORDING = "recording"
    RECORDED = "recorded"
    RECOVERED = "recovered"
    SUBMITTED = "submitted"
    DISCARDED = "discarded"

    @property
    def undecided(self) -> bool:
        """Neither submitted nor discarded yet."""
        return self not in (TakeState.SUBMITTED, TakeState.DISCARDED)


TAKE_MOVES = frozenset(
    {
        (TakeState.RECORDING, TakeState.RECORDED),
        (TakeState.RECORDING, TakeState.RECOVERED),
        (TakeState.RECORDING, TakeState.DISCARDED),
        (TakeState.RECORDED, TakeState.SUBMITTED),
        (TakeState.RECORDED, TakeState.DISCARDED),
        (TakeState.RECOVERED, TakeState.SUBMITTED),
        (TakeState.RECOVERED, TakeState.DISCARDED),
    }
)

State = TypeVar("State", InterviewState, TakeState)


def check_move(old: State, new: State) -> None:
    """Raises XudaError(ILLEGAL_STATE) for a move that is in no table."""
    moves: frozenset[tuple[object, object]] = INTERVIEW_MOVES | TAKE_MOVES
    if (old, new) not in moves:
        raise XudaError(ErrorCode.ILLEGAL_STATE, old=old.value, new=new.value)
