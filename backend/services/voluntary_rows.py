"""What candidates choose to say about themselves, so that it can be told whether groups fare alike.

Kept apart from everything people judge by: sealed under a key of its own and read by :func:`tally` alone, which counts
and names nobody. It goes when it is withdrawn (services.voluntary), and with the interview.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.db.candidate_models import VoluntaryRow
from backend.db.models import Interview
from backend.runtime import Runtime
from contract.errors import ErrorCode, XudaError

# of each group as many, and as many outside what was asked for, or it is not shown
FEWEST = 10
_SEVERAL = 500


class Aspect(StrEnum):
    SEX = "sex"
    AGE = "age"
    DISABILITY = "disability"
    MINORITY = "minority"


VALUES: dict[Aspect, tuple[str, ...]] = {
    Aspect.SEX: ("female", "male", "other"),
    Aspect.AGE: ("under_25", "from_25", "from_35", "from_45", "from_55"),
    Aspect.DISABILITY: ("yes", "no"),
    Aspect.MINORITY: ("yes", "no"),
}


def subject(invitation_id: str) -> str:
    """Its own in the cabinet of keys."""
    return f"voluntary:{invitation_id}"


def place(invitation_id: str) -> str:
    return f"voluntary:{invitation_id}"


def forget(session: Session, invitation_ids: Iterable[str]) -> None:
    """Take the rows out in the caller's transaction; :func:`orphans` says whose keys go then."""
    session.execute(delete(VoluntaryRow).where(VoluntaryRow.invitation_id.in_(list(invitation_ids))))


def orphans(session: Session, interview_id: str) -> list[str]:
    """Subjects to destroy after an interview was deleted: that of its invitation where nothing is kept of it."""
    row = session.get_one(Interview, interview_id)
    if row.invitation_id is None or session.get(VoluntaryRow, row.invitation_id) is not None:
        return []
    return [subject(row.invitation_id)]


def forget_unreadable(session: Session, known: Collection[str]) -> None:
    """After a restore: what was erased since the backup. ``known``: subjects that have a key."""
    ids = session.scalars(select(VoluntaryRow.invitation_id))
    forget(session, [name for name in ids if subject(name) not in known])


def tally(
    hr: Runtime, session: Session, chosen: Mapping[str, bool], others: Collection[str] = ()
) -> dict[Aspect, dict[str, tuple[int, int]]]:
    """Aspect -> group -> people, and how many of them were chosen. ``chosen``: invitation -> whether that one was.

    ``others``: those whom a filter leaves out. A group is shown with :data:`FEWEST` people or more, and where those of
    it whom the filter leaves out are as many, or none: otherwise two looks with and without the filter would tell of
    single people. For the same reason answers count from the Monday after they were given.
    """
    made: dict[Aspect, dict[str, tuple[int, int]]] = {}
    left_out: dict[tuple[Aspect, str], int] = {}
    wanted = {*chosen, *others}
    for invitation_id, given in _opened(hr, session, _last_monday(hr.now())):
        if invitation_id not in wanted:
            continue
        for name, value in given.items():
            aspect = Aspect(name)
            if invitation_id in chosen:
                people, taken = made.setdefault(aspect, {}).get(value, (0, 0))
                made[aspect][value] = people + 1, taken + chosen[invitation_id]
            else:
                left_out[aspect, value] = left_out.get((aspect, value), 0) + 1
    shown = {
        aspect: {
            value: groups[value]
            for value in VALUES[aspect]
            if value in groups
            and groups[value][0] >= FEWEST
            and (not left_out.get((aspect, value)) or left_out[aspect, value] >= FEWEST)
        }
        for aspect, groups in made.items()
    }
    return {aspect: shown[aspect] for aspect in Aspect if len(shown.get(aspect, {})) > 1}


def _opened(hr: Runtime, session: Session, before: datetime) -> Iterator[tuple[str, dict[str, str]]]:
    rows = session.execute(
        select(VoluntaryRow.invitation_id, VoluntaryRow.answers_sealed).where(VoluntaryRow.answered_at < before)
    ).all()
    for start in range(0, len(rows), _SEVERAL):
        some = rows[start : start + _SEVERAL]
        with hr.cabinet.ahead(subject(name) for name, _ in some):
            for name, sealed in some:
                try:
                    yield name, json.loads(hr.cabinet.open(subject(name), sealed, place(name)))
                except XudaError as error:
                    if error.code is not ErrorCode.KEY_DESTROYED:
                        raise


def _last_monday(now: datetime) -> datetime:
    here = now.astimezone()
    return (here - timedelta(days=here.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
