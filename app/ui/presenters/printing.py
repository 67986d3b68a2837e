"""Printing the receipt or the report of an interview: which page, which printer, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from pathlib import Path

from app.interview.papers import Paper, PaperMaker, PaperSource, Press, Printer
from app.ui.names import Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from contract.errors import ErrorCode, XudaError

MOST_COPIES = 5


class PrintState(Enum):
    LOOKING = auto()
    READY = auto()
    WORKING = auto()


class PrintPresenter(Presenter):
    """Nothing of the interview is kept here: what is printed is read anew each time and dropped.

    ``error``, ``printed_on`` (a printer's words) and ``saved_to`` (a file's name) tell of the last thing done; at most
    one of them is set. ``readable``: what was said is still on this device, so the report can be printed too.
    """

    def __init__(self, journey: Journey, make: PaperMaker, press: Callable[[], Press]) -> None:
        super().__init__()
        self.journey = journey
        self._make = make
        self._press = press
        self._interview_id = ""
        self.state = PrintState.LOOKING
        self.readable = False
        self.paper = Paper.RECEIPT
        self.printers: list[Printer] = []
        self.printer: Printer | None = None
        self.copies = 1
        self.error: Exception | None = None
        self.printed_on = ""
        self.saved_to = ""

    @property
    def may_save(self) -> bool:
        """A kiosk's disk is nobody's to save on."""
        return self.state is PrintState.READY and not self.journey.context.kiosk

    @property
    def may_print(self) -> bool:
        return self.state is PrintState.READY and self.printer is not None

    def open(self, interview_id: str) -> None:
        if self.state is not PrintState.WORKING:
            self._interview_id = interview_id
            self.paper, self.copies = Paper.RECEIPT, 1
            self.journey.open_sheet(Sheet.PRINT)

    def enter(self) -> None:
        """Also after the question whether somebody is there: what was done meanwhile is still told."""
        if self.state is PrintState.WORKING:
            return
        self._say_nothing()
        self.state = PrintState.LOOKING
        self.changed()
        service, interview_id = self.journey.context.service, self._interview_id
        self.journey.runner.service(lambda: service.printable(interview_id).readable, self._seen, self._failed)

    def choose_paper(self, paper: Paper) -> None:
        self.paper = paper
        self._say_nothing()
        self.changed()

    def choose_printer(self, name: str) -> None:
        self.printer = next((printer for printer in self.printers if printer.name == name), self.printer)
        self.changed()

    def choose_copies(self, copies: int) -> None:
        self.copies = min(MOST_COPIES, max(1, copies))
        self.changed()

    def print(self) -> None:
        printer, copies = self.printer, self.copies
        if not self.may_print or printer is None:
            return

        def printed(_: None) -> None:
            self.printed_on = printer.words

        self._work(printer.letter, lambda pdf: self._press().print(pdf, printer.name, copies), printed)

    def save(self, target: Path) -> None:
        """Where the person wants it; the file can be read by whoever gets it."""
        if not self.may_save:
            return

        def write(pdf: bytes) -> None:
            try:
                target.write_bytes(pdf)
            except OSError as error:
                raise XudaError(ErrorCode.DISK_ERROR) from error

        def saved(_: None) -> None:
            self.saved_to = target.name

        self._work(self.printer is not None and self.printer.letter, write, saved)

    def close(self) -> None:
        """Not while pages are on their way: what becomes of them would not be read."""
        if self.state is not PrintState.WORKING:
            self.journey.close_sheet()

    def _work(self, letter: bool, use: Callable[[bytes], None], success: Callable[[None], None]) -> None:
        """Read the interview, lay the page out, hand it over: on the database's thread, then on another one."""
        self._say_nothing()
        self.state = PrintState.WORKING
        self.changed()
        journey, interview_id, paper = self.journey, self._interview_id, self.paper

        def done(_: None) -> None:
            self.state = PrintState.READY
            success(None)
            self.changed()

        def read(source: PaperSource) -> None:
            language = journey.language
            journey.runner.background(
                lambda: use(self._make(source, paper, language=language, letter=letter)), done, self._failed
            )

        journey.runner.service(lambda: journey.context.service.printable(interview_id), read, self._failed)

    def _seen(self, readable: bool) -> None:
        self.readable = readable
        if not readable:
            self.paper = Paper.RECEIPT
        self.journey.runner.background(lambda: self._press().printers(), self._found, self._failed)

    def _found(self, printers: list[Printer]) -> None:
        before = self.printer.name if self.printer else ""
        self.printers = printers
        self.printer = next((one for one in printers if one.name == before), printers[0] if printers else None)
        self.state = PrintState.READY
        self.changed()

    def _failed(self, error: Exception) -> None:
        self.error = error
        self.state = PrintState.READY
        self.changed()

    def _say_nothing(self) -> None:
        self.error, self.printed_on, self.saved_to = None, "", ""
