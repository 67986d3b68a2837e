"""Recognised words and their corrections as marked pieces for the printed page."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from report.changes import Change, Kind, changes
from report.model import AnswerInfo
from report.spans import spans
from report.text import breakable

Piece = dict[str, Any]


def recognised(answer: AnswerInfo) -> list[Piece]:
    """Pieces of the transcript, with what the newest correction has taken out of it struck through."""
    found = spans(answer.transcript) if answer.transcript is not None else []
    text = "".join(span.text for span in found)
    out = [change.kind is Kind.TAKEN_OUT for change in _differences(answer, text) for _ in change.text]
    pieces: list[Piece] = []
    position = 0
    for span in found:
        end = position + len(span.text)
        for taken, run in groupby(range(position, end), key=out.__getitem__ if out else lambda _: False):
            places = list(run)
            words_ = breakable(text[places[0] : places[-1] + 1])
            pieces.append({"t": words_, "low": span.low, "change": "taken_out" if taken else "kept"})
        position = end
    return pieces


def _differences(answer: AnswerInfo, text: str) -> list[Change]:
    if answer.transcript is None or answer.correction is None or answer.transcript.text != text:
        return []
    return [change for change in changes(text, answer.correction) if change.kind is not Kind.PUT_IN]


def changed(said: str | None, correction: str) -> list[Piece]:
    """Pieces of the correction, with what it has put into the recognised words marked."""
    if said is None:
        return [{"t": breakable(correction), "low": False}]
    return [
        {"t": breakable(change.text), "low": False, "change": change.kind.value}
        for change in changes(said, correction)
        if change.kind is not Kind.TAKEN_OUT
    ]
