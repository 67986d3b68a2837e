"""Scores as they are printed: one page that says it all, then tables that add up."""

from __future__ import annotations

import re
from datetime import UTC
from pathlib import Path

import pytest

from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion
from report import formats, highlights
from report.build import build_report
from report.model import CandidateInfo, InterviewReport
from report.page_base import Page
from report.page_scores import ScorePages
from report.pages import page_data
from report.pdf import PaperSize, render_pdf
from report.scoring import assess
from tests.assessment.cases import good, middling, tricks
from tests.report import sample as s
from tests.report.test_report_languages import letters, needs_reader, pages_of
from tests.report.test_scoring import begun, sheet, told, whole

_LONG = SheetPoint(text={"": "a point that goes on and on and says very much about very little " * 8})


def made(story: s.Story, language: str = "zh_CN", by: ScoreSheet | None = None, name: str = "李雷") -> InterviewReport:
    report = build_report(
        s.kit(),
        story.events,
        s.KEY,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(name=name),
        generated_at=s.NOW,
        language=language,
    )
    return report.model_copy(update={"assessment": assess(report, s.kit(), by or sheet())})


def printed(report: InterviewReport, folder: Path, paper: PaperSize = PaperSize.A4) -> list[str]:
    """The text of each page, one line each."""
    return pages_of(render_pdf(report, zone=UTC, paper=paper), folder)


def many(count: int, title: str) -> ScoreSheet:
    """A sheet of so many dimensions with long titles and key points."""
    dimensions = [
        SheetDimension(dimension_id=f"d{n}", title={"": f"{title} {n}"}, key_points=[_LONG] * (n % 2))
        for n in range(count)
    ]
    questions = [SheetQuestion(question_id=name, dimensions=dimensions) for name in ("q1", "q2", "q3")]
    return ScoreSheet(kit_id="sales", kit_version=3, revision=2, questions=questions)


@needs_reader
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh_CN",
            [
                "李雷",
                "待评估",
                "AI 评分",
                "评分维度",
                "问题解决",
                "优势",
                "不足",
                "已说到",
                "分数不作任何决定，由人来决定。",
            ],
        ),
        ("en", ["Awaiting review", "AI score", "Speaking", "Strengths", "Gaps", "A person decides."]),
        ("ar", ["محاور التقييم", "نقاط القوة", "ما ينقص", "هو من يقرر"]),
    ],
)
def test_the_first_page_says_it_all_in_the_readers_language(language: str, expected: list[str], tmp_path: Path) -> None:
    letters(language)
    report = made(told(told(begun(), "q1", good("zh")), "q2", middling("zh")).finished(), language)
    first, second, *_ = printed(report, tmp_path)
    assert report.assessment is not None
    best = highlights.strengths(report.assessment)
    quotes = [max(one.part.quotes, key=lambda quote: len(quote.text)) for one in best]
    times = [formats.clock(quote.start) for quote in quotes if quote.start is not None]
    assert times
    points = str(round(report.assessment.whole.score.points or 0))
    for words in [*expected, points, *times, *(quote.text for quote in quotes)]:
        assert words in first, words
    assert "\\u{" not in first
    assert expected[-1] not in second


@needs_reader
@pytest.mark.parametrize("paper", PaperSize)
@pytest.mark.parametrize("count", [1, 2, 3, 6, 10])
def test_whatever_has_to_be_said_the_first_page_is_one(count: int, paper: PaperSize, tmp_path: Path) -> None:
    story = told(told(begun(), "q1", "好的我们" + good("zh") * 3), "q2", tricks("en")["unrelated and fluent"], "en")
    story.written("q3", middling("zh"))
    story.corrected("别的").paused("other", "会场断网了").resumed().finished()
    by = many(count, "Verantwortungsbewusstsein und Entscheidungsfreude")
    pages = printed(made(story, "de", by, "Maximiliane " * 12), tmp_path, paper)
    assert "Ein Mensch entscheidet." in pages[0]
    assert "Bitte die Aufnahme anhören" in pages[0]
    assert "Bewertung nach Fragen" in pages[1]


@needs_reader
def test_who_has_to_listen_and_why_stands_on_the_first_page(tmp_path: Path) -> None:
    story = told(told(begun(), "q1", good("zh")), "q2", good("zh")).corrected(middling("zh")).finished()
    first = printed(made(story), tmp_path)[0]
    assert "请听录音" in first
    assert "第 2 题：候选人更正过识别出的文字" in first


@needs_reader
def test_without_a_score_of_the_whole_the_page_says_why(tmp_path: Path) -> None:
    first = printed(made(told(begun(), "q1", good("zh")).abandoned("time", "")), tmp_path)[0]
    for words in ("无评分", "面试尚未完成。", "时间不足", "未完成"):
        assert words in first, words
    assert "/ 100" not in first


@needs_reader
def test_questions_without_a_score_are_listed_with_the_reason(tmp_path: Path) -> None:
    text = " ".join(printed(made(told(begun(), "q1", "我不知道").chosen("q4", [0]).finished()), tmp_path))
    for words in ("说话太少，无法评分。", "没有作答。", "选择题不评分。"):
        assert words in text, words


def test_without_an_assessment_the_report_is_what_it_was() -> None:
    data = page_data(made(whole()).model_copy(update={"assessment": None}), "zh_CN", UTC)
    assert data["scores"] is None
    assert [section["kind"] for section in data["sections"]][:2] == ["table", "answers"]
    assert not any(section["kind"] == "scores" for section in data["sections"])


@pytest.mark.parametrize("language", ["zh_CN", "de"])
def test_shown_points_add_up_to_the_shown_score(language: str) -> None:
    tables = 0
    for item in scores_of(made(whole(), language))["items"]:
        for table in item["tables"]:
            tables += 1
            *rows, total = [(_hundredths(row[1]), _hundredths(row[2])) for row in table["rows"]]
            assert sum(points for points, _ in rows) == total[0]
            assert sum(best for _, best in rows) == total[1] == 10_000
        total = _hundredths(item["tables"][0]["rows"][-1][1])
        assert item["score"]["points"] == str(round(total / 100)), "whole points where nothing is added up"
    assert tables == 5  # two dimensions and their sum, then one each


def test_every_time_shown_is_that_of_the_words_beside_it() -> None:
    report, seen = made(whole()), 0
    by_number = dict(enumerate(report.answers, start=1))
    for item in scores_of(report)["items"]:
        answer = by_number[int(item["number"])]
        for cell in (row[3] for table in item["tables"] for row in table["rows"] if row[3]):
            for at, text in re.findall(r"(\S+) “(.*)”", cell):
                seen += 1
                if answer.transcript is None:
                    assert at == "书面"
                    assert text in (answer.text or "")
                    continue
                words = answer.transcript.words
                starts = [
                    n for n, word in enumerate(words) if f"{int(word.start) // 60:02}:{int(word.start) % 60:02}" == at
                ]
                assert any("".join(word.text for word in words[n : n + len(text)]) == text for n in starts)
    assert seen > 10


def scores_of(report: InterviewReport) -> Page:
    sections = [one for one in ScorePages(report, report.language, UTC).sections() if one is not None]
    return next(one for one in sections if one["kind"] == "scores")


def _hundredths(shown: str) -> int:
    return round(float(shown.replace(",", ".") or 0) * 100)


def test_strengths_and_gaps_are_what_moved_the_score_most() -> None:
    info = made(whole()).assessment
    assert info is not None
    good_, bad = highlights.strengths(info), highlights.gaps(info)
    assert len(good_) == 3
    assert 0 < len(bad) <= 3
    assert all(one.part.value >= 0.8 and one.part.quotes for one in good_)
    assert all(one.part.value < 0.5 or not one.part.most for one in bad), "or what a guard took"
    assert [one.points for one in bad] == sorted((one.points for one in bad), reverse=True)


def test_an_answer_that_guards_took_most_of_shows_no_strengths() -> None:
    by = ScoreSheet(
        kit_id="sales",
        kit_version=3,
        revision=2,
        questions=[SheetQuestion(question_id="q1", dimensions=sheet().questions[0].dimensions)],
    )
    info = made(told(begun(), "q1", tricks("zh")["unrelated and fluent"]).finished(), by=by).assessment
    assert info is not None
    assert highlights.strengths(info) == []
    assert "off_topic" in {one.part.name for one in highlights.gaps(info)}
