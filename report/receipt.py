"""The page a candidate takes home: which interview, a hash for each answer, what happens next, whom to ask."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from contract.events import HrState
from contract.kit import Kit
from contract.text import pick
from report import formats, words
from report.fonts import no_letters, script
from report.model import ReceiptInfo
from report.pdf import PaperSize, typeset
from report.text import breakable

_SHOWN_DIGITS = 32


@dataclass(frozen=True)
class ReceiptSource:
    """``lines``: number of the question (from 1) and SHA-256 (hex) of the sealed answer, in the order they were given.

    ``qr_text`` names the interview and binds the lines; ``digest`` is that of all lines. ``candidate`` is None once it
    was removed from the device. ``confirmed``: HR's own receipt, verified.
    """

    interview_id: str
    kit: Kit
    candidate: str | None
    state: HrState
    finished_at: datetime
    lines: Sequence[tuple[int, str]]
    digest: str
    qr_text: str
    confirmed: ReceiptInfo | None = None


def receipt_data(source: ReceiptSource, language: str, zone: tzinfo | None) -> dict[str, Any]:
    """Everything the report's template lays out for a receipt."""
    t = words.texts(language).gettext
    kit = source.kit
    place = f"{pick(kit.organisation, language)} · {pick(kit.department, language)} · {pick(kit.position, language)}"
    sections = [_code(source, language), _lines(source, language), _next(kit, language), _support(kit, language)]
    return {
        **script(language),
        "title": t("Interview receipt"),
        "mark": t("The candidate's own copy"),
        "subtitle": breakable(place),
        "id": breakable(source.interview_id),
        "id_label": t("Interview"),
        "generated": "",
        "page_label": t("Page {page} of {pages}"),
        "state": breakable(words.state_words(source.state, language)),
        "state_good": True,
        "notices": [],
        "summary": _summary(source, language, zone),
        "sections": [section for section in sections if section],
    }


def receipt_pdf(
    source: ReceiptSource,
    language: str,
    paper: PaperSize = PaperSize.A4,
    *,
    zone: tzinfo | None = None,
    wanted: str | None = None,
) -> bytes:
    """A page (more for very many answers). Nothing is written to the disk. ``wanted``: see report.pdf.render_pdf."""
    data = receipt_data(source, language, zone)
    return typeset({**data, "notices": no_letters(language, wanted)}, source.finished_at, paper)


def _summary(source: ReceiptSource, language: str, zone: tzinfo | None) -> list[list[str]]:
    t, kit = words.texts(language).gettext, source.kit
    total = len(kit.questions)
    rows = [
        [t("Candidate"), source.candidate or ""],
        [t("Position"), pick(kit.position, language)],
        [t("Saved"), formats.moment(source.finished_at, zone, language, seconds=False)],
        [t("Answered"), t("{n} of {total} questions").format(n=len(source.lines), total=total)],
    ]
    if source.confirmed is not None:
        confirmed = t("{time}, receipt {id}")
        at = formats.moment(source.confirmed.issued_at, zone, language, seconds=False)
        shown = confirmed.format(time=at, id=source.confirmed.receipt_id)
        rows.append([t("Confirmed by HR"), shown])
    return [[label, breakable(value)] for label, value in rows if value]


def _code(source: ReceiptSource, language: str) -> dict[str, Any]:
    t = words.texts(language).gettext
    lines = [
        t("This code proves which answers were given, without showing them."),
        breakable(_grouped(source.digest)),
    ]
    return {"kind": "code", "title": t("Code"), "svg": _svg(source.qr_text), "alt": source.qr_text, "lines": lines}


def _lines(source: ReceiptSource, language: str) -> dict[str, Any] | None:
    t = words.texts(language).gettext
    rows = [[str(number), _grouped(digest)] for number, digest in source.lines]
    if not rows:
        return None
    header = [t("Question"), "SHA-256"]
    columns = ["auto", "rest"]
    return {"kind": "table", "title": t("Answers"), "header": header, "rows": rows, "columns": columns, "small": True}


def _next(kit: Kit, language: str) -> dict[str, Any]:
    t = words.texts(language).gettext
    own = pick(kit.next_steps, language)
    text = own or t("HR reviews the answers and tells you the result. You may withdraw your consent at any time.")
    return {"kind": "text", "title": t("What happens next"), "text": breakable(text)}


def _support(kit: Kit, language: str) -> dict[str, Any] | None:
    t, support = words.texts(language).gettext, kit.support
    rows = [
        [t("Phone"), support.phone],
        [t("E-mail"), support.email],
        [t("Hours"), pick(support.hours, language)],
    ]
    safe = [[label, breakable(value)] for label, value in rows if value]
    return {"kind": "pairs", "title": t("Questions? Ask us"), "rows": safe} if safe else None


def _grouped(digest: str) -> str:
    shown = digest[:_SHOWN_DIGITS]
    return " ".join(shown[i : i + 4] for i in range(0, len(shown), 4))


def _svg(text: str) -> str:
    import segno

    target = io.BytesIO()
    segno.make(text, error="m", micro=False).save(target, kind="svg", scale=4, border=4)
    return target.getvalue().decode("utf-8")
