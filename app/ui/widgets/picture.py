"""A picture that a question is asked with: fits the column, and fills the window when it is clicked."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui import names
from app.ui.style import Look
from app.ui.widgets.basic import Button
from app.ui.widgets.overlay import Overlay


def paint_fitted(painter: QPainter, box: QRectF, image: QImage) -> QRectF:
    """Draw the whole image as large as it fits into the middle of ``box``; where it lies."""
    scale = min(box.width() / image.width(), box.height() / image.height())
    width, height = image.width() * scale, image.height() * scale
    place = QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, image)
    return place


class FitPicture(QAbstractButton):
    """As wide as its column, never higher than ``most`` pixels; a click (or space) enlarges it."""

    def __init__(self, look: Look, *, name: str, most: int) -> None:
        super().__init__()
        self._look = look
        self._most = most
        self._image: QImage | None = None
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    @property
    def image(self) -> QImage | None:
        return self._image

    def show_image(self, image: QImage | None) -> None:
        if image is not self._image:
            self._image = image
            self.updateGeometry()
            self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        if self._image is None or self._image.width() == 0:
            return self._look.tokens.space(6)
        return min(self._most, round(width * self._image.height() / self._image.width()))

    def sizeHint(self) -> QSize:
        width = self._look.tokens.space(44)
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._look.tokens.space(12), self._look.tokens.space(6))

    def paintEvent(self, _: QPaintEvent) -> None:
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = 3.0
        place = paint_fitted(painter, QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), self._image)
        focused = self.hasFocus() and self._look.watch.by_key
        painter.setPen(QPen(self._look.colour("accent" if focused else "line"), 2 if focused else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(-1, -1, 1, 1))
        painter.end()


class _Canvas(QWidget):
    def __init__(self, image: QImage) -> None:
        super().__init__()
        self._image = image
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_fitted(painter, QRectF(self.rect()), self._image)
        painter.end()


class PictureOverlay(Overlay):
    """The picture over the whole window; closed by its button, Escape, or a click beside it."""

    def __init__(self, look: Look, window: QWidget, image: QImage, words: str) -> None:
        super().__init__(look, window)
        canvas = _Canvas(image)
        canvas.setAccessibleName(words)
        button = Button(look, "plain", name=names.PICTURE_CLOSE, icon="close")
        button.setText(look.t("Back to the question"))
        button.clicked.connect(self.dismissed)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(button)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[look.tokens.space(3)] * 4)
        layout.setSpacing(look.tokens.space(2))
        layout.addWidget(canvas, 1)
        layout.addLayout(line)
        self.dismissed.connect(self._done)
        self.open(button)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dismissed.emit()

    def _done(self) -> None:
        self.close_overlay()
        self.deleteLater()
