"""Design tokens: every colour and size of the client. Styles and custom painting take them from here alone."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

CJK_FAMILIES = ("PingFang SC", "Microsoft YaHei UI", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC")


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours as #RRGGBB, sizes in device-independent pixels."""

    canvas: str = "#F5F7F6"
    surface: str = "#FFFFFF"
    sunken: str = "#ECF0EE"
    ink: str = "#16211E"
    muted: str = "#55645F"
    line: str = "#D9E0DD"
    outline: str = "#788781"
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
    qr: int = 148
    focus: int = 2
    hair: int = 1
    motion_ms: int = 160

    @property
    def pill(self) -> int:
        return self.unit + self.unit // 2

    def space(self, steps: float) -> int:
        """A distance in steps of 8."""
        return round(self.unit * steps)

    def values(self) -> dict[str, str]:
        """Names for the style template; numbers without unit."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}


LIGHT = Tokens()

DARK = replace(
    LIGHT,
    canvas="#101715",
    surface="#18211E",
    sunken="#202B27",
    ink="#E9EFEC",
    muted="#A7B5AF",
    line="#2E3A36",
    outline="#7D8C86",
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

_TYPE = ("caption", "body", "lead", "question", "title", "timer")
_TOUCH = ("control", "target", "bar", "icon", "icon_large")


def make_tokens(*, dark: bool = False, kiosk: bool = False, text_scale: float = 1.0) -> Tokens:
    """The set for this machine. ``text_scale`` enlarges type and what must hold it; a kiosk has larger controls."""
    base = DARK if dark else LIGHT
    scale = min(2.0, max(1.0, text_scale))
    sizes = {name: round(getattr(base, name) * scale) for name in _TYPE}
    sizes |= {name: round(getattr(base, name) * (1 + (scale - 1) * 0.6)) for name in (*_TOUCH, "ring", "ring_small")}
    if kiosk:
        sizes["control"] = max(56, sizes["control"])
        sizes["target"] = max(56, sizes["target"])
    return replace(base, **sizes)
