"""The organisation's public keys as the database has them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import OrganisationKeyRow
from contract.keylist import KeyUse, OrganisationKey


def published(session: Session) -> list[OrganisationKey]:
    """By use and epoch."""
    query = select(OrganisationKeyRow).order_by(OrganisationKeyRow.use, OrganisationKeyRow.epoch)
    return [
        OrganisationKey(
            use=KeyUse(row.use),
            epoch=row.epoch,
            public=row.public,
            since=row.since,
            superseded_at=row.superseded_at,
            accepted_until=row.accepted_until,
            revoked_at=row.revoked_at,
        )
        for row in session.scalars(query)
    ]
