"""Inviting one person, as a program of the organisation does it."""

from __future__ import annotations

from sqlalchemy import select

from backend.db.models import Batch, InvitationRow, Role
from backend.runtime import Runtime
from backend.services import audit, candidates, people, scope
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.feed_models import InvitedItem
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_id_number, clean_name, clean_phone


def cleaned(person: Person) -> Person:
    """Raises XudaError(SETTING_INVALID) with the ``field`` that is none, or phone when nothing tells who it is."""
    name = clean_name(person.name)
    if name is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="name")
    values = {}
    for field, clean in (("phone", clean_phone), ("email", clean_email), ("id_number", clean_id_number)):
        given = getattr(person, field).strip()
        value = clean(given) if given else ""
        if value is None:
            raise XudaError(ErrorCode.SETTING_INVALID, field=field)
        values[field] = value
    if not any(values.values()):
        raise XudaError(ErrorCode.SETTING_INVALID, field="phone")
    return Person(name, **values, extra=person.extra)


def invite_one(hr: Runtime, actor: Actor, batch_id: str, person: Person) -> InvitedItem:
    """Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field``, CONFLICT with the ``field`` that
    somebody in the batch has."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    wanted = cleaned(person)
    with hr.db.write() as session, hr.cabinet.together():
        batch = session.scalar(scope.batches(actor).where(Batch.id == batch_id))
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        for column, value in wanted.identifiers:
            same = InvitationRow.candidate_id.in_(people.find_candidates(hr, column, value))
            query = select(InvitationRow.id).where(InvitationRow.batch_id == batch_id, same)
            if session.scalar(query.limit(1)) is not None:
                raise XudaError(ErrorCode.CONFLICT, field=column)
        row = candidates.invite(hr, session, batch, wanted)
        audit.record(session, hr.now(), actor, "import", f"batch:{batch_id}", imported=1, refused=0)
        return InvitedItem(invitation_id=row.id, candidate_id=row.candidate_id, code=row.code, link=row.token)
