"""``xuda-hr serve`` as a process that can be killed at any moment or at one of its writing calls.

Run as a module it serves with a deliberate defect: ``python -m tests.crash.backend_process DEFECT serve …``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WRITES = "write,pwrite64,fsync,fdatasync,ftruncate,unlink,rename"
BROKEN = ("answer-early", "receipt-on-trust", "keys-late")


class BackendProcess:
    """One server after the other on the same data folder and port."""

    def __init__(self, data: Path, backup: Path, log: Path, env: dict[str, str], broken: str | None) -> None:
        module = ["backend"] if broken is None else ["tests.crash.backend_process", broken]
        folders = ["--data", str(data), "--backup", str(backup)]
        self._command = [sys.executable, "-m", *module, "serve", *folders]
        self._log, self._env = log, env
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self, *, seconds: float = 60) -> str:
        """Serve and return the address. Raises AssertionError when the server does not come up."""
        command = [*self._command, "--port", str(self._port)]
        with self._log.open("a") as errors:
            self._process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=errors, text=True, env=self._env, cwd=ROOT
            )
        lines: list[str] = []
        stream = self._process.stdout
        assert stream is not None
        reader = threading.Thread(target=lambda: lines.append(stream.readline()), daemon=True)
        reader.start()
        reader.join(seconds)
        words = lines[0].split() if lines else []
        address = next((word for word in words if word.startswith("http")), "").rstrip("/")
        assert address, f"the server did not start: {self._log.read_text('utf-8')[-2000:]}"
        self.address, self._port = address, int(address.rsplit(":", 1)[1])
        return address

    def kill(self) -> None:
        """SIGKILL, now."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def kill_at_write(self, number: int, *, seconds: float = 5) -> bool:
        """SIGKILL when one of its threads makes its ``number``-th writing call from now; False when none did."""
        assert self._process is not None
        rules = ["-e", f"trace={WRITES}", "-e", f"inject={WRITES}:signal=KILL:when={number}"]
        command = ["strace", "-f", "-qq", "-o", "/dev/null", *rules, "-p", str(self._process.pid)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tracer:
            try:
                self._process.wait(seconds)
                met = True
            except subprocess.TimeoutExpired:
                met = False
            tracer.terminate()
        self.kill()
        return met

    @staticmethod
    def can_trace() -> bool:
        return shutil.which("strace") is not None


# ---- deliberate defects ---------------------------------------------------------------------------------------------


def _answer_early() -> None:
    """Events are acknowledged before they are stored."""
    from backend.services import intake
    from contract.api import EventReply

    store = intake.put_event

    def put_event(hr: Any, asking: Any, interview_id: str, seq: int, envelope: Any, **more: Any) -> Any:
        timer = threading.Timer(0.3, store, (hr, asking, interview_id, seq, envelope), more)
        timer.daemon = True
        timer.start()
        time.sleep(0.01)
        return EventReply(interview_id=interview_id, seq=seq, digest=envelope.digest), True

    intake.put_event = put_event  # type: ignore[assignment]


def _receipt_on_trust() -> None:
    """An upload counts before its bytes are written, and a receipt is signed without reading anything back."""
    from backend.api.receiving import Receiver
    from backend.objects.folder import FolderStore
    from backend.services import uploads

    def write(self: Any, file: Any, part: bytes) -> None:
        self._written += len(part)
        if self._digest is not None:
            self._digest.update(part)
        self._late = [*getattr(self, "_late", []), part]

    def settle(self: Any, file: Any) -> None:
        if self._written == self._upload.length:
            uploads.complete(self._hr, self._asking, self._upload.id)
        else:
            uploads.commit_offset(self._hr, self._upload.id, self._written)
        late, at, path = list(self._late), self._safe, self._hr.store.path(self._upload.id)

        def really() -> None:
            with path.open("r+b") as again:
                again.seek(at)
                again.write(b"".join(late))

        timer = threading.Timer(0.5, really)
        timer.daemon = True
        timer.start()
        self._safe = self._written

    class Trusting(str):
        """Equal to every digest and, as a size, to every number."""

        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

    Receiver._write = write  # type: ignore[method-assign]
    Receiver._settle = settle  # type: ignore[method-assign]
    FolderStore.sha256 = lambda self, key: Trusting("")  # type: ignore[method-assign]
    size = FolderStore.size
    FolderStore.size = lambda self, key: Trusting("") if size(self, key) is not None else None  # type: ignore

    def open_write(self: Any, key: str, offset: int) -> Any:
        return self.path(key).open("r+b", buffering=0)

    FolderStore.open_write = open_write  # type: ignore[method-assign]


def _keys_late() -> None:
    """Storage keys are used before they are durable."""
    import os

    from backend.cabinet import KeyCabinet
    from contract.canonical import b64encode

    kept: dict[str, bytes] = {}
    key_of = KeyCabinet._key

    def key(self: Any, subject: str) -> bytes | None:
        return kept.get(subject) or key_of(self, subject)

    def write(self: Any, subject: str) -> None:
        sealed = self._sealer.seal(b64encode(kept[subject]), f"storage key:{subject}")
        with self._lock:
            self._connection.execute("INSERT OR IGNORE INTO storage_key VALUES (?, ?)", (subject, sealed))

    def key_for(self: Any, subject: str) -> bytes:
        known = key(self, subject)
        if known is None:
            kept[subject] = known = os.urandom(32)
            timer = threading.Timer(2.0, write, (self, subject))
            timer.daemon = True
            timer.start()
        return known

    KeyCabinet._key = key  # type: ignore[method-assign]
    KeyCabinet._key_for = key_for  # type: ignore[method-assign]


_DEFECTS = {"answer-early": _answer_early, "receipt-on-trust": _receipt_on_trust, "keys-late": _keys_late}

if __name__ == "__main__":
    from backend.__main__ import main

    _DEFECTS[sys.argv[1]]()
    sys.exit(main(sys.argv[2:]))
