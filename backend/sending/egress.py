"""Asking a web server outside: HTTPS, no redirects, bounded in time and size, never into the own network unasked.

The name is resolved once, every address it has is looked at, and the connection goes to one of those: a name that
answers differently the second time leads nowhere else.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from backend.sending.outcome import BLOCKED, BROKEN_OFF, CONNECT, TLS, ChannelDown, Unsure

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Reply:
    """``body``: at most as much as was asked for; what is longer is cut."""

    status: int
    body: bytes


class Egress:
    """``private``: also to addresses inside the network and on this machine. Times are seconds, sizes bytes."""

    def __init__(
        self, *, private: bool, ca: Path | None, timeout: float = 20.0, deadline: float = 45.0, most: int = 65536
    ) -> None:
        self._private = private
        self._timeout = timeout
        self._deadline = deadline
        self._most = most
        self._context = trusted(ca)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Raises ChannelDown while nothing has been given away, Unsure after."""
        parts = urlsplit(url)
        host, secure = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sock = self._connect(host, port, secure=secure)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = sock
        try:
            with hurried(sock, self._deadline):
                shown = parts.netloc if parts.port else host
                connection.request("POST", target, body, {"Host": shown, "Content-Length": str(len(body)), **headers})
                answer = connection.getresponse()
                return Reply(answer.status, answer.read(self._most))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unsure(BROKEN_OFF) from error
        finally:
            connection.close()

    def _connect(self, host: str, port: int, *, secure: bool) -> socket.socket:
        sock = self._open(self._addresses(host, port, plain=not secure), port)
        if not secure:
            return sock
        try:
            return self._context.wrap_socket(sock, server_hostname=host)
        except (OSError, ValueError) as error:
            sock.close()
            raise ChannelDown(TLS if isinstance(error, ssl.SSLError) else CONNECT) from error

    def _addresses(self, host: str, port: int, *, plain: bool) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ChannelDown(CONNECT) from error
        addresses = [str(item[4][0]) for item in found]
        if not addresses or not all(allowed(text, private=self._private, plain=plain) for text in addresses):
            raise ChannelDown(BLOCKED)
        return addresses

    def _open(self, addresses: list[str], port: int) -> socket.socket:
        trouble: OSError | None = None
        for address in addresses[:4]:
            try:
                return socket.create_connection((address, port), timeout=self._timeout)
            except OSError as error:
                trouble = error
        raise ChannelDown(CONNECT) from trouble


def allowed(address: str, *, private: bool, plain: bool = False) -> bool:
    """Whether a webhook may lie at this address; ``plain``: without encryption only on this machine."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    if plain:
        return private and found.is_loopback
    if found.is_loopback:
        return private  # to Python, ::1 is reserved as well
    if found.is_multicast or found.is_unspecified or found.is_link_local or found.is_reserved:
        return False  # also the address at which clouds hand out their keys
    return found.is_global or private


def trusted(ca: Path | None) -> ssl.SSLContext:
    """What the system trusts, and the certificates of ``ca`` besides."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca is not None:
        context.load_verify_locations(cafile=ca)
    return context


@contextlib.contextmanager
def hurried(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Cut the connection when it takes longer in all: a server that answers a byte at a time holds nobody up."""
    timer = threading.Timer(seconds, _cut, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # the plain socket's own: that of an encrypted one would take its state away from under the reader
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
