"""Adjustments that staff give on the spot: checked without a network, recorded as an event, in force at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from app.interview import drafts
from app.interview.ports import Clock
from app.interview.store import Admission, EventDraft, InterviewRow, InterviewStore, Shelf
from contract import adjusting
from contract.adjusting import NONCE_SIZE, AdjustmentReason, Grant
from contract.canonical import b64decode
from contract.errors import ErrorCode, XudaError
from contract.events import AdjustedSealed, EventType
from contract.invitation import Adjustments, Delegation, Invitation, RosterEntry, read
from contract.keys import key_id

_PANEL_VALID = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A token that holds. ``delegation`` is None when the organisation itself has signed."""

    grant: Grant
    token: str
    subject: str
    delegation: Delegation | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Whose interview it is about."""

    invitation_id: str
    batch_id: str
    code: str

    @classmethod
    def admitted(cls, admission: Admission) -> Candidate:
        return cls._of(admission.invitation, admission.entry)

    @classmethod
    def of_row(cls, row: InterviewRow, entry: RosterEntry | None, keys: dict[str, bytes]) -> Candidate:
        """``entry``: its line of the roster, None when that does not hold it any more."""
        if entry is None:
            return cls(row.invitation_id, "", "")
        try:
            return cls._of(read(entry.token, keys), entry)
        except XudaError:  # signed with a key that counts no more: the interview goes on all the same
            return cls(row.invitation_id, "", entry.code)

    @classmethod
    def _of(cls, invitation: Invitation, entry: RosterEntry | None) -> Candidate:
        return cls(invitation.invitation_id, invitation.batch_id, entry.code if entry else "")

    @property
    def subjects(self) -> list[str]:
        found = [adjusting.subject_of_invitation(self.invitation_id)]
        return [*found, adjusting.subject_of_code(self.code)] if self.code else found


class AdjustingDesk:
    """Checks what staff give; the caller records it."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    def check(self, token: str, candidate: Candidate) -> Accepted:
        """Raises XudaError(ADJUSTMENT_INVALID | ADJUSTMENT_SIGNER | ADJUSTMENT_OTHER | ADJUSTMENT_EXPIRED |
        ADJUSTMENT_USED | ADJUSTMENT_LIMIT)."""
        book = self._shelf.adjustments
        found = adjusting.read(token, candidate.subjects, book.signers())
        delegation = self._delegation(found.signer)
        now = self._shelf.server_time() or self._clock.now()
        if delegation is not None:
            # as with invitations, doubt about the time is on the candidate's side
            latest = self._shelf.latest_time() or now
            if max(now, latest) < delegation.not_before or now >= delegation.not_after:
                raise XudaError(ErrorCode.ADJUSTMENT_SIGNER)
        if now > found.grant.expires_at:
            raise XudaError(ErrorCode.ADJUSTMENT_EXPIRED, date=found.grant.expires_at.isoformat())
        if book.used(found.grant.nonce):
            raise XudaError(ErrorCode.ADJUSTMENT_USED)
        if delegation is not None and not delegation.covers(found.grant.adjustments, candidate.batch_id):
            raise XudaError(ErrorCode.ADJUSTMENT_LIMIT)
        return Accepted(found.grant, token, found.subject, delegation)

    def give_here(self, adjustments: Adjustments, reason: AdjustmentReason, candidate: Candidate) -> Accepted:
        """From the staff panel of this device, signed with its own key. Raises as :meth:`check`."""
        panel = self._shelf.adjustments.panel()
        if panel is None:
            raise XudaError(ErrorCode.ADJUSTMENT_SIGNER)
        if adjustments == Adjustments() or not panel.covers(adjustments, candidate.batch_id):
            raise XudaError(ErrorCode.ADJUSTMENT_LIMIT)
        now = self._shelf.server_time() or self._clock.now()
        grant = Grant(adjustments, reason, now + _PANEL_VALID, secrets.token_bytes(NONCE_SIZE).hex())
        return self.check(self._shelf.adjustments.sign(grant, candidate.subjects[0]), candidate)

    def _delegation(self, signer: str) -> Delegation | None:
        """None for the organisation's own key."""
        for found in self._shelf.adjustments.delegations():
            if key_id(b64decode(found.public_key)) == signer:
                return found
        return None


def draft(accepted: Accepted) -> EventDraft:
    return drafts.adjusted(accepted.grant, accepted.token, accepted.subject, accepted.delegation)


def given(store: InterviewStore, rows: Iterable[InterviewRow]) -> Adjustments:
    """What staff gave in these interviews, as far as it can still be opened here."""
    found = Adjustments()
    for row in rows:
        for event in store.events(row.interview_id):
            if event.kind is not EventType.ADJUSTED:
                continue
            sealed = cast(AdjustedSealed | None, store.open_sealed(event, AdjustedSealed))
            if sealed is not None:
                found = found.merged(
                    Adjustments(
                        time_factor=sealed.time_factor, extra_takes=sealed.extra_takes, answer_as=sealed.answer_as
                    )
                )
    return found
