"""The full matrix role x route x department, generated from the routes the application has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.security import rights
from tests.security.defects import DEFECTS
from tests.security.places import DEPARTMENTS, SEEN_BY_HEAD, World, world
from tests.security.rights import BY_ROUTE, EVERY_DEVICE, EVERYONE, HEAD, RIGHTS, Right


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.route)
def test_a_route_serves_those_it_is_for_and_nobody_else(place: World, right: Right) -> None:
    wrong = [line for who in _refused_first(right) for line in compare(place, right, who)]
    assert not wrong, "\n".join(wrong)


def _refused_first(right: Right) -> list[str]:
    """Those without the right ask before anybody changes something."""
    return sorted(EVERYONE, key=lambda who: (who in right.who, who))


def compare(place: World, right: Right, who: str) -> Iterator[str]:
    """One line for each answer that is not as the table of rights says."""
    for department in DEPARTMENTS if right.of_interview else DEPARTMENTS[:1]:
        may = may_use(right, who, department)
        if may and right.route in ("POST /logout", "POST /candidate/leave"):
            continue  # would end the login the other routes are asked with: see the tests of sessions
        answer = place.ask(right, who, department)
        if answer.status_code >= 500 or _let_in(right, answer) is not may:
            wanted = f"one of {sorted(right.ok)}" if may else "a refusal"
            where = f" (interview of {department})" if right.of_interview else ""
            yield f"{right.route} as {who}{where}: got {answer.status_code}, expected {wanted}"


def may_use(right: Right, who: str, department: str) -> bool:
    if who not in right.who:
        return False
    return not (right.of_interview and who in rights.BOUND and department not in SEEN_BY_HEAD)


def _let_in(right: Right, answer: requests.Response) -> bool:
    to_login = answer.headers.get("Location", "").startswith("/login") and right.route != "POST /logout"
    # a form that was not even looked at has no page to show
    not_asked = answer.status_code == 401 and not answer.content and 401 in right.ok
    return answer.status_code in right.ok and not to_login and not not_asked


@pytest.mark.parametrize(
    ("defect", "route"),
    [("audit-log-open-to-all", "GET /audit"), ("departments-see-all", "GET /interviews/{interview_id}")],
)
def test_a_route_that_has_lost_its_check_is_noticed(place: World, defect: str, route: str) -> None:
    with ExitStack() as stack:
        DEFECTS[defect](stack)
        assert any(line for who in rights.PEOPLE for line in compare(place, BY_ROUTE[route], who))
    assert not any(line for who in rights.PEOPLE for line in compare(place, BY_ROUTE[route], who))


def test_lists_hold_the_own_departments_alone(place: World) -> None:
    for who in (rights.ADMINISTRATOR, rights.HR, rights.HEAD):
        for path in ("/interviews", "/candidates"):
            text = place.ask(BY_ROUTE[f"GET {path}"], who, "rd").text
            shown = {name for name in DEPARTMENTS if f"候选人{name}<" in text}
            assert shown == (SEEN_BY_HEAD if who == HEAD else set(DEPARTMENTS)), (who, path)


def test_a_refused_device_learns_nothing_of_the_interview(place: World) -> None:
    for who in sorted(EVERY_DEVICE - {rights.OWNER}):
        answer = place.ask(BY_ROUTE["GET /v1/interviews/{interview_id}/check"], who, "rd")
        assert set(answer.json()) == {"code", "status", "field", "row", "params"}
