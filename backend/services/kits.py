"""Kits: signed, with versions that only grow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Department, KitQuestionRow, KitRow, Role
from backend.runtime import Runtime
from backend.services import audit, duration, kit_files, rubrics, scope
from backend.services.actor import Actor
from backend.services.duration import Level
from backend.services.kit_file import build_kit, invalid, read_kit_file
from backend.services.rubric import build_rubric
from contract.canonical import canonical_json, sha256_hex
from contract.envelope import Envelope, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.kit import Kit

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True)
class AddedKit:
    """``new`` is False when the newest version already says exactly this; ``rubric_new``: as to its rubric."""

    kit: Kit
    new: bool
    rubric_new: bool = False


def add_kit(
    hr: Runtime,
    actor: Actor,
    data: bytes,
    read: kit_files.Reader = kit_files.nothing_beside,
    *,
    longer_because: str = "",
) -> AddedKit:
    """Publish a kit from YAML. ``organisation``, ``department``, ``version`` and the encryption key are filled in.

    Its ``rubric`` and ``level`` are taken out before the kit is signed, and kept here. ``read`` gives the files that
    its questions name; each is decoded whole before the kit is signed. ``longer_because``: why it may take longer than
    kits of its level do.
    Raises XudaError(KIT_INVALID | FILE_ENCODING | TOO_LARGE) naming field and line.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    values, node = read_kit_file(data)
    contents = kit_files.take_in(values, node, read)
    with hr.db.write() as session:
        return publish(hr, session, actor, values, node, contents, longer_because=longer_because)


def publish(
    hr: Runtime,
    session: Session,
    actor: Actor,
    values: dict[str, Any],
    node: yaml.Node,
    contents: dict[str, bytes],
    *,
    longer_because: str = "",
) -> AddedKit:
    """:func:`add_kit` in the caller's transaction, for ``values`` read from ``node`` by ``read_kit_file``."""
    rated_by, level = values.pop("rubric", None), read_level(values.pop("level", None), node)
    department = session.get(Department, str(values.get("department_id", "")))
    if department is None:
        raise invalid(node, ("department_id",), "no such department")
    newest = _newest(session, str(values.get("kit_id", "")))
    filled = _filled_in(hr, values, department)
    wanted = values.get("version")
    number = newest.version + 1 if newest else 1
    kit = build_kit({**filled, "version": max(number, wanted) if type(wanted) is int else number}, node)
    rubric = None if rated_by is None else build_rubric(rated_by, kit, node)
    digest = content_digest(kit)
    if newest is not None and newest.content_digest == digest and level in (None, _level_of(newest)):
        kit = _parsed(newest)
        return AddedKit(kit, new=False, rubric_new=rubrics.put(hr, session, actor, kit, rubric))
    reason = _longer(hr, kit, level, longer_because, node)
    kit_files.store(hr, session, contents, {file.sha256: file.media_type for file in kit.files})
    if lost := kit_files.missing(session, {file.sha256 for file in kit.files}):
        raise XudaError(ErrorCode.KIT_INVALID, field="media", detail=f"no file {min(lost)[:12]}")
    session.add(
        KitRow(
            kit_id=kit.kit_id,
            version=kit.version,
            department_id=kit.department_id,
            envelope=sign(kit, hr.vault.sign_key).to_bytes().decode("utf-8"),
            content_digest=digest,
            created_at=hr.now(),
            level=level.value if level else None,
            longer_because_sealed=hr.vault.seal(reason, _reason_place(kit.kit_id, kit.version)) if reason else None,
        )
    )
    detail = {"minutes": duration.of_kit(kit).minutes, "longer": True} if reason else {}
    audit.record(session, hr.now(), actor, "kit", f"kit:{kit.kit_id}", version=kit.version, **detail)
    session.flush()
    return AddedKit(kit, new=True, rubric_new=rubrics.put(hr, session, actor, kit, rubric))


def carry_over(hr: Runtime, session: Session, before: KitRow, row: KitRow) -> None:
    """What is kept beside a kit goes on with ``row``, the same kit as its next version, which is in the session."""
    row.level = before.level
    if before.longer_because_sealed:
        reason = hr.vault.open(before.longer_because_sealed, _reason_place(before.kit_id, before.version))
        row.longer_because_sealed = hr.vault.seal(reason, _reason_place(row.kit_id, row.version))
    session.flush()
    rubrics.carry_over(hr, session, row.kit_id, before.version, row.version)
    uses = select(KitQuestionRow).where(KitQuestionRow.kit_id == row.kit_id, KitQuestionRow.version == before.version)
    for use in session.scalars(uses).all():
        source = {"question_id": use.question_id, "bank_id": use.bank_id, "bank_version": use.bank_version}
        session.add(KitQuestionRow(kit_id=row.kit_id, version=row.version, **source))


def longer_because(hr: Runtime, actor: Actor, row: KitRow) -> str:
    """Why a kit is longer than those of its level; empty: it is not. Raises XudaError(FORBIDDEN)."""
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    sealed = row.longer_because_sealed
    return hr.vault.open(sealed, _reason_place(row.kit_id, row.version)) if sealed else ""


def _reason_place(kit_id: str, version: int) -> str:
    return f"kit:{kit_id}:{version}:longer"


def read_level(given: Any, node: yaml.Node) -> Level | None:
    """The level that a file names. Raises XudaError(KIT_INVALID)."""
    if given is None:
        return None
    try:
        return Level(str(given))
    except ValueError as error:
        raise invalid(node, ("level",), f"none of {', '.join(Level)}") from error


def _level_of(row: KitRow) -> Level | None:
    return Level(row.level) if row.level else None


def _longer(hr: Runtime, kit: Kit, level: Level | None, because: str, node: yaml.Node) -> str:
    """The reason where one is needed, else nothing. Raises XudaError(KIT_INVALID) where it is missing or too long."""
    if level is None or (minutes := duration.of_kit(kit).minutes) <= (
        most := duration.most_minutes(hr.settings, level)
    ):
        return ""
    reason = because.strip()
    if not reason or len(reason) > LONGEST_REASON:
        wish = f"give a reason (at most {LONGEST_REASON} characters)"
        raise invalid(node, ("level",), f"expected {minutes} minutes, more than {most} for {level}: {wish}")
    return reason


def content_digest(kit: Kit) -> str:
    """SHA-256 of everything but the version."""
    return sha256_hex(canonical_json(kit.model_dump(mode="json", exclude={"version"})))


def stored_kit(session: Session, kit_id: str, version: int | None = None) -> Kit:
    """A version of a kit, None: the newest. Raises XudaError(KIT_MISSING)."""
    row = _newest(session, kit_id) if version is None else session.get(KitRow, (kit_id, version))
    if row is None:
        raise XudaError(ErrorCode.KIT_MISSING, field=kit_id)
    return _parsed(row)


def _newest(session: Session, kit_id: str) -> KitRow | None:
    query = select(KitRow).where(KitRow.kit_id == kit_id).order_by(KitRow.version.desc()).limit(1)
    return session.scalar(query)


def _parsed(row: KitRow) -> Kit:
    return parse_payload(Envelope.from_bytes(row.envelope).payload_bytes, Kit)


def _filled_in(hr: Runtime, values: dict[str, Any], department: Department) -> dict[str, Any]:
    given = {"organisation": hr.organisation_name, "department": department.name, **values}
    return {**given, "encryption_key": hr.vault.encryption_key}
