"""A booth under its supervisor: killed, it is back at the attract screen, and offers an interview by code alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.demo.processes import ROOT
from tests.crash.booth import Booth
from tests.crash.process import ObservedClient
from tests.support.waiting import wait_for

SUPERVISOR = ROOT / "resources" / "kiosk" / "linux" / "xuda-kiosk.sh"
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the supervisor of Linux"),
]


class Supervised:
    """The supervisor's process, and what the program under it has on its screen."""

    def __init__(self, data: Path, process: subprocess.Popen[bytes]) -> None:
        self._data = data
        self.process = process

    def running(self) -> dict[int, str]:
        """Process id -> screen, of those that live."""
        found = {}
        for file in (self._data / "crashes").glob("running-*.json"):
            pid = int(file.stem.partition("-")[2])
            try:
                found[pid] = json.loads(file.read_bytes())["screen"]
                os.kill(pid, 0)
            except (OSError, ValueError):
                found.pop(pid, None)
        return found

    def at(self, screen: str, *, but: int = 0) -> int:
        """Wait until the program is there; its process id, which is not ``but``."""

        def there() -> list[int]:
            return [pid for pid, now in self.running().items() if now == screen and pid != but]

        wait_for(there, f"screen {screen}", seconds=90)
        return there()[0]


@contextmanager
def supervised(booth: Booth, data: Path) -> Iterator[Supervised]:
    command = ["sh", str(SUPERVISOR), sys.executable, "-m", "app", "client", "--kiosk", "--server-sync", "off"]
    env = booth.env | {"XUDA_PASSPHRASE": "kill campaign"}
    process = subprocess.Popen(
        [*command, "--data", str(data), "--camera", "file:none.webm"], env=env, cwd=ROOT, stderr=subprocess.DEVNULL
    )
    try:
        yield Supervised(data, process)
    finally:
        process.terminate()
        process.wait(30)


def test_a_killed_booth_is_usable_again_and_offers_the_interview_to_its_own_candidate_alone(tmp_path: Path) -> None:
    booth = Booth(tmp_path)
    data = booth.copy("kiosk")
    arguments = [*booth.arguments(data, "keep"), "--kiosk", "--server-sync", "off"]

    first = ObservedClient(arguments, booth.env, tmp_path / "first.log")
    assert first.wait_for(lambda seen: any(sight.screen == "question" for sight in seen), 120), first.lines[-5:]
    first.kill()
    assert [sight.screen for sight in first.seen][:3] == ["attract", "start", "entry"]

    with supervised(booth, data) as kiosk:
        pid = kiosk.at("attract")
        os.kill(pid, signal.SIGKILL)
        again = kiosk.at("attract", but=pid)
        assert kiosk.process.poll() is None
    wait_for(lambda: again not in kiosk.running(), "the end of the program", seconds=20)

    last = ObservedClient(arguments, booth.env, tmp_path / "last.log")
    assert last.wait_for(lambda seen: any(sight.sheet == "resume" for sight in seen), 120), last.lines[-5:]
    last.kill()
    places = [(sight.screen, sight.sheet) for sight in last.seen]
    assert places[: places.index(("start", "resume"))] == [("attract", ""), ("start", "")], "only after the code"


@pytest.mark.parametrize(("code", "starts"), [(10, 1), (11, 2), (70, 2)])
def test_the_supervisor_starts_the_program_again_unless_staff_have_closed_it(
    tmp_path: Path, code: int, starts: int
) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"import os, pathlib, sys\nassert os.environ['XUDA_SUPERVISED']\n"
        f"count = pathlib.Path({str(tmp_path / 'starts')!r})\n"
        "with count.open('a') as file:\n    file.write('x')\n"
        f"sys.exit({code} if len(count.read_text()) == 1 else 10)\n"
    )
    done = subprocess.run(["sh", str(SUPERVISOR), sys.executable, str(program)], capture_output=True, timeout=60)
    assert done.returncode == 10
    assert (tmp_path / "starts").read_text() == "x" * starts
