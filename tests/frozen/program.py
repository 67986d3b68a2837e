"""A frozen program as its users run it: no Python, no PATH, a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FOLDER = "XUDA_FROZEN"  # the variable that names the folder, as `python -m PyInstaller build.spec` makes it
MODEL = Path(__file__).parents[1] / "speech" / "model"


def frozen_folder() -> Path | None:
    given = os.environ.get(FOLDER)
    return Path(given).resolve() if given else None


class Program:
    """``folder`` holds the program, ``home`` everything it writes."""

    def __init__(self, folder: Path, home: Path, **env: str) -> None:
        self.folder = folder
        self.data = home / "data"
        self.env = {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "share"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_RUNTIME_DIR": str(home),
            "PATH": "",
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "offscreen",
            "XUDA_PASSPHRASE": "a frozen booth",
            **env,
        }

    def command(self, name: str, *given: str) -> list[str]:
        return [str(self.folder / "xuda"), name, *given, "--data", str(self.data)]

    def run(self, name: str, *given: str, code: int = 0) -> str:
        done = subprocess.run(
            self.command(name, *given), env=self.env, capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == code, f"{name}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, name: str, *given: str) -> Any:
        return json.loads(self.run(name, *given, "--json").splitlines()[-1])


def linked_copy(folder: Path, target: Path, *changed: str) -> Path:
    """A copy that shares its files; those in ``changed`` are its own."""
    shutil.copytree(folder, target, symlinks=True, copy_function=os.link)
    for name in changed:
        own = (target / name).read_bytes()
        (target / name).unlink()
        (target / name).write_bytes(own)
        (target / name).chmod((folder / name).stat().st_mode)
    return target


def with_model(folder: Path, name: str = "phrases") -> Path:
    """The small model of the tests beside the program, where an administrator puts a real one."""
    shutil.copytree(MODEL, folder / "models" / name)
    return folder


def script(path: Path, **given: Any) -> Sequence[str]:
    path.write_text(json.dumps(given), "utf-8")
    return ("client", "--autopilot", str(path))
