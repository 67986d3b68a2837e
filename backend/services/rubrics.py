"""Rubrics of kits: kept at HR beside the signed kit, read from its file and written back into one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.models import KitRow, Role, RubricRow
from backend.runtime import Runtime
from backend.services import audit, scope, score_marks
from backend.services.actor import Actor
from backend.services.kit_file import invalid, read_kit_file
from backend.services.rubric import Rubric, build_rubric, default_for
from contract.envelope import Envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit

# filled in anew for whoever takes the file in
_OWN = {"version", "encryption_key"}


@dataclass(frozen=True, slots=True)
class RubricView:
    """``rubric_id`` is None and ``revision`` 0 for the default, which a kit without its own is rated by."""

    rubric: Rubric
    rubric_id: str | None = None
    revision: int = 0
    author: str = ""
    created_at: datetime | None = None


def put(hr: Runtime, session: Session, actor: Actor, kit: Kit, rubric: Rubric | None) -> bool:
    """Keep what the kit's answers are rated by; whether that is new. In the transaction of the kit.

    None: that of the version before goes on, as far as its questions are still asked.
    """
    if rubric is None:
        rubric = _inherited(session, kit)
    newest = newest_row(session, kit.kit_id, kit.version)
    if rubric is None or (newest is not None and Rubric.model_validate_json(newest.content) == rubric):
        return False
    revision = newest.revision + 1 if newest else 1
    row = RubricRow(
        kit_id=kit.kit_id,
        version=kit.version,
        revision=revision,
        content=rubric.model_dump_json(),
        author=actor.username,
        created_at=hr.now(),
    )
    session.add(row)
    score_marks.rubric_changed(session, kit.kit_id, kit.version)
    audit.record(session, hr.now(), actor, "rubric", f"kit:{kit.kit_id}", version=kit.version, revision=revision)
    return True


def carry_over(hr: Runtime, session: Session, kit_id: str, before: int, version: int) -> None:
    """The same kit as another version is rated as before."""
    newest = newest_row(session, kit_id, before)
    if newest is not None:
        same = {"content": newest.content, "author": newest.author, "created_at": hr.now()}
        session.add(RubricRow(kit_id=kit_id, version=version, revision=1, **same))


def newest_row(session: Session, kit_id: str, version: int) -> RubricRow | None:
    mine = RubricRow.kit_id == kit_id, RubricRow.version == version
    return session.scalar(select(RubricRow).where(*mine).order_by(RubricRow.revision.desc()).limit(1))


def of_kit(session: Session, kit: Kit) -> RubricView:
    """What the answers of this version are rated by now."""
    row = newest_row(session, kit.kit_id, kit.version)
    return RubricView(default_for(kit)) if row is None else view(row)


def one(session: Session, rubric_id: str | None, kit: Kit) -> RubricView:
    """A revision that something was rated by; None: the default."""
    row = session.get(RubricRow, rubric_id) if rubric_id else None
    return RubricView(default_for(kit)) if row is None else view(row)


def several(session: Session, ids: Collection[str | None], kit: Kit) -> dict[str | None, RubricView]:
    """Each of the revisions that something was rated by, in one query."""
    rows = session.scalars(select(RubricRow).where(RubricRow.id.in_([name for name in ids if name])))
    found: dict[str | None, RubricView] = {row.id: view(row) for row in rows}
    return {name: found.get(name) or RubricView(default_for(kit)) for name in ids}


def view(row: RubricRow) -> RubricView:
    rubric = Rubric.model_validate_json(row.content)
    return RubricView(rubric, row.id, row.revision, row.author, row.created_at)


def shown(hr: Runtime, actor: Actor, kit: Kit) -> RubricView:
    """Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        return of_kit(session, kit)


def kit_file(hr: Runtime, actor: Actor, kit_id: str, version: int | None = None) -> bytes:
    """A version of a kit (None: the newest) with its rubric, as the YAML that :func:`kits.add_kit` takes in.

    Files that questions are asked with are named by their SHA-256 and have to be at the backend that takes it in.
    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    with hr.db.read() as session:
        if version is None:
            version = session.scalar(select(func.max(KitRow.version)).where(KitRow.kit_id == kit_id))
        row = session.get(KitRow, (kit_id, version)) if version is not None else None
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="kit")
        kit = parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)
        own = newest_row(session, kit_id, kit.version)
        level = row.level
    values: dict[str, Any] = kit.model_dump(mode="json", exclude=_OWN)
    if level is not None:
        values["level"] = level
    if own is not None:
        values["rubric"] = _as_written(Rubric.model_validate_json(own.content))
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=120).encode("utf-8")


def written(hr: Runtime, actor: Actor, kit: Kit) -> tuple[str, int]:
    """What this version is rated by, as the part of a kit's file that says so, and its revision.

    Raises XudaError(FORBIDDEN).
    """
    found = shown(hr, actor, kit)
    values = {"rubric": _as_written(found.rubric)}
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=120), found.revision


def replace(hr: Runtime, actor: Actor, kit_id: str, version: int, revision: int, text: str) -> bool:
    """Rate a version of a kit by what ``text`` says from now on: ``rubric:`` as in a kit's file. Whether that is new.

    ``revision``: the one it was written from. Raises XudaError(FORBIDDEN | NOT_FOUND), KIT_INVALID with ``field``,
    ``row`` and ``detail``, CONFLICT with ``field`` rubric when somebody else has changed it since.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    values, node = read_kit_file(text.encode("utf-8"))
    if unknown := [name for name in values if name != "rubric"]:
        raise invalid(node, (str(unknown[0]),), "only rubric is changed here")
    with hr.db.write() as session:
        row = session.get(KitRow, (kit_id, version))
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="kit")
        kit = parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)
        rubric = build_rubric(values.get("rubric"), kit, node)
        newest = newest_row(session, kit_id, version)
        if revision != (newest.revision if newest else 0):
            raise XudaError(ErrorCode.CONFLICT, field="rubric")
        return put(hr, session, actor, kit, rubric)


def _as_written(rubric: Rubric) -> dict[str, Any]:
    return rubric.model_dump(exclude_defaults=True)


def _inherited(session: Session, kit: Kit) -> Rubric | None:
    earlier = RubricRow.kit_id == kit.kit_id, RubricRow.version <= kit.version
    newest = select(RubricRow).where(*earlier).order_by(RubricRow.version.desc(), RubricRow.revision.desc())
    row = session.scalar(newest.limit(1))
    if row is None or row.version == kit.version:
        return None
    kept = Rubric.model_validate_json(row.content).kept_for(kit)
    return kept if kept.rates_something(kit) else None
