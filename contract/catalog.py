"""Texts for people: gettext catalogs (`resources/locales/<language>/<domain>.po`), English in the code.

Domains: client, portal, report, errors, cli.
"""

from __future__ import annotations

import functools
import gettext as _gettext_module
from importlib import resources as importlib_resources

from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"
LANGUAGES: dict[str, str] = {"zh_CN": "简体中文", "en": "English"}


class Catalog:
    """The texts of one domain in one language. A text that is not translated is shown in English."""

    def __init__(self, domain: str, language: str) -> None:
        self.domain = domain
        self.language = language
        self._texts: dict[tuple[str | None, str], tuple[str, ...]] = {}
        self._plural = _gettext_module.c2py("n != 1")
        self._load()

    def __len__(self) -> int:
        """How many texts are translated."""
        return len(self._texts)

    def gettext(self, message: str) -> str:
        found = self._texts.get((None, message))
        return found[0] if found else message

    def pgettext(self, context: str, message: str) -> str:
        found = self._texts.get((context, message))
        return found[0] if found else message

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The form for ``count``; the caller formats it, e.g. ``.format(n=count)``."""
        found = self._texts.get((None, singular))
        if found:
            return found[min(int(self._plural(count)), len(found) - 1)]
        return singular if count == 1 else plural

    def _load(self) -> None:
        file = importlib_resources.files("resources") / "locales" / self.language / f"{self.domain}.po"
        if self.language == SOURCE_LANGUAGE or not file.is_file():
            return
        with file.open("rb") as stream:
            catalog = read_po(stream, locale=self.language)
        self._plural = _gettext_module.c2py(catalog.plural_expr)
        for message in catalog:
            raw = message.string if isinstance(message.string, tuple | list) else (message.string,)
            strings = tuple(text for text in raw if text)
            if message.id and not message.fuzzy and len(strings) == len(raw):
                key = message.id[0] if isinstance(message.id, tuple | list) else message.id
                self._texts[(message.context, key)] = strings


@functools.lru_cache(maxsize=64)
def load(domain: str, language: str) -> Catalog:
    return Catalog(domain, language)
