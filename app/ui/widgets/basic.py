"""Labels, buttons, cards and layouts in the look of the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.style import Look

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent, QPixmap

_FROM_RIGHT, _POP = "\u2067", "\u2069"  # Unicode's isolate for words that are read from the right


def set_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property the style sheet reads, and let it take effect. One that was never styled is when it is shown."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        if widget.testAttribute(QtCore.Qt.WidgetAttribute.WA_WState_Polished):
            widget.style().unpolish(widget)
            widget.style().polish(widget)


class Label(QLabel):
    """Plain text that wraps. ``role``: title, question, heading, lead, body, muted, caption, strong, stage, mono."""

    def __init__(self, role: str = "body", *, wrap: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._alignment: QtCore.Qt.AlignmentFlag | None = None
        self.setProperty("role", role)
        self.setProperty("textFormat", "PlainText")
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)

    def setAlignment(self, alignment: QtCore.Qt.AlignmentFlag) -> None:
        self._alignment = alignment
        self._align()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        """At the side where reading begins, whatever the direction of the words: a name may be of another script."""
        flags = QtCore.Qt.AlignmentFlag
        wanted = self._alignment if self._alignment is not None else flags.AlignLeading | flags.AlignVCenter
        if self.isRightToLeft() and not wanted & flags.AlignHCenter:
            side = flags.AlignLeft if wanted & flags.AlignTrailing else flags.AlignRight
            wanted = (wanted & flags.AlignVertical_Mask) | side | flags.AlignAbsolute
        super().setAlignment(wanted)

    def tone(self, tone: str) -> None:
        """ok, warning, error, muted, recording or nothing."""
        set_property(self, "tone", tone)


class Chip(Label):
    """A short state in a pill."""

    def __init__(self) -> None:
        super().__init__("chip", wrap=False)
        self.setProperty("chip", "true")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


def from_right(text: str) -> str:
    """For what Qt draws from the left whatever the direction: each line isolated as one that is read from the right."""
    return "\n".join(f"{_FROM_RIGHT}{line}{_POP}" if line else line for line in plain(text).split("\n"))


def plain(text: str) -> str:
    """The words of :func:`from_right`."""
    return "\n".join(line[1:-1] if line.startswith(_FROM_RIGHT) else line for line in text.split("\n"))


class Button(QPushButton):
    """``kind``: primary, big, equal, danger, quiet, link, bar, way, step, fold or plain. Paints its own focus ring."""

    def __init__(self, look: Look, kind: str = "plain", *, name: str = "", icon: str = "") -> None:
        super().__init__()
        self._look = look
        self._icon = icon
        self.setProperty("kind", kind)
        self.setObjectName(name)
        self.setAutoDefault(False)
        self._tint()
        self.toggled.connect(self._tint)

    def show_icon(self, name: str) -> None:
        self._icon = name
        self._tint()

    def wrap_to(self, width: int) -> None:
        """Break the words into lines where they are wider than ``width`` pixels of the whole button."""
        words = plain(self.text()).replace("\n", " ")
        beside = self.sizeHint().width() - self._widest(self.text())
        lines: list[str] = []
        for word in words.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._widest(longer) + beside <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        if "\n".join(lines) != plain(self.text()):
            self.setText("\n".join(lines))

    def _widest(self, text: str) -> int:
        metrics = self.fontMetrics()
        return max(metrics.horizontalAdvance(line) for line in text.split("\n"))

    def setText(self, text: str) -> None:
        came_or_went = bool(text) != bool(self.text())
        super().setText(from_right(text) if self._look.texts.right_to_left else text)
        if came_or_went:
            self._tint()

    def restyle(self) -> None:
        self._tint()

    def draw_ahead(self) -> None:
        """The icon, as it will be painted."""
        if self._icon:
            self.icon().pixmap(self.iconSize(), self.devicePixelRatioF())

    def _tint(self) -> None:
        if not self._icon:
            return
        kind = self.property("kind")
        colour = {"primary": "accent_ink", "big": "accent_ink", "equal": "accent", "link": "accent", "danger": "error"}
        tint = colour.get(str(kind), "muted" if kind in ("quiet", "bar", "way") else "ink")
        if self.isChecked():
            tint = "accent"
        if self.property("tone") == "error":
            tint = "error"
        gap, size = self._look.tokens.space(0.5) if self.text() else 0, self._look.tokens.icon
        self.setIconSize(QSize(size + gap, size))
        self.setIcon(self._look.icon(self._icon, tint, gap=gap))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.setCursor(QtCore.Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self._look.watch.by_key:
            paint_focus(self, self._look)


def paint_focus(widget: QWidget, look: Look) -> None:
    """The focus ring: 2 px in the accent colour along the widget's edge."""
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour("accent"), look.tokens.focus))
    edge = look.tokens.focus // 2
    radius = look.tokens.button_radius + 2
    painter.drawRoundedRect(widget.rect().adjusted(edge, edge, -edge, -edge), radius, radius)
    painter.end()


class IconLabel(QLabel):
    """An icon that is told by its neighbour's words, so it has no name of its own. ``size`` is a token's name."""

    def __init__(self, look: Look, name: str = "", colour: str = "muted", *, size: str = "icon") -> None:
        super().__init__()
        self._look = look
        self._size = size
        self._shown = (name, colour)
        self.restyle()

    def show_icon(self, name: str, colour: str = "muted") -> None:
        self._shown = (name, colour)
        self.update()

    def draw_ahead(self) -> None:
        """As it will be painted."""
        self._picture()

    def _picture(self) -> QPixmap | None:
        name, colour = self._shown
        return self._look.pixmap(name, colour, size=self.width()) if name else None

    def restyle(self) -> None:
        pixels = int(getattr(self._look.tokens, self._size))
        self.setFixedSize(pixels, pixels)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        picture = self._picture()
        if picture is not None:
            painter = QPainter(self)
            painter.drawPixmap(0, 0, picture)
            painter.end()


class Card(QFrame):
    """A surface with round corners. ``kind``: true (white), soft, sunken, warning, error."""

    def __init__(self, look: Look, kind: str = "true", *, steps: float = 3, gap: float = 1.5) -> None:
        super().__init__()
        self._look = look
        self.setProperty("card", kind)
        self.body = column(look, gap=gap, margin=steps)
        self.setLayout(self.body)

    def explain(self, icon: str) -> tuple[Label, Label]:
        """A sign, and under it the title and the text that are returned."""
        title, text = Label("strong"), Label("caption")
        self.body.addWidget(IconLabel(self._look, icon, "accent", size="icon_large"))
        self.body.addWidget(title)
        self.body.addWidget(text)
        self.body.addStretch(1)
        return title, text


def _layout(layout: QBoxLayout, look: Look, gap: float, margin: float) -> None:
    edge = look.tokens.space(margin)
    layout.setContentsMargins(edge, edge, edge, edge)
    layout.setSpacing(look.tokens.space(gap))


def column(look: Look, *, gap: float = 1.5, margin: float = 0) -> QVBoxLayout:
    """Gap and margin in steps of 8."""
    layout = QVBoxLayout()
    _layout(layout, look, gap, margin)
    return layout


def row(look: Look, *, gap: float = 1.5, margin: float = 0) -> QHBoxLayout:
    layout = QHBoxLayout()
    _layout(layout, look, gap, margin)
    return layout


def divider() -> QFrame:
    line = QFrame()
    line.setProperty("divider", "true")
    return line


def clear(layout: QBoxLayout) -> None:
    """Take everything out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QBoxLayout):
            clear(inner)
            inner.deleteLater()


def icon_line(look: Look, icon: str, label: QLabel, *, colour: str = "accent") -> QHBoxLayout:
    """An icon and the words beside it, aligned at their tops."""
    line = row(look, gap=1.5)
    line.addWidget(IconLabel(look, icon, colour), 0, QtCore.Qt.AlignmentFlag.AlignTop)
    line.addWidget(label, 1)
    return line
