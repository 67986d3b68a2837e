"""Column types. A value that cannot be read as what its column holds says that the database is damaged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.types import TypeDecorator

from contract.errors import ErrorCode, XudaError

Reader = Callable[[Any], Any]


def _checked(reader: Reader | None) -> Reader | None:
    """``reader``, raising XudaError(DATABASE_DAMAGED) for what it cannot read; its own message would quote the row."""
    if reader is None:
        return None

    def read(value: Any) -> Any:
        try:
            return reader(value)
        except ValueError:
            raise XudaError(ErrorCode.DATABASE_DAMAGED) from None

    return read


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back on reading. Naive times are refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        return _checked(super().result_processor(dialect, coltype))


class StoredJson(TypeDecorator[Any]):
    """A JSON value."""

    impl = JSON
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Reader | None:
        return _checked(super().result_processor(dialect, coltype))
