from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from babel.messages.extract import extract_from_dir

from backend.portal.routes.admin import action_words
from backend.portal.visit import Visit
from contract.catalog import Catalog

PORTAL = Path(__file__).parents[2] / "backend" / "portal"
METHODS = [("**.py", "python"), ("**.html", "jinja2.ext:babel_extract")]
KEYWORDS = {"_": None, "t": None, "ngettext": (1, 2)}
SAME_IN_BOTH = {"HR", "Kappa"}


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


def test_every_action_of_the_audit_log_has_words() -> None:
    visit = cast(Visit, SimpleNamespace(texts=Catalog("portal", "zh_CN"), language="zh_CN"))
    trees = [ast.parse(file.read_text("utf-8")) for file in PORTAL.parent.rglob("*.py")]
    actions = {found for tree in trees for node in ast.walk(tree) if (found := _noted(node))}
    assert len(actions) > 100
    assert not [action for action in actions if action_words(visit, action) == action]


def _noted(node: ast.AST) -> str | None:
    """The action that a call of ``audit.record`` or ``audit.record_now`` writes down."""
    if not isinstance(node, ast.Call):
        return None
    place = {"audit.record": 3, "audit.record_now": 2}.get(ast.unparse(node.func))
    given = node.args[place] if place is not None else None
    return str(given.value) if isinstance(given, ast.Constant) else None


def _fields(text: str) -> set[str]:
    return {part.split("}")[0] for part in text.split("{")[1:]}
