"""Asking HR for the newest kits and roster while a candidate waits whose invitation is not known on this device."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from app.sync.api import DeviceApi
from app.sync.failures import TransportError
from app.sync.ports import DatabaseThread, ShelfPort
from app.sync.transport import Signer, Transport
from contract.errors import XudaError

log = logging.getLogger(__name__)

# connecting and answering, in seconds: somebody stands before the screen
_PATIENCE = (2.0, 6.0)
_FIRST_WAIT = 15.0
_LONGEST_WAIT = 120.0


class FreshLine:
    """May be called from any thread. Asks seldom, so that guessed codes do not become a storm at HR.

    At least 15 seconds lie between two requests, twice as many each time, up to two minutes; after as long a rest it
    begins with 15 again. ``monotonic`` in seconds.
    """

    def __init__(
        self,
        server_url: str,
        signer: Signer,
        database: DatabaseThread,
        shelf: ShelfPort,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server_url = server_url
        self._signer = signer
        self._database = database
        self._shelf = shelf
        self._monotonic = monotonic
        self._guard = threading.Lock()
        self._wait = _FIRST_WAIT
        self._due = -math.inf

    def fetch(self) -> bool:
        """Whether what HR has now is here; False when it was just asked or cannot be reached. Raises nothing."""
        if not self._may_ask():
            return False
        transport = Transport(self._server_url, signer=self._signer, timeouts=_PATIENCE)
        try:
            serial = self._database.call(lambda _: self._shelf.keys_serial())
            asked_at = time.monotonic()
            bootstrap = DeviceApi(transport).bootstrap(serial)
            heard_at = time.monotonic()
            self._database.call(lambda _: self._shelf.save_bootstrap(bootstrap, heard_at, asked_at))
        except TransportError as error:
            with self._guard:
                self._due = max(self._due, self._monotonic() + (error.retry_after or 0.0))
            return False
        except XudaError as error:
            # HR's new keys could not be followed: what could be taken over was, and the sync thread tells staff
            log.warning("fresh kits and roster were taken over in part: %s", error.code)
        finally:
            transport.close()
        return True

    def _may_ask(self) -> bool:
        with self._guard:
            now = self._monotonic()
            if now < self._due:
                return False
            rested = now - self._due >= _LONGEST_WAIT
            self._wait = _FIRST_WAIT if rested else min(2 * self._wait, _LONGEST_WAIT)
            self._due = now + self._wait
            return True
