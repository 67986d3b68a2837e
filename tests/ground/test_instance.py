"""One Xuda per data folder; a crash never leaves the folder locked."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.instance import InstanceLock
from contract.errors import ErrorCode, XudaError

HOLDER = """
import sys
from pathlib import Path
from app.instance import InstanceLock
with InstanceLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the lock until its input is closed."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_instance_on_the_same_folder_is_refused(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(XudaError) as caught, InstanceLock(tmp_path):
        pass
    assert caught.value.code is ErrorCode.ALREADY_RUNNING


def test_another_folder_is_free(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "other"):
        pass


def test_the_lock_goes_with_a_killed_holder(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    with InstanceLock(tmp_path):
        pass


def test_the_lock_is_given_back_at_the_end(tmp_path: Path) -> None:
    for _ in range(2):
        with InstanceLock(tmp_path):
            pass


def test_a_second_client_says_so_and_changes_nothing(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    command = [sys.executable, "-m", "app", "client", "--data", str(tmp_path), "--lang", "en"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("Xuda is already running with this data folder")
    assert sorted(tmp_path.iterdir()) == before


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    with InstanceLock(tmp_path / "new" / "data"):
        if os.name == "posix":
            assert (tmp_path / "new" / "data").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_a_known_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(XudaError) as caught, InstanceLock(tmp_path / "file" / "data"):
        pass
    assert caught.value.code is ErrorCode.DISK_ERROR
