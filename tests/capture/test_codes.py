"""An invitation shown to the camera on paper or a phone: tilted, noisy, at arm's length."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest
import segno
from numpy.typing import NDArray

from app.capture.codes import read_code
from contract.invitation import Invitation, issue
from contract.keys import SigningKey


@pytest.fixture(scope="module")
def token() -> str:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    invitation = Invitation(str(uuid.UUID(int=1)), str(uuid.UUID(int=2)), "java-engineer", now, now + timedelta(days=7))
    return issue(invitation, SigningKey.from_bytes(bytes(32)))


def scene(token: str, *, degrees: float, noise: float) -> NDArray[np.uint8]:
    """A camera picture of 1280x720 with the code in it, turned by ``degrees``."""
    matrix = np.array([[0 if cell else 255 for cell in row] for row in segno.make(token, error="m").matrix], np.uint8)
    code = cv2.resize(cv2.copyMakeBorder(matrix, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=255), (480, 480),
                      interpolation=cv2.INTER_NEAREST)  # fmt: skip
    turn = cv2.getRotationMatrix2D((240, 240), degrees, 1.0)
    turn[:, 2] += (400, 120)
    turned = cv2.warpAffine(code, turn, (1280, 720), borderValue=150)
    rng = np.random.default_rng(7)
    noisy = turned.astype(np.float32) + rng.normal(0, noise, turned.shape)
    return cv2.cvtColor(np.clip(noisy, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


@pytest.mark.parametrize(("degrees", "noise"), [(0, 0), (12, 10), (-25, 10), (90, 5)])
def test_an_invitation_held_to_the_camera_is_read(token: str, degrees: float, noise: float) -> None:
    assert read_code(scene(token, degrees=degrees, noise=noise)) == token


def test_a_picture_without_a_code_gives_nothing() -> None:
    assert read_code(np.full((720, 1280, 3), 128, np.uint8)) is None
