"""The Range header (RFC 9110, section 14), as far as a player needs it: one range of bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Unsatisfiable(Exception):
    """The range lies beyond the content: 416."""


def wanted_range(headers: Mapping[str, str], size: int, etag: str) -> tuple[int, int] | None:
    """First and last byte (both included) of the part asked for; None for the whole.

    Several ranges, another unit, a malformed header and an ``If-Range`` that does not fit all mean the whole, as the
    RFC allows. Raises Unsatisfiable.
    """
    found = _ONE.fullmatch(headers.get("range", "").strip())
    if found is None or headers.get("if-range", etag) != etag:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return size - length, size - 1
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return start, end
