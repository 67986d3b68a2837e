"""The organisation page by page: departments as a tree, each with its positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from backend.db.models import Department, Position
from backend.runtime import Runtime
from backend.services import batches, scope
from backend.services.actor import Actor
from backend.services.positions import PositionLine, lines_of
from backend.services.requisition_states import ASKERS


@dataclass(frozen=True, slots=True)
class Branch:
    """A department of one page; ``depth`` from 0. Others of its positions may be on the pages beside."""

    depth: int
    department: Department
    lines: list[PositionLine]


@dataclass(frozen=True, slots=True)
class OrganisationPage:
    """``total``: positions on all pages; ``rows``: those and departments, which the pages are made of."""

    branches: list[Branch]
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Of a department the positions after ``skip``, up to ``end``, are on the page."""

    depth: int
    department: Department
    skip: int
    end: int


def organisation(hr: Runtime, actor: Actor, *, page: int, size: int) -> OrganisationPage:
    """A department counts as a row of its own, and is named again where its positions go on.

    The same number of queries whatever there is. Raises XudaError(FORBIDDEN).
    """
    scope.require(actor, *ASKERS)
    tree = batches.tree(hr, actor)
    query = scope.positions(actor).where(Position.closed_at.is_(None))
    living = query.subquery()
    grouped = select(living.c.department_id, func.count()).group_by(living.c.department_id)
    with hr.db.read() as session:
        counts = {row[0]: row[1] for row in session.execute(grouped)}
        parts = list(_parts(tree, counts, (page - 1) * size, page * size))
        here: dict[str, list[PositionLine]] = {}
        for line in lines_of(session, _rows(session, query, parts)):
            here.setdefault(line.position.department_id, []).append(line)
    branches = [Branch(part.depth, part.department, here.get(part.department.id, [])) for part in parts]
    total = sum(counts.values())
    return OrganisationPage(branches, total, total + len(tree))


def _parts(tree: list[tuple[int, Department]], counts: dict[str, int], first: int, end: int) -> Iterator[_Part]:
    """What rows ``first`` up to ``end`` show of which departments."""
    at = 0
    for depth, department in tree:
        begin, over = at + 1, at + 1 + counts.get(department.id, 0)
        low, high = max(begin, first), min(over, end)
        if first <= at < end or low < high:
            yield _Part(depth, department, low - begin, max(low, high) - begin)
        at = over


def _rows(session: Session, query: Select[Any], parts: Sequence[_Part]) -> Sequence[Position]:
    order = Position.created_at, Position.id
    number = func.row_number().over(partition_by=Position.department_id, order_by=order).label("number")
    counted = query.with_only_columns(Position.id, Position.department_id, number).subquery()
    wanted = [
        and_(counted.c.department_id == part.department.id, counted.c.number > part.skip, counted.c.number <= part.end)
        for part in parts
        if part.end > part.skip
    ]
    named = select(counted.c.id).where(or_(false(), *wanted))
    return session.scalars(select(Position).where(Position.id.in_(named)).order_by(*order)).all()
