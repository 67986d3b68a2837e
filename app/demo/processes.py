"""The demo's processes: the backend's commands, its server, and clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from contract.errors import ErrorCode, XudaError

ROOT = Path(__file__).resolve().parents[2]


class DemoFailed(Exception):
    """A step of the demo did not do what it should; the text says which and where its log is."""


def run_json(module: str, *arguments: str, env: dict[str, str]) -> Any:
    """Run ``python -m module`` and parse the JSON it prints."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, timeout=300, check=False)
    if done.returncode != 0:
        raise DemoFailed(f"{module} {' '.join(arguments[:2])}: exit {done.returncode}\n{done.stderr[-2000:]}")
    text = done.stdout.strip()
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.splitlines()[-1]) if text else None


class Server:
    """The HR backend as a process of its own; ``stop`` is the unplugged network cable."""

    def __init__(self, data: Path, log: Path, env: dict[str, str]) -> None:
        self._data, self._log, self._env = data, log, env
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.address = ""

    def start(self, *, timeout: float = 60) -> str:
        """Serve, and return the address; the same port again after a stop."""
        command = [sys.executable, "-m", "backend", "serve", "--data", str(self._data), "--port", str(self._port)]
        errors = self._log.open("a")
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=self._env, cwd=ROOT
        )
        errors.close()
        line = self._first_line(timeout)
        self.address = next((word for word in line.split() if word.startswith("http")), "")
        if not self.address:
            raise DemoFailed(f"the backend did not start; its log is {self._log}")
        self.address = self.address.rstrip("/")
        self._port = int(self.address.rsplit(":", 1)[1])
        return self.address

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """SIGKILL, as a machine that is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _first_line(self, timeout: float) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        stream, lines = self._process.stdout, []
        reader = threading.Thread(target=lambda: lines.append(stream.readline()), daemon=True)
        reader.start()
        reader.join(timeout)
        return lines[0] if lines else ""


class Client:
    """One run of the candidate client under the autopilot."""

    def __init__(self, arguments: Sequence[str], log: Path, env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "app", "client", *arguments]
        self._log = log
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT
        )
        self._seen: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, text: str, *, timeout: float = 120) -> None:
        """Until the autopilot's trace has a line with ``text``."""
        self._until(lambda: any(text in line for line in self._seen), f"«{text}»", timeout)

    def wait(self, seconds: float) -> None:
        """Until ``seconds`` have gone by or the client has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def seen(self) -> list[str]:
        """The lines on stderr so far."""
        return list(self._seen)

    def kill(self) -> None:
        """SIGKILL, as a crash or a pulled plug would."""
        self._process.kill()
        self._process.wait()
        self._reader.join(5)

    def result(self, *, timeout: float = 300) -> dict[str, Any]:
        """The JSON line printed at the end."""
        assert self._process.stdout is not None
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise DemoFailed(f"the client did not end; its log is {self._log}") from error
        self._reader.join(5)
        lines = self._process.stdout.read().strip().splitlines()
        if self._process.returncode != 0 or not lines:
            raise DemoFailed(f"the client ended with {self._process.returncode}; its log is {self._log}")
        found: dict[str, Any] = json.loads(lines[-1])
        return found

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._log.open("a", encoding="utf-8") as log:
            for line in self._process.stderr:
                self._seen.append(line)
                log.write(line)
                log.flush()

    def _until(self, condition: Callable[[], bool], what: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while not condition():
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise DemoFailed(f"waited for {what}; the client's log is {self._log}")
            time.sleep(0.02)


def demo_environment(folder: Path, passphrase: str) -> dict[str, str]:
    """Environment of the demo's processes: offscreen where there is no screen, keys under a passphrase of this demo."""
    env = dict(os.environ)
    env["XUDA_PASSPHRASE"] = passphrase
    env["XDG_STATE_HOME"] = str(folder / "state")
    env.setdefault("LANG", "C.UTF-8")
    return env


def speech_folder() -> Path:
    """Voice and speech model for the headless demo come with the source checkout. Raises XudaError(FILE_MISSING)."""
    folder = ROOT / "tests" / "speech"
    if not (folder / "say.py").is_file():
        raise XudaError(ErrorCode.FILE_MISSING, path=str(folder / "say.py"))
    return folder
