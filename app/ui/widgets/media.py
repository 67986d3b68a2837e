"""A player of sounds and pictures held in memory, kept clear of Python's lock.

Qt's player works on threads of its own and waits for them when it stops, pauses or seeks. A direct call from Python
would hold the interpreter meanwhile; a player's thread that needs it (to hand a frame over) would wait for ever. So
every such call is queued and runs from the event loop, which does not hold it.
"""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMetaObject, QObject, Qt, Signal
from PySide6.QtMultimedia import QAudioDevice, QAudioOutput, QMediaPlayer, QVideoSink

_QUEUED = Qt.ConnectionType.QueuedConnection


class MemoryPlayer(QObject):
    """Plays ``content`` once made. One object for one recording: :meth:`discard` it before the next."""

    # 64 bits, as the slot takes them: only then is the slot called without the interpreter.
    _position = Signal("qlonglong")  # type: ignore[arg-type]

    def __init__(self, content: bytes, parent: QObject, *, speaker: QAudioDevice | None = None) -> None:
        super().__init__(parent)
        # Children go in the order they came, and the player waits for its reading thread when it goes: what it reads
        # from has to go after it.
        self.player = QMediaPlayer(self)
        buffer = QBuffer(self)
        buffer.setData(QByteArray(content))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        output = QAudioOutput(self.player)
        if speaker is not None:
            output.setDevice(speaker)
        self.player.setAudioOutput(output)
        self.sink = QVideoSink(self.player)
        self.player.setVideoSink(self.sink)
        self.player.setSourceDevice(buffer)
        self._position.connect(self.player.setPosition, _QUEUED)

    @property
    def playing(self) -> bool:
        return self.player.playbackState() is QMediaPlayer.PlaybackState.PlayingState

    def play(self) -> None:
        QMetaObject.invokeMethod(self.player, "play", _QUEUED)

    def pause(self) -> None:
        QMetaObject.invokeMethod(self.player, "pause", _QUEUED)

    def seek(self, milliseconds: int) -> None:
        self._position.emit(milliseconds)

    def discard(self) -> None:
        """Stop, and go with everything that was in memory."""
        QMetaObject.invokeMethod(self.player, "stop", _QUEUED)
        self.deleteLater()
