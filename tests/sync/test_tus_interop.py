"""The uploader against the reference implementation of a tus server."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs
import psutil
import pytest

from app.sync.failures import TransportError
from app.sync.transport import Transport
from app.sync.uploader import MIN_CHUNK, Chunks, Upload, Uploader
from tests.sync.cutting_proxy import cutting

_HERE = Path(__file__).parent / "tus_server"


def _installed() -> Path:
    """A folder with the pinned packages, kept between runs; made aside and moved, so that two runs may race."""
    files = {name: (_HERE / name).read_bytes() for name in ("package.json", "serve.js")}
    cache = Path(platformdirs.user_cache_dir("xuda-tests"))
    folder = cache / f"tus-{hashlib.sha256(b''.join(files.values())).hexdigest()[:12]}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="making-", dir=cache))
        for name, content in files.items():
            (work / name).write_bytes(content)
        npm = shutil.which("npm")
        assert npm, "npm is needed for this test"
        subprocess.run([npm, "install", "--no-audit", "--no-fund", "--silent"], cwd=work, check=True, timeout=110)
        try:
            work.rename(folder)
        except OSError:
            shutil.rmtree(work)
    return folder


@pytest.fixture
def tus_port(tmp_path: Path) -> Iterator[int]:
    script = _installed() / "serve.js"
    store = tmp_path / "store"
    store.mkdir()
    process = subprocess.Popen(["node", script, store], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        for one in psutil.Process(process.pid).children(recursive=True):  # `node` may be a wrapper
            one.kill()
        process.kill()
        process.wait()
        process.stdout.close()


def _stored(tmp_path: Path) -> bytes:
    (content,) = (path for path in (tmp_path / "store").iterdir() if path.suffix != ".json")
    return content.read_bytes()


def test_upload_cut_in_the_middle_of_chunks_resumes(
    tus_port: int, tmp_path: Path, make_upload: Callable[..., Upload]
) -> None:
    size = 10 * MIN_CHUNK + 12345
    upload = make_upload(size)
    with cutting(tus_port) as proxy:
        proxy.cuts = [MIN_CHUNK + 70_000, 2 * MIN_CHUNK + 90_000, MIN_CHUNK // 3]
        transport = Transport(proxy.url, timeouts=(2, 10))
        uploader = Uploader(transport, endpoint="/files", chunks=Chunks(MIN_CHUNK, MIN_CHUNK, MIN_CHUNK))
        cuts = 0
        for _ in range(20):
            try:
                uploader.upload(upload)
                break
            except TransportError:  # the cut itself, or the lock the server holds until it has noticed the cut
                cuts += 1
        transport.close()
        headers = 1500 * 40

        assert cuts >= 3
        assert _stored(tmp_path) == upload.path.read_bytes()
        assert proxy.sent <= size + 3 * MIN_CHUNK + headers


def test_upload_without_a_cut_arrives(tus_port: int, tmp_path: Path, make_upload: Callable[..., Upload]) -> None:
    upload = make_upload(3_333_333)
    transport = Transport(f"http://127.0.0.1:{tus_port}", timeouts=(2, 10))

    Uploader(transport, endpoint="/files").upload(upload)
    transport.close()

    assert _stored(tmp_path) == upload.path.read_bytes()
