"""What all tables share."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import DeclarativeBase

from backend.db.types import StoredJson, UtcDateTime


def new_id() -> str:
    return str(uuid.uuid4())


def utc_now() -> datetime:
    """For columns that only mark when a row was last written; nothing is decided by them."""
    return datetime.now(UTC)


LONG_AGO = "1970-01-01 00:00:00"


class Role(StrEnum):
    ADMINISTRATOR = "administrator"
    HR = "hr"
    DEPARTMENT_HEAD = "department_head"
    AUDITOR = "auditor"


class Base(DeclarativeBase):
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: StoredJson, dict[str, str]: StoredJson}  # noqa: RUF012
