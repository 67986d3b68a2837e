"""Every text the client says, found in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import app.ui

_MARKS = {"N_": (0,), "t": (0,), "n": (0, 1)}


def messages() -> dict[str, str | None]:
    """msgid -> its plural form, None without one."""
    found: dict[str, str | None] = {}
    for file in sorted(Path(app.ui.__file__).parent.rglob("*.py")):
        for name, texts in _calls(ast.parse(file.read_text(encoding="utf-8"))):
            plural = texts[1] if name == "n" else None
            found[texts[0]] = found.get(texts[0]) or plural
    return found


def _calls(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        places = _MARKS.get(name, ())
        texts = [_text(node.args[place]) for place in places if place < len(node.args)]
        if places and texts and all(text is not None for text in texts):
            yield name, [text for text in texts if text is not None]


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
