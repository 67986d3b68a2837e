"""The practice question: recorded into memory, played back, forgotten."""

from __future__ import annotations

from typing import BinaryIO

from app.interview.model import Proof
from app.ui.names import Screen
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey

LIMIT_SECONDS = 60.0


class PractisingPresenter(Presenter):
    """``proof`` and ``recording`` are those of the last try."""

    def __init__(self, journey: Journey) -> None:
        super().__init__()
        self.journey = journey
        self.since: float | None = None
        self.proof: Proof | None = None
        self.recording: BinaryIO | None = None
        journey.listen(self.changed)

    @property
    def video(self) -> bool:
        """Practised with picture when a question of the interview is answered with one."""
        kit = self.journey.kit
        return kit is not None and any(question.kind.value == "video" for question in kit.questions)

    @property
    def limit(self) -> float:
        practice = self.journey.kit.practice if self.journey.kit else None
        return float(practice.answer_seconds) if practice else LIMIT_SECONDS

    @property
    def seconds(self) -> float:
        return 0.0 if self.since is None else self.journey.clock() - self.since

    def enter(self) -> None:
        self.since = self.proof = self.recording = None
        self.changed()

    def start(self) -> None:
        practice, video = self.journey.context.service.practice, self.video
        self.journey.do(lambda: practice.start(video=video), self._started)

    def _started(self, _: None) -> None:
        self.proof = self.recording = None
        self.since = self.journey.clock()

    def stop(self) -> None:
        if self.since is not None:
            self.journey.do(self.journey.context.service.practice.stop, self._stopped, self._failed)

    def _stopped(self, found: tuple[Proof, BinaryIO] | None) -> None:
        self.since = None
        if found is not None:
            self.proof, self.recording = found

    def _failed(self, error: Exception) -> None:
        self.since = None
        self.journey.fail(error)

    def tick(self) -> None:
        if self.journey.screen is Screen.PRACTICE and self.since is not None and self.seconds >= self.limit:
            self.stop()

    def cancel(self) -> None:
        """The screen was left in the middle of a try."""
        if self.since is not None:
            self.since = None
            self.journey.quietly(self.journey.context.service.practice.stop, lambda _: None)
        self.proof = self.recording = None

    def leave(self) -> None:
        """On to the interview; a try that still runs is ended and forgotten."""
        practice = self.journey.context.service.practice
        self.recording = None
        if self.since is None:
            self.journey.practice_done()
            return

        def stopped(_: object) -> None:
            self.since = self.proof = self.recording = None
            self.journey.practice_done()

        self.journey.do(practice.stop, stopped, lambda _: stopped(None))
