"""The tree of departments: who changes it, what it may be, and that what people see follows it at once."""

from __future__ import annotations

import pytest

from backend.db.models import Role
from backend.services import batches, departments, positions, requisitions, scope
from backend.services.departments import DepartmentDraft
from backend.services.requisition_states import Move
from backend.services.requisitions import Wish
from tests.backend.staffing import asked, opened, position, refusal, somebody
from tests.backend.world import Served


def names(backend: Served, head_of: str) -> set[str]:
    head = somebody(backend.hr, Role.DEPARTMENT_HEAD, head_of)
    return {row.id for row in batches.departments(backend.hr, head)}


def test_what_a_head_sees_follows_the_tree_at_once(own_backend: Served) -> None:
    hr, admin = own_backend.hr, somebody(own_backend.hr, Role.ADMINISTRATOR)
    departments.add(hr, admin, "branch-east", DepartmentDraft("sales", {"zh_CN": "华东分公司"}))
    assert names(own_backend, "sales") == {"sales", "branch-east"}
    place = position(hr, department="branch-east")
    departments.change(hr, admin, "branch-east", DepartmentDraft("rd", {"zh_CN": "华东分公司", "en": "East"}))
    assert names(own_backend, "sales") == {"sales"}
    assert names(own_backend, "rd") == {"rd", "rd-lab", "branch-east"}
    head = somebody(hr, Role.DEPARTMENT_HEAD, "rd")
    assert place in {line.position.id for line in positions.lines(hr, head)}
    assert [(depth, row.id) for depth, row in batches.tree(hr, admin)] == [
        (0, "hq"),
        (1, "rd"),
        (2, "branch-east"),
        (2, "rd-lab"),
        (1, "sales"),
    ]


def test_a_new_name_leaves_those_in_other_languages(own_backend: Served) -> None:
    hr, admin = own_backend.hr, somebody(own_backend.hr, Role.ADMINISTRATOR)
    departments.add(hr, admin, "tokyo", DepartmentDraft("sales", {"zh_CN": "东京", "ja": "東京支社"}))
    departments.change(hr, admin, "tokyo", DepartmentDraft("sales", {"zh_CN": "", "en": "Tokyo"}))
    assert departments.found(hr, admin, "tokyo").name == {"ja": "東京支社", "en": "Tokyo"}


@pytest.mark.parametrize("parent", ["rd", "rd-lab"])
def test_a_department_never_belongs_to_itself_or_to_one_below_it(backend: Served, parent: str) -> None:
    admin = somebody(backend.hr, Role.ADMINISTRATOR)
    draft = DepartmentDraft(parent, {"en": "x"})
    assert refusal(departments.change, backend.hr, admin, "rd", draft) == ("setting_invalid", "parent")


@pytest.mark.parametrize(
    ("department_id", "parent", "name", "found"),
    [
        ("rd", "hq", "x", ("conflict", "department_id")),
        ("", "hq", "x", ("setting_invalid", "department_id")),
        ("Big Letters", "hq", "x", ("setting_invalid", "department_id")),
        ("../x", "hq", "x", ("setting_invalid", "department_id")),
        ("new", "none", "x", ("setting_invalid", "parent")),
        ("new", "hq", " ", ("setting_invalid", "name")),
        ("new", "hq", "x" * 201, ("setting_invalid", "name")),
    ],
)
def test_a_department_that_cannot_be_is_refused(
    backend: Served, department_id: str, parent: str, name: str, found: tuple[str, str]
) -> None:
    admin = somebody(backend.hr, Role.ADMINISTRATOR)
    draft = DepartmentDraft(parent, {"en": name})
    assert refusal(departments.add, backend.hr, admin, department_id, draft) == found


@pytest.mark.parametrize("role", [Role.HR, Role.AUDITOR, Role.DEPARTMENT_HEAD])
def test_administrators_alone_change_the_tree(backend: Served, role: Role) -> None:
    other = somebody(backend.hr, role, "rd" if role is Role.DEPARTMENT_HEAD else None)
    draft = DepartmentDraft("hq", {"en": "x"})
    assert refusal(departments.add, backend.hr, other, "mine", draft)[0] == "forbidden"
    assert refusal(departments.change, backend.hr, other, "rd", draft)[0] == "forbidden"


def test_a_closed_position_takes_no_requisitions(backend: Served) -> None:
    hr, place = backend.hr, position(backend.hr)
    waiting = asked(backend, place=place)
    search = opened(backend, place=place)
    assert refusal(positions.close, hr, search.approver, place) == ("conflict", "position")
    search.move(Move.CLOSE)
    positions.close(hr, search.approver, place)
    assert place not in {line.position.id for line in positions.lines(hr, search.approver)}
    assert refusal(requisitions.ask, hr, search.asker, Wish(place, 1)) == ("setting_invalid", "position")
    assert refusal(waiting.move, Move.SUBMIT, by=waiting.asker) == ("conflict", "headcount")
    assert refusal(search.move, Move.REOPEN) == ("conflict", "headcount")
    with hr.db.read() as session:
        assert session.scalar(scope.positions(search.approver).limit(1)) is not None
