"""What people may decide about an interview, as a table: state and decision -> the state that follows.

Events alone bring an interview to one of contract.events.FINAL_STATES; from there on people decide. Whoever has
declined the AI interview is never turned down without having been seen: a second round comes first. An interview that
was not finished leads to no onboarding: a second round, held by people, comes first too.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from contract.errors import ErrorCode, XudaError
from contract.events import HrState


class Ruling(StrEnum):
    """A person's decision. ``HOLD`` leaves the state as it is; ``RECONSIDER`` takes every decision back."""

    SECOND_ROUND = "second_round"
    REJECT = "reject"
    HOLD = "hold"
    ONBOARD = "onboard"
    RECONSIDER = "reconsider"


_S, _R = HrState, Ruling
# RECONSIDER leads to the state that the events gave: see after()
RULINGS = MappingProxyType(
    {
        (_S.PENDING_REVIEW, _R.SECOND_ROUND): _S.SECOND_ROUND,
        (_S.PENDING_REVIEW, _R.REJECT): _S.REJECTED,
        (_S.PENDING_REVIEW, _R.HOLD): _S.PENDING_REVIEW,
        (_S.PENDING_REVIEW, _R.ONBOARD): _S.PENDING_ONBOARDING,
        (_S.INCOMPLETE, _R.SECOND_ROUND): _S.SECOND_ROUND,
        (_S.INCOMPLETE, _R.REJECT): _S.REJECTED,
        (_S.INCOMPLETE, _R.HOLD): _S.INCOMPLETE,
        (_S.DECLINED, _R.SECOND_ROUND): _S.SECOND_ROUND,
        (_S.DECLINED, _R.HOLD): _S.DECLINED,
        (_S.SECOND_ROUND, _R.REJECT): _S.REJECTED,
        (_S.SECOND_ROUND, _R.HOLD): _S.SECOND_ROUND,
        (_S.SECOND_ROUND, _R.ONBOARD): _S.PENDING_ONBOARDING,
        (_S.PENDING_ONBOARDING, _R.REJECT): _S.REJECTED,
    }
)
DECIDED = frozenset({_S.SECOND_ROUND, _S.REJECTED, _S.PENDING_ONBOARDING})


def after(state: HrState, ruling: Ruling, *, by_events: HrState) -> HrState:
    """The state that follows. ``by_events``: what the events alone say.

    Raises XudaError(ILLEGAL_STATE) with ``field`` interview, and state and ruling among its values.
    """
    if ruling is Ruling.RECONSIDER and state in DECIDED:
        return by_events
    try:
        return RULINGS[state, ruling]
    except KeyError:
        raise XudaError(ErrorCode.ILLEGAL_STATE, field="interview", state=state.value, ruling=ruling.value) from None


def possible(state: HrState) -> list[Ruling]:
    """What a person may decide now, in the order of :class:`Ruling`."""
    return [r for r in Ruling if (state, r) in RULINGS or (r is Ruling.RECONSIDER and state in DECIDED)]
