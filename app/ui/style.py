"""The look of the client: tokens, texts and icons in one value, and the style sheet made from the tokens."""

from __future__ import annotations

from collections.abc import Container
from string import Template
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette, QPixmap

import resources
from app.ui import icons
from app.ui.i18n import Texts
from app.ui.tokens import ARABIC_FAMILIES, CJK_FAMILIES, ENGLISH_FAMILIES, LATIN_FAMILIES, Tokens

if TYPE_CHECKING:
    from PySide6.QtGui import QWindow

_LATER = "/* later */"


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


class Look:
    """Given to every widget. ``tokens`` changes with the appearance: see :mod:`app.ui.dress`."""

    def __init__(self, tokens: Tokens, texts: Texts, watch: InputWatch) -> None:
        self.tokens = tokens
        self.texts = texts
        self.watch = watch

    def t(self, message: str, **values: object) -> str:
        return self.texts.t(message, **values)

    def colour(self, name: str) -> QColor:
        """A token's colour by its name."""
        return QColor(str(getattr(self.tokens, name)))

    def icon(self, name: str, colour: str = "ink", *, gap: int = 0) -> QIcon:
        """For a button. ``gap``: pixels between it and the words that follow."""
        shade, right = str(getattr(self.tokens, colour)), self.texts.right_to_left
        return icons.icon(name, shade, self.tokens, mirrored=self._mirrored(name), gap=gap, after=right)

    def pixmap(self, name: str, colour: str = "ink", *, size: int | None = None) -> QPixmap:
        colour_value, pixels = str(getattr(self.tokens, colour)), size or self.tokens.icon
        return icons.pixmap(name, colour_value, pixels, mirrored=self._mirrored(name))

    def _mirrored(self, icon: str) -> bool:
        return self.texts.right_to_left and icon in icons.DIRECTED


def style_sheet(tokens: Tokens, *, first: bool = False) -> str:
    """The template of resources/styles filled with the tokens; ``first``: only what the first frame shows."""
    template = resources.read("styles", "app.qss")
    if first:
        template = "\n".join(line for line in template.splitlines() if not line.endswith(_LATER))
    values = tokens.values()
    values |= {f"s{steps}": str(tokens.space(steps)) for steps in range(1, 7)}
    values |= {
        "half": str(tokens.space(0.5)),
        "pill": str(tokens.pill),
        "ring_room": str(2 * tokens.focus),
        "control_inner": str(tokens.control - 2 * tokens.hair),
        "big_inner": str(tokens.control + tokens.space(1)),
        "field_inner": str(tokens.control - tokens.space(2) - 2 * tokens.hair),
        "quarter": str(tokens.space(0.25)),
        "menu_inner": str(tokens.target - tokens.space(2)),
        "knob": str(tokens.space(0.75)),
        "target_inner": str(tokens.target - 2 * tokens.hair),
    }
    return Template(template).substitute(values)


def font_families(language: str, system: str, known: Container[str]) -> list[str]:
    """The faces for a language, best first: its own script, then the others, so that every name can be shown.

    The system's face leads on macOS and Windows, except for Arabic. On Linux a Noto face leads, so that digits and
    letters agree with the characters.
    """
    others = {"ar": ARABIC_FAMILIES, "en": ENGLISH_FAMILIES}
    own = CJK_FAMILIES.get(language) or others.get(language, LATIN_FAMILIES)
    scripts = [own, *CJK_FAMILIES.values(), LATIN_FAMILIES, ARABIC_FAMILIES]
    faces = list(dict.fromkeys(face for script in scripts for face in script if face in known))
    own_face = next((face for face in own if face in known), None)
    leads = own_face is not None and (language == "ar" or own_face.startswith("Noto"))
    return [*faces, system] if leads else [system, *faces]


def interface_font(tokens: Tokens, language: str = "zh_CN") -> QFont:
    """The system's face with fallbacks for each script."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setFamilies(font_families(language, font.family(), set(QFontDatabase.families())))
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
        QPalette.ColorRole.PlaceholderText: tokens.muted,
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    return made
