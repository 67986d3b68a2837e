"""Which learned model counts: published by a person with a reason, rolled back the same way, never by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import LearnedModel, ModelPublication, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from backend.services.score_models import ModelState, current, embedders, found, named, open_row, target
from contract.errors import ErrorCode, XudaError

LONGEST_REASON = 1000
_MOST_LISTED = 200


class Verdict(StrEnum):
    """What a model's comparison says of it beside what counts now. ``STALE``: something else counts meanwhile."""

    BETTER = "better"
    ALIKE = "alike"
    WORSE = "worse"
    UNKNOWN = "unknown"
    STALE = "stale"

    @classmethod
    def safe(cls) -> frozenset[Verdict]:
        return frozenset({cls.BETTER, cls.ALIKE})


@dataclass(frozen=True, slots=True)
class PublicationView:
    """``model_id`` None: from then on the rubric alone."""

    language: str
    model_id: str | None
    at: datetime
    by: str
    anyway: bool
    reason: str


def publish(hr: Runtime, actor: Actor, model_id: str, reason: str, *, anyway: bool = False) -> None:
    """From now on answers of its language are scored with it. The caller asks for a fresh one-time code before.

    Raises XudaError(FORBIDDEN | NOT_FOUND), SETTING_INVALID with ``field`` reason, ILLEGAL_STATE with ``field`` model
    for the one that counts already, ASSESSMENT_MODEL where its model of meaning is not here, and CONFLICT with
    ``field`` verdict where it is worse than what counts now, or was not compared with it, unless ``anyway``.
    """
    _publish(hr, actor, model_id, reason, anyway=anyway, back=False)


def roll_back(hr: Runtime, actor: Actor, language: str, model_id: str | None, reason: str) -> None:
    """An earlier model of the language counts again; None: the rubric alone. It was compared when it was published.

    Raises as :func:`publish`; ILLEGAL_STATE also for a model that never was published.
    """
    if model_id is not None:
        _publish(hr, actor, model_id, reason, anyway=False, back=True, language=language)
        return
    words = _reason(actor, reason)
    with hr.db.write() as session:
        row = current(session, language)
        if row is None:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="model")
        _retire(hr, row)
        _note(hr, session, actor, language, None, words, anyway=False)
        audit.record(session, hr.now(), actor, "retire_model", target(row.id), **named(row))


def _publish(
    hr: Runtime, actor: Actor, model_id: str, reason: str, *, anyway: bool, back: bool, language: str | None = None
) -> None:
    words = _reason(actor, reason)
    with hr.db.write() as session:
        row = found(session, model_id)
        if back and (row.state != ModelState.RETIRED or row.language != language):
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="model")
        before = current(session, row.language)
        if before is row:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="model")
        _check_meaning(hr, session, row)
        verdict = verdict_of(row, before)
        if not back and verdict not in Verdict.safe() and not anyway:
            raise XudaError(ErrorCode.CONFLICT, field="verdict", value=verdict.value)
        if before is not None:
            _retire(hr, before)
            session.flush()
        row.state, row.published_at, row.published_by = ModelState.PUBLISHED.value, hr.now(), actor.username
        _note(hr, session, actor, row.language, row, words, anyway=anyway)
        action = "roll_back_model" if back else "publish_model"
        replaced = before.sha256[:12] if before else ""
        detail = {**named(row), "replaces": replaced, "verdict": verdict.value, "anyway": anyway}
        audit.record(session, hr.now(), actor, action, target(row.id), **detail)


def verdict_of(row: LearnedModel, before: LearnedModel | None) -> Verdict:
    """``before``: the model that counts now."""
    if not row.comparison:
        return Verdict.UNKNOWN
    if row.comparison["against"] != (before.sha256 if before else None):
        return Verdict.STALE
    return Verdict(row.comparison["verdict"])


def verdict(hr: Runtime, model_id: str) -> Verdict:
    """As :func:`verdict_of`, now. Raises XudaError(NOT_FOUND)."""
    with hr.db.read() as session:
        row = found(session, model_id)
        return verdict_of(row, current(session, row.language))


def _reason(actor: Actor, reason: str) -> str:
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise XudaError(ErrorCode.SETTING_INVALID, field="reason")
    return words


def _check_meaning(hr: Runtime, session: Session, row: LearnedModel) -> None:
    wanted = open_row(hr, session, row).card.embeddings
    here = embedders(hr).of(row.language)
    if wanted != (here.name if here else None):
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=wanted or "-")


def _retire(hr: Runtime, row: LearnedModel) -> None:
    row.state, row.retired_at = ModelState.RETIRED.value, hr.now()


def _note(
    hr: Runtime, session: Session, actor: Actor, language: str, row: LearnedModel | None, reason: str, *, anyway: bool
) -> None:
    noted = ModelPublication(
        id=new_id(), language=language, model_id=row.id if row else None, at=hr.now(), by=actor.username, anyway=anyway
    )
    noted.reason_sealed = hr.vault.seal(reason, _place(noted.id))
    session.add(noted)


def publications(hr: Runtime, actor: Actor, language: str | None = None) -> list[PublicationView]:
    """The newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    query = select(ModelPublication).order_by(ModelPublication.at.desc(), ModelPublication.id).limit(_MOST_LISTED)
    with hr.db.read() as session:
        rows = session.scalars(query.where(ModelPublication.language == language) if language else query)
        return [
            PublicationView(
                row.language,
                row.model_id,
                row.at,
                row.by,
                row.anyway,
                hr.vault.open(row.reason_sealed, _place(row.id)),
            )
            for row in rows
        ]


def _place(publication_id: str) -> str:
    return f"model publication:{publication_id}"
