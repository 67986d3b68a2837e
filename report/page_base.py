"""What the sections of the printed report have in common."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from report import formats, words
from report.model import InterviewReport
from report.text import breakable

Page = dict[str, Any]


class Pages:
    """Sections of one report in ``language``, with times in ``zone``."""

    def __init__(self, report: InterviewReport, language: str, zone: tzinfo | None) -> None:
        self._report = report
        self._language = language
        self._zone = zone
        self._t = words.texts(language).gettext

    def _table(self, title: str, header: list[str], rows: list[list[str]], columns: list[str]) -> Page | None:
        if not rows:
            return None
        safe = [[breakable(cell) for cell in row] for row in rows]
        return {"kind": "table", "title": title, "header": header, "rows": safe, "columns": columns, "small": False}

    def _pairs(self, title: str, rows: list[list[str]]) -> Page:
        safe = [[label, breakable(value)] for label, value in rows if value]
        return {"kind": "pairs", "title": title, "rows": safe}

    def _time(self, at: datetime) -> str:
        return formats.moment(at, self._zone, self._language)

    def _seconds(self, seconds: float) -> str:
        minutes, rest = divmod(round(seconds), 60)
        if minutes:
            return self._t("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
        return self._t("{n} s").format(n=rest)


def block(label: str, text: str) -> Page:
    return {"label": label, "pieces": [{"t": breakable(text), "low": False}]}
