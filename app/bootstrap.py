"""The composition root: puts the parts of the client together. Nothing else sees all of them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import psutil

from app.capture.desk import CaptureDesk
from app.capture.media import AvMediaTools
from app.capture.recorder import DeviceRecorder
from app.checks import DeviceCheck
from app.clock import SystemClock
from app.config import ClientSettings
from app.facts import FactFinder, RecentErrors
from app.interview.service import InterviewService
from app.interview.views import News
from app.storage.open import open_storage
from app.sync.engine import SyncEngine
from app.sync.transport import Signer, Transport
from app.transcribe.supervisor import WhisperTranscriber

log = logging.getLogger(__name__)
T = TypeVar("T")


class NewsBoard:
    """Passes news from any thread to whoever listens, in the order it comes."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[News], None]] = []
        self._guard = threading.Lock()

    def subscribe(self, listener: Callable[[News], None]) -> None:
        with self._guard:
            self._listeners.append(listener)

    def __call__(self, news: News) -> None:
        with self._guard:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(news)


class Client:
    """All parts of the client but the windows. ``close`` ends every thread and process; nothing is lost by it.

    Raises XudaError as ``open_storage`` does.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self.settings = settings
        self.clock = SystemClock()
        self.storage = open_storage(settings.data, self.clock)
        try:
            self._assemble()
        except BaseException:
            self.storage.close()
            raise

    def _assemble(self) -> None:
        settings, storage = self.settings, self.storage
        self.news = NewsBoard()
        self.errors = RecentErrors()
        logging.getLogger().addHandler(self.errors)
        self.recorder = DeviceRecorder()
        self.devices = CaptureDesk(self.recorder, camera=settings.camera, microphone=settings.microphone)
        self.media = AvMediaTools()
        self.transcriber = WhisperTranscriber.open(
            settings.models_dir,
            wanted=settings.model,
            cores=os.cpu_count() or 1,
            memory=psutil.virtual_memory().total,
        )
        self.engine = self._make_engine()
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="background")
        self.facts = FactFinder(
            settings.data,
            network=lambda: self.engine.facts.network() if self.engine else "unknown",
            camera=lambda: self.recorder.camera.name if self.recorder.camera else "",
            microphone=lambda: self.recorder.microphone.name if self.recorder.microphone else "",
            speech_model=lambda: self.transcriber.model or "",
            errors=self.errors,
        )
        self.check = DeviceCheck(self.recorder, settings.data, self.transcriber, storage.shelf, self.clock)
        self.service = InterviewService(
            store=storage.interviews,
            shelf=storage.shelf,
            recorder=self.recorder,
            media=self.media,
            transcriber=self.transcriber,
            clock=self.clock,
            facts=self.facts,
            new_key=lambda: os.urandom(32),
            post=self._post,
            notify=self.news,
            wake_sync=self._wake_sync,
        )

    def submit(self, call: Callable[[], T]) -> Future[T]:
        """Run on the database thread."""
        future: Future[T] = self.storage.database.submit(lambda _db: call())
        return future

    def background(self, call: Callable[[], T]) -> Future[T]:
        """Run on a thread that may take its time."""
        return self._pool.submit(call)

    def start_sync(self) -> None:
        if self.engine is not None and self.settings.server_sync:
            self.engine.start()

    def close(self) -> None:
        if self.engine is not None:
            self.engine.stop()
        self.recorder.close()
        self.transcriber.close()
        self._pool.shutdown(wait=False, cancel_futures=True)
        logging.getLogger().removeHandler(self.errors)
        self.storage.close()

    def _make_engine(self) -> SyncEngine | None:
        enrolment = self.storage.enrolments.load()
        if enrolment is None:
            return None
        signer = Signer(enrolment.device_key, enrolment.device_id, self.clock)
        transport = Transport(enrolment.server_url, signer=signer)
        storage = self.storage
        return SyncEngine(storage.database, storage.outbox, storage.shelf, transport, self.news)

    def _post(self, call: Callable[[], None]) -> None:
        future = self.submit(call)
        future.add_done_callback(_log_failure)

    def _wake_sync(self) -> None:
        if self.engine is not None:
            self.engine.wake()


def _log_failure(future: Future[None]) -> None:
    error = future.exception()
    if error is not None:
        log.error("A posted call failed: %s", type(error).__name__, exc_info=error)
