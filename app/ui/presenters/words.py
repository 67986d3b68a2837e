"""Words that came after an answer was handed in: that they are there, and reading them over one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from app.ui.names import Sheet
from app.ui.presenters.correcting import CorrectingPresenter

if TYPE_CHECKING:
    from app.interview.views import LateAnswer, LateWords, News
    from app.ui.presenters.journey import Journey


class WordsPresenter(CorrectingPresenter):
    """``found`` has what is known of the interviews that are on the screen, by their id.

    In the sheet: ``answers``, of which that at ``place`` is shown; none where there is nothing of it here any more.
    ``error``: what was typed could not be saved. Nothing stays when the sheet is closed and the screen is left.
    """

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.found: dict[str, LateWords] = {}
        self._found_listeners: list[Callable[[], None]] = []
        self._interview_id = ""
        self._turn = 0
        self._clear()
        journey.listen(self.changed)
        journey.listen_news(self._on_news)

    def _clear(self) -> None:
        self.answers: tuple[LateAnswer, ...] = ()
        self.place = 0
        self.error: Exception | None = None
        self.review = None
        self._edits.clear()

    # ---- that they are there --------------------

    def look(self, interview_ids: Iterable[str]) -> None:
        """Find out what there is of these interviews. Nobody waits for it."""
        wanted, service = list(interview_ids), self.journey.context.service

        self._turn += 1
        turn = self._turn

        def seen(found: list[LateWords]) -> None:
            if turn == self._turn:
                self._set_found({late.interview_id: late for late in found})

        self.journey.quietly(lambda: [service.words.late(interview_id) for interview_id in wanted], seen)

    def look_at_receipt(self) -> None:
        """Of the interview that has just ended."""
        if self.journey.receipt is not None:
            self.look([self.journey.receipt.interview_id])

    def of(self, interview_id: str) -> LateWords | None:
        """None where there is nothing to say."""
        late = self.found.get(interview_id)
        return late if late is not None and (late.answers or late.waiting) else None

    def listen_found(self, listener: Callable[[], None]) -> None:
        """Told when ``found`` has changed, and of nothing else."""
        self._found_listeners.append(listener)

    def forget(self) -> None:
        """The screen is left, also by what was asked for it and is not answered yet."""
        self._turn += 1
        self._set_found({})

    def _set_found(self, found: dict[str, LateWords]) -> None:
        if found != self.found:
            self.found = found
            for listener in list(self._found_listeners):
                listener()

    def _on_news(self, news: News) -> None:
        from app.interview.views import TranscriptFailed, TranscriptReady

        if self.found and isinstance(news, TranscriptFailed | TranscriptReady):
            self.look(list(self.found))

    # ---- reading them over --------------------

    def open(self, interview_id: str) -> None:
        service = self.journey.context.service
        self._clear()
        self._interview_id = interview_id

        def opened(late: LateWords) -> None:
            self.answers = late.answers
            for answer in late.answers:
                if answer.typed is not None:
                    self._edits[answer.review.take_id] = answer.typed
            self._show(next((at for at, answer in enumerate(late.answers) if not answer.read), 0))
            self.journey.open_sheet(Sheet.WORDS)

        self.journey.do(lambda: service.words.open(interview_id), opened)

    @property
    def answer(self) -> LateAnswer | None:
        return self.answers[self.place] if self.answers else None

    @property
    def last(self) -> bool:
        return self.place + 1 >= len(self.answers)

    def next(self) -> None:
        """These words are as they should be: on to the next ones, or done."""
        if self.last:
            self._settle(self.journey.close_sheet)
        else:
            self._settle(lambda: self._show(self.place + 1))

    def back(self) -> None:
        self._settle(lambda: self._show(self.place - 1))

    def close(self) -> None:
        """What was typed counts. Where it could not be saved, once more closes without it."""
        if self.error is not None or self.answer is None:
            self._drop()
            self.journey.close_sheet()
        else:
            self._settle(self.journey.close_sheet)

    def left(self) -> None:
        """The sheet is closed, by whatever."""
        review, service, interview_id = self.review, self.journey.context.service, self._interview_id
        text = self._edits.get(review.take_id) if review is not None else None
        if review is not None and text is not None:
            take_id, typed = review.take_id, text
            self.journey.quietly(lambda: service.words.settle(take_id, typed), lambda _: None)
        self._clear()
        self._interview_id = ""
        if interview_id:
            self.journey.quietly(lambda: service.words.close(), lambda _: self.look(list(self.found)))

    def read_take(self, play: Callable[[bytes], None]) -> None:
        """Decrypt the recording into memory for playback."""
        review, service = self.review, self.journey.context.service
        if review is None:
            return
        take_id = review.take_id

        def read() -> bytes:
            with service.open_take(take_id) as stream:
                return stream.read()

        self.journey.quietly(read, play)

    def _keep(self, take_id: str, text: str) -> None:
        self.journey.quietly(lambda: self.journey.context.service.words.keep(take_id, text), lambda _: None)

    def _show(self, place: int) -> None:
        self.place = place
        self.review = self.answers[place].review if self.answers else None
        self.changed()

    def _drop(self) -> None:
        if self.review is not None:
            self._edits.pop(self.review.take_id, None)

    def _settle(self, then: Callable[[], None]) -> None:
        review, service = self.review, self.journey.context.service
        if review is None:
            return
        take_id, text = review.take_id, self.shown_text(review)

        def settled(late: LateWords) -> None:
            self.error = None
            self._edits.pop(take_id, None)
            now = {answer.review.take_id: answer for answer in late.answers}
            self.answers = tuple(now.get(answer.review.take_id, answer) for answer in self.answers)
            then()

        def failed(error: Exception) -> None:
            self.error = error
            self.changed()

        def run() -> LateWords:
            service.words.settle(take_id, text)
            return service.words.late(self._interview_id)

        self.journey.do(run, settled, failed)
