"""The printed report. The text reaches the template as JSON data and is never part of its source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from importlib import resources
from typing import Any

import typst

from report.fonts import no_letters
from report.model import InterviewReport
from report.pages import page_data


class PaperSize(StrEnum):
    """Names of the PDF compiler."""

    A4 = "a4"
    LETTER = "us-letter"


def render_pdf(
    report: InterviewReport,
    language: str | None = None,
    *,
    zone: tzinfo | None = None,
    pictures: Mapping[str, bytes] | None = None,
    paper: PaperSize = PaperSize.A4,
    own_copy: bool = False,
    wanted: str | None = None,
    notices: Sequence[str] = (),
) -> bytes:
    """PDF of a report in ``language`` (default: the report's own).

    ``pictures``: SHA-256 -> PNG or JPEG of questions that were asked with one; others are shown by their words.
    ``zone`` is the time zone of the times shown (default: this machine's); each time carries its offset. ``own_copy``
    marks it as the candidate's. ``wanted`` is the reader's language where it had to be another (report.fonts.readable):
    the page says so. ``notices``: said before those of the report itself. Nothing is written to the disk.
    """
    shown = language or report.language
    data = page_data(report, shown, zone, pictures, own_copy=own_copy)
    data["notices"] = [*no_letters(shown, wanted), *notices, *data["notices"]]
    return typeset(data, report.generated_at, paper)


def typeset(data: dict[str, Any], made_at: datetime, paper: PaperSize = PaperSize.A4) -> bytes:
    """PDF of what the template lays out."""
    template = resources.files("report").joinpath("templates", "report.typ").read_bytes()
    inputs = {"report": json.dumps({**data, "paper": paper.value})}
    pdf = typst.compile(template, sys_inputs=inputs, timestamp=int(made_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("the PDF compiler gave no bytes")
    return pdf
