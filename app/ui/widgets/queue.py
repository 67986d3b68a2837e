"""What waits for HR, as staff see it: a table, or where that is too narrow to read, one column of all it says."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QScroller, QTableWidget, QTableWidgetItem

from app.kiosk.desk import QueueLine, QueueState, position_in
from app.ui import names
from app.ui.i18n import N_
from app.ui.style import Look
from contract.errors import ErrorCode

_COLUMNS = (N_("What"), N_("Interview"), N_("Size"), N_("State"))
_NARROW_EM = 34  # less than this, and columns would break words
_MOST_LINES = 14  # of text; more scroll


class QueueTable(QTableWidget):
    """Every word can be read without pointing at it: cells wrap, nothing is cut."""

    def __init__(self, look: Look) -> None:
        super().__init__(0, len(_COLUMNS))
        self._look = look
        self._lines: Sequence[QueueLine] = ()
        self._narrow = False
        self.setObjectName(names.STAFF_QUEUE)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(look.tokens.space(4))
        # columns find their width after the table has its own; rows follow them
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(0)
        self._settled.timeout.connect(self._fit)
        header = self.horizontalHeader()
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.sectionResized.connect(lambda *_: self._settled.start())
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        QScroller.grabGesture(self.viewport(), QScroller.ScrollerGestureType.TouchGesture)

    def show_lines(self, lines: Sequence[QueueLine]) -> None:
        self._lines = lines
        self._fill()

    def restyle(self) -> None:
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _NARROW_EM * self.fontMetrics().height()
        if narrow is not self._narrow:
            self._narrow = narrow
            self._fill()
        self._fit()

    def _fill(self) -> None:
        t = self._look.t
        self.setAccessibleName(t("What waits for HR"))
        self.setColumnCount(1 if self._narrow else len(_COLUMNS))
        self.setRowCount(len(self._lines))
        self.setHorizontalHeaderLabels([t("What")] if self._narrow else [t(name) for name in _COLUMNS])
        self.horizontalHeader().setVisible(not self._narrow)
        for place in range(self.columnCount()):
            wide = self._narrow or place in (1, 3)
            mode = QHeaderView.ResizeMode.Stretch if wide else QHeaderView.ResizeMode.ResizeToContents
            self.horizontalHeader().setSectionResizeMode(place, mode)
        for place, line in enumerate(self._lines):
            cells = self._cells(line)
            shown = [self._together(cells)] if self._narrow else cells
            for column, words in enumerate(shown):
                item = QTableWidgetItem(words)
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
                if line.state is QueueState.REFUSED:
                    item.setForeground(self._look.colour("error"))
                self.setItem(place, column, item)
        self._fit()

    @staticmethod
    def _together(cells: Sequence[str]) -> str:
        what, interview, size, state = cells
        return "\n".join((" · ".join(part for part in (what, interview, size) if part), state))

    def _fit(self) -> None:
        """As high as its lines need at this width, up to a bound."""
        self.resizeRowsToContents()
        if self._narrow:
            for place in range(self.rowCount()):
                self.setRowHeight(place, self.rowHeight(place) + self._look.tokens.space(1))
        rows = sum(self.rowHeight(place) for place in range(self.rowCount()))
        header = 0 if self._narrow else self.horizontalHeader().sizeHint().height()
        most = _MOST_LINES * self.fontMetrics().lineSpacing()
        wanted = min(header + rows, header + most) + self._look.tokens.space(0.5)
        if self.height() != wanted:
            self.setFixedHeight(wanted)

    def _cells(self, line: QueueLine) -> tuple[str, str, str, str]:
        t = self._look.t
        what = {"event": t("Step {n}", n=line.number), "object": t("Recorded answer"), "manifest": t("Closing list")}
        position = position_in(line, self._look.texts.pick)
        number = self._look.texts.number
        size = f"{number(line.size / 1e6, 1)} MB" if line.size >= 100_000 else f"{max(1, round(line.size / 1000))} kB"
        interview = " · ".join(part for part in (position, line.interview) if part)
        return what.get(line.kind, line.kind), interview, size if line.size else "", self._state(line)

    def _state(self, line: QueueLine) -> str:
        t, why = self._look.t, title_of(self._look, line.code)
        if line.state is QueueState.REFUSED:
            return t("Refused by HR: {why}", why=why) if why else t("Refused by HR")
        if line.state is QueueState.TRIED:
            tried = self._look.texts.n("Waits, tried {n} time", "Waits, tried {n} times", line.attempts)
            return f"{tried}: {why}" if why else tried
        return t("Waits")


def title_of(look: Look, code: str) -> str:
    """The headline of an ErrorCode value; a newer backend's code as it is."""
    from contract.texts import code_text

    try:
        return code_text(ErrorCode(code), look.texts.language).title if code else ""
    except ValueError:
        return code
