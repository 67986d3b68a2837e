"""The direction of imports, as docs/architecture.md draws it, and what must not be loaded at start."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("app", "assessment", "backend", "contract", "report", "resources")
BASE = {
    "app.clock",
    "app.config",
    "app.device_settings",
    "app.log",
    "app.facts",
    "app.crashes",
    "app.passphrase",
    "app.program",
}

# Who may import whom of ours, besides itself. The longest prefix of a module's name counts.
MAY_IMPORT = {
    "contract": {"resources"},
    "assessment": {"contract", "resources"},
    "report": {"contract", "assessment", "resources"},
    "backend": {"contract", "report", "assessment", "resources"},
    "app": {"app", "contract", "report", "assessment", "resources"},
    "app.crashes": {"contract"},
    "app.kiosk": BASE | {"contract", "app.interview", "app.storage.files"},
    "app.interview": BASE | {"contract"},
    "app.storage": BASE | {"contract", "app.interview"},
    "app.capture": BASE | {"contract", "app.interview"},
    "app.transcribe": BASE | {"contract", "app.interview"},
    "app.sync": BASE | {"contract", "app.interview.model", "app.interview.views", "app.storage"},
    "app.ui": BASE | {"contract", "app.interview", "app.kiosk", "resources"},
}
# The composition root sees the client whole; so does the command line that calls it. The rest of the base does not.
COMPOSITION = (
    "app.__main__",
    "app.bootstrap",
    "app.window",
    "app.commands",
    "app.device_status",
    "app.diagnostics",
    "app.flight",
    "app.screen_context",
    "app.demo",
    "app.keystore_command",
    "app.kiosk_command",
    "app.link_command",
    "app.model_command",
    "app.remembered",
    "app.selftest",
    "app.selftest_parts",
    "app.first_start",
    "app.staff",
)

# Heavy or owned packages: the only modules that may import them, at any depth of a function.
OWNERS = {
    "PySide6": ("app.ui", "app.window"),
    "cv2": ("app.capture",),
    "cv2_enumerate_cameras": ("app.capture",),
    "sounddevice": ("app.capture",),
    "av": ("app.capture", "app.transcribe", "backend.services.media_check", "backend.services.voice"),
    "faster_whisper": ("app.transcribe", "app.capture.voice"),
    "ctranslate2": ("app.transcribe",),
    "sqlite_utils": ("app.storage",),
    "sqlite3": ("app.storage", "app.selftest", "backend"),
    "requests": ("app.sync",),
    "keyring": ("app.storage", "backend"),
    "fastapi": ("backend",),
    "sqlalchemy": ("backend",),
    "typst": ("report",),
}
# Loaded inside functions only: importing the client's modules must stay quick.
LATE = {"cv2", "cv2_enumerate_cameras", "sounddevice", "av", "faster_whisper", "ctranslate2", "onnxruntime"}


@dataclass(frozen=True)
class Import:
    """``late``: inside a function, so not loaded with the module. Imports for type checkers alone are left out."""

    module: str
    target: str
    line: int
    late: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def targets(node: ast.Import | ast.ImportFrom, module: str) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert node.level == 0, f"{module}:{node.lineno} is a relative import"
    # `from app import storage` imports app.storage.
    return [f"{node.module}.{alias.name}" for alias in node.names]


def imports_of(tree: ast.AST, module: str, *, late: bool = False) -> Iterator[Import]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in targets(node, module):
                yield Import(module, target, node.lineno, late)
        else:
            in_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from imports_of(node, module, late=late or in_function)


def all_imports() -> list[Import]:
    files = [file for package in OURS for file in sorted((ROOT / package).rglob("*.py"))]
    return [item for file in files for item in imports_of(ast.parse(file.read_bytes()), module_name(file))]


def within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(prefix + ".")


def layer(module: str) -> str | None:
    return max((prefix for prefix in MAY_IMPORT if within(module, prefix)), key=len, default=None)


def allowed(item: Import) -> bool:
    if not any(within(item.target, package) for package in OURS):
        return True
    own = layer(item.module)
    if own is None or within(item.target, own):
        return True
    if own == "app":
        plain_base = not any(within(item.module, name) for name in COMPOSITION)
        layers = [name for name in MAY_IMPORT if name.startswith("app.") and name != "app.interview"]
        if plain_base and any(within(item.target, name) for name in layers):
            return False
    return any(within(item.target, prefix) for prefix in MAY_IMPORT[own])


IMPORTS = all_imports()


def test_the_source_is_seen() -> None:
    assert {layer(item.module) for item in IMPORTS} >= {"app", "app.interview", "app.storage", "contract", "report"}


def test_every_import_follows_the_layers() -> None:
    assert [str(item) for item in IMPORTS if not allowed(item)] == []


@pytest.mark.parametrize("package", OWNERS)
def test_a_package_is_imported_by_its_owners_only(package: str) -> None:
    owners = OWNERS[package]
    strangers = [
        str(item)
        for item in IMPORTS
        if within(item.target, package) and not any(within(item.module, owner) for owner in owners)
    ]
    assert strangers == []


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    early = [str(item) for item in IMPORTS if not item.late and any(within(item.target, name) for name in LATE)]
    assert early == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("from app.storage.database import Database", "from contract.kit import Kit"),
        ("import backend.version", "from app.clock import SystemClock"),
        ("from app import ui", "from app.interview.model import Word"),
        ("def f():\n    from app.sync import engine", "def f():\n    import json"),
    ],
)
def test_a_wrong_direction_is_noticed(wrong: str, right: str) -> None:
    module = "app.interview.example"
    assert [allowed(item) for item in imports_of(ast.parse(wrong), module)] == [False]
    assert [allowed(item) for item in imports_of(ast.parse(right), module)] == [True]


@pytest.mark.parametrize("module", ["app.__main__", "app.ui", "app.ui.context", "app.interview.service", "app.config"])
def test_nothing_heavy_is_loaded_at_start(module: str) -> None:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not set(done.stdout.split()) & LATE
