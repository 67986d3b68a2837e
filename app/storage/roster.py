"""Looking somebody up in the roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from contract.errors import ErrorCode, XudaError
from contract.invitation import Invitation, Roster, lookup_hash, read
from contract.redo import Redo


def looked_up(text: str, salt: str) -> str:
    try:
        return lookup_hash(text, salt)
    except UnicodeEncodeError as error:
        raise XudaError(ErrorCode.INVITATION_UNKNOWN) from error


def urgency(invitation: Invitation, now: datetime) -> tuple[int, float]:
    """Open ones first (the one that closes soonest), then coming ones, then the one that was over last."""
    if now < invitation.not_before:
        return 1, (invitation.not_before - now).total_seconds()
    if now <= invitation.not_after:
        return 0, (invitation.not_after - now).total_seconds()
    return 2, (now - invitation.not_after).total_seconds()


def redos(roster: Roster | None, trusted: Mapping[str, bytes]) -> dict[str, Redo]:
    """What HR lets be answered again, by invitation."""
    found = ((entry.token, entry.redo) for entry in (roster.entries if roster else ()))
    return {read(token, trusted).invitation_id: redo for token, redo in found if redo is not None}
