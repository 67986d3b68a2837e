"""What HR or this machine's settings allow to be sent now, and how fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from app.device_settings import NOTHING
from contract.errors import ErrorCode
from contract.settings import DeviceSettings, within

# Requests cost something too: below this much at once a slow limit would be spent on them.
_SMALLEST_CHUNK = 16 * 1024
_LONGEST_BURST_SECONDS = 1.0


class SendingRules:
    """Asked before everything that is sent: a change of the settings holds at once, also within an upload.

    ``settings``: those that count now; ``local``: the local time, as well as it is known.
    """

    def __init__(
        self,
        settings: Callable[[], DeviceSettings] = lambda: NOTHING,
        local: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self._settings = settings
        self._local = local

    @property
    def paused(self) -> bool:
        """Nothing of interviews is sent."""
        return self._settings().sync_paused is True

    @property
    def recordings_wait(self) -> bool:
        """No recording is sent now; everything small is, unless it is ``paused``."""
        return self.paused or within(self._settings().no_video_hours, self._local())

    def held(self, pending: int) -> ErrorCode | None:
        """Why ``pending`` things stay here for now; None when nothing is held back."""
        if not pending or not self.recordings_wait:
            return None
        return ErrorCode.SENDING_PAUSED if self.paused else ErrorCode.RECORDINGS_LATER

    def limit(self) -> int | None:
        """Bytes a second that recordings may take now; None: no limit."""
        return self._settings().limit_at(self._local())


class Throttle:
    """A token bucket: on average ``limit()`` bytes a second, in pieces small enough not to hog a shared line.

    The bucket holds what one piece needs, so time in which nothing was sent is not made up for.
    """

    def __init__(self, limit: Callable[[], int | None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._monotonic = monotonic
        self._tokens = 0.0
        self._filled_at = monotonic()

    def piece(self, wanted: int) -> int:
        """How many of ``wanted`` bytes to send at once."""
        limit = self._limit()
        return wanted if limit is None else min(wanted, _largest_piece(limit))

    def wait(self, size: int) -> float:
        """Seconds until ``size`` bytes may be sent; 0.0: now."""
        limit = self._limit()
        if limit is None:
            return 0.0
        self._fill(limit)
        missing = size - self._tokens
        return missing / limit if missing >= 1 else 0.0

    def spend(self, size: int) -> None:
        """``size`` bytes are sent now, whether or not they arrive."""
        limit = self._limit()
        if limit is not None:
            self._fill(limit)
            self._tokens -= size

    def _fill(self, limit: int) -> None:
        now = self._monotonic()
        self._tokens = min(self._tokens + (now - self._filled_at) * limit, float(_largest_piece(limit)))
        self._filled_at = now


def _largest_piece(limit: int) -> int:
    return max(_SMALLEST_CHUNK, int(limit * _LONGEST_BURST_SECONDS))
