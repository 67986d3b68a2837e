"""The system's keyring for real: a Secret Service (gnome-keyring) on a session bus of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    shutil.which("dbus-run-session") is None or shutil.which("gnome-keyring-daemon") is None,
    reason="no Secret Service on this machine",
)
_DAEMON = 'printf "login\\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1\n'
_OPEN = """
import json, pathlib, sys
from app.storage.keystore import open_keystore
from contract.errors import XudaError
folder = pathlib.Path(sys.argv[1])
try:
    store = open_keystore(folder / "data", state_dir=folder / "state")
    was = store.get("device")
    store.set("device", b"secret of the device")
    store.set("interview:1", b"one")
    store.delete("interview:1")
    print(json.dumps({"kind": store.kind, "was": was and was.decode(), "one": store.get("interview:1")}))
except XudaError as error:
    print(json.dumps({"error": error.code.value}))
"""
_PLAIN = """
import pathlib, sys
from app.storage.keystore import open_keystore
folder = pathlib.Path(sys.argv[1])
open_keystore(folder / "data", plain=True, state_dir=folder / "state").set("device", b"secret of old")
"""
_LOCK = """
import secretstorage
for collection in secretstorage.get_all_collections(secretstorage.dbus_init()):
    collection.lock()
"""


def session(folder: Path, *programs: str, daemon: bool = True) -> list[dict[str, object]]:
    """Run Python programs one after the other on one session bus; what each printed."""
    (folder / "run").mkdir(exist_ok=True, mode=0o700)
    dropped = ("XUDA_PASSPHRASE", "XUDA_PASSPHRASE_FILE", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS")
    env = {name: value for name, value in os.environ.items() if name not in dropped}
    env |= {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder / "run"), "XDG_DATA_HOME": str(folder / "share")}
    env["PYTHONPATH"] = str(ROOT)
    lines = [_DAEMON] if daemon else []
    for number, program in enumerate(programs):
        path = folder / f"program{number}.py"
        path.write_text(textwrap.dedent(program), "utf-8")
        lines.append(f'"{sys.executable}" "{path}" "{folder}" || exit 9')
    # the daemon leaves with its bus
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", "\n".join(lines)],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_keys_live_in_the_secret_service_and_survive_a_new_session(tmp_path: Path) -> None:
    first, second = session(tmp_path, _OPEN, _OPEN)
    assert first == {"kind": "keyring", "was": None, "one": None}
    assert second["was"] == "secret of the device"
    (third,) = session(tmp_path, _OPEN)
    assert third == {"kind": "keyring", "was": "secret of the device", "one": None}
    for path in (tmp_path / "data").rglob("*"):
        assert b"secret of" not in path.read_bytes()
    assert not (tmp_path / "state").exists()


def test_keys_in_a_plain_file_move_into_the_secret_service(tmp_path: Path) -> None:
    (found,) = session(tmp_path, _PLAIN, _OPEN)
    assert found["was"] == "secret of old"
    assert list((tmp_path / "state" / "keys").iterdir()) == []


def test_a_locked_collection_without_anybody_to_unlock_it_is_said(tmp_path: Path) -> None:
    first, second = session(tmp_path, _OPEN, _LOCK, _OPEN)
    assert first["kind"] == "keyring"
    assert second == {"error": "keystore_locked"}


def test_a_bus_without_a_secret_service_needs_a_passphrase(tmp_path: Path) -> None:
    assert session(tmp_path, _OPEN, daemon=False) == [{"error": "passphrase_missing"}]
