"""Words of an interview on the device: plain values without Qt, files or sockets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word. ``start`` and ``end`` are seconds from the start of the take; ``probability`` is 0..1."""

    text: str
    start: float
    end: float
    probability: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised in one take.

    ``text`` is empty when nobody spoke. ``model`` is ``name@sha256-prefix`` of the speech model's folder.
    """

    text: str
    words: tuple[Word, ...]
    language: str
    model: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A technical fault seen during a take. ``at`` is seconds from its start; ``code`` is an ErrorCode value."""

    code: str
    at: float


@dataclass(frozen=True, slots=True)
class PictureMoment:
    """``start``/``end`` in seconds from the start of the take; ``kind`` is a contract.events.PictureFact value."""

    kind: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Facts about the picture of a take. ``looked``: seconds of it that could be judged; ``moments`` in their order."""

    looked: float
    moments: tuple[PictureMoment, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """Counts of a finished recording, before it is read back.

    ``duration`` in seconds of the container, ``frames`` written, ``dropped`` frames the camera gave that were not
    written, ``repeated`` frames written twice to keep the rate, ``audio_lost`` samples lost to overflows. ``picture``:
    facts about it, None where nobody looked.
    """

    duration: float
    frames: int = 0
    dropped: int = 0
    repeated: int = 0
    audio_lost: int = 0
    faults: tuple[Fault, ...] = ()
    picture: PictureFacts | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What reading the stored file back has shown (A8).

    ``voice_seconds`` is the length of detected speech; ``moving`` and ``black`` describe the picture and are None
    for a take without picture; ``loudness`` is the RMS of the voice in dBFS, None when there is none.
    """

    duration: float
    has_video: bool
    has_audio: bool
    voice_seconds: float
    loudness: float | None
    moving: bool | None
    black: bool | None

    @property
    def silent(self) -> bool:
        """True when sound was expected and no voice was found."""
        return self.has_audio and self.voice_seconds < 0.3

    @property
    def free_retake(self) -> bool:
        """A silent or black recording may be taken again without counting."""
        return self.silent or bool(self.black) or self.duration < 0.3


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A sealed file that is complete on disk. ``size`` and ``sha256`` are of the ciphertext, as it is uploaded."""

    object_id: str
    media_type: str
    size: int
    sha256: str


class ExitReason(StrEnum):
    """Why a candidate left (A11). The first five are offered on screen; the rest are recorded by the client."""

    NETWORK = "network"
    TECHNICAL = "technical"
    TIME = "time"
    GIVE_UP = "give_up"
    OTHER = "other"
    CRASH = "crash"
    SHUTDOWN = "shutdown"
    IDLE = "idle"


class ExitKind(StrEnum):
    SAVE = "save"
    ABANDON = "abandon"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A capture or playback device. ``spec`` reopens it (``name:…``, ``index:…``, URL or ``file:…``)."""

    spec: str
    name: str
    backend: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Environment:
    """Facts about the machine, recorded at start and at every exit (A11). None of them is personal."""

    device_model: str = ""
    os: str = ""
    app_version: str = ""
    python_version: str = ""
    network: str = ""
    battery_percent: float | None = None
    on_mains: bool | None = None
    free_disk_bytes: int | None = None
    camera: str = ""
    microphone: str = ""
    speech_model: str = ""
    errors: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Battery:
    """``percent`` 0..100. ``minutes_left`` is None where the system does not say."""

    percent: float
    on_mains: bool
    minutes_left: float | None = None


class CheckName(StrEnum):
    """Rows of the device check (A4), in the order they are shown."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    DISK = "disk"
    BATTERY = "battery"
    CLOCK = "clock"
    MODEL = "model"


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One row of the device check. ``code`` (ErrorCode value or ``battery_low``) picks the text of what to do.

    ``detail`` is a device's own name, or empty; ``value`` is bytes free, percent or seconds, where the row has one.
    ``better`` is a device that would do better in place of the chosen one.
    """

    name: CheckName
    state: CheckState
    code: str = ""
    detail: str = ""
    value: float | None = None
    better: DeviceInfo | None = None
