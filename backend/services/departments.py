"""The tree of departments and branches. Who sees what follows it, so administrators alone change it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from backend.db.models import Department, Role
from backend.runtime import Runtime
from backend.services import audit, scope
from backend.services.actor import Actor
from contract.errors import ErrorCode, XudaError

LONGEST_NAME = 200
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class DepartmentDraft:
    """``parent_id`` None: at the top. ``name``: language -> text, at least one."""

    parent_id: str | None
    name: Mapping[str, str]


def add(hr: Runtime, actor: Actor, department_id: str, draft: DepartmentDraft) -> None:
    """``department_id``: small letters, digits and hyphens; kits name the department by it.

    Raises XudaError(FORBIDDEN), CONFLICT with ``field`` department_id when it is taken, SETTING_INVALID with ``field``
    department_id, parent or name.
    """
    scope.require(actor, Role.ADMINISTRATOR)
    if _ID.fullmatch(department_id) is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="department_id")
    with hr.db.write() as session:
        if session.get(Department, department_id) is not None:
            raise XudaError(ErrorCode.CONFLICT, field="department_id")
        row = Department(id=department_id, name={})
        _fill(session, row, draft)
        session.add(row)
        audit.record(session, hr.now(), actor, "department", f"department:{row.id}", parent=row.parent_id)


def change(hr: Runtime, actor: Actor, department_id: str, draft: DepartmentDraft) -> None:
    """Rename or move it, with all below it. Raises as :func:`add`, NOT_FOUND, and SETTING_INVALID with ``field`` parent
    for a place below itself."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.write() as session:
        row = session.get(Department, department_id, with_for_update=True)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="department")
        if draft.parent_id in set(session.scalars(scope.departments_below(department_id))):
            raise XudaError(ErrorCode.SETTING_INVALID, field="parent")
        _fill(session, row, draft)
        audit.record(session, hr.now(), actor, "change_department", f"department:{row.id}", parent=row.parent_id)


def found(hr: Runtime, actor: Actor, department_id: str) -> Department:
    """Raises XudaError(FORBIDDEN | NOT_FOUND)."""
    scope.require(actor, Role.ADMINISTRATOR)
    with hr.db.read() as session:
        row = session.get(Department, department_id)
        if row is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="department")
        return row


def renamed(before: Mapping[str, str] | None, given: Mapping[str, str]) -> dict[str, str]:
    """``given`` without empty languages; those that it does not speak of stay."""
    kept = {tag: text for tag, text in (before or {}).items() if tag and tag not in given}
    return kept | {tag: text.strip() for tag, text in given.items() if text.strip()}


def _fill(session: Session, row: Department, draft: DepartmentDraft) -> None:
    name = renamed(row.name, draft.name)
    if not name or any(len(text) > LONGEST_NAME for text in name.values()):
        raise XudaError(ErrorCode.SETTING_INVALID, field="name")
    if draft.parent_id is not None and session.get(Department, draft.parent_id) is None:
        raise XudaError(ErrorCode.SETTING_INVALID, field="parent")
    row.parent_id, row.name = draft.parent_id, name
