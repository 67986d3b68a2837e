"""The update of a Linux booth: the old program or the new one is there, whenever the script is killed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.processes import ROOT

SCRIPT = ROOT / "resources" / "kiosk" / "linux" / "xuda-update.sh"
TOOLS = ("mkdir", "cp", "ln", "mv", "rm", "sync")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the update of Linux")

# Counts its calls; the one that is wanted kills the script before or after it has done its work.
_TOOL = """#!/bin/sh
echo x >> {count}
n=$(wc -l < {count})
[ "$n" = "$KILL_BEFORE" ] && kill -9 $PPID && exit 1
{real} "$@"; code=$?
[ "$n" = "$KILL_AFTER" ] && kill -9 $PPID
exit $code
"""


def program(folder: Path, version: str, *, sound: bool = True) -> Path:
    """A folder as freezing makes it, as far as the script looks into it."""
    (folder / "_internal").mkdir(parents=True)
    (folder / "_internal" / "program.json").write_text(version)
    (folder / "library").write_text(version)
    said = f'case $1 in --version) echo "xuda {version}" ;; selftest) exit {0 if sound else 1} ;; esac'
    # like the real one it is of no use without its files
    (folder / "xuda").write_text(f'#!/bin/sh\n[ "$(cat "$(dirname "$0")/library")" = {version} ] || exit 70\n{said}\n')
    (folder / "xuda").chmod(0o755)
    return folder


class Place:
    """Where the booth finds its program, and where its data lies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder / "opt" / "xuda"
        self.place.parent.mkdir(parents=True)
        self.data = folder / "data"
        self.data.mkdir()
        (self.data / "xuda.db").write_bytes(b"answers")
        self._tools = folder / "tools"
        self._tools.mkdir()
        self._count = folder / "count"
        for name in TOOLS:
            (self._tools / name).write_text(_TOOL.format(count=self._count, real=shutil.which(name)))
            (self._tools / name).chmod(0o755)

    def update(self, new: Path, **kill: int) -> subprocess.CompletedProcess[str]:
        self._count.unlink(missing_ok=True)
        path = f"{self._tools}:{os.environ['PATH']}"
        env = os.environ | {"PATH": path} | {name.upper(): str(n) for name, n in kill.items()}
        command = ["sh", str(SCRIPT), str(new), str(self.place)]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    def calls(self) -> int:
        return len(self._count.read_text().split())

    def version(self) -> str:
        """Of the program that the booth would start now; empty when there is none."""
        try:
            done = subprocess.run([self.place / "xuda", "--version"], capture_output=True, text=True, check=True)
        except FileNotFoundError:
            return ""
        return done.stdout.split()[-1]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_first_program_is_put_in_place_and_every_newer_one_turns_the_link(place: Place) -> None:
    for version in ("1.0", "1.1", "2.0"):
        done = place.update(program(place.folder / version, version))
        assert done.returncode == 0, done.stderr
        assert place.version() == version
    kept = {folder.name for folder in place.place.with_name("xuda-versions").iterdir()}
    digest = {version: hashlib.sha256(version.encode()).hexdigest()[:8] for version in ("1.1", "2.0")}
    assert kept == {f"xuda-{version}-{start}" for version, start in digest.items()}, "this one and the one before"
    assert (place.data / "xuda.db").read_bytes() == b"answers"


def test_a_program_that_fails_its_own_test_changes_nothing(place: Place) -> None:
    place.update(program(place.folder / "1.0", "1.0"))
    done = place.update(program(place.folder / "broken", "2.0", sound=False))
    assert done.returncode == 1
    assert "nothing was changed" in done.stderr
    assert place.version() == "1.0"


def test_what_is_no_program_is_refused(place: Place) -> None:
    assert place.update(place.data).returncode == 2


def test_a_program_put_there_by_hand_is_taken_over(place: Place) -> None:
    program(place.place, "1.0")
    assert place.update(program(place.folder / "2.0", "2.0")).returncode == 0
    assert place.version() == "2.0"
    assert place.place.is_symlink()


@pytest.mark.parametrize("moment", ["kill_before", "kill_after"])
def test_killed_at_any_of_its_steps_the_booth_has_the_old_program_or_the_new_one(place: Place, moment: str) -> None:
    old, new = program(place.folder / "1.0", "1.0"), program(place.folder / "2.0", "2.0")
    place.update(old)
    place.update(new)
    steps = place.calls()
    assert steps >= len(TOOLS)
    for step in range(1, steps + 1):
        shutil.rmtree(place.place.with_name("xuda-versions"))
        place.place.unlink()
        assert place.update(old).returncode == 0
        assert place.update(new, **{moment: step}).returncode != 0
        assert place.version() in ("1.0", "2.0"), f"{moment} {step}"
        assert place.update(new).returncode == 0, "running it again puts everything right"
        assert place.version() == "2.0"
        assert list(place.place.parent.rglob(".part")) == []
