"""Sends what waits, in the outbox's order; what fails keeps nothing else waiting."""

from __future__ import annotations

import logging
import time

from app.interview.views import SyncPhase
from app.storage.outbox import ItemKind, OutboxItem
from app.sync.courier import Courier
from app.sync.facts import NetworkFacts
from app.sync.failures import Fate, TransportError
from app.sync.herald import Herald
from app.sync.ports import Books
from app.sync.rules import SendingRules
from app.sync.shift import Leave, Shift
from app.sync.upkeep import Upkeep
from app.sync.uploader import Uploader
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)


class Sender:
    """Used by the sending thread alone. ``delivered`` counts the items that were confirmed."""

    def __init__(
        self,
        books: Books,
        courier: Courier,
        uploader: Uploader,
        shift: Shift,
        herald: Herald,
        upkeep: Upkeep,
        facts: NetworkFacts,
        rules: SendingRules,
    ) -> None:
        self._books = books
        self._courier = courier
        self._uploader = uploader
        self._shift = shift
        self._herald = herald
        self._upkeep = upkeep
        self._facts = facts
        self._rules = rules
        # what cannot be sent before something else has been
        self._parked: set[tuple[str, str, str]] = set()
        self.delivered = 0

    def begin_turn(self) -> None:
        self._parked.clear()

    def send_due(self, *, small: bool) -> None:
        """Send everything that is due, in the outbox's order; new small things go before the next large one."""
        while batch := self._due(small=small):
            events = [item for item in batch if item.kind is ItemKind.EVENT]
            for item in events or batch[:1]:
                self._shift.go_on_or_leave()
                self._send(item)

    def _due(self, *, small: bool) -> list[OutboxItem]:
        now = time.monotonic()
        return [item for item in self.sendable(small=small) if self._shift.backoff.due(item_key(item)) <= now]

    def sendable(self, *, small: bool) -> list[OutboxItem]:
        """What waits, without what cannot be sent yet, and what is not to be sent now."""
        if self._rules.paused:
            return []
        small = small or self._rules.recordings_wait
        return [
            item
            for item in self._books.pending()
            if item_key(item) not in self._parked and not (small and item.kind is ItemKind.OBJECT)
        ]

    def _send(self, item: OutboxItem) -> None:
        """One item. Whatever happens to it, the next one gets its turn."""
        self._herald.announce(SyncPhase.SENDING)
        before = self._uploader.progress
        try:
            sent = self._courier.deliver(item)
        except TransportError as error:
            if error.fate is Fate.OFFLINE and self._uploader.progress > before:
                # A line that is cut often but carries a little each time is no reason to wait ever longer.
                self._shift.backoff.succeeded(item_key(item))
            self._failed(item, error)
        except XudaError as error:
            self._failed_here(item, error.code)
        except OSError:
            self._failed_here(item, ErrorCode.DISK_ERROR)
        except KeyError:
            self._settled(item, sent=False)  # it was deleted or purged since the outbox was read
        except Leave:
            raise
        except Exception:
            log.exception("an item of kind %s could not be sent", item.kind)
            self._shift.backoff.failed(item_key(item))
        else:
            self._settled(item, sent=sent)

    def _settled(self, item: OutboxItem, *, sent: bool) -> None:
        if not sent:
            self._parked.add(item_key(item))
            return
        self._facts.reached()
        self._shift.backoff.succeeded(item_key(item))
        self.delivered += 1
        self._upkeep.checks.update(dict.fromkeys(self._courier.take_left()))
        if self._courier.take_withdrawn():
            # HR deletes at once where nothing stands against it
            self._upkeep.hear_due = 0.0
        # A manifest may have waited for just this item.
        self._parked.clear()

    def _failed(self, item: OutboxItem, error: TransportError) -> None:
        self._shift.leave_if_stopping()
        log.warning("an item of kind %s was not delivered: %s", item.kind, error)
        if error.fate is Fate.FINAL:
            self._books.refuse(item, error.code)
            self._shift.backoff.succeeded(item_key(item))
        else:
            self._books.retry(item, error.code)
            self._shift.backoff.failed(item_key(item), error.retry_after or 0.0)
        self._shift.trouble(error)

    def _failed_here(self, item: OutboxItem, code: ErrorCode) -> None:
        """The item could not be read, or what the backend answered does not hold."""
        self._shift.leave_if_stopping()
        log.warning("an item of kind %s was not delivered: %s", item.kind, code)
        self._shift.code = code
        self._shift.backoff.failed(item_key(item))
        if code is ErrorCode.RECEIPT_INVALID:
            self._upkeep.bootstrap_due = 0.0  # it may be signed with a key that is newer than those known here
        if code is ErrorCode.SEALED_DAMAGED:
            self._books.refuse(item, code)
        elif code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
            self._books.retry(item, code)


def item_key(item: OutboxItem) -> tuple[str, str, str]:
    return item.kind, item.interview_id, item.ref
