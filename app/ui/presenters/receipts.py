"""Staff print a page of today again: a receipt or, where HR lets them, a report with scores. Names are not read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from app.interview.papers import Paper, PaperMaker, PaperSource, Press, Printer
from app.interview.states import InterviewState
from app.ui.names import Sheet
from app.ui.presenters.base import Presenter

if TYPE_CHECKING:
    from app.interview.views import InterviewSummary
    from app.ui.presenters.journey import Journey

_WITH_RECEIPT = frozenset({InterviewState.FINISHED, InterviewState.ABANDONED, InterviewState.PAUSED})


class ReceiptsPresenter(Presenter):
    """``interviews`` of this local day that have left their answers here, newest first; ``looked``: they are known.

    ``papers``: what may be printed of them. ``printed_on`` (a printer's words) or ``error`` tell of the last page.
    ``local_now`` is the local wall time.
    """

    def __init__(
        self, journey: Journey, make: PaperMaker, press: Callable[[], Press], local_now: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self.journey = journey
        self._make = make
        self._press = press
        self._local_now = local_now
        self.clear()

    def clear(self) -> None:
        self.interviews: tuple[InterviewSummary, ...] = ()
        self.printers: list[Printer] = []
        self.papers: tuple[Paper, ...] = (Paper.RECEIPT,)
        self.looked = self.working = False
        self.printed_on = ""
        self.error: Exception | None = None

    @property
    def may_print(self) -> bool:
        return self.looked and not self.working and bool(self.interviews and self.printers)

    def enter(self) -> None:
        if not self.working:
            self.clear()
            service = self.journey.context.service
            self.journey.runner.service(lambda: (service.mine(), service.staff_reports()), self._seen, self._failed)

    def print(self, interview: int, printer: int, paper: int = 0) -> None:
        """Places in the lists."""
        if not self.may_print:
            return
        self.printed_on, self.error, self.working = "", None, True
        self.changed()
        journey, chosen, to = self.journey, self.interviews[interview].interview_id, self.printers[printer]
        page = self.papers[paper]

        def read(source: PaperSource) -> None:
            language = journey.language
            journey.runner.background(
                lambda: self._press().print(
                    self._make(source, page, language=language, letter=to.letter, own_copy=page is Paper.RECEIPT),
                    to.name,
                    1,
                ),
                lambda _: self._done(to.words),
                self._failed,
            )

        journey.runner.service(lambda: journey.context.service.printable(chosen), read, self._failed)

    def close(self) -> None:
        """Not while a page is on its way: what becomes of it would not be read."""
        if not self.working:
            self.journey.open_sheet(Sheet.STAFF)

    def _seen(self, seen: tuple[list[InterviewSummary], bool]) -> None:
        found, reports = seen
        self.papers = (Paper.RECEIPT, Paper.REPORT) if reports else (Paper.RECEIPT,)
        today = self._local_now()
        mine = [
            summary
            for summary in found
            if summary.state in _WITH_RECEIPT and summary.updated_at.astimezone(today.tzinfo).date() == today.date()
        ]
        self.interviews = tuple(sorted(mine, key=lambda summary: summary.updated_at, reverse=True))
        self.journey.runner.background(lambda: self._press().printers(), self._found, self._failed)

    def _found(self, printers: list[Printer]) -> None:
        self.printers, self.looked = printers, True
        self.changed()

    def _done(self, printer: str) -> None:
        self.working, self.printed_on = False, printer
        self.changed()

    def _failed(self, error: Exception) -> None:
        self.working, self.looked, self.error = False, True, error
        self.changed()
