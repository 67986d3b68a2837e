"""Colours that can be read, in the light and in the dark set."""

from __future__ import annotations

import pytest

from app.ui.style import style_sheet
from app.ui.tokens import DARK, LIGHT, Tokens, make_tokens

PAIRS = [
    ("ink", "canvas"),
    ("ink", "surface"),
    ("ink", "accent_soft"),
    ("muted", "canvas"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("accent", "surface"),
    ("accent", "canvas"),
    ("accent", "accent_soft"),
    ("accent_ink", "accent"),
    ("accent_ink", "accent_strong"),
    ("warning", "warning_soft"),
    ("warning", "surface"),
    ("error", "error_soft"),
    ("error", "surface"),
    ("recording", "canvas"),
    ("stage_ink", "stage"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(tokens: Tokens, text: str, ground: str) -> None:
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= 4.5


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_the_outline_of_a_field_stands_out(tokens: Tokens) -> None:
    assert contrast(tokens.outline, tokens.surface) >= 3


def test_every_value_of_the_style_sheet_comes_from_the_tokens() -> None:
    for tokens in (LIGHT, DARK, make_tokens(kiosk=True, text_scale=2.0)):
        assert "$" not in style_sheet(tokens)


def test_text_can_be_twice_as_large_and_no_larger() -> None:
    assert make_tokens(text_scale=2.0).body == 2 * LIGHT.body
    assert make_tokens(text_scale=9.0).body == 2 * LIGHT.body
