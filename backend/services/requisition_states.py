"""A requisition's states and moves, as a table: state and move -> the state that follows.

What is asked for is fixed once it is approved: for more people one asks again. So whatever is open was approved as it
stands, and reopening needs no second approval.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from backend.db.models import Role
from contract.errors import ErrorCode, XudaError


class RequisitionState(StrEnum):
    """``FILLED``: closed by its last place; ``CLOSED``: by a person. ``DISCARDED``: never approved, and for good."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REJECTED = "rejected"
    OPEN = "open"
    FILLED = "filled"
    CLOSED = "closed"
    DISCARDED = "discarded"


class Move(StrEnum):
    """``HIRE`` and ``VACATE`` come with a decision about a candidate, ``FILL`` with the last place."""

    CHANGE = "change"
    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REJECT = "reject"
    DISCARD = "discard"
    HIRE = "hire"
    FILL = "fill"
    VACATE = "vacate"
    CLOSE = "close"
    REOPEN = "reopen"


_S, _M = RequisitionState, Move
MOVES = MappingProxyType(
    {
        (_S.DRAFT, _M.CHANGE): _S.DRAFT,
        (_S.DRAFT, _M.SUBMIT): _S.SUBMITTED,
        (_S.DRAFT, _M.DISCARD): _S.DISCARDED,
        (_S.SUBMITTED, _M.WITHDRAW): _S.DRAFT,
        (_S.SUBMITTED, _M.APPROVE): _S.OPEN,
        (_S.SUBMITTED, _M.REJECT): _S.REJECTED,
        (_S.REJECTED, _M.CHANGE): _S.DRAFT,
        (_S.REJECTED, _M.SUBMIT): _S.SUBMITTED,
        (_S.REJECTED, _M.DISCARD): _S.DISCARDED,
        (_S.OPEN, _M.HIRE): _S.OPEN,
        (_S.OPEN, _M.FILL): _S.FILLED,
        (_S.OPEN, _M.VACATE): _S.OPEN,
        (_S.OPEN, _M.CLOSE): _S.CLOSED,
        (_S.FILLED, _M.VACATE): _S.OPEN,
        (_S.CLOSED, _M.VACATE): _S.CLOSED,
        (_S.CLOSED, _M.REOPEN): _S.OPEN,
    }
)
APPROVERS = frozenset({Role.ADMINISTRATOR, Role.HR})
ASKERS = APPROVERS | {Role.DEPARTMENT_HEAD}
# moves of a person, and whose; the others follow from decisions
BY_HAND = MappingProxyType(
    {
        _M.SUBMIT: ASKERS,
        _M.WITHDRAW: ASKERS,
        _M.APPROVE: APPROVERS,
        _M.REJECT: APPROVERS,
        _M.DISCARD: ASKERS,
        _M.CLOSE: ASKERS,
        _M.REOPEN: APPROVERS,
    }
)
# whoever has done one of these since the last approval has a hand in what is asked for
AUTHORSHIP = frozenset({_M.CHANGE, _M.SUBMIT})
# moves by which the position's headcount is bound
BINDING = frozenset({_M.SUBMIT, _M.APPROVE, _M.REOPEN})


def after(state: RequisitionState, move: Move) -> RequisitionState:
    """Raises XudaError(ILLEGAL_STATE) with ``field`` requisition, and state and move among its values."""
    try:
        return MOVES[state, move]
    except KeyError:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="requisition", state=state.value, move=move.value) from None


def possible(state: RequisitionState, role: Role) -> list[Move]:
    """What a person of this role may do now, apart from who they are, in the order of :class:`Move`."""
    return [move for move in Move if (state, move) in MOVES and role in BY_HAND.get(move, frozenset())]
