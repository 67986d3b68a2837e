"""Whether everything that is shown can be read: nothing clipped, nothing over something else, the way on in reach."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSlider,
    QWidget,
)

from app.ui.widgets.meters import LevelBar, Ring, StepDots
from app.ui.widgets.option import Option
from app.ui.widgets.overlay import Overlay
from app.ui.widgets.page import Page

_SHOWN = (QLabel, QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSlider, LevelBar, Ring, StepDots)
_WRAP = int(Qt.TextFlag.TextWordWrap)
_TOUCHING = 3  # pixels two parts may share: focus rings have room of their own around a button
_ENOUGH = 10_000


def misfits(window: QWidget) -> list[str]:
    """Everything that is wrong with what is shown now, one line each."""
    shown = [w for w in window.findChildren(QWidget) if w.isVisible() and isinstance(w, _SHOWN) and not _part(w)]
    found = [words for widget in shown if (words := _clipped(widget))]
    found += [words for widget in shown if (words := _outside(widget, window))]
    found += _overlaps(shown, window)
    found += _out_of_reach(window)
    return found


def _part(widget: QWidget) -> bool:
    """Parts of Qt's own widgets."""
    return widget.objectName().startswith("qt_")


def name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""
    kind = type(widget).__name__
    return f"{kind} {widget.objectName() or text[:40]!r}" + (f" {text[:40]!r}" if text and widget.objectName() else "")


# ---- clipped --------------------


def _clipped(widget: QWidget) -> str:
    fits = True
    if isinstance(widget, QLabel):
        fits = not widget.text() or _label_fits(widget)
    elif isinstance(widget, QPushButton):
        fits = _button_fits(widget)
    elif isinstance(widget, Option):
        fits = widget.height() >= widget.heightForWidth(widget.width())
    elif isinstance(widget, QComboBox):
        fits = widget.width() >= widget.fontMetrics().horizontalAdvance(widget.currentText())
    elif isinstance(widget, QLineEdit):
        text = widget.text() or widget.placeholderText()
        fits = bool(widget.text()) or widget.width() >= widget.fontMetrics().horizontalAdvance(text)
    return "" if fits else f"clipped: {name(widget)} in {widget.width()}x{widget.height()}"


def _label_fits(label: QLabel) -> bool:
    room = label.contentsRect()
    metrics = label.fontMetrics()
    if not label.wordWrap():
        widest = max(metrics.horizontalAdvance(line) for line in label.text().split("\n"))
        return room.width() + 1 >= widest and room.height() + 1 >= metrics.height() * 0.9
    need = metrics.boundingRect(QRect(0, 0, room.width(), _ENOUGH), _WRAP, label.text())
    return need.width() <= room.width() + 1 and label.height() + 1 >= label.heightForWidth(label.width())


def _button_fits(button: QPushButton) -> bool:
    icon = button.iconSize().width() + 4 if not button.icon().isNull() else 0
    metrics = button.fontMetrics()
    lines = button.text().split("\n")
    need = max(metrics.horizontalAdvance(line) for line in lines) + icon
    return button.width() - 12 >= need and button.height() >= metrics.height() * len(lines)


# ---- outside and over each other --------------------


def _place(widget: QWidget, window: QWidget) -> QRect:
    """What can be seen of a widget, in the window."""
    seen = widget.visibleRegion().boundingRect()
    return QRect(widget.mapTo(window, QPoint(0, 0)) + seen.topLeft(), seen.size()) if not seen.isEmpty() else QRect()


def _outside(widget: QWidget, window: QWidget) -> str:
    """Scrolling is for up and down: nothing may lie beyond the sides."""
    bounds, above = window, widget.parentWidget()
    while above is not None and above is not window:
        if isinstance(above, QAbstractScrollArea):
            bounds = above.viewport()
            break
        above = above.parentWidget()
    left = widget.mapTo(window, QPoint(0, 0)).x() - bounds.mapTo(window, QPoint(0, 0)).x()
    if left >= -1 and left + widget.width() <= bounds.width() + 1:
        return ""
    return f"beyond the side: {name(widget)} from {left} to {left + widget.width()} of {bounds.width()}"


def _layer(widget: QWidget) -> QWidget | None:
    above = widget.parentWidget()
    while above is not None and not isinstance(above, Overlay):
        above = above.parentWidget()
    return above


def _overlaps(shown: list[QWidget], window: QWidget) -> list[str]:
    found = []
    places = [(widget, _place(widget, window), _layer(widget)) for widget in shown]
    places = [entry for entry in places if not entry[1].isEmpty()]
    for number, (one, here, layer) in enumerate(places):
        for other, there, beside in places[number + 1 :]:
            both = here.intersected(there)
            if layer is not beside or min(both.width(), both.height()) <= _TOUCHING:
                continue
            if not (one.isAncestorOf(other) or other.isAncestorOf(one)):
                found.append(f"over each other: {name(one)} and {name(other)}")
    return found


# ---- in reach --------------------


def _out_of_reach(window: QWidget) -> list[str]:
    """The buttons of the footer and of a sheet are wholly in sight without scrolling."""
    found = []
    buttons: list[QPushButton] = []
    for page in window.findChildren(Page):
        if page.isVisible():
            buttons += page.footer.findChildren(QPushButton)
    for card in window.findChildren(QWidget, "sheet_card"):
        if card.isVisible():
            buttons += card.findChildren(QPushButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    for button in buttons:
        inside = window.rect().contains(QRect(button.mapTo(window, QPoint(0, 0)), button.size()))
        if button.isVisible() and not inside:
            found.append(f"out of reach: {name(button)}")
    return found
