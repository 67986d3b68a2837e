"""What people say to the forecast's proposals: a requisition is drafted, or the proposal is dismissed with a reason."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.growth_models import ForecastWord
from backend.db.models import Role, new_id
from backend.runtime import Runtime
from backend.services import audit, facts, forecast, positions, requisitions, scope
from backend.services.actor import Actor
from backend.services.forecast import HEADS_FACT, Line
from backend.services.requisition_states import ASKERS
from backend.services.requisitions import LONGEST_WORDS, Wish
from contract.errors import ErrorCode, XudaError


def ask(hr: Runtime, actor: Actor, wish: Wish) -> str:
    """Id of the draft of a requisition for a position with a proposal; the person may ask for another number.

    Raises as :func:`requisitions.ask`, FORBIDDEN with ``field`` forecast for a head to whom it is not shown, CONFLICT
    with ``field`` proposal when nothing is proposed any more.
    """
    scope.require(actor, *ASKERS)
    with hr.db.write() as session:
        line = _proposal(hr, session, actor, wish.position_id)
        made = requisitions.draft(hr, session, actor, wish)
        _end(hr, session, wish.position_id)
        session.add(_word(hr, actor, line, "asked", wish.wanted, requisition_id=made))
        detail = {"requisition": made, "wanted": wish.wanted, "proposed": line.total}
        audit.record(session, hr.now(), actor, "forecast_asked", f"position:{wish.position_id}", **detail)
        return made


def dismiss(hr: Runtime, actor: Actor, position_id: str, reason: str) -> None:
    """Set the proposal aside for :data:`forecast.ASIDE`, or until more people are proposed.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` words, CONFLICT as :func:`ask`.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    words = reason.strip()
    if not words or len(words) > LONGEST_WORDS:
        raise XudaError(ErrorCode.SETTING_INVALID, field="words")
    with hr.db.write() as session:
        line = _proposal(hr, session, actor, position_id)
        _end(hr, session, position_id)
        row = _word(hr, actor, line, "dismissed", line.total)
        row.reason_sealed = hr.vault.seal(words, _place(row.id))
        session.add(row)
        audit.record(session, hr.now(), actor, "forecast_dismissed", f"position:{position_id}", proposed=line.total)


def take_back(hr: Runtime, actor: Actor, position_id: str) -> None:
    """Propose again what was dismissed. Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        positions.found(session, actor, position_id)
        if _end(hr, session, position_id):
            audit.record(session, hr.now(), actor, "forecast_proposed_again", f"position:{position_id}")


def show_to_heads(hr: Runtime, actor: Actor, *, on: bool) -> None:
    """Whether heads of departments see the forecast of theirs. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.write() as session:
        facts.put(session, HEADS_FACT, on)
        audit.record(session, hr.now(), actor, "forecast_for_heads", "forecast", shown=on)


def reason(hr: Runtime, row: ForecastWord) -> str:
    """Why it was dismissed."""
    return hr.vault.open(row.reason_sealed, _place(row.id)) if row.reason_sealed else ""


def _proposal(hr: Runtime, session: Session, actor: Actor, position_id: str) -> Line:
    """As it is now: the position is held, so that two people do not take up the same proposal."""
    positions.found(session, actor, position_id, lock=True)
    found = forecast.taken(session, hr.now(), actor)
    line = next((line for line in found.lines if line.position.id == position_id), None)
    if line is None or not line.total:
        raise XudaError(ErrorCode.CONFLICT, field="proposal")
    return line


def _word(
    hr: Runtime, actor: Actor, line: Line, said: str, wanted: int, *, requisition_id: str | None = None
) -> ForecastWord:
    row = ForecastWord(id=new_id(), position_id=line.position.id, said=said, wanted=wanted)
    row.requisition_id, row.said_by, row.said_at = requisition_id, actor.username, hr.now()
    return row


def _end(hr: Runtime, session: Session, position_id: str) -> bool:
    """Whether a dismissal was ended by it."""
    open_ones = ForecastWord.position_id == position_id, ForecastWord.ended_at.is_(None)
    aside = select(ForecastWord.id).where(*open_ones, ForecastWord.said == "dismissed")
    ids = session.scalars(aside).all()
    session.execute(update(ForecastWord).where(ForecastWord.id.in_(ids)).values(ended_at=hr.now()))
    return bool(ids)


def _place(word_id: str) -> str:
    return f"forecast word:{word_id}"
