"""Who may adjust interviews here, and which of their tokens were used: from the roster and the settings table."""

from __future__ import annotations

from collections.abc import Callable

from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.query import one
from contract import adjusting
from contract.adjusting import Grant
from contract.canonical import b64decode
from contract.errors import ErrorCode, XudaError
from contract.invitation import Delegation, Roster
from contract.keys import key_id

_USED = "adjusted:"


def used_name(nonce: str) -> str:
    """Name of the settings row that is written in one transaction with the event of a token."""
    return _USED + nonce


class AdjustmentBook:
    """See ``app.interview.store.AdjustmentBook``. ``roster`` gives the newest one, verified."""

    def __init__(
        self, database: Database, enrolments: EnrolmentRepository, roster: Callable[[], Roster | None]
    ) -> None:
        self._database = database
        self._enrolments = enrolments
        self._roster = roster

    def delegations(self) -> list[Delegation]:
        roster = self._roster()
        return roster.delegations if roster else []

    def signers(self) -> dict[str, bytes]:
        """Of staff, of this device's panel where HR allows it, and of the organisation."""
        enrolment = self._enrolments.need()
        found = {key_id(public): public for public in (b64decode(d.public_key) for d in self.delegations())}
        return {**enrolment.organisation_keys, **found}

    def panel(self) -> Delegation | None:
        enrolment = self._enrolments.load()
        own = None if enrolment is None else enrolment.device_id
        return next((d for d in self.delegations() if d.device_id is not None and d.device_id == own), None)

    def sign(self, grant: Grant, subject: str) -> str:
        if self.panel() is None:
            raise XudaError(ErrorCode.ADJUSTMENT_SIGNER)
        return adjusting.issue(grant, subject, self._enrolments.need().device_key)

    def used(self, nonce: str) -> bool:
        sql = "SELECT 1 FROM settings WHERE name = ?"
        return self._database.call(lambda db: one(db, sql, used_name(nonce))) is not None
