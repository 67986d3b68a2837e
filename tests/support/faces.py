"""Drawn heads that OpenCV's cascades take for faces, and whether the installed OpenCV has cascades at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.capture.faces import CASCADES
from app.capture.vision import load_cv2

SIZE = (640, 360)
GROUND = 60

needs_cascades = pytest.mark.skipif(
    not all(Path(load_cv2().data.haarcascades, name).is_file() for name in CASCADES),
    reason="the installed OpenCV is not the pinned one: it has no cascades",
)


def room(level: int = GROUND) -> Any:
    """A wall with a window and nobody in front of it. BGR, shape (360, 640, 3)."""
    picture = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
    picture[40:120, 500:600] = min(255, level * 2)
    return picture


def from_the_front(picture: Any, centre: tuple[int, int] = (320, 180), radius: int = 80) -> Any:
    """The picture with a head that looks into the camera."""
    cv2, (x, y), r = load_cv2(), centre, radius
    image = picture.copy()

    def ellipse(across: float, down: float, width: float, height: float, colour: tuple[int, int, int]) -> None:
        place, axes = (x + int(across * r), y + int(down * r)), (int(width * r), int(height * r))
        cv2.ellipse(image, place, axes, 0, 0, 360, colour, -1)

    ellipse(0, -0.125, 0.95, 1.25, (40, 45, 50))
    cv2.rectangle(
        image, (x - int(0.35 * r), y + int(0.8 * r)), (x + int(0.35 * r), y + int(1.6 * r)), (150, 170, 200), -1
    )
    ellipse(0, 0, 0.75, 1, (170, 190, 220))
    for side in (-0.32, 0.32):
        ellipse(side, -0.32, 0.2, 0.05, (50, 60, 70))
        ellipse(side, -0.15, 0.2, 0.12, (110, 125, 150))
        ellipse(side, -0.15, 0.15, 0.07, (235, 235, 235))
        ellipse(side, -0.15, 0.07, 0.07, (30, 30, 30))
    ellipse(0, 0.25, 0.13, 0.06, (120, 140, 170))
    cv2.line(image, (x, y - int(0.1 * r)), (x, y + int(0.2 * r)), (200, 215, 240), int(0.08 * r))
    ellipse(0, 0.55, 0.28, 0.08, (90, 90, 160))
    return cv2.GaussianBlur(image, (0, 0), r / 25)


_PROFILE = (
    *((-0.45, -0.85), (-0.6, -0.5), (-0.62, -0.25), (-0.58, -0.15), (-0.75, 0.1), (-0.72, 0.28), (-0.7, 0.36)),
    *((-0.62, 0.4), (-0.68, 0.5), (-0.62, 0.56), (-0.67, 0.64), (-0.58, 0.72), (-0.6, 0.9), (-0.45, 1.0)),
    *((-0.1, 0.9), (0.32, 0.55), (0.32, -0.1), (0.1, -0.7)),
)


def from_the_side(picture: Any, centre: tuple[int, int] = (320, 180), radius: int = 80) -> Any:
    """The picture with a head that looks to the left."""
    cv2, (x, y), r = load_cv2(), centre, radius
    image = picture.copy()

    def shape(points: Any, level: int) -> None:
        cv2.fillPoly(image, [np.array([(x + int(a * r), y + int(b * r)) for a, b in points], np.int32)], (level,) * 3)

    shape([(-0.1, 0.6), (0.55, 0.4), (0.7, 1.6), (-0.05, 1.6)], 132)
    shape(_PROFILE, 157)
    eye = (x - int(0.43 * r), y - int(0.213 * r))
    cv2.ellipse(image, eye, (int(0.23 * r), int(0.076 * r)), 0, 0, 360, (91,) * 3, -1)
    cv2.circle(image, (eye[0] - int(0.03 * r), eye[1]), int(0.06 * r), (30,) * 3, -1)
    for across, down, width in ((-0.56, 0.57, 0.13), (-0.66, 0.36, 0.1)):
        place, axes = (x + int(across * r), y + int(down * r)), (int(width * r), int(0.06 * r))
        cv2.ellipse(image, place, axes, 0, 0, 360, (104,) * 3, -1)
    return cv2.GaussianBlur(image, (0, 0), r * 0.055)
