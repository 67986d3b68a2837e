"""What a screen reader says by itself: a screen or sheet that came, an error, the state of the recording."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QLabel, QWidget

_HEADINGS = ("title", "question")


def announce(widget: QWidget, text: str, *, urgent: bool = False) -> None:
    """Nothing happens while no assistive program listens. ``urgent``: at once, over what is being read."""
    if not text or not QAccessible.isActive():
        return
    event = QAccessibleAnnouncementEvent(widget, text)
    if urgent:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)


def heading_of(screen: QWidget) -> str:
    """The largest words of a screen."""
    shown = [label for label in screen.findChildren(QLabel) if label.isVisibleTo(screen) and label.text()]
    return next((label.text() for role in _HEADINGS for label in shown if label.property("role") == role), "")
