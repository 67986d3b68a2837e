"""Texts for people: gettext catalogs (`resources/locales/<language>/<domain>.po`), English in the code.

Domains: client, portal, report, errors, cli.
"""

from __future__ import annotations

import functools
import gettext as _gettext_module
import os
from collections.abc import Mapping

import resources
from contract import po

SOURCE_LANGUAGE = "en"
# Tag -> its own name. What a candidate meets (domains client, errors and report) is meant to be in all of them.
LANGUAGES: dict[str, str] = {
    "zh_CN": "简体中文",
    "zh_TW": "繁體中文",
    "en": "English",
    "ja": "日本語",
    "ko": "한국어",
    "fr": "Français",
    "de": "Deutsch",
    "es": "Español",
    "pt": "Português",
    "ru": "Русский",
    "vi": "Tiếng Việt",
    "ar": "العربية",
}
# What has to be translated into each of them; the other domains speak the languages of the staff.
CANDIDATE_DOMAINS = ("client", "errors", "report")
# HR's portal and command lines.
STAFF_LANGUAGES: dict[str, str] = {tag: LANGUAGES[tag] for tag in ("zh_CN", "en")}
_TRADITIONAL = ("zh_tw", "zh_hk", "zh_mo", "zh_hant")


def offered() -> dict[str, str]:
    """The languages the client can be switched to: those with a catalog, and the language of the source."""
    folder = os.path.join(resources.FOLDER, "locales")
    return {
        tag: name
        for tag, name in LANGUAGES.items()
        if tag == SOURCE_LANGUAGE or os.path.isfile(os.path.join(folder, tag, "client.po"))
    }


def best_match(system_tag: str, known: Mapping[str, str] = LANGUAGES) -> str:
    """The known language for a system's tag (``pt_BR``, ``zh-Hant-HK``); English when there is none."""
    tag = system_tag.replace("-", "_")
    if tag in known:
        return tag
    if tag.lower().startswith(_TRADITIONAL) and "zh_TW" in known:
        return "zh_TW"
    base = tag.split("_", maxsplit=1)[0].lower()
    return next((other for other in known if other.split("_", maxsplit=1)[0] == base), SOURCE_LANGUAGE)


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
        if self.language == SOURCE_LANGUAGE:
            return
        try:
            text = resources.read("locales", self.language, f"{self.domain}.po")
        except FileNotFoundError:
            return
        self._texts, plural = po.read(text)
        if plural:
            self._plural = _gettext_module.c2py(plural)


@functools.lru_cache(maxsize=64)
def load(domain: str, language: str) -> Catalog:
    return Catalog(domain, language)
