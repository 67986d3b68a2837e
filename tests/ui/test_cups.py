"""Printing on real CUPS printers: what comes out of CUPS-PDF, and what is said when nothing comes out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtPdf import QPdfDocument

from app.ui.press import QtPress, system_press
from app.ui.spooler import CupsPress, trouble_in
from contract.errors import ErrorCode, XudaError
from report.receipt import receipt_pdf
from tests.report.test_report_receipt import source
from tests.support import cups as service
from tests.support.codes import read_code
from tests.support.cups import Cups
from tests.support.waiting import wait_for

# its pages lie where those of any other such printer would: not beside another test of these
pytestmark = pytest.mark.xdist_group("printer")
T = TypeVar("T")


@pytest.fixture
def cups(cups_or_none: Cups | None) -> Cups:
    if cups_or_none is None:
        pytest.skip(service.why_not())
    return cups_or_none


def on_a_thread(call: Callable[[], T]) -> T:
    """As the window does it; CUPS' library remembers its server for each thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def pages() -> bytes:
    return receipt_pdf(source(), "zh_CN")


def test_the_system_names_its_printers_the_default_one_first(cups: Cups, qapp: object) -> None:
    cups.run("lpadmin", "-d", cups.empty)
    found = on_a_thread(lambda: system_press().printers())
    assert [(printer.name, printer.default) for printer in found] == [(cups.empty, True), (cups.pdf, False)]
    assert not any(printer.letter for printer in found)


@pytest.mark.parametrize("press", [CupsPress, QtPress])
def test_what_comes_out_of_the_printer_is_the_page_with_its_code(
    cups: Cups, qapp: object, press: type[CupsPress] | type[QtPress]
) -> None:
    before = cups.new_pages()
    on_a_thread(lambda: press().print(pages(), cups.pdf, 1))
    wait_for(lambda: cups.new_pages() - before and not cups.jobs(), "the page", seconds=30)
    printed = QPdfDocument()
    ((page, _),) = cups.new_pages() - before
    printed.load(str(page))
    assert printed.pageCount() == 1
    assert read_code(printed.render(0, (printed.pagePointSize(0) * 3).toSize())) == source().qr_text
    printed.close()


def test_a_printer_that_takes_no_jobs_is_said_to_have_refused(cups: Cups) -> None:
    cups.run("cupsreject", cups.pdf)
    with pytest.raises(XudaError) as refused:
        CupsPress().print(pages(), cups.pdf, 1)
    assert refused.value.code is ErrorCode.PRINT_REFUSED


def test_nothing_is_sent_to_a_printer_that_was_stopped_or_does_not_exist(cups: Cups) -> None:
    cups.run("cupsdisable", cups.pdf)
    for name in (cups.pdf, "nowhere"):
        with pytest.raises(XudaError) as refused:
            CupsPress().print(pages(), name, 1)
        assert refused.value.code is ErrorCode.PRINTER_OFFLINE
    assert cups.jobs() == []


def test_pages_that_wait_for_paper_are_taken_back_so_that_nobody_else_finds_them(cups: Cups) -> None:
    with pytest.raises(XudaError) as refused:
        CupsPress().print(pages(), cups.empty, 1)
    assert refused.value.code is ErrorCode.PRINTER_PAPER
    assert cups.jobs() == []


def test_pages_go_to_the_spooler_without_a_file_of_this_program(
    cups: Cups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = pages()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "there is none"))
    CupsPress().print(made, cups.pdf, 1)


@pytest.mark.parametrize(
    ("alerts", "code"),
    [
        ("none", None),
        ("media-low-report", None),
        ("media-empty-warning", None),
        ("connecting-to-device", None),
        ("media-needed-error cover-open", ErrorCode.PRINTER_PAPER),
        ("toner-empty-error", ErrorCode.PRINTER_FAULT),
        ("media-jam", ErrorCode.PRINTER_FAULT),
        ("offline-report", ErrorCode.PRINTER_OFFLINE),
        ("paused", ErrorCode.PRINTER_OFFLINE),
    ],
)
def test_a_printers_alerts_are_put_into_words(alerts: str, code: ErrorCode | None) -> None:
    assert trouble_in(alerts.split()) is code
