"""Where the product makes something durable, and the product with one of these places taken out.

A place is a call of fsync or fdatasync, or of a helper that only wraps one (``sync_file``, ``_flush``…),
anywhere in ``app`` and ``backend``; and SQLite's ``synchronous = FULL``, which is put down to NORMAL: then a commit in
the write-ahead log is not synced. Its name is ``file:function:callee``, numbered where there is more than one.
"""

from __future__ import annotations

import ast
import functools
import importlib.abc
import importlib.machinery
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
_PRODUCT = ("app", "backend", "contract", "report")
_SYNCS = frozenset({"fsync", "fdatasync"})
_HELPER = re.compile(r"_?(sync|flush)(_file|_data|_folder)?")
_FULL, _NORMAL = "synchronous = FULL", "synchronous = NORMAL"


class _Finder(ast.NodeTransformer):
    """Names every place of a module; ``remove``: the one to take out."""

    def __init__(self, file: str, helpers: frozenset[str], remove: str = "") -> None:
        self._file = file
        self._callees = _SYNCS | helpers
        self._helpers = helpers
        self._remove = remove
        self._inside: list[str] = []
        self._numbers: Counter[str] = Counter()
        self.found: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if node.name in self._helpers:
            return node
        return self._enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._enter(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        callee = _callee(node)
        if callee in self._callees and self._is_it(callee):
            return ast.copy_location(ast.Constant(None), node)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str) and node.value.removeprefix("PRAGMA ") == _FULL and self._is_it(_FULL):
            return ast.copy_location(ast.Constant(node.value.replace(_FULL, _NORMAL)), node)
        return node

    def _enter(self, node: Any) -> ast.AST:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node  # type: ignore[no-any-return]

    def _is_it(self, what: str) -> bool:
        place = f"{self._file}:{'.'.join(self._inside)}:{what}"
        self._numbers[place] += 1
        name = place if self._numbers[place] == 1 else f"{place}:{self._numbers[place]}"
        self.found.append(name)
        return name == self._remove


def _callee(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _syncs(function: ast.FunctionDef) -> bool:
    return any(_callee(node) in _SYNCS for node in ast.walk(function))


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in _PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes())


@functools.lru_cache(maxsize=1)
def _helpers() -> frozenset[str]:
    functions = (node for _, tree in _sources() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    wrapping = {node.name for node in functions if _HELPER.fullmatch(node.name) and _syncs(node)}
    return frozenset(wrapping | {"sync_data"})  # an alias on one system, a name of its own on another


@functools.lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All places of the product."""
    found: list[str] = []
    for file, tree in _sources():
        finder = _Finder(file, _helpers())
        finder.visit(tree)
        found += finder.found
    return tuple(found)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, file: str, remove: str) -> None:
        super().__init__(name, path)
        self._file, self._remove = file, remove

    def get_code(self, fullname: str) -> Any:
        # never from the cache of compiled modules, and never into it
        path = self.get_filename(fullname)
        finder = _Finder(self._file, _helpers(), self._remove)
        tree = ast.fix_missing_locations(finder.visit(ast.parse(self.get_data(path))))
        if self._remove not in finder.found:
            raise ImportError(f"there is no {self._remove}")
        return compile(tree, path, "exec", dont_inherit=True)


class _Remover(importlib.abc.MetaPathFinder):
    def __init__(self, name: str) -> None:
        self._file = name.partition(":")[0]
        self._module = self._file.removesuffix(".py").replace("/", ".")
        self._name = name

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        place = str(ROOT / self._file)
        return ModuleSpec(fullname, _Loader(fullname, place, self._file, self._name), origin=place)


def remove(name: str) -> None:
    """Take a place out of this process's product, before the module is imported."""
    remover = _Remover(name)
    if remover._module in sys.modules:
        raise RuntimeError(f"{remover._module} has been imported already")
    sys.meta_path.insert(0, remover)
