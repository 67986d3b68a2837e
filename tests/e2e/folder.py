"""The data folder of an enrolled device as a whole program meets it: copied, damaged, mended."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from app.config import ClientSettings
from app.demo.processes import ROOT
from contract.errors import ErrorCode
from contract.texts import code_text
from tests.e2e.booth import Visit

DATABASE = "xuda.db"


class Folder:
    """``data`` is the folder, ``env`` the environment in which its keys open."""

    def __init__(self, data: Path, env: dict[str, str]) -> None:
        self.data, self.env = data, env

    def copy(self, target: Path) -> Folder:
        shutil.copytree(self.data, target, ignore=shutil.ignore_patterns("*.sock"))
        return Folder(target, self.env)

    def xuda(self, command: str, *given: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
        """Run ``xuda command`` on this folder as a program of its own."""
        whole = [sys.executable, "-m", "app", *command.split(), *given, "--data", str(self.data), "--lang", lang]
        return subprocess.run(whole, env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    def sync(self, seconds: float = 60, *, lang: str = "en") -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        """`xuda sync`, and what it says as JSON."""
        done = self.xuda("sync", "--wait", str(seconds), "--json", lang=lang)
        return done, json.loads(done.stdout)

    def visit(self, model: Path | None = None) -> Visit:
        """Open it as the client does."""
        return Visit(ClientSettings(data=self.data, model=str(model) if model else None))

    def sql(self, statement: str, *values: object) -> list[Any]:
        """Reach into the database, as somebody would who leaves nothing to check it against or restore it from."""
        self.forget_copy()
        with closing(sqlite3.connect(self.data / DATABASE)) as db, db:
            return db.execute(statement, values).fetchall()

    def forget_copy(self) -> None:
        """Without its digest and its copy the database is taken as it is."""
        for beside in (".sum", ".copy"):
            (self.data / f"{DATABASE}{beside}").unlink(missing_ok=True)

    def recordings(self) -> dict[str, bytes]:
        """Sealed files by their path in the folder."""
        found = [path for part in ("objects", "takes") for path in (self.data / part).rglob("*") if path.is_file()]
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in found}

    def lasting(self) -> dict[str, bytes]:
        """Every file but those that opening alone makes: locks, logs and SQLite's log beside the database."""
        passing = (".lock", ".log", "-wal", "-shm")
        files = (path for path in self.data.rglob("*") if path.is_file() and not path.name.endswith(passing))
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in files}


def says(text: str, code: ErrorCode, lang: str) -> bool:
    """Whether ``text`` tells a person all three: what happened, what it means for the data, what to do."""
    told = code_text(code, lang)
    lines = text.splitlines()
    titled = any(line == told.title or line.startswith(f"{told.title} (") for line in lines)
    return titled and told.meaning in lines and told.action in lines
