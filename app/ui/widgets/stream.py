"""A stored take as Qt's player reads it: decrypted piece by piece, never a file in clear."""

from __future__ import annotations

import io
import logging
from typing import BinaryIO

from PySide6.QtCore import QIODevice, QObject

log = logging.getLogger(__name__)


class TakeDevice(QIODevice):
    """A read-only, seekable device over a binary stream. Qt calls it from the player's own thread."""

    def __init__(self, stream: BinaryIO, parent: QObject) -> None:
        super().__init__(parent)
        self._stream = stream
        self._size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def isSequential(self) -> bool:
        return False

    def size(self) -> int:
        return self._size

    def seek(self, position: int) -> bool:
        super().seek(position)
        self._stream.seek(position)
        return True

    def readData(self, maximum: int) -> object:
        try:
            self._stream.seek(self.pos())
            return self._stream.read(maximum)
        except Exception:
            # An exception cannot pass through Qt's thread; the player reports an unreadable medium.
            log.exception("a stored take could not be read back")
            return b""

    def writeData(self, data: object, length: int) -> int:
        return -1

    def close(self) -> None:
        super().close()
        self._stream.close()
