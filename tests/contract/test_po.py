"""The catalogs are read as Babel reads them, and so is what other tools may write into one."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import resources
from contract import po

CATALOGS = sorted(Path(resources.FOLDER).glob("locales/*/*.po"))

WRITTEN_BY_OTHER_TOOLS = r"""
# A translator's words
#, fuzzy
msgid ""
msgstr ""
"Language: pl\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2);\n"

#: app/ui/a.py:1
msgid "plain"
msgstr "zwykły"
#, fuzzy
msgid "guessed"
msgstr "zgadnięte"
#: app/ui/b.py:2
#, python-format
msgctxt "a place"
msgid "plain"
msgstr "w miejscu"

msgid ""
"over \"two\"\n"
"lines\t\\ "
msgstr ""
"na „dwóch”\n"
"liniach\t\\ "

msgid "{n} file"
msgid_plural "{n} files"
msgstr[0] "{n} plik"
msgstr[1] "{n} pliki"
msgstr[2] "{n} plików"

msgid "half done"
msgid_plural "halves done"
msgstr[0] "połowa"
msgstr[1] ""
msgstr[2] ""

msgid "not yet"
msgstr ""

#~ msgid "gone"
#~ msgstr "nie ma"
"""


def as_babel_reads(path: Path, language: str) -> tuple[dict[po.Key, tuple[str, ...]], str]:
    with path.open("rb") as stream:
        catalog = read_po(stream, locale=language)
    found = {}
    for message in catalog:
        raw = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and not message.fuzzy and all(raw):
            key = message.id[0] if isinstance(message.id, tuple | list) else message.id
            found[(message.context, key)] = tuple(text for text in raw if text)
    return found, catalog.plural_expr


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_catalog_is_read_as_babel_reads_it(path: Path) -> None:
    texts, plural = po.read(path.read_text("utf-8"))
    expected, expression = as_babel_reads(path, path.parent.name)
    assert texts == expected
    assert texts
    assert plural.strip("()") == expression.strip("()")


def test_what_other_tools_write_is_understood(tmp_path: Path) -> None:
    path = tmp_path / "client.po"
    path.write_text(WRITTEN_BY_OTHER_TOOLS, "utf-8")
    texts, plural = po.read(WRITTEN_BY_OTHER_TOOLS)
    expected, _ = as_babel_reads(path, "pl")
    assert texts == expected
    assert texts[("a place", "plain")] == ("w miejscu",)
    assert plural == "(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2)"


def test_a_catalog_without_entries_says_nothing() -> None:
    assert po.read("") == ({}, "")
