"""A backend that can be broken, and a device it knows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.clock import SystemClock
from app.sync.enrolment import enroll
from app.sync.transport import Signer, Transport
from app.sync.uploader import Upload
from contract.events import ObjectRef
from contract.keys import SigningKey
from tests.sync.cutting_proxy import CuttingProxy, cutting
from tests.sync.device import Device, WrongClock
from tests.sync.faults import running
from tests.sync.faulty_server import FaultyServer

DEVICE = "device-1"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with running(FaultyServer()) as server:
        yield server


@pytest.fixture
def proxy(server: FaultyServer) -> Iterator[CuttingProxy]:
    with cutting(int(server.url.rsplit(":", 1)[1])) as proxy:
        yield proxy


@pytest.fixture
def device_key(server: FaultyServer) -> SigningKey:
    key = SigningKey.generate()
    server.devices[DEVICE] = key.public
    return key


@pytest.fixture
def signer(device_key: SigningKey) -> Signer:
    return Signer(device_key, DEVICE, SystemClock())


@pytest.fixture
def transport(server: FaultyServer, signer: Signer) -> Iterator[Transport]:
    transport = Transport(server.url, signer=signer, timeouts=(2, 1))
    yield transport
    transport.close()


@pytest.fixture
def make_upload(tmp_path: Path) -> Callable[..., Upload]:
    """A sealed file with contents that differ from byte to byte."""

    def make(size: int, object_id: str = "object-1") -> Upload:
        block = b"".join(hashlib.sha256(f"{object_id}{n}".encode()).digest() for n in range(1024))
        content = (block * (size // len(block) + 1))[:size]
        path = tmp_path / f"{object_id}.sealed"
        path.write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        ref = ObjectRef(object_id=object_id, media_type="video/webm", size=size, sha256=digest)
        return Upload("interview-1", path, ref)

    return make


@pytest.fixture
def make_device(tmp_path: Path, server: FaultyServer) -> Iterator[Callable[..., Device]]:
    """Devices enrolled with the server, each in a folder of its own."""
    devices: list[Device] = []

    def make(off: timedelta = timedelta(0)) -> Device:
        device = Device(tmp_path / f"device-{len(devices)}", WrongClock(off))
        devices.append(device)
        enroll(server.url, server.enrolment_code, "Booth 1", device)
        return device

    yield make
    for device in devices:
        device.close()


@pytest.fixture
def device(make_device: Callable[..., Device]) -> Device:
    return make_device()
