"""What a file of a kit really is: told by its content, and decoded whole, before anybody relies on it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from contract.kit_media import MEDIA_TYPES, MOST_PIXELS, MOST_SECONDS, MediaKind

# start of the content -> the one demuxer that may look at it
_PNG, _JPEG, _EBML = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x1a\x45\xdf\xa3"
_MOST_FRAMES = 60 * int(MOST_SECONDS)


class Unusable(Exception):
    """The file cannot be used; the message says why, in English, for whoever writes kits."""


@dataclass(frozen=True, slots=True)
class Examined:
    """``seconds`` of sound or video, ``width`` and ``height`` in pixels; 0 where there is none."""

    media_type: str
    seconds: float = 0.0
    width: int = 0
    height: int = 0


def examine(content: bytes) -> Examined:
    """Raises Unusable for what is of no known type, is damaged, cut, too long or too large in pixels."""
    demuxer = _demuxer(content)
    if demuxer is None:
        raise Unusable(f"none of the known types: {', '.join(MEDIA_TYPES)}")
    import av

    try:
        with av.open(io.BytesIO(content), format=demuxer) as container:
            return _picture(container, demuxer) if demuxer.endswith("_pipe") else _played(container, demuxer)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise Unusable(f"cannot be decoded: {type(error).__name__}") from error


def _demuxer(content: bytes) -> str | None:
    head = content[:16]
    if head.startswith(_PNG):
        return "png_pipe"
    if head.startswith(_JPEG):
        return "jpeg_pipe"
    if head.startswith(_EBML):
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"OggS"):
        return "ogg"
    if head[4:8] == b"ftyp":
        return "mov"
    return "mp3" if head.startswith(b"ID3") or _mpeg_frame(head) else None


def _mpeg_frame(head: bytes) -> bool:
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2


def _picture(container: Any, demuxer: str) -> Examined:
    stream = container.streams.video[0]
    if stream.width * stream.height > MOST_PIXELS:
        raise Unusable(f"more than {MOST_PIXELS} pixels")
    frame = next(iter(container.decode(stream)), None)
    if frame is None:
        raise Unusable("no picture in it")
    return Examined("image/png" if demuxer == "png_pipe" else "image/jpeg", 0.0, frame.width, frame.height)


def _played(container: Any, demuxer: str) -> Examined:
    streams = [*container.streams.video[:1], *container.streams.audio[:1]]
    if not streams:
        raise Unusable("neither sound nor picture in it")
    for stream in container.streams.video[:1]:
        if stream.width * stream.height > MOST_PIXELS:
            raise Unusable(f"more than {MOST_PIXELS} pixels")
    seconds, pictures, samples = 0.0, 0, 0
    for frame in container.decode(*streams):
        if hasattr(frame, "samples"):
            samples += frame.samples
            seconds = max(seconds, samples / frame.sample_rate)
        else:
            pictures += 1
            seconds = max(seconds, frame.time or 0.0)
        if seconds > MOST_SECONDS or pictures > _MOST_FRAMES:
            raise Unusable(f"longer than {MOST_SECONDS:.0f} seconds")
    if (not samples and not pictures) or (container.streams.video and not pictures):
        raise Unusable("nothing in it can be played")
    _whole(container, seconds)
    return _described(container, demuxer, round(seconds, 2), bool(pictures))


def _whole(container: Any, seconds: float) -> None:
    """A file that says to be much longer than what could be decoded has been cut."""
    said = container.duration / 1_000_000 if container.duration else seconds
    if said > seconds + max(0.5, 0.1 * said):
        raise Unusable(f"it says {said:.1f} s and holds {seconds:.1f} s")


def _described(container: Any, demuxer: str, seconds: float, video: bool) -> Examined:
    names = {"wav": "audio/wav", "mp3": "audio/mpeg", "ogg": "audio/ogg"}
    kind = "video" if video else "audio"
    found = names.get(demuxer) or f"{kind}/{'webm' if demuxer == 'matroska' else 'mp4'}"
    if video and MEDIA_TYPES[found] is not MediaKind.VIDEO:
        raise Unusable("a picture runs in it where only sound is expected")
    stream = container.streams.video[0] if video else None
    return Examined(found, seconds, stream.width if stream else 0, stream.height if stream else 0)
