"""The staff's PIN of this booth: kept as a hash, locked after wrong tries, also over a restart."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.interview.ports import Clock
from app.storage.files import disk_errors, replace_file
from contract.canonical import canonical_json
from contract.pin import hash_pin, is_pin_hash, pin_fits

log = logging.getLogger(__name__)

FREE_TRIES = 5
PIN_FILE, TRIES_FILE = "staff-pin.json", "staff-tries.json"
_FIRST_WAIT, _LONGEST_WAIT = 60.0, 3600.0


def pause_after(wrong: int) -> float:
    """Seconds before the next try is allowed after so many wrong ones: none, then 1, 2, 4 … 60 minutes."""
    if wrong < FREE_TRIES:
        return 0.0
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(wrong - FREE_TRIES, 10))


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a try. ``wait``: seconds before the next one; ``left``: tries before the lock closes."""

    right: bool
    wait: float
    left: int


class PinFile:
    """The PIN that was set on this machine. Anything that cannot be read counts as no PIN: nobody gets in by it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self) -> str | None:
        """The hash (``contract.pin``), None without one."""
        found = _read(self._folder / PIN_FILE).get("pin")
        return found if isinstance(found, str) and is_pin_hash(found) else None

    def write(self, pin: str) -> None:
        """Keep the hash of a new PIN; earlier wrong tries are forgotten.

        Raises XudaError(SETTING_INVALID, field ``staff_pin`` | DISK_FULL | DISK_ERROR).
        """
        hashed = hash_pin(pin)
        with disk_errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._folder / PIN_FILE, canonical_json({"pin": hashed}))
            (self._folder / TRIES_FILE).unlink(missing_ok=True)


class PinLock:
    """Checks what somebody types. ``remote`` gives the hash that HR has set from afar; it counts before the local one.

    A try is counted on the disk before it is looked at: ending the program in between gives no free one. May be used
    from any thread; :meth:`check` takes about a third of a second.
    """

    def __init__(self, folder: Path, clock: Clock, remote: Callable[[], str | None] = lambda: None) -> None:
        self._file = PinFile(folder)
        self._tries = folder / TRIES_FILE
        self._clock = clock
        self._remote = remote
        self._guard = threading.Lock()
        # what this process has seen, should the disk take nothing more or the wall clock be set
        self._wrong = 0
        self._until = 0.0
        self._seen = self._hash()

    @property
    def present(self) -> bool:
        """Whether there is a PIN at all; without one nobody gets in."""
        return self._hash() is not None

    def wait(self) -> float:
        """Seconds before the next try is looked at."""
        with self._guard:
            self._renewed()
            return self._wait(self._kept())

    def check(self, pin: str) -> Attempt:
        """A try while the lock is closed is neither looked at nor counted."""
        with self._guard:
            self._renewed()
            kept = self._kept()
            if (wait := self._wait(kept)) > 0:
                return Attempt(False, wait, 0)
            wrong = kept[0] + 1
            self._keep(wrong)
            hashed = self._hash()
            if hashed is not None and pin_fits(pin, hashed):
                self._keep(0)
                return Attempt(True, 0.0, FREE_TRIES)
            log.warning("a wrong staff PIN was given, %d in a row", wrong)
            return Attempt(False, pause_after(wrong), max(0, FREE_TRIES - wrong))

    def _hash(self) -> str | None:
        return self._remote() or self._file.read()

    def _renewed(self) -> None:
        """With another PIN this process forgets what it remembers of the old one; what the disk says still counts."""
        hashed = self._hash()
        if hashed != self._seen:
            self._seen, self._wrong, self._until = hashed, 0, 0.0

    def _kept(self) -> tuple[int, datetime | None]:
        """Wrong tries so far and when the last one was."""
        found = _read(self._tries)
        wrong, at = found.get("wrong"), found.get("at")
        try:
            when = datetime.fromisoformat(at) if isinstance(at, str) else None
        except ValueError:
            when = None
        if when is not None and when.tzinfo is None:
            when = None
        return max(self._wrong, wrong if isinstance(wrong, int) and wrong > 0 else 0), when

    def _wait(self, kept: tuple[int, datetime | None]) -> float:
        """A clock that was set back makes nobody wait longer than the pause itself."""
        pause, at = pause_after(kept[0]), kept[1]
        by_clock = 0.0
        if pause and at is not None:
            by_clock = min(pause, (at + timedelta(seconds=pause) - self._clock.now()).total_seconds())
        return max(0.0, by_clock, self._until - self._clock.monotonic())

    def _keep(self, wrong: int) -> None:
        self._wrong = wrong
        self._until = self._clock.monotonic() + pause_after(wrong)
        document = {"wrong": wrong, "at": self._clock.now().isoformat(timespec="seconds")}
        try:
            replace_file(self._tries, canonical_json(document))
        except OSError as error:
            # staff have to get in on a full disk too; this process remembers
            log.warning("tries of the staff PIN could not be kept: %s", type(error).__name__)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
