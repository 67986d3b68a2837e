"""The printed report. The text reaches the template as JSON data and is never part of its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import tzinfo
from importlib import resources

import typst

from report.model import InterviewReport
from report.pages import page_data


def render_pdf(
    report: InterviewReport,
    language: str | None = None,
    *,
    zone: tzinfo | None = None,
    pictures: Mapping[str, bytes] | None = None,
) -> bytes:
    """A4 PDF of a report in ``language`` (default: the report's own).

    ``pictures``: SHA-256 -> PNG or JPEG of questions that were asked with one; others are shown by their words.
    ``zone`` is the time zone of the times shown (default: this machine's); each time carries its offset. Nothing is
    written to the disk.
    """
    data = page_data(report, language or report.language, zone, pictures)
    template = resources.files("report").joinpath("templates", "report.typ").read_bytes()
    made = int(report.generated_at.timestamp())
    pdf = typst.compile(template, sys_inputs={"report": json.dumps(data)}, timestamp=made)
    if not isinstance(pdf, bytes):
        raise TypeError("the PDF compiler gave no bytes")
    return pdf
