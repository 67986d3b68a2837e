"""What answers are scored by (contract.scoresheet): verified when it comes, sealed on the disk, verified when read.

Here only as long as HR's settings let this device score: whoever reads it knows what a good answer says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

import sqlite_utils

from app.interview.score_basis import ScoreBasis
from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.keystore import KeyStore
from app.storage.kit_files import KitFiles
from app.storage.query import Row, one, rows
from app.storage.settings_book import SettingsBook
from app.storage.storage_key import storage_key, stored_key
from contract.api import ScoreSheets
from contract.envelope import Envelope, open_envelope
from contract.errors import XudaError
from contract.kit import Kit
from contract.scoresheet import ScoreSheet
from contract.sealed import open_value, seal_value
from contract.settings import ScoreReader

log = logging.getLogger(__name__)

_MEANING = "meaning"
# what was fetched last: its mark, and the sizes of the models' files
_FETCHED = "score_sheets"
# the report of an interview that is still here can be printed, whatever kits HR offers since
_UNNEEDED = (
    "SELECT kit_id, kit_version FROM score_sheets WHERE NOT EXISTS (SELECT 1 FROM interviews "
    "WHERE interviews.kit_id = score_sheets.kit_id AND interviews.kit_version = score_sheets.kit_version "
    "AND interviews.key_state = 'present')"
)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A learned model's file. ``size`` is HR's word for it, in bytes; the hash is signed."""

    sha256: str
    size: int


class ScoreBook:
    """May be called from any thread but for the files, which one thread adds."""

    def __init__(
        self, database: Database, keystore: KeyStore, enrolments: EnrolmentRepository, settings: SettingsBook
    ) -> None:
        self._database = database
        self._keystore = keystore
        self._enrolments = enrolments
        self._settings = settings
        self.files = KitFiles(database.path.with_name("score-models"))

    @property
    def allowed(self) -> bool:
        """Whether HR's settings let this device score."""
        return bool(self._settings.current.settings.scoring)

    @property
    def prints(self) -> bool:
        """Whether staff may print reports with scores."""
        return self.allowed and self._settings.current.settings.score_on_paper is not ScoreReader.NOBODY

    @property
    def mark(self) -> str:
        """Of what was fetched last; empty when everything is to be fetched."""
        return str(self._fetched().get("mark", ""))

    def take(self, reply: ScoreSheets, trusted: Mapping[str, bytes]) -> list[str]:
        """Keep what verifies, in one transaction; the error codes of what does not.

        An older revision than the one here is refused; what HR no longer names goes, but for interviews that can still
        be printed. ``trusted``: key id -> public key whose signatures are taken now.
        """
        if not self.allowed:
            self.clear()
            return []
        refused, found = [], []
        for envelope in reply.sheets or ():
            try:
                found.append((open_envelope(envelope, ScoreSheet, trusted), envelope))
            except XudaError as error:
                refused.append(error.code.value)
        key = storage_key(self._keystore)
        sealed = [(sheet, seal_value(envelope.to_bytes(), key, _place(sheet))) for sheet, envelope in found]
        # asked for again as long as something of it is refused
        kept = json.dumps({"mark": "" if refused else reply.mark, "models": reply.models})

        def save(db: sqlite_utils.Database) -> int:
            older = sum(not _save(db, sheet, content) for sheet, content in sealed)
            if reply.sheets is not None and not refused:
                _drop_others(db, [sheet for sheet, _ in found])
            db.table("settings").insert({"name": _FETCHED, "value": kept}, replace=True)
            return older

        older = self._database.transaction(save)
        for code in refused:
            log.warning("a score sheet is refused: %s", code)
        if older:
            log.warning("%d score sheets are older than those here", older)
        return refused

    def clear(self) -> None:
        """Nothing is left to score by."""

        def remove(db: sqlite_utils.Database) -> None:
            db.execute("DELETE FROM score_sheets")
            db.execute("DELETE FROM settings WHERE name = ?", [_FETCHED])

        sql = "SELECT (SELECT count(*) FROM score_sheets) + (SELECT count(*) FROM settings WHERE name = ?) AS left"
        left = self._database.call(lambda db: one(db, sql, _FETCHED))
        if left is not None and left["left"]:
            self._database.transaction(remove)
            log.info("what answers are scored by has been removed")
        self.files.prune(())

    def settle(self) -> None:
        """After HR's settings may have changed."""
        if not self.allowed:
            self.clear()

    def basis(self, kit: Kit) -> ScoreBasis | None:
        """What to score the answers to a kit by; None when this device may not, or has not got it yet."""
        if not self.allowed:
            return None
        sql = "SELECT kit_id, kit_version, sealed FROM score_sheets WHERE kit_id = ? AND kit_version = ?"
        row = self._database.call(lambda db: one(db, sql, kit.kit_id, kit.version))
        sheet = self._open(row) if row is not None else None
        if sheet is None:
            return None
        sizes = self._sizes()
        files = {language: ModelFile(sha256, sizes.get(sha256, 0)) for language, sha256 in sheet.models.items()}
        reader = self._settings.current.settings.score_on_paper or ScoreReader.STAFF
        return ScoreBasis(
            sheet, reader, lambda language: self.files.read(files[language]), self._database.path.with_name(_MEANING)
        )

    def wanted_models(self) -> list[ModelFile]:
        """The learned models' files that are still to be fetched; those that nothing names any more are removed."""
        if not self.allowed:
            return []
        found = self._database.call(lambda db: rows(db, "SELECT kit_id, kit_version, sealed FROM score_sheets"))
        sheets = [sheet for sheet in map(self._open, found) if sheet is not None]
        sizes = self._sizes()
        named = {sha256 for sheet in sheets for sha256 in sheet.models.values()}
        self.files.prune(named)
        # one whose size HR does not tell is one that it has no longer
        wanted = [ModelFile(sha256, sizes[sha256]) for sha256 in sorted(named) if sha256 in sizes]
        return [file for file in wanted if not self.files.there(file)]

    def _fetched(self) -> dict[str, object]:
        sql = "SELECT value FROM settings WHERE name = ?"
        row = self._database.call(lambda db: one(db, sql, _FETCHED))
        found: dict[str, object] = json.loads(row["value"]) if row is not None else {}
        return found

    def _sizes(self) -> dict[str, int]:
        models = self._fetched().get("models")
        return {str(name): int(size) for name, size in models.items()} if isinstance(models, dict) else {}

    def _open(self, row: Row) -> ScoreSheet | None:
        """A key that was revoked since may have signed anything."""
        key, enrolment = stored_key(self._keystore), self._enrolments.load()
        if key is None or enrolment is None:
            return None
        try:
            content = open_value(row["sealed"], key, _place_of(row["kit_id"], row["kit_version"]))
            return open_envelope(Envelope.from_bytes(content), ScoreSheet, enrolment.organisation_keys)
        except XudaError as error:
            log.error("a stored score sheet does not hold and is fetched again: %s", error.code)
            self._database.call(lambda db: db.execute("DELETE FROM settings WHERE name = ?", [_FETCHED]))
            return None


def _place(sheet: ScoreSheet) -> str:
    return _place_of(sheet.kit_id, sheet.kit_version)


def _place_of(kit_id: str, version: int) -> str:
    return f"score_sheets.sealed:{kit_id}:{version}"


def _save(db: sqlite_utils.Database, sheet: ScoreSheet, sealed: str) -> bool:
    """False, and nothing is changed, when a newer revision is here."""
    sql = "SELECT revision FROM score_sheets WHERE kit_id = ? AND kit_version = ?"
    stored = one(db, sql, sheet.kit_id, sheet.kit_version)
    if stored is not None and stored["revision"] > sheet.revision:
        return False
    values = {"kit_id": sheet.kit_id, "kit_version": sheet.kit_version, "revision": sheet.revision}
    db.table("score_sheets").insert({**values, "sealed": sealed}, replace=True)
    return True


def _drop_others(db: sqlite_utils.Database, named: list[ScoreSheet]) -> None:
    kept = {(sheet.kit_id, sheet.kit_version) for sheet in named}
    for row in rows(db, _UNNEEDED):
        if (row["kit_id"], row["kit_version"]) not in kept:
            place = [row["kit_id"], row["kit_version"]]
            db.execute("DELETE FROM score_sheets WHERE kit_id = ? AND kit_version = ?", place)
