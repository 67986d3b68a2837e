"""What the candidate makes of the recognised words of one take, wherever they may correct them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.presenters.base import Presenter

if TYPE_CHECKING:
    from app.interview.views import TakeReview


class CorrectingPresenter(Presenter):
    """``review`` is the take whose words are shown; None while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.review: TakeReview | None = None
        self._edits: dict[str, str] = {}

    def edit(self, text: str) -> None:
        """The candidate has typed in the transcript."""
        review = self.review
        if review is not None and text != self.shown_text(review):
            self._edits[review.take_id] = text

    @property
    def may_restore(self) -> bool:
        """Whether the candidate has changed the recognised words."""
        review = self.review
        recognised = review.transcript if review is not None else None
        return review is not None and recognised is not None and self.shown_text(review) != recognised.text

    def restore(self) -> None:
        """Back to the words as they were recognised."""
        review = self.review
        if review is not None and review.transcript is not None:
            self._edits[review.take_id] = review.transcript.text
            self.keep_edit()
            self.changed()

    def shown_text(self, review: TakeReview) -> str:
        if review.take_id in self._edits:
            return self._edits[review.take_id]
        if review.correction is not None:
            return review.correction
        return review.transcript.text if review.transcript is not None else ""

    def keep_edit(self) -> None:
        """Make what was typed so far durable."""
        review = self.review
        text = self._edits.get(review.take_id) if review else None
        if review is not None and text is not None:
            self._keep(review.take_id, text)

    def _keep(self, take_id: str, text: str) -> None:
        raise NotImplementedError
