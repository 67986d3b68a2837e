from __future__ import annotations

import hashlib
import io

import pytest
from pypdf import PdfReader

from contract.events import HrState
from report.pdf import PaperSize
from report.receipt import ReceiptSource, receipt_pdf
from tests.report import sample as s


def source(answers: int = 12, candidate: str | None = "李雷") -> ReceiptSource:
    digests = [hashlib.sha256(bytes([n])).hexdigest() for n in range(answers)]
    lines = [(n + 1, digest) for n, digest in enumerate(digests)]
    whole = hashlib.sha256("".join(digests).encode()).hexdigest()
    code = f"xuda://r/{s.INTERVIEW}/{whole[:32]}"
    return ReceiptSource(s.INTERVIEW, s.kit(), candidate, HrState.PENDING_REVIEW, s.NOW, lines, whole, code)


def read(pdf: bytes) -> tuple[int, str, float]:
    """Pages, text, height in points."""
    reader = PdfReader(io.BytesIO(pdf))
    text = "\n".join(page.extract_text() for page in reader.pages)
    return len(reader.pages), text, float(reader.pages[0].mediabox.height)


@pytest.mark.parametrize("size", PaperSize)
def test_a_receipt_is_one_page_in_the_printers_paper_size(size: PaperSize) -> None:
    pages, text, height = read(receipt_pdf(source(), "zh_CN", size))
    assert pages == 1
    assert round(height) == {PaperSize.A4: 842, PaperSize.LETTER: 792}[size]
    for words in ("面试回执", "李雷", "待评估", "接下来", "候选人本人留存"):
        assert words in text, words


def test_a_name_that_is_no_longer_known_is_left_out() -> None:
    _, text, _ = read(receipt_pdf(source(candidate=None), "en"))
    assert "Interview receipt" in text
    assert "Candidate\n" not in text


def test_very_many_answers_go_over_several_pages_and_none_is_lost() -> None:
    given = source(answers=120)
    pages, text, _ = read(receipt_pdf(given, "en"))
    assert pages > 1
    assert all(digest[:32] in text.replace(" ", "") for _, digest in given.lines)
