"""Every text of the source has a Chinese translation with the same placeholders, and no translation is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog as Messages
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from contract.catalog import LANGUAGES, SOURCE_LANGUAGE
from contract.texts import LABELS, TEXTS

ROOT = Path(__file__).resolve().parents[2]
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
KEYWORDS = dict.fromkeys(("_", "N_", "t", "_t", "tr", "gettext"))
KEYWORDS |= dict.fromkeys(("n", "ngettext"), (1, 2))
KEYWORDS |= {"pgettext": ((1, "c"), 2)}

# Whose texts are in which domain; the first that fits counts.
OWNERS = (
    ("app/ui/", "client"),
    ("app/interview/", "client"),
    ("app/", "cli"),
    ("backend/__main__.py", "cli"),
    ("backend/cli", "cli"),
    ("backend/", "portal"),
    ("report/", "report"),
)
DOMAINS = sorted({domain for _, domain in OWNERS} | {"errors"})

Key = tuple[str | None, str]


def key(message_id: str | tuple[str, ...] | list[str], context: str | None) -> Key:
    return (context, message_id if isinstance(message_id, str) else message_id[0])


def sources(domain: str) -> Iterator[Path]:
    for file in sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("report/**/*.py"), *ROOT.glob("backend/**/*")]):
        name = file.relative_to(ROOT).as_posix()
        owner = next(owner for prefix, owner in OWNERS if name.startswith(prefix))
        if owner == domain and file.suffix in {".py", ".html", ".txt", ".xml"}:
            yield file


def used(domain: str) -> dict[Key, str]:
    """Message keys and where each is used first."""
    if domain == "errors":
        texts = [text for texts in TEXTS.values() for text in texts]
        return {(None, text): "contract/texts.py" for text in [*texts, *LABELS.values()]}
    found: dict[Key, str] = {}
    for file in sources(domain):
        method = "python" if file.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {"encoding": "utf-8", "extensions": "jinja2.ext.do", "silent": "false"}
        with file.open("rb") as stream:
            for line, message, _, context in extract(method, stream, keywords=KEYWORDS, options=options):
                found.setdefault(key(message, context), f"{file.relative_to(ROOT)}:{line}")
    found.pop((None, ""), None)
    return found


def translations(domain: str, language: str) -> Messages:
    file = ROOT / "resources" / "locales" / language / f"{domain}.po"
    if not file.is_file():
        return Messages(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def strings(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[a-z_0-9.]*(?::[^}]*)?\}|%\([a-z_]+\)[sd]|%[sd](?![a-z])", text))


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_translated(domain: str, language: str) -> None:
    done = {
        key(message.id, message.context)
        for message in translations(domain, language)
        if message.id and not message.fuzzy and all(strings(message.string))
    }
    missing = [f"{where}: {text!r}" for (context, text), where in used(domain).items() if (context, text) not in done]
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", DOMAINS)
def test_no_translation_is_left_over(domain: str, language: str) -> None:
    needed = used(domain)
    left = [m.id for m in translations(domain, language) if m.id and key(m.id, m.context) not in needed]
    assert left == []


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_have_the_placeholders_of_the_original(domain: str, language: str) -> None:
    wrong = []
    for message in translations(domain, language):
        # A plural's forms are compared with the last one: the singular may say "one" in words.
        original = placeholders(strings(message.id)[-1]) if message.id else set()
        wrong += [text for text in strings(message.string) if message.id and text and placeholders(text) != original]
    assert wrong == []


def test_the_source_has_texts_in_every_domain_that_has_a_catalog() -> None:
    written = {file.stem for file in (ROOT / "resources" / "locales" / "zh_CN").glob("*.po")}
    assert written <= set(DOMAINS)
    assert [domain for domain in written if not used(domain)] == []
