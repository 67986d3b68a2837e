"""Reading rows. Cursors are always read to their end: an open one would keep the log from being emptied."""

from __future__ import annotations

from typing import Any

import sqlite_utils

Row = dict[str, Any]


def rows(db: sqlite_utils.Database, sql: str, *values: object) -> list[Row]:
    return list(db.query(sql, values))


def one(db: sqlite_utils.Database, sql: str, *values: object) -> Row | None:
    found = rows(db, sql, *values)
    return found[0] if found else None
