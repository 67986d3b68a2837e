"""Pictures, sounds and films that a kit's questions are asked with: files named by their SHA-256, beside the kit.

The kit is signed and names each file by hash, type and size, so the files themselves need no signature: whoever holds
a kit can tell its files from any others.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from contract.envelope import WireModel
from contract.numbers import Count, Ordinal
from contract.text import Localized

_MIB = 1024 * 1024


class MediaKind(StrEnum):
    PICTURE = "picture"
    SOUND = "sound"
    VIDEO = "video"

    @property
    def played(self) -> bool:
        """Whether it has to be listened to or watched before there is anything to think about."""
        return self is not MediaKind.PICTURE


MEDIA_TYPES: dict[str, MediaKind] = {
    "image/png": MediaKind.PICTURE,
    "image/jpeg": MediaKind.PICTURE,
    "audio/wav": MediaKind.SOUND,
    "audio/mpeg": MediaKind.SOUND,
    "audio/ogg": MediaKind.SOUND,
    "audio/webm": MediaKind.SOUND,
    "audio/mp4": MediaKind.SOUND,
    "video/webm": MediaKind.VIDEO,
    "video/mp4": MediaKind.VIDEO,
}
# bytes of one file: a take is played from memory, and so are these
MOST_BYTES = {MediaKind.PICTURE: 4 * _MIB, MediaKind.SOUND: 8 * _MIB, MediaKind.VIDEO: 32 * _MIB}
MOST_KIT_BYTES = 96 * _MIB
MOST_SECONDS = 600.0
MOST_PIXELS = 40_000_000


class MediaFile(WireModel):
    """A file by its content. ``size`` in bytes; ``sha256`` in hex."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    media_type: str
    size: Ordinal

    @field_validator("media_type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in MEDIA_TYPES:
            raise ValueError(f"{value} is none of {', '.join(MEDIA_TYPES)}")
        return value

    @model_validator(mode="after")
    def _not_too_large(self) -> MediaFile:
        if self.size > MOST_BYTES[self.kind]:
            raise ValueError(f"more than {MOST_BYTES[self.kind]} bytes")
        return self

    @property
    def kind(self) -> MediaKind:
        return MEDIA_TYPES[self.media_type]


class PromptMedia(MediaFile):
    """What a question is asked with. ``text``: what a picture shows, or the words of a sound or video.

    ``plays``: how often a sound or video may be played, None: as often as wished. ``seconds`` is its length,
    ``width`` and ``height`` pixels of a picture or video; 0 where there is none.
    """

    text: Localized
    plays: int | None = Field(default=None, ge=1, le=20)
    seconds: float = Field(default=0.0, ge=0, le=MOST_SECONDS)
    width: Count = 0
    height: Count = 0

    @model_validator(mode="after")
    def _fits_kind(self) -> PromptMedia:
        if not self.text or not all(text.strip() for text in self.text.values()):
            what = "the words of a sound or video" if self.kind.played else "what the picture shows"
            raise ValueError(f"text is missing: {what}")
        if self.plays is not None and not self.kind.played:
            raise ValueError("only a sound or video is played")
        return self


class SpokenText(MediaFile):
    """A question read aloud in one language; ``seconds`` is its length."""

    seconds: float = Field(default=0.0, ge=0, le=MOST_SECONDS)

    @model_validator(mode="after")
    def _is_sound(self) -> SpokenText:
        if self.kind is not MediaKind.SOUND:
            raise ValueError("a question is read aloud by a sound")
        return self
