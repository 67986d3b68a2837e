"""How a candidate leaves the interview that is being given: paused, given up or finished, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from app.interview import drafts, plan
from app.interview.active import ActiveInterview
from app.interview.model import Environment, ExitReason
from app.interview.receipt import receipt_view
from app.interview.recovery import standing
from app.interview.states import InterviewState
from app.interview.store import EventDraft, InterviewRow, InterviewStore
from app.interview.takes import TakeDesk
from app.interview.views import ReceiptView
from contract.errors import ErrorCode, XudaError


class LeavingDesk:
    """Whoever has left may still fill in the questionnaire: their interview is held on this device until ``release``.

    ``facts`` looks at the machine.
    """

    def __init__(
        self, store: InterviewStore, takes: TakeDesk, active: ActiveInterview, facts: Callable[[], Environment]
    ) -> None:
        self._store = store
        self._takes = takes
        self._active = active
        self._facts = facts
        self._held: set[str] = set()

    def pause(self, reason: ExitReason, words: str) -> InterviewRow:
        """A running take is kept and offered back."""
        row = self._active.row()
        if self._takes.running:
            self._end_interrupted()
        return self._end(row, self._left(row, InterviewState.PAUSED, reason, words), InterviewState.PAUSED)

    def give_up(self, row: InterviewRow, reason: ExitReason, words: str) -> InterviewRow:
        """Of any interview, the active one or an earlier one."""
        self._takes.halt(row.interview_id)
        return self._end(row, self._left(row, InterviewState.ABANDONED, reason, words), InterviewState.ABANDONED)

    def finish(self, *, time_up: bool) -> InterviewRow:
        """Raises XudaError(ILLEGAL_STATE) when questions are open and the time is not up."""
        row = self._active.row()
        if not time_up and self._active.step() is not None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="unanswered", new="finished")
        self._takes.halt(row.interview_id)
        answered = len(plan.answered_questions(self._store.events(row.interview_id)))
        return self._end(row, drafts.finished(answered, time_up=time_up), InterviewState.FINISHED)

    def release(self) -> None:
        """The last screen is left: what was delivered may be removed from this device now."""
        held, self._held = self._held, set()
        for interview_id in held:
            self._store.release(interview_id)

    def receipt(self, row: InterviewRow) -> ReceiptView:
        return receipt_view(row, self._active.kit(row), self._store.events(row.interview_id))

    def _left(self, row: InterviewRow, state: InterviewState, reason: ExitReason, words: str) -> EventDraft:
        now = replace(row, seconds_used=self._active.seconds_used(row))
        return drafts.left(state, reason, words, self._facts(), standing(self._store, now, self._active.kit(row)))

    def _end(self, row: InterviewRow, last: EventDraft, state: InterviewState) -> InterviewRow:
        """Takes that can never be submitted any more go in the same transaction."""
        dropped = self._takes.dropped(row.interview_id) if state.final else []
        self._hold(row.interview_id)
        row = self._active.save(row, [last], state=state, takes=dropped)
        self._active.leave(row.interview_id)
        return row

    def _hold(self, interview_id: str) -> None:
        """The questionnaire still needs the key, however quick the delivery is."""
        self._store.hold(interview_id)
        self._held.add(interview_id)

    def _end_interrupted(self) -> None:
        try:
            self._takes.end(interrupted=True)
        except XudaError as error:
            # Nothing readable, or the disk is full: the exit itself must still be recorded.
            if error.code not in (ErrorCode.RECORDING_EMPTY, ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
                raise
