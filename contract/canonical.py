"""One byte form for every signed or hashed JSON value."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import math
from typing import Any

from contract.errors import ErrorCode, XudaError

# the most that every reader of JSON (a double) can count to
MOST_INTEGER = 2**53


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; NaN and infinity raise ValueError."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def check_plain(value: Any, *, depth: int = 16) -> None:
    """Raises ValueError for JSON that not every reader can hold: numbers that are none or that a double cannot count
    to, and more than ``depth`` levels."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is none")
    if isinstance(value, int) and abs(value) > MOST_INTEGER:
        raise ValueError("a number beyond 2^53")
    if isinstance(value, dict | list):
        if depth == 0:
            raise ValueError("too many levels")
        for item in value.values() if isinstance(value, dict) else value:
            check_plain(item, depth=depth - 1)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def b64encode(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64decode(text: str) -> bytes:
    """Inverse of :func:`b64encode`. Raises XudaError(FORMAT_INVALID) on anything else."""
    try:
        raw = text.encode("ascii")
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except (AttributeError, binascii.Error, ValueError) as error:  # a damaged row may hold bytes in place of a text
        raise XudaError(ErrorCode.FORMAT_INVALID, field="base64") from error
    if b64encode(data) != text:  # unused bits of the last character were set
        raise XudaError(ErrorCode.FORMAT_INVALID, field="base64")
    return data
