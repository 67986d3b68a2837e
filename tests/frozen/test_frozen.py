"""A frozen client on a booth of its own: `XUDA_FROZEN=dist/xuda python -m pytest tests/frozen` (docs/install.md)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.processes import ROOT
from tests.e2e.booth import Office
from tests.e2e.test_kiosk import Supervised
from tests.frozen.program import FOLDER, Program, frozen_folder, linked_copy, script, with_model
from tests.kiosk.test_update_script import SCRIPT
from tests.speech.say import say
from tests.support import cups
from tests.support.media import make_clip
from tests.support.waiting import wait_for

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(frozen_folder() is None, reason=f"{FOLDER} does not name a frozen program"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="written for Linux"),
]
SUPERVISOR = ROOT / "resources" / "kiosk" / "linux" / "xuda-kiosk.sh"
LIBRARY = "_internal/resources/styles/app.qss"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Beside the frozen program, so that files can be shared."""
    given = frozen_folder()
    assert given is not None
    with tempfile.TemporaryDirectory(dir=given.parent) as place:
        yield with_model(linked_copy(given, Path(place) / "xuda", LIBRARY, "_internal/program.json"))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.server.stop()


@pytest.fixture(scope="module")
def booth(folder: Path, office: Office, tmp_path_factory: pytest.TempPathFactory) -> Program:
    made = Program(folder, tmp_path_factory.mktemp("home"))
    made.run("enroll", "--server", office.address, "--code", office.facts["enrolment_codes"][0])
    made.run("sync", "--wait", "30")
    return made


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("spoken")
    say("i lead the team .", "en", place / "say.wav")
    make_clip(place / "clip.mp4", seconds=1.0)
    return {"say": str(place / "say.wav"), "picture": str(place / "clip.mp4")}


def answers(spoken: dict[str, str]) -> list[dict[str, Any]]:
    return [spoken, spoken, {"text": "I would ask first."}, {"choice": [0]}]


def fly(booth: Program, path: Path, **given: Any) -> dict[str, Any]:
    return dict(json.loads(booth.run(*script(path, **given)).splitlines()[-1]))


def test_its_own_test_passes_with_the_model_beside_it(folder: Path, tmp_path: Path) -> None:
    found = Program(folder, tmp_path).json("selftest")
    assert {check["check"]: check["details"] for check in found["checks"] if check["state"] != "ok"} == {}


def test_a_copy_that_was_cut_is_told_by_its_own_test(folder: Path, tmp_path: Path) -> None:
    whole = (folder / LIBRARY).read_bytes()
    (folder / LIBRARY).write_bytes(whole[:100])
    try:
        said = Program(folder, tmp_path).run("selftest", "--lang", "zh_CN", code=1)
    finally:
        (folder / LIBRARY).write_bytes(whole)
    assert "程序文件缺失或已被改动" in said
    assert "app.qss" in said


def test_a_whole_interview_is_given_delivered_and_carried(
    booth: Program, office: Office, spoken: dict[str, str], tmp_path: Path
) -> None:
    result = fly(booth, tmp_path / "s.json", invitation=office.invitation(place=0)["code"], answers=answers(spoken))
    assert (result["state"], len(result["answers"])) == ("pending_review", 4)
    assert result["answers"][0]["text"] == "i lead the team."
    stick = tmp_path / "stick"
    stick.mkdir()
    booth.run("export", "--out", str(stick))
    assert [file.suffix for file in stick.iterdir()]
    booth.run("sync", "--wait", "60")
    assert office.state(result["interview"]) == "pending_review"


def test_the_receipt_comes_out_of_a_real_printer(
    folder: Path, booth: Program, office: Office, spoken: dict[str, str], tmp_path: Path
) -> None:
    why = cups.why_not()
    if why:
        pytest.skip(why)
    place = Path(tempfile.mkdtemp(prefix="cups"))
    place.chmod(0o755)
    for server in cups.running(place):
        server.run("lpadmin", "-d", server.pdf)
        booth.env |= {"CUPS_SERVER": str(server.socket), "PATH": "/usr/bin:/bin"}
        told = {"invitation": office.invitation(place=1)["code"], "answers": answers(spoken), "receipt": True}
        assert fly(booth, tmp_path / "s.json", **told)["state"] == "pending_review"
        wait_for(server.new_pages, "the page", seconds=60)
        assert server.new_pages()[0].read_bytes().startswith(b"%PDF")
    shutil.rmtree(place)


def test_a_killed_kiosk_is_back_under_its_supervisor(booth: Program) -> None:
    command = ["sh", str(SUPERVISOR), *booth.command("client", "--kiosk", "--server-sync", "off")]
    process = subprocess.Popen(command, env=booth.env | {"PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL)
    kiosk = Supervised(booth.data, process)
    try:
        pid = kiosk.at("attract")
        os.kill(pid, signal.SIGKILL)
        assert kiosk.at("attract", but=pid) != pid
    finally:
        process.terminate()
        process.wait(30)
    wait_for(lambda: not kiosk.running(), "the end of the program", seconds=30)


def test_a_clicked_link_reaches_the_program_as_the_desktop_would_call_it(booth: Program, office: Office) -> None:
    booth.run("link", "register")
    entry = Path(booth.env["XDG_DATA_HOME"]) / "applications" / "xuda-link.desktop"
    line = next(line for line in entry.read_text("utf-8").splitlines() if line.startswith("Exec="))
    assert str(booth.folder / "xuda") in line
    client = subprocess.Popen(booth.command("client"), env=booth.env, stderr=subprocess.DEVNULL)
    try:
        seen = Supervised(booth.data, client)
        seen.at("start")
        link = office.invitation(place=2)["token"]
        words = [word.strip('"') for word in line.removeprefix("Exec=").replace("%u", link).split()]
        # the door opens a moment after the window
        wait_for(
            lambda: subprocess.run(words, env=booth.env, capture_output=True, timeout=60).returncode == 0, "a door"
        )
        seen.at("entry")
    finally:
        client.terminate()
        client.wait(30)
    booth.run("link", "unregister")


def test_a_newer_program_takes_the_place_of_the_older_and_the_data_stays(
    booth: Program, office: Office, spoken: dict[str, str], tmp_path: Path
) -> None:
    given = {"invitation": office.invitation(place=3)["code"], "answers": answers(spoken)}
    older = linked_copy(booth.folder, booth.folder.with_name("older"), LIBRARY, "_internal/program.json")
    (older / LIBRARY).write_text((older / LIBRARY).read_text("utf-8") + "\n/* older */\n", "utf-8")
    subprocess.run([sys.executable, str(ROOT / "freeze" / "listing.py"), str(older)], check=True)
    place = booth.folder.with_name("opt")

    def update(new: Path) -> None:
        command = ["sh", str(SCRIPT), str(new), str(place)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    update(older)
    installed = Program(place, booth.data.parent)
    left = fly(installed, tmp_path / "s.json", **given, leave={"after": 1, "how": "save", "reason": "time"})
    assert left["state"] == "paused"
    before = place.resolve()
    slow = subprocess.Popen(["sh", str(SCRIPT), str(booth.folder), str(place)], stdout=subprocess.DEVNULL)
    wait_for(lambda: list(place.parent.glob("opt-versions/.part")), "the copy", seconds=60)
    os.kill(slow.pid, signal.SIGKILL)
    slow.wait()
    assert place.resolve() == before
    installed.run("status")
    update(booth.folder)
    assert place.resolve() != before
    done = fly(installed, tmp_path / "s.json", **given)
    assert (done["interview"], done["state"], len(done["answers"])) == (left["interview"], "pending_review", 4)


def test_the_window_is_there_soon(booth: Program) -> None:
    """From the start of the process until its first screen is noted; the second time, when the disk knows the files."""
    took = 0.0
    for _ in range(2):
        began = time.monotonic()
        client = subprocess.Popen(booth.command("client"), env=booth.env, stderr=subprocess.DEVNULL)
        try:
            Supervised(booth.data, client).at("start")
            took = time.monotonic() - began
        finally:
            client.terminate()
            client.wait(30)
    print(f"first screen noted after {took:.1f} s")
    assert took < 20
