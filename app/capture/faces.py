"""Facts about the picture of a take: is a face there, more than one, looking to the side (``docs/adr/0047``).

OpenCV's cascades find the shape of a face seen from the front or from the side. They know nothing of whose it is or
what it feels, and they err: in bad light, with masks, with bowed or tilted heads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from app.capture.camera import Camera
from app.capture.checks import check_camera
from app.capture.values import DeviceState, Picture
from app.capture.vision import load_cv2
from app.interview.model import CheckState, PictureFacts, PictureMoment
from contract.errors import ErrorCode, XudaError
from contract.events import PictureFact

log = logging.getLogger(__name__)
CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml")
_EVERY = 1.0
# pixels: of the picture that is looked at, and of the smallest face in it
_WIDTH = 320
_SMALLEST = 28
_STEP = 1.1
_NEIGHBOURS = 5
# a look stands until the next one; where looks are late, what was between is not known
_STANDS = 2.0
# one look alone errs too often
_LEAST_LOOKS = 2
# seconds that the end of a take may wait for the last look
_PATIENCE = 0.3

Grey = NDArray[np.uint8]
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """At second ``at`` of the take. ``known``: the picture could be judged; ``fact`` None: one face, to the front."""

    at: float
    known: bool
    fact: PictureFact | None = None


class FaceFinder:
    """Finds faces in one picture. Raises XudaError(PROGRAM_DAMAGED) when a cascade is not there."""

    def __init__(self) -> None:
        cv2 = load_cv2()
        self._cv2 = cv2
        self._front, self._side = (_cascade(cv2, Path(cv2.data.haarcascades, name)) for name in CASCADES)

    def fact(self, image: Picture) -> PictureFact | None:
        """What is to be noted of a BGR picture with enough light; None for one face to the front."""
        grey = self._prepared(image)
        front = _apart(self._find(self._front, grey))
        if front:
            return PictureFact.SEVERAL_FACES if len(front) > 1 else None
        side = _apart([*self._find(self._side, grey), *self._mirrored(grey)])
        if side:
            return PictureFact.SEVERAL_FACES if len(side) > 1 else PictureFact.LOOKING_AWAY
        return PictureFact.NO_FACE

    def _prepared(self, image: Picture) -> Grey:
        cv2 = self._cv2
        size = (_WIDTH, max(1, round(image.shape[0] * _WIDTH / image.shape[1])))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cast(Grey, cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)))

    def _find(self, cascade: Any, grey: Grey) -> list[Box]:
        found = cascade.detectMultiScale(grey, _STEP, _NEIGHBOURS, minSize=(_SMALLEST, _SMALLEST))
        return [(int(x), int(y), int(width), int(height)) for x, y, width, height in found]

    def _mirrored(self, grey: Grey) -> list[Box]:
        """The cascade of profiles knows those that look to one side alone."""
        found = self._find(self._side, np.ascontiguousarray(grey[:, ::-1]))
        return [(grey.shape[1] - x - width, y, width, height) for x, y, width, height in found]


class PictureWatch:
    """Looks at the camera's newest picture about once a second, on a thread of its own, from when it is made.

    ``camera`` tells the one in use now. No recording waits for this thread: while it is busy, pictures pass it by.
    ``every``: seconds between two looks, at least.
    """

    def __init__(self, camera: Callable[[], Camera | None], started_at: float, *, every: float = _EVERY) -> None:
        self._camera = camera
        self._started_at = started_at
        self._every = every
        self._looks: list[Look] = []
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="picture facts", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """The take is over; no further look begins."""
        self._ending.set()

    def facts(self, duration: float) -> PictureFacts | None:
        """What was seen of a take of ``duration`` seconds; None when nobody could look."""
        self.stop()
        self._thread.join(_PATIENCE)
        looks = list(self._looks)
        return sum_up(looks, duration) if looks else None

    def _run(self) -> None:
        try:
            finder = FaceFinder()
            seen = -1
            while not self._ending.wait(self._every if self._looks else self._every / 4):
                seen = self._look(finder, seen)
        except Exception:  # facts are left out; the recording goes on
            log.exception("Looking at the picture failed")

    def _look(self, finder: FaceFinder, seen: int) -> int:
        camera = self._camera()
        frame = camera.latest if camera is not None else None
        if camera is None or frame is None or frame.sequence == seen or frame.at < self._started_at:
            return seen
        known = check_camera(DeviceState.LIVE, frame).state is CheckState.OK
        fact = finder.fact(frame.image) if known else None
        self._looks.append(Look(frame.at - self._started_at, known, fact))
        return frame.sequence


def sum_up(looks: Sequence[Look], duration: float) -> PictureFacts:
    """Looks in their order as what is kept of them: how much was judged, and what lasted for some looks in a row."""
    looks = [look for look in looks if look.at < duration]
    ends = [min(look.at + _STANDS, after.at) for look, after in pairwise(looks)]
    ends += [min(look.at + _EVERY, duration) for look in looks[-1:]]
    looked = 0.0
    moments = []
    for (known, fact), group in groupby(zip(looks, ends, strict=True), key=lambda part: (part[0].known, part[0].fact)):
        if not known:
            continue
        parts = list(group)
        looked += sum(end - look.at for look, end in parts)
        if fact is not None:
            moments += [_moment(fact, run) for run in _unbroken(parts) if len(run) >= _LEAST_LOOKS]
    return PictureFacts(round(looked, 1), tuple(moments))


def _unbroken(parts: Sequence[tuple[Look, float]]) -> list[list[tuple[Look, float]]]:
    """Cut where nobody looked for a while."""
    runs = [[parts[0]]]
    for before, part in pairwise(parts):
        if part[0].at > before[1]:
            runs.append([])
        runs[-1].append(part)
    return runs


def _moment(fact: PictureFact, run: Sequence[tuple[Look, float]]) -> PictureMoment:
    return PictureMoment(fact.value, round(run[0][0].at, 1), round(run[-1][1], 1))


def _cascade(cv2: Any, file: Path) -> Any:
    """OpenCV 5 has none any more; the packages are pinned below it."""
    cascade = cv2.CascadeClassifier(str(file)) if file.is_file() else None
    if cascade is None or cascade.empty():
        raise XudaError(ErrorCode.PROGRAM_DAMAGED, file=file.name)
    return cascade


def _apart(boxes: Sequence[Box]) -> list[Box]:
    """One of those that lie on each other."""
    kept: list[Box] = []
    for box in boxes:
        if not any(_same(box, other) for other in kept):
            kept.append(box)
    return kept


def _same(one: Box, other: Box) -> bool:
    """Whether the middle of one lies within the other."""
    return _within(one, other) or _within(other, one)


def _within(one: Box, other: Box) -> bool:
    x, y = one[0] + one[2] / 2, one[1] + one[3] / 2
    return other[0] <= x <= other[0] + other[2] and other[1] <= y <= other[1] + other[3]
