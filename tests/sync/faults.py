"""An HTTP server on a real socket that can be told to break its answers."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import urlsplit

from contract.api import Problem
from contract.errors import ErrorCode

PROBLEM = "application/problem+json"
JSON = "application/json"
HOP_BY_HOP = frozenset({"connection", "content-length", "content-type", "date", "server", "transfer-encoding"})
HTML = b"<!doctype html><html><body>Welcome to the hotel. Please log in.</body></html>"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answer:
    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


class Silence(Exception):
    """The connection is closed without an answer."""


Handle = Callable[[Asked], Answer]
Fault = Callable[[Asked, Handle], Answer]


def lose_reply(asked: Asked, handle: Handle) -> Answer:
    """The request is carried out; its answer never arrives."""
    handle(asked)
    raise Silence


def lose_each_reply_once(lost: set[str]) -> Fault:
    """The same request is answered when it is made again. ``lost`` collects what was asked."""

    def lose(asked: Asked, handle: Handle) -> Answer:
        line = f"{asked.line} {asked.headers.get('upload-offset')}"
        if line in lost:
            return handle(asked)
        lost.add(line)
        return lose_reply(asked, handle)

    return lose


def refuse_connection(asked: Asked, handle: Handle) -> Answer:
    raise Silence


def captive_portal(asked: Asked, handle: Handle) -> Answer:
    return Answer(200, HTML, "text/html")


def server_error(asked: Asked, handle: Handle) -> Answer:
    return Answer(500, b"oops", "text/plain")


def problem(status: int, code: ErrorCode, **headers: str) -> Fault:
    def answer(asked: Asked, handle: Handle) -> Answer:
        return problem_answer(status, code, headers=headers)

    return answer


@dataclass
class Rule:
    matches: Callable[[Asked], bool]
    fault: Fault
    times: int


def problem_answer(
    status: int,
    code: ErrorCode,
    params: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    body = Problem(code=code, status=status, params=params or {}).model_dump_json().encode()
    return Answer(status, body, PROBLEM, {name.replace("_", "-"): value for name, value in (headers or {}).items()})


class FaultyHttp:
    """``fail`` adds rules; the first with ``times`` left that matches a request breaks it. ``asked``: all requests."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.release = threading.Event()
        self._rules: list[Rule] = []
        self._lock = threading.RLock()
        self._server: _Server | None = None
        self._port = 0
        self._scheme = "http"

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; after a stop on the same port again."""
        server = self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.release.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def encrypt(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        assert self._server is not None
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https"

    def fail(self, match: str, fault: Fault, times: int = 1_000_000) -> None:
        """``match`` is a part of "METHOD /path"."""
        with self._lock:
            self._rules.append(Rule(lambda asked: match in asked.line, fault, times))

    def heal(self) -> None:
        with self._lock:
            self._rules.clear()

    def hang(self, asked: Asked, handle: Handle) -> Answer:
        """No answer until ``release`` is set."""
        self.release.wait(30)
        raise Silence

    def lines(self, part: str = "") -> list[str]:
        with self._lock:
            return [asked.line for asked in self.asked if part in asked.line]

    def respond(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            fault = self._fault_for(asked)
        return fault(asked, self._handle) if fault else self._handle(asked)

    def _fault_for(self, asked: Asked) -> Fault | None:
        for rule in self._rules:
            if rule.times > 0 and rule.matches(asked):
                rule.times -= 1
                return rule.fault
        return None

    def _handle(self, asked: Asked) -> Answer:
        raise NotImplementedError


class FaultyFront(FaultyHttp):
    """Stands in front of a real backend: hands everything on to it, but for what a test breaks."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = urlsplit(upstream).netloc

    def _handle(self, asked: Asked) -> Answer:
        line = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            line.request(asked.method, asked.path, body=asked.body or None, headers=asked.headers)
            answer = line.getresponse()
            headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            return Answer(answer.status, answer.read(), answer.getheader("Content-Type") or "", headers)
        finally:
            line.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: object) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)  # type: ignore[arg-type]

    def process_request(self, request: object, client_address: object) -> None:
        self._open.add(request)  # type: ignore[arg-type]
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def close_connections(self) -> None:
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what these tests are about."""


def _handler(owner: FaultyHttp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            wanted = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(wanted)
            if len(body) < wanted:
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = owner.respond(Asked(self.command, self.path, headers, body))
            except Silence:
                self.close_connection = True
                return
            self._write(answer)

        def _write(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.media_type:
                self.send_header("Content-Type", answer.media_type)
            if answer.status != 204:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    return Handler


Served = TypeVar("Served", bound=FaultyHttp)


@contextlib.contextmanager
def running(server: Served) -> Iterator[Served]:
    server.start()
    try:
        yield server
    finally:
        server.stop()
