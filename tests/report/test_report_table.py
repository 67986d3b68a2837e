from __future__ import annotations

import csv
import io

import pytest

from report.table import BEGIN, cell, line
from tests.security.nasty import FORMULAS, TEXTS


@pytest.mark.parametrize("text", [*FORMULAS, " =1+1", '"=1+1', "\n+1", "\u3000@x", "－1", "%0A", "|calc", "'=1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    written = cell(text)
    assert written.startswith(("'", "\\u{"))


@pytest.mark.parametrize("text", ["李雷", "a-b", "1+1", "x@y.example", "2026-12-01", ""])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_numbers_stay_numbers() -> None:
    assert [cell(value) for value in (-1, 2.5, 0, None)] == ["-1", "2.5", "0", ""]


def test_every_cell_comes_back_as_one_cell() -> None:
    raw = BEGIN + b"".join(line([text, "end"]) for text in ("a", *TEXTS))
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert len(rows) == len(TEXTS) + 1
    assert all(len(row) == 2 and row[1] == "end" for row in rows[1:])
    assert not any(row[0].startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows[1:])
