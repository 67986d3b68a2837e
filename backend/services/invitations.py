"""Invitations as people hand them out: code, link, QR code."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime

import segno
from sqlalchemy import select

from backend.db.models import InvitationRow
from backend.runtime import Runtime
from backend.services import scope
from backend.services.actor import Actor
from backend.services.people import candidate_name, candidate_value
from contract.errors import ErrorCode, XudaError
from contract.invitation import normalise_code


@dataclass(frozen=True, slots=True)
class InvitationView:
    """``token`` is the ``xuda://`` link itself."""

    invitation_id: str
    batch_id: str
    code: str
    token: str
    candidate: str
    phone: str
    not_before: datetime
    not_after: datetime


def list_invitations(hr: Runtime, actor: Actor, batch_id: str | None = None) -> list[InvitationView]:
    """The living invitations the actor may see, oldest first."""
    query = scope.invitations(actor).order_by(InvitationRow.created_at, InvitationRow.id)
    if batch_id is not None:
        query = query.where(InvitationRow.batch_id == batch_id)
    with hr.db.read() as session:
        return [_view(hr, row) for row in session.scalars(query)]


def by_code(hr: Runtime, actor: Actor, code: str) -> InvitationView:
    """Raises XudaError(INVITATION_UNKNOWN)."""
    with hr.db.read() as session:
        row = session.scalar(scope.invitations(actor).where(InvitationRow.code == normalise_code(code)))
        if row is None:
            raise XudaError(ErrorCode.INVITATION_UNKNOWN)
        return _view(hr, row)


def id_of_code(hr: Runtime, code: str) -> str:
    """Of the living invitation with a code, for whoever types it: the code is the right.

    Raises XudaError(INVITATION_UNKNOWN | INVITATION_INVALID).
    """
    with hr.db.read() as session:
        mine = InvitationRow.code == normalise_code(code), InvitationRow.cancelled_at.is_(None)
        found = session.scalar(select(InvitationRow.id).where(*mine))
    if found is None:
        raise XudaError(ErrorCode.INVITATION_UNKNOWN)
    return found


def qr_svg(token: str) -> bytes:
    """The link as a QR code, an SVG document of its own."""
    target = io.BytesIO()
    segno.make(token, error="m", micro=False).save(target, kind="svg", scale=4, border=4)
    return target.getvalue()


def _view(hr: Runtime, row: InvitationRow) -> InvitationView:
    return InvitationView(
        invitation_id=row.id,
        batch_id=row.batch_id,
        code=row.code,
        token=row.token,
        candidate=candidate_name(hr, row.candidate),
        phone=candidate_value(hr, row.candidate, "phone") or "",
        not_before=row.starts_at,
        not_after=row.ends_at,
    )
