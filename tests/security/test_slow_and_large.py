"""Requests that never end, are too large, are packed, or are bent: on raw sockets, against the server as it is run."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import uvicorn

from backend import http as served_http
from backend.api import body as bodies
from backend.app import create_app
from backend.runtime import Runtime, open_runtime
from backend.services import batches, kits
from backend.services.table_file import read_table
from backend.settings import Settings
from contract.api import request_token, upload_token
from contract.errors import ErrorCode, XudaError
from contract.manifest import Manifest
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Clock, Sealed, Served, Talk, invite, organisation, wait_until
from tests.security.hostile_device import sign_raw

FAST = 0.6  # seconds; the real limits are the same code with larger numbers


@dataclass
class Running:
    hr: Runtime
    port: int
    booth: Booth

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    patch = pytest.MonkeyPatch()
    patch.setattr(served_http, "HEADER_SECONDS", FAST)
    patch.setattr(bodies, "SILENCE_SECONDS", FAST)
    patch.setattr(bodies, "WHOLE_SECONDS", 3 * FAST)
    data = tmp_path_factory.mktemp("hr") / "data"
    organisation(data).close()
    hr = open_runtime(Settings(data=data))
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(served_http.config(create_app(hr.settings, runtime=hr)))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield Running(hr, port, Served(f"http://127.0.0.1:{port}", hr, Clock()).enrol())
    server.should_exit = True
    thread.join(20)
    patch.undo()


def answer_of(connection: socket.socket) -> bytes:
    """Everything until the server closes; it must."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def drip(connection: socket.socket, text: bytes, seconds: float) -> bytes:
    """Send a byte now and then until the server has had enough; what it said."""
    end = time.monotonic() + seconds
    place = 0
    with contextlib.suppress(OSError):
        while time.monotonic() < end:
            connection.sendall(text[place : place + 1] or b"x")
            place += 1
            connection.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1, socket.MSG_PEEK):
                    break
                break
    connection.settimeout(15)
    return answer_of(connection)


def test_a_connection_that_says_nothing_is_closed(running: Running) -> None:
    with running.connect() as connection:
        assert answer_of(connection) == b""


@pytest.mark.parametrize("begun", [b"GET", b"GET / HTTP/1.1\r\nHost: x\r\nX-"])
def test_a_request_whose_head_drips_is_cut_off(running: Running, begun: bytes) -> None:
    began = time.monotonic()
    with running.connect() as connection:
        connection.sendall(begun)
        assert drip(connection, b"", 10) == b""
    assert time.monotonic() - began < 8


def test_a_kept_connection_may_not_drip_its_next_request(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n")
        said = b""
        while b'"time"' not in said:
            said += connection.recv(65536)
        assert said.startswith(b"HTTP/1.1 200")
        assert drip(connection, b"GET /v1/hea", 10) == b""


@pytest.mark.parametrize("path", ["/v1/enrol", "/login"])
@pytest.mark.parametrize("dripping", [False, True])
def test_a_body_that_stalls_or_drips_is_given_up(running: Running, path: str, dripping: bool) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/login" else "application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 5000\r\n\r\n"
    began = time.monotonic()
    with running.connect() as connection:
        connection.sendall(head.encode() + b"a")
        said = drip(connection, b"b" * 5000, 10) if dripping else answer_of(connection)
    assert said.startswith((b"HTTP/1.1 408", b"HTTP/1.1 400"))
    assert b"connection: close" in said.lower()
    assert time.monotonic() - began < 8


def test_others_are_served_while_many_are_slow(running: Running) -> None:
    slow = [running.connect() for _ in range(100)]
    try:
        for connection in slow:
            connection.sendall(b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        assert requests.get(f"http://127.0.0.1:{running.port}/v1/health", timeout=10).status_code == 200
    finally:
        for connection in slow:
            connection.close()


BENT = {
    "endless head": b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000,
    "many heads": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    "long address": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "two lengths": b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length as words": b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n",
    "huge length": b"PATCH /v1/files/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "bytes beyond ascii": b"GET /\xff\xfe?\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "not http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_request_is_refused_and_the_server_goes_on(running: Running, name: str) -> None:
    with running.connect() as connection:
        with contextlib.suppress(OSError):
            connection.sendall(BENT[name])
        said = answer_of(connection)
    assert not said.startswith(b"HTTP/1.1 5")
    assert not said.startswith(b"HTTP/1.1 2")
    assert requests.get(f"http://127.0.0.1:{running.port}/v1/health", timeout=10).status_code == 200


def test_more_than_a_message_may_hold_is_refused_while_it_comes(running: Running) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 1024 * 1024

    answer = requests.post(f"http://127.0.0.1:{running.port}/v1/enrol", data=endless(), timeout=30)
    assert answer.status_code == 413


def test_a_packed_body_is_not_unpacked(running: Running) -> None:
    bomb = gzip.compress(b" " * 20_000_000 + b"{}")
    for kind in ("gzip", "deflate", "br", "zstd"):
        headers = {"Content-Encoding": kind}
        answer = requests.post(f"http://127.0.0.1:{running.port}/v1/enrol", data=bomb, headers=headers, timeout=20)
        assert answer.status_code == 422


def put(running: Running, payload: bytes) -> requests.Response:
    """A manifest with any payload, rightly signed."""
    envelope = sign_raw(running.booth.key, Manifest, payload)
    return running.booth.call("PUT", "/v1/interviews/abc/manifests/1", envelope)


GOOD = (
    '{{"interview_id":"abc","device_id":"{device}","serial":1,"created_at":"2026-01-01T00:00:00Z","last_seq":{last},'
    '"events_digest":"x","objects":[]}}'
)
DOCUMENTS = {
    "deep": b'{"objects":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "endless number": b'{"serial":' + b"9" * 100_000 + b"}",
    "no number": b'{"serial":NaN}',
    "half a character": b'{"interview_id":"\\ud800"}',
    "broken text": b'{"interview_id":"\xff\xfe"}',
    "list": b"[]",
    "nothing": b"",
    "mark before": b"\xef\xbb\xbf{}",
    "two documents": b"{}{}",
    "comment": b"{}//",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_signed_document_that_is_none_is_refused(running: Running, name: str) -> None:
    assert put(running, DOCUMENTS[name]).status_code == 422


def test_a_manifest_cannot_make_the_backend_count_for_ever(running: Running) -> None:
    began = time.monotonic()
    for last in (10**9, 10**18, 10**30):
        text = GOOD.format(device=running.booth.device_id, last=last)
        assert put(running, text.encode()).status_code == 422
    assert time.monotonic() - began < 10


# ---- files of people ------------------------------------------------------------------------------------------------


def test_a_kit_that_unfolds_without_end_is_refused_at_once(running: Running) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for one, next_one in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{next_one}: &{next_one} [{', '.join([f'*{one}'] * 9)}]")
    for text in (
        "\n".join(lines),
        "a: &a [*a]",
        "<<: &m {<<: *m}",
        "- " * 5000,
        "{" * 5000,
        "!!python/object:os.system x",
    ):
        with pytest.raises(XudaError) as caught:
            kits.add_kit(running.hr, COMMAND_LINE, text.encode())
        assert caught.value.code is ErrorCode.KIT_INVALID


TABLES = {
    "one endless cell": b"name,phone\n" + b"a" * 3_000_000,
    "one endless quote": b'name,phone\n"' + b"a,\n" * 500_000,
    "columns without end": b"," * 900_000,
    "rows without end": b"name,phone\n" + b",\n" * 400_000,
    "packed": b"name,phone\n" + gzip.compress(b"x" * 10_000),
    "a spreadsheet": b"PK\x03\x04" + b"\x00" * 1000,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_that_is_a_bomb_costs_seconds_at_most(name: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(XudaError):
        read_table(TABLES[name])
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "1969-12-31T23:59:59+00:00", "9999-12-31T23:59:59-14:00"])
def test_a_period_far_from_our_time_is_a_mistake_and_no_fault(text: str) -> None:
    for end in (False, True):
        with pytest.raises(XudaError) as caught:
            batches.moment(text, end=end)
        assert caught.value.code is ErrorCode.SETTING_INVALID


# ---- uploads --------------------------------------------------------------------------------------------------------


@pytest.fixture
def talk(running: Running) -> Talk:
    return Talk(running.booth, invite(running.hr, "李雷"))


def test_more_or_other_bytes_than_promised_do_not_count(talk: Talk) -> None:
    small = Sealed("small", b"x" * 10)
    address = tus.location(talk, small)
    assert tus.patch(talk.booth, address, 0, b"x" * 11).status_code == 413
    assert tus.patch(talk.booth, address, 0, (part for part in (b"x" * 6, b"y" * 6))).status_code == 413
    assert tus.offset(talk.booth, address) == 0
    assert tus.patch(talk.booth, address, 0, b"y" * 10).status_code == 460


METADATA = {
    "path in the id": {"object_id": "../../hr.db"},
    "absolute path": {"object_id": "/etc/passwd"},
    "nothing": {"object_id": ""},
    "zero byte": {"object_id": "a\x00b"},
    "windows device": {"interview_id": "CON:"},
    "line break in the type": {"media_type": "video/webm\r\nX-Evil: 1"},
    "no type": {"media_type": "text"},
    "short sum": {"sha256": "00"},
    "sum in capitals": {"sha256": "A" * 64},
    "long id": {"interview_id": "a" * 65},
}


@pytest.mark.parametrize("name", METADATA)
def test_metadata_that_lies_begins_no_upload(running: Running, talk: Talk, name: str) -> None:
    sealed = Sealed("good", b"x")
    headers = {"Upload-Metadata": tus.metadata(talk, sealed, **METADATA[name])}
    files = sorted(running.hr.settings.data.rglob("*"))
    assert tus.create(talk, sealed, **headers).status_code in (400, 422)
    assert sorted(running.hr.settings.data.rglob("*")) == files


@pytest.mark.parametrize("length", ["-1", "1e9", " 5", "0x10", "9" * 30, "٣", "", "8589934593"])
def test_a_length_that_is_none_begins_no_upload(talk: Talk, length: str) -> None:
    with contextlib.suppress(requests.RequestException, UnicodeError):
        assert tus.create(talk, Sealed("good", b"x"), **{"Upload-Length": length}).status_code in (400, 413)


# ---- bounds per device ----------------------------------------------------------------------------------------------


@pytest.fixture
def bounded(tmp_path: Path) -> Iterator[Served]:
    from tests.backend.world import served

    bounds = {"device_interviews": 3, "device_bytes": 1000, "device_unfinished": 4, "interview_documents": 40_000}
    with served(tmp_path / "data", **bounds) as found:
        yield found


def refused(answer: requests.Response) -> bool:
    return answer.status_code == 507 and answer.json()["code"] == "quota_reached"


def test_a_device_cannot_begin_interviews_without_end(bounded: Served) -> None:
    booth, other = bounded.enrol(), bounded.enrol("Booth 2")
    talks = [Talk(booth, invite(bounded.hr, "李雷")) for _ in range(4)]
    for talk in talks:
        talk.started()
    assert [talk.put(1).status_code for talk in talks[:3]] == [201] * 3
    assert refused(talks[3].put(1))
    assert refused(tus.create(talks[3], Sealed("o", b"x")))
    assert talks[0].put(1).status_code == 200
    theirs = Talk(other, invite(bounded.hr, "韩梅梅"))
    theirs.started()
    assert theirs.put(1).status_code == 201


def test_a_device_cannot_fill_the_disk(bounded: Served) -> None:
    talk = Talk(bounded.enrol(), invite(bounded.hr, "李雷"))
    assert tus.create(talk, Sealed("one", b"x" * 600)).status_code == 201
    assert refused(tus.create(talk, Sealed("two", b"x" * 600)))
    assert tus.create(talk, Sealed("one", b"x" * 600)).status_code == 201
    assert tus.create(talk, Sealed("three", b"x" * 300)).status_code == 201


def test_a_device_cannot_begin_uploads_without_end(bounded: Served) -> None:
    talk = Talk(bounded.enrol(), invite(bounded.hr, "李雷"))
    answers = [tus.create(talk, Sealed(f"o{number}", b"x")) for number in range(5)]
    assert [answer.status_code for answer in answers[:4]] == [201] * 4
    assert refused(answers[4])


def test_one_interview_cannot_grow_without_end(bounded: Served) -> None:
    talk = Talk(bounded.enrol(), invite(bounded.hr, "李雷"))
    talk.started()
    for _ in range(3):
        talk.written("字" * 5000)
    statuses = [talk.put(seq) for seq in talk.envelopes]
    assert statuses[0].status_code == 201
    assert refused(statuses[-1])
    assert talk.put(1).status_code == 200


def test_an_upload_that_only_a_request_token_asks_for_is_refused(running: Running) -> None:
    booth = running.booth
    good = upload_token(booth.key, booth.device_id, booth.now())
    wrong = request_token(booth.key, booth.device_id, booth.now(), method="HEAD", path="/v1/files/" + "0" * 64)
    url = f"http://127.0.0.1:{running.port}/v1/files/{'0' * 64}"
    for token, status in ((good, 404), (wrong, 401)):
        headers = {"Authorization": f"Bearer {token}", "Tus-Resumable": "1.0.0"}
        assert requests.head(url, headers=headers, timeout=20).status_code == status
    assert urlsplit(url).path.endswith("0")
