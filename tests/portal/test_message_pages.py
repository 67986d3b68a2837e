"""HR writes a message on the portal's pages; a real booth gets it, and loses it when HR takes it back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from app.sync.enrolment import enroll
from backend.services import devices
from tests.backend.world import COMMAND_LINE, Served, invite, served
from tests.security import rights
from tests.security.places import login
from tests.sync.device import Device

TITLE, TEXT = "展位改到二楼 <b>zq91</b>", "第一行\n第二行 https://example.com"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture
def booth(backend: Served, tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "booth")
    enroll(backend.url, devices.new_enrolment_code(backend.hr, COMMAND_LINE), "Booth 1", device)
    yield device
    device.close()


class Person:
    """Somebody of HR with a browser."""

    def __init__(self, backend: Served, language: str) -> None:
        self._url = backend.url
        found = login(backend, rights.HR)
        self._csrf = found.csrf
        self._cookies = {"xuda_hr": found.token, "xuda_lang": language}

    def get(self, path: str) -> str:
        answer = requests.get(self._url + path, cookies=self._cookies, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> requests.Response:
        data = {"csrf": self._csrf, **fields}
        return requests.post(self._url + path, data=data, cookies=self._cookies, timeout=60)


@pytest.fixture(params=["en", "zh_CN"])
def person(backend: Served, request: pytest.FixtureRequest) -> Person:
    return Person(backend, request.param)


def form(backend: Served, **more: str) -> dict[str, str]:
    today = backend.hr.now().astimezone().date()
    days = {"start": str(today), "end": str(today + timedelta(days=3))}
    return {"to": "all", "title_zh_CN": TITLE, "text_zh_CN": TEXT, **days, **more}


def titles(device: Device) -> list[str]:
    device.make_engine(patience=10).run_until_idle(20)
    return [message.title["zh_CN"] for message in device.shelf.messages.all()]


def test_what_is_previewed_is_not_sent_and_what_is_sent_reaches_the_booth_until_it_is_withdrawn(
    backend: Served, person: Person, booth: Device
) -> None:
    preview = person.post("/messages", **form(backend, do="preview"))
    assert preview.status_code == 200
    assert "展位改到二楼 &lt;b&gt;zq91&lt;/b&gt;" in preview.text
    assert titles(booth) == []
    (sending,) = re.findall(r'<form[^>]*>((?:(?!</form>).)*value="send".*?)</form>', preview.text, re.DOTALL)
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', sending)
    typed = {name: html.unescape(value) for name, value in fields if name != "csrf"}
    assert person.post("/messages", **typed, do="send").url.endswith("/messages")
    assert titles(booth) == [TITLE]
    assert booth.shelf.messages.all()[0].text == {"zh_CN": TEXT}
    listed = person.get("/messages")
    assert "<b>zq91" not in listed
    (path,) = re.findall(r'action="(/messages/[^"]+/withdraw)"', listed)
    assert person.post(path).ok
    assert titles(booth) == []
    assert "/withdraw" not in person.get("/messages")


def test_one_candidate_is_written_to_from_the_batch(backend: Served, person: Person, booth: Device) -> None:
    invitation = invite(backend.hr, "只给她 zq92", phone="13700137111")
    typed = person.get(f"/messages/new?to=invitation:{invitation}")
    assert "只给她 zq92" in typed
    assert 'name="next_steps"' in typed
    to = f"invitation:{invitation}"
    assert person.post("/messages", **form(backend, to=to, do="send")).ok
    assert titles(booth) == [TITLE]
    assert booth.shelf.messages.all()[0].invitations == [invitation]
    (path,) = re.findall(r'action="(/messages/[^"]+/withdraw)"', person.get("/messages"))
    person.post(path)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_what_is_wrong_is_said_and_what_was_typed_stays(backend: Served, language: str) -> None:
    person = Person(backend, language)
    refused = person.post("/messages", **form(backend, do="send", text_zh_CN=""))
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert "展位改到二楼" in refused.text
    assert person.post("/messages", **form(backend, do="send", start="soon")).status_code == 422
    assert person.post("/messages", **form(backend, do="send", to="batch:none")).status_code == 404
    assert "/withdraw" not in person.get("/messages")
