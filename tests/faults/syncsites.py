"""Where the product makes something durable, and the product with one of these places taken out.

A place is a call of fsync or fdatasync, or of a helper that only wraps one (``sync_file``, ``_flush``…),
anywhere in ``app`` and ``backend``; and SQLite's ``synchronous = FULL``, which is put down to NORMAL: then a commit in
the write-ahead log is not synced. Its name is ``file:function:callee``, numbered where there is more than one.

``remove`` takes one out: what would have been made durable there is told to ``on_missed``. ``watch`` leaves them in and
notes in ``REACHED`` which of them were come to.
"""

from __future__ import annotations

import ast
import functools
import importlib.abc
import importlib.machinery
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
_PRODUCT = ("app", "backend", "contract", "report")
_SYNCS = frozenset({"fsync", "fdatasync"})
_HELPER = re.compile(r"_?(sync|flush)(_file|_data|_folder)?")
FULL, _NORMAL = "synchronous = FULL", "synchronous = NORMAL"
REACHED: set[str] = set()


def _nothing() -> None:
    """Nobody wants to know."""


on_missed: Callable[[], None] = _nothing


def missed() -> None:
    """Called by the product in the place of what was taken out."""
    on_missed()


class _Finder(ast.NodeTransformer):
    """Names every place of a module; ``remove``: the one to take out, ``watched``: whether each tells of itself."""

    def __init__(self, file: str, helpers: frozenset[str], *, remove: str = "", watched: bool = False) -> None:
        self._file = file
        self._callees = _SYNCS | helpers
        self._helpers = helpers
        self._remove = remove
        self._watched = watched
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
        if callee not in self._callees:
            return node
        name = self._next(callee)
        if name == self._remove:
            return ast.copy_location(_call("missed"), node)
        return ast.copy_location(_call("reached", ast.Constant(name), node), node) if self._watched else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        is_place = isinstance(node.value, str) and node.value.removeprefix("PRAGMA ") == FULL
        if is_place and self._next(FULL) == self._remove:
            return ast.copy_location(ast.Constant(str(node.value).replace(FULL, _NORMAL)), node)
        return node

    def _enter(self, node: Any) -> ast.AST:
        self._inside.append(node.name)
        self.generic_visit(node)
        self._inside.pop()
        return node  # type: ignore[no-any-return]

    def _next(self, what: str) -> str:
        """The name of the place come to."""
        place = f"{self._file}:{'.'.join(self._inside)}:{what}"
        self._numbers[place] += 1
        name = place if self._numbers[place] == 1 else f"{place}:{self._numbers[place]}"
        self.found.append(name)
        return name


def reached(name: str, outcome: Any) -> Any:
    """Called by a watched product with what the place has returned."""
    REACHED.add(name)
    return outcome


def _call(function: str, *arguments: ast.expr) -> ast.expr:
    """``function`` of this module, called from any other."""
    text = f"__import__({__name__!r}, fromlist=['x']).{function}()"
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    call.args = list(arguments)
    return call


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
        finder = _Finder(self._file, _helpers(), remove=self._remove, watched=not self._remove)
        tree = ast.fix_missing_locations(finder.visit(ast.parse(self.get_data(path))))
        if self._remove and self._remove not in finder.found:
            raise ImportError(f"there is no {self._remove}")
        return compile(tree, path, "exec", dont_inherit=True)


class _Changer(importlib.abc.MetaPathFinder):
    """Loads the modules of ``files`` changed. ``remove``: the place to take out; empty: they are watched."""

    def __init__(self, files: Iterable[str], remove: str = "") -> None:
        self._files = {file.removesuffix(".py").replace("/", "."): file for file in files}
        self._remove = remove
        early = [module for module in self._files if module in sys.modules]
        if early:
            raise RuntimeError(f"imported already: {early}")

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = self._files.get(fullname)
        if file is None:
            return None
        place = str(ROOT / file)
        return ModuleSpec(fullname, _Loader(fullname, place, file, self._remove), origin=place)


def remove(name: str) -> None:
    """Take a place out of this process's product, before the module is imported."""
    sys.meta_path.insert(0, _Changer([name.partition(":")[0]], name))


def watch() -> None:
    """Note in ``REACHED`` what is come to, ``FULL`` excepted; before any module with a place is imported."""
    sys.meta_path.insert(0, _Changer({name.partition(":")[0] for name in names()}))
