"""Guessing, replaying and riding on logins."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import requests

from backend.db.models import AuditRow, LoginSession, Role
from backend.ratelimit import network
from backend.services import auth, users
from backend.services.users import NewUser
from contract.errors import ErrorCode, XudaError
from tests.backend.world import COMMAND_LINE, Served, served
from tests.security import rights
from tests.security.defects import DEFECTS
from tests.security.places import World, world
from tests.security.rights import RIGHTS, Right

_FORMS = [right for right in RIGHTS if right.method == "POST" and not right.path.startswith(("/v1", "/api/"))]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def person(backend: Served, name: str) -> NewUser:
    return users.add_user(backend.hr, COMMAND_LINE, username=name, role=Role.HR)


def code(backend: Served, made: NewUser) -> str:
    return pyotp.TOTP(made.totp_secret).at(backend.hr.now())


def together(count: int, act: object) -> list[object]:
    """What ``act`` gave or raised in ``count`` threads that begin at once."""
    start, found = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            found.append(act())  # type: ignore[operator]
        except XudaError as error:
            found.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def logins_with_one_code(backend: Served, made: NewUser) -> int:
    given = code(backend, made)
    found = together(6, lambda: auth.login(backend.hr, made.username, made.password, given, address="a"))
    return sum(not isinstance(item, ErrorCode) for item in found)


def test_one_code_opens_one_login_however_many_ask_at_once(backend: Served) -> None:
    assert logins_with_one_code(backend, person(backend, "once")) == 1
    with ExitStack() as stack:
        DEFECTS["codes-work-twice"](stack)
        assert logins_with_one_code(backend, person(backend, "twice")) > 1


def test_guesses_made_at_once_do_not_slip_past_the_lock(backend: Served) -> None:
    made = person(backend, "guessed")
    found = together(12, lambda: auth.login(backend.hr, made.username, made.password, "000000", address="a"))
    assert found.count(ErrorCode.UNAUTHORIZED) == 5
    assert found.count(ErrorCode.RATE_LIMITED) == 7


def test_a_name_that_exists_and_one_that_does_not_cost_the_same_work(
    backend: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted, not timed: slow hashes and written rows of a try, before and after the lock."""
    person(backend, "exists")
    hashed: list[str] = []
    real = auth._password_fits
    monkeypatch.setattr(auth, "_password_fits", lambda user, typed: (hashed.append(typed), real(user, typed))[1])

    def work(name: str) -> list[tuple[str, int, int]]:
        done = []
        for _ in range(7):
            before, rows = len(hashed), count(backend)
            with pytest.raises(XudaError) as caught:
                auth.login(backend.hr, name, "wrong", "1", address=name)
            done.append((caught.value.code.value, len(hashed) - before, min(1, count(backend) - rows)))
        return done

    assert work("exists") == work("nobody of this name")


def count(backend: Served) -> int:
    with backend.hr.db.read() as session:
        return session.query(AuditRow).count()


def test_a_typed_name_that_is_nobodys_is_not_kept(backend: Served) -> None:
    with pytest.raises(XudaError):
        auth.login(backend.hr, "my-secret-password", "x", "1", address="b")
    stored = b"".join(path.read_bytes() for path in backend.hr.settings.data.glob("hr.db*"))
    assert b"my-secret-password" not in stored


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_addresses_one_stranger_can_change_between_count_as_one(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same


def sign_in(backend: Served, made: NewUser, cookies: dict[str, str]) -> requests.Response:
    """Through the real form, with ``cookies`` that somebody has planted."""
    session = requests.Session()
    session.cookies.update(cookies)
    page = session.get(f"{backend.url}/login", timeout=20).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    form = {"csrf": token[1], "username": made.username, "password": made.password, "totp": code(backend, made)}
    return session.post(f"{backend.url}/login", data=form, allow_redirects=False, timeout=20)


def test_a_planted_session_is_never_the_one_that_gets_logged_in(backend: Served) -> None:
    planted = "planted-by-an-attacker"
    answer = sign_in(backend, person(backend, "victim"), {"xuda_hr": planted})
    assert answer.status_code == 303
    assert answer.cookies["xuda_hr"] != planted
    assert auth.current(backend.hr, planted) is None


def test_logging_in_again_ends_the_login_before(backend: Served) -> None:
    made = person(backend, "again")
    first = sign_in(backend, made, {}).cookies["xuda_hr"]
    backend.clock.ahead += timedelta(seconds=31)
    view = auth.current(backend.hr, first)
    assert view is not None
    form = {"csrf": view.csrf, "username": made.username, "password": made.password, "totp": code(backend, made)}
    answer = requests.post(
        f"{backend.url}/login", data=form, cookies={"xuda_hr": first}, allow_redirects=False, timeout=20
    )
    assert auth.current(backend.hr, answer.cookies["xuda_hr"]) is not None
    assert auth.current(backend.hr, first) is None


def test_a_login_ends_by_age_however_busy_it_is(backend: Served) -> None:
    token = sign_in(backend, person(backend, "busy"), {}).cookies["xuda_hr"]
    ahead = backend.clock.ahead
    for _ in range(24):
        assert auth.current(backend.hr, token) is not None
        backend.clock.ahead += timedelta(minutes=29)
    backend.clock.ahead += timedelta(minutes=29)
    assert auth.current(backend.hr, token) is None
    backend.clock.ahead = ahead


def test_over_https_cookies_are_bound_to_host_and_scheme(tmp_path: Path) -> None:
    with served(tmp_path / "data", secure_cookie=True) as backend:
        answer = requests.get(f"{backend.url}/login", timeout=20)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-xuda_hr_form=")
        for word in ("Secure", "HttpOnly", "Path=/", "SameSite=strict"):
            assert word.lower() in cookie.lower()
        assert "domain" not in cookie.lower()
        assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
        # a cookie without the prefix, as another host of the domain could set it, counts for nothing
        token = re.search(r'name="csrf" value="([^"]+)"', answer.text)
        assert token
        form = {"csrf": token[1], "username": "x", "password": "x", "totp": "1"}
        cookies = {"xuda_hr_form": token[1]}
        assert requests.post(f"{backend.url}/login", data=form, cookies=cookies, timeout=20).status_code == 403


def browser_of(place: World, right: Right) -> tuple[dict[str, str], str]:
    """Cookies of somebody who may send the form, and the token that its page has."""
    who = next(iter(sorted(right.who & rights.PEOPLE)), rights.CANDIDATE)
    if who == rights.CANDIDATE:
        return {"xuda_candidate": place.candidates[who], "xuda_hr_form": "of this browser"}, "of this browser"
    return {"xuda_hr": place.logins[who].token}, place.logins[who].csrf


def forged(place: World, right: Right, token: str | None, **headers: str) -> int:
    """Status of the form as HR's browser would send it from a page of another site."""
    cookies, _ = browser_of(place, right)
    form = {**({} if token is None else {"csrf": token}), **right.form}
    parts = {name: (None, value) for name, value in form.items()} | {"file": ("f.bin", b"x")}
    url = place.backend.url + place.fill(right.path, "rd")
    return requests.post(
        url, files=parts, cookies=cookies, headers=headers, allow_redirects=False, timeout=20
    ).status_code


@pytest.mark.parametrize("right", _FORMS, ids=lambda right: right.route)
def test_no_form_is_taken_from_another_site(place: World, right: Right) -> None:
    _, mine = browser_of(place, right)
    others = next(login.csrf for login in place.logins.values() if login.csrf != mine)
    assert forged(place, right, None) == 403
    assert forged(place, right, "") == 403
    assert forged(place, right, "x" * 32) == 403
    assert forged(place, right, others) == 403
    assert forged(place, right, mine, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert forged(place, right, mine, **{"Sec-Fetch-Site": "same-site"}) == 403


def test_a_form_that_lost_its_check_is_noticed(place: World) -> None:
    with ExitStack() as stack:
        DEFECTS["forms-from-anywhere"](stack)
        assert forged(place, rights.BY_ROUTE["POST /devices/code"], None) == 200


def test_nothing_changes_by_following_a_link() -> None:
    """What changes something is a POST; HEAD and GET only ever read."""
    changing = re.compile(r"/(delete|revoke|unlock|code|logout|hold|release|restore|purge)$")
    assert not [right.route for right in RIGHTS if right.method in ("GET", "HEAD") and changing.search(right.path)]


def test_the_database_has_no_session_that_could_be_used(backend: Served) -> None:
    token = sign_in(backend, person(backend, "kept"), {}).cookies["xuda_hr"]
    with backend.hr.db.read() as session:
        ids = [row.id for row in session.query(LoginSession)]
    assert token not in ids
    assert all(auth.current(backend.hr, name) is None for name in ids)
