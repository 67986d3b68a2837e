"""Design tokens: every colour and size of the client. Styles and custom painting take them from here alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

# The faces of each script, those of macOS, Windows and Linux; the first ones that the machine has are used.
CJK_FAMILIES = {
    "zh_CN": ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC"),
    "zh_TW": ("PingFang TC", "Microsoft JhengHei UI", "Noto Sans CJK TC", "Noto Sans TC", "Source Han Sans TC"),
    "ja": ("Hiragino Sans", "Yu Gothic UI", "Meiryo UI", "Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans"),
    "ko": ("Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans CJK KR", "Noto Sans KR", "Source Han Sans K"),
}
ARABIC_FAMILIES = ("SF Arabic", "Geeza Pro", "Segoe UI", "Noto Sans Arabic", "Noto Naskh Arabic", "DejaVu Sans")
# Where only the CJK faces are there, the Korean one has the narrow quotation marks that European languages need.
LATIN_FAMILIES = ("Noto Sans", "Noto Sans CJK KR", "DejaVu Sans")
ENGLISH_FAMILIES = ("Noto Sans", "Noto Sans CJK SC", "DejaVu Sans")


class Tokens(NamedTuple):
    """Colours as #RRGGBB, sizes in device-independent pixels."""

    canvas: str = "#F5F7F6"
    surface: str = "#FFFFFF"
    sunken: str = "#ECF0EE"
    ink: str = "#16211E"
    muted: str = "#55645F"
    line: str = "#D9E0DD"
    outline: str = "#788781"
    disabled: str = "#788781"
    accent: str = "#0B6E5B"
    accent_strong: str = "#095A4A"
    accent_ink: str = "#FFFFFF"
    accent_soft: str = "#E3F1ED"
    recording: str = "#C9291C"
    warning: str = "#9A6200"
    warning_soft: str = "#FFF4DC"
    error: str = "#B42318"
    error_soft: str = "#FDECEA"
    stage: str = "#1B2522"
    stage_ink: str = "#E8EEEB"
    veil: str = "#16211E"
    veil_percent: int = 45

    caption: int = 13
    body: int = 15
    lead: int = 17
    question: int = 22
    title: int = 30
    timer: int = 44

    unit: int = 8
    card_radius: int = 12
    button_radius: int = 10
    control: int = 48
    target: int = 44
    bar: int = 56
    column: int = 720
    wide: int = 1160
    sheet: int = 560
    panel: int = 420
    icon: int = 22
    icon_large: int = 28
    ring: int = 148
    ring_small: int = 104
    ring_line: int = 8
    dot: int = 9
    qr: int = 148
    focus: int = 2
    edge: int = 2
    hair: int = 1
    window_width: int = 640
    window_height: int = 560
    first_width: int = 1180
    first_height: int = 760
    motion_ms: int = 160

    @property
    def pill(self) -> int:
        return self.unit + self.unit // 2

    def space(self, steps: float) -> int:
        """A distance in steps of 8."""
        return round(self.unit * steps)

    def values(self) -> dict[str, str]:
        """Names for the style template; numbers without unit."""
        return {name: str(value) for name, value in self._asdict().items()}


LIGHT = Tokens()

DARK = LIGHT._replace(
    canvas="#101715",
    surface="#18211E",
    sunken="#202B27",
    ink="#E9EFEC",
    muted="#A7B5AF",
    line="#2E3A36",
    outline="#7D8C86",
    disabled="#7D8C86",
    accent="#4FC3A8",
    accent_strong="#6AD2B9",
    accent_ink="#06241D",
    accent_soft="#17362E",
    recording="#FF7468",
    warning="#F0BC55",
    warning_soft="#3A2D12",
    error="#FF8A7D",
    error_soft="#42201C",
    stage="#0A0F0D",
    veil="#000000",
    veil_percent=60,
)

# Every text at least 7:1 on its ground, every line and mark drawn strongly.
CONTRAST_LIGHT = LIGHT._replace(
    canvas="#FFFFFF",
    sunken="#F1F1F1",
    ink="#000000",
    muted="#1C1C1C",
    line="#000000",
    outline="#000000",
    disabled="#5E5E5E",
    accent="#00402F",
    accent_strong="#002B1F",
    accent_soft="#E8F4F0",
    recording="#8A0000",
    warning="#4D2E00",
    warning_soft="#FFF7E0",
    error="#8A0000",
    error_soft="#FFF0EE",
    stage="#000000",
    stage_ink="#FFFFFF",
    veil="#000000",
    veil_percent=70,
    hair=2,
    focus=3,
)

CONTRAST_DARK = CONTRAST_LIGHT._replace(
    canvas="#000000",
    surface="#000000",
    sunken="#161616",
    ink="#FFFFFF",
    muted="#EDEDED",
    line="#FFFFFF",
    outline="#FFFFFF",
    disabled="#A0A0A0",
    accent="#6FF3D0",
    accent_strong="#A6FBE4",
    accent_ink="#000000",
    accent_soft="#00241B",
    recording="#FFA59C",
    warning="#FFD166",
    warning_soft="#241A00",
    error="#FFA59C",
    error_soft="#2B0806",
    veil="#262626",
)


class Theme(StrEnum):
    """What a person chooses. ``SYSTEM`` takes brightness and contrast from the machine's own settings."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST_LIGHT = "contrast_light"
    CONTRAST_DARK = "contrast_dark"


SETS: dict[Theme, Tokens] = {
    Theme.LIGHT: LIGHT,
    Theme.DARK: DARK,
    Theme.CONTRAST_LIGHT: CONTRAST_LIGHT,
    Theme.CONTRAST_DARK: CONTRAST_DARK,
}
TEXT_PERCENTS = (100, 125, 150, 175, 200)

_TYPE = ("caption", "body", "lead", "question", "title", "timer")
# What holds text grows more slowly than the text: there is room in it.
_AROUND = ("control", "target", "bar", "icon", "icon_large", "ring", "ring_small", "column", "wide", "sheet", "panel")
_SCREEN = (1920, 1080)
_KIOSK_CONTROL = 56


def zoom_for(width: int, height: int) -> float:
    """How much larger everything is on a screen of so many logical pixels: 1 up to full HD, 2 from 4K, in quarters."""
    share = min(width / _SCREEN[0], height / _SCREEN[1])
    return min(2.0, max(1.0, int(share * 4) / 4))


def make_tokens(
    theme: Theme = Theme.LIGHT, *, kiosk: bool = False, text_scale: float = 1.0, zoom: float = 1.0
) -> Tokens:
    """The set for this machine.

    ``text_scale`` (1 .. 2) enlarges type and what must hold it, ``zoom`` everything; a kiosk has larger controls.
    """
    base = SETS.get(theme, LIGHT)
    scale = min(2.0, max(1.0, text_scale))
    sizes: dict[str, float] = {name: value for name, value in base._asdict().items() if isinstance(value, int)}
    sizes |= {name: sizes[name] * scale for name in _TYPE}
    sizes |= {name: sizes[name] * (1 + (scale - 1) * 0.6) for name in _AROUND}
    if kiosk:
        sizes |= {name: max(_KIOSK_CONTROL, sizes[name]) for name in ("control", "target")}
    fixed = {"veil_percent", "motion_ms"}
    made: dict[str, Any] = {name: round(size * (1 if name in fixed else zoom)) for name, size in sizes.items()}
    return base._replace(**made)
