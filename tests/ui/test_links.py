"""`xuda://` links: registered with the system, and handed to the window that is open already."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import main
from app.ui.links import Answer, LinkDoor, hand_over, take_link
from app.ui.names import Screen
from tests.interview.desk import WRITTEN
from tests.ui.booth import Booth
from tests.ui.conftest import Open

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="files of the desktop are Linux's")


@pytest.fixture
def homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, folder in (("XDG_DATA_HOME", "share"), ("XDG_CONFIG_HOME", "config")):
        monkeypatch.setenv(name, str(tmp_path / folder))
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def xuda(homes: Path, action: str, *more: str) -> int:
    return main(["link", action, *more, "--data", str(homes / 'a "data" $folder'), "--lang", "en", "--json"])


@linux
def test_links_are_registered_for_this_user_and_what_else_was_chosen_stays(
    homes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = homes / "config" / "mimeapps.list"
    chosen.write_text("[Default Applications]\ntext/Html=browser.desktop\n\n[Added Associations]\na/b=c.desktop;\n")
    assert xuda(homes, "status") == 1
    assert xuda(homes, "register") == 0
    assert xuda(homes, "status") == 0
    entry = homes / "share" / "applications" / "xuda-link.desktop"
    assert "MimeType=x-scheme-handler/xuda;" in entry.read_text("utf-8")
    assert r'a \\"data\\" \\$folder' in entry.read_text("utf-8")
    text = chosen.read_text()
    assert "text/Html=browser.desktop" in text
    assert "a/b=c.desktop;" in text
    for tool, given in (
        ("desktop-file-validate", [str(entry)]),
        ("xdg-mime", ["query", "default", "x-scheme-handler/xuda"]),
    ):
        if shutil.which(tool):
            done = subprocess.run([tool, *given], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout
            assert tool != "xdg-mime" or done.stdout.strip() == entry.name
    assert xuda(homes, "unregister") == 0
    assert not entry.exists()
    assert "xuda" not in chosen.read_text()
    assert "text/Html=browser.desktop" in chosen.read_text()
    assert [json.loads(line)["registered"] for line in capsys.readouterr().out.splitlines()] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("link", ["", "ABCD-EFGH", "https://x/", "--kiosk", "xuda://i/" + "A" * 700])
def test_what_is_no_invitation_link_opens_nothing(homes: Path, capsys: pytest.CaptureFixture[str], link: str) -> None:
    assert xuda(homes, "open", link) == 2
    assert not (homes / 'a "data" $folder').exists()


@pytest.fixture
def door(open_booth: Open, tmp_path: Path) -> Iterator[tuple[Booth, Path]]:
    booth = open_booth(stages=WRITTEN)
    booth.on(Screen.START)
    booth.wait(lambda: booth.window.journey.start_page is not None and not booth.window.busy())
    made = LinkDoor(tmp_path, booth.window)
    assert made.open
    yield booth, tmp_path
    made.close()


def second_start(booth: Booth, data: Path, text: str) -> tuple[int, str]:
    """The client is started again with an invitation: its exit code and what it says."""
    start = [sys.executable, "-m", "app", "client", "--data", str(data), "--lang", "en", "--invitation", text]
    second = subprocess.Popen(start, stderr=subprocess.PIPE, text=True)
    try:
        booth.wait(lambda: second.poll() is not None, 60)
    finally:
        second.kill()
        said = second.communicate()[1]
    return second.returncode, said


def test_a_second_start_brings_its_link_to_the_open_window(door: tuple[Booth, Path]) -> None:
    booth, data = door
    assert second_start(booth, data, booth.desk.token) == (0, "")
    booth.on(Screen.ENTRY)
    # somebody reads their entry page: another link does not take it from them
    code, said = second_start(booth, data, booth.desk.token)
    assert code == 2
    assert "running" in said
    assert booth.window.screen_name() == Screen.ENTRY.value


def test_what_is_no_link_is_refused_by_the_open_window(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.on(Screen.START)
    for text in ("ABCD-EFGH", "", "https://xuda/"):
        assert take_link(booth.window, text) is Answer.REFUSED
    assert booth.window.screen_name() == Screen.START.value


def test_without_an_open_window_there_is_nobody_to_hand_a_link_to(tmp_path: Path) -> None:
    assert hand_over(tmp_path, "xuda://i/abc") is None


def test_a_booth_takes_no_links(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, kiosk=True)
    booth.on(Screen.ATTRACT)
    assert take_link(booth.window, booth.desk.token) is Answer.REFUSED
    assert booth.window.screen_name() == Screen.ATTRACT.value
