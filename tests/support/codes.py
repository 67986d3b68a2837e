"""Reads a QR code from a picture, as a camera would."""

from __future__ import annotations

import cv2
import numpy as np
from PySide6.QtGui import QImage


def read_code(image: QImage) -> str:
    """The text of the one code in the picture, empty when none can be read."""
    grey = image.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine() // 4, 4)
    seen = pixels[:, : grey.width()].astype(np.float32)
    share = seen[:, :, 3:] / 255
    flat = seen[:, :, :3] * share + 255 * (1 - share)
    text, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(flat.astype(np.uint8))
    return str(text)
