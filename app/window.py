"""`xuda client`: the windows over a composed client, and the autopilot that may drive them."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.config import ClientSettings
from app.opening import Opening

if TYPE_CHECKING:
    from concurrent.futures import Future

    from app.bootstrap import Client
    from app.crashes.watch import CrashWatch
    from app.interview.model import Battery
    from app.interview.papers import Paper, PaperSource
    from app.interview.service import InterviewService
    from app.kiosk.desk import KioskDesk
    from app.ui.application import MainWindow
    from app.ui.autopilot import Autopilot
    from app.ui.context import UiContext
    from app.ui.links import LinkDoor
    from app.ui.script import Script
    from contract.errors import ErrorCode, XudaError

# Loading the recorder and the model takes processor time that the first screen needs more.
_WARM_UP_AFTER_MS = 400
_TOLD_SECONDS = 20
# A window that is never painted (no window system shows it) must not keep the client from opening.
_PAINTED_AT_LATEST_MS = 1500


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
        gc.disable()  # it would only look through what all stays
        from app.ui.swift import spare_sources

        spare_sources()
        from app.ui.application import build_application
        from app.ui.runner import QtRunner

        self._settings = settings
        self._application = build_application(sys.argv[:1])
        self._opening = Opening(self._open, self._prepare)
        self._runner = QtRunner(self._opening.submit, self._opening.background)
        self._context = front_context(self._opening, settings)
        self._window: MainWindow | None = None
        self._watch: CrashWatch | None = None
        self._script: Script | None = None
        self._pilot: Autopilot | None = None
        self._earlier: set[str] = set()
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
        if self._pilot is not None:
            return self._report(self._pilot, code)
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
        gc.enable()
        self._follow(self._opening.attempt())

    def _follow(self, attempt: Future[Client]) -> None:
        self._runner.follow(attempt, self._opened, self._failed)

    def _failed(self, error: Exception) -> None:
        from contract.errors import XudaError

        language = self._context.language
        if isinstance(error, XudaError) and self._script is None:
            found = _ask(error.code, language, self._opening.attempt, kiosk=self._settings.kiosk)
            if found is not None:
                self._follow(found)
                return
            if error.code not in _asked():
                _show_failure(error, language, seconds=_TOLD_SECONDS if self._settings.kiosk else None)
        self._error = error
        self._application.exit(1)

    def _opened(self, client: Client) -> None:
        from PySide6.QtCore import QTimer

        from app.ui.pages import load_screens

        window = self._window
        if window is None or wants_kiosk(client) != self._context.kiosk:
            # a booth, by its settings or as HR has asked for from afar: its window needs what only an open client has
            before, window = window, self._show(make_context(client))
            self._window = window
            if before is not None:
                before.abort()
        else:
            self._speak(window, client)
            self._runner.background(load_screens, lambda _: window.be_ready(), self._failed)
        watch = self._start_watch()
        window.screen_changed.connect(lambda name: _note_screen(client, watch, name))
        _note_screen(client, watch, window.screen_name())
        client.background(watch.collect)
        if client.storage.database.restored is not None:
            from contract.errors import ErrorCode, XudaError

            window.journey.fail(XudaError(ErrorCode.DATABASE_RESTORED))
        client.start_sync()
        QTimer.singleShot(_WARM_UP_AFTER_MS, client.warm_up)
        QTimer.singleShot(_WARM_UP_AFTER_MS, self._open_door)
        if self._script is not None:
            self._fly(window, client, self._script)
        elif self._settings.invitation:
            window.use_invitation(self._settings.invitation)

    def _speak(self, window: MainWindow, client: Client) -> None:
        """HR may have set a language from afar; whoever has chosen one, earlier or just now, keeps it."""
        wanted = first_language(client, kiosk=False)
        if window.texts.language == self._context.language != wanted:
            window.speak(wanted)

    def _open_door(self) -> None:
        """From now on a second start with a link brings it here."""
        if self._window is not None:
            from app.ui.links import LinkDoor

            self._door = LinkDoor(self._settings.data, self._window.take_link)

    def _show(self, context: UiContext, *, waiting: bool = False) -> MainWindow:
        from app.ui.application import MainWindow

        self._context = context
        window = MainWindow(context, waiting=waiting)
        window.show()
        return window

    # ---- the autopilot --------------------

    def _fly(self, window: MainWindow, client: Client, script: Script) -> None:
        from app.ui.autopilot import Autopilot

        self._earlier = {row.interview_id for row in client.submit(client.service.mine).result()}
        self._pilot = Autopilot(window, self._context, script, self._application.exit)
        self._pilot.start()

    def _report(self, pilot: Autopilot, code: int) -> int:
        client = self._opening.client
        assert client is not None
        client.submit(client.service.shutdown).result()
        found = client.submit(lambda: _result(client.service, pilot.interview_id, self._earlier)).result()
        found["answers"] = found["answers"] or pilot.answers
        found["queue"] = client.storage.outbox.counts()[0]
        if pilot.notice:
            found["error"] = pilot.notice
        import json

        print(json.dumps(found, ensure_ascii=False), flush=True)
        return code


def _asked() -> frozenset[ErrorCode]:
    """Somebody may help with these."""
    from app.ui.unlock import ASKED_FOR
    from contract.errors import ErrorCode

    return ASKED_FOR | {ErrorCode.PASSPHRASE_WRONG}


def _ask(
    code: ErrorCode, language: str, attempt: Callable[[str], Future[Client]], *, kiosk: bool
) -> Future[Client] | None:
    """The attempt that opened the data folder, None when the person gave up or cannot help."""
    from contract.errors import ErrorCode

    if code not in _asked():
        return None
    from app.ui.unlock import UnlockDialog

    # a wrong one from the settings: the right one may still be known to somebody here
    asked = ErrorCode.PASSPHRASE_NEEDED if code is ErrorCode.PASSPHRASE_WRONG else code
    dialog = UnlockDialog(asked, language, attempt, kiosk=kiosk)
    dialog.exec()
    future = dialog.future
    dialog.deleteLater()
    return future


def _with(settings: ClientSettings, passphrase: str) -> ClientSettings:
    return replace(settings, passphrase=passphrase) if passphrase else settings


def need_screen() -> None:
    """Qt would end the whole program without a word for the user. Raises XudaError(SCREEN_MISSING)."""
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        from contract.errors import ErrorCode, XudaError

        raise XudaError(ErrorCode.SCREEN_MISSING)


def _script(file: Path | None) -> Script | None:
    if file is None:
        return None
    from app.ui.script import read_script

    return read_script(file)


def wants_kiosk(client: Client) -> bool:
    """HR may have asked for it from afar."""
    from app.device_settings import Source

    desk = client.device_settings
    return client.settings.kiosk if desk.source("kiosk") is Source.DEFAULT else bool(desk.values.kiosk)


def first_language(client: Client, *, kiosk: bool) -> str:
    """What the windows speak at first. What a person has chosen on their own machine stays; a booth forgets it."""
    wanted = client.device_settings.values.language or client.settings.lang
    return wanted if kiosk else saved_language(client.settings.data) or wanted


def _booth(client: Client) -> KioskDesk:
    from app.staff import make_desk

    return make_desk(client)


def _note_screen(client: Client, watch: CrashWatch, name: str) -> None:
    watch.at_screen(name)
    client.background(watch.keep_screen)


def front_context(opening: Opening, settings: ClientSettings) -> UiContext:
    """What the screens see of a client that is not open yet: what they ask of it waits."""
    from app.ui.context import UiContext
    from app.ui.dress import save_appearance, saved_appearance

    return UiContext(
        service=opening.part(lambda client: client.service),
        devices=opening.part(lambda client: client.devices),
        submit=opening.submit,
        background=opening.background,
        subscribe=opening.subscribe,
        checks=lambda kit: _of(opening).check(kit),
        diagnostics=lambda: diagnostics(_of(opening)),
        save_language=lambda language: save_language(settings.data, language),
        battery=_battery,
        language=saved_language(settings.data) or settings.lang,
        transfer=lambda: _of(opening).storage.bundles(),
        kiosk=settings.kiosk,
        appearance=saved_appearance(settings.data),
        save_appearance=lambda chosen: save_appearance(settings.data, chosen),
        papers=_paper,
    )


def _of(opening: Opening) -> Client:
    client = opening.client
    assert client is not None  # no screen that asks for this is there before
    return client


def _paper(source: PaperSource, paper: Paper, *, language: str, letter: bool) -> bytes:
    from app.papers import make_paper

    return make_paper(source, paper, language=language, letter=letter)


def _battery() -> Battery | None:
    from app.facts import read_battery

    return read_battery()


def make_context(client: Client) -> UiContext:
    """What the screens see of a client."""
    from app.ui.context import UiContext
    from app.ui.dress import save_appearance, saved_appearance

    settings, kiosk = client.settings, wants_kiosk(client)
    return UiContext(
        service=client.service,
        devices=client.devices,
        submit=client.submit,
        background=client.background,
        subscribe=client.news.subscribe,
        checks=client.check,
        diagnostics=lambda: diagnostics(client),
        save_language=lambda language: save_language(settings.data, language),
        battery=_battery,
        language=first_language(client, kiosk=kiosk),
        transfer=client.storage.bundles,
        kiosk=kiosk,
        booth=_booth(client) if kiosk else None,
        appearance=saved_appearance(settings.data),
        save_appearance=lambda chosen: save_appearance(settings.data, chosen),
        papers=_paper,
        moving=client.moving if settings.server_sync else None,
        fresh=client.fresh if settings.server_sync else None,
    )


def _result(service: InterviewService, interview_id: str | None, earlier: set[str]) -> dict[str, Any]:
    """The interview of this run: the one that was answered, else the one that came to be (a refusal)."""
    for summary in service.mine():
        if summary.interview_id == interview_id or (interview_id is None and summary.interview_id not in earlier):
            answers = [asdict(answer) for answer in service.answers(summary.interview_id)]
            return {"interview": summary.interview_id, "state": summary.hr_state.value, "answers": answers}
    return {"interview": None, "state": None, "answers": []}


def diagnostics(client: Client) -> str:
    """Facts for the support line: nothing personal, ready to copy."""
    import platform

    from app.crashes.reports import CrashFolder
    from app.facts import app_version

    facts = asdict(client.facts())
    storage = client.storage
    enrolment = storage.enrolments.load()
    waiting, failed = storage.outbox.counts()
    facts |= {
        "device": enrolment.device_id if enrolment else "",
        "keystore": storage.keystore.kind,
        "queue": waiting,
        "refused": failed,
        "machine": platform.machine(),
        "crash_reports": len(CrashFolder(client.settings.data).files()),
        "settings_version": client.device_settings.received.version,
        "update_to": client.device_settings.update_to(app_version()),
    }
    lines = [f"Xuda {app_version()}", *(f"{key}: {value}" for key, value in facts.items())]
    return "\n".join(lines)


def save_language(data: Path, language: str) -> None:
    (data / "language").write_text(language, "utf-8")


def saved_language(data: Path) -> str | None:
    from contract.catalog import LANGUAGES

    try:
        language = (data / "language").read_text("utf-8").strip()
    except OSError:
        return None
    return language if language in LANGUAGES else None


def _show_failure(error: XudaError, language: str, *, seconds: int | None) -> None:
    """A window says why the client cannot start: on a booth nobody reads a terminal.

    ``seconds``: it goes by itself after these, so that a supervisor can start the program again.
    """
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QMessageBox

    from contract.texts import error_text

    text = error_text(error, language)
    box = QMessageBox(QMessageBox.Icon.Critical, "Xuda 续答", text.lines[0])
    box.setInformativeText("\n".join(text.lines[1:]))
    if seconds is not None:
        QTimer.singleShot(1000 * seconds, box.accept)
    box.exec()
