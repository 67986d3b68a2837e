"""Learned models for scoring: kept with their cards; which of them counts is settled in model_publishing.py.

At most one model of a language counts; where none does, the rubric alone scores. What counts is named by the SHA-256
of its file, in score sheets and in every score.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assessment.embeddings import Embedders
from assessment.learned import Model, from_bytes_by_language, to_bytes_by_language
from backend.db.models import LearnedModel, LearnedPiece, Role, new_id
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.canonical import sha256_hex
from contract.errors import ErrorCode, XudaError
from report.scoring import LANGUAGES, Tools

PIECE = 1024 * 1024
_MOST_LISTED = 200


class ModelState(StrEnum):
    """``RETIRED``: was published once, and may be again."""

    CANDIDATE = "candidate"
    PUBLISHED = "published"
    RETIRED = "retired"


class Kind(StrEnum):
    TRAINED = "trained"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Source:
    """What a model was made of. ``until``: the newest rating in it (ISO 8601), empty for an imported one."""

    kind: Kind
    target: str = ""
    until: str = ""
    interviews: int = 0
    raters: int = 0

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Source:
        return cls(**{**stored, "kind": Kind(stored["kind"])})


@dataclass(frozen=True, slots=True)
class ModelView:
    """``card``: assessment.learned.Card as it is stored; ``comparison``: empty before it was compared."""

    model_id: str
    language: str
    sha256: str
    size: int
    state: ModelState
    card: dict[str, Any]
    source: Source
    comparison: dict[str, Any]
    made_by: str
    made_at: datetime
    published_at: datetime | None
    published_by: str | None
    retired_at: datetime | None


# ---- what scores ---------------------------------------------------------------------------------------------------


def published(hr: Runtime, session: Session) -> Tools:
    """The models that count now, opened. Raises XudaError(ASSESSMENT_MODEL) for a file that is damaged."""
    rows = _published(session)
    models = {row.language: open_row(hr, session, row) for row in rows}
    return Tools(models, {row.language: row.sha256 for row in rows}, embedders(hr).of)


def ids(session: Session) -> dict[str, str]:
    """Language -> SHA-256 of the published model's file, as score sheets name it."""
    return {row.language: row.sha256 for row in _published(session)}


def sizes(session: Session, wanted: Collection[str]) -> dict[str, int]:
    """SHA-256 -> bytes of models' files."""
    query = select(LearnedModel.sha256, LearnedModel.size).where(LearnedModel.sha256.in_(wanted))
    return {row.sha256: row.size for row in session.execute(query)}


def model_file(hr: Runtime, sha256: str) -> bytes | None:
    """The file of a model that is published or was; None for any other."""
    with hr.db.read() as session:
        row = session.scalar(
            select(LearnedModel).where(LearnedModel.sha256 == sha256, LearnedModel.state != ModelState.CANDIDATE.value)
        )
        return None if row is None else file_of(session, row.id)


def embedders(hr: Runtime) -> Embedders:
    """The server's models of meaning, opened once."""
    folder = hr.settings.embeddings
    return hr.shelf.take(f"embeddings:{folder or ''}", lambda: Embedders(folder))


def opened(hr: Runtime, session: Session, model_id: str) -> Model:
    """Raises XudaError(NOT_FOUND | ASSESSMENT_MODEL)."""
    return open_row(hr, session, found(session, model_id))


def tools_with(hr: Runtime, session: Session, language: str, model: Model | None) -> Tools:
    """As :func:`published`, with another model for one language, or none."""
    now = published(hr, session)
    models = {tag: one for tag, one in now.models.items() if tag != language}
    return Tools({**models, **({language: model} if model else {})}, now.model_ids, now.embedder)


def _published(session: Session) -> list[LearnedModel]:
    query = select(LearnedModel).where(LearnedModel.state == ModelState.PUBLISHED.value)
    return list(session.scalars(query.order_by(LearnedModel.language)))


def open_row(hr: Runtime, session: Session, row: LearnedModel) -> Model:
    def read() -> Model:
        data = file_of(session, row.id)
        models = from_bytes_by_language(data, row.sha256[:12])
        if sha256_hex(data) != row.sha256 or row.language not in models:
            raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=row.sha256[:12])
        return models[row.language]

    return hr.shelf.take(f"model:{row.language}:{row.sha256}", read)


def file_of(session: Session, model_id: str) -> bytes:
    pieces = select(LearnedPiece.content).where(LearnedPiece.model_id == model_id).order_by(LearnedPiece.number)
    return b"".join(session.scalars(pieces))


# ---- the registry --------------------------------------------------------------------------------------------------


def add(
    hr: Runtime,
    session: Session,
    by: str,
    language: str,
    model: Model,
    source: Source,
    comparison: Mapping[str, Any] | None = None,
) -> LearnedModel:
    """Keep a model as one that may be published; one that is here already is given back as it is.

    In the caller's write transaction, which writes the audit.
    """
    data = to_bytes_by_language({language: model})
    digest = sha256_hex(data)
    same = select(LearnedModel).where(LearnedModel.language == language, LearnedModel.sha256 == digest)
    row = session.scalar(same)
    if row is not None:
        return row
    row = LearnedModel(
        id=new_id(),
        language=language,
        sha256=digest,
        size=len(data),
        card=json.loads(json.dumps(asdict(model.card))),
        source={**asdict(source), "kind": source.kind.value},
        comparison=dict(comparison or {}),
        state=ModelState.CANDIDATE.value,
        made_by=by,
        made_at=hr.now(),
    )
    session.add(row)
    session.flush()
    for number, start in enumerate(range(0, len(data), PIECE)):
        session.add(LearnedPiece(model_id=row.id, number=number, content=data[start : start + PIECE]))
    session.flush()
    return row


def take_in(hr: Runtime, actor: Actor, data: bytes, name: str) -> list[str]:
    """Ids of the models of a file made by ``xuda-hr train``, one for each language; none of them counts yet.

    Raises XudaError(FORBIDDEN), ASSESSMENT_MODEL for anything else than such a file, SETTING_INVALID with ``field``
    language for a language that is not scored.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    models = from_bytes_by_language(data, name)
    if not models or any(language not in LANGUAGES for language in models):
        raise XudaError(ErrorCode.SETTING_INVALID, field="language", value=", ".join(sorted(models)))
    made = []
    with hr.db.write() as session:
        for language, model in models.items():
            row = add(hr, session, actor.username, language, model, Source(Kind.IMPORTED))
            audit.record(session, hr.now(), actor, "import_model", target(row.id), **named(row))
            made.append(row.id)
    return made


def models(hr: Runtime, actor: Actor) -> list[ModelView]:
    """The newest first. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        query = select(LearnedModel).order_by(LearnedModel.made_at.desc(), LearnedModel.id).limit(_MOST_LISTED)
        return [_view(row) for row in session.scalars(query)]


def one(hr: Runtime, actor: Actor, model_id: str) -> ModelView:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return _view(found(session, model_id))


def looked_at(hr: Runtime, actor: Actor, model_id: str) -> ModelView:
    """As :func:`one`; what it says of groups of people is noted as seen."""
    seen = one(hr, actor, model_id)
    audit.record_now(hr, actor, "view_model", target(model_id))
    return seen


def current(session: Session, language: str) -> LearnedModel | None:
    return next((row for row in _published(session) if row.language == language), None)


def found(session: Session, model_id: str) -> LearnedModel:
    """Raises XudaError(NOT_FOUND)."""
    row = session.get(LearnedModel, model_id)
    if row is None:
        raise XudaError(ErrorCode.NOT_FOUND, field="model")
    return row


def _view(row: LearnedModel) -> ModelView:
    return ModelView(
        row.id,
        row.language,
        row.sha256,
        row.size,
        ModelState(row.state),
        row.card,
        Source.of(row.source),
        row.comparison,
        row.made_by,
        row.made_at,
        row.published_at,
        row.published_by,
        row.retired_at,
    )


def named(row: LearnedModel) -> dict[str, str]:
    return {"language": row.language, "sha256": row.sha256[:12]}


def target(model_id: str) -> str:
    return f"model:{model_id}"
