"""Which fonts a page asks for, and whether this computer has letters for a language at all."""

from __future__ import annotations

import functools
from typing import Any

from contract.catalog import LANGUAGES, SOURCE_LANGUAGE

# What the page compiler is told: language and region, where the region says which forms characters have.
_TAGS = {"zh_CN": ("zh", "CN"), "zh_TW": ("zh", "TW"), "en": ("en", "US")} | {
    tag: (tag, "") for tag in ("ja", "ko", "fr", "de", "es", "pt", "ru", "vi", "ar")
}
_CHINESE = (
    *("Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Source Han Sans SC", "Heiti SC"),
    *("SimHei", "WenQuanYi Micro Hei"),
)
_TAIWAN = ("Noto Sans CJK TC", "PingFang TC", "Microsoft JhengHei", "Noto Sans TC", "Source Han Sans TC")
_JAPANESE = ("Noto Sans CJK JP", "Hiragino Sans", "Yu Gothic", "Meiryo", "Noto Sans JP", "Source Han Sans")
_KOREAN = ("Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Source Han Sans K")
_LATIN = ("Noto Sans", "Helvetica Neue", "Segoe UI", "Arial", "Liberation Sans")
# The Chinese fonts give a whole square to an apostrophe and to a point between words, the Korean ones do not.
_ALPHABETS = tuple(f"~{name}" for name in _KOREAN)
_ARABIC = ("Noto Sans Arabic", "Noto Naskh Arabic", "Geeza Pro", "Segoe UI", "Arial", "DejaVu Sans")
_FIRST = {"zh_CN": (), "en": _ALPHABETS, "zh_TW": _TAIWAN, "ja": _JAPANESE, "ko": _KOREAN, "ar": _ARABIC}


def script(language: str) -> dict[str, Any]:
    """What the template is told about the language: ``lang``, ``region`` ("" for any) and ``fonts``."""
    lang, region = _TAGS.get(language, _TAGS[SOURCE_LANGUAGE])
    return {"lang": lang, "region": region, "fonts": families(language)}


def readable(language: str) -> str:
    """``language``, or English where no font of this computer has its letters."""
    return language if has_letters(language) else SOURCE_LANGUAGE


def no_letters(shown: str, wanted: str | None) -> list[str]:
    """A line for the page where it is not in the language that was ``wanted``."""
    if wanted is None or wanted == shown:
        return []
    from babel import Locale

    # in no catalog: it is only ever read in English
    name = Locale.parse(wanted).get_display_name(SOURCE_LANGUAGE)
    return [f"This page is in English: this computer has no font with the letters of {name}."]


def families(language: str) -> list[str]:
    """Best first: the forms of this language, then whatever else a name or an answer may be written in.

    ``~`` before one: for alphabets alone.
    """
    first = _FIRST.get(language, _LATIN + _ALPHABETS)
    return list(dict.fromkeys([*first, *_CHINESE, *_JAPANESE, *_KOREAN, *_LATIN, *_ARABIC]))


@functools.lru_cache(maxsize=len(LANGUAGES))
def has_letters(language: str) -> bool:
    """Whether some font here has the letters of the language's own name. PDF/A refuses a text without its glyphs."""
    if language == SOURCE_LANGUAGE:
        return True
    import typst

    try:
        typst.compile(LANGUAGES[language].encode(), pdf_standards="a-2b")
    except typst.TypstError:
        return False
    return True
