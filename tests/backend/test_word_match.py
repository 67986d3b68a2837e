"""Which words of a text are those that were asked for, in Chinese and English, and how much each counts."""

from __future__ import annotations

import pytest

from backend.services.word_match import Collection, Match, text_of


def match(text: str, *wanted: str, others: tuple[str, ...] = ()) -> Match:
    texts = [text_of(text), *(text_of(other) for other in others)]
    return Collection(texts).match([(words, 1.0) for words in wanted], texts[0])


@pytest.mark.parametrize(
    ("text", "wanted", "there"),
    [
        ("5 年 Python 开发经验", "python", True),
        ("熟悉Ｐｙｔｈｏｎ和Ｇｏ", "Python", True),
        ("C++ and Rust", "C", False),
        ("C++ and Rust", "C++", True),
        ("C# 开发", "C", False),
        ("JavaScript", "Java", False),
        ("I go to school", "Go", False),
        ("用 Go 写服务", "Go", True),
        ("managed large projects abroad", "large project", True),
        ("负责支付系统的重构", "支付系统", True),
        ("负责系统,支付了账单", "支付系统", False),
        ("会计电算化", "会计", True),
        ("Node.js 和 Vue", "Node.js", True),
        ("熟悉 PostgreSQL", "MySQL/PostgreSQL", True),
        ("", "Python", False),
        ("Python", "", False),
    ],
)
def test_a_word_is_found_as_a_whole(text: str, wanted: str, there: bool) -> None:
    (hit,) = match(text, wanted).hits
    assert (hit.times > 0) is there
    assert (hit.share > 0.9) is there


def test_a_hit_says_where_it_stands_in_the_texts_own_words() -> None:
    text = "2019 到 2023 年在星河科技负责支付系统,主要用 Python 与 PostgreSQL,每天处理一百万笔交易。" + "其他。" * 20
    (hit,) = match(text, "postgresql").hits
    assert "PostgreSQL" in hit.quote
    assert hit.quote.strip("…") in " ".join(text.split())
    assert hit.quote.endswith("一百万笔交易")
    assert hit.quote.startswith("…")
    (hit,) = match("男。Python 开发。1990 年生", "Python").hits
    assert hit.quote == "Python 开发", "what stands in other sentences is not shown"
    assert match("Excel,excel 和 EXCEL", "Excel").hits[0].times == 3


def test_part_of_several_words_counts_in_part() -> None:
    (hit,) = match("做过数据分析", "大数据分析平台").hits
    assert hit.times == 0
    assert 0.2 < hit.share <= 0.5
    assert match("只提到平台", "大数据分析平台").hits[0].share == 0


def test_what_few_texts_have_counts_more_than_what_all_have() -> None:
    others = ("沟通 Excel", "沟通 PPT", "沟通 Word", "沟通 Rust")
    common, rare = match("沟通", "沟通", "Rust", others=others), match("Rust", "沟通", "Rust", others=others)
    assert rare.fit > common.fit > 0
    assert common.missing == ["Rust"]
    assert [hit.wanted for hit in rare.met] == ["Rust"]


def test_saying_it_over_and_over_gains_little() -> None:
    once, often = match("Python" + " 其他" * 20, "Python"), match("Python " * 50, "Python")
    assert once.fit <= often.fit <= 1
    assert often.fit - once.fit < 0.3


def test_nothing_asked_for_fits_nobody() -> None:
    assert match("Python").fit == 0
    assert Collection([]).match([("Python", 1.0)], text_of("Python")).fit > 0
