"""What an answer gives away or lets a browser do: headers, redirects, ranges, names of files, text of strangers."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from pypdf import PdfReader

from backend.db.models import Batch
from backend.services import audit, candidates
from backend.services.candidates import Person
from contract import events as ev
from contract.identifiers import clean_name
from report.archive import safe_name
from tests.backend import tus
from tests.backend.world import Talk, invite
from tests.security import rights
from tests.security.defects import DEFECTS
from tests.security.hostile_device import whole_interview
from tests.security.nasty import FORMULAS, INVISIBLE, MARK, MARKUP, PATHS, TEXTS
from tests.security.places import World, world
from tests.security.rights import RIGHTS, Right

ROOT = Path(__file__).parents[2]
_PAGES = [right for right in RIGHTS if right.method == "GET" and not right.path.startswith("/v1")]
_HIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


def page(place: World, path: str, **headers: str) -> requests.Response:
    cookies = {"xuda_hr": place.logins[rights.HR].token}
    address = place.backend.url + path
    with requests.get(
        address, cookies=cookies, headers=headers, allow_redirects=False, timeout=60, stream=path.endswith("/live")
    ) as answer:  # a stream has no end
        return answer


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.route)
def test_every_answer_tells_browsers_what_not_to_do(place: World, right: Right) -> None:
    for who in (rights.HR, rights.NOBODY):
        if right.route == "POST /logout" and who == rights.HR:
            continue
        headers = place.ask(right, who, "rd").headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        if right.method != "MOUNT":
            assert "no-store" in headers["Cache-Control"]
        assert "server" not in {name.lower() for name in headers if headers[name] != "uvicorn"}


@pytest.mark.parametrize("right", _PAGES, ids=lambda right: right.route)
def test_no_redirect_goes_where_the_request_says(place: World, right: Right) -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    path = place.fill(right.path, "rd")
    for variant in (path, f"{path}/", f"/{path}", f"//evil.example{path}", f"/%5Cevil.example{path}"):
        answer = page(place, variant, **evil)
        where = answer.headers.get("Location", "/")
        assert where.startswith("/"), (variant, where)
        assert not where.startswith(("//", "/\\")), (variant, where)
        assert "evil.example" not in where.partition("next=")[0]


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil", "\\\\evil", "/\t/evil", "javascript:x"]
)
def test_a_way_back_leads_nowhere_else(place: World, target: str) -> None:
    cookies = {"xuda_hr": place.logins[rights.HR].token}
    for path in ("/login", "/language"):
        answer = requests.get(
            place.backend.url + path,
            params={"next": target, "to": "en"},
            cookies=cookies,
            allow_redirects=False,
            timeout=20,
        )
        assert answer.headers["Location"] == "/"


RANGES = (
    "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 5000, 2)),
    "bytes=" + ",".join(["0-"] * 1000),
    "bytes=0-0,0-0,-1",
    "bytes=-0",
    "bytes=--1",
    "bytes=-1-2",
    "bytes=5-2",
    "bytes=0-99999999999999999999999999",
    "bytes=99999999999999999999999999-",
    "bytes=0x1-2",
    "bytes=٠-٩",
    "bytes= 0 - 1",
    "bytes=0-1\t",
    "bytes=",
    "BYTES=0-1",
    "none=0-1",
)


@pytest.mark.parametrize("wanted", RANGES)
def test_a_range_never_costs_more_than_the_whole(place: World, wanted: str) -> None:
    plain = b"picture and sound of rd"
    path = place.fill("/interviews/{interview_id}/media/{object_id}", "rd")
    cookies = {"xuda_hr": place.logins[rights.HR].token}
    headers = {"Range": wanted.encode("utf-8")}
    answer = requests.get(place.backend.url + path, cookies=cookies, headers=headers, timeout=20)
    assert answer.status_code in (200, 206, 416)
    assert len(answer.content) <= len(plain)
    assert answer.content in plain
    if answer.status_code == 200:
        assert answer.content == plain


@pytest.mark.parametrize(
    "path", ["/audit?page={n}", "/interviews?page={n}&size={n}", "/candidates?page={n}", "/kits/test?version={n}"]
)
@pytest.mark.parametrize(
    "number", ["-1", "0", "99999999999999999999", "-99999999999999999999", "9" * 5000, "1e9", "x", ""]
)
def test_a_number_in_an_address_is_never_a_fault(place: World, path: str, number: str) -> None:
    cookies = {"xuda_hr": place.logins[rights.ADMINISTRATOR].token}
    answer = requests.get(place.backend.url + path.replace("{n}", number), cookies=cookies, timeout=30)
    assert answer.status_code in (200, 422)


# ---- text of strangers ----------------------------------------------------------------------------------------------


def spoken(place: World, text: str) -> str:
    """An interview in which every text a candidate or device may give is ``text``; its id."""
    booth = place.booths[rights.OWNER]
    talk = Talk(booth, invite(place.backend.hr, "somebody"), str(uuid.uuid4()), os.urandom(32))
    recording = talk.seal(b"sound")
    sealed_by_kind = {
        ev.EventType.ANSWER_SAVED: ev.AnswerSealed,
        ev.EventType.TRANSCRIBED: ev.TranscribedSealed,
        ev.EventType.CORRECTED: ev.CorrectedSealed,
        ev.EventType.PICTURED: ev.PicturedSealed,
        ev.EventType.PAUSED: ev.ExitSealed,
        ev.EventType.QUESTIONNAIRE: ev.QuestionnaireSealed,
    }
    for kind, data, sealed in whole_interview(talk, recording):
        if "environment" in data:
            data["environment"] = {"os": text, "device_model": text, text[:50]: text, "errors": [text]}
        if "reason" in data and kind is ev.EventType.PAUSED:
            data["reason"] = text[:200]
        if kind is ev.EventType.TRANSCRIBED:
            data["model"] = text[:200]
        if sealed and sealed.get("text"):
            sealed["text"] = text
        if sealed and sealed.get("words"):
            sealed["words"] = text if kind is not ev.EventType.TRANSCRIBED else [{**sealed["words"][0], "text": text}]
        model = ev._DATA[kind].model_validate(data)
        talk.add(kind, model, sealed_by_kind[kind].model_validate(sealed) if sealed else None)
    talk.put_all()
    tus.upload(talk, recording)
    return talk.interview_id


@pytest.fixture(scope="module")
def told(place: World) -> dict[str, str]:
    """Interview id by nasty text."""
    chosen = (*MARKUP, FORMULAS[0], PATHS[0], PATHS[7], *INVISIBLE[:6])
    return {text: spoken(place, text) for text in chosen}


def test_what_strangers_wrote_reaches_no_page_as_markup_or_turned_round(place: World, told: dict[str, str]) -> None:
    for path in ("/interviews", *(f"/interviews/{name}" for name in told.values())):
        answer = page(place, path)
        assert answer.status_code == 200
        assert not _HIDDEN.search(answer.text), path
        assert not re.search(rf"<(script|img|svg|a) [^>]*{MARK}", answer.text)
        assert f"alert('{MARK}')</script>" not in answer.text
        scripts = re.findall(r"<script[^>]*>", answer.text)
        assert all(re.fullmatch(r'<script src="/static/[a-z_]+\.js" defer>', tag) for tag in scripts)


def test_captions_stay_captions(place: World, told: dict[str, str]) -> None:
    for text, name in told.items():
        answer = page(place, f"/interviews/{name}/captions/a.vtt")
        assert answer.status_code == 200, text
        assert "<" not in answer.text
        assert len(re.findall(r"^\d\d:\d\d:\d\d\.\d{3} --> ", answer.text, re.M)) == answer.text.count("-->") <= 1


def test_reports_and_archives_hold_the_words_and_run_none_of_them(place: World, told: dict[str, str]) -> None:
    for text in (MARKUP[0], MARKUP[5], PATHS[0], INVISIBLE[0], INVISIBLE[2]):
        answer = page(place, f"/interviews/{told[text]}/report.zip")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            for name in archive.namelist():
                assert re.fullmatch(r"(media/)?[A-Za-z0-9_-][A-Za-z0-9._-]*", name)
            said = "".join(part.extract_text() for part in PdfReader(io.BytesIO(archive.read("report.pdf"))).pages)
            json.loads(archive.read("report.json"))
        assert MARK in said
        assert not _HIDDEN.search(said.replace("\n", ""))


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_name_for_a_file_is_harmless_everywhere(text: str) -> None:
    name = safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name)
    assert ".." not in name.split("/")
    assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10))}


@pytest.mark.parametrize("text", INVISIBLE[:6])
def test_a_name_with_something_invisible_in_it_is_refused_at_import(text: str) -> None:
    assert clean_name(f"李{text}") is None


def test_a_name_can_be_anything_that_can_be_read(place: World) -> None:
    hr = place.backend.hr
    names = [text for text in (*MARKUP, *FORMULAS[:4]) if clean_name(text)]
    assert names
    with hr.db.write() as session:
        batch = session.get_one(Batch, place.batch_id)
        for number, name in enumerate(names):
            candidates.invite(hr, session, batch, Person(name, phone=f"1390000{number:04d}"))
    for path in ("/candidates", "/interviews", f"/batches/{place.batch_id}", f"/batches/{place.batch_id}/sheet"):
        text = page(place, path).text
        assert MARK in text
        assert not re.search(rf"<(script|img|svg)[^>]*{MARK}|alert\('{MARK}'\)</script>", text)


def test_a_user_called_like_a_formula_runs_nothing_in_the_auditors_spreadsheet(place: World) -> None:
    for text in FORMULAS:
        audit.record_now(place.backend.hr, text, "view", text)
    cookies = {"xuda_hr": place.logins[rights.AUDITOR].token}

    def cells() -> list[str]:
        answer = requests.get(place.backend.url + "/audit.csv", cookies=cookies, timeout=20)
        assert answer.status_code == 200
        return [cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")) for cell in row]

    assert not [cell for cell in cells() if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    with ExitStack() as stack:
        DEFECTS["cells-as-typed"](stack)
        assert [cell for cell in cells() if cell.startswith("=")]


def test_tables_for_spreadsheets_are_written_in_one_place_alone() -> None:
    """A cell that begins like a formula runs in the reader's spreadsheet: nobody writes cells by hand."""
    writers = []
    for folder in ("app", "backend", "contract", "report", "assessment"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                called = node.func if isinstance(node, ast.Call) else None
                if isinstance(called, ast.Attribute) and called.attr in ("writer", "DictWriter", "Workbook"):
                    writers.append(path.relative_to(ROOT).as_posix())
    assert writers == ["report/table.py"]


def test_screens_of_the_client_never_interpret_text() -> None:
    """Labels come from one class that shows plain text; nothing renders HTML."""
    wrong = []
    for path in (ROOT / "app" / "ui").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
            rich = {
                "setHtml",
                "insertHtml",
                "appendHtml",
                "QTextBrowser",
                "RichText",
                "AutoText",
                "MarkdownText",
            }
            if name in rich:
                wrong.append(f"{path.name}:{node.lineno} {name}")
            plain = path.name in ("basic.py", "probe.py")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "QLabel"
                and not plain
            ):
                wrong.append(f"{path.name}:{node.lineno} QLabel")
    assert not wrong
