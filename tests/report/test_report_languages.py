"""What a candidate prints is in the language of their screen: words, days, numbers, direction and fonts."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC
from pathlib import Path

import pytest

from contract.catalog import LANGUAGES, Catalog
from report import fonts, formats
from report.build import build_report
from report.model import CandidateInfo
from report.pdf import render_pdf
from report.receipt import receipt_pdf
from tests.report import sample as s
from tests.report.test_report_receipt import source

needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing")


def letters(language: str) -> None:
    """Skips where this machine could only print English instead."""
    if not fonts.has_letters(language):
        pytest.skip(f"no font here has the letters of {language}")


def words_of(pdf: bytes, folder: Path) -> str:
    """All the text, one line."""
    return " ".join(pages_of(pdf, folder))


def pages_of(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page, one line, as a reader copies it: without the marks that keep a direction."""
    file = folder / "page.pdf"
    file.write_bytes(pdf)
    read = subprocess.run(["pdftotext", str(file), "-"], capture_output=True, check=True, encoding="utf-8").stdout
    marks = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
    return [" ".join(page.split()) for page in read.translate(marks).split("\f")[:-1]]


def report_pdf(language: str, wanted: str | None = None) -> bytes:
    report = build_report(
        s.kit(),
        s.complete().events,
        s.KEY,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(name="李雷"),
        generated_at=s.NOW,
        language=language,
    )
    return render_pdf(report, zone=UTC, own_copy=True, wanted=wanted)


@needs_reader
@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", ["تقرير المقابلة", "بانتظار المراجعة", "نسختك الخاصة", "20/11/2026 01:31:00 +0000"]),
        ("ja", ["面接レポート", "評価待ち", "候補者本人の控え", "2026/11/20 01:31:00 +0000", "1 / 2 ページ"]),
        ("de", ["Interviewbericht", "Wartet auf Auswertung", "20.11.2026 01:31:00 +0000", "4.096", "Seite 1 von 2"]),
    ],
)
def test_a_report_reads_in_the_language_of_the_candidates_screen(
    language: str, expected: list[str], tmp_path: Path
) -> None:
    letters(language)
    text = words_of(report_pdf(language), tmp_path)
    for words in [*expected, "我做过五年市场工作", s.INTERVIEW]:
        assert words in text, words
    assert "Interview report" not in text
    assert "\\u{" not in text


@needs_reader
@pytest.mark.parametrize("language", [tag for tag in LANGUAGES if tag != "en"])
def test_a_receipt_is_one_page_in_every_language(language: str, tmp_path: Path) -> None:
    letters(language)
    text = words_of(receipt_pdf(source(), language), tmp_path)
    title = Catalog("report", language).gettext("Interview receipt")
    assert title != "Interview receipt"
    assert title in text
    assert "\\u{" not in text
    assert "/Count 1" in (tmp_path / "page.pdf").read_bytes().decode("latin-1")


@needs_reader
def test_the_first_column_stands_on_the_right_where_people_read_from_the_right(tmp_path: Path) -> None:
    letters("ar")
    assert _left_edge("en", "Candidate", tmp_path) < 100
    assert _left_edge("ar", "المرشح", tmp_path) > 450


@needs_reader
def test_a_foreign_answer_stands_beside_its_bar_on_a_page_read_from_the_right(tmp_path: Path) -> None:
    letters("ar")
    assert _left_edge("ar", "shipped", tmp_path) > 300


@needs_reader
def test_without_a_font_for_a_language_the_page_is_in_english_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "has_letters", lambda language: language != "ar")
    shown = fonts.readable("ar")
    for pdf in (report_pdf(shown, "ar"), receipt_pdf(source(), shown, wanted="ar")):
        assert "no font with the letters of Arabic" in words_of(pdf, tmp_path)
    assert "no font" not in words_of(report_pdf("de", fonts.readable("de")), tmp_path)


def test_letters_that_no_font_has_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    letters("ja")
    fonts.has_letters.cache_clear()
    try:
        # a character that is assigned to nobody
        monkeypatch.setitem(LANGUAGES, "ja", "\u0378")
        assert not fonts.has_letters("ja")
    finally:
        fonts.has_letters.cache_clear()


@pytest.mark.parametrize(
    ("language", "day", "number"),
    [
        ("zh_CN", "2026-11-21", "4,096.5"),
        ("en", "2026-11-21", "4,096.5"),
        ("de", "21.11.2026", "4.096,5"),
        ("fr", "21/11/2026", "4\u202f096,5"),
        ("ar", "21/11/2026", "4,096.5"),
        ("ko", "2026. 11. 21.", "4,096.5"),
    ],
)
def test_days_and_numbers_are_written_as_the_language_writes_them(language: str, day: str, number: str) -> None:
    assert formats.moment(s.NOW, UTC, language, seconds=False) == f"{day} 08:00 +0000"
    assert formats.number(4096.5, language) == number


def _left_edge(language: str, word: str, folder: Path) -> float:
    """Points from the left edge of the first page to the first place of a word, which is listed as it is seen."""
    file = folder / f"{language}.pdf"
    file.write_bytes(report_pdf(language))
    run = ["pdftotext", "-tsv", str(file), "-"]
    rows = subprocess.run(run, capture_output=True, check=True, encoding="utf-8").stdout.splitlines()
    return next(float(cells[6]) for row in rows if (cells := row.split("\t"))[-1] in (word, word[::-1]))
