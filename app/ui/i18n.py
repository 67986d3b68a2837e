"""Texts of the client in the language that is chosen now. English msgids stand in the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from contract.catalog import LANGUAGES, load
from contract.text import pick

RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})


def N_(message: str) -> str:
    """Marks a msgid that is translated later, where it is shown."""
    return message


class Texts:
    """The catalog of domain ``client`` with a language that can be switched; listeners are told after a switch."""

    def __init__(self, language: str) -> None:
        self._language = language if language in LANGUAGES else "zh_CN"
        self._catalog = load("client", self._language)
        self._listeners: list[Callable[[], None]] = []

    @property
    def language(self) -> str:
        return self._language

    @property
    def right_to_left(self) -> bool:
        return self._language.split("_", maxsplit=1)[0] in RIGHT_TO_LEFT

    def switch(self, language: str) -> None:
        """Raises KeyError for a language that is not offered."""
        if language not in LANGUAGES:
            raise KeyError(language)
        self._language = language
        self._catalog = load("client", language)
        for listener in list(self._listeners):
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def t(self, message: str, **values: Any) -> str:
        """The text with its ``{placeholders}`` filled."""
        text = self._catalog.gettext(message)
        return text.format(**values) if values else text

    def n(self, singular: str, plural: str, count: int, **values: Any) -> str:
        """The form for ``count``, which fills ``{n}``."""
        return self._catalog.ngettext(singular, plural, count).format(n=count, **values)

    def pick(self, text: Mapping[str, str]) -> str:
        """An organisation's own text in the language chosen."""
        return pick(dict(text), self._language)

    def date(self, moment: datetime) -> str:
        """Local date and time, short."""
        local = moment.astimezone()
        if self._language.startswith("zh"):
            return f"{local.month}月{local.day}日 {local:%H:%M}"
        return f"{local.day} {local:%b} {local:%H:%M}"

    def minutes(self, seconds: float) -> str:
        """A clock's reading, m:ss."""
        whole = max(0, round(seconds))
        return f"{whole // 60}:{whole % 60:02d}"

    def span(self, seconds: float) -> str:
        """A length in words: 42 s, 2 min 30 s."""
        whole = max(0, round(seconds))
        if whole < 60:
            return self.t("{n} s", n=whole)
        if whole % 60 == 0:
            return self.t("{n} min", n=whole // 60)
        return self.t("{m} min {s} s", m=whole // 60, s=whole % 60)
