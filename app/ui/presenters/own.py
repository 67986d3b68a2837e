"""At a kiosk: what this device has of whoever gives their code again, and taking the consent back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.names import Sheet
from app.ui.presenters.base import Presenter

if TYPE_CHECKING:
    from app.interview.views import InterviewSummary
    from app.ui.presenters.journey import Journey
    from app.ui.presenters.printing import PrintPresenter


class OwnPresenter(Presenter):
    """``found`` is empty until a code was given that has something here; ``missing``: the last one had nothing.

    ``asked``: the interview whose consent is about to be withdrawn; ``withdrawn``: it just was. Nothing stays when the
    sheet is closed.
    """

    def __init__(self, journey: Journey, printing: PrintPresenter | None = None) -> None:
        super().__init__()
        self.journey = journey
        self._printing = printing
        self.clear()
        journey.listen(self.changed)

    @property
    def may_print(self) -> bool:
        return self._printing is not None

    def clear(self) -> None:
        self.found: tuple[InterviewSummary, ...] = ()
        self.missing = self.withdrawn = False
        self.asked: InterviewSummary | None = None
        self.error: Exception | None = None

    def open(self, text: str = "") -> None:
        """``text``: a code that was scanned."""
        self.journey.open_sheet(Sheet.OWN)
        self.show(text)

    def show(self, text: str) -> None:
        text, service = text.strip(), self.journey.context.service
        if text:
            self.clear()
            self.journey.do(lambda: service.own(text), self._found, self._refused)

    def ask(self, summary: InterviewSummary) -> None:
        self.asked = summary
        self.changed()

    def keep(self) -> None:
        self.asked = None
        self.changed()

    def withdraw(self) -> None:
        asked, service = self.asked, self.journey.context.service
        if asked is None:
            return
        here = {summary.interview_id for summary in self.found}

        def run() -> tuple[InterviewSummary, ...]:
            service.withdraw(asked.interview_id)
            return tuple(summary for summary in service.mine() if summary.interview_id in here)

        def done(found: tuple[InterviewSummary, ...]) -> None:
            self.asked, self.withdrawn = None, True
            self._found(found)

        self.journey.do(run, done, self._refused)

    def print(self, summary: InterviewSummary) -> None:
        if self._printing is not None:
            self._printing.open(summary.interview_id)

    def close(self) -> None:
        self.journey.close_sheet()

    def _found(self, found: tuple[InterviewSummary, ...]) -> None:
        self.found = found
        self.changed()

    def _refused(self, error: Exception) -> None:
        from contract.errors import ErrorCode, XudaError

        unknown = (ErrorCode.INVITATION_UNKNOWN, ErrorCode.INVITATION_INVALID)
        self.missing = isinstance(error, XudaError) and error.code in unknown
        self.error = None if self.missing else error
        self.changed()
