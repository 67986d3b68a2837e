"""Candidates' personal values: sealed under the server's data key, each bound to its row and column."""

from __future__ import annotations

from backend.db.models import Candidate
from backend.runtime import Runtime


def _context(candidate_id: str, column: str) -> str:
    return f"candidate:{candidate_id}:{column}"


def candidate_name(hr: Runtime, candidate: Candidate) -> str:
    """Empty once the person's data have been erased."""
    return hr.vault.open(candidate.name_sealed, _context(candidate.id, "name")) if candidate.name_sealed else ""


def candidate_value(hr: Runtime, candidate: Candidate, column: str) -> str | None:
    """``column``: phone, email, id_number or extra (a JSON object); None when it was not given."""
    sealed: str | None = getattr(candidate, f"{column}_sealed")
    return None if sealed is None else hr.vault.open(sealed, _context(candidate.id, column))


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
    """Fill the sealed and hashed columns; ``candidate.id`` must be set."""
    candidate.name_sealed = hr.vault.seal(name, _context(candidate.id, "name"))
    for column, value in {"phone": phone, "email": email, "id_number": id_number, "extra": extra}.items():
        sealed = hr.vault.seal(value, _context(candidate.id, column)) if value else None
        setattr(candidate, f"{column}_sealed", sealed)
        if column != "extra":
            setattr(candidate, f"{column}_hash", hr.vault.keyed_hash(value, column) if value else None)
