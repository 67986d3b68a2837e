"""Parts beside each other where each has room enough to be read, in fewer columns where it has not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLayout, QSizePolicy, QWidget

from app.ui.style import Look

# The width below which question and picture stand one above the other.
SIDE_EM = 25


class Columns(QWidget):
    """A grid whose number of columns follows its width.

    ``least_em``: how wide a column must be, in sizes of body text; ``most``: how many columns at most. ``shares``: how
    the width is divided between the columns of a full row, evenly without.
    """

    def __init__(
        self, look: Look, *, least_em: float, most: int, gap: float = 2, shares: Sequence[int] = (), top: bool = False
    ) -> None:
        super().__init__()
        self._look = look
        self._least = least_em
        self._most = most
        self._shares = tuple(shares) or (1,) * most
        self._align = Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag(0)
        self._items: list[QWidget] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(look.tokens.space(gap))
        self.columns = 0
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def add(self, item: QWidget | QLayout) -> None:
        if isinstance(item, QLayout):
            holder = QWidget()
            holder.setLayout(item)
            item.setContentsMargins(0, 0, 0, 0)
            item = holder
        self._items.append(item)
        self._arrange(max(1, self.columns))

    def restyle(self) -> None:
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def fitting(self, width: int) -> int:
        """How many columns there are in so many pixels."""
        least = self._least * self._look.tokens.body
        gap = self._grid.horizontalSpacing()
        return max(1, min(self._most, len(self._items), int((width + gap) / (least + gap))))

    def _fit(self) -> None:
        columns = self.fitting(self.width())
        if columns != self.columns:
            self._arrange(columns)

    def _arrange(self, columns: int) -> None:
        self.columns = columns
        for place, item in enumerate(self._items):
            self._grid.addWidget(item, place // columns, place % columns, self._align)
        for place in range(self._most):
            self._grid.setColumnStretch(place, self._shares[place] if place < columns else 0)
        self.updateGeometry()
