"""The form in which text is kept."""

from __future__ import annotations

import pytest

from app.transcribe import text
from app.transcribe.messages import Piece


def _pieces(*words: str, gap: float = 0.0) -> list[Piece]:
    pieces, at = [], 0.0
    for word in words:
        pieces.append(Piece(word.strip(), at, at + 0.2, 0.9, word.startswith(" ")))
        at += 0.2 + gap
    return pieces


def _kept(*words: str, lang: str = "zh", gap: float = 0.0) -> str:
    return text.join(text.tidy(_pieces(*words, gap=gap), lang))


def test_traditional_characters_become_simplified() -> None:
    assert _kept(*"我們開發軟體系統") == "我们开发软体系统。"


def test_words_keep_their_times_when_characters_change() -> None:
    kept = text.tidy(_pieces("開", "發"), "zh")
    assert [(piece.text, piece.start) for piece in kept] == [("开", 0.0), ("发。", 0.2)]


def test_half_width_marks_become_full_width_in_chinese() -> None:
    assert _kept("你", "好,", "我", "是", "工", "程", "师.") == "你好，我是工程师。"


def test_latin_words_in_chinese_are_whole_and_keep_their_space() -> None:
    kept = text.tidy(_pieces("用", " Py", "thon", "和", " C", "++", "写"), "zh")
    assert [piece.text for piece in kept] == ["用", "Python", "和", "C", "++", "写。"]


def test_a_chinese_sentence_without_a_mark_gets_one() -> None:
    assert _kept("很", "好") == "很好。"
    assert _kept("好", "吗") == "好吗？"


def test_a_long_breath_in_chinese_is_a_comma() -> None:
    assert _kept("好", "的", gap=0.9) == "好，的。"


def test_english_is_left_as_the_model_wrote_it() -> None:
    assert _kept("Well,", " I", " think", " so", lang="en") == "Well, I think so"


@pytest.mark.parametrize(
    ("line", "lang"),
    [
        ("字幕由Amara.org社区提供", "zh"),
        ("请不吝点赞 订阅 转发", "zh"),
        ("以下是普通话的句子", "zh"),
        ("Thanks for watching!", "en"),
    ],
)
def test_subtitle_credits_and_the_prompt_are_not_taken_for_speech(line: str, lang: str) -> None:
    assert text.is_invented(line, lang)


@pytest.mark.parametrize(
    ("line", "lang"), [("谢谢大家", "zh"), ("我会用简体中文写", "zh"), ("Thank you.", "en"), ("", "zh"), ("。", "zh")]
)
def test_what_a_candidate_may_say_is_kept(line: str, lang: str) -> None:
    assert not text.is_invented(line, lang)
