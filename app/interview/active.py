"""The interview that is being given now: which one, its next question, and the time it has used."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.interview import plan
from app.interview.adjusting import given
from app.interview.ports import Clock
from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft, InterviewRow, InterviewStore, Shelf, TakeRow
from app.interview.takes import TakeDesk
from app.interview.views import Step
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments
from contract.kit import Kit, QuestionKind

# kept beside the drafts, sealed like them; no question can have this name
_ADJUSTMENTS = ":adjustments"
_PLAYS = ":plays:"


class ActiveInterview:
    """``interview_id`` is None while none is given. What is saved goes with the time used so far."""

    def __init__(
        self, store: InterviewStore, shelf: Shelf, takes: TakeDesk, clock: Clock, wake_sync: Callable[[], None]
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._takes = takes
        self._clock = clock
        self._wake_sync = wake_sync
        self._since: float | None = None
        self.interview_id: str | None = None

    def enter(self, interview_id: str) -> None:
        self.interview_id = interview_id
        self._since = None
        self._keep_adjustments(self._store.interview(interview_id))
        self._wake_sync()

    def leave(self, interview_id: str) -> None:
        """Nothing happens when another one is being given."""
        if self.interview_id == interview_id:
            self.interview_id = None

    def row(self) -> InterviewRow:
        """Raises XudaError(ILLEGAL_STATE) when none is given."""
        if self.interview_id is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="none", new="active")
        return self._store.interview(self.interview_id)

    def kit(self, row: InterviewRow | None = None) -> Kit:
        """The kit of an interview, of the active one by default."""
        row = row or self.row()
        return self._shelf.kit(row.kit_id, row.kit_version)

    def step(self) -> Step | None:
        """The first unanswered question, None when all are answered."""
        row = self.row()
        kit = self.kit(row)
        events = self._store.events(row.interview_id)
        place = plan.next_place(kit, plan.answered_questions(events))
        if place is None:
            return None
        adjustments = self.adjustments(row)
        rules = plan.rules_for(place.question, adjustments)
        question_id = place.question.question_id
        takes = [take for take in self._store.takes(row.interview_id) if take.question_id == question_id]
        used = plan.takes_used(events, (take.question_id for take in takes if take.counted))
        # the interview's time is over and was used: one question has its own
        budget = None if row.redo is not None else plan.total_seconds(kit, adjustments)
        return Step(
            question=place.question.model_copy(update={"kind": rules.kind}),
            stage_title=place.stage.title,
            stage_index=place.stage_index,
            stage_count=len(kit.stages),
            index=place.index,
            total=len(kit.questions),
            thinking_seconds=rules.thinking_seconds,
            answer_seconds=rules.answer_seconds,
            takes_allowed=rules.takes,
            takes_used=used.get(question_id, 0),
            takes=tuple(
                self._takes.review(take) for take in takes if take.state in (TakeState.RECORDED, TakeState.RECOVERED)
            ),
            total_seconds_left=None if budget is None else max(0.0, budget - self.seconds_used(row)),
            plays_used=self._plays(row, question_id),
        )

    def step_at(self, question_id: str) -> Step:
        """The step, which must be at this question. Raises XudaError(ILLEGAL_STATE)."""
        step = self.step()
        if step is None or step.question.question_id != question_id:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="another question", new=question_id)
        return step

    def notes_picture(self, row: InterviewRow) -> bool:
        """Whether the kit asks for facts about the picture, and the candidate has agreed to them here."""
        return self.kit(row).picture_facts and plan.agreed_to_picture_facts(self._store.events(row.interview_id))

    def played(self, question_id: str) -> None:
        """The question's sound or video is played once more: kept, so that a restart gives no further play."""
        row = self.row()
        self._store.save_draft(row.interview_id, _PLAYS + question_id, str(self._plays(row, question_id) + 1))

    def _plays(self, row: InterviewRow, question_id: str) -> int:
        return int(self._store.draft(row.interview_id, _PLAYS + question_id) or "0")

    def remaining_kinds(self) -> frozenset[QuestionKind]:
        """The ways of answering that still come, adjustments included."""
        row = self.row()
        kit, adjustments = self.kit(row), self.adjustments(row)
        answered = plan.answered_questions(self._store.events(row.interview_id))
        open_questions = (question for question in kit.questions if question.question_id not in answered)
        return frozenset(plan.rules_for(question, adjustments).kind for question in open_questions)

    def save(
        self,
        row: InterviewRow,
        events: Sequence[EventDraft],
        *,
        state: InterviewState | None = None,
        takes: Sequence[TakeRow] = (),
    ) -> InterviewRow:
        """``append`` of the store, with the time used; HR is told as soon as it can be."""
        used = self.seconds_used(row)
        row = self._store.append(row.interview_id, events, state=state, takes=takes, seconds_used=used)
        self._count_on(row)
        self._wake_sync()
        return row

    # ---- the time it has used

    def start_clock(self) -> None:
        self.row()
        self._since = self._clock.monotonic()

    def seconds_used(self, row: InterviewRow) -> float:
        if row.interview_id != self.interview_id or self._since is None:
            return row.seconds_used
        return row.seconds_used + self._clock.monotonic() - self._since

    def remember_time(self) -> None:
        row = self.row()
        self._store.append(row.interview_id, [], seconds_used=self.seconds_used(row))
        self._count_on(row)

    def _count_on(self, row: InterviewRow) -> None:
        """The time so far is in the row now; count on from here."""
        if row.interview_id == self.interview_id and self._since is not None:
            self._since = self._clock.monotonic()

    # ---- the candidate's adjustments

    def adjustments(self, row: InterviewRow) -> Adjustments:
        """As the roster says now, which HR may change while the interview is given, and what staff gave on the spot."""
        rows = [other for other in self._store.interviews() if other.invitation_id == row.invitation_id]
        return self._by_roster(row).merged(given(self._store, rows))

    def _by_roster(self, row: InterviewRow) -> Adjustments:
        """As the roster says, else as it said at the start.

        The line goes from the roster when the window is over, and the candidate's extra time must not go with it.
        """
        entry = self._shelf.entry(row.invitation_id)
        if entry is not None:
            return entry.adjustments
        kept = self._store.draft(row.interview_id, _ADJUSTMENTS)
        return Adjustments.model_validate_json(kept) if kept else Adjustments()

    def _keep_adjustments(self, row: InterviewRow) -> None:
        adjustments = self._by_roster(row)
        if adjustments != Adjustments():
            self._store.save_draft(row.interview_id, _ADJUSTMENTS, adjustments.model_dump_json())
