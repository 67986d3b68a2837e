"""What one process alone does of all that share a database: chores, and sending to candidates."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from backend.db.postgres import DUTY, NAMESPACE

_log = logging.getLogger(__name__)


class Duty:
    """A lock that ends with its process, or with the way to the database. SQLite has one server: it always holds it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    @property
    def alone(self) -> bool:
        """There is no other process that could hold it."""
        return self._engine.dialect.name != "postgresql"

    def holds(self) -> bool:
        """Whether this process holds it now; it is taken when it is free. To be asked again every few seconds."""
        if self.alone:
            return True
        try:
            if self._connection is not None:
                self._connection.exec_driver_sql("SELECT 1")
                return True
            return self._take()
        except DBAPIError as error:
            _log.warning("the database cannot be reached: %s", type(error).__name__)
            self.release()
            return False

    def release(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _take(self) -> bool:
        # one connection for as long as it is held, outside of every transaction
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        taken = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({NAMESPACE}, {DUTY})").scalar()
        if taken:
            connection.detach()
            self._connection = connection
        else:
            connection.close()
        return bool(taken)
