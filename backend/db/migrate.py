"""Migrations, run at every start: each is atomic with its record, and a newer database is refused."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from contract.errors import ErrorCode, XudaError

_FOLDER = Path(__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest_version() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def migrate(engine: Engine) -> None:
    """Bring the database to the newest version.

    Raises XudaError(DATABASE_NEWER) when a later version of the product wrote it, DATABASE_DAMAGED when it cannot be
    read at all.
    """
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    writer = engine.execution_options(writes=True)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise XudaError(ErrorCode.DATABASE_NEWER, version=current)
        if current != newest_version():
            with writer.begin() as connection:
                command.upgrade(_config(connection), "head")
    except DatabaseError as error:
        raise XudaError(ErrorCode.DATABASE_DAMAGED) from error
