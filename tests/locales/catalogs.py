"""Texts of the source and their translations: found, compared and written.

A domain's texts come from the source files it owns; its translations lie in ``resources/locales/<language>/``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.core import Locale
from babel.messages.catalog import Catalog as Messages
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from contract.catalog import CANDIDATE_DOMAINS, LANGUAGES, SOURCE_LANGUAGE, STAFF_LANGUAGES
from contract.texts import LABELS, TEXTS

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "resources" / "locales"
TRANSLATED = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
# Not delivered yet: their catalogs may be missing or incomplete. A language leaves this list when it is complete.
AWAITED: frozenset[str] = frozenset()

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
_PLACES = re.compile(r"\{[a-z_0-9.]*(?::[^}]*)?\}|%\([a-z_]+\)[sd]|%[sd](?![a-z])")

Key = tuple[str | None, str]


@dataclass(frozen=True)
class Text:
    """One text of the source. ``plural`` is empty without a plural form, ``where`` its first place."""

    singular: str
    plural: str
    context: str | None
    where: str

    @property
    def key(self) -> Key:
        return (self.context, self.singular)


def domains_of(language: str) -> list[str]:
    """What has to be translated into ``language``."""
    return DOMAINS if language in STAFF_LANGUAGES else sorted(CANDIDATE_DOMAINS)


def sources(domain: str) -> Iterator[Path]:
    for file in sorted([*ROOT.glob("app/**/*.py"), *ROOT.glob("report/**/*.py"), *ROOT.glob("backend/**/*")]):
        name = file.relative_to(ROOT).as_posix()
        owner = next(owner for prefix, owner in OWNERS if name.startswith(prefix))
        if owner == domain and file.suffix in {".py", ".html", ".txt", ".xml"}:
            yield file


@functools.cache
def used(domain: str) -> dict[Key, Text]:
    """The texts of a domain in the order of the source."""
    if domain == "errors":
        texts = [text for texts in TEXTS.values() for text in texts]
        return {(None, text): Text(text, "", None, "contract/texts") for text in [*texts, *LABELS.values()]}
    found: dict[Key, Text] = {}
    for file in sources(domain):
        method = "python" if file.suffix == ".py" else "jinja2.ext:babel_extract"
        options = {"encoding": "utf-8", "extensions": "jinja2.ext.do", "silent": "false"}
        with file.open("rb") as stream:
            for line, message, _, context in extract(method, stream, keywords=KEYWORDS, options=options):
                singular, plural = (message, "") if isinstance(message, str) else (message[0], message[1])
                text = Text(singular, plural, context, f"{file.relative_to(ROOT).as_posix()}:{line}")
                if singular and (text.key not in found or (plural and not found[text.key].plural)):
                    found[text.key] = text
    return found


def file_of(domain: str, language: str) -> Path:
    return LOCALES / language / f"{domain}.po"


def translations(domain: str, language: str) -> Messages:
    """Empty without a file. A file that is not valid raises babel.messages.pofile.PoFileError."""
    file = file_of(domain, language)
    if not file.is_file():
        return Messages(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language, abort_invalid=True)


def strings(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [text or ""] if isinstance(text, str | None) else list(text)


def key_of(message: Message) -> Key:
    return (message.context, strings(message.id)[0])


def placeholders(text: str) -> set[str]:
    return set(_PLACES.findall(text))


def is_complete(message: Message, forms: int) -> bool:
    """Every form is there; ``forms`` is how many a plural has in this language."""
    written = strings(message.string)
    wanted = forms if not isinstance(message.id, str) else 1
    return not message.fuzzy and len(written) == wanted and all(written)


# ---- what is wrong with a catalog --------------------


def missing(domain: str, language: str) -> list[str]:
    found = translations(domain, language)
    done = {key_of(message) for message in found if message.id and is_complete(message, found.num_plurals)}
    return [f"{text.where}: {text.singular!r}" for key, text in used(domain).items() if key not in done]


def left_over(domain: str, language: str) -> list[str]:
    needed = used(domain)
    return [repr(m.id) for m in translations(domain, language) if m.id and key_of(m) not in needed]


def wrong_placeholders(domain: str, language: str) -> list[str]:
    wrong = []
    for message in translations(domain, language):
        # A plural's forms are compared with the last one: a form for one or two may say the number in words.
        original = placeholders(strings(message.id)[-1]) if message.id else set()
        forms = strings(message.string)
        last = forms[-1]
        for form in forms:
            found = placeholders(form)
            spoken = len(forms) > 1 and form is not last and found == original - {"{n}"}
            if message.id and form and found != original and not spoken:
                wrong.append(form)
    return wrong


def problems(domain: str, language: str) -> list[str]:
    """All of them, one line each."""
    checks = (("missing", missing), ("left over", left_over), ("placeholders differ", wrong_placeholders))
    return [f"{language}/{domain}: {what}: {text}" for what, check in checks for text in check(domain, language)]


# ---- writing --------------------


def merged(domain: str, language: str) -> Messages:
    """The catalog as it should be: known translations kept, new texts empty, texts that are gone left out."""
    before = {key_of(message): message for message in translations(domain, language) if message.id}
    needed = used(domain)
    plural = get_plural(Locale.parse(language))
    made = Messages(locale=language, fuzzy=False)
    order = [*(key for key in before if key in needed), *(key for key in needed if key not in before)]
    for key in order:
        text, known = needed[key], before.get(key)
        identity = (text.singular, text.plural) if text.plural else text.singular
        string: str | tuple[str, ...] = ("",) * plural.num_plurals if text.plural else ""
        if known is not None and isinstance(known.id, str) == (not text.plural):
            string = known.string
        comments = known.user_comments if known is not None else ()
        made.add(identity, string, context=text.context, user_comments=comments)
    return made


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'


def as_po(catalog: Messages, language: str) -> str:
    """One line for each text, no dates and no line numbers, so that a change shows what changed."""
    plural = get_plural(Locale.parse(language))
    lines = [
        'msgid ""',
        'msgstr ""',
        *(
            quoted(line + "\n")
            for line in (
                f"Language: {language}",
                "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: 8bit",
                f"Plural-Forms: nplurals={plural.num_plurals}; plural={plural.plural_expr};",
            )
        ),
        "",
    ]
    for message in catalog:
        if message.id:
            lines += [*_entry(message), ""]
    return "\n".join(lines)


def _entry(message: Message) -> Iterator[str]:
    yield from (f"# {comment}" for comment in message.user_comments)
    if message.context:
        yield f"msgctxt {quoted(message.context)}"
    written = strings(message.string)
    if isinstance(message.id, str):
        yield f"msgid {quoted(message.id)}"
        yield f"msgstr {quoted(written[0])}"
        return
    yield f"msgid {quoted(message.id[0])}"
    yield f"msgid_plural {quoted(message.id[1])}"
    for place, form in enumerate(written):
        yield f"msgstr[{place}] {quoted(form)}"
