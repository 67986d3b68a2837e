"""Kits, roster and HR's word as downloaded: verified when they come in, and again each time they are read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlite_utils

from app.interview.ports import Clock
from app.interview.store import Admission
from app.storage.adjustments import AdjustmentBook
from app.storage.database import Database
from app.storage.enrolment import Enrolment, EnrolmentRepository
from app.storage.keystore import KeyStore
from app.storage.kit_files import KitFiles
from app.storage.messages import MessageBook
from app.storage.query import Row, one, rows
from app.storage.roster import looked_up, redos, urgency
from app.storage.rows import stamp
from app.storage.score_book import ScoreBook
from app.storage.settings_book import SettingsBook
from app.storage.standing import HEARD_AT, write_standing
from app.storage.storage_key import storage_key, stored_key
from app.storage.walk_ins import WalkInBook
from contract.api import Bootstrap, ScoreSheets
from contract.envelope import Envelope, open_envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.invitation import SCHEME, Invitation, Roster, RosterEntry, normalise_code, read
from contract.kit import Kit
from contract.kit_media import MediaFile
from contract.parts import HandOver
from contract.redo import Redo
from contract.sealed import open_value, seal_value

log = logging.getLogger(__name__)

_SERVER_TIME = "server_time"
_ROSTER_PLACE = "roster.sealed:1"
_CODE_LENGTH = 9
_LEAST_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Refused:
    """A document of a bootstrap that was not taken over. ``what``: ``kit``, ``roster``, ``message`` or ``settings``;
    ``code``: an ErrorCode value.

    ``name`` is the kit's id and version when they could be verified, else empty.
    """

    what: str
    code: str
    name: str = ""


class _Heard(NamedTuple):
    """The backend's time, and what this machine's two clocks showed when it came."""

    server_time: datetime
    monotonic: float
    wall: datetime


class SqliteShelf:
    """See ``app.interview.store.Shelf``. May be called from any thread."""

    def __init__(self, database: Database, keystore: KeyStore, enrolments: EnrolmentRepository, clock: Clock) -> None:
        self._database = database
        self._keystore = keystore
        self._enrolments = enrolments
        self._clock = clock
        self.settings = SettingsBook(database, keystore, enrolments)
        self.scores = ScoreBook(database, keystore, enrolments, self.settings)
        self.files = KitFiles(database.path.with_name("kit-files"))
        self.adjustments = AdjustmentBook(database, enrolments, lambda: self._entries(enrolments.need()))
        self.walk_ins = WalkInBook(database, keystore, lambda: self._entries(enrolments.need()))
        self.messages = MessageBook(database, keystore, enrolments)
        self._heard: _Heard | None = None
        self._newest: _Heard | None = None  # of this process
        self._refused: tuple[Refused, ...] = ()

    def save_bootstrap(
        self, bootstrap: Bootstrap, heard_at_monotonic: float, asked_at_monotonic: float | None = None
    ) -> None:
        """Keep what verifies, in one transaction; what does not is refused, logged and told by ``refused``.

        A kit's version never changes: another content under the same version is refused (CONFLICT).
        ``heard_at_monotonic`` is the clock's monotonic time at which the answer came, ``asked_at_monotonic`` that at
        which it was asked for: of two answers that were under way at the same time, the one that HR gave earlier never
        takes the place of the later one. Raises XudaError(NOT_ENROLLED), and ORGANISATION_KEYS_INVALID when the
        organisation's new keys could not be followed; the rest is done.
        """
        if self._overtaken(bootstrap, asked_at_monotonic):
            log.info("an answer of HR was overtaken by a newer one")
            return
        broken = self._take_keys(bootstrap)
        enrolment = self._enrolments.need()
        trusted = enrolment.accepted_keys(bootstrap.server_time)
        sealed = self._seal_roster(bootstrap.roster, enrolment, trusted)
        messages, not_taken = self.messages.check(bootstrap.messages, trusted)
        ago = timedelta(seconds=self._clock.monotonic() - heard_at_monotonic)
        heard = _Heard(bootstrap.server_time, heard_at_monotonic, self._clock.now() - ago)

        def save(db: sqlite_utils.Database) -> list[Refused]:
            found = [_save_kit(db, envelope, trusted) for envelope in bootstrap.kits]
            refused = [item for item in found if item is not None]
            if isinstance(sealed, Refused):
                refused.append(sealed)
            else:
                db.table("roster").insert({"id": 1, **sealed}, replace=True)
            refused += [Refused("message", code) for code in not_taken]
            self.messages.replace(db, messages)
            db.execute("DELETE FROM results")
            for interview_id, state in bootstrap.results.items():
                db.table("results").insert({"interview_id": interview_id, "state": state.value})
            for name, moment in ((_SERVER_TIME, heard.server_time), (HEARD_AT, heard.wall)):
                db.table("settings").insert({"name": name, "value": stamp(moment)}, replace=True)
            write_standing(db, broken.code if broken is not None else None, heard.wall)
            return refused

        refused = self._database.transaction(save)
        self._heard = self._newest = heard
        self._refused = (*refused, *self._take_settings(bootstrap.settings, trusted))
        self.scores.settle()
        for item in self._refused:
            log.warning("bootstrap: %s %s refused: %s", item.what, item.name, item.code)
        if broken is not None:
            raise broken

    def _overtaken(self, bootstrap: Bootstrap, asked_at: float | None) -> bool:
        newest = self._newest
        if newest is None or asked_at is None or asked_at > newest.monotonic:
            return False  # asked for when the other was here already, so HR's clock has been set back since
        return bootstrap.server_time < newest.server_time

    def note_revoked(self) -> None:
        """HR has said so. It stays until HR takes this device's word again."""
        now = self._clock.now()
        self._database.transaction(lambda db: write_standing(db, ErrorCode.DEVICE_REVOKED, now))
        self.scores.clear()

    def save_score_sheets(self, reply: ScoreSheets) -> None:
        """See :meth:`ScoreBook.take`."""
        self.scores.take(reply, self._enrolments.need().accepted_keys(self.server_time()))

    def keys_serial(self) -> int:
        """Number of the newest key list that is here; 0 for none."""
        newest = self._enrolments.need().newest
        return newest.serial if newest else 0

    def encryption_key(self, kit: Kit) -> str:
        return self._enrolments.need().encryption_key(kit.encryption_key)

    @property
    def refused(self) -> tuple[Refused, ...]:
        """What the last bootstrap of this process brought that could not be used."""
        return self._refused

    def organisation_name(self) -> str | None:
        enrolment = self._enrolments.load()
        return None if enrolment is None else enrolment.organisation.name

    def kits(self) -> list[Kit]:
        """Empty before enrolment. A kit that no longer verifies is left out and logged."""
        enrolment = self._enrolments.load()
        if enrolment is None:
            return []
        found = self._database.call(lambda db: rows(db, "SELECT DISTINCT kit_id FROM kits ORDER BY kit_id"))
        kits = (self._offered(row["kit_id"], enrolment) for row in found)
        return [kit for kit in kits if kit is not None]

    def wanted_files(self) -> list[MediaFile]:
        """What has to be fetched, kits in use first; files that no kit needs any more are removed."""
        enrolment = self._enrolments.load()
        if enrolment is None:
            return []
        kits = [*self._kits_in_use(enrolment), *self._kits_asked_again(enrolment), *self._newest_kits(enrolment)]
        missing = {file.sha256: file for kit in kits for file in self.files.missing(kit)}
        if not missing:
            # as long as something is missing an older version may still be the one that is whole
            self.files.prune({file.sha256 for kit in kits for file in kit.files})
        return list(missing.values())

    def _kits_in_use(self, enrolment: Enrolment) -> list[Kit]:
        sql = (
            "SELECT DISTINCT kits.kit_id, kits.version, kits.envelope FROM kits JOIN interviews ON "
            "kits.kit_id = interviews.kit_id AND kits.version = interviews.kit_version "
            "WHERE interviews.state IN ('active', 'paused')"
        )
        return self._opened(self._database.call(lambda db: rows(db, sql)), enrolment.known_keys)

    def _kits_asked_again(self, enrolment: Enrolment) -> list[Kit]:
        wanted = {redo.kit_version for redo in self.redos().values()}
        sql = "SELECT kit_id, version, envelope FROM kits ORDER BY kit_id, version"
        found = self._database.call(lambda db: rows(db, sql)) if wanted else []
        return self._opened([row for row in found if row["version"] in wanted], enrolment.known_keys)

    def _newest_kits(self, enrolment: Enrolment) -> list[Kit]:
        sql = "SELECT kit_id, max(version) AS version, envelope FROM kits GROUP BY kit_id ORDER BY kit_id"
        return self._opened(self._database.call(lambda db: rows(db, sql)), enrolment.organisation_keys)

    def _offered(self, kit_id: str, enrolment: Enrolment) -> Kit | None:
        """The newest version whose files are all here; when there is none, the newest."""
        sql = "SELECT kit_id, version, envelope FROM kits WHERE kit_id = ? ORDER BY version DESC"
        found = self._opened(self._database.call(lambda db: rows(db, sql, kit_id)), enrolment.organisation_keys)
        return next((kit for kit in found if not self.files.missing(kit)), found[0] if found else None)

    @staticmethod
    def _opened(found: list[Row], trusted: Mapping[str, bytes]) -> list[Kit]:
        kits = []
        for row in found:
            try:
                kits.append(_open_kit(row, trusted))
            except XudaError as error:
                log.error("kit %s version %s cannot be used: %s", row["kit_id"], row["version"], error.code)
        return kits

    def kit(self, kit_id: str, version: int | None = None) -> Kit:
        enrolment = self._enrolments.need()
        sql = "SELECT envelope FROM kits WHERE kit_id = ? AND (version = ? OR ? IS NULL) ORDER BY version DESC LIMIT 1"
        row = self._database.call(lambda db: one(db, sql, kit_id, version, version))
        if row is None:
            raise XudaError(ErrorCode.KIT_MISSING)
        if version is None:
            return self._offered(kit_id, enrolment) or _open_kit(row, enrolment.organisation_keys)
        # the kit of an interview that has begun was checked then, and stays good whatever became of the key
        return _open_kit(row, enrolment.known_keys)

    def admit(self, text: str) -> Admission:
        enrolment = self._enrolments.need()
        text = text.strip()
        entries = self._entries(enrolment)
        if text.casefold().startswith(SCHEME):
            token = SCHEME + text[len(SCHEME) :]
            invitation = read(token, enrolment.accepted_keys(self.server_time()))
            entry = self._find(entries, enrolment, lambda item: item.invitation_id == invitation.invitation_id)
            if entry and entry[0].not_after > invitation.not_after:
                invitation, token = entry[0], entry[1].token  # HR has made the window longer since the link went out
            kit = self.kit(invitation.kit_id)
            return Admission(invitation, token, kit, entry[1] if entry else None, by_code=True)
        try:
            chosen = self._by_code_or_number(text, entries, enrolment)
        except XudaError:
            here = self.walk_ins.find(text) if sum(c.isdigit() for c in text) >= _LEAST_DIGITS else None
            if here is None:
                raise
            return Admission(here[0], "", self.kit(here[0].kit_id), None, here[1])
        by_code = normalise_code(text) == chosen[1].code
        return Admission(chosen[0], chosen[1].token, self.kit(chosen[0].kit_id), chosen[1], by_code=by_code)

    def entry(self, invitation_id: str) -> RosterEntry | None:
        enrolment = self._enrolments.need()
        found = self._find(
            self._entries(enrolment), enrolment, lambda invitation: invitation.invitation_id == invitation_id
        )
        return found[1] if found else None

    def redos(self) -> dict[str, Redo]:
        enrolment = self._enrolments.load()
        return {} if enrolment is None else redos(self._entries(enrolment), enrolment.organisation_keys)

    def hand_over(self, ticket: Envelope) -> HandOver:
        enrolment = self._enrolments.need()
        found = open_envelope(ticket, HandOver, enrolment.organisation_keys)
        if found.device_id != enrolment.device_id:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="device_id")
        return found

    def certificates(self) -> dict[str, Envelope]:
        found = self._database.call(lambda db: rows(db, "SELECT interview_id, envelope FROM certificates"))
        return {row["interview_id"]: Envelope.from_bytes(row["envelope"]) for row in found}

    def results(self) -> dict[str, HrState]:
        found = self._database.call(lambda db: rows(db, "SELECT interview_id, state FROM results"))
        return {row["interview_id"]: HrState(row["state"]) for row in found}

    def server_time(self) -> datetime | None:
        """After a restart it goes on from the last known time: the backend's clock is at least that far."""
        heard = self._last_heard()
        if heard is None:
            return None
        return heard.server_time + timedelta(seconds=self._clock.monotonic() - heard.monotonic)

    def latest_time(self) -> datetime | None:
        """What the backend's time may be: counts sleep and the time switched off, by this machine's own clock.

        Only as right as that clock has run evenly since, however wrong it is; never before ``server_time``.
        """
        heard, reached = self._last_heard(), self.server_time()
        if heard is None or reached is None:
            return None
        return max(reached, heard.server_time + (self._clock.now() - heard.wall))

    def last_heard(self) -> datetime | None:
        """When the backend was last asked for news, by this machine's clock; None: never yet."""
        heard = self._last_heard()
        return heard.wall if heard is not None else None

    def _last_heard(self) -> _Heard | None:
        if self._heard is None:
            found = self._database.call(lambda db: rows(db, "SELECT name, value FROM settings"))
            said = {row["name"]: row["value"] for row in found}
            if _SERVER_TIME not in said:
                return None
            wall = datetime.fromisoformat(said[HEARD_AT]) if HEARD_AT in said else self._clock.now()
            self._heard = _Heard(datetime.fromisoformat(said[_SERVER_TIME]), self._clock.monotonic(), wall)
        return self._heard

    def _by_code_or_number(
        self, text: str, roster: Roster | None, enrolment: Enrolment
    ) -> tuple[Invitation, RosterEntry]:
        if roster is None:
            raise XudaError(ErrorCode.INVITATION_UNKNOWN)
        code = normalise_code(text)
        entries = [entry for entry in roster.entries if len(code) == _CODE_LENGTH and entry.code == code]
        if not entries and sum(character.isdigit() for character in text) >= _LEAST_DIGITS:
            wanted = looked_up(text, roster.salt)
            entries = [entry for entry in roster.entries if wanted in entry.lookups]
        if not entries:
            raise XudaError(ErrorCode.INVITATION_UNKNOWN)
        now = self.server_time() or self._clock.now()
        found = [(read(entry.token, enrolment.organisation_keys), entry) for entry in entries]
        return min(found, key=lambda pair: urgency(pair[0], now))

    @staticmethod
    def _find(
        roster: Roster | None, enrolment: Enrolment, fits: Callable[[Invitation], bool]
    ) -> tuple[Invitation, RosterEntry] | None:
        for entry in roster.entries if roster else ():
            try:
                invitation = read(entry.token, enrolment.organisation_keys)
            except XudaError:
                continue
            if fits(invitation):
                return invitation, entry
        return None

    def _entries(self, enrolment: Enrolment) -> Roster | None:
        row = self._database.call(lambda db: one(db, "SELECT sealed FROM roster"))
        key = stored_key(self._keystore)
        if row is None or key is None:
            return None
        envelope = Envelope.from_bytes(open_value(row["sealed"], key, _ROSTER_PLACE))
        return open_envelope(envelope, Roster, enrolment.organisation_keys)

    def _take_keys(self, bootstrap: Bootstrap) -> XudaError | None:
        try:
            self._enrolments.take_keys(bootstrap.key_lists)
        except XudaError as error:
            if error.code is not ErrorCode.ORGANISATION_KEYS_INVALID:
                raise
            log.error("the organisation's new keys cannot be followed: %s", error)
            return error
        return None

    def _take_settings(self, envelope: Envelope | None, trusted: Mapping[str, bytes]) -> list[Refused]:
        try:
            if envelope is not None:
                self.settings.take(envelope, trusted)
        except XudaError as error:
            return [Refused("settings", error.code.value)]
        return []

    def _seal_roster(self, envelope: Envelope, enrolment: Enrolment, trusted: Mapping[str, bytes]) -> Row | Refused:
        try:
            roster = open_envelope(envelope, Roster, trusted)
        except XudaError as error:
            return Refused("roster", error.code.value)
        if roster.device_id != enrolment.device_id:
            return Refused("roster", ErrorCode.SERVER_MISMATCH.value)
        sealed = seal_value(envelope.to_bytes(), storage_key(self._keystore), _ROSTER_PLACE)
        return {"issued_at": stamp(roster.issued_at), "sealed": sealed}


def _open_kit(row: Row, trusted: Mapping[str, bytes]) -> Kit:
    return open_envelope(Envelope.from_bytes(row["envelope"]), Kit, trusted)


def _save_kit(db: sqlite_utils.Database, envelope: Envelope, trusted: Mapping[str, bytes]) -> Refused | None:
    try:
        kit = open_envelope(envelope, Kit, trusted)
    except XudaError as error:
        return Refused("kit", error.code.value)
    stored = one(db, "SELECT digest, envelope FROM kits WHERE kit_id = ? AND version = ?", kit.kit_id, kit.version)
    content = envelope.to_bytes().decode("utf-8")
    if stored is not None and stored["digest"] != envelope.digest:
        return Refused("kit", ErrorCode.CONFLICT.value, f"{kit.kit_id} {kit.version}")
    if stored is None or stored["envelope"] != content:
        # Also when the version is there: what was damaged on this disk is good again after the next contact.
        values = {"kit_id": kit.kit_id, "version": kit.version, "digest": envelope.digest}
        db.table("kits").insert({**values, "envelope": content}, replace=True)
    return None
