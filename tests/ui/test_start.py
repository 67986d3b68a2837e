"""The window comes before everything else: what it may load, what is kept meanwhile, what is said when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QWidget

from app import window
from app.config import ClientSettings
from app.opening import Opening
from app.storage.database import Database
from app.storage.open import DATABASE_NAME
from app.ui import failure, names
from app.ui.application import MainWindow
from app.ui.context import UiContext
from app.ui.dress import build_application
from app.ui.names import Screen, Sheet
from contract.errors import ErrorCode, XudaError
from tests.interview.desk import CODE
from tests.ui.booth import Booth, checks

ROOT = Path(__file__).resolve().parents[2]
# What the first screen waits for grows unnoticed, import by import: here it is noticed.
MOST_OF_OURS = 38
NOT_YET = (
    *("pydantic", "cryptography", "sqlite3", "sqlite_utils", "requests", "keyring", "psutil", "numpy", "babel"),
    *("cv2", "av", "sounddevice", "configargparse", "platformdirs", "multiprocessing", "uuid", "socket"),
    *("importlib.resources", "importlib.metadata", "logging.handlers", "PySide6.QtTest", "PySide6.QtNetwork"),
    *("app.bootstrap", "app.interview", "app.storage", "app.sync", "app.capture", "app.crashes", "contract.errors"),
)
AT_THE_FIRST_FRAME = """
import sys, os
from app import window
from app.__main__ import main
show = window.ClientRun._show
def told():
    print(*sorted(sys.modules), sep="\\n", flush=True)
    os._exit(0)
def watched(run, *given, **named):
    shown = show(run, *given, **named)
    shown.painted.connect(told)
    return shown
window.ClientRun._show = watched
main(["client", "--data", sys.argv[1], "--lang", "zh_CN"])
"""
AFTER_THE_FIRST_FRAME = """
import os, sys, threading
from PySide6.QtCore import QTimer
from app import window
from app.__main__ import main
found = []
class Finder:
    def find_spec(self, name, path=None, target=None):
        if threading.current_thread() is threading.main_thread():
            found.append(name)
show = window.ClientRun._show
def watched(run, *given, **named):
    shown = show(run, *given, **named)
    shown.painted.connect(lambda: sys.meta_path.insert(0, Finder()))
    def look():
        if not shown._waiting and not shown._spare_time.isActive():
            shown.texts.date(__import__("datetime").datetime.now())
            print("made", *found, sep="\\n", flush=True)
            os._exit(0)
    timer = QTimer(shown, interval=50)
    timer.timeout.connect(look)
    timer.start()
    return shown
window.ClientRun._show = watched
main(["client", "--data", sys.argv[1], "--keystore", "file"])
"""
# Each holds the interpreter, or the thread that loads it, longer than a screen may stand still.
HEAVY = (
    *("numpy", "cv2", "av", "sounddevice", "requests", "babel", "segno", "pydantic", "sqlite3", "cryptography"),
    *("PySide6.QtMultimedia", "app.bootstrap", "app.capture", "app.storage"),
)
ONCE_HR_IS_KNOWN = """
import os, sys
from app import window
from app.__main__ import main
from app.device_settings import Received
from app.storage.settings_book import SettingsBook
from app.ui.i18n import saved_language
from contract.settings import DeviceSettings
SettingsBook.current = property(lambda _: Received(1, "", DeviceSettings(language="en")))
speak = window.ClientRun._speak
def told(run, shown, client):
    before = shown.texts.language
    speak(run, shown, client)
    print(before, shown.texts.language, saved_language(client.settings.data), flush=True)
    os._exit(0)
window.ClientRun._speak = told
main(["client", "--data", sys.argv[1], "--keystore", "file"])
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The modules that are there when the first frame is."""
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", AT_THE_FIRST_FRAME, str(tmp_path_factory.mktemp("data"))]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("package", NOT_YET)
def test_the_first_frame_does_not_wait_for(package: str, loaded: list[str]) -> None:
    assert [name for name in loaded if name == package or name.startswith(package + ".")] == []


def test_the_first_frame_does_not_make_the_names_of_qts_own_namespace(loaded: list[str]) -> None:
    """Some ninety enumerations come with the first use of ``QtCore.Qt``: a tenth of the start."""
    assert "all names of Qt" not in loaded


def test_the_thread_of_the_screens_loads_nothing_heavy_afterwards(tmp_path: Path) -> None:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", AFTER_THE_FIRST_FRAME, str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    made, *found = done.stdout.splitlines()
    assert made == "made"
    assert [name for name in found if any(name == heavy or name.startswith(heavy + ".") for heavy in HEAVY)] == []


def test_the_first_frame_needs_few_modules_of_ours(loaded: list[str]) -> None:
    ours = [name for name in loaded if name.split(".")[0] in ("app", "contract", "resources")]
    assert len(ours) <= MOST_OF_OURS, ours


@pytest.mark.parametrize(("chosen", "said"), [("", ["zh_CN", "en", "None"]), ("zh_CN", ["zh_CN", "zh_CN", "zh_CN"])])
def test_hrs_language_is_spoken_as_soon_as_it_is_known_unless_somebody_has_chosen_one(
    tmp_path: Path, chosen: str, said: list[str]
) -> None:
    if chosen:
        (tmp_path / "language").write_text(chosen, "utf-8")
    (tmp_path / "config" / "xuda").mkdir(parents=True)
    (tmp_path / "config" / "xuda" / "xuda.toml").write_text('[xuda]\nlang = "zh_CN"\n', "utf-8")
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    env["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    command = [sys.executable, "-c", ONCE_HR_IS_KNOWN, str(tmp_path)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == said


class Waiting:
    """A window over a client that opens when the test says so."""

    def __init__(self, booth: Booth) -> None:
        desk = booth.desk
        client = SimpleNamespace(
            submit=desk.submit,
            background=booth._pool.submit,
            news=SimpleNamespace(subscribe=desk.listeners.append),
            service=desk.service,
            devices=booth.devices,
        )
        self.prepared: list[Any] = []
        self.opening = Opening(lambda _: client, self.prepared.append)  # type: ignore[arg-type,return-value]
        context = UiContext(
            service=self.opening.part(lambda it: it.service),
            devices=self.opening.part(lambda it: it.devices),
            submit=self.opening.submit,
            background=self.opening.background,
            subscribe=self.opening.subscribe,
            checks=checks,
            diagnostics=lambda: "test",
            save_language=lambda _: None,
            battery=lambda: None,
        )
        self.window = MainWindow(context, waiting=True)
        self.window.show()

    def button(self, name: str) -> Any:
        return next(item for item in self.window.findChildren(QAbstractButton, name) if item.isVisible())

    def open(self) -> None:
        attempt: Future[Any] = self.opening.attempt()
        self.window.runner.follow(attempt, lambda _: self.window.be_ready(), lambda error: pytest.fail(str(error)))

    def close(self) -> None:
        self.window.abort()
        self.window.deleteLater()
        self.opening.close()


def test_the_window_rests_when_all_that_may_be_wanted_is_made_ahead(booth: Booth) -> None:
    booth.wait(lambda: not booth.window._spare_time.isActive(), 60)
    for name in (names.APPEARANCE_HOST, names.HELP_PANEL, names.NOTICE):
        assert booth.window.findChild(QWidget, name) is not None


def test_a_code_that_is_given_before_the_client_is_open_is_looked_up_when_it_is(booth: Booth) -> None:
    with closing(Waiting(booth)) as early:
        QTest.keyClicks(early.window.findChild(QLineEdit, names.START_FIELD), CODE)
        QTest.mouseClick(early.button(names.START_BEGIN), Qt.MouseButton.LeftButton)
        assert early.window.busy()
        assert not early.button(names.START_BEGIN).isEnabled()
        early.open()
        booth.wait(lambda: early.window.screen_name() == Screen.ENTRY)
        assert len(early.prepared) == 1


def test_pages_help_and_language_are_asked_for_before_the_client_is_open_and_come_when_it_is(booth: Booth) -> None:
    with closing(Waiting(booth)) as early:
        early.window.switch_language("en")
        assert early.button(names.START_BEGIN).text() == "Start interview"
        QTest.mouseClick(early.button(names.TOPBAR_MINE), Qt.MouseButton.LeftButton)
        QTest.mouseClick(early.button(names.TOPBAR_HELP), Qt.MouseButton.LeftButton)
        assert early.window.screen_name() == Screen.START
        early.open()
        booth.wait(lambda: early.window.screen_name() == Screen.MINE)
        booth.wait(lambda: early.window.journey.reading_help)


def test_a_window_that_is_closed_before_the_client_is_open_closes_when_it_is(booth: Booth) -> None:
    with closing(Waiting(booth)) as early:
        closed: list[bool] = []
        early.window.closed.connect(lambda: closed.append(True))
        early.window.close()
        assert closed == []
        early.open()
        booth.wait(lambda: closed)


def test_what_waits_is_answered_in_its_order_and_before_what_comes_later(booth: Booth) -> None:
    with closing(Waiting(booth)) as early:
        told: list[int] = []
        futures = [early.opening.submit(lambda number=number: told.append(number)) for number in range(50)]  # type: ignore[misc]
        early.opening.attempt().result(timeout=10)
        futures.append(early.opening.submit(lambda: told.append(50)))
        for future in futures:
            future.result(timeout=10)
        assert told == list(range(51))


def test_a_part_that_is_asked_for_too_early_is_a_plain_error(booth: Booth) -> None:
    with closing(Waiting(booth)) as early, pytest.raises(RuntimeError, match="start_page"):
        _ = early.opening.part(lambda client: client.service).start_page


def test_a_client_that_does_not_open_says_why_and_what_was_shown_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_application([])
    said: list[XudaError] = []
    monkeypatch.setattr(failure, "show_failure", lambda error, _, *, seconds: said.append(error))
    with closing(Database(tmp_path / DATABASE_NAME)):
        run = window.ClientRun(ClientSettings(data=tmp_path, lang="en"))
        try:
            with pytest.raises(XudaError) as caught:
                run.run()
        finally:
            run.close()
    assert said == [caught.value]
    assert caught.value.code is ErrorCode.ALREADY_RUNNING


def test_the_first_screen_shows_no_sheet_and_no_error(booth: Booth) -> None:
    with closing(Waiting(booth)) as early:
        assert (early.window.sheet_name(), early.window.error()) == (Sheet.NONE, None)
