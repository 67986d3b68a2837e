"""The composition root: puts the parts of the client together. Nothing else sees all of them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from app.capture.desk import CaptureDesk
from app.clock import SystemClock
from app.config import ClientSettings
from app.crashes.watch import CrashWatch
from app.device_settings import SettingsDesk
from app.facts import FactFinder, RecentErrors
from app.interview.model import CheckResult, DeviceInfo
from app.interview.service import InterviewService
from app.interview.views import News
from app.late import Late
from app.storage.keystore import passphrase_in
from app.storage.open import Storage, open_storage
from app.sync.engine import SyncEngine
from app.sync.fresh import FreshLine
from app.sync.machine import look_at
from app.sync.moving import MovingLine
from app.sync.rules import SendingRules
from app.sync.transport import Signer, Transport
from contract.kit import Kit

if TYPE_CHECKING:
    from app.capture.media import AvMediaTools
    from app.capture.recorder import DeviceRecorder
    from app.checks import DeviceCheck
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


def open_folder(settings: ClientSettings, clock: SystemClock) -> Storage:
    """The data folder with the keystore that the settings ask for. Raises XudaError as ``open_storage`` does."""
    passphrase = settings.passphrase
    if not passphrase and settings.passphrase_file is not None:
        passphrase = passphrase_in(settings.passphrase_file, "passphrase_file") or ""
    plain = settings.keystore == "file"
    return open_storage(settings.data, clock, passphrase=passphrase or None, plain_keystore=plain)


class Client:
    """All parts of the client but the windows. ``close`` ends every thread and process; nothing is lost by it.

    Raises XudaError as ``open_storage`` does.
    """

    def __init__(self, settings: ClientSettings, watch: CrashWatch | None = None) -> None:
        self.settings = settings
        self._watch = watch
        self.clock = SystemClock()
        self.storage = open_folder(settings, self.clock)
        try:
            self._assemble()
        except BaseException:
            self.storage.close()
            raise

    def _assemble(self) -> None:
        settings, storage = self.settings, self.storage
        self.news = NewsBoard()
        self.device_settings = SettingsDesk(settings.given, storage.settings.current)
        storage.settings.listener = self.device_settings.take
        self.errors = RecentErrors()
        logging.getLogger().addHandler(self.errors)
        if self._watch is not None:
            self._watch.recent = self.errors.newest
        self._late_recorder = Late(lambda: _make_recorder(self.device_settings))
        self._late_transcriber = Late(lambda: _make_transcriber(settings, self._watch))
        self._late_check = Late(self._make_check)
        self.recorder = self._late_recorder.stand_in()
        self.transcriber = self._late_transcriber.stand_in()
        self.media = Late(_make_media).stand_in()
        self.devices = CaptureDesk(self.recorder, camera=settings.camera, microphone=settings.microphone)
        self.engine = self._make_engine()
        self._pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="background")
        self.facts = FactFinder(
            settings.data,
            network=lambda: self.engine.facts.network() if self.engine else "unknown",
            camera=lambda: self._device_name("camera"),
            microphone=lambda: self._device_name("microphone"),
            speech_model=lambda: (self.transcriber.model or "") if self._late_transcriber.made else "",
            errors=self.errors,
        )
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

    def _device_name(self, kind: str) -> str:
        """Of the open camera or microphone; nothing is loaded to find out that there is none."""
        device: DeviceInfo | None = getattr(self.recorder, kind) if self._late_recorder.made else None
        return device.name if device else ""

    def check(self, kit: Kit | None) -> list[CheckResult]:
        """Look at the devices and the machine; may take a second."""
        return self._late_check.get()(kit)

    def warm_up(self) -> None:
        """Load what an interview will need, in the background, once the window is there.

        One after the other: each is a rival of the screens for the interpreter.
        """

        parts: tuple[Callable[[], object], ...] = (
            self._late_recorder.get,
            _load_device_lists,
            lambda: self.transcriber.warm_up(),
        )

        def load() -> None:
            for part in parts:
                try:
                    part()
                except Exception as error:  # whoever needs it is told then
                    log.warning("Not loaded beforehand: %s", type(error).__name__)

        self.background(load)

    def start_sync(self) -> None:
        if self.engine is not None and self.settings.server_sync:
            self.engine.start()

    def close(self) -> None:
        """Each part is closed, whatever another one says: a database left open would keep the process alive."""
        with ExitStack() as parts:
            parts.callback(self.storage.close)
            parts.callback(logging.getLogger().removeHandler, self.errors)
            if self._late_transcriber.made:
                parts.callback(self.transcriber.close)
            if self._late_recorder.made:
                parts.callback(self.recorder.close)
            parts.callback(self._pool.shutdown, wait=True, cancel_futures=True)
            if self.engine is not None:
                parts.callback(self.engine.stop)

    def local_time(self) -> datetime:
        """At this device's place, by HR's clock as far as it is known."""
        return (self.storage.shelf.latest_time() or self.clock.now()).astimezone()

    def _make_check(self) -> DeviceCheck:
        from app.checks import DeviceCheck

        return DeviceCheck(self.recorder, self.settings.data, self.transcriber, self.storage.shelf, self.clock)

    def _make_engine(self) -> SyncEngine | None:
        self.moving: MovingLine | None = None
        self.fresh: FreshLine | None = None
        enrolment = self.storage.enrolments.load()
        if enrolment is None:
            return None
        signer = Signer(enrolment.device_key, enrolment.device_id, self.clock)
        self.moving = MovingLine(enrolment.server_url, signer)
        self.fresh = FreshLine(enrolment.server_url, signer, self.storage.database, self.storage.shelf)
        # `xuda sync --wait 5` is not to hang for half a minute on a server that says nothing.
        patience = min(30.0, max(5.0, self.settings.wait)) if self.settings.wait else 30.0
        transport = Transport(enrolment.server_url, signer=signer, timeouts=(5.0, patience))
        storage = self.storage
        return SyncEngine(
            storage.database,
            storage.outbox,
            storage.shelf,
            transport,
            self.news,
            machine=look_at(self.settings.data, self.clock, lambda: storage.settings.current),
            rules=SendingRules(lambda: self.device_settings.values, self.local_time),
            notices=storage.notices,
        )

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


def _make_recorder(desk: SettingsDesk) -> DeviceRecorder:
    """HR may change how large pictures are: the next take is so."""
    from app.capture.recorder import DeviceRecorder
    from app.capture.values import CaptureSettings

    return DeviceRecorder(lambda: CaptureSettings.bounded(desk.values.video_height, desk.values.video_kbit))


def _load_device_lists() -> None:
    """The libraries that know the names of cameras and microphones: to load them is not to hold the device page up."""
    from app.capture.devices import list_cameras, list_microphones

    list_cameras()
    list_microphones()


def _make_media() -> AvMediaTools:
    from app.capture.media import AvMediaTools

    return AvMediaTools()


def _make_transcriber(settings: ClientSettings, watch: CrashWatch | None) -> WhisperTranscriber:
    import psutil

    from app.transcribe.process import Witness
    from app.transcribe.supervisor import WhisperTranscriber

    return WhisperTranscriber.open(
        settings.models_dir,
        wanted=settings.model,
        cores=os.cpu_count() or 1,
        memory=psutil.virtual_memory().total,
        witness=Witness(watch.worker_fault_file, watch.worker_died) if watch is not None else None,
    )
