"""Going on here with an interview that other devices have begun: what may be, and what the new part begins with."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.interview.states import InterviewState
from app.interview.store import Admission, InterviewRow, Shelf
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.parts import Elsewhere
from contract.progress import Carried
from contract.redo import Redo

_OPEN = frozenset({HrState.INVITED, HrState.IN_PROGRESS, HrState.PAUSED})
_GIVEN_UP = frozenset({InterviewState.ABANDONED})
_OVER = frozenset({InterviewState.DECLINED, InterviewState.FINISHED, InterviewState.DELETED})


class MovingDesk:
    """For the invitation that was looked up last. ``elsewhere`` is set when it can be gone on with."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.clear()

    def clear(self) -> None:
        self.elsewhere: Elsewhere | None = None
        self._known_attempt = 0
        self._given_up = False
        self._next_part = ""
        self.redo: Redo | None = None

    def again(self, redo: Redo | None) -> None:
        """The interview is finished and one question of it is answered again: a new one, or (None) one that is open."""
        self.clear()
        self.redo = redo

    def admit(self, admission: Admission, earlier: Sequence[InterviewRow], elsewhere: Elsewhere | None) -> None:
        """``earlier``: what there is of the invitation on this device. Raises XudaError(INVITATION_USED)."""
        self.clear()
        here = max((row.attempt for row in earlier), default=0)
        there = elsewhere.carried.attempt if elsewhere else 0
        if elsewhere is not None and there >= here:
            self._hear(elsewhere)
        done = any(row.state in _OVER or row.redo is not None for row in earlier)
        tried = self._given_up or any(row.state in _GIVEN_UP for row in earlier)
        open_here = any(not row.state.final for row in earlier)
        starting = self.elsewhere is None and not open_here
        if done or (tried and starting and not admission.kit.restart_allowed):
            raise XudaError(ErrorCode.INVITATION_USED)
        if elsewhere is not None and there >= here and not open_here and self._finished(elsewhere):
            raise XudaError(ErrorCode.INVITATION_USED)

    def _hear(self, elsewhere: Elsewhere) -> None:
        self._known_attempt = elsewhere.carried.attempt
        if elsewhere.state in _OPEN and not elsewhere.withdrawn:
            self.elsewhere = elsewhere
        self._given_up = elsewhere.state is HrState.INCOMPLETE and not elsewhere.withdrawn

    @staticmethod
    def _finished(elsewhere: Elsewhere) -> bool:
        return elsewhere.withdrawn or (elsewhere.state not in _OPEN and elsewhere.state is not HrState.INCOMPLETE)

    def next_part(self) -> str:
        self._next_part = self._next_part or str(uuid.uuid4())
        return self._next_part

    def attempt(self, earlier: Sequence[InterviewRow]) -> int:
        """Number of the attempt that begins: the same as elsewhere when it is gone on with."""
        if self.redo is not None:
            return self.redo.carried.attempt
        if self.elsewhere is not None:
            return self.elsewhere.carried.attempt
        newest = max([self._known_attempt, *(row.attempt for row in earlier)], default=0)
        over_here = any(row.attempt == newest and row.state is not InterviewState.MOVED for row in earlier)
        again = newest == 0 or over_here or (self._given_up and newest == self._known_attempt)
        return newest + 1 if again else newest

    def carried(self, invitation_id: str, ticket: Envelope | None) -> Carried | None:
        """What the part begins with: the ticket says it as of now, else the roster as of then.

        Raises XudaError(FORMAT_INVALID) for a ticket that is for something else.
        """
        if self.redo is not None:
            return self.redo.carried
        if ticket is None:
            return self.elsewhere.carried if self.elsewhere else None
        found = self._shelf.hand_over(ticket)
        if (found.invitation_id, found.interview_id) != (invitation_id, self._next_part):
            raise XudaError(ErrorCode.FORMAT_INVALID, field="ticket")
        self.elsewhere = self.elsewhere and self.elsewhere.model_copy(update={"carried": found.carried})
        return found.carried
