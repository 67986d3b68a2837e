"""What the screens of a booth need from the rest of the client, and what the staff panel shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.kiosk.pin import PinLock
from contract.settings import Hours

DEFAULT_IDLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts now. ``idle_seconds``: without a touch for so long a candidate is asked whether they are there.

    ``sleep_hours``: of the local day, in which the attract screen is dark. ``language``: for the next candidate, None:
    the one the client was started with. ``screen_keys``: a keyboard comes up on the screen for fingers.
    """

    idle_seconds: float = DEFAULT_IDLE_SECONDS
    sleep_hours: tuple[Hours, ...] = ()
    language: str | None = None
    screen_keys: bool = True


class QueueState(StrEnum):
    WAITING = "waiting"
    TRIED = "tried"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One thing in the outbox. ``kind``: event, manifest or object; ``interview``: the beginning of its id, no name.

    ``position``: by language, of the interview's kit. ``number``: of an event in its interview, 0 for others. ``size``
    in bytes. ``code``: the ErrorCode value of the last failed try.
    """

    kind: str
    interview: str
    position: dict[str, str]
    number: int
    size: int
    state: QueueState
    attempts: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class UploadLimit:
    """Most kilobytes (1000 bytes) a second for recordings, None: no limit; in ``hours`` only, empty: always."""

    kilobytes: int | None = None
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """``network``: online, offline or unknown. ``last_contact``: when HR was last reached, None: never yet.

    ``model``: the speech model in use; ``model_problem``: why there is none, as an ErrorCode value. ``limit_by``: who
    has set the upload limit: staff, hr, machine or "" for nobody. ``update_to``: the oldest version that needs no
    update, empty when this one needs none. ``paused``: nothing of interviews is sent, as somebody has set it.
    """

    queue: tuple[QueueLine, ...] = ()
    free_bytes: int | None = None
    total_bytes: int | None = None
    cameras: tuple[str, ...] = ()
    microphones: tuple[str, ...] = ()
    network: str = "unknown"
    last_contact: datetime | None = None
    server: str = ""
    organisation: str = ""
    device: str = ""
    model: str = ""
    model_problem: str = ""
    version: str = ""
    limit: UploadLimit = field(default_factory=UploadLimit)
    limit_by: str = ""
    update_to: str = ""
    paused: bool = False


class StaffDesk(Protocol):
    """What staff may do. Every call may take seconds and is made in the background."""

    def look(self) -> StaffFacts: ...

    def sync_now(self) -> None:
        """Try everything at once. Raises XudaError(NOT_ENROLLED)."""
        ...

    def retry_refused(self) -> int:
        """Put what HR has refused back into the queue; how many items."""
        ...

    def limit_uploads(self, limit: UploadLimit | None) -> None:
        """For this booth, before what HR says; None: as HR says. Raises XudaError(DISK_*)."""
        ...

    def write_diagnostics(self, folder: Path) -> Path:
        """The file for support, in ``folder``. Raises XudaError(DISK_*)."""
        ...


@dataclass(frozen=True)
class KioskDesk:
    """``rules`` answers at once, from any thread. ``local_now`` is the local wall time, for sleep hours."""

    lock: PinLock
    staff: StaffDesk
    rules: Callable[[], Rules] = Rules
    local_now: Callable[[], datetime] = lambda: datetime.now().astimezone()


def position_in(line: QueueLine, pick: Callable[[dict[str, str]], str]) -> str:
    """The position in the language of the screen, or nothing for an interview whose kit is gone."""
    return pick(line.position) if line.position else ""


def refused(lines: Sequence[QueueLine]) -> int:
    return sum(line.state is QueueState.REFUSED for line in lines)
