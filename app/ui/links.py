"""One window per data folder: a second start with an invitation hands it to the window that is open."""

from __future__ import annotations

import hashlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtNetwork import QLocalServer, QLocalSocket

if TYPE_CHECKING:
    from app.ui.application import MainWindow

_LONGEST = 600
_PATIENCE_MS = 3000
# what a socket's address may have on every system with some room left
_LONGEST_PATH = 90


class Answer(StrEnum):
    """What the open window did. ``REFUSED``: it is a booth, or somebody is in the middle of an interview."""

    TAKEN = "taken"
    REFUSED = "refused"


def take_link(window: MainWindow, text: str) -> Answer:
    """A link was clicked while this window is open: it comes to the front with it."""
    from contract.invitation import SCHEME

    if not window.free() or not text.casefold().startswith(SCHEME):
        return Answer.REFUSED
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()
    window.journey.open_start()
    window.journey.arrival.arrive(text)
    return Answer.TAKEN


class LinkDoor(QObject):
    """Listens while ``window`` is open and gives it what comes."""

    def __init__(self, data: Path, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._come)
        # of a process that was killed; the lock on the data folder says that none is alive
        QLocalServer.removeServer(address(data))
        self.open = self._server.listen(address(data))

    def close(self) -> None:
        self._server.close()

    def _come(self) -> None:
        socket = self._server.nextPendingConnection()
        if socket is not None:
            socket.readyRead.connect(lambda: self._read(socket))
            socket.disconnected.connect(socket.deleteLater)

    def _read(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > _LONGEST:
            socket.abort()
            return
        if not socket.canReadLine():
            return
        text = bytes(socket.readLine().data()).decode("utf-8", "replace").strip()
        socket.write(take_link(self._window, text).encode())
        socket.flush()
        socket.disconnectFromServer()


def hand_over(data: Path, text: str) -> Answer | None:
    """Give an invitation to the window that is open on this data folder; None when there is none."""
    socket = QLocalSocket()
    socket.connectToServer(address(data))
    if not socket.waitForConnected(_PATIENCE_MS):
        return None
    socket.write(text.encode() + b"\n")
    socket.flush()
    socket.waitForReadyRead(_PATIENCE_MS)  # false too when the answer came at once and the other side has hung up
    said = bytes(socket.readAll().data()).decode("ascii", "replace")
    return Answer.TAKEN if said == Answer.TAKEN else Answer.REFUSED


def address(data: Path) -> str:
    """Only this user reaches it: the data folder is theirs alone; where its name is too long, a name made of it."""
    path = str(data / "links.sock")
    if sys.platform != "win32" and len(path.encode()) <= _LONGEST_PATH:
        return path
    return "xuda-" + hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:24]
