"""Every known error has a text in every language, and no value an error carries can break it."""

from __future__ import annotations

import pytest

from contract.catalog import LANGUAGES, load
from contract.errors import ErrorCode, XudaError
from contract.texts import DOMAIN, LABELS, TEXTS, code_text, error_text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_says_what_happened_what_it_means_and_what_to_do(code: ErrorCode, language: str) -> None:
    text = code_text(code, language)
    assert all((text.title, text.meaning, text.action))
    assert text.details == ""


@pytest.mark.parametrize("code", ErrorCode)
def test_every_text_is_translated_to_chinese(code: ErrorCode) -> None:
    english, chinese = code_text(code, "en"), code_text(code, "zh_CN")
    for before, after in zip(english.lines, chinese.lines, strict=True):
        assert before != after
        assert any("\u4e00" <= character <= "\u9fff" for character in after)


def test_every_label_is_translated_to_chinese() -> None:
    catalog = load(DOMAIN, "zh_CN")
    assert [label for label in LABELS.values() if catalog.gettext(label) == label] == []


def test_no_two_codes_have_the_same_title() -> None:
    assert len({title for title, _, _ in TEXTS.values()}) == len(ErrorCode)


def test_row_and_field_of_bad_input_are_named() -> None:
    text = error_text(XudaError(ErrorCode.ROW_INVALID, row=3, field="phone"), "zh_CN")
    assert text.details == "行: 3, 字段: phone"
    assert text.lines[0].endswith(f"({text.details})")


@pytest.mark.parametrize("value", ["{nobody}", "%s", "", 0, None, ["a"], {"b": 1}])
def test_values_an_error_carries_never_break_its_text(value: object) -> None:
    text = error_text(XudaError(ErrorCode.DISK_FULL, needed=value, never_seen_before=value), "en")
    assert text.title == "There is no space left on the disk"
    assert ("never_seen_before" in text.details) == (value is not None)
