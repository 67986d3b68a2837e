"""A server that means harm: nothing leaves for elsewhere, nothing fills the memory, nothing hangs."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from app.sync import transport as transports
from app.sync.api import DeviceApi
from app.sync.failures import Fate, TransportError
from app.sync.transport import Signer, Transport
from app.sync.uploader import Upload, Uploader
from contract.api import Problem
from contract.errors import ErrorCode
from contract.events import ObjectRef
from contract.keys import SigningKey

Say = Callable[[socket.socket, bytes], None]
_HEALTH = json.dumps({"version": "1", "time": datetime.now(UTC).isoformat()}).encode()


class Clock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class Hostile:
    """Answers every request on a connection of its own with whatever ``say`` writes; keeps what it was asked."""

    def __init__(self, say: Say) -> None:
        self.asked: list[bytes] = []
        self._say = say
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (part := connection.recv(65536)):
                head += part
            self.asked.append(head)
            self._say(connection, head)


def whole(status: str, headers: str, body: bytes) -> Say:
    def say(connection: socket.socket, head: bytes) -> None:
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n"
        connection.sendall(f"HTTP/1.1 {status}\r\n{headers}{length}\r\n".encode() + body)

    return say


@pytest.fixture
def hostile() -> Iterator[Callable[[Say], Hostile]]:
    made: list[Hostile] = []

    def make(say: Say) -> Hostile:
        made.append(Hostile(say))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def client(server: Hostile, timeouts: tuple[float, float] = (2.0, 2.0)) -> Transport:
    return Transport(server.url, signer=Signer(SigningKey.generate(), "device", Clock()), timeouts=timeouts)


def failed(server: Hostile, **options: object) -> TransportError:
    link = client(server, **options)  # type: ignore[arg-type]
    try:
        with pytest.raises(TransportError) as caught:
            DeviceApi(link).health()
    finally:
        link.close()
    return caught.value


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize(
    "where", ["http://127.0.0.1:{port}/v1/health", "//127.0.0.1:{port}/", "file:///etc/passwd", "/again"]
)
def test_a_redirect_is_never_followed_and_no_token_goes_elsewhere(
    hostile: Callable[[Say], Hostile], status: str, where: str
) -> None:
    thief = hostile(whole("200 OK", "Content-Type: application/json\r\n", _HEALTH))
    server = hostile(whole(status, f"Location: {where.format(port=thief.port)}\r\n", b""))
    error = failed(server)
    assert (error.code, error.fate) == (ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE)
    assert thief.asked == []
    assert len(server.asked) == 1
    assert b"Authorization: Bearer" in server.asked[0]


def test_an_upload_goes_to_the_own_server_wherever_its_address_points(
    hostile: Callable[[Say], Hostile], tmp_path: object
) -> None:
    from pathlib import Path

    file = Path(str(tmp_path)) / "object"
    file.write_bytes(b"x" * 10)
    thief = hostile(whole("204 No Content", "Tus-Resumable: 1.0.0\r\nUpload-Offset: 10\r\n", b""))
    headers = f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nLocation: {thief.url}/v1/files/x\r\n"
    server = hostile(whole("201 Created", headers, b""))
    import hashlib

    ref = ObjectRef(object_id="o", media_type="video/webm", size=10, sha256=hashlib.sha256(b"x" * 10).hexdigest())
    link = client(server)
    with pytest.raises(TransportError):
        Uploader(link).upload(Upload("i", file, ref))
    link.close()
    assert thief.asked == []
    assert len(server.asked) > 1


def test_cookies_of_a_server_are_not_kept(hostile: Callable[[Say], Hostile]) -> None:
    cookies = "Content-Type: application/json\r\nSet-Cookie: track=1; Path=/\r\nSet-Cookie: b=2\r\n"
    server = hostile(whole("200 OK", cookies, _HEALTH))
    link = client(server)
    DeviceApi(link).health()
    DeviceApi(link).health()
    link.close()
    assert not any(b"\r\ncookie:" in head.lower() for head in server.asked)


@pytest.mark.parametrize("packed", ["gzip", "deflate"])
def test_a_packed_answer_is_not_unpacked(hostile: Callable[[Say], Hostile], packed: str) -> None:
    body = b" " * 200_000_000
    bomb = gzip.compress(body) if packed == "gzip" else zlib.compress(body)
    server = hostile(whole("200 OK", f"Content-Type: application/json\r\nContent-Encoding: {packed}\r\n", bomb))
    tracemalloc.start()
    error = failed(server)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert error.fate is Fate.OFFLINE
    assert peak < 20_000_000
    assert b"accept-encoding: identity" in server.asked[0].lower()


def test_an_answer_without_end_is_left_when_it_is_too_large(
    hostile: Callable[[Say], Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transports, "MAX_REPLY_BYTES", 1_000_000)

    def endless(connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    assert failed(hostile(endless)).fate is Fate.OFFLINE


DRIPS: dict[str, tuple[bytes, bytes]] = {
    "status": (b"", b"H"),
    "heads": (b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    "more heads": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@pytest.mark.parametrize("name", DRIPS)
def test_an_answer_that_drips_for_ever_is_left(
    hostile: Callable[[Say], Hostile], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    first, then = DRIPS[name]
    over = threading.Event()

    def drip(connection: socket.socket, head: bytes) -> None:
        connection.sendall(first)
        while not over.wait(0.1):
            connection.sendall(then)

    monkeypatch.setattr(transports, "REQUEST_SECONDS", 1.0)
    began = time.monotonic()
    error = failed(hostile(drip), timeouts=(1.0, 1.0))
    over.set()
    assert error.fate is Fate.OFFLINE
    assert time.monotonic() - began < 10


BENT = {
    "no http": b"220 smtp ready\r\n",
    "nothing": b"",
    "no number": b"HTTP/1.1 OK fine\r\n\r\n",
    "broken heads": b"HTTP/1.1 200 OK\r\n\x00\xff: \x01\r\n \r\n\r\n{}",
    "negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nContent-Type: application/json\r\n\r\n{}",
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "cut body": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\nContent-Type: application/json\r\n\r\n{",
    "many heads": b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
    "long head": b"HTTP/1.1 200 OK\r\nA: " + b"b" * 200_000 + b"\r\n\r\n",
    "status 999": b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_answer_is_a_calm_failure(hostile: Callable[[Say], Hostile], name: str) -> None:
    def say(connection: socket.socket, head: bytes) -> None:
        connection.sendall(BENT[name])

    assert failed(hostile(say)).fate in (Fate.OFFLINE, Fate.RETRY)


DOCUMENTS = {
    "deep": b"[" * 200_000 + b"]" * 200_000,
    "deep objects": b'{"version":' * 50_000 + b"1" + b"}" * 50_000,
    "endless number": b'{"version":"1","time":' + b"9" * 200_000 + b"}",
    "half a character": b'{"version":"\\ud800","time":"2026-01-01T00:00:00Z"}',
    "broken text": b'{"version":"\xff","time":"2026-01-01T00:00:00Z"}',
    "list": b"[]",
    "no time": b'{"version":"1","time":"when you like"}',
    "end of the calendar": b'{"version":"1","time":"9999-12-31T23:59:59Z"}',
    "start of the calendar": b'{"version":"1","time":"0001-01-01T00:00:00Z"}',
    "another": b'{"name":"other","version":"1","time":"2026-01-01T00:00:00Z"}',
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_none_is_no_answer(hostile: Callable[[Say], Hostile], name: str) -> None:
    server = hostile(whole("200 OK", "Content-Type: application/json\r\n", DOCUMENTS[name]))
    assert failed(server).code is ErrorCode.SERVER_NOT_XUDA


@pytest.mark.parametrize("stamp", ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00", "yesterday", "", "1e999"])
def test_a_clock_that_lies_is_asked_once_and_never_a_fault(hostile: Callable[[Say], Hostile], stamp: str) -> None:
    body = Problem(code=ErrorCode.CLOCK_WRONG, status=401, params={"server_time": stamp}).model_dump_json().encode()
    server = hostile(whole("401 Unauthorized", "Content-Type: application/problem+json\r\n", body))
    assert failed(server).fate is Fate.PAUSE
    assert len(server.asked) <= 2


def test_a_secure_address_is_never_asked_in_clear(hostile: Callable[[Say], Hostile]) -> None:
    server = hostile(whole("200 OK", "Content-Type: application/json\r\n", _HEALTH))
    link = Transport(server.url.replace("http://", "https://"), timeouts=(2.0, 2.0))
    with pytest.raises(TransportError) as caught:
        DeviceApi(link).health()
    link.close()
    assert caught.value.fate is Fate.OFFLINE
    assert not any(b"HTTP/1.1" in head for head in server.asked)
