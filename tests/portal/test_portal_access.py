"""Who gets into the portal, how long a session lasts, and what protects its pages."""

import re
from dataclasses import replace

import pytest

from tests.portal.world import Web, World

PAGES = [
    "/interviews",
    "/batches",
    "/batches/new",
    "/candidates",
    "/kits",
    "/kits/demo",
    "/devices",
    "/audit",
    "/account",
]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_opens_in_both_languages(admin: Web, language: str, path: str) -> None:
    admin.page(f"/language?to={language}")
    answer = admin.page(path)
    assert answer.status_code == 200
    assert f'<html lang="{language.replace("_", "-")}">' in answer.text


@pytest.mark.parametrize("path", [*PAGES, "/", "/interviews/x", "/interviews/x/report.pdf", "/interviews/x/media/y"])
def test_a_stranger_is_sent_to_the_login_and_back(world: World, path: str) -> None:
    answer = Web(world.url).page(path, allow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login?next=%2F")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_never_leads_to_another_site(world: World, target: str) -> None:
    web = Web(world.url)
    token = web.token("/login")
    user = world.user("admin")
    fields = {
        "csrf": token,
        "username": "admin",
        "password": user.password,
        "totp": world.totp("admin"),
        "next": target,
    }
    answer = web.request("POST", world.url + "/login", data=fields, allow_redirects=False, timeout=20)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_wrong_code_a_wrong_password_and_an_unknown_name_get_the_same_answer(world: World) -> None:
    password = world.user("auditor").password
    answers = [
        Web(world.url).post("/login", username="auditor", password=password, totp="000000"),
        Web(world.url).post("/login", username="auditor", password="wrong", totp=world.totp("auditor")),
        Web(world.url).post("/login", username="nobody", password="wrong", totp="123456"),
    ]
    messages = {re.search(r'role="alert">([^<]+)<', answer.text)[1] for answer in answers}  # type: ignore[index]
    assert {answer.status_code for answer in answers} == {401}
    assert len(messages) == 1
    assert not any("xuda_hr" in answer.cookies for answer in answers)


def test_a_code_works_only_once(world: World) -> None:
    password, code = world.user("auditor").password, world.totp("auditor")
    assert Web(world.url).post("/login", username="auditor", password=password, totp=code).status_code == 200
    assert Web(world.url).post("/login", username="auditor", password=password, totp=code).status_code == 401


def test_too_many_wrong_tries_lock_the_name_and_say_for_how_long(world: World) -> None:
    user = world.user("overseas.head")
    for _ in range(5):
        Web(world.url).post("/login", username=user.username, password="wrong", totp="000000")
    answer = Web(world.url).post(
        "/login", username=user.username, password=user.password, totp=world.totp(user.username)
    )
    assert answer.status_code == 429
    assert re.search(r"请等待 \d+ 秒", answer.text)
    world.clock.advance(301)
    assert world.http(user.username).page("/interviews").status_code == 200


def test_the_session_cookie_is_closed_to_scripts_and_other_sites(world: World) -> None:
    web = Web(world.url)
    user = world.user("admin")
    fields = {"csrf": web.token("/login"), "username": "admin", "password": user.password, "totp": world.totp("admin")}
    answer = web.request("POST", world.url + "/login", data=fields, allow_redirects=False, timeout=20)
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_every_answer_carries_the_protecting_headers(world: World, officer: Web) -> None:
    for path in ("/login", "/interviews", "/nothing-here", "/static/portal.css", "/interviews/x/media/y"):
        headers = officer.page(path, allow_redirects=False).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
    assert "no-store" in officer.page("/interviews").headers["Cache-Control"]


def test_no_page_has_inline_script_style_or_foreign_assets(world: World, admin: Web) -> None:
    pages = [*PAGES, "/login", f"/interviews/{world.sittings['finished'].interview_id}"]
    for path in pages:
        text = admin.page(path).text
        assert "<style" not in text
        assert not re.search(r"<[^>]+ (style|on\w+)=", text), path
        assert not re.search(r"<script(?! src=\"/static/)", text), path
        assert not re.search(r'(src|href)="(https?:)?//', text), path


def test_a_form_without_its_token_or_from_another_site_is_refused(world: World, admin: Web) -> None:
    for fields in ({}, {"csrf": "x"}):
        answer = admin.request("POST", world.url + "/devices/code", data=fields, timeout=20)
        assert answer.status_code in (403, 411)
        assert 'class="code' not in answer.text
    token = admin.token("/devices")
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = admin.request("POST", world.url + "/devices/code", data={"csrf": token}, headers=headers, timeout=20)
    assert answer.status_code == 403


def test_logout_ends_the_session_on_the_server(world: World) -> None:
    web = world.http("admin")
    kept = dict(web.cookies)
    assert web.post("/logout").status_code == 200
    again = Web(world.url)
    again.cookies.update(kept)
    assert again.page("/interviews", allow_redirects=False).status_code == 303


def test_an_idle_session_ends_although_its_list_refreshes_itself(world: World) -> None:
    web = world.http("admin")
    for _ in range(4):
        world.clock.advance(600)
        answer = web.page("/interviews", headers={"X-Fragment": "1"})
    assert answer.status_code == 401
    assert web.page("/interviews", allow_redirects=False).status_code == 303


def test_the_password_is_changed_with_the_old_one_and_a_code(world: World) -> None:
    web, elsewhere = world.http("rd.head"), world.http("rd.head")
    old, new = world.user("rd.head").password, "一个足够长的新密码哦呀吧 2"
    wrong = web.post("/account/password", old="wrong", new=new, again=new, totp=world.totp("rd.head"))
    assert wrong.status_code == 401
    short = web.post("/account/password", old=old, new="short", again="short", totp=world.totp("rd.head"))
    assert short.status_code == 422
    assert web.post("/account/password", old=old, new=new, again="other", totp="1").status_code == 422
    assert "密码已修改" in web.post("/account/password", old=old, new=new, again=new, totp=world.totp("rd.head")).text
    assert elsewhere.page("/interviews", allow_redirects=False).status_code == 303
    place = next(i for i, user in enumerate(world.demo.users) if user.username == "rd.head")
    world.demo.users[place] = replace(world.demo.users[place], password=new)
    assert world.http("rd.head").page("/interviews").status_code == 200
