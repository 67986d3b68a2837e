"""What an answer, or none, is taken for; and who is told the device's token."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.clock import SystemClock
from app.sync.api import DeviceApi
from app.sync.facts import NetworkFacts
from app.sync.failures import Fate, Reply, TransportError, failure
from app.sync.transport import Signer, Transport
from contract.api import PROBLEM_HEADER, Problem
from contract.errors import ErrorCode
from contract.keys import SigningKey
from tests.sync.conftest import DEVICE
from tests.sync.device import WrongClock
from tests.sync.faults import HTML, PROBLEM, Answer, Asked, Handle, problem
from tests.sync.faulty_server import FaultyServer

HEADER = '{"code": "unauthorized", "status": 401}'


def _reply(status: int, body: bytes = b"", media_type: str = "", **headers: str) -> Reply:
    return Reply(status, {"content-type": media_type, **{k.replace("_", "-"): v for k, v in headers.items()}}, body)


def _problem(status: int, code: ErrorCode, **headers: str) -> Reply:
    body = f'{{"code": "{code.value}", "status": {status}}}'.encode()
    return _reply(status, body, PROBLEM, **headers)


@pytest.mark.parametrize(
    ("reply", "code", "fate"),
    [
        (_problem(409, ErrorCode.CONFLICT), ErrorCode.CONFLICT, Fate.FINAL),
        (_problem(410, ErrorCode.DELETED), ErrorCode.DELETED, Fate.FINAL),
        (_problem(413, ErrorCode.TOO_LARGE), ErrorCode.TOO_LARGE, Fate.FINAL),
        (_problem(422, ErrorCode.SIGNATURE_INVALID), ErrorCode.SIGNATURE_INVALID, Fate.FINAL),
        (_problem(401, ErrorCode.UNAUTHORIZED), ErrorCode.UNAUTHORIZED, Fate.PAUSE),
        (_problem(429, ErrorCode.RATE_LIMITED), ErrorCode.RATE_LIMITED, Fate.PAUSE),
        (_problem(403, ErrorCode.FORBIDDEN), ErrorCode.FORBIDDEN, Fate.RETRY),
        (_problem(404, ErrorCode.NOT_FOUND), ErrorCode.NOT_FOUND, Fate.RETRY),
        (_problem(408, ErrorCode.REJECTED), ErrorCode.REJECTED, Fate.RETRY),
        (_problem(425, ErrorCode.REJECTED), ErrorCode.REJECTED, Fate.RETRY),
        (_problem(507, ErrorCode.DISK_FULL), ErrorCode.DISK_FULL, Fate.RETRY),
        (_reply(500, b"oops", "text/plain"), ErrorCode.SERVER_ERROR, Fate.RETRY),
        (_reply(502, HTML, "text/html"), ErrorCode.SERVER_ERROR, Fate.RETRY),
        (_reply(511, HTML, "text/html"), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(200, HTML, "text/html"), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(302, b"", "", location="http://login/"), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(410, HTML, "text/html"), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(409, b'{"error": "conflict"}', "application/json"), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(422, b'{"title": "Unprocessable", "status": 422}', PROBLEM), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
        (_reply(422, b'{"code": "of next year", "status": 422}', PROBLEM), ErrorCode.REJECTED, Fate.RETRY),
        (_reply(401, b'{"code": "of next year", "status": 401}', PROBLEM), ErrorCode.REJECTED, Fate.PAUSE),
        (_reply(409, b'{"code": "conflict", "status": 409, "more": {}}', PROBLEM), ErrorCode.CONFLICT, Fate.FINAL),
        (_reply(401, b"", PROBLEM, **{PROBLEM_HEADER: HEADER}), ErrorCode.UNAUTHORIZED, Fate.PAUSE),
        (_reply(401, b"", PROBLEM), ErrorCode.SERVER_NOT_XUDA, Fate.OFFLINE),
    ],
)
def test_only_a_problem_of_the_backend_itself_is_final(reply: Reply, code: ErrorCode, fate: Fate) -> None:
    error = failure(reply)

    assert (error.code, error.fate) == (code, fate)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("7", "", 7.0),
        ("99999", "", 600.0),
        ("Wed, 01 Jan 2020 00:00:30 GMT", "Wed, 01 Jan 2020 00:00:00 GMT", 30.0),
        ("Wed, 01 Jan 2020 00:00:30 GMT", "", None),
        ("soon", "", None),
    ],
)
def test_time_to_wait_is_read_without_trusting_this_machines_clock(
    value: str, date: str, seconds: float | None
) -> None:
    assert failure(_problem(429, ErrorCode.RATE_LIMITED, retry_after=value, date=date)).retry_after == seconds


def test_nobody_listening_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(TransportError) as caught:
        Transport(f"http://127.0.0.1:{port}").send("GET", "/v1/health")

    assert (caught.value.code, caught.value.params["reason"]) == (ErrorCode.SERVER_UNREACHABLE, "connection")


def test_server_that_never_answers_runs_into_the_time_out(server: FaultyServer, transport: Transport) -> None:
    server.fail("/v1/health", server.hang)
    begun = time.monotonic()

    with pytest.raises(TransportError) as caught:
        DeviceApi(transport).health()

    assert caught.value.params["reason"] == "timeout"
    assert time.monotonic() - begun < 5


def test_plain_server_behind_an_https_address_is_a_tls_failure(server: FaultyServer) -> None:
    with pytest.raises(TransportError) as caught:
        Transport(server.url.replace("http://", "https://")).send("GET", "/v1/health")

    assert caught.value.params["reason"] == "tls"


@pytest.fixture
def talkative() -> Iterator[Callable[[bytes], str]]:
    """A server that says what it is told to and then keeps the line open."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[socket.socket] = []

    def serve(answer: bytes) -> str:
        def run() -> None:
            line, _ = listener.accept()
            lines.append(line)
            line.recv(65536)
            line.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield serve
    for line in lines:
        line.close()
    listener.close()


@pytest.mark.parametrize(
    "answer",
    [b"\x00\x01\x02\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort", b"SSH-2.0-x\r\n"],
    ids=["noise", "cut short", "another protocol"],
)
def test_answer_that_is_not_whole_http_is_unreachable(talkative: Callable[[bytes], str], answer: bytes) -> None:
    with pytest.raises(TransportError) as caught:
        Transport(talkative(answer), timeouts=(2, 0.5)).send("GET", "/v1/health")

    assert caught.value.fate is Fate.OFFLINE


def test_slow_uplink_is_given_the_time_of_a_slow_answer() -> None:
    body = bytes(8_000_000)
    taken: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def take_slowly() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(1)
                threading.Event().wait(1.0)  # the line is stuck for longer than connecting may take
                while sum(taken) < len(body):
                    taken.append(len(line.recv(1024 * 1024)))
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=take_slowly, daemon=True).start()
        transport = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", timeouts=(0.3, 10))

        assert transport.send("PATCH", "/v1/files/x", body=body).ok


def test_endless_answer_is_given_up(
    server: FaultyServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sync.transport.MAX_REPLY_BYTES", 100_000)
    server.fail("/v1/health", lambda asked, handle: Answer(200, bytes(1_000_000)))

    with pytest.raises(TransportError) as caught:
        transport.send("GET", "/v1/health")

    assert caught.value.fate is Fate.OFFLINE


def test_redirect_is_not_followed(server: FaultyServer, transport: Transport) -> None:
    server.fail("/v1/bootstrap", lambda asked, handle: Answer(302, headers={"Location": server.url + "/stolen"}))

    with pytest.raises(TransportError):
        DeviceApi(transport).bootstrap()

    assert server.lines("/stolen") == []


def test_login_of_the_users_netrc_does_not_replace_the_devices_token(
    server: FaultyServer, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))

    DeviceApi(transport).bootstrap()

    assert server.asked[-1].headers["authorization"].startswith("Bearer ")


def test_wrong_clock_is_learnt_once_and_kept(server: FaultyServer, device_key: SigningKey) -> None:
    signer = Signer(device_key, DEVICE, WrongClock(timedelta(days=-400)))
    api = DeviceApi(Transport(server.url, signer=signer))

    api.bootstrap()
    api.bootstrap()

    assert len(server.lines("/v1/bootstrap")) == 3
    assert abs(signer.offset - timedelta(days=400)) < timedelta(seconds=10)


def test_server_that_finds_every_clock_wrong_is_asked_twice_only(server: FaultyServer, transport: Transport) -> None:
    def always_wrong(asked: Asked, handle: Handle) -> Answer:
        wrong = Problem(code=ErrorCode.CLOCK_WRONG, status=401, params={"server_time": datetime.now(UTC).isoformat()})
        return Answer(401, wrong.model_dump_json().encode(), PROBLEM)

    server.fail("/v1/bootstrap", always_wrong)

    with pytest.raises(TransportError) as caught:
        DeviceApi(transport).bootstrap()

    assert (caught.value.code, caught.value.fate) == (ErrorCode.CLOCK_WRONG, Fate.PAUSE)
    assert len(server.lines("/v1/bootstrap")) == 2


@pytest.mark.parametrize("time_said", ["", "yesterday", "2026-01-01T00:00:00"])
def test_server_time_that_is_none_is_not_learnt(
    server: FaultyServer, transport: Transport, signer: Signer, time_said: str
) -> None:
    def wrong(asked: Asked, handle: Handle) -> Answer:
        body = f'{{"code": "clock_wrong", "status": 401, "params": {{"server_time": "{time_said}"}}}}'
        return Answer(401, body.encode(), PROBLEM)

    server.fail("/v1/bootstrap", wrong)

    with pytest.raises(TransportError):
        DeviceApi(transport).bootstrap()

    assert signer.offset == timedelta(0)


def test_connection_is_kept_between_requests(server: FaultyServer, transport: Transport) -> None:
    api = DeviceApi(transport)

    api.health()
    first = set(transport._sockets)
    api.bootstrap()

    assert set(transport._sockets) == first


def test_abort_ends_a_request_that_waits_and_refuses_later_ones(server: FaultyServer, device_key: SigningKey) -> None:
    transport = Transport(server.url, signer=Signer(device_key, DEVICE, SystemClock()), timeouts=(5, 30))
    server.fail("/v1/health", server.hang)
    begun = time.monotonic()
    threading.Timer(0.2, transport.abort).start()

    with pytest.raises(TransportError):
        transport.send("GET", "/v1/health")
    with pytest.raises(TransportError):
        transport.send("GET", "/v1/bootstrap")

    assert time.monotonic() - begun < 2
    transport.reopen()
    assert transport.send("GET", "/v1/bootstrap").ok


def test_unauthorised_device_is_told_so(server: FaultyServer, transport: Transport) -> None:
    server.fail("/v1/bootstrap", problem(401, ErrorCode.UNAUTHORIZED))

    with pytest.raises(TransportError) as caught:
        DeviceApi(transport).bootstrap()

    assert caught.value.code is ErrorCode.UNAUTHORIZED


def test_backend_under_another_name_is_not_taken_for_one(server: FaultyServer, transport: Transport) -> None:
    body = b'{"name": "something else", "version": "1", "time": "2026-01-01T00:00:00Z"}'
    server.fail("/v1/health", lambda asked, handle: Answer(200, body))

    with pytest.raises(TransportError) as caught:
        DeviceApi(transport).health()

    assert caught.value.code is ErrorCode.SERVER_NOT_XUDA


def test_proxy_of_the_environment_is_used_and_can_be_left(
    server: FaultyServer, device_key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    transport = Transport("http://hr.invalid", signer=Signer(device_key, DEVICE, SystemClock()), timeouts=(5, 30))
    server.fail("http://hr.invalid/v1/health", server.hang)
    threading.Timer(0.3, transport.abort).start()
    begun = time.monotonic()

    with pytest.raises(TransportError):
        transport.send("GET", "/v1/health")

    assert server.lines() == ["GET http://hr.invalid/v1/health"]
    assert time.monotonic() - begun < 2


@pytest.fixture
def tls_server(server: FaultyServer, tmp_path: Path) -> FaultyServer:
    """The server with a certificate for 127.0.0.1 that only ``tmp_path/tls.pem`` vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "tls.pem").write_bytes(secret + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.pem")
    server.encrypt(context)
    return server


def test_certificate_nobody_vouches_for_is_a_tls_failure_and_no_token_is_told(
    tls_server: FaultyServer, signer: Signer
) -> None:
    with pytest.raises(TransportError) as caught:
        DeviceApi(Transport(tls_server.url, signer=signer)).bootstrap()

    assert caught.value.params["reason"] == "tls"
    assert tls_server.asked == []


def test_certificate_authority_of_the_environment_is_trusted_and_a_request_can_be_left(
    tls_server: FaultyServer, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "tls.pem"))
    transport = Transport(tls_server.url, signer=signer, timeouts=(5, 30))
    DeviceApi(transport).bootstrap()
    tls_server.fail("/v1/health", tls_server.hang)
    threading.Timer(0.3, transport.abort).start()
    begun = time.monotonic()

    with pytest.raises(TransportError):
        transport.send("GET", "/v1/health")

    assert time.monotonic() - begun < 2


def test_network_is_said_to_be_what_the_last_contact_showed() -> None:
    now = [0.0]
    facts = NetworkFacts(lambda: now[0])
    assert facts.network() == "unknown"
    facts.reached()
    assert facts.network() == "online"
    facts.lost()
    assert facts.network() == "offline"

    now[0] += 3600

    assert facts.network() == "unknown"


def test_importing_the_engine_loads_no_http_library() -> None:
    program = "import sys, app.sync.engine, app.sync.enrolment; print({'requests', 'urllib3'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout.strip() == b"set()"


def test_kept_connection_that_dies_silently_is_noticed_by_the_system(
    server: FaultyServer, transport: Transport
) -> None:
    transport.send("GET", "/v1/health")

    (sock,) = list(transport._sockets)
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    if sys.platform == "linux":
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        idle, between, count = (sock.getsockopt(socket.IPPROTO_TCP, option) for option in options)
        assert idle + between * count <= 30
