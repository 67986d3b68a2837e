"""The interview as the screens use it: one object, called on the database thread, answering with immutable views."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from app.interview import drafts, plan
from app.interview.answers import answer_views
from app.interview.certificate import certificate_view
from app.interview.model import Environment, ExitReason
from app.interview.moving import MovingDesk
from app.interview.ports import Clock, MediaTools, Recorder, Transcriber
from app.interview.practice import PracticeDesk
from app.interview.receipt import receipt_view
from app.interview.recovery import reconcile, standing
from app.interview.states import InterviewState, TakeState
from app.interview.store import Admission, EventDraft, InterviewRow, InterviewStore, Shelf, TakeRow
from app.interview.takes import Notify, Post, TakeDesk, transcribed_draft
from app.interview.views import AnswerView, Entry, InterviewSummary, ReceiptView, StartPage, Step, TakeReview
from contract import events as wire
from contract.canonical import b64decode
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import Adjustments
from contract.keys import wrap_key
from contract.kit import Kit, QuestionKind
from contract.parts import Elsewhere

_HR_STATES = {
    InterviewState.ACTIVE: HrState.IN_PROGRESS,
    InterviewState.PAUSED: HrState.PAUSED,
    InterviewState.DECLINED: HrState.DECLINED,
    InterviewState.FINISHED: HrState.PENDING_REVIEW,
    InterviewState.ABANDONED: HrState.INCOMPLETE,
    InterviewState.MOVED: HrState.PAUSED,
    InterviewState.DELETED: HrState.INCOMPLETE,
}


# kept beside the drafts, sealed like them; no question can have this name
_ADJUSTMENTS = ":adjustments"


class InterviewService:
    """See module. Every method that changes something has made it durable when it returns.

    ``new_key`` makes 32 random bytes; ``facts`` looks at the machine; ``post`` runs a call on the database thread;
    ``notify`` hands news to the screen; ``wake_sync`` tells the sync engine that there is something to send.
    """

    def __init__(
        self,
        *,
        store: InterviewStore,
        shelf: Shelf,
        recorder: Recorder,
        media: MediaTools,
        transcriber: Transcriber,
        clock: Clock,
        facts: Callable[[], Environment],
        new_key: Callable[[], bytes],
        post: Post,
        notify: Notify,
        wake_sync: Callable[[], None],
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._facts = facts
        self._new_key = new_key
        self._wake_sync = wake_sync
        self._takes = TakeDesk(store, recorder, media, transcriber, post, notify)
        self.practice = PracticeDesk(recorder, media, notify)
        self._admission: Admission | None = None
        self._desk = MovingDesk(shelf)
        self._trouble: XudaError | None = None
        self._active: str | None = None
        self._held: set[str] = set()
        self._active_since: float | None = None

    # ---- start, entry, consent --------------------

    def recover(self) -> None:
        """Once at start: close what a crash left open and queue stored takes whose words are not known yet.

        A disk that is full or fails keeps nobody from what is there: the start page says so and tries this again.
        """
        self._trouble = None
        try:
            if reconcile(self._store, self._takes, self._facts(), self._kit):
                self._wake_sync()
            self._store.check_room()
        except XudaError as error:
            if error.code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
                raise
            self._trouble = error

    def start_page(self) -> StartPage:
        self.farewell()
        if self._trouble is not None and self._active is None:
            self.recover()
        return StartPage(
            organisation=self._shelf.organisation_name(),
            kits=tuple(self._shelf.kits()),
            pending_uploads=self._store.pending_uploads(),
            unfinished=tuple(
                self._summary(row) for row in self._store.interviews() if row.state is InterviewState.PAUSED
            ),
            trouble=self._trouble,
        )

    def look_up(self, text: str) -> Entry:
        """Check a scanned or typed invitation and show its entry page.

        Raises XudaError(INVITATION_* | KIT_MISSING | NOT_ENROLLED).
        """
        admission = self._shelf.admit(text)
        return self._admit(admission, admission.entry.elsewhere if admission.entry else None)

    def heard(self, elsewhere: Elsewhere | None) -> Entry:
        """HR's own word, just now, on how far the interview that was looked up has come on other devices."""
        return self._admit(self._require_admission(), elsewhere)

    def next_part(self) -> str:
        """The id under which ``begin`` will go on with what other devices have begun: a ticket is asked for it."""
        return self._desk.next_part()

    def begin(self, *, language: str, scoring: bool, ticket: Envelope | None = None) -> None:
        """The candidate agreed to being recorded (and, with ``scoring``, to AI scoring): the interview exists now.

        ``ticket``: HR's word that this device goes on with it; without one it goes on by what the roster says.
        """
        admission = self._require_admission()
        consented = drafts.consented(admission.kit, scoring=scoring)
        row = self._create(admission, InterviewState.ACTIVE, language, scoring, [consented], ticket)
        self._activate(row.interview_id)

    def decline(self, *, language: str) -> ReceiptView:
        """The candidate does not want an AI interview (已拒绝AI面试). HR is told; nothing was recorded."""
        admission = self._require_admission()
        declined = drafts.declined(admission.kit)
        row = self._create(admission, InterviewState.DECLINED, language, False, [declined])
        return self._receipt(row)

    def resume(self, interview_id: str) -> None:
        row = self._store.interview(interview_id)
        resumed = drafts.resumed(self._facts())
        self._store.append(row.interview_id, [resumed], state=InterviewState.ACTIVE)
        self._activate(interview_id)

    def abandon_earlier(self, interview_id: str) -> None:
        """The candidate wants to start again: the old attempt is kept for audit as 未完成."""
        self._leave_as(self._store.interview(interview_id), InterviewState.ABANDONED, ExitReason.GIVE_UP, "")

    # ---- the active interview --------------------

    @property
    def active_id(self) -> str | None:
        return self._active

    def kit(self) -> Kit:
        """The active interview's kit."""
        return self._kit(self._require_active())

    def start_clock(self) -> None:
        """The first question is about to be shown: from here on the total time counts (not devices and practice)."""
        self._require_active()
        self._active_since = self._clock.monotonic()

    def step(self) -> Step | None:
        """The first unanswered question, None when all are answered."""
        row = self._require_active()
        kit = self._kit(row)
        events = self._store.events(row.interview_id)
        place = plan.next_place(kit, plan.answered_questions(events))
        if place is None:
            return None
        adjustments = self._adjustments(row)
        rules = plan.rules_for(place.question, adjustments)
        takes = [t for t in self._store.takes(row.interview_id) if t.question_id == place.question.question_id]
        budget = plan.total_seconds(kit, adjustments)
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
            takes_used=plan.takes_used(events, (t.question_id for t in takes if t.counted)).get(
                place.question.question_id, 0
            ),
            takes=tuple(
                self._takes.review(take) for take in takes if take.state in (TakeState.RECORDED, TakeState.RECOVERED)
            ),
            total_seconds_left=None if budget is None else max(0.0, budget - self._seconds_used(row)),
        )

    def remaining_kinds(self) -> frozenset[QuestionKind]:
        """The ways of answering that still come, adjustments included: which devices are needed."""
        row = self._require_active()
        kit, adjustments = self._kit(row), self._adjustments(row)
        answered = plan.answered_questions(self._store.events(row.interview_id))
        open_questions = (question for question in kit.questions if question.question_id not in answered)
        return frozenset(plan.rules_for(question, adjustments).kind for question in open_questions)

    def begin_take(self, question_id: str, *, thinking_used: float = 0.0) -> str:
        """Start recording; the take's id. Raises XudaError(CAMERA_* | MICROPHONE_* | DISK_FULL | ILLEGAL_STATE)."""
        row = self._require_active()
        step = self._require_step(question_id)
        if step.takes_left == 0:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="no takes left", new="recording")
        take = self._takes.begin(
            row,
            question_id,
            self._kit(row).speech_language,
            video=step.question.kind == "video",
            thinking_used=thinking_used,
        )
        return take.take_id

    def end_take(self) -> TakeReview:
        """Stop recording, make it durable, read the stored file back. Raises XudaError(RECORDING_EMPTY | DISK_FULL)."""
        take = self._takes.end()
        self._remember_time()
        return self._takes.review(take)

    def review(self, take_id: str) -> TakeReview:
        return self._takes.review(self._store.take(take_id))

    def open_take(self, take_id: str) -> BinaryIO:
        """The stored take for playback: seekable plaintext, decrypted piece by piece in memory."""
        return self._store.open_object(take_id)

    def submit_take(self, take_id: str) -> None:
        """The candidate's choice among the takes: saved as the answer; the others are removed."""
        row = self._require_active()
        chosen = self._store.take(take_id)
        step = self._require_step(chosen.question_id)
        siblings = [t for t in self._store.takes(row.interview_id) if t.question_id == chosen.question_id]
        said = [drafts.spoken_answer(step, chosen)]
        if chosen.transcript is not None:
            said.append(transcribed_draft(take_id, chosen.transcript))
        if chosen.correction is not None:
            said.append(drafts.corrected(take_id, chosen.correction))
        self._save(row, said, takes=[replace(chosen, state=TakeState.SUBMITTED)])
        for take in siblings:
            if take.take_id != take_id and take.state in (TakeState.RECORDED, TakeState.RECOVERED):
                self._takes.discard(take)
        self._takes.transcribe_stored(self._store.take(take_id), self._kit(row).speech_language)

    def discard_take(self, take_id: str) -> None:
        """The candidate redoes a recovered take, or drops one before recording again."""
        self._takes.discard(self._store.take(take_id))

    def correct(self, take_id: str, text: str) -> None:
        """Keep a corrected transcript beside the original, before or after the answer was submitted."""
        take = self._takes.correct(take_id, text)
        if take.state is TakeState.SUBMITTED:
            self._save(self._store.interview(take.interview_id), [drafts.corrected(take_id, text)])

    def save_draft(self, question_id: str, draft: str) -> None:
        """Keep what is typed (or the chosen numbers, comma-separated) so that a crash does not lose it."""
        self._store.save_draft(self._require_active().interview_id, question_id, draft)

    def draft(self, question_id: str) -> str | None:
        return self._store.draft(self._require_active().interview_id, question_id)

    def submit_text(self, question_id: str, text: str, *, thinking_used: float = 0.0) -> None:
        """Raises XudaError(REJECTED) naming the field when it is empty or too long."""
        step = self._require_step(question_id)
        if not text.strip() or len(text) > step.question.max_characters:
            raise XudaError(ErrorCode.REJECTED, field="text", limit=step.question.max_characters)
        self._submit_value(step, wire.AnswerSealed(text=text), thinking_used)

    def submit_choice(self, question_id: str, choices: Sequence[int], *, thinking_used: float = 0.0) -> None:
        """``choices`` are 0-based. Raises XudaError(REJECTED) when they do not fit the question."""
        step = self._require_step(question_id)
        picked = sorted(set(choices))
        fits = picked and picked[0] >= 0 and picked[-1] < len(step.question.choices)
        if not fits or (step.question.kind == "single_choice" and len(picked) != 1):
            raise XudaError(ErrorCode.REJECTED, field="choices")
        self._submit_value(step, wire.AnswerSealed(choices=picked), thinking_used)

    # ---- leaving and finishing --------------------

    def pause(self, reason: ExitReason, words: str = "") -> ReceiptView:
        """保存进度 and leave. A running take is kept and offered back; it does not cost a take."""
        row = self._require_active()
        if self._takes.running:
            self._end_interrupted(row)
        row = self._leave_as(row, InterviewState.PAUSED, reason, words)
        return self._receipt(row)

    def abandon(self, reason: ExitReason, words: str = "") -> ReceiptView:
        """放弃面试: what was submitted goes to HR as 未完成; what was not is removed."""
        row = self._require_active()
        if self._takes.running:
            self._end_interrupted(row)
        row = self._leave_as(row, InterviewState.ABANDONED, reason, words)
        return self._receipt(row)

    def finish(self, *, time_up: bool = False) -> ReceiptView:
        """All questions are answered (or the total time is used up): 待评估. Raises XudaError(ILLEGAL_STATE)."""
        row = self._require_active()
        if not time_up and self.step() is not None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="unanswered", new="finished")
        if self._takes.running:
            self._end_interrupted(row)
        self._drop_unsubmitted(row)
        answered = len(plan.answered_questions(self._store.events(row.interview_id)))
        self._hold(row.interview_id)
        row = self._save(row, [drafts.finished(answered, time_up=time_up)], state=InterviewState.FINISHED)
        self._active = None
        return self._receipt(row)

    def answer_questionnaire(self, interview_id: str, ratings: wire.QuestionnaireData, words: str = "") -> None:
        self._save(self._store.interview(interview_id), [drafts.questionnaire(ratings, words)])

    def farewell(self) -> None:
        """The candidate has left the last screen: what was delivered may be removed from this device now."""
        held, self._held = self._held, set()
        for interview_id in held:
            self._store.release(interview_id)

    def _hold(self, interview_id: str) -> None:
        """The questionnaire still needs the key, however quick the delivery is."""
        self._store.hold(interview_id)
        self._held.add(interview_id)

    def shutdown(self) -> None:
        """The window or the machine is going down without a choice: save the progress with that reason."""
        self.practice.stop()
        if self._active is not None:
            self.pause(ExitReason.SHUTDOWN)
        self.farewell()

    # ---- 我的 --------------------

    def mine(self) -> list[InterviewSummary]:
        return [self._summary(row) for row in self._store.interviews()]

    def answers(self, interview_id: str) -> list[AnswerView]:
        """The saved answers in the order they were given; empty once they were delivered and removed."""
        return answer_views(self._store, interview_id)

    def withdraw(self, interview_id: str) -> None:
        """Take the consent back: HR is told on the next sync, this device's keys and files are destroyed at once.

        Whatever other parts of the same interview are on this device go with it.
        """
        chosen = self._store.interview(interview_id)
        running = self._takes.running
        for row in self._attempts(chosen.invitation_id):
            if row.attempt == chosen.attempt and row.state is not InterviewState.DELETED:
                if running is not None and running.interview_id == row.interview_id:
                    self._takes.abort()
                self._store.withdraw(row.interview_id, drafts.withdrawn(row.invitation_id, row.attempt))
                if self._active == row.interview_id:
                    self._active = None
        self._wake_sync()

    # ---- inside --------------------

    def _admit(self, admission: Admission, elsewhere: Elsewhere | None) -> Entry:
        earlier = self._attempts(admission.invitation.invitation_id)
        unfinished = next((row for row in earlier if not row.state.final), None)
        if unfinished is None:
            admission.invitation.check_time(self._now(), self._shelf.latest_time())
        self._desk.admit(admission, earlier, elsewhere)
        self._admission = admission
        return Entry(
            invitation_id=admission.invitation.invitation_id,
            kit=admission.kit,
            candidate_name=admission.candidate_name,
            not_before=admission.invitation.not_before,
            not_after=admission.invitation.not_after,
            unfinished=self._summary(unfinished) if unfinished else None,
            may_restart=admission.kit.restart_allowed,
            elsewhere=self._desk.elsewhere,
        )

    def _create(
        self,
        admission: Admission,
        state: InterviewState,
        language: str,
        scoring: bool,
        first: Sequence[EventDraft],
        ticket: Envelope | None = None,
    ) -> InterviewRow:
        invitation, kit = admission.invitation, admission.kit
        carried = self._desk.carried(invitation.invitation_id, ticket)
        key, interview_id = self._new_key(), self._desk.next_part()
        facts = self._facts()
        attempt = self._desk.attempt(self._attempts(invitation.invitation_id))
        wrapped = wrap_key(key, b64decode(self._shelf.encryption_key(kit)), interview_id)
        started = drafts.started(invitation, kit, attempt, wrapped, language, facts, carried)
        now = self._clock.now()
        row = InterviewRow(
            interview_id=interview_id,
            invitation_id=invitation.invitation_id,
            kit_id=kit.kit_id,
            kit_version=kit.version,
            attempt=attempt,
            state=state,
            language=language,
            scoring=scoring,
            seconds_used=carried.seconds_used if carried else 0.0,
            last_seq=0,
            created_at=now,
            updated_at=now,
            carried=len(carried.answered) if carried else 0,
        )
        row = self._store.create(
            row,
            key=key,
            candidate_name=admission.candidate_name,
            events=[started, *first],
        )
        self._admission = None
        self._desk.clear()
        self._wake_sync()
        return row

    def _save(
        self,
        row: InterviewRow,
        events: Sequence[EventDraft],
        *,
        state: InterviewState | None = None,
        takes: Sequence[TakeRow] = (),
    ) -> InterviewRow:
        used = self._seconds_used(row)
        row = self._store.append(row.interview_id, events, state=state, takes=takes, seconds_used=used)
        self._restart_clock(row)
        self._wake_sync()
        return row

    def _submit_value(self, step: Step, sealed: wire.AnswerSealed, thinking_used: float) -> None:
        row = self._require_active()
        self._save(row, [drafts.written_answer(step, sealed, thinking_used)])

    def _leave_as(self, row: InterviewRow, state: InterviewState, reason: ExitReason, words: str) -> InterviewRow:
        now = replace(row, seconds_used=self._seconds_used(row))
        left = drafts.left(state, reason, words, self._facts(), standing(self._store, now, self._kit(row)))
        if state is InterviewState.ABANDONED:
            self._drop_unsubmitted(row)
        self._hold(row.interview_id)
        row = self._save(row, [left], state=state)
        if self._active == row.interview_id:
            self._active = None
        return row

    def _end_interrupted(self, row: InterviewRow) -> None:
        try:
            self._takes.end(interrupted=True)
        except XudaError as error:
            # Nothing readable, or the disk is full: the exit itself must still be recorded.
            if error.code not in (ErrorCode.RECORDING_EMPTY, ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
                raise

    def _drop_unsubmitted(self, row: InterviewRow) -> None:
        for take in self._store.takes(row.interview_id):
            if take.state in (TakeState.RECORDED, TakeState.RECOVERED):
                self._takes.discard(take)

    def _activate(self, interview_id: str) -> None:
        self._active = interview_id
        self._active_since = None
        self._keep_adjustments(self._store.interview(interview_id))
        self._wake_sync()

    def _remember_time(self) -> None:
        row = self._require_active()
        self._store.append(row.interview_id, [], seconds_used=self._seconds_used(row))
        self._restart_clock(row)

    def _restart_clock(self, row: InterviewRow) -> None:
        """The time so far is in the row now; count on from here."""
        if row.interview_id == self._active and self._active_since is not None:
            self._active_since = self._clock.monotonic()

    def _seconds_used(self, row: InterviewRow) -> float:
        if row.interview_id != self._active or self._active_since is None:
            return row.seconds_used
        return row.seconds_used + self._clock.monotonic() - self._active_since

    def _require_active(self) -> InterviewRow:
        if self._active is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="none", new="active")
        return self._store.interview(self._active)

    def _require_step(self, question_id: str) -> Step:
        step = self.step()
        if step is None or step.question.question_id != question_id:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="another question", new=question_id)
        return step

    def _require_admission(self) -> Admission:
        if self._admission is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="not admitted", new="begin")
        return self._admission

    def _attempts(self, invitation_id: str) -> list[InterviewRow]:
        return [row for row in self._store.interviews() if row.invitation_id == invitation_id]

    def _adjustments(self, row: InterviewRow) -> Adjustments:
        """As the roster says now, which HR may change while the interview is given; else as it said at the start.

        The line goes from the roster when the window is over, and the candidate's extra time must not go with it.
        """
        entry = self._shelf.entry(row.invitation_id)
        if entry is not None:
            return entry.adjustments
        kept = self._store.draft(row.interview_id, _ADJUSTMENTS)
        return Adjustments.model_validate_json(kept) if kept else Adjustments()

    def _keep_adjustments(self, row: InterviewRow) -> None:
        adjustments = self._adjustments(row)
        if adjustments != Adjustments():
            self._store.save_draft(row.interview_id, _ADJUSTMENTS, adjustments.model_dump_json())

    def _kit(self, row: InterviewRow) -> Kit:
        return self._shelf.kit(row.kit_id, row.kit_version)

    def _now(self) -> datetime:
        return self._shelf.server_time() or self._clock.now()

    def _receipt(self, row: InterviewRow) -> ReceiptView:
        return receipt_view(row, self._kit(row), self._store.events(row.interview_id))

    def _summary(self, row: InterviewRow) -> InterviewSummary:
        try:
            kit = self._kit(row)
        except XudaError:
            kit = None
        return InterviewSummary(
            interview_id=row.interview_id,
            kit=kit,
            state=row.state,
            hr_state=self._shelf.results().get(row.interview_id, _HR_STATES[row.state]),
            answered=min(row.answered + row.carried, len(kit.questions)) if kit else row.answered + row.carried,
            total=len(kit.questions) if kit else row.answered + row.carried,
            updated_at=row.updated_at,
            delivered=row.receipt_serial is not None and row.receipt_serial >= row.last_seq,
            certificate=certificate_view(self._shelf.certificates().get(row.interview_id)),
        )
