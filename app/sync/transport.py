"""HTTP to one backend: signed requests, time-outs always, every failure named. requests lives only here."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from app.sync.failures import Reply, TransportError, problem_of, unreachable
from contract.api import METHOD_HEADER, OVERRIDABLE, TUS_PATH, request_token, upload_token
from contract.errors import ErrorCode, XudaError
from contract.keys import SigningKey

if TYPE_CHECKING:
    import requests

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
REQUEST_SECONDS = 300.0
MAX_REPLY_BYTES = 64 * 1024 * 1024
_UPLOAD_TOKEN_SECONDS = 900
_FIRST_YEAR, _LAST_YEAR = 2000, 2199


class Clock(Protocol):
    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...


class Signer:
    """Says who is asking. How far this machine's clock is off is learnt from the backend and kept in memory only."""

    def __init__(self, key: SigningKey, device_id: str, clock: Clock) -> None:
        self._key = key
        self._device_id = device_id
        self._clock = clock
        self._offset = timedelta(0)

    @property
    def offset(self) -> timedelta:
        """What has to be added to this machine's wall clock."""
        return self._offset

    def learn(self, server_time: datetime) -> None:
        self._offset = server_time - self._clock.now()

    def token(self, method: str, path: str, body: bytes) -> str:
        """For the tus endpoint a token for objects; for everything else one that is bound to this very request."""
        now = self._clock.now() + self._offset
        if path == TUS_PATH or path.startswith(TUS_PATH + "/"):
            return upload_token(self._key, self._device_id, now, seconds=_UPLOAD_TOKEN_SECONDS)
        return request_token(self._key, self._device_id, now, method=method, path=path, body=body)


class Transport:
    """Requests to one backend, from one thread at a time; ``abort`` may be called from any thread.

    Proxies and certificate authorities come from the environment. ``server_url`` is http(s)://host[:port][/prefix];
    anything else raises XudaError(SETTING_INVALID). ``bytes_per_second`` limits what is sent, None: no limit; it may be
    changed at any time.
    """

    def __init__(
        self,
        server_url: str,
        *,
        signer: Signer | None = None,
        bytes_per_second: float | None = None,
        timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
    ) -> None:
        parts = urlsplit(server_url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise XudaError(ErrorCode.SETTING_INVALID, field="server")
        self.server_url = server_url.strip().rstrip("/")
        self.prefix = parts.path.rstrip("/")
        self.bytes_per_second = bytes_per_second
        self._signer = signer
        self._timeouts = timeouts
        self._aborted = threading.Event()
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._guard = threading.Lock()
        self._session: requests.Session | None = None
        self._as_post = False

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        patience: float | None = None,
    ) -> Reply:
        """The answer, whatever its status; redirects are not followed. ``path`` starts with a slash.

        ``patience``: seconds to wait for the answer where the usual time does not suit. Raises
        TransportError(SERVER_UNREACHABLE) when none came. An answer ``clock_wrong`` is used to set the clock right,
        and the request is sent once more. Where something on the way lets only GET and POST through, the other
        methods go as POST with the method they stand for in a header.
        """
        wait = self._timeouts[1] if patience is None else patience
        reply = self._send_on_time(method, path, body, headers or {}, wait)
        if self._as_post or method not in OVERRIDABLE or not _method_barred(reply):
            return reply
        self._as_post = True
        try:
            again = self._send_on_time(method, path, body, headers or {}, wait)
            self._as_post = _understood(again)
        except TransportError:
            self._as_post = False
            raise
        if not self._as_post:
            return reply
        log.warning("something on the way bars %s: such requests go as POST from now on", method)
        return again

    @property
    def patience(self) -> float:
        """Seconds an answer is waited for when nothing else is said."""
        return self._timeouts[1]

    def abort(self) -> None:
        """Let the request in progress, and every later one, fail at once."""
        self._aborted.set()
        self._shut_down()

    def reopen(self) -> None:
        """Undo :meth:`abort`."""
        self._aborted.clear()

    def close(self) -> None:
        """Close kept connections. The transport can still be used."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _send_on_time(self, method: str, path: str, body: bytes, headers: Mapping[str, str], wait: float) -> Reply:
        """Send; when the backend says that the clock is wrong, set it right and send once more."""
        reply = self._send_once(method, path, body, headers, wait)
        server_time = _server_time(reply) if self._signer is not None and reply.status == 401 else None
        if self._signer is None or server_time is None:
            return reply
        self._signer.learn(server_time)
        log.warning("this machine's clock is off by %.0f s", -self._signer.offset.total_seconds())
        return self._send_once(method, path, body, headers, wait)

    def _send_once(self, method: str, path: str, body: bytes, headers: Mapping[str, str], wait: float) -> Reply:
        import requests
        from urllib3.exceptions import HTTPError

        if self._session is None:
            self._session = _new_session(self._remember)
        deadline = _Deadline(wait + REQUEST_SECONDS, self._shut_down)
        token = self._signer.token(method, path, body) if self._signer is not None else None
        posted = self._as_post and method in OVERRIDABLE
        try:
            if self._aborted.is_set():
                raise unreachable("connection")
            if not body:
                deadline.begin()
            with self._session.request(
                "POST" if posted else method,
                self.server_url + path,
                data=_PacedBody(body, self._pause_after, deadline.begin) if body else None,
                headers={**headers, METHOD_HEADER: method} if posted else dict(headers),
                auth=_bearer(token),
                timeout=(self._timeouts[0], wait),
                allow_redirects=False,
                stream=True,
            ) as response:
                return Reply(
                    status=response.status_code,
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=_read_body(response.raw.stream(64 * 1024, decode_content=False)),
                )
        except (requests.RequestException, HTTPError, OSError) as error:
            raise unreachable("timeout" if deadline.over else _reason(error)) from error
        finally:
            deadline.end()

    def _shut_down(self) -> None:
        with self._guard:
            sockets = list(self._sockets)
        for sock in sockets:
            # The base method: on a TLS socket the object's own would tear down state the other thread is using.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _remember(self, sock: socket.socket) -> None:
        with self._guard:
            self._sockets.add(sock)
        # Until the whole body is sent urllib3 leaves the connect time-out on the socket: too short for a slow uplink.
        sock.settimeout(self._timeouts[1])
        _watch(sock)
        if self._aborted.is_set():
            raise OSError("aborted")

    def _pause_after(self, count: int) -> None:
        limit = self.bytes_per_second
        if self._aborted.is_set() or (limit and self._aborted.wait(count / limit)):
            raise OSError("aborted")


class _PacedBody:
    """A request body handed out in small pieces, so that sending can be slowed and stopped.

    Not an ``io`` class: requests takes a stream that cannot tell its position for one that has been read to its end.
    """

    def __init__(self, data: bytes, after: Callable[[int], None], done: Callable[[], None]) -> None:
        self._stream = io.BytesIO(data)
        self._length = len(data)
        self._after = after
        self._done = done

    def __len__(self) -> int:
        return self._length

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size)
        if piece:
            self._after(len(piece))
        if self._stream.tell() == self._length:
            self._done()
        return piece


class _Deadline:
    """Cuts the connection when the answer, its head included, is not complete ``seconds`` after the request was sent.

    The time-outs of the socket alone would wait for ever on a server that sends a byte now and then.
    """

    def __init__(self, seconds: float, cut: Callable[[], None]) -> None:
        self.over = False
        self._cut = cut
        self._timer = threading.Timer(seconds, self._pass)
        self._timer.daemon = True
        self._begun = False

    def begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._timer.start()

    def end(self) -> None:
        self._timer.cancel()

    def _pass(self) -> None:
        self.over = True
        self._cut()


def _read_body(pieces: Iterator[bytes]) -> bytes:
    """The whole body. Raises OSError when it has no end: a server that drips must not hold everything up."""
    deadline = time.monotonic() + REQUEST_SECONDS
    collected = bytearray()
    for piece in pieces:
        collected += piece
        if len(collected) > MAX_REPLY_BYTES or time.monotonic() > deadline:
            raise TimeoutError("the answer has no end")
    return bytes(collected)


def _watch(sock: socket.socket) -> None:
    """Have the system notice within half a minute that a kept connection is dead: after sleep, on another network."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPALIVE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            # some systems know the name and refuse the option
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _method_barred(reply: Reply) -> bool:
    """Whether somebody on the way seems not to let this method through; our backend's own refusals are Problems."""
    return reply.status in (400, 403, 405, 501) and problem_of(reply) is None and "tus-resumable" not in reply.headers


def _understood(reply: Reply) -> bool:
    """Whether a request sent as POST was taken for what it stands for."""
    problem = problem_of(reply)
    ours = reply.ok and (reply.media_type == "application/json" or "tus-resumable" in reply.headers)
    return ours or (problem is not None and reply.status not in (404, 405))


def _server_time(reply: Reply) -> datetime | None:
    problem = problem_of(reply)
    if problem is None or problem.code is not ErrorCode.CLOCK_WRONG:
        return None
    try:
        stamp = datetime.fromisoformat(str(problem.params.get("server_time")))
    except ValueError:
        return None
    # whoever answers here need not be the backend: a time nobody can live in would stop every later request
    return stamp if stamp.tzinfo is not None and _FIRST_YEAR <= stamp.year <= _LAST_YEAR else None


def _bearer(token: str | None) -> Callable[[Any], Any]:
    """As an auth hook, because a plain header would be overwritten by a login in the user's .netrc."""

    def apply(request: Any) -> Any:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        return request

    return apply


def _reason(error: Exception) -> str:
    import requests
    from urllib3.exceptions import TimeoutError as SocketTimeout

    if isinstance(error, requests.Timeout | SocketTimeout | TimeoutError):
        return "timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    return "proxy" if isinstance(error, requests.exceptions.ProxyError) else "connection"


def _new_session(on_socket: Callable[[socket.socket], None]) -> requests.Session:
    """A session without hidden retries that reports each socket it opens."""
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Plain(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            on_socket(self.sock)

    class Secure(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            on_socket(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

        def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(*args, **kwargs)
            manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
            return manager

    session = requests.Session()
    # the backend packs nothing, and a few bytes of somebody else's could unpack to a full memory
    session.headers.update({"User-Agent": "xuda", "Accept-Encoding": "identity"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(max_retries=0))
    return session


__all__ = ["Clock", "Reply", "Signer", "Transport", "TransportError"]
