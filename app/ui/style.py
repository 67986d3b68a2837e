"""The look of the client: tokens, texts and icons in one value, and the style sheet made from the tokens."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap, QWindow

import resources
from app.ui import icons
from app.ui.i18n import Texts
from app.ui.tokens import CJK_FAMILIES, Tokens


class InputWatch(QObject):
    """Whether the candidate uses the keyboard now: focus rings are shown then, and not after a click or a touch."""

    def __init__(self) -> None:
        super().__init__()
        self.by_key = False

    def watch(self, window: QWindow) -> None:
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin):
            self.by_key = kind is QEvent.Type.KeyPress
        return super().eventFilter(watched, event)


@dataclass(frozen=True)
class Look:
    """Given to every widget."""

    tokens: Tokens
    texts: Texts
    watch: InputWatch

    def t(self, message: str, **values: object) -> str:
        return self.texts.t(message, **values)

    def colour(self, name: str) -> QColor:
        """A token's colour by its name."""
        return QColor(str(getattr(self.tokens, name)))

    def icon(self, name: str, colour: str = "ink") -> QIcon:
        return icons.icon(name, str(getattr(self.tokens, colour)), self.tokens)

    def pixmap(self, name: str, colour: str = "ink", *, size: int | None = None) -> QPixmap:
        return icons.pixmap(name, str(getattr(self.tokens, colour)), size or self.tokens.icon)


def style_sheet(tokens: Tokens) -> str:
    """The template of resources/styles filled with the tokens."""
    template = resources.read("styles", "app.qss")
    values = tokens.values()
    values |= {f"s{steps}": str(tokens.space(steps)) for steps in range(1, 7)}
    values |= {
        "half": str(tokens.space(0.5)),
        "pill": str(tokens.pill),
        "ring_room": str(2 * tokens.focus),
        "control_inner": str(tokens.control - 2 * tokens.hair),
        "big_inner": str(tokens.control + tokens.space(1)),
        "field_inner": str(tokens.control - tokens.space(2) - 2 * tokens.hair),
        "target_inner": str(tokens.target - 2 * tokens.hair),
    }
    return Template(template).substitute(values)


def interface_font(tokens: Tokens) -> QFont:
    """The system's face first, then the CJK faces; on Linux the CJK face first, so that digits and letters agree."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    known = set(QFontDatabase.families())
    faces = [family for family in CJK_FAMILIES if family in known]
    linux = "Noto Sans CJK SC" in faces
    font.setFamilies([*faces, font.family()] if linux else [font.family(), *faces])
    font.setPixelSize(tokens.body)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def palette(tokens: Tokens) -> QPalette:
    """For what the style sheet does not reach: placeholder text, selections, menus of the system."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: tokens.canvas,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.Text: tokens.ink,
        QPalette.ColorRole.WindowText: tokens.ink,
        QPalette.ColorRole.ButtonText: tokens.ink,
        QPalette.ColorRole.Button: tokens.surface,
        QPalette.ColorRole.Highlight: tokens.accent,
        QPalette.ColorRole.HighlightedText: tokens.accent_ink,
        QPalette.ColorRole.PlaceholderText: tokens.outline,
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    return made
