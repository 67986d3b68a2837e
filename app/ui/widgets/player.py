"""Plays a stored take inside the page. QtMultimedia is loaded when something is played for the first time.

The take is decrypted into memory, never into a file in clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from app.ui.style import Look
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.preview import WideFrame, paint_picture

if TYPE_CHECKING:
    from PySide6.QtMultimedia import QVideoFrame

    from app.ui.widgets.media import MemoryPlayer


class Picture(WideFrame):
    """The frame being played, or a waveform sign for sound alone."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, 44, (22, 12))
        self._image: QImage | None = None
        self._sign = "play"

    def show_frame(self, image: QImage | None, sign: str) -> None:
        self._image, self._sign = image, sign
        self.update()

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
        self._player: MemoryPlayer | None = None
        self._failed = False
        self.picture = Picture(look)
        self.button = Button(look, "quiet", name=name, icon="play")
        self.button.clicked.connect(self._clicked)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        # A recording runs from left to right in every language.
        self._slider.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
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
        return self._player is not None and self._player.playing

    @property
    def position(self) -> float:
        """Seconds played so far."""
        return self._player.player.position() / 1000 if self._player is not None else 0.0

    def reset(self, *, video: bool, image: QImage | None = None) -> None:
        """Let go of what was loaded."""
        self._has_video = video
        self._failed = False
        if self._player is not None:
            self._player.discard()
            self._player = None
        self._slider.setEnabled(False)
        self._slider.setValue(0)
        self._time.setText("")
        self.picture.setVisible(True)
        self.picture.show_frame(image, "play" if video else "model")
        self.retranslate()

    def play(self, content: bytes) -> None:
        """Play a container from its start; it is forgotten with the next :meth:`reset`."""
        from app.ui.widgets.media import MemoryPlayer

        self.reset(video=self._has_video)
        self._player = made = MemoryPlayer(content, self)
        # Frames come from the player's own thread.
        made.sink.videoFrameChanged.connect(self._frame, Qt.ConnectionType.QueuedConnection)
        made.player.positionChanged.connect(self._moved)
        made.player.durationChanged.connect(self._sized)
        made.player.playbackStateChanged.connect(self._switched)
        made.player.errorOccurred.connect(self._broken)
        made.play()

    def _clicked(self) -> None:
        if self._player is None:
            self.wanted.emit()
        elif self._player.playing:
            self._player.pause()
        else:
            self._player.play()

    def _switched(self, *_: object) -> None:
        self.retranslate()

    @Slot("QVideoFrame")
    def _frame(self, frame: QVideoFrame) -> None:
        if self._player is None:
            return
        image = frame.toImage()
        if not image.isNull():
            self.picture.show_frame(image, "play")

    def _sized(self, milliseconds: int) -> None:
        self._slider.setRange(0, milliseconds)
        self._slider.setEnabled(milliseconds > 0)

    def _moved(self, milliseconds: int) -> None:
        if self._player is None:
            return
        if not self._slider.isSliderDown():
            self._slider.setValue(milliseconds)
        total = self._slider.maximum() / 1000
        self._time.setText(f"{self._look.texts.minutes(milliseconds / 1000)} / {self._look.texts.minutes(total)}")

    def _seek(self, milliseconds: int) -> None:
        if self._player is not None:
            self._player.seek(milliseconds)

    def _broken(self, *_: object) -> None:
        self._failed = True
        self.retranslate()
