"""HR says on a page which column of a table is what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from tests.backend.posting import new_batch
from tests.backend.test_workbooks import workbook
from tests.backend.world import Served, served
from tests.portal.test_message_pages import Person

CSV = "某公司名单,,\n大名,呼机,备考\n王<b>小明,13812345678,好\n李雷,1391,差\n"
XLSX = workbook([["大名", "呼机", "来源"], ["韩梅梅", 13912345678, "官网"]])


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture(params=["en", "zh_CN"])
def officer(backend: Served, request: pytest.FixtureRequest) -> Person:
    return Person(backend, request.param)


def upload(backend: Served, officer: Person, batch: str, data: bytes, **more: str) -> requests.Response:
    return requests.post(
        f"{backend.url}/batches/{batch}/candidates",
        data={"csrf": officer._csrf, **more},
        files={"file": ("list", data)},
        cookies=officer._cookies,
        timeout=60,
    )


def table_of(page: str) -> str:
    (found,) = re.findall(r'name="table" value="([^"]+)"', page)
    return str(found)


def test_a_strange_header_leads_to_the_choice_and_from_there_to_the_report(backend: Served, officer: Person) -> None:
    batch = new_batch(backend.hr)
    header = CSV.replace("备考", f"备考{officer._cookies['xuda_lang']}")  # each remembers a header of its own
    asked = upload(backend, officer, batch, header.encode("gb18030"))
    assert asked.status_code == 422
    assert 'role="alert"' in asked.text
    assert "王&lt;b&gt;小明" in asked.text
    assert re.search(r'name="header" value="2" checked', asked.text)
    fields = {"table": table_of(asked.text), "sheet": "0", "header": "2"}
    for wrong in (["keep"] * 3, ["name", "keep", "keep"], ["name", "phone", "phone"]):
        again = officer.post(f"/batches/{batch}/columns", do="import", column=wrong, **fields)  # type: ignore[arg-type]
        assert again.status_code == 422
        assert 'role="alert"' in again.text
    other = officer.post(f"/batches/{batch}/columns", do="look", **{**fields, "header": "0"})
    assert "#1" in other.text
    done = officer.post(f"/batches/{batch}/columns", do="import", column=["name", "phone", "-"], **fields)  # type: ignore[arg-type]
    assert done.status_code == 200
    assert "<td>4</td><td>呼机</td>" in done.text
    assert "王&lt;b&gt;小明" in done.text
    # the table was let go, and the header is known now
    assert officer.post(f"/batches/{batch}/columns", do="look", **fields).status_code == 422
    assert upload(backend, officer, new_batch(backend.hr), header.encode()).status_code == 200


def test_a_known_header_can_be_looked_at_first(backend: Served, officer: Person) -> None:
    batch = new_batch(backend.hr)
    asked = upload(backend, officer, batch, "姓名,手机\n王小明,13812345678\n".encode(), by_hand="1")
    assert asked.status_code == 200
    assert re.search(r'value="name" selected', asked.text)
    assert re.search(r'value="phone" selected', asked.text)


def test_a_workbook_is_chosen_from_alike(backend: Served, officer: Person) -> None:
    batch = new_batch(backend.hr)
    asked = upload(backend, officer, batch, XLSX, by_hand="1")
    fields = {"table": table_of(asked.text), "sheet": "0", "header": "1"}
    done = officer.post(f"/batches/{batch}/columns", do="import", column=["name", "phone", "keep"], **fields)  # type: ignore[arg-type]
    assert done.status_code == 200
    assert "韩梅梅" in done.text


def test_a_table_is_for_whoever_brought_it_and_for_half_an_hour(backend: Served, officer: Person) -> None:
    batch = new_batch(backend.hr)
    asked = upload(backend, officer, batch, CSV.encode(), by_hand="1")
    fields = {"table": table_of(asked.text), "sheet": "0", "header": "2"}
    assert Person(backend, "en").post(f"/batches/{batch}/columns", **fields).status_code == 422
    assert officer.post(f"/batches/{batch}/columns", **fields).status_code == 200
    backend.clock.ahead += timedelta(minutes=29)
    assert officer.post(f"/batches/{batch}/columns", **fields).status_code == 200
    backend.clock.ahead += timedelta(minutes=2)
    assert officer.post(f"/batches/{batch}/columns", **fields).status_code in (401, 422)


def test_what_is_no_table_is_said(backend: Served, officer: Person) -> None:
    batch = new_batch(backend.hr)
    for data in (b"\xff\xff\x00nonsense", b"", b"PK\x03\x04broken"):
        assert upload(backend, officer, batch, data, by_hand="1").status_code == 422
