"""Programs with tokens: what they may, what they see, and how they read on from where they were."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
import requests

from backend.db.integration_models import ApiTokenRow
from backend.services import api_tokens, audit_search, decisions, deletion, releases
from backend.services.actor import Actor
from backend.services.api_tokens import PREFIX, Scope
from backend.services.candidate_states import Ruling
from tests.backend.staffing import opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite

EVERYTHING = list(Scope)


class Program:
    """Somebody else's program with a token."""

    def __init__(self, backend: Served, *scopes: Scope, department: str | None = None) -> None:
        self.backend = backend
        self.token_id, self.token = api_tokens.make(
            backend.hr, COMMAND_LINE, name="HRIS", scopes=scopes or EVERYTHING, days=30, department_id=department
        )

    def ask(self, path: str, method: str = "GET", **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, f"{self.backend.url}/api/v1{path}", headers=headers, timeout=30, **more)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.ask(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Every page, of two rows each."""
        found, cursor = [], None
        while True:
            page = self.get(path, limit=2, **({"cursor": cursor} if cursor else {}), **params)
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found


def test_a_token_is_stored_as_a_hash_alone_and_says_when_it_was_used(backend: Served) -> None:
    program = Program(backend)
    assert program.token.startswith(PREFIX)
    program.get("/departments")
    with backend.hr.db.read() as session:
        row = session.get_one(ApiTokenRow, program.token_id)
        assert program.token not in str(vars(row))
        assert row.used_at is not None


def test_a_token_opens_nothing_when_it_is_revoked_or_over(own_backend: Served) -> None:
    program, other = Program(own_backend), Program(own_backend)
    assert program.ask("/departments").status_code == 200
    api_tokens.revoke(own_backend.hr, COMMAND_LINE, program.token_id)
    assert program.ask("/departments").status_code == 401
    own_backend.clock.ahead = timedelta(days=31)
    assert other.ask("/departments").status_code == 401


def test_only_administrators_make_tokens_and_only_sound_ones(backend: Served) -> None:
    def make(actor: Actor = COMMAND_LINE, **changes: Any) -> Any:
        wanted: dict[str, Any] = {"name": "x", "scopes": [Scope.RESULTS_READ], "days": 1, **changes}
        return refusal(api_tokens.make, backend.hr, actor, **wanted)

    assert make(somebody(backend.hr))[0] == "forbidden"
    assert make(name=" ") == ("setting_invalid", "name")
    assert make(scopes=[]) == ("setting_invalid", "scopes")
    assert make(scopes=["everything"]) == ("setting_invalid", "scopes")
    assert make(days=0) == ("setting_invalid", "days")
    assert make(department_id="nowhere") == ("setting_invalid", "department")


def test_a_scope_that_is_missing_is_named(backend: Served) -> None:
    answer = Program(backend, Scope.RESULTS_READ).ask("/candidates")
    assert answer.status_code == 403
    assert answer.json()["params"] == {"scope": "candidates:read"}


def test_guessing_tokens_is_slowed_down(own_backend: Served) -> None:
    headers = {"Authorization": "Bearer xuda_wrong"}
    seen = [requests.get(f"{own_backend.url}/api/v1/results", headers=headers, timeout=20) for _ in range(22)]
    assert {answer.status_code for answer in seen[:20]} == {401}
    assert seen[-1].status_code == 429
    assert int(seen[-1].headers["Retry-After"]) > 0


def test_everything_is_read_page_by_page_once_each(own_backend: Served) -> None:
    booth, program = own_backend.enrol(), Program(own_backend)
    search = opened(own_backend, wanted=5)
    ids = [search.interview(booth, score=70 + number) for number in range(5)]
    assert [row["id"] for row in program.all("/interviews")] == ids
    assert [row["score"] for row in program.all("/results")] == [70, 71, 72, 73, 74]
    assert len({row["invitation_id"] for row in program.all("/candidates", batch_id=search.batch_id)}) == 5
    assert [row["complete"] for row in program.all("/requisitions")] == [5]
    assert [row["id"] for row in program.all("/batches")] == [search.batch_id]


def test_what_changes_comes_again_and_what_did_not_stays_away(own_backend: Served) -> None:
    booth, program = own_backend.enrol(), Program(own_backend)
    search = opened(own_backend)
    talk = Talk(booth, search.invite("李雷"))
    talk.started()
    talk.put_all()
    search.interview(booth, "abandoned")
    seen = program.all("/interviews")
    since = max(row["changed_at"] for row in seen)
    talk.finished()
    talk.put_all()
    changed = {row["id"]: row["state"] for row in program.all("/interviews", changed_since=since)}
    assert changed[talk.interview_id] == "pending_review"
    later = max(row["changed_at"] for row in program.all("/interviews"))
    assert [row["id"] for row in program.all("/interviews", changed_since=later)] == [talk.interview_id]


def test_a_decision_is_read_and_read_again_when_it_is_released(own_backend: Served) -> None:
    booth, program = own_backend.enrol(), Program(own_backend)
    search = opened(own_backend)
    interview_id = search.interview(booth, score=90)
    decisions.decide(own_backend.hr, search.approver, interview_id, Ruling.SECOND_ROUND)
    (row,) = program.all("/decisions")
    assert (row["ruling"], row["released_at"]) == ("second_round", None)
    assert program.all("/decisions", released=True) == []
    releases.release(own_backend.hr, search.approver, interview_id, row["id"])
    (again,) = program.all("/decisions", released=True)
    assert again["released_at"]
    assert again["changed_at"] > row["changed_at"]


def test_a_program_of_a_department_sees_and_changes_that_alone(backend: Served, booth: Booth) -> None:
    program = Program(backend, department="rd")
    ids = {}
    for name in ("rd-lab", "sales"):
        talk = Talk(booth, invite(backend.hr, "李雷", phone=f"139{uuid.uuid4().int % 10**8:08}", department=name))
        talk.started()
        talk.put_all()
        ids[name] = talk.interview_id
    seen = {row["department_id"] for row in program.all("/interviews")}
    assert seen <= {"rd", "rd-lab"}
    assert program.ask(f"/interviews/{ids['rd-lab']}").status_code == 200
    assert program.ask(f"/interviews/{ids['sales']}").status_code == 404
    name = {"name": {"en": "New"}}
    assert program.ask("/departments/rd-x", "PUT", json={**name, "parent_id": "rd"}).status_code == 204
    assert program.ask("/departments/sales", "PUT", json={**name, "parent_id": "rd"}).status_code == 404
    assert program.ask("/departments/top", "PUT", json=name).status_code == 404
    place = {"title": {"en": "Seller"}, "headcount": 1}
    assert program.ask("/positions/s-1", "PUT", json={**place, "department_id": "sales"}).status_code == 404


def test_departments_and_positions_are_put_by_their_codes(own_backend: Served) -> None:
    program = Program(own_backend)
    name = {"parent_id": "hq", "name": {"zh_CN": "法务部"}}
    place = {"department_id": "legal", "title": {"zh_CN": "法务专员"}, "headcount": 3, "skills": ["合同"]}
    for _ in range(2):
        assert program.ask("/departments/legal", "PUT", json=name).status_code == 204
        assert program.ask("/positions/L-1", "PUT", json=place).status_code == 204
    assert {row["id"]: row["name"] for row in program.get("/departments")}["legal"] == {"zh_CN": "法务部"}
    (row,) = [row for row in program.get("/positions") if row["code"] == "L-1"]
    assert (row["headcount"], row["skills"]) == (3, ["合同"])
    assert program.ask("/positions/L-1", "PUT", json={**place, "headcount": 4}).status_code == 204
    assert [row["headcount"] for row in program.get("/positions")] == [4]


def test_a_program_invites_somebody_once(own_backend: Served) -> None:
    program, search = Program(own_backend), opened(own_backend)
    wish = {"name": "韩梅梅", "phone": "139 0013 9000"}
    answer = program.ask(f"/batches/{search.batch_id}/candidates", "POST", json=wish)
    assert answer.status_code == 201
    assert answer.json()["link"].startswith("xuda://")
    again = program.ask(f"/batches/{search.batch_id}/candidates", "POST", json=wish)
    assert (again.status_code, again.json()["field"]) == (409, "phone")
    (row,) = program.all("/candidates", batch_id=search.batch_id)
    assert (row["name"], row["phone"]) == ("韩梅梅", "13900139000")
    assert program.ask(f"/batches/{search.batch_id}/candidates", "POST", json={"name": "x"}).status_code == 422


def test_who_was_erased_comes_again_without_a_name(own_backend: Served) -> None:
    booth, program, search = own_backend.enrol(), Program(own_backend), opened(own_backend)
    interview_id = search.interview(booth)
    (before,) = program.all("/candidates")
    own_backend.clock.ahead = timedelta(days=3)  # the window is over: nothing needs the person any more
    deletion.delete_interview(own_backend.hr, COMMAND_LINE, interview_id)
    (after,) = program.all("/candidates", changed_since=before["changed_at"])
    assert (after["name"], after["phone"], after["cancelled"]) == ("", "", True)
    assert program.all("/interviews") == []


@pytest.mark.parametrize(
    "given", [{"cursor": "x"}, {"cursor": "WzEsMl0"}, {"changed_since": "yesterday"}, {"limit": 0}]
)
def test_what_cannot_be_read_on_from_is_said(backend: Served, given: dict[str, Any]) -> None:
    answer = Program(backend).ask("/interviews", params=given)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("setting_invalid", "format_invalid")


def test_the_description_has_an_example_of_everything_that_is_given_out(backend: Served) -> None:
    described = requests.get(f"{backend.url}/api/v1/openapi.json", timeout=20).json()
    ours = {name for name in described["components"]["schemas"] if name.endswith(("Item", "Wish"))}
    with_example = {name for name in ours if described["components"]["schemas"][name].get("examples")}
    assert ours - with_example == {"DimensionItem"}
    assert described["servers"] == [{"url": "/api/v1"}]


def test_reading_is_in_the_audit_log(own_backend: Served) -> None:
    program, search = Program(own_backend), opened(own_backend)
    search.invite()
    program.all("/candidates")
    rows, _ = audit_search.rows(own_backend.hr, COMMAND_LINE)
    (row,) = [row for row in rows if row.action == "api_read"]
    assert (row.actor, row.target, row.detail) == (f"api:{program.token_id}", "candidates", {"count": 1})
