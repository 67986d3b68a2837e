"""Makes the classes of Qt that other threads will ask for, on the thread of the screens, before they do.

PySide6 makes a class with the first use of its name. Two threads that do so at the same time find half of one, or end
the process. So no other thread makes any: what it uses is made here first, a little at a time.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal

# What the modules of the screens name. Parts of Qt that only the thread of the screens loads are not among them.
NAMES = {
    "QtCore": (
        *("Qt", "QBuffer", "QByteArray", "QEvent", "QIODevice", "QLocale", "QMetaObject", "QObject", "QPoint"),
        *("QPointF", "QRect", "QRectF", "QSignalBlocker", "QSize", "QStandardPaths", "QStorageInfo", "QTimer"),
    ),
    "QtGui": (
        *("QAccessible", "QAccessibleAnnouncementEvent", "QActionGroup", "QColor", "QFont", "QFontDatabase"),
        *("QFontMetrics", "QGuiApplication", "QHideEvent", "QIcon", "QIconEngine", "QImage", "QInputMethodEvent"),
        *("QKeyEvent", "QKeySequence", "QMouseEvent", "QPageLayout", "QPageSize", "QPaintEvent", "QPainter"),
        *("QPainterPath", "QPalette", "QPen", "QPixmap", "QPolygonF", "QResizeEvent", "QShortcut", "QShowEvent"),
        *("QTextCharFormat", "QTextCursor", "QTouchEvent", "QWindow"),
    ),
    "QtWidgets": (
        *("QAbstractButton", "QAbstractItemView", "QAbstractScrollArea", "QAbstractSlider", "QApplication"),
        *("QBoxLayout", "QButtonGroup", "QCheckBox", "QComboBox", "QDialog", "QFileDialog", "QFrame", "QGridLayout"),
        *("QHBoxLayout", "QHeaderView", "QLabel", "QLayout", "QLayoutItem", "QLineEdit", "QMenu", "QMessageBox"),
        *("QPlainTextEdit", "QPushButton", "QScrollArea", "QScroller", "QScrollerProperties", "QSizePolicy"),
        *("QSlider", "QSpacerItem", "QStackedWidget", "QStyle", "QTableWidget", "QTableWidgetItem", "QTextEdit"),
        *("QVBoxLayout", "QWidget", "QWidgetItem"),
    ),
    "QtSvg": ("QSvgRenderer",),
    "QtNetwork": ("QLocalServer", "QLocalSocket"),
    "QtPdf": ("QPdfDocument",),
    "QtPrintSupport": ("QPrinter", "QPrinterInfo"),
}
_PART_SECONDS = 0.005


class NameMaker(QObject):
    """Works while the thread of the screens has nothing else to do; ``made`` is emitted once, when all are there."""

    made = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.done = False
        self._left = _make()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def start(self) -> None:
        self._timer.start()

    def _go_on(self) -> None:
        end = time.perf_counter() + _PART_SECONDS
        while time.perf_counter() < end:
            if next(self._left, None) is None:
                self._timer.stop()
                self.done = True
                self.made.emit()
                return


def _make() -> Iterator[str]:
    for part, names in NAMES.items():
        module = importlib.import_module(f"PySide6.{part}")
        yield part
        for name in names:
            getattr(module, name)
            yield name
