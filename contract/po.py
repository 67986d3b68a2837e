"""Reads gettext catalogs in their written form. The first screen waits for one, so this does no more than it must."""

from __future__ import annotations

Key = tuple[str | None, str]
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


def read(text: str) -> tuple[dict[Key, tuple[str, ...]], str]:
    """The translations of a .po file by (context, msgid), and the expression that picks a plural form ("" if none).

    Left out, as not translated: fuzzy entries, obsolete ones, and entries that lack a form.
    """
    reader = _Reader()
    for line in text.splitlines():
        reader.take(line)
    reader.end()
    return reader.found, _plural(reader.header)


class _Reader:
    def __init__(self) -> None:
        self.found: dict[Key, tuple[str, ...]] = {}
        self.header = ""
        self._fuzzy = False
        self._field = ""
        self._parts: dict[str, str] = {}

    def take(self, line: str) -> None:
        if line[:1] == '"':
            self._parts[self._field] += _unquoted(line)
        elif line[:1] == "m":
            self._take_field(line)
        elif line[:2] == "#,":
            self._finish_when_complete()
            self._fuzzy = "fuzzy" in line

    def end(self) -> None:
        self._finish_when_complete()

    def _take_field(self, line: str) -> None:
        field, _, quoted = line.partition(" ")
        if field == "msgctxt" or (field == "msgid" and self._field != "msgctxt"):
            self._finish_when_complete()
        self._field = field
        self._parts[field] = _unquoted(quoted)

    def _finish_when_complete(self) -> None:
        """An entry ends where the next one begins."""
        parts = self._parts
        if "msgid" not in parts:
            return
        strings = tuple(text for field, text in parts.items() if field[:6] == "msgstr")
        if not parts["msgid"] and "msgctxt" not in parts:
            self.header = strings[0] if strings else ""
        elif strings and all(strings) and not self._fuzzy:
            self.found[(parts.get("msgctxt"), parts["msgid"])] = strings
        self._parts = {}
        self._field = ""
        self._fuzzy = False


def _unquoted(quoted: str) -> str:
    text = quoted.strip()[1:-1]
    if "\\" not in text:
        return text
    pieces = []
    rest = iter(text)
    for character in rest:
        if character == "\\":
            character = next(rest, "")
            character = _ESCAPES.get(character, "\\" + character)
        pieces.append(character)
    return "".join(pieces)


def _plural(header: str) -> str:
    for line in header.splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "plural-forms":
            return value.partition("plural=")[2].strip().rstrip(";").strip()
    return ""
