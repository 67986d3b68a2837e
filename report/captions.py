"""Captions of a recorded answer as WebVTT, made from the word times of its transcript."""

from __future__ import annotations

from report.model import TranscriptInfo
from report.spans import Span, spans
from report.text import printable

_LONGEST_SECONDS = 5.0
_LONGEST_WIDTH = 36
_PAUSE = 0.8
_ENDINGS = tuple("。！？!?.；;")


def webvtt(transcript: TranscriptInfo) -> str:
    """A WebVTT file; a transcript without words gives one without cues."""
    cues = [_cue(group) for group in _groups(spans(transcript))]
    return "\n".join(["WEBVTT", "", *cues])


def _groups(pieces: list[Span]) -> list[list[Span]]:
    """Pieces of text that are shown together: cut at pauses, sentence ends, and when a line would get long."""
    groups: list[list[Span]] = []
    current: list[Span] = []
    for piece in pieces:
        if piece.word is not None and current and _full(current, piece):
            groups.append(current)
            current = []
        current.append(piece)
    groups.append(current)
    return [group for group in groups if any(piece.word for piece in group)]


def _full(current: list[Span], coming: Span) -> bool:
    words = [piece.word for piece in current if piece.word is not None]
    if not words or coming.word is None:
        return False
    text = "".join(piece.text for piece in current)
    return (
        coming.word.start - words[-1].end > _PAUSE
        or coming.word.end - words[0].start > _LONGEST_SECONDS
        or _width(text + coming.text) > _LONGEST_WIDTH
        or text.rstrip().endswith(_ENDINGS)
    )


def _width(text: str) -> int:
    """Columns: a character of East Asia takes two."""
    return sum(2 if ord(c) > 0x2E7F else 1 for c in text)


def _cue(group: list[Span]) -> str:
    words = [piece.word for piece in group if piece.word is not None]
    start = max(0.0, words[0].start)
    end = max(words[-1].end, start + 0.2)
    text = printable("".join(piece.text for piece in group)).strip().replace("\n", " ")
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_clock(start)} --> {_clock(end)}\n{escaped}\n"


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds / 1000:06.3f}"
