"""The classes of Qt that the client uses, to be made on the thread of the screens before anything asks for them.

PySide6 makes a class with the first use of its name. Two threads that do so at the same time find half of one, or end
the process. So no other thread makes any: what it uses is made first, a little at a time (:mod:`app.ui.loading`).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence

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


def make(wanted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One class per step."""
    for part, names in wanted.items():
        module = importlib.import_module(f"PySide6.{part}")
        yield part
        for name in names:
            getattr(module, name, None)  # not every release has them all
            yield name
