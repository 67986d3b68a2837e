"""Candidates from a table into a batch: good rows get an invitation, bad ones a line in the report; none is lost."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Batch, Candidate, InvitationRow, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, columns, people, scope
from backend.services.actor import Actor
from backend.services.table_file import Choice, Row, Table
from contract import invitation as invitations
from contract.errors import ErrorCode, XudaError
from contract.identifiers import clean_email, clean_id_number, clean_name, clean_phone
from contract.invitation import Adjustments

_CLEANERS: dict[str, Callable[[str], str | None]] = {
    "phone": clean_phone,
    "email": clean_email,
    "id_number": clean_id_number,
}


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    phone: str = ""
    email: str = ""
    id_number: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def identifiers(self) -> list[tuple[str, str]]:
        """(column, value) of what tells this person from others."""
        pairs = [("phone", self.phone), ("email", self.email), ("id_number", self.id_number)]
        return [(column, value) for column, value in pairs if value]


@dataclass(frozen=True, slots=True)
class Imported:
    """``row`` as a spreadsheet counts (the header is 1)."""

    row: int
    candidate_id: str
    invitation_id: str
    code: str
    token: str


@dataclass(frozen=True, slots=True)
class RowProblem:
    """``problem``: missing, malformed, duplicate, invited (already in the batch), unreadable, rounded or formula (see
    :class:`backend.services.workbook.Line`). ``field`` is the header as the file has it; ``other_row`` the row that has
    the same value."""

    row: int
    field: str
    problem: str
    other_row: int | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    encoding: str
    imported: list[Imported]
    problems: list[RowProblem]


def import_candidates(
    hr: Runtime, actor: Actor, batch_id: str, data: bytes, chosen: Choice | None = None
) -> ImportReport:
    """Invite the people of a table to a batch, all good rows in one transaction.

    ``chosen``: which column is what, by hand; it is remembered for the next table with the same header.
    Raises XudaError(NOT_FOUND) for the batch, FILE_ENCODING | TABLE_UNREADABLE | TOO_LARGE | ROW_INVALID when the table
    as such cannot be read.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    table = columns.read(hr, data, chosen)
    imported: list[Imported] = []
    problems: list[RowProblem] = []
    with hr.db.write() as session, hr.cabinet.together():
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="batch")
        taken: dict[tuple[str, str], int] = {}
        for row in table.rows:
            person = _person(table, row)
            found = (
                person if isinstance(person, RowProblem) else _clash(hr, session, table, batch_id, row, person, taken)
            )
            if found is not None:
                problems.append(found)
                continue
            assert isinstance(person, Person)
            taken.update(dict.fromkeys(person.identifiers, row.number))
            invited = invite(hr, session, batch, person)
            imported.append(Imported(row.number, invited.candidate_id, invited.id, invited.code, invited.token))
        audit.record(
            session, hr.now(), actor, "import", f"batch:{batch_id}", imported=len(imported), refused=len(problems)
        )
    return ImportReport(table.encoding, imported, problems)


def invite(
    hr: Runtime, session: Session, batch: Batch, person: Person, adjustments: Adjustments | None = None
) -> InvitationRow:
    """An invitation for a person, in the caller's transaction."""
    now = hr.now()
    candidate = _candidate(hr, session, person, now)
    name = new_id()
    right = invitations.Invitation(name, batch.id, batch.kit_id, batch.not_before, batch.not_after)
    row = InvitationRow(
        id=name,
        batch_id=batch.id,
        candidate_id=candidate.id,
        code=new_code(session),
        token=invitations.issue(right, hr.vault.sign_key),
        adjustments=(adjustments or Adjustments()).model_dump(mode="json"),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _person(table: Table, row: Row) -> Person | RowProblem:
    if row.problem is not None:
        return RowProblem(row.number, *row.problem)
    name = clean_name(row.values.get("name", ""))
    if name is None:
        return RowProblem(row.number, table.headers["name"], "malformed" if row.values.get("name") else "missing")
    cleaned: dict[str, str] = {}
    for column, clean in _CLEANERS.items():
        given = row.values.get(column, "")
        value = clean(given) if given else ""
        if value is None:
            return RowProblem(row.number, table.headers[column], "malformed")
        cleaned[column] = value
    if not any(cleaned.values()):
        return RowProblem(row.number, _contact_column(table), "missing")
    known = {"name", *_CLEANERS}
    extra = {column: value for column, value in row.values.items() if column not in known and value}
    return Person(name, **cleaned, extra=extra)


def _contact_column(table: Table) -> str:
    return next((table.headers[column] for column in _CLEANERS if column in table.headers), "phone")


def _clash(
    hr: Runtime,
    session: Session,
    table: Table,
    batch_id: str,
    row: Row,
    person: Person,
    taken: dict[tuple[str, str], int],
) -> RowProblem | None:
    for column, value in person.identifiers:
        if (column, value) in taken:
            return RowProblem(row.number, table.headers[column], "duplicate", taken[column, value])
    for column, value in person.identifiers:
        same = InvitationRow.candidate_id.in_(people.find_candidates(hr, column, value))
        query = select(InvitationRow.id).where(InvitationRow.batch_id == batch_id, same)
        if session.scalar(query.limit(1)) is not None:
            return RowProblem(row.number, table.headers[column], "invited")
    return None


def _candidate(hr: Runtime, session: Session, person: Person, now: datetime) -> Candidate:
    """The same person from an earlier batch, completed by what is new; else a new row."""
    for known in _alike(hr, session, person):
        merged = _merged(_read(hr, known), person)
        if merged is not None:
            _seal(hr, known, merged)
            return known
    candidate = Candidate(id=new_id(), created_at=now)
    _seal(hr, candidate, person)
    session.add(candidate)
    session.flush()
    return candidate


def _alike(hr: Runtime, session: Session, person: Person) -> Sequence[Candidate]:
    found = {name for column, value in person.identifiers for name in people.find_candidates(hr, column, value)}
    query = select(Candidate).where(Candidate.id.in_(found)).order_by(Candidate.created_at, Candidate.id)
    return session.scalars(query).all() if found else ()


def _merged(known: Person, new: Person) -> Person | None:
    """Both together; None when they contradict each other, and so are two people."""
    values: dict[str, str] = {}
    for column in _CLEANERS:
        old, given = getattr(known, column), getattr(new, column)
        if old and given and old != given:
            return None
        values[column] = given or old
    return Person(new.name, **values, extra={**known.extra, **new.extra}) if known.name == new.name else None


def _read(hr: Runtime, candidate: Candidate) -> Person:
    values = {column: people.candidate_value(hr, candidate, column) or "" for column in _CLEANERS}
    extra = json.loads(people.candidate_value(hr, candidate, "extra") or "{}")
    return Person(people.candidate_name(hr, candidate), **values, extra=extra)


def _seal(hr: Runtime, candidate: Candidate, person: Person) -> None:
    people.seal_candidate(
        hr,
        candidate,
        name=person.name,
        phone=person.phone,
        email=person.email,
        id_number=person.id_number,
        extra=json.dumps(person.extra, ensure_ascii=False) if person.extra else "",
    )


def new_code(session: Session) -> str:
    """An invitation code that nobody has."""
    while True:
        code = invitations.new_code(secrets.token_bytes(5))
        if session.scalar(select(InvitationRow.id).where(InvitationRow.code == code)) is None:
            return code
