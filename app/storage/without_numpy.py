"""Loads sqlite-utils without numpy; to be imported before any module that imports sqlite-utils."""

from __future__ import annotations

import sys


def _load_sqlite_utils() -> None:
    """Import sqlite-utils without numpy, which it asks for only to know its column types.

    numpy takes a quarter of a second that the first window would wait for. A None in ``sys.modules`` makes the import
    fail as on a machine without numpy; it is taken out again at once.
    """
    if "numpy" in sys.modules:
        return
    sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        import sqlite_utils  # noqa: F401
    finally:
        del sys.modules["numpy"]


_load_sqlite_utils()
