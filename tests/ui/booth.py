"""A booth with the real window over the real service, storage and recorder; cameras and microphones play files."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from app.capture.desk import CaptureDesk
from app.clock import SystemClock
from app.interview.model import Battery, CheckName, CheckResult, CheckState, DeviceInfo
from app.kiosk.desk import KioskDesk, Rules
from app.kiosk.pin import PinLock
from app.papers import make_paper
from app.ui import names
from app.ui.application import MainWindow
from app.ui.context import UiContext
from app.ui.dress import build_application
from app.ui.names import Screen, Sheet
from contract.kit import Kit
from tests.interview.desk import CODE, Desk
from tests.storage.office import Office
from tests.ui.stage import StagePress, StageStaff


class FileDevices(CaptureDesk):
    """The default camera and microphone are files (or any spec a test gives)."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.recorder)
        self.camera = ""
        self.microphone = ""

    def cameras(self) -> list[DeviceInfo]:
        return [DeviceInfo(self.camera, "Test camera", "", True)] if self.camera else []

    def microphones(self) -> list[DeviceInfo]:
        return [DeviceInfo(self.microphone, "Test microphone", "", True)] if self.microphone else []

    def speakers(self) -> list[DeviceInfo]:
        return []

    def set_camera(self, spec: str) -> None:
        super().set_camera(spec or self.camera)

    def set_microphone(self, spec: str) -> None:
        super().set_microphone(spec or self.microphone)


def checks(_: Kit | None) -> list[CheckResult]:
    return [CheckResult(name, CheckState.OK) for name in CheckName]


def delete_what_is_due() -> None:
    """What is to be deleted later waits for an event loop. This one does not hold the interpreter meanwhile: a player
    that is deleted waits for its threads, and they may wait for the interpreter."""
    loop = QEventLoop()
    QTimer.singleShot(0, loop.quit)
    loop.exec()


class Booth:
    """The window and what a person does with it. ``desk`` is what lies below."""

    def __init__(
        self,
        qtbot: QtBot,
        folder: Path,
        office: Office,
        *,
        language: str = "zh_CN",
        kiosk: bool = False,
        rules: Rules | None = None,
        **kit: Any,
    ) -> None:
        self.qtbot = qtbot
        self.folder = folder
        build_application([])
        self.desk = Desk(folder, office, **kit)
        self.devices = FileDevices(self.desk)
        self._pool = ThreadPoolExecutor(2)
        self.saved_languages: list[str] = []
        self.battery: Battery | None = None
        self.rules = rules or Rules()
        self.staff = StageStaff()
        self.press = StagePress()
        self.local_now = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self._later = 0.0
        context = UiContext(
            service=self.desk.service,
            devices=self.devices,
            submit=self.desk.submit,
            background=self._pool.submit,
            subscribe=self.desk.listeners.append,
            checks=checks,
            diagnostics=lambda: "test",
            save_language=self.saved_languages.append,
            battery=lambda: self.battery,
            transfer=self.desk.device.storage.bundles,
            papers=make_paper,
            press=lambda: self.press,
            language=language,
            kiosk=kiosk,
            booth=self._kiosk_desk(folder) if kiosk else None,
        )
        self.desk.run(self.desk.service.recover)
        self.window = MainWindow(context)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.wait(lambda: self.window.journey.start_page is not None)

    def _kiosk_desk(self, folder: Path) -> KioskDesk:
        lock = PinLock(folder, SystemClock())
        return KioskDesk(lock=lock, staff=self.staff, rules=lambda: self.rules, local_now=lambda: self.local_now)

    def later(self, seconds: float) -> None:
        """Time goes by in which nothing happens; the kiosk looks once at the end of it."""
        self._later += seconds
        self.window.journey.clock = lambda: time.monotonic() + self._later
        assert self.window.kiosk is not None
        self.window.kiosk.presenter.tick()

    def close(self) -> None:
        """As at the end of the program: nothing runs on."""
        self.window.abort()
        self.window.deleteLater()
        # gone before the next window comes: the platform would take the keyboard away from that one later
        delete_what_is_due()
        self._pool.shutdown()
        self.desk.__exit__(None, None, None)

    # ---- looking --------------------

    def wait(self, condition: Callable[[], object], seconds: float = 15.0) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=round(seconds * 1000))

    def on(self, screen: Screen, sheet: Sheet = Sheet.NONE, seconds: float = 15.0) -> None:
        """Wait until the candidate is there and nothing is under way."""
        window = self.window

        def there() -> bool:
            return window.screen_name() == screen.value and window.sheet_name() == sheet.value and not window.busy()

        self.wait(there, seconds)

    def visible(self, name: str) -> list[QWidget]:
        return [widget for widget in self.window.findChildren(QWidget, name) if widget.isVisible()]

    def find(self, name: str) -> Any:
        """The control, once it is on the screen."""
        self.wait(lambda: self.visible(name))
        return self.visible(name)[-1]

    def text(self, name: str) -> str:
        return str(self.find(name).text())

    def rows(self) -> list[Any]:
        return self.desk.run(self.desk.device.store.interviews)

    # ---- doing --------------------

    def click(self, name: str) -> None:
        button = self.find(name)
        assert isinstance(button, QAbstractButton)
        self.wait(button.isEnabled)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))

    def type(self, name: str, words: str) -> None:
        field = self.find(name)
        field.setFocus()
        QTest.keyClicks(field, words) if words.isascii() else field.insertPlainText(words)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        handle = self.window.windowHandle()
        assert handle is not None
        QTest.keyClick(handle, key, modifier)

    def enter(self) -> None:
        self.on(Screen.START)
        self.find(names.START_FIELD).setText(CODE)
        self.click(names.START_BEGIN)

    def agree(self) -> None:
        self.enter()
        self.on(Screen.ENTRY)
        self.click(names.ENTRY_CONTINUE)
        self.on(Screen.CONSENT)
        self.click(names.CONSENT_RECORDING)
        self.click(names.CONSENT_AGREE)

    def leave(self, how: str, reason: str = "time", words: str = "") -> None:
        self.click(names.TOPBAR_LEAVE)
        self.wait(lambda: self.window.sheet_name() == Sheet.LEAVE.value)
        self.click(names.LEAVE_REASON_PREFIX + reason)
        if words:
            self.type(names.LEAVE_WORDS, words)
        self.click(names.LEAVE_SAVE if how == "save" else names.LEAVE_ABANDON)
        self.on(Screen.LEFT)
