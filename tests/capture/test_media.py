"""Reading recordings back, whole and cut anywhere."""

from __future__ import annotations

import errno
import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.capture.container import Container
from app.capture.media import AvMediaTools
from app.capture.sound_file import decode_sound
from app.capture.values import CaptureSettings
from app.capture.voice import VoiceDetector, energy_probabilities, spans
from app.interview.model import Proof
from contract.errors import ErrorCode, XudaError
from tests.capture.conftest import MemorySink
from tests.support.media import Painter, moving_picture, plain_picture, tone


def record(seconds: float, paint: Painter | None, sound: Any = None, close: bool = True) -> bytes:
    """A container as the recorder writes it, made without waiting for time to pass."""
    sink = MemorySink()
    size = (paint(0).shape[1], paint(0).shape[0]) if paint else None
    container = Container(sink, size, CaptureSettings())
    whole = np.zeros(round(seconds * 48_000), dtype=np.float32)
    if sound is not None:
        whole[: len(sound)] = sound[: len(whole)]
    for number in range(round(seconds * 25)):
        if paint:
            container.add_picture(paint(number))
        container.add_sound(whole[number * 1920 : (number + 1) * 1920])
    if close:
        container.close()
    return bytes(sink.data)


def inspect(data: bytes) -> Proof:
    return AvMediaTools().inspect(io.BytesIO(data))


def remux(data: bytes) -> bytes:
    target = io.BytesIO()
    AvMediaTools().remux(io.BytesIO(data), target)
    return target.getvalue()


def packets(data: bytes) -> dict[str, int]:
    import av

    counts = {"audio": 0, "video": 0}
    with av.open(io.BytesIO(data)) as container:
        try:
            for packet in container.demux():
                counts[packet.stream.type] += bool(packet.size)
        except av.FFmpegError:
            pass
    return counts


@pytest.fixture(scope="module")
def take(spoken_file: Path) -> bytes:
    return record(4.0, moving_picture(640, 360), decode_sound(spoken_file))


def noisy(level: int, spread: float, width: int = 640, height: int = 360) -> Painter:
    random = np.random.default_rng(3)

    def paint(number: int) -> Any:
        noise = random.normal(level, spread, (height, width, 3))
        return np.clip(noise, 0, 255).astype(np.uint8)

    return paint


def test_an_answer_is_proved_moving_lit_and_spoken(take: bytes) -> None:
    shown = inspect(take)
    assert shown.duration == pytest.approx(4.0, abs=0.05)
    assert shown.has_video
    assert shown.has_audio
    assert shown.moving
    assert not shown.black
    assert shown.voice_seconds > 1.5
    assert shown.loudness is not None
    assert -35 < shown.loudness < -5
    assert not shown.free_retake


def test_a_covered_lens_is_black_and_its_retake_free(spoken_file: Path) -> None:
    shown = inspect(record(3.0, noisy(8, 6.0), decode_sound(spoken_file)))
    assert shown.black
    assert not shown.moving
    assert shown.free_retake


@pytest.mark.parametrize("level", [70, 128, 250])
def test_a_plain_bright_wall_with_sensor_noise_is_neither_black_nor_moving(level: int) -> None:
    shown = inspect(record(3.0, noisy(level, 5.0)))
    assert not shown.black
    assert not shown.moving


def test_a_dark_room_with_a_face_in_it_is_not_black() -> None:
    image = plain_picture(12, 640, 360)(0).copy()
    image[100:260, 250:390] = 70
    assert not inspect(record(2.0, lambda n: image)).black


def test_a_lamp_that_changes_the_whole_picture_is_no_movement() -> None:
    def paint(number: int) -> Any:
        return np.full((360, 640, 3), 100 + 20 * (number // 12 % 2), dtype=np.uint8)

    assert not inspect(record(3.0, paint)).moving


def test_a_small_movement_of_a_head_counts() -> None:
    def paint(number: int) -> Any:
        image = np.full((720, 1280, 3), 120, dtype=np.uint8)
        left = 560 + 20 * (number // 12 % 2)
        image[240:480, left : left + 160] = (90, 120, 200)
        return image

    assert inspect(record(2.0, paint)).moving


@pytest.mark.parametrize(
    "sound",
    [
        pytest.param(np.zeros(48_000 * 4, dtype=np.float32), id="silence"),
        pytest.param(np.random.default_rng(1).normal(0, 0.02, 48_000 * 4).astype(np.float32), id="noise"),
        pytest.param(tone(4.0, 100, 48_000, 0.1), id="hum"),
    ],
)
def test_without_a_voice_a_recording_is_silent_and_its_retake_free(sound: Any) -> None:
    shown = inspect(record(4.0, moving_picture(320, 180), sound))
    assert shown.silent
    assert shown.free_retake
    assert shown.voice_seconds == 0
    assert shown.loudness is None


def test_a_short_loud_click_is_no_voice() -> None:
    sound = np.zeros(48_000 * 2, dtype=np.float32)
    sound[48_000:48_200] = 0.9
    assert inspect(record(2.0, None, sound)).voice_seconds == 0


def test_of_a_long_recording_only_key_frames_are_decoded(spoken_file: Path) -> None:
    """The picture moves in the last seconds alone: it is still seen."""
    moving, still = moving_picture(160, 90), moving_picture(160, 90)(0)

    def paint(number: int) -> Any:
        return moving(number) if number > 25 * 36 else still

    shown = inspect(record(40.0, paint, decode_sound(spoken_file)))
    assert shown.moving
    assert shown.duration == pytest.approx(40.0, abs=0.05)


def test_a_take_without_picture_says_nothing_about_one(spoken_file: Path) -> None:
    shown = inspect(record(3.0, None, decode_sound(spoken_file)))
    assert not shown.has_video
    assert shown.moving is None
    assert shown.black is None
    assert not shown.silent


def test_remuxing_gives_duration_and_index_and_keeps_every_packet(take: bytes) -> None:
    import av

    repaired = remux(take)
    assert packets(repaired) == packets(take)
    with av.open(io.BytesIO(repaired)) as container:
        assert container.duration == pytest.approx(4_000_000, abs=60_000)
        container.seek(3_000_000)
        frame = next(container.decode(video=0))
        assert 1.5 < frame.time <= 3.0
    assert b"\x1c\x53\xbb\x6b" in repaired, "the element that holds the seek index"


def test_a_recording_cut_at_any_place_keeps_every_whole_packet(take: bytes) -> None:
    first = smallest_readable(take)
    assert first < 6000, "the first cluster holds 200 ms"
    durations = []
    for cut in [first, *range(6000, len(take), 7919), len(take) - 1]:
        repaired = remux(take[:cut])
        kept, there = packets(repaired), packets(take[:cut])
        assert all(kept[kind] in (there[kind], there[kind] - 1) for kind in kept)
        durations.append(inspect(repaired).duration)
    assert all(later >= former - 0.05 for former, later in pairwise(durations))
    assert durations[-1] == pytest.approx(4.0, abs=0.3)


def smallest_readable(data: bytes) -> int:
    """The shortest beginning that holds a whole packet; every shorter one that is tried is called empty."""
    for cut in range(1, len(data), 149):
        try:
            remux(data[:cut])
        except XudaError as error:
            if error.code is not ErrorCode.RECORDING_EMPTY:
                raise
        else:
            return cut
    return len(data)


def test_an_unclosed_recording_misses_at_most_the_last_cluster(spoken_file: Path) -> None:
    data = record(4.0, moving_picture(320, 180), decode_sound(spoken_file), close=False)
    assert inspect(remux(data)).duration > 3.6


def test_a_damaged_middle_does_not_break_the_reading(take: bytes) -> None:
    damaged = bytearray(take)
    damaged[len(take) // 2 : len(take) // 2 + 300] = bytes(300)
    assert inspect(bytes(damaged)).duration > 1.5


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"not a recording at all" * 100])
def test_nothing_readable_is_called_empty(data: bytes) -> None:
    for work in (inspect, remux):
        with pytest.raises(XudaError) as caught:
            work(data)
        assert caught.value.code is ErrorCode.RECORDING_EMPTY
    assert AvMediaTools().poster(io.BytesIO(data)) is None


def test_a_full_disk_while_remuxing_is_told(take: bytes) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any, /) -> int:
            if self.tell() + len(data) > 20_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    with pytest.raises(XudaError) as caught:
        AvMediaTools().remux(io.BytesIO(take), Full())
    assert caught.value.code is ErrorCode.DISK_FULL


def test_the_poster_is_a_small_jpeg(take: bytes) -> None:
    import cv2

    for data in (take, remux(take)):
        poster = AvMediaTools().poster(io.BytesIO(data))
        assert poster is not None
        image = cv2.imdecode(np.frombuffer(poster, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == (360, 640, 3)
    assert AvMediaTools().poster(io.BytesIO(record(1.0, None))) is None


def test_speech_is_found_where_it_is(spoken_file: Path) -> None:
    speech = decode_sound(spoken_file, 16_000)
    pause = np.zeros(32_000, dtype=np.float32)
    found = VoiceDetector().find(np.concatenate([pause, speech, pause, speech, pause]))
    length = len(speech) / 16_000
    inside = [(2.0, 2.0 + length), (4.0 + length, 4.0 + 2 * length)]
    for start, end in found:
        assert any(begin - 0.15 <= start and end <= stop + 0.15 for begin, stop in inside)
    assert sum(end - start for start, end in found) > length


def test_the_estimate_without_a_model_tells_speech_from_silence(spoken_file: Path) -> None:
    speech = decode_sound(spoken_file, 16_000)
    quiet = np.random.default_rng(2).normal(0, 0.0005, 32_000).astype(np.float32)
    sound = np.concatenate([quiet, speech, quiet])
    windows = sound[: len(sound) // 512 * 512].reshape(-1, 512)
    found = spans(energy_probabilities(windows))
    assert sum(end - start for start, end in found) > 1.0
    assert found[0][0] > 1.8
    assert spans(energy_probabilities(quiet[:31_744].reshape(-1, 512))) == []
