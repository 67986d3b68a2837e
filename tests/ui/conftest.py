"""The window on an offscreen platform; a Qt warning fails the test that caused it."""

from __future__ import annotations

import gc
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.names import Screen
from tests.interview.desk import WRITTEN
from tests.speech.say import say
from tests.storage.office import Office
from tests.support import cups as printing
from tests.support.cups import Cups
from tests.support.media import make_clip
from tests.ui.booth import Booth, delete_what_is_due

# The offscreen platform says this of any window, and a machine without voices of its libraries; others do not.
_HARMLESS = (
    "does not support raise()",
    "propagateSizeHints",
    "text-to-speech plug-in",
    "pipewire-0.3",
    "does not support grabbing the keyboard",
    "QFontDatabase: Cannot find font directory",
)


@pytest.fixture
def playing() -> None:
    """For a test that plays something: Qt's messages are not listened to.

    The player speaks on its own threads, and stopping it waits for them while it holds the interpreter: a listener in
    Python would stop the test for ever.
    """


@pytest.fixture(autouse=True)
def no_qt_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    if "playing" in request.fixturenames:
        before = qInstallMessageHandler(None)
        yield
        gc.collect()  # players that only a cycle still holds are stopped here, not in a test that listens
        qInstallMessageHandler(before)
        return
    said: list[str] = []

    def listen(kind: QtMsgType, _: object, message: str) -> None:
        if kind is not QtMsgType.QtDebugMsg and kind is not QtMsgType.QtInfoMsg:
            said.append(message)

    before = qInstallMessageHandler(listen)
    yield
    qInstallMessageHandler(before)
    assert [message for message in said if not any(word in message for word in _HARMLESS)] == []


@pytest.fixture(autouse=True)
def closed_windows_go() -> Iterator[None]:
    """No test runs an event loop that deletes: all windows would pile up."""
    yield
    if QApplication.instance() is not None:
        delete_what_is_due()


@pytest.fixture(autouse=True)
def empty_clipboard() -> Iterator[None]:
    """All tests of a process share one clipboard."""
    yield
    if QApplication.instance() is not None:
        QApplication.clipboard().clear()


@pytest.fixture(scope="session")
def office() -> Office:
    return Office()


Open = Callable[..., Booth]


@pytest.fixture
def open_booth(qtbot: QtBot, tmp_path: Path, office: Office) -> Iterator[Open]:
    """Opens the booth of this test's folder; opening again is the next start of the program."""
    opened: list[Booth] = []

    def open_it(**more: Any) -> Booth:
        for booth in opened:
            booth.close()
        opened.clear()
        booth = Booth(qtbot, tmp_path, office, **more)
        opened.append(booth)
        return booth

    yield open_it
    for booth in opened:
        booth.close()


@pytest.fixture
def booth(open_booth: Open) -> Booth:
    """An interview of one text and one choice question."""
    return open_booth(stages=WRITTEN)


@pytest.fixture
def kiosk(open_booth: Open) -> Booth:
    booth = open_booth(stages=WRITTEN, kiosk=True)
    booth.on(Screen.ATTRACT)
    return booth


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the microphone hears: a short English sentence."""
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say("i lead the team and we built the server .", "en", path)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the camera sees."""
    return make_clip(tmp_path_factory.mktemp("clip") / "moving.mp4", seconds=1.0)


@pytest.fixture(scope="module")
def cups_server() -> Iterator[Cups | None]:
    """A CUPS with a CUPS-PDF printer; None where it cannot be run."""
    if printing.why_not():
        yield None
        return
    # a socket's path is short, and the spooler's own programs have to reach it
    folder = Path(tempfile.mkdtemp(prefix="cups"))
    folder.chmod(0o755)
    yield from printing.running(folder)
    shutil.rmtree(folder)


@pytest.fixture
def cups_or_none(cups_server: Cups | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cups | None]:
    if cups_server is not None:
        monkeypatch.setenv("CUPS_SERVER", str(cups_server.socket))
    yield cups_server
    if cups_server is not None:
        for change in ("cupsenable", "cupsaccept"):
            cups_server.run(change, cups_server.pdf, cups_server.empty)
