"""PostgreSQL: how its engine is opened, and how writers of all processes queue.

Writers wait for one advisory lock for the length of their transaction, as SQLite's writers wait for its file: what is
read inside a write transaction stays true until it is committed (docs/adr/0030-writers-queue-for-one-lock.md).
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, InterfaceError, InternalError, OperationalError

from contract.errors import ErrorCode, XudaError

# advisory locks are numbers that all programs of a database share: the first half is ours
NAMESPACE = 0x58756461
WRITERS, DUTY = 0, 1
_LOCK_SECONDS = 60
_IDLE_SECONDS = 120
_POOL, _OVERFLOW = 8, 24
# of a server that is full, going down, or whose disk fails, by the first two characters of SQLSTATE
_FULL = frozenset({"53100", "53200"})
_DAMAGED = frozenset({"XX001", "XX002"})


def is_postgres(url: str | None) -> bool:
    return url is not None and url.partition(":")[0].partition("+")[0] in ("postgresql", "postgres")


def open_postgres(url: str) -> Engine:
    """An engine whose readers see one moment and whose writers queue.

    Raises XudaError(SETTING_INVALID) also where the driver is not installed.
    """
    if find_spec("psycopg") is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="database", detail="pip install 'xuda[postgres]'")
    engine = create_engine(
        _address(url),
        pool_size=_POOL,
        max_overflow=_OVERFLOW,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        hide_parameters=True,
        connect_args={
            "connect_timeout": 10,
            "application_name": "xuda-hr",
            # so that a process that was stopped, or whose machine is gone, does not keep the writers' lock
            "options": f"-c lock_timeout={_LOCK_SECONDS}s -c idle_in_transaction_session_timeout={_IDLE_SECONDS}s"
            " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
            "keepalives_idle": 20,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "begin", _begin)
    return engine


def writing(engine: Engine) -> Engine:
    """``engine`` for writers: each of their statements sees what was committed before, by whomever.

    With the readers' isolation they would see the moment before they got the lock.
    """
    return engine.execution_options(writes=True, isolation_level="READ COMMITTED")


def _address(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="database") from error
    return found.set(drivername="postgresql+psycopg")


def _begin(connection: Any) -> None:
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({NAMESPACE}, {WRITERS})")


def known_error(error: DBAPIError) -> XudaError | None:
    """The known error for what PostgreSQL or the way to it has raised, None for anything else.

    Without the server's words: they may quote the row.
    """
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in _FULL:
        return XudaError(ErrorCode.DISK_FULL)
    if state in _DAMAGED:
        return XudaError(ErrorCode.DATABASE_DAMAGED)
    if state.startswith("58"):
        return XudaError(ErrorCode.DISK_ERROR)
    if isinstance(error, DataError):  # a text that is too long or has a NUL in it, a number beyond its column
        return XudaError(ErrorCode.FORMAT_INVALID)
    if isinstance(error, OperationalError | InterfaceError | InternalError):
        return XudaError(ErrorCode.STORAGE_UNREACHABLE)
    return None
