"""What a correction has changed is told apart, in any writing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report.changes import Kind, changes

_TEXTS = st.text(alphabet="ab 我做过三五年،م,.'\n", max_size=30)


@settings(deadline=None)
@given(_TEXTS, _TEXTS)
def test_both_texts_can_be_read_from_the_changes(recognised: str, correction: str) -> None:
    found = changes(recognised, correction)
    assert "".join(c.text for c in found if c.kind is not Kind.PUT_IN) == recognised
    assert "".join(c.text for c in found if c.kind is not Kind.TAKEN_OUT) == correction


@pytest.mark.parametrize(
    ("recognised", "correction", "expected"),
    [
        ("I lead the teem.", "I led the team.", [("lead", "led"), ("teem", "team")]),
        ("我做过三年市场。", "我做过五年市场。", [("三", "五")]),
        ("عملت في شركه", "عملت في شركة", [("شركه", "شركة")]),
    ],
)
def test_whole_words_or_single_characters_are_exchanged(
    recognised: str, correction: str, expected: list[tuple[str, str]]
) -> None:
    found = changes(recognised, correction)
    out = [c.text for c in found if c.kind is Kind.TAKEN_OUT]
    put_in = [c.text for c in found if c.kind is Kind.PUT_IN]
    assert list(zip(out, put_in, strict=True)) == expected


def test_a_text_that_was_not_changed_is_kept_whole() -> None:
    assert [(c.kind, c.text) for c in changes("same text", "same text")] == [(Kind.KEPT, "same text")]
