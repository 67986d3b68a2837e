"""The import page: several sticks in one form, a word on each interview, receipts to carry back."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
import requests

from backend.portal.security import MOST_BODY
from backend.services import devices, kits
from contract.bundle import BundleReceipts
from contract.envelope import Envelope, open_envelope
from tests.backend.world import KIT, Booth, Sealed, Talk
from tests.carry.test_import import interview, packed
from tests.portal.booth import Booth as PortalBooth
from tests.portal.world import Clock, Server, Web, World, organisation
from tests.support.stick import COMMAND_LINE, booth, pack
from tests.support.waiting import wait_for

Upload = tuple[str, tuple[str, bytes]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Without the interviews of the other pages."""
    clock = Clock()
    hr, filled = organisation(tmp_path_factory.mktemp("hr") / "data", clock)
    kits.add_kit(hr, COMMAND_LINE, KIT.encode())
    with Server(hr) as server:
        yield World(server.url, hr, clock, filled, PortalBooth(server.url, filled.enrolment_codes[0]))


@pytest.fixture(scope="module")
def hr_web(world: World) -> Web:
    web = world.http("hr")
    web.cookies.set("xuda_lang", "en")
    return web


def send(web: Web, *files: tuple[str, bytes], **fields: str) -> requests.Response:
    parts: list[Upload] = [("files", file) for file in files]
    return web.post("/imports", files=parts, **fields)


def finished(web: Web, answer: requests.Response) -> str:
    """The page, once every file of the import is done."""
    assert answer.status_code == 200, answer.text
    address = answer.url.removeprefix(web.url)
    wait_for(lambda: ">running<" not in web.page(address).text, "the import", seconds=30)
    return web.page(address).text


def rows(page: str) -> list[str]:
    return re.findall(r'<span class="chip (?:\w+)">([^<]+)</span>', page)


def bundle(world: World, name: str = "李雷", size: int = 5_000) -> tuple[Booth, Talk, Sealed, bytes]:
    who = booth(world.hr)
    talk, sealed = interview(world.hr, who, size=size)
    return who, talk, sealed, pack(who, [packed(talk, sealed)])


def test_several_files_are_imported_each_with_its_word(world: World, hr_web: Web) -> None:
    _, first, _, one = bundle(world)
    _, second, _, two = bundle(world)
    page = finished(
        hr_web,
        send(hr_web, ("一号展台.xuda", one), ("cut.xuda", two[:-1700]), ("two.xuda", two), ("x.xuda", b"PK\x03\x04")),
    )
    assert "一号展台.xuda" in page
    assert "The copy of the bundle is not complete" in page
    assert "The content cannot be read" in page
    assert rows(page).count("new") == 2
    for talk in (first, second):
        assert f'href="/interviews/{talk.interview_id}"' in page
    again = finished(hr_web, send(hr_web, ("again.xuda", one)))
    assert rows(again).count("already here") == 1
    assert "again.xuda" in hr_web.page("/imports").text


def test_a_large_bundle_goes_past_the_limit_of_other_forms(world: World, hr_web: Web) -> None:
    _, _, _, content = bundle(world, size=20 * MOST_BODY)
    assert rows(finished(hr_web, send(hr_web, ("large.xuda", content)))).count("new") == 1
    refused = hr_web.post("/batches", files=[("file", ("x", bytes(2 * MOST_BODY)))])
    assert refused.status_code == 413


def test_receipts_can_be_fetched_and_are_the_organisations(world: World, hr_web: Web) -> None:
    who, _, _, content = bundle(world)
    page = finished(hr_web, send(hr_web, ("r.xuda", content)))
    (link,) = re.findall(r'href="(/imports/[^"]+/receipts/0)"', page)
    answer = hr_web.page(link)
    assert "attachment" in answer.headers["Content-Disposition"]
    found = open_envelope(Envelope.from_bytes(answer.content), BundleReceipts, who.organisation_keys)
    assert (found.device_id, len(found.receipts)) == (who.device_id, 1)
    assert hr_web.page(link[:-1] + "7").status_code == 404


def test_a_withdrawn_devices_bundle_waits_for_a_word_and_is_marked(world: World, hr_web: Web) -> None:
    who, talk, _, content = bundle(world)
    devices.revoke(world.hr, COMMAND_LINE, who.device_id)
    page = finished(hr_web, answer := send(hr_web, ("old.xuda", content)))
    assert "The bundle is from a device whose access was withdrawn" in page
    (action,) = re.findall(r'action="(/imports/[^"]+/confirm/0)"', page)
    assert rows(page) == []
    page = finished(hr_web, hr_web.post(action))
    assert rows(page).count("new") == 1
    assert "Its interviews are marked" in page
    assert "access had been withdrawn" in hr_web.page(f"/interviews/{talk.interview_id}").text
    assert answer.status_code == 200


def test_a_form_without_its_token_leaves_nothing_on_the_disk(world: World, hr_web: Web) -> None:
    _, _, _, content = bundle(world)
    incoming = world.hr.settings.data / "objects" / "incoming"
    before = set(incoming.glob("*"))
    assert send(hr_web, ("a.xuda", content), csrf="forged").status_code == 403
    answer = hr_web.request(
        "POST", hr_web.url + "/imports", files=[("files", ("a.xuda", content)), ("csrf", (None, "late"))], timeout=20
    )
    assert answer.status_code == 403
    assert set(incoming.glob("*")) == before


def test_no_file_and_no_form_are_said(hr_web: Web) -> None:
    assert send(hr_web, ("", b"")).status_code == 422
    plain = hr_web.request("POST", hr_web.url + "/imports", data={"csrf": hr_web.token("/imports")}, timeout=20)
    assert plain.status_code == 422
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"", b"--b", b"junk", b"--b\r\nContent-Disposition: form-data\r\n", b"--b\r\n" + b"A" * 9000):
        answer = hr_web.request("POST", hr_web.url + "/imports", data=body, headers=head, timeout=20)
        assert answer.status_code in (403, 413, 422), body


@pytest.mark.parametrize(
    "name", ["../../evil.xuda", "C:\\temp\\evil.xuda", "x" * 3000, "<script>alert(1)</script>.xuda"]
)
def test_names_of_files_are_only_shown(world: World, hr_web: Web, name: str) -> None:
    page = finished(hr_web, send(hr_web, (name, b"not a bundle")))
    assert "<script>alert" not in page
    assert ".." not in "".join(re.findall(r'<h2 class="mono">([^<]*)</h2>', page))
    assert not list(world.hr.settings.data.rglob("evil*"))


def test_an_upload_that_breaks_off_leaves_nothing(world: World, hr_web: Web) -> None:
    incoming = world.hr.settings.data / "objects" / "incoming"
    before = set(incoming.glob("*"))
    token, cookie = hr_web.token("/imports"), hr_web.cookies["xuda_hr"]
    part = f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{token}\r\n--b\r\n'
    part += 'Content-Disposition: form-data; name="files"; filename="a.xuda"\r\n\r\n'
    head = (
        f"POST /imports HTTP/1.1\r\nHost: x\r\nCookie: xuda_hr={cookie}\r\nContent-Length: 9000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    host, port = hr_web.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(head.encode() + part.encode() + bytes(300_000))
        wait_for(lambda: set(incoming.glob("*")) != before, "the upload on the disk")
    wait_for(lambda: set(incoming.glob("*")) == before, "the clearing up")


def test_only_hr_and_administrators_see_imports(world: World) -> None:
    for name in ("auditor", "rd.head"):
        web = world.http(name)
        assert web.page("/imports").status_code == 403
        assert send(web, ("a.xuda", b"x")).status_code == 403
