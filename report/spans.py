"""A transcript cut into pieces that belong to its timed words, for marking and seeking."""

from __future__ import annotations

from dataclasses import dataclass

from contract.events import WordModel
from report.model import TranscriptInfo

LOW_CONFIDENCE = 0.5
# how far ahead (characters) a word is looked for: a word the text lost must not drag the next ones along
_REACH = 40


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text; ``word`` is None for what lies between words (spaces, punctuation)."""

    text: str
    word: WordModel | None = None

    @property
    def low(self) -> bool:
        return self.word is not None and self.word.probability < LOW_CONFIDENCE


def spans(transcript: TranscriptInfo) -> list[Span]:
    """The whole text in order, each word with its times where it was found in it.

    When the text and most of its words disagree, the words alone are shown, so that each can still be played.
    """
    found: list[Span] = []
    position = located = 0
    for word in transcript.words:
        wanted = word.text.strip()
        place = transcript.text.find(wanted, position, position + _REACH + len(wanted)) if wanted else -1
        if place < 0:
            continue
        if place > position:
            found.append(Span(transcript.text[position:place]))
        found.append(Span(wanted, word))
        position = place + len(wanted)
        located += 1
    if located * 2 < len(transcript.words):
        return [Span(word.text, word) for word in transcript.words]
    if position < len(transcript.text):
        found.append(Span(transcript.text[position:]))
    return found
