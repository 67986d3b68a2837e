"""Facts about the picture: real cascades on drawn heads, what is kept of many looks, and that nothing waits for it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from app.capture.camera import Camera
from app.capture.faces import FaceFinder, Look, PictureWatch, sum_up
from app.capture.recorder import DeviceRecorder
from app.capture.values import CaptureSettings
from app.interview.model import PictureFacts, PictureMoment
from contract.errors import ErrorCode, XudaError
from contract.events import PictureFact
from tests.capture.conftest import Listener, MemorySink
from tests.capture.takes import run_for
from tests.support.faces import from_the_front, from_the_side, needs_cascades, room
from tests.support.media import make_clip, plain_picture
from tests.support.waiting import wait_for

NO_FACE, SEVERAL, AWAY = PictureFact.NO_FACE, PictureFact.SEVERAL_FACES, PictureFact.LOOKING_AWAY


def still(picture: Any) -> Any:
    """A painter of this picture with the noise of a camera's sensor in a corner, so that it is no frozen one."""

    def paint(number: int) -> Any:
        picture[:16, :16] = (number * 16) % 200
        return picture

    return paint


@needs_cascades
@pytest.mark.parametrize("radius", [50, 60, 80, 120])
def test_one_face_to_the_front_is_no_fact_worth_noting(radius: int) -> None:
    assert FaceFinder().fact(from_the_front(room(), radius=radius)) is None


@needs_cascades
def test_an_empty_room_has_no_face() -> None:
    assert FaceFinder().fact(room()) is NO_FACE


@needs_cascades
def test_two_people_are_more_than_one_face() -> None:
    one = from_the_front(room(), centre=(180, 180), radius=70)
    assert FaceFinder().fact(from_the_front(one, centre=(460, 180), radius=70)) is SEVERAL


@needs_cascades
@pytest.mark.parametrize("mirrored", [False, True], ids=["left", "right"])
@pytest.mark.parametrize("radius", [60, 80, 120])
def test_a_head_from_the_side_looks_away_to_whichever_side(radius: int, mirrored: bool) -> None:
    picture = from_the_side(room(), radius=radius)
    assert FaceFinder().fact(picture[:, ::-1].copy() if mirrored else picture) is AWAY


@needs_cascades
def test_the_size_of_the_camera_s_picture_does_not_matter() -> None:
    small = from_the_front(room())
    large = small.repeat(3, axis=0).repeat(3, axis=1)
    assert FaceFinder().fact(large) is None


def test_without_its_cascades_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.capture.vision import load_cv2

    monkeypatch.setattr(load_cv2().data, "haarcascades", str(tmp_path))
    with pytest.raises(XudaError) as caught:
        FaceFinder()
    assert caught.value.code is ErrorCode.PROGRAM_DAMAGED


# ---- what is kept ------------------------------------------------------------------------------------------------


def looks(*facts: PictureFact | str | None, begin: float = 0.2) -> list[Look]:
    """One a second; ``"?"`` could not be judged, ``"-"`` nobody looked."""
    return [
        Look(begin + at, fact != "?", fact if isinstance(fact, PictureFact) else None)
        for at, fact in enumerate(facts)
        if fact != "-"
    ]


def test_only_what_lasts_for_two_looks_is_kept() -> None:
    found = sum_up(looks(None, NO_FACE, None, AWAY, AWAY, SEVERAL), 6.0)
    assert found == PictureFacts(5.8, (PictureMoment("looking_away", 3.2, 5.2),))


def test_what_could_not_be_judged_is_neither_looked_at_nor_without_a_face() -> None:
    assert sum_up(looks("?", "?", "?"), 3.0) == PictureFacts(0.0)
    assert sum_up(looks(None, "?", "?", None), 4.0) == PictureFacts(1.8)


def test_where_nobody_looked_for_a_while_nothing_is_known() -> None:
    found = sum_up(looks(NO_FACE, NO_FACE, "-", "-", "-", NO_FACE, NO_FACE), 7.0)
    assert found.looked == pytest.approx(4.8)
    assert [(moment.start, moment.end) for moment in found.moments] == [(0.2, 3.2), (5.2, 7.0)]


def test_a_look_after_the_end_of_the_take_does_not_count() -> None:
    assert sum_up(looks(NO_FACE, NO_FACE, NO_FACE), 2.0) == PictureFacts(1.8, (PictureMoment("no_face", 0.2, 2.0),))


# ---- while a take is recorded --------------------------------------------------------------------------------------


def watched(clip: Path, count: int) -> list[Look]:
    camera = Camera(f"file:{clip}", CaptureSettings())
    try:
        watch = PictureWatch(lambda: camera, 0.0, every=0.05)
        wait_for(lambda: len(watch._looks) >= count, "some looks", seconds=20)
        watch.facts(1e9)
        return list(watch._looks)
    finally:
        camera.close()


@needs_cascades
def test_a_dark_picture_is_not_judged(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "dark.mp4", seconds=0.4, paint=plain_picture(4, *(640, 360)))
    assert {(look.known, look.fact) for look in watched(clip, 3)} == {(False, None)}


@needs_cascades
def test_a_clip_with_nobody_in_it_is_looked_at_picture_by_picture(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "empty.mp4", seconds=0.4, paint=still(room()))
    assert {(look.known, look.fact) for look in watched(clip, 3)} == {(True, NO_FACE)}


@needs_cascades
def test_a_take_has_its_facts_and_one_without_consent_has_none(
    recorder: DeviceRecorder, tmp_path: Path, spoken_file: Path
) -> None:
    recorder.set_camera(f"file:{make_clip(tmp_path / 'away.mp4', seconds=1, paint=still(from_the_side(room())))}")
    recorder.set_microphone(f"file:{spoken_file}")
    recorder.start(MemorySink(), video=True, pcm=None, listener=Listener(), picture_facts=True)
    run_for(recorder, 2.6)
    found = recorder.stop()
    assert found.picture is not None
    assert {moment.kind for moment in found.picture.moments} == {"looking_away"}
    assert found.picture.looked == pytest.approx(found.duration, abs=1.0)
    assert found.frames == pytest.approx(found.duration * 25, abs=4)
    assert "picture facts" not in {thread.name for thread in threading.enumerate()}
    recorder.start(MemorySink(), video=True, pcm=None, listener=Listener())
    assert "picture facts" not in {thread.name for thread in threading.enumerate()}
    assert recorder.stop().picture is None


def test_a_look_that_fails_or_hangs_costs_the_take_nothing(
    recorder: DeviceRecorder, moving_clip: Path, spoken_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def hang(_: object) -> None:
        begun.set()
        go_on.wait(20)
        raise RuntimeError("not to be seen by anyone")

    monkeypatch.setattr("app.capture.faces.FaceFinder.__init__", hang)
    recorder.set_camera(f"file:{moving_clip}")
    recorder.set_microphone(f"file:{spoken_file}")
    recorder.start(MemorySink(), video=True, pcm=None, listener=Listener(), picture_facts=True)
    assert begun.wait(5)
    run_for(recorder, 0.6)
    result = recorder.stop()
    go_on.set()
    assert result.picture is None
    assert result.frames == pytest.approx(result.duration * 25, abs=4)
    wait_for(lambda: "picture facts" not in {thread.name for thread in threading.enumerate()}, "the thread's end")
