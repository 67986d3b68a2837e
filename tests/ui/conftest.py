"""The window on an offscreen platform; a Qt warning fails the test that caused it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.names import Screen
from tests.interview.desk import WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth

# The offscreen platform says this of any window, and a machine without voices of its libraries; others do not.
_HARMLESS = (
    "does not support raise()",
    "propagateSizeHints",
    "text-to-speech plug-in",
    "pipewire-0.3",
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
