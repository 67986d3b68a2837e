"""A language that does not exist: English with accents and two fifths longer, to find what is not translated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from contract.catalog import Catalog

_ACCENTS = str.maketrans("AEIOUYaeiouycnsz", "ÀÉÎÕÜÝàéîõüýçñšž")
_PLACES = re.compile(r"(\{[^}]*\})")
_BEGIN, _END = "⟦", "⟧"
_LONGER = 0.4


def pseudo(text: str) -> str:
    """⟦Ñàmé of thing ~~~~⟧; placeholders stay as they are."""
    parts = _PLACES.split(text)
    changed = "".join(part if _PLACES.fullmatch(part) else part.translate(_ACCENTS) for part in parts)
    more = round(len(_PLACES.sub("", text)) * _LONGER)
    words = " ".join("~" * min(6, more - at) for at in range(0, more, 6))
    return f"{_BEGIN}{changed}{' ' if words else ''}{words}{_END}"


class PseudoCatalog(Catalog):
    def gettext(self, message: str) -> str:
        return pseudo(message)

    def pgettext(self, context: str, message: str) -> str:
        return pseudo(message)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return pseudo(singular if count == 1 else plural)


def load(domain: str, language: str) -> Catalog:
    """Stands in for :func:`contract.catalog.load`."""
    return PseudoCatalog(domain, language)


def untranslated(text: str, known: Iterable[str]) -> str:
    """What is left of a shown text without the pseudo texts and what the kit, the machine and the candidate say."""
    for content in sorted(known, key=len, reverse=True):
        text = text.replace(content, "")
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    text = re.sub(r"\b[0-9a-f]{4}\b", "", text)  # digests in groups of four
    return " ".join(re.findall(r"[A-Za-z]{2,}", text))


def contents(value: object) -> set[str]:
    """All strings inside a value."""
    if isinstance(value, str):
        return {value} if value else set()
    if isinstance(value, Mapping):
        return {text for inner in value.values() for text in contents(inner)}
    if isinstance(value, Iterable):
        return {text for inner in value for text in contents(inner)}
    return set()
