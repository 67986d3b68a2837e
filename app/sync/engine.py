"""The sync thread: sends what waits, small things first, and keeps nothing waiting for what fails."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from app.interview.views import InterviewsChanged, KitsChanged, SyncNews, SyncPhase
from app.sync.api import DeviceApi
from app.sync.backoff import Backoff
from app.sync.courier import Courier
from app.sync.facts import NetworkFacts
from app.sync.herald import Herald
from app.sync.kit_files import FileFetcher
from app.sync.line import Line
from app.sync.machine import Machine
from app.sync.news import Pace, SyncSummary
from app.sync.notices import NoticeListener
from app.sync.ports import Books, DatabaseThread, NoticePort, OutboxPort, ShelfPort
from app.sync.rules import SendingRules, Throttle
from app.sync.score_sheets import ScoreSheetFetcher
from app.sync.sending import Sender, item_key
from app.sync.shift import Leave, Shift
from app.sync.transport import Transport
from app.sync.upkeep import Upkeep
from app.sync.uploader import Chunks, Uploader
from contract.errors import XudaError

log = logging.getLogger(__name__)

_STOP_SECONDS = 1.9
_SHORTEST_SLEEP = 0.02
# so that everything else that is due during a slow upload has its turn
_LONGEST_REST = 1.0


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
        notify: Callable[[SyncNews | InterviewsChanged | KitsChanged], None] = lambda _: None,
        *,
        machine: Callable[[], Machine],
        notices: NoticePort | None = None,
        rules: SendingRules | None = None,
        pace: Pace | None = None,
        chunks: Chunks | None = None,
    ) -> None:
        pace = pace or Pace()
        self._pause = pace.pause
        self._transport = transport
        self._books = Books(database, outbox, shelf)
        api = DeviceApi(transport)
        self.facts = NetworkFacts(time.monotonic)
        self._line = Line(api, self.facts, pace)
        self._backoff = Backoff(time.monotonic, first=pace.first_retry, longest=pace.longest_retry)
        self._shift = Shift(self._line, self._backoff)
        self._herald = Herald(self._books, self._shift, notify)
        self._rules = rules or SendingRules()
        throttle = Throttle(self._rules.limit)
        self._uploader = Uploader(
            transport, between_chunks=self._between_chunks, chunks=chunks, throttle=throttle, rest=self._rest
        )
        self._courier = Courier(api, self._uploader, self._books)
        listener = NoticeListener(api, database, notices) if notices else None
        self._upkeep = Upkeep(
            api,
            self._books,
            self._courier,
            self._shift,
            self._herald,
            self.facts,
            pace=pace,
            machine=machine,
            listener=listener,
        )
        self._sender = Sender(
            self._books, self._courier, self._uploader, self._shift, self._herald, self._upkeep, self.facts, self._rules
        )
        self._sheets = ScoreSheetFetcher(api, self._books, self._shift, pace.bootstrap)
        self._kit_files = FileFetcher(
            self._books.wanted_files,
            api.kit_file,
            shelf.files,
            self._shift,
            lambda: self._herald.tell(KitsChanged()),
            self._between_chunks,
        )
        self._models = FileFetcher(
            self._books.wanted_models,
            api.score_model,
            shelf.scores.files,
            self._shift,
            lambda: None,
            self._between_chunks,
        )
        self._noted = False
        self._signal = threading.Event()
        self._at_once = threading.Event()
        self._thread: threading.Thread | None = None

    # ---- called from any thread ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work in the background."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._shift.stopping.clear()
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
        self._shift.stopping.set()
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
        begun = self._sender.delivered
        deadline = time.monotonic() + seconds
        self._shift.deadline = deadline if seconds > 0 else None
        try:
            while True:
                wait = self._turn()
                left = deadline - time.monotonic()
                if self._idle() or left <= 0 or self._line.revoked or self._shift.stopping.is_set():
                    break
                self._sleep(min(wait, left))
        finally:
            self._shift.deadline = None
        pending, failed = self._books.counts()
        return SyncSummary(self._sender.delivered - begun, pending, failed, self._line.online, self._shift.problem)

    def _run(self) -> None:
        while not self._shift.stopping.is_set():
            try:
                wait = self._turn()
            except Exception as error:
                if self._shift.stopping.is_set():
                    break
                log.exception("a round of sync failed")
                self._shift.code = error.code if isinstance(error, XudaError) else None
                wait = self._pause
            self._sleep(wait)
        with contextlib.suppress(Exception):
            self._herald.announce(SyncPhase.OFF)

    def _sleep(self, seconds: float) -> None:
        if self._signal.wait(max(seconds, _SHORTEST_SLEEP)):
            self._signal.clear()
            self._line.probe_now()

    def _turn(self) -> float:
        """Do all that is due; the seconds after which there may be something again."""
        self._sender.begin_turn()
        if self._at_once.is_set():
            self._at_once.clear()
            self._line.resume()
            self._backoff.all_due()
        with contextlib.suppress(Leave):
            if self._connect() and not self._line.paused:
                self._upkeep.refresh()
                self._sender.send_due(small=True)
                self._upkeep.check_due()
                self._upkeep.hear()
                # what interviews here need comes before recordings of interviews that are over
                self._kit_files.fetch()
                self._sheets.fetch()
                self._models.fetch()
                self._sender.send_due(small=False)
                self._upkeep.heartbeat()
        self._note_revoked()
        return self._report()

    def _note_revoked(self) -> None:
        """Once, not with each turn of the long pause that follows."""
        if self._line.revoked and not self._noted:
            self._books.note_revoked()
        self._noted = self._line.revoked

    def _connect(self) -> bool:
        """Whether the backend can be reached. When it has just come back everything is tried and checked at once."""
        if self._line.online:
            return True
        if not self._line.probe():
            self._shift.code = self._line.code
            return False
        self._backoff.all_due()
        self._upkeep.all_due()
        self._sheets.due = 0.0
        return True

    def _rest(self, seconds: float) -> None:
        """Within an upload that may go no faster; sooner over when there is something to send."""
        if self._signal.wait(min(seconds, _LONGEST_REST)) and not self._shift.stopping.is_set():
            self._signal.clear()

    def _between_chunks(self) -> None:
        self._shift.go_on_or_leave()
        self._upkeep.refresh()
        self._sender.send_due(small=True)
        self._upkeep.check_due()
        self._upkeep.hear()
        self._upkeep.heartbeat()
        self._shift.go_on_or_leave()
        if self._rules.recordings_wait:
            raise Leave

    # ---- what is left --------------------------------------------------------------------------------------------

    def _idle(self) -> bool:
        return (
            self._line.online
            and not self._line.paused
            and not self._upkeep.checks
            and not self._fetching
            and not self._sender.sendable(small=False)
        )

    @property
    def _fetching(self) -> list[str]:
        return [*self._kit_files.waiting, *self._sheets.waiting, *self._models.waiting]

    def _report(self) -> float:
        """Say how things stand; the seconds until something is due."""
        if not self._line.online:
            self._herald.announce(SyncPhase.OFFLINE)
            return self._line.wait()
        if self._line.paused:
            self._herald.announce(SyncPhase.WAITING)
            return self._line.wait()
        items = (item_key(item) for item in self._sender.sendable(small=False))
        waiting = [*items, *self._upkeep.checks, *self._fetching]
        pending, failed = self._books.counts()
        held = self._rules.held(pending)
        if not waiting and not failed:
            self._shift.code = held
        self._herald.announce(SyncPhase.WAITING if waiting or held else SyncPhase.DONE, (pending, failed))
        due = min([self._upkeep.next_due(), *(self._backoff.due(key) for key in waiting)])
        return due - time.monotonic()
