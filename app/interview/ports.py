"""What the interview needs from the outside world, as protocols. Adapters live in capture, transcribe and storage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from app.interview.model import DeviceInfo, Proof, RecordingResult, Transcript
from contract.envelope import Envelope
from contract.parts import Elsewhere


class Clock(Protocol):
    def now(self) -> datetime:
        """Wall time, aware, UTC. May be wrong or jump: never used to order or to measure."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward within this process."""
        ...


class Sink(Protocol):
    """Where a recorder writes its container. Bytes are sealed before they touch the disk."""

    def write(self, data: bytes, /) -> int: ...


class RecorderListener(Protocol):
    """Called from capture threads; implementations only hand over."""

    def on_fault(self, code: str) -> None:
        """A device was lost, froze or fell silent; ``code`` is an ErrorCode value. Called once per fault."""
        ...

    def on_input_ended(self) -> None:
        """A file given as microphone has been played to its end."""
        ...


class Recorder(Protocol):
    """One take at a time. Devices stay open between takes."""

    def start(
        self,
        sink: Sink,
        *,
        video: bool,
        pcm: Callable[[Any], None] | None,
        listener: RecorderListener,
        picture_facts: bool = False,
    ) -> None:
        """Begin a take. ``pcm`` receives float32 mono 16 kHz arrays of shape (n,) while the candidate speaks.

        ``picture_facts``: note facts about its picture meanwhile, for the result.

        Raises XudaError (CAMERA_*, MICROPHONE_*) when a device cannot be used; nothing has been written then.
        """
        ...

    def stop(self) -> RecordingResult:
        """End the take, flush everything to the sink and return the counts. Raises XudaError(DISK_FULL, …)."""
        ...


class MediaTools(Protocol):
    def remux(self, source: BinaryIO, target: BinaryIO) -> None:
        """Copy the streams of a (possibly cut) container into a seekable target with duration and index."""
        ...

    def inspect(self, source: BinaryIO) -> Proof:
        """Decode the whole stored file and say what is in it. Raises XudaError(RECORDING_EMPTY)."""
        ...

    def picture(self, content: bytes) -> Any:
        """A PNG or JPEG file as BGR uint8 of shape (height, width, 3), on white, no side longer than 2560 pixels.

        Any thread; it may take a second. Raises XudaError(KIT_MEDIA_DAMAGED).
        """
        ...


class TranscriptionJob(Protocol):
    def feed(self, pcm: Any) -> None:
        """Queue float32 mono 16 kHz samples of shape (n,). Never blocks."""
        ...

    def finish(self) -> None:
        """No more sound will come; the final transcript follows through the job's callback."""
        ...

    def cancel(self) -> None: ...


class Transcriber(Protocol):
    @property
    def model(self) -> str | None:
        """``name@sha256-prefix`` of the model in use, or None: recording goes on, transcription is left for later."""
        ...

    def open_job(
        self,
        job_id: str,
        language: str,
        on_partial: Callable[[str], None],
        on_final: Callable[[Transcript], None],
        on_error: Callable[[Exception], None],
    ) -> TranscriptionJob:
        """Callbacks come from the transcriber's own thread."""
        ...

    def transcribe_file(
        self,
        job_id: str,
        open_file: Callable[[], BinaryIO],
        language: str,
        on_final: Callable[[Transcript], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Decode a stored container and transcribe its sound (after a crash, or when a model came later)."""
        ...


class Moving(Protocol):
    """HR's word, while a candidate waits, on an interview begun on another device. May take seconds; any thread."""

    def ask(self, invitation_id: str) -> tuple[bool, Elsewhere | None]:
        """Whether HR answered, and how far the interview has come on other devices. Raises nothing for the network."""
        ...

    def take_over(self, interview_id: str, invitation_id: str) -> Envelope | None:
        """HR's ticket to go on in the new part ``interview_id``; None when HR cannot be reached now.

        Raises XudaError(INTERVIEW_ELSEWHERE | INVITATION_USED).
        """
        ...


class Fresh(Protocol):
    """HR's newest kits and roster, asked for while a candidate waits. May take seconds; any thread."""

    def fetch(self) -> bool:
        """Whether they are here now. False when HR was asked a moment ago or cannot be reached: raises neither."""
        ...


class CaptureDevices(Protocol):
    """Choosing devices and looking at them live. Listing and opening may take seconds: never on the Qt thread."""

    def cameras(self) -> list[DeviceInfo]: ...

    def microphones(self) -> list[DeviceInfo]: ...

    def speakers(self) -> list[DeviceInfo]: ...

    def prefer(self, *, camera: str | None = None, microphone: str | None = None) -> None:
        """What the spec "" opens from now on; None leaves it as it is."""
        ...

    def set_camera(self, spec: str) -> None:
        """Open and pin a camera by spec ("": the preferred one, else the system's default).

        Raises XudaError(CAMERA_MISSING | CAMERA_BUSY).
        """
        ...

    def set_microphone(self, spec: str) -> None:
        """Raises XudaError(MICROPHONE_MISSING | MICROPHONE_BUSY)."""
        ...

    def close(self) -> None:
        """Close both devices (they open again with the next ``set_…``)."""
        ...

    def latest_frame(self) -> tuple[int, Any] | None:
        """Number and BGR uint8 array (height, width, 3) of the newest picture; None before the first. Never blocks."""
        ...

    def level(self) -> float:
        """Loudness of the last 0.1 s in dBFS, -90 when silent or closed. Never blocks."""
        ...

    def hears(self, tones: Sequence[float]) -> bool:
        """Whether the microphone has heard all these tones (Hz) in the last 1.5 s. Takes milliseconds."""
        ...

    def scan_code(self) -> str | None:
        """The text of a QR code in the newest picture, if there is one."""
        ...
