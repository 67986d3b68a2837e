"""The organisation page by page: every position once, departments named again where they go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.db.models import Role
from backend.services import position_lists
from tests.backend.staffing import position, somebody
from tests.backend.world import COMMAND_LINE, organisation


@pytest.mark.parametrize("size", [1, 2, 3, 4, 50])
def test_every_position_and_department_is_on_one_page_in_order(tmp_path: Path, size: int) -> None:
    hr = organisation(tmp_path / "data")
    made = {name: [position(hr, department=name) for _ in range(count)] for name, count in (("rd", 5), ("sales", 1))}
    first = position_lists.organisation(hr, COMMAND_LINE, page=1, size=size)
    assert (first.total, first.rows) == (6, 10)
    pages = -(-first.rows // size)
    seen: list[str] = []
    named: list[str] = []
    for page in range(1, pages + 1):
        branches = position_lists.organisation(hr, COMMAND_LINE, page=page, size=size).branches
        assert sum(len(branch.lines) for branch in branches) <= size
        seen += [line.position.id for branch in branches for line in branch.lines]
        named += [branch.department.id for branch in branches if named[-1:] != [branch.department.id]]
    assert named == ["hq", "rd", "rd-lab", "sales"]
    assert seen == made["rd"] + made["sales"]
    assert position_lists.organisation(hr, COMMAND_LINE, page=pages + 1, size=size).branches == []
    mine = position_lists.organisation(hr, somebody(hr, Role.DEPARTMENT_HEAD, "rd"), page=1, size=50)
    assert [branch.department.id for branch in mine.branches] == ["rd", "rd-lab"]
    assert mine.total == 5
    hr.close()
