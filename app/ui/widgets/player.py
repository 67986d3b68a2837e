"""Plays a stored take inside the page. QtMultimedia is loaded when something is played for the first time.

The take is decrypted into memory, never into a file in clear. It is handed over whole: a device written in Python
would be read on the player's own thread, and stopping the player while it waits for the interpreter never returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QVBoxLayout, QWidget

from app.ui.style import Look
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.preview import paint_picture

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QMediaPlayer


def in_memory(content: bytes, parent: QObject) -> QBuffer:
    """An open, seekable device over ``content``."""
    device = QBuffer(parent)
    device.setData(QByteArray(content))
    device.open(QIODevice.OpenModeFlag.ReadOnly)
    return device


def release(device: QBuffer) -> None:
    """Close the device and forget its content."""
    device.close()
    device.setData(QByteArray())
    device.deleteLater()


class Picture(QWidget):
    """The frame being played, or a waveform sign for sound alone."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._image: QImage | None = None
        self._sign = "play"
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(look.tokens.space(22), look.tokens.space(12))

    def show_frame(self, image: QImage | None, sign: str) -> None:
        self._image, self._sign = image, sign
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 9 // 16

    def sizeHint(self) -> QSize:
        width = self._look.tokens.space(44)
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        radius = self._look.tokens.card_radius
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("stage"))
        painter.drawRoundedRect(box, radius, radius)
        if self._image is not None:
            paint_picture(painter, box, self._image, radius)
        else:
            size = self._look.tokens.ring_small // 2
            icon = self._look.pixmap(self._sign, "stage_ink", size=size)
            painter.drawPixmap(int(box.center().x() - size / 2), int(box.center().y() - size / 2), icon)
        painter.end()


class TakePlayer(QWidget):
    """``wanted`` is emitted when the candidate presses play and nothing is loaded yet: call :meth:`play` then."""

    wanted = Signal()

    def __init__(self, look: Look, *, name: str) -> None:
        super().__init__()
        self._look = look
        self._player: QMediaPlayer | None = None
        self._device: QBuffer | None = None
        self._failed = False
        self.picture = Picture(look)
        self.button = Button(look, "quiet", name=name, icon="play")
        self.button.clicked.connect(self._clicked)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setEnabled(False)
        self._slider.sliderMoved.connect(self._seek)
        self._time = Label("caption", wrap=False)
        controls = QHBoxLayout()
        controls.setSpacing(look.tokens.space(1))
        controls.addWidget(self.button)
        controls.addWidget(self._slider, 1)
        controls.addWidget(self._time)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(look.tokens.space(0.5))
        layout.addWidget(self.picture)
        layout.addLayout(controls)
        self._has_video = True

    def retranslate(self) -> None:
        playing = self.playing
        self.button.show_icon("pause" if playing else "play")
        self.button.setText(self._look.t("Pause") if playing else self._look.t("Play back"))
        self._slider.setAccessibleName(self._look.t("Position in the recording"))
        if self._failed:
            self._time.setText(self._look.t("Cannot be played here; the recording itself is safe."))

    @property
    def playing(self) -> bool:
        player = self._player
        return player is not None and player.playbackState() is player.PlaybackState.PlayingState

    @property
    def position(self) -> float:
        """Seconds played so far."""
        return self._player.position() / 1000 if self._player is not None else 0.0

    def reset(self, *, video: bool, image: QImage | None = None) -> None:
        """Let go of what was loaded."""
        self._has_video = video
        self._failed = False
        if self._player is not None:
            self._player.stop()
            self._player.setSourceDevice(None)  # type: ignore[arg-type]
        if self._device is not None:
            release(self._device)
            self._device = None
        self._slider.setEnabled(False)
        self._slider.setValue(0)
        self._time.setText("")
        self.picture.setVisible(True)
        self.picture.show_frame(image, "play" if video else "model")
        self.retranslate()

    def play(self, content: bytes) -> None:
        """Play a container from its start; it is forgotten with the next :meth:`reset`."""
        self.reset(video=self._has_video)
        player = self._ready_player()
        self._device = in_memory(content, self)
        player.setSourceDevice(self._device)
        player.play()

    def _ready_player(self) -> QMediaPlayer:
        if self._player is None:
            from PySide6.QtMultimedia import QAudioOutput, QMediaPlayer, QVideoSink

            player = QMediaPlayer(self)
            player.setAudioOutput(QAudioOutput(player))
            sink = QVideoSink(player)
            sink.videoFrameChanged.connect(lambda frame: self._frame(frame.toImage()))
            player.setVideoSink(sink)
            player.positionChanged.connect(self._moved)
            player.durationChanged.connect(self._sized)
            player.playbackStateChanged.connect(lambda _: self.retranslate())
            player.errorOccurred.connect(self._broken)
            self._player = player
        return self._player

    def _clicked(self) -> None:
        if self._device is None:
            self.wanted.emit()
        elif self._player is not None and self.playing:
            self._player.pause()
        elif self._player is not None:
            self._player.play()

    def _frame(self, image: QImage) -> None:
        if not image.isNull() and self._device is not None:
            self.picture.show_frame(image, "play")

    def _sized(self, milliseconds: int) -> None:
        self._slider.setRange(0, milliseconds)
        self._slider.setEnabled(milliseconds > 0)

    def _moved(self, milliseconds: int) -> None:
        if not self._slider.isSliderDown():
            self._slider.setValue(milliseconds)
        total = self._slider.maximum() / 1000
        self._time.setText(f"{self._look.texts.minutes(milliseconds / 1000)} / {self._look.texts.minutes(total)}")

    def _seek(self, milliseconds: int) -> None:
        if self._player is not None:
            self._player.setPosition(milliseconds)

    def _broken(self, *_: object) -> None:
        self._failed = True
        self.retranslate()
