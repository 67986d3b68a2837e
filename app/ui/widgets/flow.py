"""A row of buttons and words that becomes several lines where one has no room."""

from __future__ import annotations

from PySide6 import QtCore
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QSpacerItem, QWidget, QWidgetItem

from app.ui.style import Look
from app.ui.widgets.basic import Button

_WORDS_EM = 12


class Flow(QLayout):
    """Like a QHBoxLayout as long as all fits; then the items wrap, words in a line of their own above the buttons.

    Stretches push what follows to the far side. In more than one line buttons share the width of theirs.

    The layouts around it ask for its height some hundred times while one page is laid out: what was found is kept until
    something in it changes, which Qt tells by ``invalidate``.
    """

    def __init__(self, look: Look, *, gap: float = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._items: list[tuple[QLayoutItem, int]] = []
        self._heights: dict[int, int] = {}
        self._hint: QSize | None = None
        self._smallest: QSize | None = None
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(look.tokens.space(gap))

    # ---- what is in it --------------------

    def addWidget(self, widget: QWidget, stretch: int = 0) -> None:
        self.addChildWidget(widget)
        self._items.append((QWidgetItem(widget), stretch))
        self.invalidate()

    def addStretch(self, stretch: int = 1) -> None:
        spacer = QSpacerItem(0, 0, QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._items.append((spacer, max(1, stretch)))
        self.invalidate()

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append((item, 0))

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index][0] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index)[0] if 0 <= index < len(self._items) else None

    # ---- sizes --------------------

    def expandingDirections(self) -> QtCore.Qt.Orientation:
        return QtCore.Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        return True

    def invalidate(self) -> None:
        self._heights.clear()
        self._hint = self._smallest = None
        super().invalidate()

    def heightForWidth(self, width: int) -> int:
        height = self._heights.get(width)
        if height is None:
            height = self._heights[width] = self._lay(QRect(0, 0, width, 0), move=False)
        return height

    def sizeHint(self) -> QSize:
        if self._hint is None:
            shown = self._shown()
            width = sum(self._least(item) for item, _ in shown) + self.spacing() * max(0, len(shown) - 1)
            self._hint = QSize(width, max((item.sizeHint().height() for item, _ in shown), default=0))
        return self._hint

    def minimumSize(self) -> QSize:
        if self._smallest is None:
            self._smallest = self._find_smallest()
        return self._smallest

    def _find_smallest(self) -> QSize:
        shown = [item for item, _ in self._shown() if item.widget() is not None]
        fixed = [item for item in shown if not isinstance(item.widget(), Button)]  # a button's words can be broken
        return QSize(
            max((item.minimumSize().width() for item in fixed), default=0),
            max((item.minimumSize().height() for item in shown), default=0),
        )

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        for item, _ in self._shown():
            widget = item.widget()
            if isinstance(widget, Button):
                widget.wrap_to(rect.width())
        self._lay(rect, move=True)

    # ---- laying out --------------------

    def _shown(self) -> list[tuple[QLayoutItem, int]]:
        return [(item, stretch) for item, stretch in self._items if item.spacerItem() is not None or not item.isEmpty()]

    def _least(self, item: QLayoutItem) -> int:
        """Pixels an item needs in a row; words that wrap are content with a few of them."""
        if item.spacerItem() is not None:
            return 0
        hint = item.sizeHint().width()
        wraps = item.hasHeightForWidth()
        return min(hint, _WORDS_EM * self._look.tokens.body) if wraps else max(hint, item.minimumSize().width())

    def _lines(self, width: int) -> list[list[tuple[QLayoutItem, int]]]:
        shown = self._shown()
        gaps = self.spacing() * max(0, len(shown) - 1)
        if sum(self._least(item) for item, _ in shown) + gaps <= width:
            return [shown]
        lines: list[list[tuple[QLayoutItem, int]]] = []
        used = 0
        for item, stretch in shown:
            if item.spacerItem() is not None:
                continue
            words = item.hasHeightForWidth()
            need = self._least(item) + (self.spacing() if lines and lines[-1] else 0)
            if not lines or words or used + need > width or lines[-1][-1][0].hasHeightForWidth():
                lines.append([])
                used = 0
                need = self._least(item)
            lines[-1].append((item, stretch or 1))
            used += need
        return lines

    def _lay(self, rect: QRect, *, move: bool) -> int:
        top = rect.y()
        lines = [line for line in self._lines(rect.width()) if line]
        for number, line in enumerate(lines):
            widths = self._widths(line, rect.width())
            height = max(self._height(item, width) for (item, _), width in zip(line, widths, strict=True))
            if len(lines) == 1 and rect.height() > height:
                height = rect.height()
            if move:
                self._place(line, widths, QRect(rect.x(), top, rect.width(), height))
            top += height + (self.spacing() if number < len(lines) - 1 else 0)
        return top - rect.y()

    def _height(self, item: QLayoutItem, width: int) -> int:
        if item.spacerItem() is not None:
            return 0
        return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()

    def _widths(self, line: list[tuple[QLayoutItem, int]], width: int) -> list[int]:
        widths = [self._least(item) for item, _ in line]
        spare = width - sum(widths) - self.spacing() * (len(line) - 1)
        shares = sum(stretch for _, stretch in line)
        if shares and spare > 0:
            widths = [size + spare * stretch // shares for size, (_, stretch) in zip(widths, line, strict=True)]
        return [min(size, width) for size in widths]

    def _place(self, line: list[tuple[QLayoutItem, int]], widths: list[int], rect: QRect) -> None:
        parent = self.parentWidget()
        right = parent is not None and parent.isRightToLeft()
        x = 0
        for (item, _), width in zip(line, widths, strict=True):
            height = min(rect.height(), self._height(item, width))
            left = rect.width() - x - width if right else x
            item.setGeometry(QRect(rect.x() + left, rect.y() + (rect.height() - height) // 2, width, height))
            x += width + self.spacing()
