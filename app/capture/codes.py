"""QR codes in a camera picture."""

from __future__ import annotations

from app.capture.values import Picture
from app.capture.vision import load_cv2


def read_code(image: Picture) -> str | None:
    """The text of the first QR code in a BGR picture of shape (height, width, 3), None when none is readable.

    OpenCV's detector on Aruco markers stands tilt and noise far better than its plain one; a text of up to 300
    characters is read at arm's length.
    """
    cv2 = load_cv2()
    text, _points, _code = cv2.QRCodeDetectorAruco().detectAndDecode(image)
    return text or None
