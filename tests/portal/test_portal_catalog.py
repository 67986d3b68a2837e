from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir

from contract.catalog import Catalog

PORTAL = Path(__file__).parents[2] / "backend" / "portal"
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "t": None, "ngettext": (1, 2)}
SAME_IN_BOTH = {"HR"}


def test_every_text_of_the_portal_has_a_chinese_translation_with_the_same_placeholders() -> None:
    catalog = Catalog("portal", "zh_CN")
    found = [message for _, _, message, _, _ in extract_from_dir(PORTAL, METHODS, keywords=KEYWORDS)]
    assert len(found) > 150
    for message in found:
        single, plural = message if isinstance(message, tuple) else (message, message)
        for count in (1, 2):
            translated = catalog.ngettext(single, plural, count) if single != plural else catalog.gettext(single)
            assert translated not in {single, plural} - SAME_IN_BOTH, single
            assert _fields(translated) == _fields(single), single


def _fields(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
