"""Signed checkpoints of the audit log: a copy kept elsewhere shows later that the log was cut or written anew."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from contract.envelope import SignedDocument
from contract.numbers import Ordinal


class AuditCheckpoint(SignedDocument):
    """The log had ``rows`` rows, the last with id ``last_id`` and hash ``head`` (hex).

    ``previous``: digest of the checkpoint before, empty for the first.
    """

    organisation_id: str
    rows: Ordinal
    last_id: Ordinal
    head: str = Field(pattern=r"^[0-9a-f]{64}$")
    previous: str
    made_at: AwareDatetime
