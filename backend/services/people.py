"""Candidates' personal values: sealed under the candidate's storage key, each bound to its column."""

from __future__ import annotations

from backend.cabinet import candidate_subject
from backend.db.models import Candidate
from backend.runtime import Runtime

_COLUMNS = ("phone", "email", "id_number", "extra")


def candidate_name(hr: Runtime, candidate: Candidate) -> str:
    """Empty once the person's data have been erased."""
    sealed = candidate.name_sealed
    return hr.cabinet.open(candidate_subject(candidate.id), sealed, "name") if sealed else ""


def candidate_value(hr: Runtime, candidate: Candidate, column: str) -> str | None:
    """``column``: phone, email, id_number or extra (a JSON object); None when it was not given."""
    sealed: str | None = getattr(candidate, f"{column}_sealed")
    return None if sealed is None else hr.cabinet.open(candidate_subject(candidate.id), sealed, column)


def seal_candidate(
    hr: Runtime,
    candidate: Candidate,
    *,
    name: str,
    phone: str = "",
    email: str = "",
    id_number: str = "",
    extra: str = "",
) -> None:
    """Fill the sealed columns and remember the look-up hashes; ``candidate.id`` must be set."""
    subject = candidate_subject(candidate.id)
    candidate.name_sealed = hr.cabinet.seal(subject, name, "name")
    for column, value in zip(_COLUMNS, (phone, email, id_number, extra), strict=True):
        setattr(candidate, f"{column}_sealed", hr.cabinet.seal(subject, value, column) if value else None)
    known = {"name": _folded(name), "phone": phone, "email": email, "id_number": id_number}
    hr.cabinet.remember(
        subject, [(column, hr.vault.keyed_hash(value, column)) for column, value in known.items() if value]
    )


def find_named(hr: Runtime, name: str) -> list[str]:
    """Ids of candidates of exactly this name, in large or small letters."""
    return find_candidates(hr, "name", _folded(name))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def identifiers(hr: Runtime, candidate: Candidate) -> list[tuple[str, str]]:
    """Look-up hashes of what tells the person from others: pairs of kind and hash."""
    given = ((column, candidate_value(hr, candidate, column)) for column in ("phone", "email", "id_number"))
    return [(column, hr.vault.keyed_hash(value, column)) for column, value in given if value]


def candidate_of(subject: str) -> str:
    return subject.removeprefix(candidate_subject(""))


def find_candidates(hr: Runtime, column: str, value: str) -> list[str]:
    """Ids of candidates with this phone, e-mail address or ID number; some may never have been stored."""
    found = hr.cabinet.find(column, hr.vault.keyed_hash(value, column))
    return [candidate_of(subject) for subject in found]
