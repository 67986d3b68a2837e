"""Databases that are migrated already: to make one anew for each test would take longer than most tests."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

from backend.db.engine import open_engine
from backend.db.migrate import migrate


@functools.cache
def _empty_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hr.db"
        migrated(f"sqlite:///{path.as_posix()}")
        return path.read_bytes()


def migrated(address: str) -> None:
    engine = open_engine(address)
    migrate(engine)
    engine.dispose()


def prepare(folder: Path) -> None:
    """The data folder of a backend that is set up next, with the database it would make itself."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "hr.db"
    path.touch(mode=0o600)
    path.write_bytes(_empty_sqlite())
