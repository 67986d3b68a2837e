"""The passphrase on the command line: asked for, given by a file, changed, lost; and the plain file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.backends.fail
import pytest

from app.__main__ import main
from backend.services import device_care, devices
from tests.backend.world import COMMAND_LINE, Served, served

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = "the first passphrase", "the second passphrase"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "hr") as found:
        yield found


class Terminal:
    """`xuda` on a machine without keyring, where nobody sits at the terminal."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._patch = patch
        self._capsys = capsys
        for name in ("XUDA_PASSPHRASE", "XUDA_PASSPHRASE_FILE"):
            patch.delenv(name, raising=False)
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        patch.setattr("keyring.core._keyring_backend", keyring.backends.fail.Keyring())

    def run(self, *command: str, passphrase: str = "") -> tuple[int, str]:
        """Exit code, and what was said on stdout and stderr."""
        self._patch.setenv("XUDA_PASSPHRASE", passphrase)
        code = main([*command, "--data", str(self.folder / "booth"), "--lang", "en"])
        said = self._capsys.readouterr()
        return code, said.out + said.err

    def file(self, name: str, passphrase: str) -> str:
        path = self.folder / name
        path.write_text(passphrase + "\n", "utf-8")
        return str(path)


@pytest.fixture
def xuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)


def enrol(office: Served, **given: Any) -> tuple[str, ...]:
    code = devices.new_enrolment_code(office.hr, COMMAND_LINE, **given)
    return "enroll", "--server", office.url, "--code", code


def test_without_keyring_and_passphrase_a_device_is_not_enrolled_and_no_key_is_written(
    office: Served, xuda: Terminal
) -> None:
    asked = enrol(office)
    code, said = xuda.run(*asked)
    assert (code, "a passphrase is needed" in said) == (2, True)
    assert not (xuda.folder / "state").exists()
    assert xuda.run(*asked, "--passphrase-file", xuda.file("phrase", FIRST))[0] == 0
    code, said = xuda.run("sync")
    assert (code, "passphrase of this device is needed" in said) == (2, True)
    code, said = xuda.run("sync", passphrase="wrong")
    assert (code, "is not right" in said) == (2, True)
    assert xuda.run("sync", "--wait", "20", passphrase=FIRST)[0] == 0


def test_a_passphrase_is_changed_by_who_knows_it(office: Served, xuda: Terminal) -> None:
    assert xuda.run(*enrol(office), passphrase=FIRST)[0] == 0
    new = ("--new-passphrase-file", xuda.file("new", SECOND))
    assert xuda.run("keystore", "change", *new)[0] == 2
    assert xuda.run("keystore", "change", *new, passphrase="wrong")[0] == 2
    assert xuda.run("keystore", "change", *new, passphrase=FIRST)[0] == 0
    assert xuda.run("sync", passphrase=FIRST)[0] == 2
    assert xuda.run("sync", "--wait", "20", passphrase=SECOND)[0] == 0


def test_a_lost_passphrase_ends_in_a_new_enrolment_that_continues_the_device(office: Served, xuda: Terminal) -> None:
    assert xuda.run(*enrol(office), passphrase=FIRST)[0] == 0
    assert xuda.run("keystore", "reset")[0] == 2
    assert xuda.run("keystore", "reset", "--yes")[0] == 0
    assert list((xuda.folder / "booth").glob("keystore.lost-*"))
    code, said = xuda.run("sync", passphrase=SECOND)
    assert (code, "not where they were left" in said) == (2, True)
    (former,) = devices.list_devices(office.hr)
    assert xuda.run(*enrol(office, replaces=former.id), passphrase=SECOND)[0] == 0
    assert xuda.run("sync", "--wait", "20", passphrase=SECOND)[0] == 0
    assert device_care.view(office.hr, COMMAND_LINE, former.id).state == "replaced"


def test_the_plain_file_is_used_only_where_it_is_asked_for(office: Served, xuda: Terminal) -> None:
    assert xuda.run(*enrol(office), "--keystore", "file")[0] == 0
    assert json.loads(xuda.run("keystore", "status", "--json")[1]) == {"keystore": "file"}
    code, said = xuda.run("sync")
    assert (code, "unprotected file" in said) == (2, True)
    assert xuda.run("sync", "--wait", "20", "--keystore", "file")[0] == 0
    assert xuda.run("sync", "--wait", "20", passphrase=FIRST)[0] == 0
    assert json.loads(xuda.run("keystore", "status", "--json")[1]) == {"keystore": "passphrase"}
    assert not list((xuda.folder / "state").rglob("*.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminal there")
def test_on_a_terminal_the_passphrase_is_asked_for_twice_at_first_and_once_later(tmp_path: Path) -> None:
    import pty

    def talk(*typed: str) -> str:
        """What is seen on the terminal while ``typed`` answers each question that ends with a colon."""
        env = {**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
        for name in ("XUDA_PASSPHRASE", "XUDA_PASSPHRASE_FILE", "DBUS_SESSION_BUS_ADDRESS"):
            env.pop(name, None)
        command = [sys.executable, "-m", "app", "receipts", str(tmp_path / "absent"), "--lang", "en"]
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(ROOT)
            os.execve(command[0], [*command, "--data", str(tmp_path / "booth")], env)
        seen, answers = "", list(typed)
        while True:
            try:
                piece = os.read(terminal, 4096).decode("utf-8", "replace")
            except OSError:
                break
            if not piece:
                break
            seen += piece
            if answers and seen.rstrip(" ").endswith(":"):
                os.write(terminal, answers.pop(0).encode() + b"\n")
        os.waitpid(process, 0)
        os.close(terminal)
        assert answers == []
        return seen

    first = talk("short", "short", FIRST, "other", FIRST, FIRST)
    assert first.count("At least 8 characters") == 1
    assert first.count("not the same") == 1
    assert FIRST not in first
    second = talk("wrong", FIRST)
    assert second.count("is not right") == 1
