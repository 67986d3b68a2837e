"""Question, recording and proof of a spoken answer."""

from __future__ import annotations

from collections.abc import Callable

from app.interview.states import TakeState
from app.interview.views import (
    DeviceFault,
    InputEnded,
    News,
    PartialText,
    Step,
    TakeReview,
    TranscriptFailed,
    TranscriptReady,
)
from app.ui.names import Screen, Sheet
from app.ui.presenters.correcting import CorrectingPresenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.prompt import PromptPresenter
from contract.errors import ErrorCode, XudaError

# These end a take: what was said so far is kept, and the take does not count.
ENDING_FAULTS = frozenset(
    {
        ErrorCode.CAMERA_LOST.value,
        ErrorCode.MICROPHONE_LOST.value,
        ErrorCode.RECORDING_FAILED.value,
        ErrorCode.DISK_FULL.value,
        ErrorCode.DISK_ERROR.value,
    }
)


class AnsweringPresenter(CorrectingPresenter):
    """Times are seconds of the journey's clock. ``review`` is the take shown on the proof screen."""

    def __init__(self, journey: Journey, prompt: PromptPresenter | None = None) -> None:
        super().__init__()
        self.journey = journey
        self.captions_on = True
        self.caption = ""
        self.fault = ""
        self.auto_ended = False
        self.words_failed = ""
        self._take_id = ""
        self._thinking_since: float | None = None
        self._thinking_used = 0.0
        self._retaking = False
        self._recording_since: float | None = None
        self._quietening = False
        # Makes the room quiet, then goes on: a view that plays the question puts itself here.
        self.quieten: Callable[[Callable[[], None]], None] = lambda then: then()
        self.prompt = prompt or PromptPresenter(journey)
        self.prompt.on_listened(self._listened)
        journey.listen(self.changed)
        journey.listen_news(self.on_news)
        journey.listen_end(self.forget)
        journey.savers[Screen.RECORDING] = self._saver_of_recording
        journey.savers[Screen.PROOF] = self._saver_of_proof
        journey.keepers.append(self.keep_edit)

    @property
    def step(self) -> Step | None:
        return self.journey.step

    def forget(self) -> None:
        """The candidate has gone."""
        self.caption = self.fault = ""
        self.review = None
        self._recording_since = self._thinking_since = None
        self._quietening = False
        self._edits.clear()

    # ---- question --------------------

    def enter_question(self) -> None:
        """The question is on screen: the thinking time runs. It stops at once when a take waits for a decision."""
        step = self.step
        self.caption = self.fault = ""
        self.auto_ended = False
        self.prompt.enter()
        thinks = step is not None and step.thinking_seconds > 0 and not step.takes and not self.prompt.unheard
        self._thinking_since = self.journey.clock() if thinks else None
        self._thinking_used = 0.0

    def enter_question_unless_thinking(self) -> None:
        """As :meth:`enter_question`, except when a retake has set its thinking time already."""
        if self._thinking_since is None and not self._retaking:
            self.enter_question()
        self._retaking = False

    def _listened(self) -> None:
        """The question was played for the first time: the time to think begins."""
        step = self.step
        waits = self.journey.screen is Screen.QUESTION and self._thinking_since is None and not self._quietening
        if waits and step is not None and step.thinking_seconds > 0 and not step.takes:
            self._thinking_since = self.journey.clock()
            self.changed()

    @property
    def thinking_left(self) -> float | None:
        """None when no thinking time runs."""
        if self._thinking_since is None or self.step is None:
            return None
        return max(0.0, self.step.thinking_seconds - (self.journey.clock() - self._thinking_since))

    def begin(self) -> None:
        """Start recording, once nothing of the question sounds any more."""
        if self.step is not None and not self._quietening and not self.journey.busy:
            self._quietening = True
            self.quieten(self._begin_quiet)

    def _begin_quiet(self) -> None:
        self._quietening = False
        step = self.step
        if step is None or self.journey.screen is not Screen.QUESTION:
            return
        if self._thinking_since is not None:
            self._thinking_used = min(float(step.thinking_seconds), self.journey.clock() - self._thinking_since)
        question_id, used = step.question.question_id, self._thinking_used
        self.journey.saved = False
        self.journey.do(
            lambda: self.journey.context.service.begin_take(question_id, thinking_used=used),
            self._recording,
            self._not_recording,
        )

    def _recording(self, take_id: str) -> None:
        self._take_id = take_id
        self._thinking_since = None
        self.caption = self.fault = ""
        self._recording_since = self.journey.clock()
        self.journey.go(Screen.RECORDING)

    def _not_recording(self, error: Exception) -> None:
        # The thinking time must not start the same failure again and again.
        self._thinking_since = None
        self.journey.fail(error)

    def redo_recovered(self) -> None:
        """Drop the take that a crash or an exit has cut; it never counted."""
        recovered = self.step.recovered if self.step else None
        if recovered is not None:
            self._change_takes(lambda: self.journey.context.service.discard_take(recovered.take_id))

    def look_at_takes(self) -> None:
        """Show the recovered take, or the newest earlier one, for a decision."""
        step = self.step
        if step is not None and step.takes:
            self._show(step.recovered or step.takes[-1])

    def _change_takes(self, change: Callable[[], None]) -> None:
        service = self.journey.context.service

        def run() -> Step | None:
            change()
            return service.step()

        self.journey.do(run, self.journey.route)

    # ---- recording --------------------

    @property
    def seconds_used(self) -> float:
        return 0.0 if self._recording_since is None else self.journey.clock() - self._recording_since

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.step.answer_seconds - self.seconds_used) if self.step else 0.0

    def tick(self) -> None:
        """Called several times a second."""
        journey = self.journey
        if journey.busy:
            return
        if journey.screen is Screen.QUESTION and self.thinking_left == 0.0:
            if not journey.sheet and not journey.reading_help:
                self.begin()
        elif journey.screen is Screen.RECORDING and self._recording_since is not None and self.seconds_left == 0.0:
            self.auto_ended = True
            self.finish()

    def finish(self) -> None:
        """End the take, also early. What was said is durable when the proof appears."""
        service = self.journey.context.service

        def end() -> tuple[TakeReview, Step | None]:
            review = service.end_take()
            return review, service.step()

        self.journey.do(end, lambda found: self._ended(*found), self._nothing_recorded)

    def _ended(self, review: TakeReview, step: Step | None) -> None:
        self._recording_since = None
        self.journey.step = step
        self.journey.saved = True
        self._show(review)
        if self.fault:
            self.journey.open_sheet(Sheet.DEVICE_LOST)

    def _nothing_recorded(self, error: Exception) -> None:
        self._recording_since = None
        self.enter_question()
        self._thinking_since = None
        self._retaking = True
        self.journey.go(Screen.QUESTION)
        self.journey.fail(error)

    def on_news(self, news: News) -> None:
        recording = self.journey.screen is Screen.RECORDING
        if isinstance(news, PartialText) and recording and news.take_id == self._take_id:
            self.caption = news.text
        elif isinstance(news, DeviceFault) and recording:
            self.fault = news.code
            if news.code in ENDING_FAULTS:
                self.finish()
        elif isinstance(news, InputEnded | TranscriptFailed | TranscriptReady):
            self._on_words(news)
        else:
            return
        self.changed()

    # ---- proof --------------------

    def _show(self, review: TakeReview) -> None:
        self.review = review
        self.words_failed = ""
        self.journey.go(Screen.PROOF)

    def _on_words(self, news: InputEnded | TranscriptFailed | TranscriptReady) -> None:
        review = self.review
        if review is None or isinstance(news, InputEnded) or news.take_id != review.take_id:
            return
        if isinstance(news, TranscriptFailed):
            self.words_failed = news.code
        take_id = review.take_id
        self.journey.quietly(lambda: self.journey.context.service.review(take_id), self._refreshed)

    def _refreshed(self, review: TakeReview) -> None:
        if self.review is not None and self.review.take_id == review.take_id:
            self.review = review
            self.changed()

    def read_take(self, take_id: str, play: Callable[[bytes], None]) -> None:
        """Decrypt a stored take into memory for playback."""
        service = self.journey.context.service

        def read() -> bytes:
            with service.open_take(take_id) as stream:
                return stream.read()

        self.journey.quietly(read, play)

    def choose(self, take_id: str) -> None:
        """Look at another take of this question."""
        self.journey.do(lambda: self.journey.context.service.review(take_id), self._show)

    def look_again(self) -> None:
        """Back to the proof of the take that is shown, after the devices were checked."""
        if self.review is not None:
            self.journey.go(Screen.PROOF)

    @property
    def may_retake(self) -> bool:
        return self.step is not None and self.step.takes_left > 0

    def _keep(self, take_id: str, text: str) -> None:
        self.journey.quietly(lambda: self.journey.context.service.correct(take_id, text), lambda _: None)

    def submit(self) -> None:
        """This take is the answer."""
        review, service = self.review, self.journey.context.service
        if review is None:
            return
        save = self._saver(review)

        def submit() -> Step | None:
            save()
            return service.step()

        self.journey.do(submit, self._submitted)

    def _submitted(self, step: Step | None) -> None:
        self.review = None
        self._edits.clear()
        self.journey.saved = True
        self.journey.route(step)

    def retake(self) -> None:
        """Back to the question for another take; the recovered take is dropped, the others stay to choose from."""
        review = self.review
        if review is not None and review.state is TakeState.RECOVERED:
            self.redo_recovered()
            return
        self.enter_question()
        step = self.step
        if step is not None and step.thinking_seconds > 0:
            self._thinking_since = self.journey.clock()
        self._retaking = True
        self.journey.go(Screen.QUESTION)

    def _saver(self, review: TakeReview) -> Callable[[], None]:
        service, text = self.journey.context.service, self._edits.get(review.take_id)

        def save() -> None:
            if text is not None:
                service.correct(review.take_id, text)
            service.submit_take(review.take_id)

        return save

    def _saver_of_proof(self) -> Callable[[], None] | None:
        return self._saver(self.review) if self.review else None

    def _saver_of_recording(self) -> Callable[[], None] | None:
        service = self.journey.context.service
        ended: list[str] = []

        def save() -> None:
            try:
                if not ended:
                    ended.append(service.end_take().take_id)
            except XudaError as error:
                # Nothing readable, be it the disk's doing: there is no answer to save, the interview still ends.
                if ErrorCode.RECORDING_EMPTY not in (error.code, getattr(error.__cause__, "code", None)):
                    raise
                return
            service.submit_take(ended[0])

        return save
