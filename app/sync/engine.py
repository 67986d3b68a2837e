"""The sync thread: sends what waits, small things first, and keeps nothing waiting for what fails."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from app.facts import app_version
from app.interview.views import InterviewsChanged, SyncNews, SyncPhase
from app.storage.outbox import ItemKind, OutboxItem
from app.sync.api import DeviceApi
from app.sync.backoff import Backoff
from app.sync.courier import Courier
from app.sync.facts import NetworkFacts
from app.sync.failures import Fate, TransportError
from app.sync.line import Line
from app.sync.machine import Machine
from app.sync.news import Pace, SyncSummary
from app.sync.notices import NoticeListener
from app.sync.ports import Books, DatabaseThread, NoticePort, OutboxPort, ShelfPort
from app.sync.transport import Transport
from app.sync.uploader import Chunks, Uploader
from contract.api import Contact
from contract.errors import ErrorCode, XudaError

log = logging.getLogger(__name__)

_BOOTSTRAP = "bootstrap"
_STOP_SECONDS = 1.9
_SHORTEST_SLEEP = 0.02


class _Leave(Exception):
    """The work at hand is left where it is: the engine stops, or has been asked to wait."""


class SyncEngine:
    """Delivers the outbox to one backend. ``start`` a thread, or call ``run_until_idle`` on one's own: never both.

    ``notify`` is called on the sending thread with each change. Back-off lives in memory, the outbox in the database;
    stopping at any moment loses nothing, because every request may be repeated.
    """

    def __init__(
        self,
        database: DatabaseThread,
        outbox: OutboxPort,
        shelf: ShelfPort,
        transport: Transport,
        notify: Callable[[SyncNews | InterviewsChanged], None] = lambda _: None,
        *,
        machine: Callable[[], Machine],
        notices: NoticePort | None = None,
        pace: Pace | None = None,
        chunks: Chunks | None = None,
    ) -> None:
        self._pace = pace or Pace()
        self._transport = transport
        self._api = DeviceApi(transport)
        self._books = Books(database, outbox, shelf)
        self._uploader = Uploader(transport, between_chunks=self._between_chunks, chunks=chunks)
        self._courier = Courier(self._api, self._uploader, self._books)
        self._notify = notify
        self._machine = machine
        self._listener = NoticeListener(self._api, database, notices) if notices else None
        self._hear_due = 0.0
        self.facts = NetworkFacts(time.monotonic)
        self._line = Line(self._api, self.facts, self._pace)
        self._backoff = Backoff(time.monotonic, first=self._pace.first_retry, longest=self._pace.longest_retry)
        self._parked: set[tuple[str, str, str]] = set()
        self._checks: dict[str, None] = {}
        self._bootstrap_due = 0.0
        self._heartbeat_due = 0.0
        self._delivered = 0
        self._code: ErrorCode | None = None
        # stays until HR's keys can be followed again: until then receipts cannot be checked
        self._distrust: ErrorCode | None = None
        self._last_news: SyncNews | None = None
        self._deadline: float | None = None
        self._stopping = threading.Event()
        self._signal = threading.Event()
        self._at_once = threading.Event()
        self._thread: threading.Thread | None = None

    # ---- called from any thread ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work in the background."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._stopping.clear()
        self._transport.reopen()
        # A daemon: a name lookup that hangs in the system must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    def wake(self, *, at_once: bool = False) -> None:
        """There is something to send. Returns at once. ``at_once``: a person asks, so no back-off is waited for."""
        if at_once:
            self._at_once.set()
        self._signal.set()

    def stop(self) -> None:
        """Cut the request in progress and end the thread, in at most two seconds. What was cut is sent again later."""
        self._stopping.set()
        self._signal.set()
        self._transport.abort()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._transport.close()

    # ---- the sending thread --------------------------------------------------------------------------------------

    def run_until_idle(self, seconds: float) -> SyncSummary:
        """Send until nothing is left that can be sent, or ``seconds`` have gone by, also waiting for the network.

        0: one try of everything. An upload that is running at the end stops after its chunk.
        """
        begun = self._delivered
        deadline = time.monotonic() + seconds
        self._deadline = deadline if seconds > 0 else None
        try:
            while True:
                wait = self._turn()
                left = deadline - time.monotonic()
                if self._idle() or left <= 0 or self._line.revoked or self._stopping.is_set():
                    break
                self._sleep(min(wait, left))
        finally:
            self._deadline = None
        pending, failed = self._books.counts()
        return SyncSummary(self._delivered - begun, pending, failed, self._line.online, self._distrust or self._code)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                wait = self._turn()
            except Exception as error:
                if self._stopping.is_set():
                    break
                log.exception("a round of sync failed")
                self._code = error.code if isinstance(error, XudaError) else None
                wait = self._pace.pause
            self._sleep(wait)
        with contextlib.suppress(Exception):
            self._announce(SyncPhase.OFF)

    def _sleep(self, seconds: float) -> None:
        if self._signal.wait(max(seconds, _SHORTEST_SLEEP)):
            self._signal.clear()
            self._line.probe_now()

    def _turn(self) -> float:
        """Do all that is due; the seconds after which there may be something again."""
        self._parked.clear()
        if self._at_once.is_set():
            self._at_once.clear()
            self._line.resume()
            self._backoff.all_due()
        with contextlib.suppress(_Leave):
            if self._connect() and not self._line.paused:
                self._refresh()
                self._send_due(small=True)
                self._check_due()
                self._hear()
                self._send_due(small=False)
                self._heartbeat()
        return self._report()

    def _connect(self) -> bool:
        """Whether the backend can be reached. When it has just come back everything is tried and checked at once."""
        if self._line.online:
            return True
        if not self._line.probe():
            self._code = self._line.code
            return False
        self._backoff.all_due()
        self._bootstrap_due = self._heartbeat_due = self._hear_due = 0.0
        self._want_checks()
        return True

    def _refresh(self) -> None:
        now = time.monotonic()
        if now < max(self._bootstrap_due, self._backoff.due(_BOOTSTRAP)):
            return
        try:
            bootstrap = self._api.bootstrap(self._books.keys_serial())
            self._books.save_bootstrap(bootstrap, time.monotonic())
        except XudaError as error:
            if error.code is ErrorCode.ORGANISATION_KEYS_INVALID:
                self._distrust = error.code
            self._backoff.failed(_BOOTSTRAP)
            self._trouble(error)
            return
        self._distrust = None
        self._backoff.succeeded(_BOOTSTRAP)
        self.facts.reached()
        self._bootstrap_due = now + self._pace.bootstrap

    def _send_due(self, *, small: bool) -> None:
        """Send everything that is due, in the outbox's order; new small things go before the next large one."""
        while batch := self._due(small=small):
            events = [item for item in batch if item.kind is ItemKind.EVENT]
            for item in events or batch[:1]:
                self._go_on_or_leave()
                self._send(item)

    def _due(self, *, small: bool) -> list[OutboxItem]:
        now = time.monotonic()
        return [item for item in self._sendable(small=small) if self._backoff.due(_key(item)) <= now]

    def _sendable(self, *, small: bool) -> list[OutboxItem]:
        """What waits, without what cannot be sent yet."""
        return [
            item
            for item in self._books.pending()
            if _key(item) not in self._parked and not (small and item.kind is ItemKind.OBJECT)
        ]

    def _send(self, item: OutboxItem) -> None:
        """One item. Whatever happens to it, the next one gets its turn."""
        self._announce(SyncPhase.SENDING)
        before = self._uploader.progress
        try:
            sent = self._courier.deliver(item)
        except TransportError as error:
            if error.fate is Fate.OFFLINE and self._uploader.progress > before:
                # A line that is cut often but carries a little each time is no reason to wait ever longer.
                self._backoff.succeeded(_key(item))
            self._failed(item, error)
        except XudaError as error:
            self._failed_here(item, error.code)
        except OSError:
            self._failed_here(item, ErrorCode.DISK_ERROR)
        except KeyError:
            self._settled(item, sent=False)  # it was deleted or purged since the outbox was read
        except _Leave:
            raise
        except Exception:
            log.exception("an item of kind %s could not be sent", item.kind)
            self._backoff.failed(_key(item))
        else:
            self._settled(item, sent=sent)

    def _settled(self, item: OutboxItem, *, sent: bool) -> None:
        if not sent:
            self._parked.add(_key(item))
            return
        self.facts.reached()
        self._backoff.succeeded(_key(item))
        self._delivered += 1
        self._checks.update(dict.fromkeys(self._courier.take_left()))
        if self._courier.take_withdrawn():
            # HR deletes at once where nothing stands against it
            self._hear_due = 0.0
        # A manifest may have waited for just this item.
        self._parked.clear()

    def _failed(self, item: OutboxItem, error: TransportError) -> None:
        if self._stopping.is_set():
            raise _Leave
        log.warning("an item of kind %s was not delivered: %s", item.kind, error)
        if error.fate is Fate.FINAL:
            self._books.refuse(item, error.code)
            self._backoff.succeeded(_key(item))
        else:
            self._books.retry(item, error.code)
            self._backoff.failed(_key(item), error.retry_after or 0.0)
        self._trouble(error)

    def _failed_here(self, item: OutboxItem, code: ErrorCode) -> None:
        """The item could not be read, or what the backend answered does not hold."""
        if self._stopping.is_set():
            raise _Leave
        log.warning("an item of kind %s was not delivered: %s", item.kind, code)
        self._code = code
        self._backoff.failed(_key(item))
        if code is ErrorCode.RECEIPT_INVALID:
            self._bootstrap_due = 0.0  # it may be signed with a key that is newer than those known here
        if code is ErrorCode.SEALED_DAMAGED:
            self._books.refuse(item, code)
        elif code not in (ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR):
            self._books.retry(item, code)

    def _check_due(self) -> None:
        for interview_id in list(self._checks):
            self._go_on_or_leave()
            if self._backoff.due(interview_id) <= time.monotonic():
                self._check(interview_id)

    def _check(self, interview_id: str) -> None:
        try:
            self._courier.check(interview_id)
        except XudaError as error:
            self._backoff.failed(interview_id)
            if isinstance(error, TransportError) and error.fate is Fate.FINAL:
                self._checks.pop(interview_id, None)
            self._trouble(error)
            return
        self.facts.reached()
        self._backoff.succeeded(interview_id)
        self._checks.pop(interview_id, None)

    def _want_checks(self) -> None:
        self._checks.update(dict.fromkeys(self._books.interviews_to_check()))

    def _heartbeat(self) -> None:
        """Let HR know that this device is there and how much waits on it, also while a long upload runs."""
        if time.monotonic() < self._heartbeat_due:
            return
        self._heartbeat_due = time.monotonic() + self._pace.heartbeat
        machine = self._machine()
        pending, failed = self._books.counts()
        try:
            self._api.contact(
                Contact(
                    pending=pending,
                    failed=failed,
                    free_bytes=machine.free_bytes,
                    clock=machine.clock,
                    app_version=app_version(),
                )
            )
        except TransportError as error:
            # An older backend does not know this request; that it answers is all the sign of life there can be.
            if error.code is not ErrorCode.NOT_FOUND:
                self._trouble(error)
                return
        self.facts.reached()

    def _hear(self) -> None:
        """What HR has to say about interviews of this device: gone on with elsewhere, withdrawn, deleted."""
        if self._listener is None or time.monotonic() < self._hear_due:
            return
        self._hear_due = time.monotonic() + self._pace.heartbeat
        try:
            changed = self._listener.listen()
        except XudaError as error:
            self._trouble(error)
            return
        if changed:
            # how far others have come stands in the roster
            self._bootstrap_due = 0.0
            self._want_checks()  # a receipt may have lost its worth: HR was restored from an older backup
            self._tell(InterviewsChanged())

    def _trouble(self, error: XudaError) -> None:
        """What a failure means for everything else. Raises _Leave when nothing else can be sent now."""
        if self._stopping.is_set():
            raise _Leave
        self._code = error.code
        if isinstance(error, TransportError) and not self._line.still_good(error):
            raise _Leave

    def _between_chunks(self) -> None:
        self._go_on_or_leave()
        self._send_due(small=True)
        self._check_due()
        self._hear()
        self._heartbeat()
        self._go_on_or_leave()

    def _go_on_or_leave(self) -> None:
        late = self._deadline is not None and time.monotonic() > self._deadline
        if self._stopping.is_set() or late or not self._line.online or self._line.paused:
            raise _Leave

    # ---- what is left --------------------------------------------------------------------------------------------

    def _idle(self) -> bool:
        return self._line.online and not self._line.paused and not self._checks and not self._sendable(small=False)

    def _report(self) -> float:
        """Say how things stand; the seconds until something is due."""
        if not self._line.online:
            self._announce(SyncPhase.OFFLINE)
            return self._line.wait()
        if self._line.paused:
            self._announce(SyncPhase.WAITING)
            return self._line.wait()
        waiting = [*(_key(item) for item in self._sendable(small=False)), *self._checks]
        pending, failed = self._books.counts()
        if not waiting and not failed:
            self._code = None
        self._announce(SyncPhase.WAITING if waiting else SyncPhase.DONE, (pending, failed))
        bootstrap = max(self._bootstrap_due, self._backoff.due(_BOOTSTRAP))
        listening = [self._hear_due] if self._listener else []
        due = min([self._heartbeat_due, bootstrap, *listening, *(self._backoff.due(key) for key in waiting)])
        return due - time.monotonic()

    def _announce(self, phase: SyncPhase, counts: tuple[int, int] | None = None) -> None:
        pending, failed = counts or self._books.counts()
        news = SyncNews(phase, pending, failed, self._distrust or self._code)
        if news == self._last_news:
            return
        self._last_news = news
        self._tell(news)

    def _tell(self, news: SyncNews | InterviewsChanged) -> None:
        try:
            self._notify(news)
        except Exception:
            log.exception("a listener of sync failed")


def _key(item: OutboxItem) -> tuple[str, str, str]:
    return item.kind, item.interview_id, item.ref
