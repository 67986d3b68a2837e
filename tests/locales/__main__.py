"""Catalogs of texts: ``python3 dev.py texts extract | update | check [LANGUAGE …]``.

extract  write a template of every domain for translators (into build/texts)
update   bring the catalogs of the languages in step with the source: new texts empty, texts that are gone left out
check    list what is missing, left over or wrong; the exit code is 1 when a language that is delivered has any
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.catalog import LANGUAGES
from tests.locales import catalogs
from tests.locales.catalogs import AWAITED, ROOT, TRANSLATED


def extract(out: Path) -> int:
    """A .pot of each domain."""
    out.mkdir(parents=True, exist_ok=True)
    for domain in catalogs.DOMAINS:
        lines = ['msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"', ""]
        texts = catalogs.used(domain)
        for text in texts.values():
            lines.append(f"#: {text.where}")
            lines += [f"msgctxt {catalogs.quoted(text.context)}"] if text.context else []
            lines.append(f"msgid {catalogs.quoted(text.singular)}")
            lines += (
                [f"msgid_plural {catalogs.quoted(text.plural)}", 'msgstr[0] ""', 'msgstr[1] ""', ""]
                if text.plural
                else ['msgstr ""', ""]
            )
        (out / f"{domain}.pot").write_text("\n".join(lines), "utf-8")
        print(f"{out / domain}.pot: {len(texts)} texts")
    return 0


def update(languages: Sequence[str]) -> int:
    for language in languages:
        for domain in catalogs.domains_of(language):
            file = catalogs.file_of(domain, language)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(catalogs.as_po(catalogs.merged(domain, language), language), "utf-8", newline="\n")
            print(f"{file.relative_to(ROOT)}: {len(catalogs.missing(domain, language))} to translate")
    return 0


def check(languages: Sequence[str]) -> int:
    failed = False
    for language in languages:
        found = [line for domain in catalogs.domains_of(language) for line in catalogs.problems(domain, language)]
        waits = language in AWAITED
        failed |= bool(found) and not waits
        print(f"{language} ({LANGUAGES[language]}): {len(found)} problems{' (not delivered yet)' if waits else ''}")
        if not waits or len(languages) == 1:
            print("\n".join(found)) if found else None
    return 1 if failed else 0


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="texts", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("command", choices=("extract", "update", "check"))
    parser.add_argument("language", nargs="*", help="default: check all, update those that have a catalog")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "texts")
    given = parser.parse_args(arguments)
    unknown = [language for language in given.language if language not in TRANSLATED]
    if unknown:
        parser.error(f"choose from {', '.join(TRANSLATED)}")
    if given.command == "extract":
        return extract(given.out)
    if given.command == "update":
        return update(given.language or [tag for tag in TRANSLATED if (catalogs.LOCALES / tag).is_dir()])
    return check(given.language or TRANSLATED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
