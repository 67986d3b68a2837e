"""What a frozen client consists of: read by build.spec when it is frozen, and by the tests that keep it whole."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable
from pathlib import Path

# Everything of ours but the backend, whole: a module or file that is added is in it by itself.
OURS = ("app", "assessment", "contract", "report", "resources")
# It starts a backend, which a frozen client does not carry.
LEFT_OUT = ("app.demo",)
# Named so that one of them that comes along with a package's optional parts does not come along with the program.
EXCLUDED = (
    *("backend", "tests", "benchmarks", "freeze"),
    *("pytest", "_pytest", "hypothesis", "mypy", "IPython", "tkinter", "setuptools", "distutils"),
    *("torch", "transformers", "matplotlib", "fastapi", "starlette", "uvicorn", "sqlalchemy"),
    *("trio", "aiohttp", "rich", "pygments", "jinja2", "markdown_it"),
)
# Plugins of Qt that no booth uses, with what only they need (a whole GTK, a whole QML).
NO_PLUGINS = (
    *("egldeviceintegrations/*", "generic/*", "networkinformation/*", "tls/*"),
    *(
        "platforms/*eglfs*",
        "platforms/*linuxfb*",
        "platforms/*vnc*",
        "platforms/*vkkhrdisplay*",
        "platforms/*minimalegl*",
    ),
    *("platforminputcontexts/*virtualkeyboard*", "platformthemes/*gtk3*", "texttospeech/*mock*"),
    *("wayland-graphics-integration-client/*server*", "wayland-shell-integration/*ivi*"),
    "wayland-decoration-client/libadwaita*",
)


def modules(root: Path) -> list[str]:
    """Every module of ours that is to be in the program, in order."""
    files = (file for package in OURS for file in (root / package).rglob("*.py"))
    names = {_name(file.relative_to(root)) for file in files}
    return sorted(name for name in names if not any(name == out or name.startswith(out + ".") for out in LEFT_OUT))


def data_files(root: Path) -> list[tuple[str, str]]:
    """Every file of ours that is no code, and the folder it has in the program."""
    found = (file for package in OURS for file in (root / package).rglob("*"))
    wanted = sorted(file for file in found if file.is_file() and file.suffix not in (".py", ".pyc"))
    return [(str(file), file.parent.relative_to(root).as_posix()) for file in wanted]


def is_spared(place: str, languages: Iterable[str]) -> bool:
    """Whether a file of a package is left out, by its place in the program: other languages, plugins nobody uses."""
    path = place.replace(os.sep, "/")
    if "/locale-data/" in path:
        tag = path.rpartition("/")[2].partition(".")[0].partition("_")[0]
        return tag not in {"root", *(language.partition("_")[0] for language in languages)}
    if "PySide6" in path and "/translations/" in path:
        return True
    _, there, plugin = path.partition("/plugins/")
    return bool(there) and any(fnmatch.fnmatch(plugin, pattern) for pattern in NO_PLUGINS)


def needless(spared: Iterable[str], kept: Iterable[str], needs: Callable[[str], Iterable[str]]) -> set[str]:
    """Libraries, by file name, that only ``spared`` ones ask for. All are given by file; ``needs`` names what one asks
    for."""
    of = {os.path.basename(file): file for file in (*spared, *kept)}
    asked = _reached((os.path.basename(file) for file in spared), of, needs)
    still = _reached((name for name in map(os.path.basename, kept) if name not in asked), of, needs)
    return asked - still - {os.path.basename(file) for file in spared}


def _reached(first: Iterable[str], of: dict[str, str], needs: Callable[[str], Iterable[str]]) -> set[str]:
    waiting, seen = list(first), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in seen and name in of:
            seen.add(name)
            waiting += [os.path.basename(other) for other in needs(of[name])]
    return seen


def _name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
