"""Texts of the client in the language that is chosen now. English msgids stand in the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QLocale

from contract.catalog import LANGUAGES, load

if TYPE_CHECKING:
    from datetime import datetime

LANGUAGE_FILE = "language"
RIGHT_TO_LEFT = frozenset({"ar", "he", "fa", "ur"})
# Unicode's isolates: what stands between one of these and the last does not move the words around it.
_FROM_LEFT, _FIRST_STRONG, _POP = "\u2066", "\u2068", "\u2069"


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
        return text.format(**self._isolated(values)) if values else text

    def n(self, singular: str, plural: str, count: int, **values: Any) -> str:
        """The form for ``count``, which fills ``{n}`` as people of this language write it."""
        form = self._catalog.ngettext(singular, plural, count)
        return form.format(n=self.number(count), **self._isolated(values))

    def pick(self, text: Mapping[str, str]) -> str:
        """An organisation's own text in the language chosen."""
        from contract.text import pick

        return self.isolate(pick(dict(text), self._language))

    # ---- numbers and dates --------------------

    def number(self, value: float, digits: int = 0) -> str:
        """1,234.5 with the separators of this language; always Western digits, as timers and identifiers have them."""
        # The Emirates write Arabic with Western digits.
        locale = QLocale("ar_AE" if self._language == "ar" else self._language)
        return locale.toString(value, "f", digits) if digits else locale.toString(round(value))

    def date(self, moment: datetime) -> str:
        """Local day, month and time, short."""
        from babel import Locale
        from babel.dates import format_skeleton

        local, locale = moment.astimezone(), Locale.parse(self._language)
        day, time = (str(format_skeleton(parts, local, locale=locale)) for parts in ("MMMd", "Hm"))
        joined = str(locale.datetime_formats["short"]).replace("'", "")
        return self.isolate(joined.replace("{1}", day).replace("{0}", time))

    def prepare(self) -> None:
        """Load what dates need, on any thread: the first one that is written takes a tenth of a second otherwise."""
        from datetime import UTC, datetime

        self.date(datetime.now(UTC))

    def minutes(self, seconds: float) -> str:
        """A clock's reading, m:ss."""
        whole = max(0, round(seconds))
        return self.left_to_right(f"{whole // 60}:{whole % 60:02d}")

    def span(self, seconds: float) -> str:
        """A length in words: 42 s, 2 min 30 s."""
        whole = max(0, round(seconds))
        if whole < 60:
            return self.t("{n} s", n=whole)
        if whole % 60 == 0:
            return self.t("{n} min", n=whole // 60)
        return self.t("{m} min {s} s", m=whole // 60, s=whole % 60)

    # ---- words of another direction --------------------

    def isolate(self, text: str) -> str:
        """A foreign text inside one that is read from the right: each line keeps a direction of its own."""
        if not self.right_to_left or not text:
            return text
        return "\n".join(f"{_FIRST_STRONG}{line}{_POP}" if line else line for line in text.split("\n"))

    def left_to_right(self, text: str) -> str:
        """A time, a number or an identifier: read from the left in every language."""
        return f"{_FROM_LEFT}{text}{_POP}" if self.right_to_left and text else text

    def _isolated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        if not self.right_to_left:
            return dict(values)
        return {name: self.isolate(value) if isinstance(value, str) else value for name, value in values.items()}


def saved_language(data: Path) -> str | None:
    """What was chosen on this device; None when nothing was, or when it is not offered any more."""
    try:
        language = (data / LANGUAGE_FILE).read_text("utf-8").strip()
    except (OSError, ValueError):  # bytes that are no text count as a file that cannot be read
        return None
    return language if language in LANGUAGES else None
