"""Widgets side by side where there is room, in fewer columns where there is not."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.ui.style import Look


class FitRow(QWidget):
    """``even``: all columns as wide as the widest, else each as wide as it needs."""

    def __init__(self, look: Look, *, even: bool, gap: float = 0.5) -> None:
        super().__init__()
        self._even = even
        self._columns = 0
        self._items: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(look.tokens.space(gap))
        self._grid.setVerticalSpacing(look.tokens.space(0.5))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def add(self, item: QWidget) -> None:
        self._items.append(item)
        item.installEventFilter(self)
        self._arrange(len(self._items))

    def minimumSizeHint(self) -> QSize:
        widest = max((item.sizeHint().width() for item in self._items), default=0)
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return done

    def _fit(self) -> None:
        count = len(self._items)
        fitting = next((n for n in (count, (count + 1) // 2) if self._needs(n) <= self.width()), 1)
        if fitting != self._columns:
            self._arrange(fitting)

    def _needs(self, columns: int) -> int:
        gaps = self._grid.horizontalSpacing() * (columns - 1)
        widths = [item.sizeHint().width() for item in self._items]
        if self._even:
            return max(widths, default=0) * columns + gaps
        return max(sum(widths[i : i + columns]) for i in range(0, len(widths), columns)) + gaps

    def _arrange(self, columns: int) -> None:
        self._columns = columns
        for place, item in enumerate(self._items):
            self._grid.addWidget(item, place // columns, place % columns)
        for place in range(len(self._items) + 1):
            even = self._even and place < columns
            last = not self._even and place == columns
            self._grid.setColumnStretch(place, 1 if even or last else 0)
