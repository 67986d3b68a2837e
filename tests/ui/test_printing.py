"""Printing: which pages, which printers, what is said when it does not work; without pixels, then in the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPrintSupport import QPrinter

from app.interview.papers import Paper
from app.ui import names
from app.ui.names import Screen, Sheet
from app.ui.presenters.journey import Journey
from app.ui.presenters.printing import PrintPresenter, PrintState
from app.ui.press import draw
from contract.errors import ErrorCode, XudaError
from report.receipt import receipt_pdf
from tests.interview.desk import WRITTEN
from tests.report.test_report_receipt import source as receipt_source
from tests.support.codes import read_code
from tests.ui import stage
from tests.ui.conftest import Open
from tests.ui.stage import StageDevices, StageService
from tests.ui.test_presenters import Now, View
from tests.ui.test_written_interview import answer_all


class Desk:
    """The presenter on a scripted service; ``made`` are the pages that were asked for."""

    def __init__(self, *, kiosk: bool = False) -> None:
        self.service = StageService("zh_CN")
        self.press = self.service.press
        self.runner = Now()
        context = stage.context(self.service, StageDevices(), kiosk=kiosk)
        self.journey = Journey(context, self.runner, View(), lambda: 0.0)
        self.made: list[tuple[Paper, bool, str]] = []
        self.presenter = PrintPresenter(self.journey, self.make, lambda: self.press)

    def make(self, _: Any, paper: Paper, *, language: str, letter: bool) -> bytes:
        self.made.append((paper, letter, language))
        return b"%PDF"

    def open(self) -> PrintPresenter:
        self.presenter.open("i1")
        self.presenter.enter()
        return self.presenter


def test_the_default_printer_and_the_receipt_are_chosen_first() -> None:
    presenter = Desk().open()
    assert presenter.printer is not None
    assert (presenter.printer.name, presenter.paper, presenter.copies) == ("lobby", Paper.RECEIPT, 1)
    assert presenter.readable


def test_pages_are_made_for_the_paper_of_the_chosen_printer_in_the_candidates_language() -> None:
    desk = Desk()
    presenter = desk.open()
    presenter.choose_paper(Paper.REPORT)
    presenter.choose_printer("office")
    presenter.choose_copies(3)
    presenter.print()
    assert desk.made == [(Paper.REPORT, True, "zh_CN")]
    assert desk.press.printed == [(b"%PDF", "office", 3)]
    assert presenter.printed_on == "Office"


def test_only_the_receipt_is_offered_once_the_words_have_left_the_device() -> None:
    desk = Desk()
    desk.presenter.paper = Paper.REPORT
    desk.service.readable = False
    presenter = desk.open()
    assert not presenter.readable
    presenter.print()
    assert [paper for paper, _, _ in desk.made] == [Paper.RECEIPT]


def test_without_a_printer_the_pages_can_be_saved_but_never_in_a_kiosk(tmp_path: Path) -> None:
    for kiosk in (False, True):
        desk = Desk(kiosk=kiosk)
        desk.press.found = []
        presenter = desk.open()
        assert not presenter.may_print
        assert presenter.may_save is not kiosk
        presenter.print()
        presenter.save(tmp_path / f"{kiosk}.pdf")
    assert [file.name for file in tmp_path.iterdir()] == ["False.pdf"]


@pytest.mark.parametrize(
    "code",
    [ErrorCode.PRINTER_OFFLINE, ErrorCode.PRINTER_PAPER, ErrorCode.PRINTER_FAULT, ErrorCode.PRINT_REFUSED],
)
def test_a_printers_trouble_is_told_and_the_next_try_works(code: ErrorCode) -> None:
    desk = Desk()
    presenter = desk.open()
    desk.press.problem = XudaError(code)
    presenter.print()
    assert isinstance(presenter.error, XudaError)
    assert presenter.error.code is code
    assert presenter.printed_on == ""
    desk.press.problem = None
    presenter.print()
    assert presenter.error is None
    assert presenter.printed_on == "HP LaserJet (Lobby)"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    presenter = Desk().open()
    presenter.save(tmp_path / "gone" / "receipt.pdf")
    assert isinstance(presenter.error, XudaError)
    assert presenter.error.code is ErrorCode.DISK_ERROR


def test_the_sheet_stays_and_nothing_is_printed_twice_while_pages_are_on_their_way() -> None:
    desk = Desk()
    presenter = desk.open()
    desk.runner.hold = True
    presenter.print()
    presenter.print()
    presenter.close()
    assert presenter.state is PrintState.WORKING
    assert desk.journey.sheet is Sheet.PRINT
    for _ in range(2):
        desk.runner.release()
    assert len(desk.press.printed) == 1
    presenter.close()
    assert desk.journey.sheet is Sheet.NONE


def test_pages_reach_the_paper_as_they_are(qapp: object, tmp_path: Path) -> None:
    """Qt's way, on a printer that is a file: size, number of pages and a code that a camera reads."""
    given = receipt_source(answers=120)
    device = QPrinter(QPrinter.PrinterMode.HighResolution)
    device.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    device.setOutputFileName(str(tmp_path / "paper.pdf"))
    draw(receipt_pdf(given, "zh_CN"), device)
    printed = QPdfDocument()
    printed.load(str(tmp_path / "paper.pdf"))
    assert printed.pageCount() > 1
    size = printed.pagePointSize(0)
    assert (round(size.width()), round(size.height())) == (595, 842)
    assert read_code(printed.render(0, (size * 3).toSize())) == given.qr_text
    printed.close()


def test_pages_that_cannot_be_read_are_refused(qapp: object, tmp_path: Path) -> None:
    device = QPrinter(QPrinter.PrinterMode.HighResolution)
    device.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    device.setOutputFileName(str(tmp_path / "paper.pdf"))
    with pytest.raises(XudaError) as refused:
        draw(b"no pages", device)
    assert refused.value.code is ErrorCode.PRINT_REFUSED


def test_the_receipt_is_printed_from_the_finish_screen_and_later_from_mine(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_PRINT)
    booth.on(Screen.FINISH, Sheet.PRINT)
    booth.click(names.PRINT_START)
    booth.wait(lambda: len(booth.press.printed) == 1)
    booth.click(names.PRINT_CLOSE)
    booth.on(Screen.FINISH)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    booth.click(names.TOPBAR_MINE)
    booth.click(names.MINE_PRINT_PREFIX + "0")
    booth.on(Screen.MINE, Sheet.PRINT)
    booth.click(names.PRINT_PAPER_PREFIX + "report")
    booth.click(names.PRINT_START)
    booth.wait(lambda: len(booth.press.printed) == 2)
    assert all(pdf.startswith(b"%PDF") for pdf, _, _ in booth.press.printed)


def test_a_kiosk_without_a_printer_says_what_to_do_instead(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, kiosk=True)
    booth.press.found = []
    booth.on(Screen.ATTRACT)
    booth.click(names.ATTRACT_START)
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_PRINT)
    booth.on(Screen.FINISH, Sheet.PRINT)
    booth.wait(lambda: booth.find(names.PRINT_CLOSE).isEnabled())
    assert booth.visible(names.PRINT_SAVE) == booth.visible(names.PRINT_START) == []
