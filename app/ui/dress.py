"""The application, and how it looks on this device: theme and size of text, chosen or taken from the system."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6 import QtCore
from PySide6.QtCore import QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.style import Look, interface_font, palette, style_sheet
from app.ui.tokens import TEXT_PERCENTS, Theme, Tokens, make_tokens, zoom_for

APPEARANCE_FILE = "appearance.json"
_HALF = 128


def build_application(argv: Sequence[str] | None = None) -> QApplication:
    """The one QApplication of this process, named so that the system's lists show it."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # The style by its flag: to set it by its name makes all names of QStyle, a twentieth of the start.
    program, *flags = argv or sys.argv[:1]
    application = QApplication([program, "-style", "fusion", *flags])
    application.setApplicationName("xuda")
    application.setApplicationDisplayName("Xuda 续答")
    application.setOrganizationName("Xuda")
    return application


class Appearance(NamedTuple):
    """``text`` is the size of all text in percent, one of TEXT_PERCENTS."""

    theme: Theme = Theme.SYSTEM
    text: int = 100


DEFAULT = Appearance()


def saved_appearance(data: Path) -> Appearance:
    """What was chosen on this device; the default when nothing was, or when the file cannot be read."""
    try:  # bytes that are no text count as a file that cannot be read
        text = (data / APPEARANCE_FILE).read_text("utf-8")
    except (OSError, ValueError):
        return Appearance()
    import json

    try:
        found = json.loads(text)
        theme, percent = Theme(found["theme"]), int(found["text"])
    except (ValueError, KeyError, TypeError):
        return Appearance()
    return Appearance(theme, percent if percent in TEXT_PERCENTS else 100)


def system_theme(*, first: bool = False) -> Theme:
    """The theme that the system's brightness and contrast ask for. Systems that tell neither get the light one.

    ``first``: for a window that must not wait. The palette of an application that is not dressed yet is the system's;
    to ask for the contrast makes all names of Qt's own namespace, a tenth of the start.
    """
    if first:
        return Theme.DARK if QApplication.palette().window().color().lightness() < _HALF else Theme.LIGHT
    hints = QApplication.styleHints()
    dark = hints.colorScheme() is QtCore.Qt.ColorScheme.Dark
    strong = hints.accessibility().contrastPreference() is QtCore.Qt.ContrastPreference.HighContrast
    if strong:
        return Theme.CONTRAST_DARK if dark else Theme.CONTRAST_LIGHT
    return Theme.DARK if dark else Theme.LIGHT


def screen_zoom() -> float:
    """How much larger everything is drawn on the screen of this machine."""
    screen = QApplication.primaryScreen()
    size = screen.availableGeometry() if screen is not None else None
    return zoom_for(size.width(), size.height()) if size is not None else 1.0


def tokens_for(appearance: Appearance, *, kiosk: bool, zoom: float, first: bool = False) -> Tokens:
    """``first``: see :func:`system_theme`."""
    theme = system_theme(first=first) if appearance.theme is Theme.SYSTEM else appearance.theme
    return make_tokens(theme, kiosk=kiosk, text_scale=appearance.text / 100, zoom=zoom)


def dress_application(tokens: Tokens, language: str) -> None:
    """Typeface and colours of every window, for the script of this language."""
    QApplication.setFont(interface_font(tokens, language))
    QApplication.setPalette(palette(tokens))


class Dresser(QObject):
    """Puts the appearance on a window, now and whenever it or the system's wishes change.

    A widget that keeps sizes or pictures made from the tokens has a method ``restyle`` that makes them anew. ``after``
    is called when everything has its new size; words are set anew there.
    """

    def __init__(self, look: Look, appearance: Appearance, *, kiosk: bool, zoom: float) -> None:
        super().__init__()
        self.appearance = self._first = appearance
        self._look = look
        self._kiosk = kiosk
        self._zoom = zoom
        self._language = look.texts.language
        self._window: QWidget | None = None
        self._after: Callable[[], None] = lambda: None
        self._whole = True

    def wear(self, window: QWidget, after: Callable[[], None], *, first: bool) -> None:
        """The window is complete. ``first``: :meth:`follow` brings what its first frame does not need."""
        self._window, self._after = window, after
        self.setParent(window)  # goes with it: the system's wishes come as long as the program runs
        # Once, when everything stands: with a style sheet in force each widget that is added costs a pass over it.
        window.setStyleSheet(style_sheet(self._look.tokens, first=first))
        self._whole = not first

    def follow(self) -> None:
        """The first frame is there: what it could do without comes, and the system's wishes count from now on."""
        if self._window is not None:
            self._window.setWindowIcon(QIcon(self._look.pixmap("mark", "accent", size=64)))
        if self._window is not None and not self._whole:
            self._whole = True
            self._window.setStyleSheet(style_sheet(self._look.tokens))
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._system_changed)
        self._system_changed()

    def choose(self, appearance: Appearance) -> None:
        if appearance != self.appearance:
            self.appearance = appearance
            self._dress()

    def reset(self) -> None:
        """Back to what the program began with."""
        self.choose(self._first)

    def speak(self, language: str) -> None:
        """Another language has come: its script may need other faces, its direction other icons."""
        if language != self._language:
            self._language = language
            self._dress()

    def _system_changed(self) -> None:
        if self.appearance.theme is Theme.SYSTEM and self._tokens() != self._look.tokens:
            self._dress()

    def _tokens(self) -> Tokens:
        return tokens_for(self.appearance, kiosk=self._kiosk, zoom=self._zoom)

    def _dress(self) -> None:
        window, look = self._window, self._look
        if window is None:
            return
        look.tokens = self._tokens()
        dress_application(look.tokens, self._language)
        window.setUpdatesEnabled(False)
        try:
            window.setStyleSheet(style_sheet(look.tokens))
            self._whole = True
            for widget in window.findChildren(QWidget):
                restyle = getattr(widget, "restyle", None)
                # what waits to be deleted is still a child, and may have lost all it had in Python
                if restyle is not None and vars(widget):
                    restyle()
            self._after()
        finally:
            window.setUpdatesEnabled(True)
            window.update()
