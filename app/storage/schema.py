"""The database's tables, as numbered migrations. A migration that was released is never changed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlite_utils

from contract.errors import ErrorCode, XudaError

# "Xuda" in ASCII: tells our files from any other SQLite database
APPLICATION_ID = 0x58756461

Migration = Callable[[sqlite_utils.Database], None]

_VERSION_1 = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE enrolment (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  device_id TEXT NOT NULL, server_url TEXT NOT NULL, envelope TEXT NOT NULL, saved_at TEXT NOT NULL
);

CREATE TABLE kits (
  kit_id TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, envelope TEXT NOT NULL,
  PRIMARY KEY (kit_id, version)
);
CREATE TABLE roster (id INTEGER PRIMARY KEY CHECK (id = 1), issued_at TEXT NOT NULL, sealed TEXT NOT NULL);
CREATE TABLE results (interview_id TEXT PRIMARY KEY, state TEXT NOT NULL);

CREATE TABLE interviews (
  interview_id TEXT PRIMARY KEY,
  invitation_id TEXT NOT NULL, kit_id TEXT NOT NULL, kit_version INTEGER NOT NULL, attempt INTEGER NOT NULL,
  state TEXT NOT NULL, language TEXT NOT NULL, scoring INTEGER NOT NULL, seconds_used REAL NOT NULL,
  answered INTEGER NOT NULL, last_seq INTEGER NOT NULL, receipt_serial INTEGER,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  key_state TEXT NOT NULL CHECK (key_state IN ('present', 'destroying', 'gone')),
  candidate_name TEXT
);

CREATE TABLE events (
  interview_id TEXT NOT NULL REFERENCES interviews, seq INTEGER NOT NULL,
  kind TEXT NOT NULL, digest TEXT NOT NULL, envelope TEXT,
  PRIMARY KEY (interview_id, seq)
);

CREATE TABLE takes (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  take_id TEXT NOT NULL UNIQUE, interview_id TEXT NOT NULL REFERENCES interviews,
  question_id TEXT NOT NULL, number INTEGER NOT NULL, state TEXT NOT NULL,
  has_video INTEGER NOT NULL, counted INTEGER NOT NULL, duration REAL NOT NULL, thinking_used REAL NOT NULL,
  faults TEXT NOT NULL, proof TEXT, transcript TEXT, correction TEXT
);
CREATE INDEX takes_of_interview ON takes (interview_id);

CREATE TABLE objects (
  object_id TEXT PRIMARY KEY, interview_id TEXT NOT NULL REFERENCES interviews,
  take_id TEXT NOT NULL UNIQUE REFERENCES takes (take_id),
  media_type TEXT NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL,
  submitted INTEGER NOT NULL DEFAULT 0, present INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX objects_of_interview ON objects (interview_id);

CREATE TABLE drafts (
  interview_id TEXT NOT NULL REFERENCES interviews, question_id TEXT NOT NULL, sealed TEXT NOT NULL,
  PRIMARY KEY (interview_id, question_id)
);

CREATE TABLE outbox (
  item_id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('event', 'object', 'manifest')),
  interview_id TEXT NOT NULL REFERENCES interviews, ref TEXT NOT NULL, size INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'failed')), attempts INTEGER NOT NULL DEFAULT 0, code TEXT,
  UNIQUE (kind, interview_id, ref)
);

CREATE TABLE manifests (
  interview_id TEXT NOT NULL REFERENCES interviews, serial INTEGER NOT NULL, envelope TEXT NOT NULL,
  PRIMARY KEY (interview_id, serial)
);
CREATE TABLE receipts (
  interview_id TEXT NOT NULL REFERENCES interviews, serial INTEGER NOT NULL, envelope TEXT NOT NULL,
  received_at TEXT NOT NULL,
  PRIMARY KEY (interview_id, serial)
);
"""


_VERSION_2 = """
ALTER TABLE interviews ADD COLUMN carried INTEGER NOT NULL DEFAULT 0;

CREATE TABLE certificates (
  interview_id TEXT PRIMARY KEY REFERENCES interviews, envelope TEXT NOT NULL, received_at TEXT NOT NULL
);
"""

_VERSION_3 = """
ALTER TABLE interviews ADD COLUMN redo TEXT;
ALTER TABLE interviews ADD COLUMN redo_question TEXT;
"""

_VERSION_4 = """
CREATE TABLE score_sheets (
  kit_id TEXT NOT NULL, kit_version INTEGER NOT NULL, revision INTEGER NOT NULL, sealed TEXT NOT NULL,
  PRIMARY KEY (kit_id, kit_version)
);
"""

_VERSION_5 = """
ALTER TABLE takes ADD COLUMN picture TEXT;
"""


def _script(script: str) -> Migration:
    """Its statements one by one: sqlite3's own executescript commits before it begins."""
    statements = [part for part in (piece.strip() for piece in script.split(";")) if part]

    def run(db: sqlite_utils.Database) -> None:
        for statement in statements:
            db.execute(statement)

    return run


MIGRATIONS: tuple[Migration, ...] = tuple(map(_script, (_VERSION_1, _VERSION_2, _VERSION_3, _VERSION_4, _VERSION_5)))


def migrate(db: sqlite_utils.Database, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring ``db`` to the newest version; each step and its number are one transaction.

    Raises XudaError(DATABASE_NEWER) with both versions, or DATABASE_DAMAGED for another program's file.
    """
    owner = _pragma(db, "application_id")
    version = _pragma(db, "user_version")
    if owner != APPLICATION_ID and (owner or version or db.table_names()):
        raise XudaError(ErrorCode.DATABASE_DAMAGED, reason="not a database of this program")
    if version > len(migrations):
        raise XudaError(ErrorCode.DATABASE_NEWER, version=version, supported=len(migrations))
    for number, step in enumerate(migrations[version:], start=version + 1):
        with db.atomic():
            step(db)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number}")


def _pragma(db: sqlite_utils.Database, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
