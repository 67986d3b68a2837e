"""The command `xuda demo`."""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.config import ClientSettings
from app.demo.headless import run_headless
from app.demo.processes import ROOT, DemoFailed, Server, demo_environment, run_json, speech_folder
from app.window import need_screen
from contract.errors import ErrorCode, XudaError


def run(settings: ClientSettings) -> int:
    """Headless: prove the main job and print where the reports are. Else: open client and portal for a person."""
    if not (ROOT / "backend" / "__main__.py").is_file():
        raise XudaError(ErrorCode.FILE_MISSING, path="backend")
    language = "en" if settings.lang == "en" else "zh"
    if settings.headless:
        return run_headless(settings.keep, language)
    return _run_with_screen(settings)


def _run_with_screen(settings: ClientSettings) -> int:
    need_screen()
    folder = settings.keep or Path(tempfile.mkdtemp(prefix="xuda-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    env = demo_environment(folder, secrets.token_urlsafe(24))
    hr, booth = folder / "hr", folder / "booth"
    server = Server(hr, folder / "backend.log", env)
    try:
        facts = run_json("backend", "init", "--data", str(hr), "--demo", "--json", env=env)
        address = server.start()
        enrolment = ("--server", address, "--code", facts["enrolment_code"])
        run_json("app", "enroll", *enrolment, "--data", str(booth), "--json", env=env)
        run_json("app", "sync", "--wait", "30", "--data", str(booth), "--json", env=env)
        _tell(facts, address, folder)
        return subprocess.run(_client(settings, booth), env=env, cwd=ROOT, check=False).returncode
    except DemoFailed as error:
        print(f"Demo failed: {error}", file=sys.stderr)
        return 1
    finally:
        server.stop()


def _client(settings: ClientSettings, booth: Path) -> list[str]:
    command = [sys.executable, "-m", "app", "client", "--data", str(booth), "--lang", settings.lang]
    for flag, value in (("--camera", settings.camera), ("--microphone", settings.microphone)):
        command += [flag, value] if value else []
    return [*command, "--model", settings.model or str(speech_folder() / "model")]


def _tell(facts: dict[str, Any], address: str, folder: Path) -> None:
    print(f"Portal:      {address}")
    for user in facts["users"]:
        print(f"  {user['role']:16} {user['username']}  password {user['password']}  TOTP secret {user['totp_secret']}")
    print("Invitations: " + ", ".join(str(entry["code"]) for entry in facts["invitations"][:4]))
    print(f"Data:        {folder}", flush=True)
