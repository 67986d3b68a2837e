"""Facts about the delivery of a spoken answer that follow from its word times."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

from report.model import DeliveryInfo, TranscriptInfo

# languages written without spaces: speech is counted in characters
_BY_CHARACTER = frozenset({"zh", "ja", "yue"})


# seconds; two words take longer, so times that are closer together were not measured
_SHORTEST = 0.05


def measure(transcript: TranscriptInfo) -> DeliveryInfo | None:
    """None when fewer than two words were heard or their times do not advance."""
    words = transcript.words
    if len(words) < 2 or words[-1].end - words[0].start < _SHORTEST:
        return None
    by_character = transcript.language in _BY_CHARACTER
    count = spoken_units(transcript)
    minutes = (words[-1].end - words[0].start) / 60
    pauses = [max(0.0, following.start - word.end) for word, following in pairwise(words)]
    return DeliveryInfo(
        speech_rate=round(count / minutes, 1),
        unit="characters" if by_character else "words",
        longest_pause=round(max(pauses), 2),
        first_word_at=round(words[0].start, 2),
    )


def spoken_units(transcript: TranscriptInfo) -> int:
    """How much was said: characters in languages written without spaces, else words."""
    if transcript.language in _BY_CHARACTER:
        return sum(_letters(word.text) for word in transcript.words)
    return len(transcript.words)


def _letters(text: str) -> int:
    return sum(unicodedata.category(c)[0] in "LN" for c in text)
