"""Makes the classes of Qt that other threads will ask for, on the thread of the screens, before they do.

PySide6 makes a class with the first use of its name. Two threads that do so at the same time find half of one, or end
the process. So no other thread makes any: what it uses is made here first, a little at a time.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator, Mapping, Sequence

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
# The first widget of unknown kind that Qt hands over makes the classes of all widgets there are: too much for a moment.
WIDGETS = {
    "QtWidgets": (
        *("QAbstractSpinBox", "QCalendarWidget", "QColorDialog", "QColumnView", "QCommandLinkButton", "QDateEdit"),
        *("QDateTimeEdit", "QDial", "QDialogButtonBox", "QDockWidget", "QDoubleSpinBox", "QErrorMessage"),
        *("QFocusFrame", "QFontComboBox", "QFontDialog", "QGraphicsView", "QGroupBox", "QInputDialog"),
        *("QKeySequenceEdit", "QLCDNumber", "QListView", "QListWidget", "QMainWindow", "QMdiArea", "QMdiSubWindow"),
        *("QMenuBar", "QProgressBar", "QProgressDialog", "QRadioButton", "QRhiWidget", "QRubberBand", "QScrollBar"),
        *("QSizeGrip", "QSpinBox", "QSplashScreen", "QSplitter", "QSplitterHandle", "QStatusBar", "QTabBar"),
        *("QTabWidget", "QTextBrowser", "QTimeEdit", "QToolBar", "QToolBox", "QToolButton", "QTreeView"),
        *("QTreeWidget", "QUndoView", "QWizard", "QWizardPage"),
    ),
    "QtPrintSupport": (
        *("QAbstractPrintDialog", "QPageSetupDialog", "QPrintDialog", "QPrintPreviewDialog", "QPrintPreviewWidget"),
    ),
}
_PART_SECONDS = 0.005


class NameMaker(QObject):
    """Works while the thread of the screens has nothing else to do.

    ``made`` is emitted once, when all that other threads use is there. :meth:`go_on` makes the rest, which only this
    thread uses, once no other thread loads screens any more.
    """

    made = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.done = False
        self._left = _make(NAMES)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._make_some)

    def start(self) -> None:
        self._timer.start()

    def go_on(self) -> None:
        self._left = _make(WIDGETS)
        self._timer.start()

    def _make_some(self) -> None:
        end = time.perf_counter() + _PART_SECONDS
        while time.perf_counter() < end:
            if next(self._left, None) is None:
                self._timer.stop()
                if not self.done:
                    self.done = True
                    self.made.emit()
                return


def _make(wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for part, names in wanted.items():
        module = importlib.import_module(f"PySide6.{part}")
        yield part
        for name in names:
            getattr(module, name, None)  # not every release has them all
            yield name
