from __future__ import annotations

import io
from datetime import UTC

import pytest
from pypdf import PdfReader

from contract.kit import QuestionKind
from contract.redo import RedoState
from report.build import build_report
from report.model import CandidateInfo, RedoInfo
from report.pdf import render_pdf
from tests.report import sample as s


def text_of(story: s.Story, language: str, *, name: str = "李雷", key: bytes | None = s.KEY) -> str:
    report = build_report(
        s.kit(),
        story.events,
        key,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(name=name),
        generated_at=s.NOW,
        language=language,
    )
    pages = PdfReader(io.BytesIO(render_pdf(report, zone=UTC))).pages
    return "\n".join(page.extract_text() for page in pages)


def test_the_chinese_report_shows_answers_reasons_and_page_numbers() -> None:
    text = text_of(s.complete(), "zh_CN")
    for expected in (
        "面试报告",
        s.INTERVIEW,
        "李雷",
        "待评估",
        "请介绍一下您自己。",
        "我做过三年,市场工作。",
        "候选人更正",
        "我做过五年市场工作。",
        "网络问题: 会场断网了",
        "摄像头断开",
        "本次面试尚未签发回执",
        "2026-11-20 01:31:00 +0000",
        "第 1 页，共 2 页",
        "第 2 页，共 2 页",
    ):
        assert expected in text, expected


def test_all_versions_of_a_correction_are_printed_and_going_back_is_said() -> None:
    story = s.complete()
    story.corrected("第二次更正。", heard=0)
    story.corrected("我做过三年,市场工作。", heard=0)
    text = text_of(story, "zh_CN")
    assert text.count("候选人较早的更正") == 2
    assert "候选人恢复为识别出的文字。" in text
    assert "删去的文字带删除线" in "".join(text.split())


def test_the_english_report_shows_the_same_in_english() -> None:
    text = text_of(s.complete(), "en")
    for expected in (
        "Interview report",
        "Awaiting review",
        "Please introduce yourself.",
        "We shipped it together.",
        "Page 1 of",
    ):
        assert expected in text, expected
    assert "面试报告" not in text


@pytest.mark.parametrize(
    ("language", "words"), [("zh_CN", ["未完成", "其他", "未作答"]), ("en", ["Not completed", "Other"])]
)
def test_an_unfinished_interview_is_printed_with_its_reason(language: str, words: list[str]) -> None:
    text = text_of(s.unfinished(), language)
    for expected in [*words, "家里有急事"]:
        assert expected in text, expected


def test_text_that_looks_like_markup_is_printed_as_it_is_and_controls_are_shown() -> None:
    story = s.Story().started().written("q3", s.HOSTILE).paused("other", s.HOSTILE)
    story.spoken("q1", QuestionKind.VIDEO, [s.word(s.HOSTILE, 0, 1, 0.1)], text=s.HOSTILE)
    text = text_of(story, "en", name=s.HOSTILE)
    assert text.count('#import "x"') >= 3
    assert "<script>alert(1)</script>" in text
    assert "*bold*" in text
    assert "\\u{7}" in text
    assert "\\u{202e}" in text
    assert not any(c in text for c in "\x07\x1b\u202e")


def test_sealed_answers_are_said_to_be_unavailable() -> None:
    text = text_of(s.complete(), "zh_CN", key=None)
    assert "答题内容已加密" in text
    assert "市场工作" not in text


def test_a_very_long_answer_goes_over_several_pages_and_ends() -> None:
    text = text_of(s.Story().started().written("q3", "很长的回答。" * 3000 + "x" * 5000 + "结尾"), "zh_CN")
    assert text.count("页，共") > 5
    assert "结尾" in text
    assert max(line.count("x") for line in text.splitlines()) < 200  # no line leaves the page


def test_a_long_word_that_breaks_leaves_no_mark_in_the_text_that_a_reader_copies() -> None:
    # a letter that the report itself does not use, first met where a long word breaks
    long = "0" * 11 + "z" + "0" * 36
    story = s.Story().started().written("q3", f"{long} and then a maze")
    text = text_of(story, "en")
    assert "\u200b" not in text
    assert "and then a maze" in text
    assert long in "".join(text.split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh_CN", ("要求重新回答的题目", "已重新回答 · 第 2 部分")),
        ("en", ("Questions to answer again", "answered again · part 2")),
    ],
)
def test_what_hr_has_let_be_answered_again_is_printed(language: str, words: tuple[str, str]) -> None:
    report = build_report(
        s.kit(),
        s.complete().events,
        s.KEY,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(),
        generated_at=s.NOW,
        language=language,
    )
    redo = RedoInfo(
        redo_id="word",
        question_id="intro",
        number=1,
        reason="录音没有声音 #let x = 1",
        by="hr-li",
        granted_at=s.NOW,
        not_after=s.NOW,
        state=RedoState.ANSWERED,
        state_words="",
        changed_at=s.NOW,
        part=2,
    )
    pages = PdfReader(io.BytesIO(render_pdf(report.model_copy(update={"redos": [redo]}), zone=UTC))).pages
    text = "\n".join(page.extract_text() for page in pages)
    for expected in (*words, "录音没有声音 #let x = 1", "hr-li"):
        assert expected in text, expected
