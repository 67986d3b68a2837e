"""`xuda client`: the windows over a composed client, and the autopilot that may drive them."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.config import ClientSettings
from app.crashes.reports import CrashFolder
from app.crashes.watch import CrashWatch
from app.device_settings import Source
from app.facts import app_version, read_battery
from app.kiosk.again import RESTARTED_BY_STAFF, start_again
from contract.errors import ErrorCode, XudaError

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from app.bootstrap import Client
    from app.interview.service import InterviewService
    from app.kiosk.desk import KioskDesk
    from app.ui.application import MainWindow
    from app.ui.context import UiContext
    from app.ui.script import Script

# Loading the recorder and the model takes processor time that the first screen needs more.
_WARM_UP_AFTER_MS = 400
_TOLD_SECONDS = 20


def run_client(settings: ClientSettings) -> int:
    """Open the client and stay until its window is closed. Raises XudaError(SCREEN_MISSING) and as ``Client`` does."""
    need_screen()
    with CrashWatch(settings.data, "client", app_version()) as watch:
        code = _run_watched(settings, watch)
    if code == RESTARTED_BY_STAFF:
        return start_again(code)
    return code


def _run_watched(settings: ClientSettings, watch: CrashWatch) -> int:
    script = _script(settings.autopilot)
    # Qt loads while the data folder is being opened: the key of a passphrase alone takes a third of a second.
    with ThreadPoolExecutor(1, thread_name_prefix="opening") as pool:
        opening = pool.submit(_open, settings, watch)
        from app.ui.application import build_application

        application = build_application(sys.argv[:1])
        client = _opened(settings, opening, lambda phrase: pool.submit(_open, _with(settings, phrase), watch), script)
    with closing(client):
        client.background(watch.collect)
        try:
            return _run(application, client, script, watch)
        finally:
            client.submit(client.service.shutdown).result()


def _opened(
    settings: ClientSettings, opening: Future[Client], attempt: Callable[[str], Future[Client]], script: Script | None
) -> Client:
    """The client; somebody is asked for the passphrase when it is needed. Raises XudaError when it does not open."""
    try:
        return opening.result()
    except XudaError as error:
        if script is not None:
            raise
        language = saved_language(settings.data) or settings.lang
        found = _ask(error.code, language, attempt, kiosk=settings.kiosk)
        if found is None:
            if error.code not in _ASKED:
                _show_failure(error, language, seconds=_TOLD_SECONDS if settings.kiosk else None)
            raise
        return found.result()


_ASKED = frozenset(
    {
        ErrorCode.PASSPHRASE_NEEDED,
        ErrorCode.PASSPHRASE_WRONG,
        ErrorCode.PASSPHRASE_MISSING,
        ErrorCode.KEYSTORE_UNPROTECTED,
        ErrorCode.KEYSTORE_LOCKED,
    }
)


def _ask(
    code: ErrorCode, language: str, attempt: Callable[[str], Future[Client]], *, kiosk: bool
) -> Future[Client] | None:
    """The attempt that opened the data folder, None when the person gave up or cannot help."""
    if code not in _ASKED:
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
        raise XudaError(ErrorCode.SCREEN_MISSING)


def _script(file: Path | None) -> Script | None:
    if file is None:
        return None
    from app.ui.script import read_script

    return read_script(file)


def _open(settings: ClientSettings, watch: CrashWatch) -> Client:
    from app.bootstrap import Client

    return Client(settings, watch)


def _run(application: QApplication, client: Client, script: Script | None, watch: CrashWatch) -> int:
    from PySide6.QtCore import QTimer

    from app.ui.application import MainWindow

    client.submit(client.service.recover)
    context = make_context(client)
    window = MainWindow(context)
    window.screen_changed.connect(lambda name: _note_screen(client, watch, name))
    _note_screen(client, watch, window.screen_name())  # the first one was there before anybody listened
    if client.storage.database.restored is not None:
        window.journey.fail(XudaError(ErrorCode.DATABASE_RESTORED))
    window.show()
    client.start_sync()
    QTimer.singleShot(_WARM_UP_AFTER_MS, client.warm_up)
    if script is not None:
        return _fly(application, window, context, client, script)
    if client.settings.invitation:
        window.use_invitation(client.settings.invitation)
    return int(application.exec()) or window.exit_code


def wants_kiosk(client: Client) -> bool:
    """HR may have asked for it from afar."""
    desk = client.device_settings
    return client.settings.kiosk if desk.source("kiosk") is Source.DEFAULT else bool(desk.values.kiosk)


def _booth(client: Client) -> KioskDesk:
    from app.staff import make_desk

    return make_desk(client)


def _note_screen(client: Client, watch: CrashWatch, name: str) -> None:
    watch.at_screen(name)
    client.background(watch.keep_screen)


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
        battery=read_battery,
        language=saved_language(settings.data) or settings.lang,
        transfer=client.storage.bundles,
        kiosk=kiosk,
        booth=_booth(client) if kiosk else None,
        appearance=saved_appearance(settings.data),
        save_appearance=lambda chosen: save_appearance(settings.data, chosen),
        moving=client.moving if settings.server_sync else None,
        fresh=client.fresh if settings.server_sync else None,
    )


def _fly(application: QApplication, window: MainWindow, context: UiContext, client: Client, script: Script) -> int:
    from app.ui.autopilot import Autopilot

    earlier = {row.interview_id for row in client.submit(client.service.mine).result()}
    pilot = Autopilot(window, context, script, application.exit)
    pilot.start()
    code = int(application.exec())
    client.submit(client.service.shutdown).result()
    found = client.submit(lambda: _result(client.service, pilot.interview_id, earlier)).result()
    found["answers"] = found["answers"] or pilot.answers
    found["queue"] = client.storage.outbox.counts()[0]
    if pilot.notice:
        found["error"] = pilot.notice
    print(json.dumps(found, ensure_ascii=False), flush=True)
    return code


def _result(service: InterviewService, interview_id: str | None, earlier: set[str]) -> dict[str, Any]:
    """The interview of this run: the one that was answered, else the one that came to be (a refusal)."""
    for summary in service.mine():
        if summary.interview_id == interview_id or (interview_id is None and summary.interview_id not in earlier):
            answers = [asdict(answer) for answer in service.answers(summary.interview_id)]
            return {"interview": summary.interview_id, "state": summary.hr_state.value, "answers": answers}
    return {"interview": None, "state": None, "answers": []}


def diagnostics(client: Client) -> str:
    """Facts for the support line: nothing personal, ready to copy."""
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
