"""One request at a time per upload. A newcomer asks the one before it to stop: it may be a dead connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from backend.api.problems import HttpError
from contract.errors import ErrorCode

_PATIENCE = 15.0


@dataclass
class _Slot:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    users: int = 0


class UploadLocks:
    """For one event loop."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._slots: dict[str, _Slot] = {}
        self._patience = patience

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[asyncio.Event]:
        """Gives the event that is set when somebody else waits for this upload.

        Raises HttpError(423) when the one before does not let go.
        """
        slot = self._slots.setdefault(name, _Slot())
        slot.users += 1
        slot.stop.set()
        try:
            await asyncio.wait_for(slot.lock.acquire(), self._patience)
        except TimeoutError as error:
            self._leave(name, slot)
            raise HttpError(423, ErrorCode.ALREADY_RUNNING, field="upload") from error
        except BaseException:
            self._leave(name, slot)
            raise
        slot.stop = asyncio.Event()
        if slot.users > 1:  # somebody came while this one was being let in, and has set the event before
            slot.stop.set()
        try:
            yield slot.stop
        finally:
            slot.lock.release()
            self._leave(name, slot)

    def _leave(self, name: str, slot: _Slot) -> None:
        slot.users -= 1
        if slot.users == 0:
            self._slots.pop(name, None)
