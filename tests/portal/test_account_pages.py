"""One's own account: where one is logged in, recovery codes, another authenticator."""

from __future__ import annotations

import re

import pyotp

from tests.portal.world import Web, World


def again(world: World, name: str = "hr") -> Web:
    return world.http(name)


def test_other_logins_are_listed_and_ended_one_by_one_and_all(world: World) -> None:
    first, second, third = again(world), again(world), again(world)
    page = first.page("/account").text
    names = re.findall(r'name="login" value="([0-9a-f]{16})"', page)
    assert len(names) >= 2
    assert first.post("/account/logins/end", login=names[0]).status_code == 200
    assert "/login" in third.page("/interviews").url
    first.post("/account/logins/end")
    assert "/login" in second.page("/interviews").url
    assert "/login" not in first.page("/interviews").url


def test_nobody_ends_logins_of_others(world: World) -> None:
    mine, theirs = again(world), again(world, "auditor")
    names = re.findall(r'value="([0-9a-f]{16})"', again(world, "auditor").page("/account").text)
    assert mine.post("/account/logins/end", login=names[0]).status_code == 404
    assert "/login" not in theirs.page("/audit").url


def test_a_recovery_code_stands_for_one_one_time_code_once(world: World) -> None:
    web, user = again(world), world.user("hr")
    answer = web.post("/account/recovery", totp=world.totp("hr"))
    codes = re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b", answer.text)
    assert len(codes) == 10
    typed = codes[0].replace("-", " ").upper()
    other = Web(world.url)
    assert "/login" not in other.post("/login", username="hr", password=user.password, totp=typed).url
    assert Web(world.url).post("/login", username="hr", password=user.password, totp=typed).status_code == 401
    assert "9" in web.page("/account").text
    web.post("/account/recovery", totp=world.totp("hr"))
    assert Web(world.url).post("/login", username="hr", password=user.password, totp=codes[1]).status_code == 401


def test_another_authenticator_counts_once_its_code_was_typed(world: World) -> None:
    web, user = again(world, "overseas.head"), world.user("overseas.head")
    assert web.post("/account/authenticator", password="wrong").status_code == 401
    page = web.post("/account/authenticator", password=user.password).text
    held = re.findall(r'name="held" value="([^"]+)"', page)[0]
    secret = re.findall(r"\b[A-Z2-7]{32}\b", page)[0]
    assert web.post("/account/authenticator/confirm", held=held, totp="000000").status_code == 401
    assert again(world, "overseas.head").page("/account").status_code == 200, "the old one counts still"
    world.clock.advance(31)
    assert web.post("/account/authenticator/confirm", held=held, totp=pyotp.TOTP(secret).at(world.clock())).ok
    old = Web(world.url).post(
        "/login", username="overseas.head", password=user.password, totp=world.totp("overseas.head")
    )
    assert old.status_code == 401
    world.clock.advance(31)
    code = pyotp.TOTP(secret).at(world.clock())
    assert (
        "/login" not in Web(world.url).post("/login", username="overseas.head", password=user.password, totp=code).url
    )


def test_the_audit_log_is_filtered_and_exported_as_filtered(world: World) -> None:
    web = again(world, "auditor")
    page = web.page("/audit?what=login&who=auditor").text
    assert page.count("<tr><td") >= 1
    lines = web.page("/audit.csv?what=login&who=auditor").text.splitlines()
    assert len(lines) > 1
    assert all("auditor,login," in line.replace('"', "") for line in lines[1:])
