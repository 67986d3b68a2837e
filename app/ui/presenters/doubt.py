"""Which words of a transcript are uncertain, and how much was heard."""

from __future__ import annotations

from app.interview.model import Transcript

DOUBTFUL = 0.5


def doubtful_spans(transcript: Transcript | None, text: str) -> list[tuple[int, int]]:
    """Start and end (exclusive) in ``text`` of each word below :data:`DOUBTFUL`, in UTF-16 units as Qt counts.

    Words that are no longer in the text (it was corrected) are left out.
    """
    spans: list[tuple[int, int]] = []
    place = 0
    for word in transcript.words if transcript else ():
        spoken = word.text.strip()
        found = text.find(spoken, place) if spoken else -1
        if found < 0:
            continue
        place = found + len(spoken)
        if word.probability < DOUBTFUL:
            spans.append((_utf16(text[:found]), _utf16(text[:place])))
    return spans


def heard_count(transcript: Transcript) -> int:
    """Characters in Chinese and Japanese, words elsewhere; punctuation does not count."""
    if transcript.language.startswith(("zh", "ja")):
        return sum(character.isalnum() for character in transcript.text)
    return len([word for word in transcript.text.split() if any(character.isalnum() for character in word)])


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
