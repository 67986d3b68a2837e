"""From what the model says to what is kept: Simplified Chinese, punctuation, no invented sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.transcribe.messages import Piece

PROMPTS = {"zh": "以下是普通话的句子，用简体中文和标点。"}
"""Said to the model before each window: it makes Whisper write Simplified characters and punctuation."""

_UNSPACED = {"zh", "yue", "ja", "th"}
_FULL_WIDTH = str.maketrans(",?!:;", "，？！：；")
_CLOSING = "，。？！：；、…,.?!:;)）」』”\"'"
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z0-9]")
_BREATH = 0.6  # a silence of so many seconds inside a Chinese sentence is worth a comma
# Whisper learnt from subtitles: over music and noise it writes their credits. Nobody says these in an interview.
_CREDITS = re.compile(
    r"amara\.org|字幕(由|by|志愿者|提供|组|製作|制作)|请不吝点赞|點贊訂閱|点赞\s*订阅|明镜与点点|"
    r"thanks? (you )?(so much )?for watching|subtitles by|subscribe to (my|our|the) channel",
    re.IGNORECASE,
)


def is_invented(text: str, language: str) -> bool:
    """True for what the model repeats from its prompt or from the subtitles it has learnt from."""
    prompt = PROMPTS.get(language, "")
    bare = _bare(text)
    return bool(_CREDITS.search(text)) or bool(bare and len(bare) >= 8 and bare in _bare(prompt))


def tidy(pieces: Sequence[Piece], language: str) -> tuple[Piece, ...]:
    """Bring the words of one window into the form that is kept."""
    words = [piece for piece in pieces if piece.text]
    if language in ("zh", "yue"):
        words = _punctuated(_full_width(_simplified(_joined_latin(words))))
    if words and language not in _UNSPACED:
        words[0] = replace(words[0], spaced=True)
    return tuple(words)


def join(pieces: Sequence[Piece]) -> str:
    """The running text of words in order."""
    return "".join((" " if piece.spaced else "") + piece.text for piece in pieces).strip()


def tidy_draft(draft: str, language: str) -> str:
    """The text of an unfinished window: as it is, in Simplified characters."""
    if draft and language in ("zh", "yue"):
        return _full_width(_simplified([Piece(draft, 0.0, 0.0, 1.0, False)]))[0].text
    return draft


def is_unspaced(language: str) -> bool:
    """Whether ``language`` is written without spaces between words."""
    return language in _UNSPACED


def _joined_latin(words: list[Piece]) -> list[Piece]:
    """In Chinese the model gives every token as a word; put the parts of "Python" together again."""
    out: list[Piece] = []
    for word in words:
        last = out[-1] if out else None
        if last and not word.spaced and _LATIN.match(word.text) and _LATIN.match(last.text[-1]):
            probability = min(last.probability, word.probability)
            out[-1] = replace(last, text=last.text + word.text, end=word.end, probability=probability)
        else:
            out.append(word)
    return out


def _simplified(words: list[Piece]) -> list[Piece]:
    import zhconv

    whole = "".join(word.text for word in words)
    converted = str(zhconv.convert(whole, "zh-hans"))
    if len(converted) != len(whole):  # a phrase of another length: word by word then
        return [replace(word, text=str(zhconv.convert(word.text, "zh-hans"))) for word in words]
    out, at = [], 0
    for word in words:
        out.append(replace(word, text=converted[at : at + len(word.text)]))
        at += len(word.text)
    return out


def _full_width(words: list[Piece]) -> list[Piece]:
    out = []
    for index, word in enumerate(words):
        text = word.text
        if _CJK.search(text):
            text = re.sub(r"\.$", "。", text.translate(_FULL_WIDTH))
        elif index and _CJK.search(words[index - 1].text):
            text = {".": "。"}.get(text, text.translate(_FULL_WIDTH) if text in ",?!:;" else text)
        out.append(replace(word, text=text, spaced=word.spaced and not _CJK.match(text)))
    return out


def _punctuated(words: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for index, word in enumerate(words):
        text = word.text
        if text[-1] not in _CLOSING:
            if index == len(words) - 1:
                text += "？" if text[-1] in "吗呢" else "。"
            elif words[index + 1].start - word.end >= _BREATH:
                text += "，"
        out.append(replace(word, text=text))
    return out


def _bare(text: str) -> str:
    return re.sub(r"\W", "", text).lower()
