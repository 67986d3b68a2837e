"""How a question is asked: its picture, its sound or video, and reading it aloud. Knows no Qt; a view plays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from app.interview.views import Step
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from contract.errors import ErrorCode, XudaError
from contract.kit_media import MediaFile, MediaKind, PromptMedia
from contract.text import pick, picked_tag

T = TypeVar("T")


class PromptPresenter(Presenter):
    """One for all screens of questions. ``picture`` is BGR uint8 (height, width, 3), None without one; ``failed``:
    something cannot be shown here.

    ``listened``: those told when the question was heard for the first time, or cannot be: thinking begins then.
    """

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.picture: Any = None
        self.failed = False
        self.playing = False
        self.reading = False
        self._question_id = ""
        self._heard = self._started = False
        self._listened: list[Callable[[], None]] = []
        journey.listen_end(self.forget)

    @property
    def step(self) -> Step | None:
        return self.journey.step

    @property
    def media(self) -> PromptMedia | None:
        return self.step.question.media if self.step else None

    def on_listened(self, listener: Callable[[], None]) -> None:
        self._listened.append(listener)

    def enter(self) -> None:
        """The question is on screen."""
        step = self.step
        if step is None or step.question.question_id == self._question_id:
            return
        self.forget()
        self._question_id = step.question.question_id
        self._heard = step.plays_used > 0
        if step.question.media is not None and step.question.media.kind is MediaKind.PICTURE:
            self._fetch(step.question.media, self._show_picture, self.journey.context.service.prompt_picture)

    def forget(self) -> None:
        """The candidate, or the question, has gone."""
        self.picture = None
        self.failed = self.playing = self.reading = self._heard = self._started = False
        self._question_id = ""

    def _show_picture(self, picture: Any) -> None:
        self.picture = picture
        self.changed()

    # ---- a sound or video --------------------

    @property
    def unheard(self) -> bool:
        """There is something to listen to first: time to think has not begun."""
        media = self.media
        return media is not None and media.kind.played and not self._heard and not self.failed

    @property
    def plays_left(self) -> int | None:
        """None: as often as wished."""
        return self.step.plays_left if self.step else None

    @property
    def may_play(self) -> bool:
        media = self.media
        return media is not None and media.kind.played and not self.playing and self.plays_left != 0

    def play(self, start: Callable[[bytes], None]) -> None:
        """Fetch what is played and hand it to ``start``; the play is counted as it begins."""
        media, service, question_id = self.media, self.journey.context.service, self._question_id
        if media is None or not self.may_play:
            return
        self.playing, self._started = True, False

        def count(content: bytes) -> None:
            def counted(step: Step) -> None:
                if self.journey.step is not None and self._question_id == question_id:
                    self.journey.step = step
                    if self.playing:
                        self._started = True
                        start(content)
                self.changed()

            if self.playing:  # else it was stopped before it began: that is no play
                self.journey.quietly(lambda: service.note_play(question_id), counted)

        self.changed()
        self._fetch(media, count, service.prompt_file)

    def ended(self) -> None:
        """The sound or video was played to its end, was stopped, or could not be played."""
        self.playing = False
        if self._started:
            self._hear()
        self.changed()

    def broken(self) -> None:
        """This machine cannot play it: the words stand for it."""
        self.failed, self.playing = True, False
        self._hear()

    def _hear(self) -> None:
        if not self._heard and self._question_id:
            self._heard = True
            for listener in self._listened:
                listener()
        self.changed()

    def _fetch(self, file: MediaFile, use: Callable[[T], None], read: Callable[[MediaFile], T]) -> None:
        question_id = self._question_id

        def fetched(content: T) -> None:
            if self._question_id == question_id:
                use(content)

        def failed(error: Exception) -> None:
            self.failed, self.playing = True, False
            if not isinstance(error, XudaError) or error.code is not ErrorCode.KIT_MEDIA_DAMAGED:
                self.journey.fail(error)
            self._hear()

        self.journey.runner.background(lambda: read(file), fetched, failed)

    # ---- reading aloud --------------------

    @property
    def spoken_tag(self) -> str:
        """The language of the words on screen, for a voice."""
        if self.step is None:
            return ""
        kit = self.journey.kit
        return picked_tag(self.step.question.prompt, self.journey.language) or (kit.speech_language if kit else "")

    @property
    def spoken_words(self) -> str:
        """What is read: the question and its choices."""
        if self.step is None:
            return ""
        language, question = self.journey.language, self.step.question
        lines = [pick(question.prompt, language), *(pick(choice, language) for choice in question.choices)]
        return "\n".join(line for line in lines if line)

    @property
    def spoken_file(self) -> MediaFile | None:
        """The kit's own reading of it in the language on screen."""
        if self.step is None:
            return None
        found = self.step.question.read_aloud
        return found.get(picked_tag(self.step.question.prompt, self.journey.language))

    def read_file(self, start: Callable[[bytes], None]) -> None:
        """Fetch the kit's own reading and hand it to ``start``."""
        file = self.spoken_file
        if file is not None and not self.reading:
            self.reading = True
            self.changed()
            self._fetch(file, start, self.journey.context.service.prompt_file)

    def read_done(self) -> None:
        self.reading = False
        self.changed()
