"""Real servers that take what the backend sends: an SMTP server, and web endpoints that check signatures themselves."""

from __future__ import annotations

import asyncio
import base64
import email
import hashlib
import hmac
import json
import ssl
import threading
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default as POLICY
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Mailbox:
    """``answers``: address -> the answers to RCPT, used up one by one, then it is taken. ``broken``: for these
    addresses the connection is closed after the message, before the answer. ``held``: the answer waits for ``go``."""

    host: str = "127.0.0.1"
    port: int = 0
    answers: dict[str, list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    hold_after: int | None = None
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    reached: threading.Event = field(default_factory=threading.Event)

    def counts(self) -> Counter[str]:
        return Counter(address for address, _ in self.mails)

    def to(self, address: str) -> EmailMessage:
        (found,) = [mail for told, mail in self.mails if told == address]
        return found

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, _: Any) -> str:
        answers = self.answers.get(address, [])
        if answers:
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = cast(bytes, envelope.original_content)
        address = envelope.rcpt_tos[0]
        self.raw.append(content)
        self.mails.append((address, cast(EmailMessage, email.message_from_bytes(content, policy=POLICY))))
        if address in self.broken:
            cast(asyncio.Transport, server.transport).abort()
        if self.hold_after is not None and len(self.mails) >= self.hold_after:
            self.reached.set()
            await asyncio.sleep(3600)
        return "250 2.0.0 taken"


@contextmanager
def mailbox(
    *, certificate: Path | None = None, starttls: bool = False, login: tuple[str, str] | None = None
) -> Iterator[Mailbox]:
    """An SMTP server on a free port; with a ``certificate`` (key and certificate in one file) over TLS."""
    box = Mailbox()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = (data.login.decode(), data.password.decode()) == login
        return AuthResult(success=right, handled=False)

    def protocol() -> SMTP:
        box.connections += 1
        more: dict[str, Any] = {"tls_context": context, "require_starttls": True} if starttls else {}
        if login:
            more |= {"authenticator": check, "auth_required": True, "auth_require_tls": starttls}
        return SMTP(box, hostname="mailbox.test", enable_SMTPUTF8=True, loop=loop, **more)

    loop = asyncio.new_event_loop()
    server: asyncio.Server | None = None
    ready = threading.Event()

    async def serve() -> None:
        nonlocal server
        server = await loop.create_server(protocol, box.host, 0, ssl=None if starttls else context)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield box
    finally:
        assert server is not None
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any]


@dataclass
class Hook:
    """A web endpoint. ``judge`` answers each request with status and JSON; ``asked`` is what came."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    judge: Callable[[Asked], Answer] = lambda _: (200, {"errcode": 0, "errmsg": "ok"})
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def hook(judge: Callable[[Asked], Answer] | None = None, *, certificate: Path | None = None) -> Iterator[Hook]:
    found = Hook()
    if judge is not None:
        found.judge = judge

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(parts.query))
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked = Asked(parts.path, query, {name.lower(): value for name, value in self.headers.items()}, body)
            found.asked.append(asked)
            status, content = found.judge(asked)
            if status == 0:
                self.close_connection = True
                return
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    found.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def certificate(folder: Path) -> Path:
    """A key and a certificate of its own for this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "xuda test")])
    now = datetime.now(UTC)
    names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def dingtalk_judge(secret: str) -> Callable[[Asked], Answer]:
    """As the makers describe it: HMAC-SHA256 of time and secret, base64, at most an hour old."""

    def judge(asked: Asked) -> Answer:
        stamp = asked.query.get("timestamp", "0")
        wanted = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        fresh = abs(datetime.now(UTC).timestamp() - int(stamp) / 1000) < 3600
        if not fresh or asked.query.get("sign") != base64.b64encode(wanted).decode():
            return 200, {"errcode": 310000, "errmsg": "sign not match"}
        return 200, {"errcode": 0, "errmsg": "ok"}

    return judge


def wecom_judge(key: str) -> Callable[[Asked], Answer]:
    def judge(asked: Asked) -> Answer:
        if asked.query.get("key") != key:
            return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
        return 200, {"errcode": 0, "errmsg": "ok"}

    return judge
