"""The camera's live picture, mirrored as in a looking glass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.style import Look

if TYPE_CHECKING:
    from app.interview.ports import CaptureDevices

_INTERVAL_MS = 40


def to_image(frame: Any) -> QImage:
    """A BGR uint8 array (height, width, 3) as an image that owns its pixels."""
    height, width = frame.shape[:2]
    return QImage(frame.tobytes(), width, height, width * 3, QImage.Format.Format_BGR888).copy()


def paint_picture(painter: QPainter, box: QRectF, image: QImage, radius: float, *, mirrored: bool = False) -> None:
    """Fill ``box`` with the middle of ``image``, corners rounded."""
    scale = max(box.width() / image.width(), box.height() / image.height())
    width, height = box.width() / scale, box.height() / scale
    source = QRectF((image.width() - width) / 2, (image.height() - height) / 2, width, height)
    clip = QPainterPath()
    clip.addRoundedRect(box, radius, radius)
    painter.save()
    painter.setClipPath(clip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if mirrored:
        painter.translate(box.x() * 2 + box.width(), 0)
        painter.scale(-1, 1)
    painter.drawImage(box, image, source)
    painter.restore()


class WideFrame(QWidget):
    """Sixteen to nine at any width. ``wish``, ``least`` (wide and high): its size in steps of the look."""

    def __init__(self, look: Look, wish: int, least: tuple[int, int]) -> None:
        super().__init__()
        self._look = look
        self._wish = wish
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(look.tokens.space(least[0]), look.tokens.space(least[1]))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return width * 9 // 16

    def sizeHint(self) -> QSize:
        width = self._look.tokens.space(self._wish)
        return QSize(width, self.heightForWidth(width))


class LivePreview(WideFrame):
    """Shows the newest frame of ``devices`` 25 times a second while it is visible; words when there is none.

    ``frame`` draws the corners of a code to be held into the picture, unless there are words instead.
    """

    def __init__(self, look: Look, devices: CaptureDevices, *, frame: bool = False, mirrored: bool = True) -> None:
        super().__init__(look, 60, (24, 13))
        self._devices = devices
        self._frame = frame
        self._mirrored = mirrored
        self._image: QImage | None = None
        self._number = -1
        self._words = ""
        self._live = False
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._look_again)

    def say(self, words: str) -> None:
        """What is shown instead of a picture."""
        self._words = words
        self.setAccessibleDescription(words)
        self.update()

    def run(self, live: bool) -> None:
        """Without ``live`` the last picture goes too."""
        self._live = live
        if not live:
            self._image = None
            self._number = -1
        self._switch()
        self.update()

    def _switch(self) -> None:
        if self._live and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._switch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._switch()

    def _look_again(self) -> None:
        newest = self._devices.latest_frame()
        if newest is None:
            return
        number, frame = newest
        if number != self._number:
            self._number = number
            self._image = to_image(frame)
            self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        radius = self._look.tokens.card_radius
        if box.width() * 9 > box.height() * 16:
            width = box.height() * 16 / 9
            box = QRectF((self.width() - width) / 2, 0, width, box.height())
        if self._image is not None:
            paint_picture(painter, box, self._image, radius, mirrored=self._mirrored)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._look.colour("stage"))
            painter.drawRoundedRect(box, radius, radius)
            self._paint_words(painter, box)
        if self._frame and not self._words:
            self._paint_corners(painter, box)
        painter.end()

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        tokens = self._look.tokens
        size = tokens.icon_large
        icon = self._look.pixmap("camera", "stage_ink", size=size)
        painter.drawPixmap(int(box.center().x() - size / 2), int(box.center().y() - size - 4), icon)
        painter.setPen(self._look.colour("stage_ink"))
        below = QRectF(box.x() + 16, box.center().y() + 8, box.width() - 32, box.height() / 2 - 8)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(below, int(flags), self._words)

    def _paint_corners(self, painter: QPainter, box: QRectF) -> None:
        side = box.height() * 0.62
        frame = QRectF(box.center().x() - side / 2, box.center().y() - side / 2, side, side)
        arm = side / 5
        line = 2 * self._look.tokens.edge
        painter.setPen(QPen(self._look.colour("stage_ink"), line, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, dx in ((frame.left(), arm), (frame.right(), -arm)):
            for y, dy in ((frame.top(), arm), (frame.bottom(), -arm)):
                painter.drawLine(int(x), int(y), int(x + dx), int(y))
                painter.drawLine(int(x), int(y), int(x), int(y + dy))
