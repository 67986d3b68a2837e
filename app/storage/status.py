"""What is in a data folder, without taking it over: read beside a running client, nothing is changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.storage.open import DATABASE_NAME
from app.storage.schema import MIGRATIONS
from app.storage.standing import read_standing
from app.storage.vault import Vault
from contract.errors import ErrorCode, XudaError

_INTERVIEWS = """SELECT interview_id, invitation_id, kit_id, kit_version, attempt, state, answered, last_seq,
    receipt_serial, created_at, updated_at FROM interviews ORDER BY rowid"""
_COUNT = "SELECT count(*) FROM outbox WHERE state = ?"


def read_status(data_dir: Path) -> dict[str, Any]:
    """Enrolment, interviews with their states, the outbox counts ``pending`` and ``failed``, ``standing`` with HR.

    Raises XudaError(NOT_ENROLLED) when nothing was ever stored there, DATABASE_NEWER, DATABASE_DAMAGED.
    """
    with _reading(data_dir) as db:
        enrolment = db.execute("SELECT device_id, server_url FROM enrolment").fetchone()
        found = [dict(row) for row in db.execute(_INTERVIEWS)]
        standing = read_standing(db)
        pending, failed = (db.execute(_COUNT, (state,)).fetchone()[0] for state in ("waiting", "failed"))
    for row in found:
        row["delivered"] = row["receipt_serial"] is not None and row["receipt_serial"] >= row["last_seq"]
    return {
        "enrolled": enrolment is not None,
        "device_id": enrolment["device_id"] if enrolment else None,
        "server": enrolment["server_url"] if enrolment else None,
        "standing": standing,
        "interviews": found,
        "pending": pending,
        "failed": failed,
    }


def verify_objects(data_dir: Path) -> dict[str, list[str]]:
    """Hash every stored recording and compare it with its record: object ids as ``good`` and ``bad``.

    Raises as ``read_status`` does.
    """
    vault = Vault(data_dir)
    result: dict[str, list[str]] = {"good": [], "bad": []}
    with _reading(data_dir) as db:
        objects = db.execute("SELECT interview_id, object_id, sha256 FROM objects WHERE present").fetchall()
    for row in objects:
        path = vault.object_path(row["interview_id"], row["object_id"])
        same = path.is_file() and _sha256(path) == row["sha256"]
        result["good" if same else "bad"].append(row["object_id"])
    return result


@contextmanager
def _reading(data_dir: Path) -> Iterator[sqlite3.Connection]:
    path = data_dir / DATABASE_NAME
    if not path.is_file():
        raise XudaError(ErrorCode.NOT_ENROLLED)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as db:
            db.row_factory = sqlite3.Row
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise XudaError(ErrorCode.DATABASE_NEWER, version=version, supported=len(MIGRATIONS))
            yield db
    except sqlite3.DatabaseError as error:
        raise XudaError(ErrorCode.DATABASE_DAMAGED, file=DATABASE_NAME) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
