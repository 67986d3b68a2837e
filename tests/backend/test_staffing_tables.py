"""The state machines of requisitions and candidates: every state with every action, against tables written by hand."""

from __future__ import annotations

from itertools import product

import pytest

from backend.db.models import Role
from backend.services import candidate_states, requisition_states
from backend.services.candidate_states import Ruling
from backend.services.requisition_states import BY_HAND, Move, RequisitionState
from contract.errors import ErrorCode, XudaError
from contract.events import FINAL_STATES, HrState

# rows: states; columns: moves; "-": refused
REQUISITION = """
            change  submit     withdraw  approve  reject    discard    hire  fill    vacate  close   reopen
draft       draft   submitted  -         -        -         discarded  -     -       -       -       -
submitted   -       -          draft     open     rejected  -          -     -       -       -       -
rejected    draft   submitted  -         -        -         discarded  -     -       -       -       -
open        -       -          -         -        -         -          open  filled  open    closed  -
filled      -       -          -         -        -         -          -     -       open    -       -
closed      -       -          -         -        -         -          -     -       closed  -       open
discarded   -       -          -         -        -         -          -     -       -       -       -
"""
# "=": back to what the events say
CANDIDATE = """
                    second_round  reject    hold            onboard             reconsider
invited             -             -         -               -                   -
in_progress         -             -         -               -                   -
paused              -             -         -               -                   -
pending_review      second_round  rejected  pending_review  pending_onboarding  -
incomplete          second_round  rejected  incomplete      -                   -
declined            second_round  -         declined        -                   -
second_round        -             rejected  second_round    pending_onboarding  =
rejected            -             -         -               -                   =
pending_onboarding  -             rejected  -               -                   =
"""


def cells(table: str) -> dict[tuple[str, str], str]:
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return {(row[0], action): cell for row in rows for action, cell in zip(head, row[1:], strict=True)}


WANTED_OF_REQUISITIONS, WANTED_OF_CANDIDATES = cells(REQUISITION), cells(CANDIDATE)


def test_the_tables_name_every_state_and_every_action() -> None:
    assert set(WANTED_OF_REQUISITIONS) == set(product(RequisitionState, Move))
    assert set(WANTED_OF_CANDIDATES) == set(product(HrState, Ruling))


@pytest.mark.parametrize(("state", "move"), list(product(RequisitionState, Move)))
def test_a_requisition_moves_as_the_table_says_and_is_refused_clearly_otherwise(
    state: RequisitionState, move: Move
) -> None:
    wanted = WANTED_OF_REQUISITIONS[state, move]
    if wanted != "-":
        assert requisition_states.after(state, move) is RequisitionState(wanted)
        return
    with pytest.raises(XudaError) as caught:
        requisition_states.after(state, move)
    error = caught.value
    assert (error.code, error.field) == (ErrorCode.ILLEGAL_STATE, "requisition")
    assert error.params == {"state": state.value, "move": move.value}


@pytest.mark.parametrize(("state", "ruling", "by_events"), list(product(HrState, Ruling, sorted(FINAL_STATES))))
def test_a_candidate_is_decided_on_as_the_table_says_and_refused_clearly_otherwise(
    state: HrState, ruling: Ruling, by_events: HrState
) -> None:
    wanted = WANTED_OF_CANDIDATES[state, ruling]
    if wanted != "-":
        expected = by_events if wanted == "=" else HrState(wanted)
        assert candidate_states.after(state, ruling, by_events=by_events) is expected
        return
    with pytest.raises(XudaError) as caught:
        candidate_states.after(state, ruling, by_events=by_events)
    error = caught.value
    assert (error.code, error.field) == (ErrorCode.ILLEGAL_STATE, "interview")
    assert error.params == {"state": state.value, "ruling": ruling.value}


@pytest.mark.parametrize("state", HrState)
def test_what_is_offered_about_a_candidate_is_what_the_table_allows(state: HrState) -> None:
    allowed = [ruling for ruling in Ruling if WANTED_OF_CANDIDATES[state, ruling] != "-"]
    assert candidate_states.possible(state) == allowed


@pytest.mark.parametrize(("state", "role"), list(product(RequisitionState, Role)))
def test_what_is_offered_of_a_requisition_is_what_table_and_role_allow(state: RequisitionState, role: Role) -> None:
    heads = {Move.SUBMIT, Move.WITHDRAW, Move.DISCARD, Move.CLOSE}
    mine = {Role.ADMINISTRATOR: set(BY_HAND), Role.HR: set(BY_HAND), Role.DEPARTMENT_HEAD: heads, Role.AUDITOR: set()}
    allowed = [move for move in Move if WANTED_OF_REQUISITIONS[state, move] != "-" and move in mine[role]]
    assert requisition_states.possible(state, role) == allowed


def test_nothing_opens_that_was_not_approved() -> None:
    """Every way from a draft to open leads over an approval."""
    reached, waiting = {RequisitionState.DRAFT}, [RequisitionState.DRAFT]
    while waiting:
        state = waiting.pop()
        for move in set(Move) - {Move.APPROVE}:
            cell = WANTED_OF_REQUISITIONS[state, move]
            if cell != "-" and RequisitionState(cell) not in reached:
                reached.add(RequisitionState(cell))
                waiting.append(RequisitionState(cell))
    assert reached == {
        RequisitionState.DRAFT,
        RequisitionState.SUBMITTED,
        RequisitionState.REJECTED,
        RequisitionState.DISCARDED,
    }
