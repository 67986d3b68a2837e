"""The time that deletions by retention go by: a clock that has jumped deletes nothing early.

The server notes its time every hour. A time more than a day after the last one noted may be a jump of the clock or a
server that was switched off; only a person can tell, so nothing is deleted by time until one has confirmed it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import AuditRow, Role
from backend.runtime import Runtime
from backend.services import audit, facts, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

LONGEST_STEP = timedelta(days=1)
FACT = "trusted_time"


def note(hr: Runtime) -> datetime | None:
    """Note the time if it follows on the last one noted; the time to go by, None while it has to be confirmed.

    A clock that was set back changes nothing: what was due at the last time noted stays due.
    """
    now = hr.now()
    with hr.db.write() as session:
        known = last_noted(session)
        if known is not None and now - known > LONGEST_STEP:
            return None
        if known is None or now > known:
            facts.put_time(session, FACT, now)
            return now
        return known


def trusted(hr: Runtime) -> datetime:
    """Raises XudaError(CLOCK_JUMPED) with the last time noted."""
    found = note(hr)
    if found is None:
        with hr.db.read() as session:
            known = last_noted(session)
        raise XudaError(ErrorCode.CLOCK_JUMPED, date=str(known)[:16], server_time=str(hr.now())[:16])
    return found


def confirm(hr: Runtime, actor: Actor) -> None:
    """A person says that the clock is right now."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        now, known = hr.now(), last_noted(session)
        facts.put_time(session, FACT, now)
        audit.record(session, now, actor, "confirm_clock", "server", before=str(known)[:19])


def last_noted(session: Session) -> datetime | None:
    """The last time noted; in a database that never noted one, that of its newest audit row."""
    noted = facts.get_time(session, FACT)
    return noted if noted is not None else session.scalar(select(func.max(AuditRow.at)))
