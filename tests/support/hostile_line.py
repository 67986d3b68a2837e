"""A line between a client and an HTTP server on which everything goes wrong that can: cut, stalled, doubled, answered
by strangers. What happens to which request is decided by a plan."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

_PIECE = 64 * 1024
_LINGER = struct.pack("ii", 1, 0)
_MOST_WAIT = 30.0


@dataclass(frozen=True)
class Request:
    """``raw`` is the head as it came, with the empty line; ``length`` of the body in bytes."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    length: int


class Fault(NamedTuple):
    """What is done to one request.

    ``kind``: ``pass``; ``up`` (cut after ``at`` of the request), ``down`` (cut after ``at`` of the answer), ``before``
    (taken, never handed on, never answered), ``lost`` (carried out, the answer stalls and is lost), ``half`` (the
    sending side is closed after ``at`` of the request), ``slow`` (both ways, but late), ``twice`` (carried out twice,
    the second answer counts), ``instead`` (answered by a stranger), ``after`` (carried out, then answered by a
    stranger). ``at`` is a fraction 0..1 of the bytes, ``seconds`` how long a stall lasts; ``reset``: cut with a reset.
    """

    kind: str = "pass"
    at: float = 0.0
    seconds: float = 0.0
    reset: bool = False
    answer: bytes = b""

    @property
    def harms(self) -> bool:
        """Whether the client cannot have got its answer."""
        return self.kind not in ("pass", "slow", "twice")


@dataclass
class Exchange:
    """What became of one request. ``begun``: the monotonic time at which its head was read.

    ``status``: of the server's answer that was handed on, None when none was; ``answered``: when that was done.
    ``left_after``: seconds from ``begun`` until the client was seen to have closed the connection without asking
    anything more on it, or until the line cut it; None for a connection that went on.
    """

    request: Request
    fault: Fault
    begun: float
    status: int | None = None
    answered: float | None = None
    left_after: float | None = None


@dataclass(frozen=True)
class Replay:
    """A kept request that was delivered to the server once more, between two monotonic times."""

    path: str
    begun: float
    over: float


Plan = Callable[[Request], Fault]


class _Cut(Exception):
    pass


class HostileLine:
    """``plan`` is asked for each request, from the thread of its connection.

    ``down`` names a fault that every request meets while it is set, and connections that are open then stay dead;
    ``seen`` counts faults by kind; ``exchanges`` has all requests in the order of their coming.
    """

    def __init__(self, target_port: int, plan: Plan = lambda request: Fault()) -> None:
        self.plan = plan
        self.down: Fault | None = None
        self.seen: dict[str, int] = {}
        self.kept: list[bytes] = []
        self.exchanges: list[Exchange] = []
        self.replays: list[Replay] = []
        self._keep = False
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, name="line", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def keep_requests(self) -> None:
        """Remember whole requests in ``kept``, so that they can be sent again later."""
        self._keep = True

    def send_again(self, raw: bytes) -> bytes:
        """Send a kept request once more, as a network does that delivers late; the answer's first line."""
        begun = time.monotonic()
        try:
            with self._upstream() as server:
                server.sendall(raw)
                return server.recv(_PIECE).split(b"\r\n", 1)[0]
        finally:
            path = raw.split(b" ", 2)[1].decode("latin-1")
            with self._guard:
                self.replays.append(Replay(path, begun, time.monotonic()))

    def close(self) -> None:
        self._closing.set()
        # closing alone does not wake a thread that waits in accept
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._guard:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    # ---- one connection ------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._guard:
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), name="line", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(_MOST_WAIT)
        last: Exchange | None = None
        try:
            while (request := _read_head(client)) is not None:
                last = self._note(request)
                if last.fault.harms:
                    self._harm(client, request, last.fault)
                    break
                last.status = self._carry(client, request, last.fault)
                last.answered = time.monotonic()
        except (OSError, _Cut):
            pass
        finally:
            with self._guard:
                self._open.discard(client)
            if last is not None:
                last.left_after = time.monotonic() - last.begun
            if last is not None and last.fault.reset:
                with contextlib.suppress(OSError):
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
            client.close()

    def _note(self, request: Request) -> Exchange:
        exchange = Exchange(request, self.down or self.plan(request), time.monotonic())
        with self._guard:
            self.seen[exchange.fault.kind] = self.seen.get(exchange.fault.kind, 0) + 1
            self.exchanges.append(exchange)
        return exchange

    def _carry(self, client: socket.socket, request: Request, fault: Fault) -> int:
        """Hand the request on and its answer back; the answer's status."""
        raw = request.raw + _read_exactly(client, request.length)
        if self._keep:
            with self._guard:
                self.kept.append(raw)
        pause = fault.seconds if fault.kind == "slow" else 0.0
        answer = self._ask(raw, request.method, pause)
        if fault.kind == "twice":
            answer = self._ask(raw, request.method, 0.0)
        self._closing.wait(pause)
        client.sendall(answer)
        return int(answer.split(b" ", 2)[1])

    def _harm(self, client: socket.socket, request: Request, fault: Fault) -> None:
        if fault.kind in ("up", "half"):
            self._cut_request(client, request, fault)
            return
        raw = request.raw + _read_exactly(client, request.length)
        if fault.kind == "before":
            self._closing.wait(fault.seconds)
        elif fault.kind == "instead":
            client.sendall(fault.answer)
        else:
            answer = self._ask(raw, request.method, 0.0)
            if fault.kind == "lost":
                self._closing.wait(fault.seconds)
            elif fault.kind == "after":
                client.sendall(fault.answer)
            else:
                client.sendall(answer[: int(len(answer) * fault.at)])

    def _cut_request(self, client: socket.socket, request: Request, fault: Fault) -> None:
        """Hand on the first bytes alone: in the head or in the body."""
        count = int((len(request.raw) + request.length) * fault.at)
        with self._upstream() as server:
            server.sendall(request.raw[:count])
            left = count - len(request.raw)
            while left > 0:
                piece = client.recv(min(_PIECE, left))
                if not piece:
                    raise _Cut
                server.sendall(piece)
                left -= len(piece)
            self._closing.wait(fault.seconds)
            if fault.kind == "half":
                server.shutdown(socket.SHUT_WR)
                client.shutdown(socket.SHUT_WR)
                server.settimeout(1.0)
                with contextlib.suppress(OSError):
                    server.recv(_PIECE)
            elif fault.reset:
                server.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)

    def _ask(self, raw: bytes, method: str, pause: float) -> bytes:
        """The server's whole answer to a whole request, over a connection of its own."""
        with self._upstream() as server:
            half = len(raw) // 2 if pause else 0
            server.sendall(raw[:half])
            self._closing.wait(pause)
            server.sendall(raw[half:])
            return _read_answer(server, method)

    @contextlib.contextmanager
    def _upstream(self) -> Iterator[socket.socket]:
        server = socket.create_connection(("127.0.0.1", self._target), timeout=_MOST_WAIT)
        try:
            yield server
        finally:
            server.close()


def _read_head(sock: socket.socket) -> Request | None:
    """The next request's head; None when the client has gone. Nothing of the body is taken."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        # what is looked at without taking it tells how far the head goes
        there = sock.recv(_PIECE, socket.MSG_PEEK)
        if not there:
            return None
        end = (bytes(head) + there).find(b"\r\n\r\n")
        take = len(there) if end < 0 else end + 4 - len(head)
        head += sock.recv(take)
    first, *rest = bytes(head).decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
    return Request(method, path, headers, bytes(head), int(headers.get("content-length", "0")))


def _read_exactly(sock: socket.socket, count: int) -> bytes:
    body = bytearray()
    while len(body) < count:
        piece = sock.recv(min(_PIECE, count - len(body)))
        if not piece:
            raise _Cut
        body += piece
    return bytes(body)


def _read_answer(server: socket.socket, method: str) -> bytes:
    answer = bytearray()
    deadline = time.monotonic() + _MOST_WAIT
    while b"\r\n\r\n" not in answer and time.monotonic() < deadline:
        piece = server.recv(_PIECE)
        if not piece:
            raise _Cut
        answer += piece
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    sizes = [int(line.split(":")[1]) for line in lines[1:] if line.lower().startswith("content-length:")]
    length = 0 if method == "HEAD" or status in (204, 304) else (sizes or [0])[0]
    rest = _read_exactly(server, length - len(body)) if length > len(body) else b""
    return head + b"\r\n\r\n" + body + rest


def canned(status: int, reason: str, body: bytes, media_type: str, **headers: str) -> bytes:
    """A whole answer of a stranger, who closes the line after it."""
    lines = {"Content-Type": media_type, "Content-Length": str(len(body)), "Connection": "close", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {reason}\r\n{head}\r\n".encode("latin-1") + body
