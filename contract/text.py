"""Texts an organisation writes in several languages."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator


def _as_mapping(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


# language tag -> text; a plain string means "the same in every language" and is stored under "".
Localized = Annotated[dict[str, str], BeforeValidator(_as_mapping)]


def pick(text: dict[str, str], language: str) -> str:
    """The text for ``language`` (``zh_CN``), else for its base language or another place's form of it.

    Without any of them the text that is the same for all, then English or Chinese (Chinese first for a reader of it),
    then whatever there is.
    """
    return text[picked_tag(text, language)] if text else ""


def picked_tag(text: dict[str, str], language: str) -> str:
    """The tag of the text that :func:`pick` gives; "" also when there is none."""
    base = language.split("_", maxsplit=1)[0]
    if language in text:
        return language
    same = (tag for tag in text if tag and tag.split("_", maxsplit=1)[0] == base)
    others = ("", "zh_CN", "en") if base == "zh" else ("", "en", "zh_CN")
    for tag in (base, *same, *others):
        if tag in text:
            return tag
    return next(iter(text), "")


_CONTROLS = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
# format characters that change the reading order or hide; joiners that scripts and emoji need stay
_HIDDEN = frozenset("\u200b\u200e\u200f\u061c\u00ad\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060")


def invisible(character: str) -> bool:
    """Whether a character controls, hides or turns text round; a line break too."""
    return character in _HIDDEN or unicodedata.category(character) in _CONTROLS
