"""Uses Qt's parts once, for the self-test: a window, a page, players. Each call has a process of its own."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QImageReader, QPainter
from PySide6.QtWidgets import QApplication, QLabel

_SIZE = (240, 80)
_SHARP = 3  # pixels a point: a camera sees less
_PICTURES = frozenset({b"png", b"jpg", b"svg", b"webp"})


def open_window() -> str:
    """Show a window, draw it and take it away again. Says Qt's version and platform.

    Raises RuntimeError when nothing was drawn or when there is no font for Chinese.
    """
    application = QApplication.instance() or QApplication([])
    label = QLabel("Xuda 续答")
    label.resize(*_SIZE)
    label.show()
    image = label.grab().toImage()
    label.close()
    if len({image.pixel(x, y) for x in range(0, image.width(), 2) for y in range(0, image.height(), 2)}) < 2:
        raise RuntimeError("the window stayed empty")
    if not QFontDatabase.families(QFontDatabase.WritingSystem.SimplifiedChinese):
        raise RuntimeError("no font for Chinese")
    platform = application.platformName() if isinstance(application, QApplication) else ""
    return f"Qt {qVersion()}, {platform}"


def draw_page(pdf: bytes) -> tuple[int, int, bytes]:
    """The first page: width and height in pixels, and its rows, BGR, 8 bits each. Raises RuntimeError."""
    from PySide6.QtPdf import QPdfDocument

    application = QGuiApplication.instance() or QGuiApplication([])
    buffer, document = QBuffer(), QPdfDocument()
    buffer.setData(QByteArray(pdf))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    if document.pageCount() != 1:
        raise RuntimeError("the page cannot be read")
    size = (document.pagePointSize(0) * _SHARP).toSize()
    paper = QImage(size, QImage.Format.Format_BGR888)
    paper.fill(0xFFFFFFFF)
    with QPainter(paper) as painter:
        painter.drawImage(0, 0, document.render(0, size))
    document.close()
    del application
    return size.width(), size.height(), b"".join(_row(paper, y) for y in range(size.height()))


def _row(picture: QImage, y: int) -> bytes:
    line: Any = picture.constScanLine(y)  # a buffer, which Qt's own description does not say
    return bytes(line)[: picture.width() * 3]


def look_at_players() -> str:
    """Says what speaks and prints. Raises RuntimeError when sound and film cannot be played, or pictures drawn."""
    from PySide6.QtMultimedia import QMediaPlayer
    from PySide6.QtTextToSpeech import QTextToSpeech

    from app.ui.press import system_press

    application = QApplication.instance() or QApplication([])
    if not QMediaPlayer().isAvailable():
        raise RuntimeError("no part of Qt that plays sound and film")
    missing = _PICTURES - {bytes(kind.data()) for kind in QImageReader.supportedImageFormats()}
    if missing:
        raise RuntimeError(f"no pictures of {sorted(missing)}")
    printers = len(system_press().printers())
    engines = [name for name in QTextToSpeech.availableEngines() if name != "mock"]
    del application
    return f"voices: {', '.join(engines) or '-'}, printers: {printers}"
