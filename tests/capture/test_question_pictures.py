"""A question's picture is decoded beside the screens: whatever its form, as BGR on white, no larger than shown."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.capture.media import AvMediaTools
from contract.errors import ErrorCode, XudaError


def encoded(image: NDArray[np.generic], ending: str = ".png") -> bytes:
    done, content = cv2.imencode(ending, image)
    assert done
    return content.tobytes()


def picture(content: bytes) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = AvMediaTools().picture(content)
    assert found.dtype == np.uint8
    assert found.ndim == 3
    assert found.shape[2] == 3
    return found


def test_colours_stay_as_they_are() -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    image[:, :, 2] = 200
    assert picture(encoded(image)).tolist() == image.tolist()
    assert abs(int(picture(encoded(image, ".jpg"))[10, 15, 2]) - 200) < 5


def test_what_is_transparent_is_white() -> None:
    image = np.zeros((4, 4, 4), np.uint8)
    image[0, :, 3] = 255
    image[1, :, 3] = 128
    found = picture(encoded(image))
    assert found[0].max() == 0
    assert set(found[1].flatten().tolist()) == {127}
    assert found[2:].min() == 255


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_grey_pictures_of_both_depths_are_shown(depth: type[np.unsignedinteger]) -> None:
    image = np.full((6, 8), np.iinfo(depth).max // 2, depth)
    assert set(picture(encoded(image)).flatten().tolist()) == {127}


@pytest.mark.parametrize(("shape", "shown"), [((3000, 4000, 3), (1920, 2560)), ((9, 5120, 3), (4, 2560))])
def test_a_photograph_is_shrunk_to_what_a_screen_shows(shape: tuple[int, int, int], shown: tuple[int, int]) -> None:
    assert picture(encoded(np.full(shape, 90, np.uint8), ".jpg")).shape[:2] == shown


@pytest.mark.parametrize("content", [b"", b"no picture at all", encoded(np.zeros((40, 40, 3), np.uint8))[:30]])
def test_a_file_that_is_no_picture_is_damaged(content: bytes) -> None:
    with pytest.raises(XudaError) as caught:
        picture(content)
    assert caught.value.code is ErrorCode.KIT_MEDIA_DAMAGED
