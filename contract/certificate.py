"""Deletion certificate: what was deleted of an interview, when, and on whose request. It holds no personal data."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from contract.envelope import SignedDocument, WireModel
from contract.events import ObjectRef
from contract.numbers import Count


class Requester(StrEnum):
    """Who asked for a deletion. ``RETENTION``: nobody, the time the candidate was told has passed."""

    CANDIDATE = "candidate"
    HR = "hr"
    ADMINISTRATOR = "administrator"
    RETENTION = "retention"


class DeletionState(StrEnum):
    """``HELD``: a legal hold delays the deletion; until it is lifted the data are kept sealed and nobody opens them."""

    REQUESTED = "requested"
    HELD = "held"
    DONE = "done"


class DeletionProgress(WireModel):
    """Where a deletion stands that has no certificate yet."""

    interview_id: str
    state: DeletionState
    requested_by: Requester
    requested_at: AwareDatetime


class DeletionCertificate(SignedDocument):
    """Signed by the organisation when the interview's storage key is destroyed and its files are gone.

    ``objects``: the sealed recordings that were deleted. ``records``: rows deleted per kind (events, manifests,
    receipts, decisions, ratings, scorecards, scorecard_changes, scores, comments, share_links, uploads).
    ``candidate_erased``: name, contact data and imported columns of the candidate went with it (False: another
    interview or invitation of the same person still needs them). ``key_backups_end``: from this time on no backup
    holds a key that opens anything of it; None when none ever did.
    """

    certificate_id: str = Field(min_length=1, max_length=64)
    organisation_id: str
    interview_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    requested_by: Requester
    requested_at: AwareDatetime
    deleted_at: AwareDatetime
    objects: list[ObjectRef]
    records: dict[str, Count]
    candidate_erased: bool
    key_backups_end: AwareDatetime | None = None
