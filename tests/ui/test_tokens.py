"""Colours that can be read in every theme, and one place for colours and sizes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import app.ui
from app.ui.style import font_families, style_sheet
from app.ui.tokens import LIGHT, SETS, TEXT_PERCENTS, Theme, Tokens, make_tokens, zoom_for

UI = Path(app.ui.__file__).parent
GROUNDS = ("canvas", "surface", "sunken", "accent_soft")
TEXTS = [
    *((text, ground) for text in ("ink", "muted", "accent") for ground in GROUNDS),
    ("accent_ink", "accent"),
    ("accent_ink", "accent_strong"),
    ("surface", "ink"),
    *((text, ground) for text in ("warning", "error", "recording") for ground in ("canvas", "surface")),
    ("warning", "warning_soft"),
    ("ink", "warning_soft"),
    ("error", "error_soft"),
    ("ink", "error_soft"),
    ("stage_ink", "stage"),
]
# Borders of fields, the ring around the focus, marks that say something by themselves.
MARKS = [
    *((mark, ground) for mark in ("outline", "accent") for ground in ("canvas", "surface", "sunken")),
    ("accent", "accent_soft"),
    *((mark, ground) for mark in ("recording", "warning", "error") for ground in ("canvas", "surface")),
]
STRONG = (Theme.CONTRAST_LIGHT, Theme.CONTRAST_DARK)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", SETS)
def test_text_stands_out_from_its_ground(theme: Theme) -> None:
    """WCAG 2.2: 4.5:1 (AA), in high contrast 7:1 (AAA)."""
    tokens, least = SETS[theme], 7 if theme in STRONG else 4.5
    weak = {
        f"{text} on {ground}": round(ratio, 2)
        for text, ground in TEXTS
        if (ratio := contrast(getattr(tokens, text), getattr(tokens, ground))) < least
    }
    assert weak == {}


@pytest.mark.parametrize("theme", SETS)
def test_borders_of_fields_and_marks_stand_out(theme: Theme) -> None:
    tokens, least = SETS[theme], 4.5 if theme in STRONG else 3
    weak = {
        f"{mark} on {ground}": round(ratio, 2)
        for mark, ground in MARKS
        if (ratio := contrast(getattr(tokens, mark), getattr(tokens, ground))) < least
    }
    assert weak == {}


@pytest.mark.parametrize("theme", STRONG)
def test_lines_and_what_is_disabled_can_be_seen_in_high_contrast(theme: Theme) -> None:
    tokens = SETS[theme]
    assert contrast(tokens.line, tokens.surface) >= 7
    assert contrast(tokens.disabled, tokens.sunken) >= 4.5
    assert tokens.hair >= 2


def test_every_value_of_the_style_sheet_comes_from_the_tokens() -> None:
    template = (UI.parents[1] / "resources" / "styles" / "app.qss").read_text("utf-8")
    bare = re.sub(r"/\*.*?\*/|\$\{\w+\}", "", template, flags=re.DOTALL)
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b|(?<![\w.-])[1-9]\d*px", bare) == []
    for tokens in (*SETS.values(), make_tokens(kiosk=True, text_scale=2.0, zoom=2.0)):
        assert "$" not in style_sheet(tokens)


# Calls whose numbers are pixels, and how large a number may be without a token: nothing, or a hair's breadth.
_SIZES = {
    "setFixedSize",
    "setFixedHeight",
    "setFixedWidth",
    "setMinimumSize",
    "setMinimumHeight",
    "setMinimumWidth",
    "setMaximumSize",
    "setMaximumHeight",
    "setMaximumWidth",
    "setContentsMargins",
    "setSpacing",
    "addSpacing",
    "setPixelSize",
    "setPointSize",
    "resize",
    "QSize",
    "QPen",
}


def _bare_values(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"#[0-9A-Fa-f]{6}", node.value)
        ):
            found.append(f"{file.name}:{node.lineno}: {node.value}")
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            numbers = [a for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, int | float)]
            if name in _SIZES and any(number.value > 0 for number in numbers):
                found.append(f"{file.name}:{node.lineno}: {name}")
    return found


def test_no_colour_and_no_size_stands_outside_the_tokens() -> None:
    files = [file for file in UI.rglob("*.py") if file.name != "tokens.py"]
    assert [line for file in files for line in _bare_values(file)] == []


def test_text_can_be_twice_as_large_and_no_larger() -> None:
    assert make_tokens(text_scale=2.0).body == 2 * LIGHT.body
    assert make_tokens(text_scale=9.0).body == 2 * LIGHT.body
    assert TEXT_PERCENTS == (100, 125, 150, 175, 200)


def test_a_target_grows_with_the_text_and_never_shrinks() -> None:
    for theme in Theme:
        sizes = [make_tokens(theme, text_scale=percent / 100).target for percent in TEXT_PERCENTS]
        assert sizes == sorted(sizes)
        assert sizes[0] >= 44


@pytest.mark.parametrize(
    ("width", "height", "zoom"),
    [(1024, 600, 1.0), (800, 1280, 1.0), (1920, 1080, 1.0), (2560, 1440, 1.25), (3840, 2160, 2.0), (7680, 4320, 2.0)],
)
def test_a_large_screen_shows_everything_larger(width: int, height: int, zoom: float) -> None:
    assert zoom_for(width, height) == zoom
    tokens = make_tokens(zoom=zoom)
    assert (tokens.body, tokens.unit, tokens.column) == (
        round(LIGHT.body * zoom),
        round(LIGHT.unit * zoom),
        round(LIGHT.column * zoom),
    )
    assert tokens.veil_percent == LIGHT.veil_percent


def test_each_language_has_a_face_of_its_own_script_first() -> None:
    linux = {"Noto Sans CJK SC", "Noto Sans CJK TC", "Noto Sans CJK JP", "Noto Sans CJK KR", "DejaVu Sans"}
    first = {tag: font_families(tag, "System", linux)[0] for tag in ("zh_CN", "zh_TW", "ja", "ko", "ar", "en", "de")}
    assert first == {
        "zh_CN": "Noto Sans CJK SC",
        "zh_TW": "Noto Sans CJK TC",
        "ja": "Noto Sans CJK JP",
        "ko": "Noto Sans CJK KR",
        "ar": "DejaVu Sans",
        "en": "Noto Sans CJK SC",
        "de": "Noto Sans CJK KR",
    }
    assert font_families("de", "System", {"DejaVu Sans"}) == ["System", "DejaVu Sans"]
    mac = {"PingFang SC", "PingFang TC", "Hiragino Sans"}
    assert font_families("zh_TW", "System", mac) == ["System", "PingFang TC", "PingFang SC", "Hiragino Sans"]


def test_tokens_are_complete_for_every_theme() -> None:
    assert set(SETS) == set(Theme) - {Theme.SYSTEM}
    assert all(isinstance(tokens, Tokens) for tokens in SETS.values())
