"""The upload server with the clients other people wrote: tuspy and tus-js-client; and killed in the middle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.backend import tus
from tests.backend.test_uploads import stored
from tests.backend.world import Booth, Sealed, Served, Talk, invite, organisation, served, wait_until

KIB = 1024
TUS_JS = "4.3.1"
SCRIPT = Path(__file__).with_name("tus_upload.cjs")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tus_js() -> Path:
    """A folder with tus-js-client in its node_modules, fetched once per machine."""
    node, npm = shutil.which("node"), shutil.which("npm")
    assert node, "node is needed: the package nodejs"
    assert npm, "npm is needed: the package npm"
    folder = Path(platformdirs.user_cache_path("xuda-tests", appauthor=False)) / f"tus-js-client-{TUS_JS}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run([*command, f"tus-js-client@{TUS_JS}"], check=True, timeout=110, capture_output=True)
        (folder / "complete").touch()
    return folder


def values(talk: Talk, sealed: Sealed) -> dict[str, str]:
    return {
        "interview_id": talk.interview_id,
        "object_id": sealed.object_id,
        "media_type": sealed.media_type,
        "sha256": sealed.sha256,
    }


def bearer(booth: Booth) -> dict[str, str]:
    return {"Authorization": booth.upload_headers()["Authorization"]}


def run_js(modules: Path, talk: Talk, sealed: Sealed, file: Path, **options: Any) -> tuple[int, list[dict[str, Any]]]:
    settings = {
        "modules": str(modules),
        "endpoint": f"{talk.booth.url}/v1/files",
        "file": str(file),
        "chunkSize": 64 * KIB,
        "headers": bearer(talk.booth),
        "metadata": values(talk, sealed),
        **options,
    }
    done = subprocess.run(
        ["node", str(SCRIPT), json.dumps(settings)], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def sealed(talk: Talk) -> Sealed:
    return talk.seal(os.urandom(700 * KIB))


@pytest.fixture
def file(sealed: Sealed, tmp_path: Path) -> Path:
    path = tmp_path / "object"
    path.write_bytes(sealed.data)
    return path


def test_tuspy_uploads(backend: Served, talk: Talk, sealed: Sealed, file: Path) -> None:
    client = TusClient(f"{backend.url}/v1/files", headers=bearer(talk.booth))
    uploader = client.uploader(
        str(file), chunk_size=100 * KIB, metadata=values(talk, sealed), upload_checksum=True, retries=2
    )
    uploader.upload()
    assert stored(backend, talk, sealed) == sealed.data


def test_tuspy_resumes_in_another_process_life(backend: Served, talk: Talk, sealed: Sealed, file: Path) -> None:
    client = TusClient(f"{backend.url}/v1/files", headers=bearer(talk.booth))
    first = client.uploader(str(file), chunk_size=100 * KIB, metadata=values(talk, sealed))
    first.upload_chunk()
    first.upload_chunk()
    later = TusClient(f"{backend.url}/v1/files", headers=bearer(talk.booth))
    second = later.uploader(str(file), chunk_size=100 * KIB, url=first.url)
    assert second.offset == 200 * KIB
    second.upload()
    assert stored(backend, talk, sealed) == sealed.data


def test_tuspy_is_told_when_what_it_sends_is_not_what_it_promised(talk: Talk, sealed: Sealed, file: Path) -> None:
    client = TusClient(f"{talk.booth.url}/v1/files", headers=bearer(talk.booth))
    promised = {**values(talk, sealed), "sha256": "0" * 64}
    uploader = client.uploader(str(file), chunk_size=500 * KIB, metadata=promised)
    with pytest.raises(TusCommunicationError) as caught:
        uploader.upload()
    assert caught.value.status_code == 460


@pytest.mark.parametrize("with_creation", [False, True])
def test_tus_js_client_uploads(
    backend: Served, talk: Talk, sealed: Sealed, file: Path, tus_js: Path, with_creation: bool
) -> None:
    code, events = run_js(tus_js, talk, sealed, file, withCreation=with_creation)
    assert (code, events[-1].get("done")) == (0, True), events
    assert stored(backend, talk, sealed) == sealed.data


@pytest.mark.parametrize("knows_the_address", [True, False])
def test_tus_js_client_resumes_after_it_was_killed(
    backend: Served, talk: Talk, sealed: Sealed, file: Path, tus_js: Path, knows_the_address: bool
) -> None:
    code, events = run_js(tus_js, talk, sealed, file, stopAfter=200 * KIB)
    assert code != 0
    assert stored(backend, talk, sealed) is None
    reached = events[-1]["accepted"]
    known = {"uploadUrl": events[-1]["url"]} if knows_the_address else {}
    code, events = run_js(tus_js, talk, sealed, file, **known)
    assert (code, events[-1].get("done")) == (0, True), events
    assert events[0]["accepted"] > reached
    assert stored(backend, talk, sealed) == sealed.data


class Process:
    """``xuda-hr serve`` as a process of its own, to be killed."""

    def __init__(self, data: Path, log: Path) -> None:
        self._log = log.open("ab")
        command = [sys.executable, "-m", "backend", "serve", "--data", str(data), "--port", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http")).rstrip("/")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._log.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    organisation(tmp_path / "data").close()
    return tmp_path / "data"


def begun(data: Path) -> tuple[Talk, Sealed]:
    with served(data) as short:
        talk = Talk(short.enrol(), invite(short.hr, "李雷"))
        talk.started()
        talk.put_all()
    return talk, talk.seal(os.urandom(20 * KIB * KIB))


@pytest.mark.parametrize("with_checksum", [False, True])
def test_a_server_killed_in_the_middle_of_a_patch_goes_on_from_what_it_had_promised(
    data: Path, tmp_path: Path, with_checksum: bool
) -> None:
    talk, sealed = begun(data)
    log = tmp_path / "server.log"
    server = Process(data, log)
    talk.booth.url = server.url
    url = tus.location(talk, sealed)
    first = sealed.data[: 100 * KIB]
    assert tus.patch(talk.booth, url, 0, first).status_code == 204
    rest = sealed.data[len(first) :]
    fed, gate = threading.Event(), threading.Event()

    def stream() -> Iterator[bytes]:
        yield rest[: 12 * KIB * KIB]
        fed.set()
        gate.wait(60)

    def send() -> None:
        headers = {"Upload-Checksum": tus.checksum(rest)} if with_checksum else {}
        with pytest.raises(Exception):  # noqa: B017  the connection dies in one of several ways
            tus.patch(talk.booth, url, len(first), stream(), **headers)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        name = url.rsplit("/", 1)[1]
        on_disk = data / "objects" / name[:2] / name
        wait_until(lambda: fed.is_set() and on_disk.stat().st_size > 10 * KIB * KIB)
    finally:
        server.kill()
        gate.set()
        sender.join(30)
    server = Process(data, log)
    try:
        talk.booth.url = server.url
        url = f"{server.url}/v1/files/{name}"
        reached = tus.offset(talk.booth, url)
        if with_checksum:
            assert reached == len(first)
        else:
            assert len(first) + 8 * KIB * KIB <= reached <= len(first) + 12 * KIB * KIB
        left = sealed.data[reached:]
        answer = tus.patch(talk.booth, url, reached, left, **{"Upload-Checksum": tus.checksum(left)})
        assert answer.status_code == 204
        assert on_disk.read_bytes() == sealed.data
        assert talk.check()["objects"] == [sealed.ref.model_dump()]
    finally:
        server.kill()


def test_a_second_server_on_the_same_folder_is_refused(data: Path, tmp_path: Path) -> None:
    server = Process(data, tmp_path / "server.log")
    try:
        command = [
            sys.executable,
            "-m",
            "backend",
            "serve",
            "--data",
            str(data),
            "--port",
            "0",
            "--lang",
            "en",
            "--json",
        ]
        second = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
        assert second.returncode == 2
        assert json.loads(second.stdout)["error"] == "already_running"
    finally:
        server.kill()


def test_the_server_stops_in_good_order_when_told_to(data: Path, tmp_path: Path) -> None:
    server = Process(data, tmp_path / "server.log")
    server.process.terminate()
    assert server.process.wait(20) in (0, -15)
    server.kill()
    assert "Traceback" not in (tmp_path / "server.log").read_text()
