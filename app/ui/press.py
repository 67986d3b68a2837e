"""The system's printers, and pages on their way to one of them. Qt's printing is loaded with its first use.

Nothing here shows a dialog of the system, and no page is written to a file by this program.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, Qt
from PySide6.QtGui import QImage, QPageSize, QPainter

from app.interview.papers import Press, Printer
from contract.errors import ErrorCode, XudaError

if TYPE_CHECKING:
    from PySide6.QtPdf import QPdfDocument
    from PySide6.QtPrintSupport import QPrinter

# sharp enough for small letters; a page in memory is 35 MB then
_DOTS_PER_INCH = 300
TITLE = "Xuda"


def system_press() -> Press:
    """The one for this machine."""
    from app.ui.spooler import CupsPress, has_cups

    return CupsPress() if not sys.platform.startswith("win") and has_cups() else QtPress()


def system_printers() -> list[Printer]:
    from PySide6.QtPrintSupport import QPrinterInfo

    found = [
        Printer(
            name=info.printerName(),
            words=info.description() or info.printerName(),
            default=info.isDefault(),
            letter=info.defaultPageSize().id() is QPageSize.PageSizeId.Letter,
        )
        for info in QPrinterInfo.availablePrinters()
    ]
    return sorted(found, key=lambda printer: (not printer.default, printer.words.casefold()))


class QtPress:
    """Draws the pages on the printer through Qt: Windows, and wherever there is no CUPS."""

    def printers(self) -> list[Printer]:
        return system_printers()

    def print(self, pdf: bytes, printer: str, copies: int) -> None:
        from PySide6.QtPrintSupport import QPrinter, QPrinterInfo

        info = QPrinterInfo.printerInfo(printer)
        if info.isNull() or info.state() is QPrinter.PrinterState.Error:
            raise XudaError(ErrorCode.PRINTER_OFFLINE)
        device = QPrinter(info, QPrinter.PrinterMode.HighResolution)
        device.setCopyCount(copies)
        draw(pdf, device)


def draw(pdf: bytes, device: QPrinter) -> None:
    """All pages of ``pdf`` in the paper size of ``device``. Raises XudaError(PRINT_REFUSED)."""
    from PySide6.QtPrintSupport import QPrinter

    device.setDocName(TITLE)
    device.setFullPage(True)
    device.setResolution(_DOTS_PER_INCH)
    painter = QPainter()
    if not painter.begin(device):
        raise XudaError(ErrorCode.PRINT_REFUSED)
    painter.setRenderHint(QPainter.RenderHint.LosslessImageRendering)
    drawn = _draw_pages(pdf, device, painter)
    ended = painter.end()
    if not drawn or not ended or device.printerState() in (QPrinter.PrinterState.Error, QPrinter.PrinterState.Aborted):
        raise XudaError(ErrorCode.PRINT_REFUSED)


def _draw_pages(pdf: bytes, device: QPrinter, painter: QPainter) -> bool:
    from PySide6.QtPdf import QPdfDocument

    buffer, document = QBuffer(), QPdfDocument()
    buffer.setData(QByteArray(pdf))
    buffer.open(QBuffer.OpenModeFlag.ReadOnly)
    document.load(buffer)
    try:
        pages = range(document.pageCount())
        return bool(pages) and all(_draw_page(document, page, device, painter) for page in pages)
    finally:
        document.close()
        buffer.close()


def _draw_page(document: QPdfDocument, page: int, device: QPrinter, painter: QPainter) -> bool:
    if page and not device.newPage():
        return False
    sheet = device.pageLayout().fullRectPixels(device.resolution())
    wanted = document.pagePointSize(page).scaled(sheet.size().toSizeF(), Qt.AspectRatioMode.KeepAspectRatio).toSize()
    seen = document.render(page, wanted)
    if seen.isNull():
        return False
    # printers know no transparency: what they make of it is their own affair
    paper = QImage(wanted, QImage.Format.Format_RGB32)
    paper.fill(Qt.GlobalColor.white)
    with QPainter(paper) as on_paper:
        on_paper.drawImage(0, 0, seen)
    painter.drawImage((sheet.width() - wanted.width()) // 2, (sheet.height() - wanted.height()) // 2, paper)
    return True
