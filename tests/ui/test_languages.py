"""Numbers, dates and directions as each language has them."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.ui.i18n import Texts
from contract.catalog import LANGUAGES

_FROM_LEFT, _FIRST_STRONG, _POP = "\u2066", "\u2068", "\u2069"
_NOON = datetime(2026, 11, 22, 14, 30).astimezone()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", "11月22日 14:30"),
        ("en", "Nov 22, 14:30"),
        ("de", "22. Nov., 14:30"),
        ("ko", "11월 22일 14:30"),
        ("ru", "22 нояб., 14:30"),
        ("vi", "14:30 22 thg 11"),
    ],
)
def test_dates_are_written_as_in_the_language(language: str, words: str) -> None:
    assert Texts(language).date(_NOON) == words


@pytest.mark.parametrize(
    ("language", "number"), [("en", "1,234.5"), ("de", "1.234,5"), ("ru", "1\u00a0234,5"), ("ar", "1,234.5")]
)
def test_numbers_have_the_separators_of_the_language(language: str, number: str) -> None:
    assert Texts(language).number(1234.5, 1) == number


@pytest.mark.parametrize("language", LANGUAGES)
def test_times_keep_western_digits_and_their_direction(language: str) -> None:
    texts = Texts(language)
    read = texts.minutes(65)
    assert read.strip(_FROM_LEFT + _POP) == "1:05"
    assert (read != "1:05") == texts.right_to_left
    assert any(digit in texts.date(_NOON) for digit in "0123456789")


def test_only_arabic_is_read_from_the_right() -> None:
    assert [tag for tag in LANGUAGES if Texts(tag).right_to_left] == ["ar"]


def test_a_foreign_text_among_arabic_words_keeps_its_own_direction() -> None:
    texts = Texts("ar")
    assert texts.pick({"en": "First?\nSecond"}) == f"{_FIRST_STRONG}First?{_POP}\n{_FIRST_STRONG}Second{_POP}"
    assert texts.t("Receipt {digest}", digest="9c11 85a5").endswith(f"{_FIRST_STRONG}9c11 85a5{_POP}")
    assert Texts("de").pick({"en": "First?"}) == "First?"
    assert texts.isolate("") == texts.left_to_right("") == ""
