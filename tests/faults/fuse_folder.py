"""A mounted folder whose every change is logged and whose operations can be made to fail. Linux, as root."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.diskserver import Entry
from tests.faults.witness import Witness
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]


def why_not_here() -> str:
    """Empty where such folders can be mounted, else the reason."""
    if sys.platform != "linux":
        return "FUSE folders are mounted on Linux only"
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is missing or not ours"
    return ""


class FaultyFolder:
    """``path`` is the mounted folder, ``backing`` what is really there. The server is a process of its own: a page
    fault on a mapped file of it must not wait for an interpreter that waits for the page."""

    def __init__(self, folder: Path, *, base: Path | None = None, witness: Witness | None = None) -> None:
        """``base``: what is in the folder already, all of it durable; a copy is worked on.

        ``witness`` is asked who wants each operation under the fault ``watch`` and under :meth:`fail_at`.
        """
        self._witness = witness
        self.path, self.backing = folder / "mounted", folder / "backing"
        self.path.mkdir(parents=True)
        if base is None:
            self.backing.mkdir()
        else:
            shutil.copytree(base, self.backing)
        self._log = folder / "log"
        command = [sys.executable, "-m", "tests.faults.diskserver", self.path, self.backing, self._log]
        passed = [] if witness is None else [witness.theirs.fileno()]
        self._server = subprocess.Popen([str(part) for part in [*command, *passed]], cwd=ROOT, pass_fds=passed)
        try:
            wait_for(self._is_mounted, "the folder to be mounted", seconds=30)
        except BaseException:
            self.close()
            raise

    def mark(self, **facts: Any) -> None:
        """Put a remark into the log, in order with the operations."""
        os.setxattr(self.path, "user.mark", json.dumps(facts, ensure_ascii=False).encode())

    def fail(self, ops: Sequence[str], k: int, kind: str, path: str = "") -> None:
        """Arm a fault, see :class:`tests.faults.diskserver.Fault`; the count starts now."""
        told = {"ops": list(ops), "k": k, "kind": kind, "path": path}
        os.setxattr(self.path, "user.fault", json.dumps(told).encode())

    def fail_at(self, op: str, place: str, n: int, kind: str) -> None:
        """Fail the ``n``-th operation that a place (as the witness names it) asks for; ``full``: from there on all."""
        assert self._witness is not None
        self._witness.aim(op, place, n)
        self.fail([op], -1, kind)

    def heal(self) -> None:
        self.fail([], 0, "")

    def state(self) -> dict[str, Any]:
        """Since the fault was armed: ``counts`` of operations by kind, on paths that match; ``hit``: the newest that
        were failed, ``hit_at``: when (monotonic seconds)."""
        found: dict[str, Any] = json.loads(os.getxattr(self.path, "user.state"))
        return found

    def entries(self) -> list[Entry]:
        """The log so far."""
        if self._is_mounted():
            self.state()
        return list(read_log(self._log))

    def close(self) -> None:
        if self._is_mounted():
            self.state()  # writes the log out: a server that has to be killed loses nothing of it
            subprocess.run(["umount", str(self.path)], check=False, capture_output=True)
        if self._is_mounted():
            subprocess.run(["umount", "--lazy", str(self.path)], check=False, capture_output=True)
            self._server.kill()
        self._server.wait(20)

    def _is_mounted(self) -> bool:
        if self._server.poll() is not None and not os.path.ismount(self.path):
            if self._server.returncode:
                raise RuntimeError(f"the folder's server has ended with {self._server.returncode}")
            return False
        return os.path.ismount(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_log(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        while True:
            try:
                yield Entry(*pickle.load(file))
            except EOFError:
                return
