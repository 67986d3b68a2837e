"""Texts an organisation writes in several languages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator


def _as_mapping(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


# language tag -> text; a plain string means "the same in every language" and is stored under "".
Localized = Annotated[dict[str, str], BeforeValidator(_as_mapping)]


def pick(text: dict[str, str], language: str) -> str:
    """The text for ``language`` (``zh_CN``), else for its base language, zh_CN, en, or whatever there is."""
    for tag in (language, language.split("_", maxsplit=1)[0], "", "zh_CN", "en"):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")
