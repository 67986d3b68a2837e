"""`xuda client`: the windows over a composed client, and the autopilot that may drive them."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import ClientSettings
from app.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from app.bootstrap import Client
    from app.crashes.watch import CrashWatch
    from app.flight import Flight
    from app.interview.model import Battery
    from app.interview.papers import Paper, PaperSource
    from app.ui.application import MainWindow
    from app.ui.context import UiContext
    from app.ui.dress import Appearance
    from app.ui.links import LinkDoor
    from app.ui.loading import SpareSteps
    from app.ui.script import Script

# Loading the recorder and the model takes processor time that the first screen needs more.
_WARM_UP_AFTER_MS = 400
# Then the first person has found their way, and the machine has time.
_LOOK_OVER_AFTER_MS = 5000
# A window that is never painted (no window system shows it) must not keep the client from opening.
_PAINTED_AT_LATEST_MS = 1500
# The thread of the screens asks for the interpreter with every call between Qt and Python, some hundred times for one
# picture: it is not to wait Python's usual 5 ms for each of them while another thread loads or computes.
_TURN_SECONDS = 0.0005


def run_client(settings: ClientSettings) -> int:
    """Open the client and stay until its window is closed. Raises XudaError(SCREEN_MISSING) and as ``Client`` does.

    The window comes first, with as little behind it as can be; everything else is opened while it is there already.
    """
    need_screen()
    if settings.invitation and _handed_over(settings):
        return 0
    run = ClientRun(settings)
    try:
        code = run.run()
    except Exception as error:
        run.tell(error)
        raise
    finally:
        run.close()
    from app.kiosk.again import RESTARTED_BY_STAFF, start_again

    return start_again(code) if code == RESTARTED_BY_STAFF else code


def _handed_over(settings: ClientSettings) -> bool:
    """Whether a window that is open already took the invitation. Raises XudaError(ALREADY_RUNNING) when it did not."""
    from app.ui.links import Answer, hand_over

    answer = hand_over(settings.data, settings.invitation)
    if answer is Answer.REFUSED:
        from contract.errors import ErrorCode, XudaError

        raise XudaError(ErrorCode.ALREADY_RUNNING)
    return answer is Answer.TAKEN


class ClientRun:
    """One run of `xuda client`: the window at once, the client behind it when it is open, the autopilot if any."""

    def __init__(self, settings: ClientSettings) -> None:
        from app.ui.swift import spare_sources

        spare_sources()
        import app.ui.application  # noqa: F401  before other threads begin, which would slow it down
        from app.ui.dress import build_application
        from app.ui.runner import QtRunner

        sys.setswitchinterval(_TURN_SECONDS)
        self._settings = settings
        self._application = build_application(sys.argv[:1])
        self._opening = Opening(self._open, self._prepare)
        self._runner = QtRunner(self._opening.submit, self._opening.background)
        self._spare: SpareSteps | None = None
        self._context = front_context(self._opening, settings)
        self._window: MainWindow | None = None
        self._watch: CrashWatch | None = None
        self._script: Script | None = None
        self._flight: Flight | None = None
        self._error: Exception | None = None
        self._begun = False
        self._door: LinkDoor | None = None

    def run(self) -> int:
        """Until the window is closed. Raises what kept the client from opening."""
        from PySide6.QtCore import QTimer

        if self._settings.kiosk:
            # A booth opens with what HR has set for it: nothing is shown before that is known.
            QTimer.singleShot(0, self._begin)
        else:
            self._window = self._show(self._context, waiting=True)
            self._window.painted.connect(self._begin)
            QTimer.singleShot(_PAINTED_AT_LATEST_MS, self._begin)
        code = int(self._application.exec())
        if self._error is not None:
            raise self._error
        if self._flight is not None:
            self._flight.report()
            return code
        return code or (self._window.exit_code if self._window is not None else 0)

    def tell(self, error: Exception) -> None:
        """Leave a report on an error that nobody expected."""
        from contract.errors import XudaError

        if not isinstance(error, XudaError):
            self._start_watch().tell(error)

    def close(self) -> None:
        """What was given so far is saved; every thread ends."""
        if self._door is not None:
            self._door.close()
        self._runner.close()
        if self._window is not None:
            self._window.abort()
            self._window = None
        self._opening.close()
        client = self._opening.client
        if client is not None:
            with closing(client):
                client.submit(client.service.shutdown).result()
        if self._watch is not None:
            self._watch.stop()

    # ---- opening, on its own thread --------------------

    def _open(self, passphrase: str) -> Client:
        if self._watch is None:
            self._keep_records()
            self._script = _script(self._settings.autopilot)
        # wanted next; the thread of the screens does not wait for it
        import app.screen_context  # noqa: F401
        from app.bootstrap import Client

        return Client(_with(self._settings, passphrase), self._start_watch())

    def _keep_records(self) -> None:
        from app.log import keep_log
        from app.storage.files import disk_errors

        with disk_errors():
            keep_log(self._settings.data)
        self._start_watch()

    def _start_watch(self) -> CrashWatch:
        if self._watch is None:
            from app.crashes.watch import CrashWatch
            from app.facts import app_version

            self._watch = CrashWatch(self._settings.data, "client", app_version())
            self._watch.start()
        return self._watch

    def _prepare(self, client: Client) -> None:
        client.submit(client.service.recover)
        if self._settings.server_sync:
            self._context.moving, self._context.fresh = client.moving, client.fresh

    # ---- opening, seen from the window --------------------

    def _begin(self) -> None:
        """The window is there: now everything else."""
        if self._begun:
            return
        self._begun = True
        from app.ui.collecting import Collector
        from app.ui.loading import SpareSteps
        from app.ui.qt_names import NAMES, make

        self._collector = Collector()
        self._spare = SpareSteps()
        self._spare.add(make(NAMES), self._failed)
        self._follow(self._opening.attempt())

    def _follow(self, attempt: Future[Client]) -> None:
        self._runner.follow(attempt, self._opened, self._failed)

    def _failed(self, error: Exception) -> None:
        from app.program import known
        from contract.errors import XudaError

        error = known(error)
        if isinstance(error, XudaError) and self._script is None:
            from app.ui.failure import see_to

            found = see_to(error, self._context.language, self._opening.attempt, kiosk=self._settings.kiosk)
            if found is not None:
                self._follow(found)
                return
        self._error = error
        self._application.exit(1)

    def _opened(self, client: Client) -> None:
        from app.screen_context import wants_kiosk
        from app.ui.loading import BOOTH, SCREENS

        window = self._window
        if window is None or wants_kiosk(client) != self._context.kiosk:
            # A booth, by its settings or as HR has asked for from afar: its window needs what only an open client has.
            # It comes whole, and is not to stand still afterwards.
            self._load(None, BOOTH, lambda: self._attend(client, self._change_window(client)))
        else:
            self._speak(window, client)
            self._load(window, SCREENS, lambda: self._ready(window))
            self._attend(client, window)

    def _load(self, window: MainWindow | None, modules: Iterable[str], then: Callable[[], None]) -> None:
        """What is no part of Qt on another thread, then the screens on this one."""
        from app.ui.loading import load
        from app.ui.qt_names import WIDGETS, make

        def go_on() -> None:
            assert self._spare is not None
            self._spare.add(load(modules), self._failed, then)
            self._spare.add(make(WIDGETS), self._failed)

        self._runner.background(lambda: _load_beside(window), lambda _: go_on(), self._failed)

    def _change_window(self, client: Client) -> MainWindow:
        from app.screen_context import make_context

        before, self._window = self._window, self._show(make_context(client))
        if before is not None:
            before.abort()
        self._open_door()
        return self._window

    def _attend(self, client: Client, window: MainWindow) -> None:
        """To a window and the client behind it."""
        from PySide6.QtCore import QTimer

        watch = self._start_watch()
        self._collector.watch(window)
        window.screen_changed.connect(lambda name: _note_screen(client, watch, name))
        _note_screen(client, watch, window.screen_name())
        client.background(watch.collect)
        if client.storage.database.restored is not None:
            from contract.errors import ErrorCode, XudaError

            window.journey.fail(XudaError(ErrorCode.DATABASE_RESTORED))
        client.start_sync()
        QTimer.singleShot(_WARM_UP_AFTER_MS, client.warm_up)
        QTimer.singleShot(_LOOK_OVER_AFTER_MS, self._look_over)
        if self._script is not None:
            from app.flight import Flight

            self._flight = Flight(window, self._context, client, self._script, self._application.exit)
        elif self._settings.invitation:
            window.journey.arrival.arrive(self._settings.invitation)

    def _speak(self, window: MainWindow, client: Client) -> None:
        """HR may have set a language from afar; whoever has chosen one, earlier or just now, keeps it."""
        from app.screen_context import first_language

        wanted = first_language(client, kiosk=False)
        if window.texts.language == self._context.language != wanted:
            window.speak(wanted)

    def _look_over(self) -> None:
        from app.program import FROZEN

        window = self._window
        if FROZEN and window is not None:
            from app.first_start import look_over

            self._runner.background(lambda: look_over(self._settings.data), lambda _: None, window.journey.fail)

    def _ready(self, window: MainWindow) -> None:
        window.be_ready()
        self._open_door()

    def _open_door(self) -> None:
        """From now on a second start with a link brings it here."""
        if self._window is not None and self._door is None:
            from app.ui.links import LinkDoor

            self._door = LinkDoor(self._settings.data, self._window)

    def _show(self, context: UiContext, *, waiting: bool = False) -> MainWindow:
        from app.ui.application import MainWindow

        self._context = context
        window = MainWindow(context, waiting=waiting)
        window.show()
        return window


def _with(settings: ClientSettings, passphrase: str) -> ClientSettings:
    return replace(settings, passphrase=passphrase) if passphrase else settings


def need_screen() -> None:
    """Qt would end the whole program without a word for the user. Raises XudaError(SCREEN_MISSING)."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        from contract.errors import ErrorCode, XudaError

        raise XudaError(ErrorCode.SCREEN_MISSING)


def _load_beside(window: MainWindow | None) -> None:
    from app.ui import icons
    from app.ui.loading import BESIDE, load

    icons.read_all()
    for _ in load(BESIDE):
        pass
    if window is not None:
        window.texts.prepare()


def _script(file: Path | None) -> Script | None:
    if file is None:
        return None
    from app.ui.script import read_script

    return read_script(file)


def _note_screen(client: Client, watch: CrashWatch, name: str) -> None:
    watch.at_screen(name)
    client.background(watch.keep_screen)


def front_context(opening: Opening, settings: ClientSettings) -> UiContext:
    """What the screens see of a client that is not open yet: what they ask of it waits."""
    from app.ui.context import UiContext
    from app.ui.dress import saved_appearance
    from app.ui.i18n import saved_language

    return UiContext(
        service=opening.part(lambda client: client.service),
        devices=opening.part(lambda client: client.devices),
        submit=opening.submit,
        background=opening.background,
        subscribe=opening.subscribe,
        checks=lambda kit: _of(opening).check(kit),
        diagnostics=lambda: _diagnostics(_of(opening)),
        save_language=lambda language: _keep_language(settings.data, language),
        battery=_battery,
        language=saved_language(settings.data) or settings.lang,
        transfer=lambda: _of(opening).storage.bundles(),
        kiosk=settings.kiosk,
        appearance=saved_appearance(settings.data),
        save_appearance=lambda chosen: _keep_appearance(settings.data, chosen),
        papers=_paper,
    )


def _keep_language(data: Path, language: str) -> None:
    from app.remembered import save_language

    save_language(data, language)


def _keep_appearance(data: Path, chosen: Appearance) -> None:
    from app.remembered import save_appearance

    save_appearance(data, chosen)


def _of(opening: Opening) -> Client:
    client = opening.client
    assert client is not None  # no screen that asks for this is there before
    return client


def _paper(source: PaperSource, paper: Paper, *, language: str, letter: bool, own_copy: bool = True) -> bytes:
    from app.papers import make_paper

    return make_paper(source, paper, language=language, letter=letter, own_copy=own_copy)


def _diagnostics(client: Client) -> str:
    from app.screen_context import diagnostics

    return diagnostics(client)


def _battery() -> Battery | None:
    from app.facts import read_battery

    return read_battery()
