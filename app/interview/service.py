"""The interview as the screens use it: one object, called on the database thread, answering with immutable views."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, BinaryIO

from app.interview import drafts
from app.interview.active import ActiveInterview
from app.interview.adjusting import Accepted, AdjustingDesk, Candidate
from app.interview.adjusting import draft as adjusted_draft
from app.interview.answers import answer_views
from app.interview.entry import EntryDesk
from app.interview.leaving import LeavingDesk
from app.interview.messages import MessageDesk
from app.interview.model import Environment, ExitReason
from app.interview.own import own_interviews
from app.interview.papers import PaperSource, paper_source
from app.interview.ports import Clock, MediaTools, Recorder, Transcriber
from app.interview.practice import PracticeDesk
from app.interview.recovery import reconcile
from app.interview.states import InterviewState, TakeState
from app.interview.store import InterviewStore, Shelf
from app.interview.summary import summary_view
from app.interview.takes import Notify, Post, TakeDesk, transcribed_draft
from app.interview.views import AnswerView, Entry, InterviewSummary, ReceiptView, StartPage, Step, TakeReview
from app.interview.words import WordsDesk
from contract import events as wire
from contract.adjusting import AdjustmentReason
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.invitation import Adjustments, Delegation
from contract.kit import Kit, QuestionKind
from contract.kit_media import MediaFile
from contract.parts import Elsewhere
from contract.walkin import Registration

log = logging.getLogger(__name__)


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
        self._facts = facts
        self._wake_sync = wake_sync
        self._media = media
        self._takes = TakeDesk(store, recorder, media, transcriber, post, notify)
        self._entry = EntryDesk(store, shelf, clock, facts, new_key)
        self._active = ActiveInterview(store, shelf, self._takes, clock, wake_sync)
        self._leaving = LeavingDesk(store, self._takes, self._active, facts)
        self._adjusting = AdjustingDesk(shelf, clock)
        self.messages = MessageDesk(store, shelf, clock)
        self.practice = PracticeDesk(recorder, media, notify)
        self.words = WordsDesk(store, shelf, self._takes, self._active)
        self._trouble: XudaError | None = None

    # ---- start, entry, consent --------------------

    def recover(self) -> None:
        """Once at start: close what a crash left open and queue stored takes whose words are not known yet.

        A disk that is full or fails keeps nobody from what is there: the start page says so and tries this again.
        """
        self._trouble = None
        try:
            if reconcile(self._store, self._takes, self._facts(), self._active.kit):
                self._wake_sync()
            self._store.check_room()
        except XudaError as error:
            if error.code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
                raise
            self._trouble = error

    def start_page(self) -> StartPage:
        self.farewell()
        if self._trouble is not None and self.active_id is None:
            self.recover()
        return StartPage(
            organisation=self._shelf.organisation_name(),
            kits=tuple(self._shelf.kits()),
            pending_uploads=self._store.pending_uploads(),
            unfinished=tuple(
                summary_view(row, self._shelf) for row in self._store.interviews() if row.state is InterviewState.PAUSED
            ),
            trouble=self._trouble,
            walk_ins=self._entry.walk_ins(),
            unread=sum(message.unread for message in self.messages.here()),
        )

    def look_up(self, text: str) -> Entry:
        """An invitation's entry page. Raises XudaError(INVITATION_* | KIT_MISSING | NOT_ENROLLED)."""
        return self._entry.look_up(text)

    def register(self, batch_id: str, person: Registration) -> Entry:
        """Somebody who is not invited. Raises XudaError(WALK_IN_CLOSED), and as ``look_up``."""
        return self._entry.register(batch_id, person)

    def heard(self, elsewhere: Elsewhere | None) -> Entry:
        """HR's own word, just now, on how far the interview that was looked up has come on other devices."""
        return self._entry.heard(elsewhere)

    def next_part(self) -> str:
        """The id under which ``begin`` will go on with what other devices have begun: a ticket is asked for it."""
        return self._entry.next_part()

    def begin(
        self,
        *,
        language: str,
        scoring: bool,
        picture_facts: bool = False,
        elsewhere: bool = False,
        ticket: Envelope | None = None,
    ) -> None:
        """The candidate agreed to being recorded (and, with ``scoring``, to AI scoring): the interview exists now.

        ``picture_facts``: the candidate agreed to facts about the picture, too; only a kit that asks for it notes any.
        ``elsewhere``: and that the service which the kit names is given what is said.
        ``ticket``: HR's word that this device goes on with it; without one it goes on by what the roster says.
        """
        kit = self._entry.admission.kit
        consented = drafts.consented(kit, scoring=scoring, picture_facts=picture_facts, elsewhere=elsewhere)
        row = self._entry.create(InterviewState.ACTIVE, [consented], language=language, scoring=scoring, ticket=ticket)
        self._active.enter(row.interview_id)

    def decline(self, *, language: str) -> ReceiptView:
        """The candidate does not want an AI interview (已拒绝AI面试). HR is told; nothing was recorded."""
        declined = drafts.declined(self._entry.admission.kit)
        row = self._entry.create(InterviewState.DECLINED, [declined], language=language, scoring=False)
        self._wake_sync()
        return self._leaving.receipt(row)

    def resume(self, interview_id: str) -> None:
        self._store.append(interview_id, [drafts.resumed(self._facts())], state=InterviewState.ACTIVE)
        self._active.enter(interview_id)

    def abandon_earlier(self, interview_id: str) -> None:
        """The candidate wants to start again: the old attempt is kept for audit as 未完成."""
        self._leaving.give_up(self._store.interview(interview_id), ExitReason.GIVE_UP, "")

    # ---- the active interview --------------------

    @property
    def active_id(self) -> str | None:
        return self._active.interview_id

    def kit(self) -> Kit:
        """The active interview's kit."""
        return self._active.kit()

    def start_clock(self) -> None:
        """The first question is about to be shown: from here on the total time counts (not devices and practice)."""
        self._active.start_clock()

    def step(self) -> Step | None:
        """The first unanswered question, None when all are answered."""
        return self._active.step()

    def remaining_kinds(self) -> frozenset[QuestionKind]:
        """The ways of answering that still come, adjustments included: which devices are needed."""
        return self._active.remaining_kinds()

    def prompt_file(self, file: MediaFile) -> bytes:
        """A picture, sound or film of the kit, whole. Any thread. Raises XudaError(KIT_MEDIA_DAMAGED)."""
        return self._shelf.files.read(file)

    def prompt_picture(self, file: MediaFile) -> Any:
        """A picture of the kit as ``MediaTools.picture`` tells. Any thread. Raises XudaError(KIT_MEDIA_DAMAGED)."""
        return self._media.picture(self.prompt_file(file))

    def note_play(self, question_id: str) -> Step:
        """The question's sound or video begins to play. Raises XudaError(ILLEGAL_STATE) when no play is left."""
        if self._active.step_at(question_id).plays_left == 0:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="no plays left", new="played")
        self._active.played(question_id)
        return self._active.step_at(question_id)

    # ---- adjustments by staff --------------------

    def adjust(self, text: str) -> Adjustments:
        """A code that staff has made was scanned or typed, before the interview or in it; what the candidate has now.

        Raises XudaError(ADJUSTMENT_INVALID | ADJUSTMENT_SIGNER | ADJUSTMENT_OTHER | ADJUSTMENT_EXPIRED |
        ADJUSTMENT_USED | ADJUSTMENT_LIMIT | ILLEGAL_STATE).
        """
        return self._accept(self._adjusting.check(text, self._candidate()))

    def give_more(self, adjustments: Adjustments, reason: AdjustmentReason) -> Adjustments:
        """From the staff panel of this device, behind its PIN, within ``panel_limits``; what the candidate has now.

        Raises XudaError(ADJUSTMENT_SIGNER) where HR does not allow it, and as :meth:`adjust`.
        """
        return self._accept(self._adjusting.give_here(adjustments, reason, self._candidate()))

    def panel_limits(self) -> Delegation | None:
        """What the staff panel of this device may give; None when HR has not allowed it, or nobody is here."""
        here = self.active_id is not None or self._entry.waiting
        return self._shelf.adjustments.panel() if here else None

    def _candidate(self) -> Candidate:
        if self.active_id is None:
            return Candidate.admitted(self._entry.admission)
        row = self._active.row()
        return Candidate.of_row(row, self._shelf.entry(row.invitation_id), self._shelf.adjustments.signers())

    def _accept(self, accepted: Accepted) -> Adjustments:
        if self.active_id is None:
            self._entry.adjust(accepted)
            return self._entry.adjustments()
        row = self._active.save(self._active.row(), [adjusted_draft(accepted)])
        return self._active.adjustments(row)

    def begin_take(self, question_id: str, *, thinking_used: float = 0.0) -> str:
        """Start recording; the take's id. Raises XudaError(CAMERA_* | MICROPHONE_* | DISK_FULL | ILLEGAL_STATE)."""
        row = self._active.row()
        step = self._active.step_at(question_id)
        if step.takes_left == 0:
            raise XudaError(ErrorCode.ILLEGAL_STATE, old="no takes left", new="recording")
        take = self._takes.begin(
            row,
            question_id,
            self._active.kit(row).speech_language,
            video=step.question.kind == "video",
            thinking_used=thinking_used,
            picture_facts=self._active.notes_picture(row),
        )
        return take.take_id

    def end_take(self) -> TakeReview:
        """Stop recording, make it durable, read the stored file back. Raises XudaError(RECORDING_EMPTY | DISK_*)."""
        take = self._takes.end()
        self._active.remember_time()
        return self._takes.review(take)

    def review(self, take_id: str) -> TakeReview:
        return self._takes.review(self._store.take(take_id))

    def open_take(self, take_id: str) -> BinaryIO:
        """The stored take for playback: seekable plaintext, decrypted piece by piece in memory."""
        return self._store.open_object(take_id)

    def submit_take(self, take_id: str) -> None:
        """The candidate's choice among the takes: saved as the answer; the others are removed."""
        row = self._active.row()
        language = self._active.kit(row).speech_language
        chosen = self._store.take(take_id)
        step = self._active.step_at(chosen.question_id)
        said = [drafts.spoken_answer(step, chosen)]
        if chosen.transcript is not None:
            said.append(transcribed_draft(take_id, chosen.transcript))
        if chosen.correction is not None:
            said.append(drafts.corrected(take_id, chosen.correction))
        if chosen.picture is not None:
            said.append(drafts.pictured(take_id, chosen.picture))
        chosen = replace(chosen, state=TakeState.SUBMITTED)
        dropped = self._takes.dropped(row.interview_id, chosen.question_id)
        others = [take for take in dropped if take.take_id != take_id]
        self._active.save(row, said, takes=[chosen, *others])
        self._takes.transcribe_stored(chosen, language)

    def discard_take(self, take_id: str) -> None:
        """The candidate redoes a recovered take, or drops one before recording again."""
        self._takes.discard(self._store.take(take_id))

    def correct(self, take_id: str, text: str) -> None:
        """Keep a corrected transcript beside the original, before or after the answer was submitted.

        Without any text, or with just the recognised words, the original counts again; HR, who has seen a correction
        of a submitted answer, is told that, too.
        """
        self.words.correct(take_id, text)

    def save_draft(self, question_id: str, draft: str) -> None:
        """Keep what is typed (or the chosen numbers, comma-separated) so that a crash does not lose it."""
        self._store.save_draft(self._active.row().interview_id, question_id, draft)

    def draft(self, question_id: str) -> str | None:
        return self._store.draft(self._active.row().interview_id, question_id)

    def submit_text(self, question_id: str, text: str, *, thinking_used: float = 0.0) -> None:
        """Raises XudaError(REJECTED) naming the field when it is empty or too long."""
        step = self._active.step_at(question_id)
        if not text.strip() or len(text) > step.question.max_characters:
            raise XudaError(ErrorCode.REJECTED, field="text", limit=step.question.max_characters)
        self._submit_value(step, wire.AnswerSealed(text=text), thinking_used)

    def submit_choice(self, question_id: str, choices: Sequence[int], *, thinking_used: float = 0.0) -> None:
        """``choices`` are 0-based. Raises XudaError(REJECTED) when they do not fit the question."""
        step = self._active.step_at(question_id)
        picked = sorted(set(choices))
        fits = picked and picked[0] >= 0 and picked[-1] < len(step.question.choices)
        if not fits or (step.question.kind == "single_choice" and len(picked) != 1):
            raise XudaError(ErrorCode.REJECTED, field="choices")
        self._submit_value(step, wire.AnswerSealed(choices=picked), thinking_used)

    # ---- leaving and finishing --------------------

    def pause(self, reason: ExitReason, words: str = "") -> ReceiptView:
        """保存进度 and leave. A running take is kept and offered back; it does not cost a take."""
        return self._leaving.receipt(self._leaving.pause(reason, words))

    def abandon(self, reason: ExitReason, words: str = "") -> ReceiptView:
        """放弃面试: what was submitted goes to HR as 未完成; what was not is removed."""
        return self._leaving.receipt(self._leaving.give_up(self._active.row(), reason, words))

    def finish(self, *, time_up: bool = False) -> ReceiptView:
        """All questions are answered (or the total time is used up): 待评估. Raises XudaError(ILLEGAL_STATE)."""
        return self._leaving.receipt(self._leaving.finish(time_up=time_up))

    def answer_questionnaire(self, interview_id: str, ratings: wire.QuestionnaireData, words: str = "") -> None:
        self._active.save(self._store.interview(interview_id), [drafts.questionnaire(ratings, words)])

    def farewell(self) -> None:
        """The candidate has left the last screen: what was delivered may be removed from this device now."""
        self._entry.forget()
        self._leaving.release()

    def shutdown(self) -> None:
        """The window or the machine is going down without a choice: save the progress with that reason.

        No known error keeps it from that: what a disk that is full does not take now is put straight at the next start.
        """
        steps = (self.practice.stop, self._pause_at_shutdown, self._takes.abandon, self.words.close, self.farewell)
        for step in steps:
            try:
                step()
            except XudaError as error:
                log.warning("shutting down goes on without %s: %s", step.__name__, error.code.value)

    def _pause_at_shutdown(self) -> None:
        if self.active_id is not None:
            self.pause(ExitReason.SHUTDOWN)

    # ---- 我的 --------------------

    def mine(self) -> list[InterviewSummary]:
        offers = self._entry.offers()
        found = (summary_view(row, self._shelf) for row in self._store.interviews())
        return [replace(one, offer=offers.get(one.interview_id)) for one in found]

    def look_up_own(self, interview_id: str) -> Entry:
        """The entry page of an interview of this device, by its own invitation. Raises as :meth:`look_up`."""
        return self._entry.look_up_own(interview_id)

    def own(self, text: str) -> tuple[InterviewSummary, ...]:
        """Of whoever gives their code, link or receipt again, newest first. Raises XudaError(INVITATION_*)."""
        return own_interviews(self._store, self._shelf, text)

    def answers(self, interview_id: str) -> list[AnswerView]:
        """The saved answers in the order they were given; empty once they were delivered and removed."""
        return answer_views(self._store, interview_id)

    def printable(self, interview_id: str) -> PaperSource:
        """What can be printed of an interview; see :class:`PaperSource` for what is left after its delivery."""
        return paper_source(self._store, self._shelf, interview_id)

    def staff_reports(self) -> bool:
        """Whether HR lets staff print reports with scores."""
        return self._shelf.scores.prints

    def withdraw(self, interview_id: str) -> None:
        """Take the consent back: HR is told on the next sync, this device's keys and files are destroyed at once.

        Whatever other parts of the same interview are on this device go with it.
        """
        chosen = self._store.interview(interview_id)
        # first: what the withdrawal empties of old pages holds these too then
        self._shelf.messages.drop(chosen.invitation_id)
        for row in self._entry.attempts(chosen.invitation_id):
            if row.attempt == chosen.attempt and row.state is not InterviewState.DELETED:
                self._takes.halt(row.interview_id)
                self._store.withdraw(row.interview_id, drafts.withdrawn(row.invitation_id, row.attempt))
                self._active.leave(row.interview_id)
        self._shelf.walk_ins.drop(chosen.invitation_id)
        self._wake_sync()

    # ---- inside --------------------

    def _submit_value(self, step: Step, sealed: wire.AnswerSealed, thinking_used: float) -> None:
        self._active.save(self._active.row(), [drafts.written_answer(step, sealed, thinking_used)])
