"""The version this backend reports."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("xuda")
    except PackageNotFoundError:
        return "0"


VERSION = _installed()
