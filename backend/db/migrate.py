"""Migrations, run at every start: each is atomic with its record, and a newer database is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DatabaseError

from backend.db.engine import folder_of, writers
from backend.disk import known_error
from contract.errors import ErrorCode, XudaError

_FOLDER = Path(__file__).parent
_STEP = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


def known_versions() -> list[str]:
    """The versions of the database, oldest first: each migration names the one before it, whatever its number.

    Each migration's file is named ``<version>_<what>.py``.
    """
    after = {}
    for path in (_FOLDER / "versions").glob("[0-9]*_*.py"):
        before = _BEFORE.search(path.read_text(encoding="utf-8"))
        after[before[1] if before else None] = path.name.partition("_")[0]
    chain: list[str] = []
    while (following := after.get(chain[-1] if chain else None)) is not None:
        chain.append(following)
    return chain


def newest_version() -> str:
    """The version that no migration builds on: the numbers of the files need not be in the order of the chain."""
    chain = [_STEP.findall(path.read_text("utf-8")) for path in (_FOLDER / "versions").glob("[0-9]*_*.py")]
    versions: dict[str, str | None] = {found["revision"]: found.get("down_revision") for found in map(dict, chain)}
    (head,) = versions.keys() - set(versions.values())
    return head


def migrate(engine: Engine, **helpers: Any) -> None:
    """Bring the database to the newest version. ``helpers``: what migrations of data need (``cabinet``, ``vault``).

    Raises XudaError(DATABASE_NEWER) when a later version of the product wrote it, DATABASE_DAMAGED when it cannot be
    read at all, DISK_FULL | DISK_ERROR.
    """
    known = known_versions()
    try:
        with engine.connect() as connection:
            current = _current(connection)
        if current is not None and current not in known:
            raise XudaError(ErrorCode.DATABASE_NEWER, version=current)
        if current != newest_version():
            with writers(engine).begin() as connection:
                _upgrade(connection, helpers)
    except DatabaseError as error:
        raise _known(error, engine) from error


def current_version(engine: Engine) -> str | None:
    """The version of the database, None for an empty one. Raises as ``migrate``."""
    try:
        with engine.connect() as connection:
            return _current(connection)
    except DatabaseError as error:
        raise _known(error, engine) from error


def _known(error: DatabaseError, engine: Engine) -> XudaError:
    return known_error(error, folder_of(engine)) or XudaError(ErrorCode.DATABASE_DAMAGED)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return found


def _upgrade(connection: Connection, helpers: dict[str, Any]) -> None:
    # imported here: it costs every command a quarter of its start, and is needed once per release
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes.update(helpers, connection=connection)
    command.upgrade(config, "head")
