"""A candidate's phone and e-mail address, corrected by hand: a message that was refused can go to the right one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import InvitationRow, Role
from backend.runtime import Runtime
from backend.services import audit, people, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_phone


@dataclass(frozen=True, slots=True)
class Contact:
    """Empty where nothing is known."""

    name: str
    phone: str
    email: str
    batch_id: str


def contact(hr: Runtime, actor: Actor, invitation_id: str) -> Contact:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return _contact(hr, _invitation(session, actor, invitation_id))


def correct(hr: Runtime, actor: Actor, invitation_id: str, *, phone: str, email: str) -> Contact:
    """What is typed takes the place of what was known, in every batch of this candidate.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` phone or email for what is none or when
    nothing would be left by which the candidate is known, CONFLICT with the field for what another candidate of the
    batch has.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    wanted = {
        "phone": _cleaned("phone", clean_phone(phone) if phone.strip() else ""),
        "email": _cleaned("email", clean_email(email.strip()) if email.strip() else ""),
    }
    with hr.db.write() as session, hr.cabinet.together():
        row = _invitation(session, actor, invitation_id)
        id_number = people.candidate_value(hr, row.candidate, "id_number") or ""
        if not any((*wanted.values(), id_number)):
            raise XudaError(ErrorCode.SETTING_INVALID, field="phone")
        for column, value in wanted.items():
            if value and _taken(hr, session, row, column, value):
                raise XudaError(ErrorCode.CONFLICT, field=column)
        before = _contact(hr, row)
        people.seal_candidate(
            hr,
            row.candidate,
            name=before.name,
            id_number=id_number,
            extra=people.candidate_value(hr, row.candidate, "extra") or "",
            **wanted,
        )
        row.changed_at = hr.now()
        changed = [column for column, value in wanted.items() if value != getattr(before, column)]
        audit.record(session, hr.now(), actor, "correct_contact", f"invitation:{row.id}", changed=changed)
        return _contact(hr, row)


def _cleaned(field: str, value: str | None) -> str:
    if value is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field=field)
    return value


def _taken(hr: Runtime, session: Session, row: InvitationRow, column: str, value: str) -> bool:
    others = set(people.find_candidates(hr, column, value)) - {row.candidate_id}
    same = select(InvitationRow.id).where(InvitationRow.batch_id == row.batch_id)
    return session.scalar(same.where(InvitationRow.candidate_id.in_(others)).limit(1)) is not None


def _invitation(session: Session, actor: Actor, invitation_id: str) -> InvitationRow:
    row = session.scalar(scope.invitations(actor).where(InvitationRow.id == invitation_id))
    if row is None or not row.candidate.name_sealed:
        raise XudaError(ErrorCode.NOT_FOUND, field="invitation")
    return row


def _contact(hr: Runtime, row: InvitationRow) -> Contact:
    phone, email = (people.candidate_value(hr, row.candidate, column) or "" for column in ("phone", "email"))
    return Contact(people.candidate_name(hr, row.candidate), phone, email, row.batch_id)
