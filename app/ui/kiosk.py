"""The window of a kiosk: always in front, closed by staff alone, back at the attract screen when nobody is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.kiosk.again import CLOSED_BY_STAFF, RESTARTED_BY_STAFF
from app.kiosk.desk import KioskDesk
from app.ui.names import Screen, Sheet
from app.ui.presenters.adjust import AdjustPresenter
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.kiosk import KioskPresenter
from app.ui.presenters.staff import PinPresenter, StaffPresenter
from app.ui.presenters.transfer import TransferPresenter, TransferState
from app.ui.screen_keys import ScreenKeys
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.player import TakePlayer

_TICK_MS = 500
_TOUCHES = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
    }
)
_PRESSES = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.KeyPress})
_MOUSE = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease, QEvent.Type.MouseButtonDblClick})
_KEYS = frozenset({QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride})
_ALWAYS = frozenset(
    {
        Qt.Key.Key_F11,
        Qt.Key.Key_Menu,
        Qt.Key.Key_Print,
        Qt.Key.Key_SysReq,
        Qt.Key.Key_Super_L,
        Qt.Key.Key_Super_R,
        Qt.Key.Key_Meta,
        Qt.Key.Key_HomePage,
        Qt.Key.Key_LaunchMail,
        Qt.Key.Key_Search,
        Qt.Key.Key_Sleep,
        Qt.Key.Key_PowerOff,
    }
)
_WITH_ALT = frozenset({Qt.Key.Key_F4, Qt.Key.Key_Tab, Qt.Key.Key_Escape, Qt.Key.Key_Space})
_WITH_CONTROL = frozenset(
    {
        Qt.Key.Key_Q,
        Qt.Key.Key_W,
        Qt.Key.Key_N,
        Qt.Key.Key_O,
        Qt.Key.Key_P,
        Qt.Key.Key_S,
        Qt.Key.Key_T,
        Qt.Key.Key_F4,
        Qt.Key.Key_Escape,
    }
)


def swallowed(key: int, modifiers: Qt.KeyboardModifier) -> bool:
    """Whether a kiosk passes this key over: what closes, leaves, opens or prints; never what is typed."""
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    alt = bool(modifiers & Qt.KeyboardModifier.AltModifier)
    if key in _ALWAYS or modifiers & Qt.KeyboardModifier.MetaModifier:
        return True
    if key == Qt.Key.Key_F10 and modifiers & Qt.KeyboardModifier.ShiftModifier:
        return True
    if alt and key in _WITH_ALT:
        return True
    # Ctrl and Alt together are how some keyboards type a character
    return control and not alt and key in _WITH_CONTROL


class WindowGuard(QObject):
    """Sees what reaches the windows of this program before they do. ``touched`` answers True to use a press up."""

    def __init__(self, window: QWidget, touched: Callable[[], bool]) -> None:
        super().__init__(window)
        self._window = window
        self._touched = touched
        self._mouse: object = None

    def look_after(self) -> None:
        """Called now and then: new windows (menus, lists) are watched too, and ours is brought to the front."""
        for window in QGuiApplication.topLevelWindows():
            window.installEventFilter(self)
        self._come_to_the_front()

    def _come_to_the_front(self) -> None:
        window = self._window
        ours = QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None
        if not window.isVisible() or ours:
            return
        if window.isMinimized() or not window.isFullScreen():
            window.showFullScreen()
        if QGuiApplication.applicationState() is not Qt.ApplicationState.ApplicationActive:
            window.raise_()
            window.activateWindow()
        if QGuiApplication.platformName() == "xcb":
            self._hold_on(window)

    def _hold_on(self, window: QWidget) -> None:
        """Where no window manager runs nobody else makes the window as large as the screen."""
        if window.geometry() != window.screen().geometry():
            window.setGeometry(window.screen().geometry())
        handle = window.windowHandle()
        if handle is not None:
            # while it holds, the window manager gets no Alt+Tab; other systems do not let a program have that
            handle.setKeyboardGrabEnabled(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in _KEYS and isinstance(event, QKeyEvent) and swallowed(event.key(), event.modifiers()):
            self._touched()
            return True
        if kind in _MOUSE and isinstance(event, QMouseEvent) and event.button() is not Qt.MouseButton.LeftButton:
            return True
        if kind in _TOUCHES and self._moved(event) and self._touched() and kind in _PRESSES:
            event.accept()  # else a mouse press would be made of the touch
            return True
        return super().eventFilter(watched, event)

    def _moved(self, event: QEvent) -> bool:
        """A pointer that only trembles where it lies is nobody."""
        if event.type() is not QEvent.Type.MouseMove or not isinstance(event, QMouseEvent):
            return True
        place = event.globalPosition().toPoint()
        before, self._mouse = self._mouse, place
        return before is not None and before != place


class KioskWindow(Protocol):
    """The window, as the kiosk needs it."""

    def switch_language(self, language: str) -> None: ...

    def close_help(self) -> None: ...

    def end_with(self, code: int) -> None: ...


class KioskShell(QObject):
    """See module. Made with the window when it is a kiosk's; also makes the kiosk's sheets."""

    def __init__(
        self,
        window: QWidget,
        actions: KioskWindow,
        look: Look,
        journey: Journey,
        answering: AnsweringPresenter,
        adjust: AdjustPresenter,
        listening: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        desk = journey.context.booth
        assert desk is not None
        self._desk: KioskDesk = desk
        self._window, self._actions, self._look, self._journey = window, actions, look, journey
        self._adjust, self._listening = adjust, listening
        self._transfer: TransferPresenter | None = None
        self.presenter = KioskPresenter(
            journey, desk, thinking=lambda: bool(answering.thinking_left), occupied=self._occupied
        )
        self.pin = PinPresenter(journey, desk.lock)
        self.guard = WindowGuard(window, self.presenter.touched)
        if desk.rules().screen_keys and isinstance(rows := window.layout(), QVBoxLayout):
            ScreenKeys(window, rows, look)
        self._screen = Screen.ATTRACT
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def ask_for_staff(self) -> None:
        self.pin.ask()

    def make_sheet(self, sheet: Sheet) -> SheetCard:
        from app.ui.screens.kiosk import IdleSheet, PinSheet

        if sheet is Sheet.IDLE:
            return IdleSheet(self._look, self._journey, self.presenter)
        if sheet is Sheet.PIN:
            return PinSheet(self._look, self._journey, self.pin)
        if sheet is Sheet.GIVING:
            from app.ui.presenters.giving import GivingPresenter
            from app.ui.screens.giving import GivingSheet

            return GivingSheet(self._look, GivingPresenter(self._adjust))
        if sheet is Sheet.RECEIPTS:
            return self._make_receipts()
        from app.ui.drives import find_drives
        from app.ui.screens.staff import StaffSheet

        staff = StaffPresenter(
            self._journey,
            self._desk.staff,
            self,
            drives=find_drives,
            fallback=Path.home(),
            before=lambda: self.pin.before,
            adjust=lambda: self._journey.open_sheet(Sheet.GIVING),
        )
        return StaffSheet(self._look, self._journey, staff)

    def _make_receipts(self) -> SheetCard:
        from app.ui.presenters.receipts import ReceiptsPresenter
        from app.ui.press import system_press
        from app.ui.screens.receipts import ReceiptsSheet

        context = self._journey.context
        assert context.papers is not None
        press = context.press or system_press
        return ReceiptsSheet(self._look, ReceiptsPresenter(self._journey, context.papers, press, self._desk.local_now))

    def watch_transfer(self, transfer: TransferPresenter) -> None:
        """While a stick is written nobody has to touch anything; its sheet leads back to the panel."""
        self._transfer = transfer
        transfer.back_to = Sheet.STAFF

    # ---- staff ending the program --------------------

    def close_program(self) -> None:
        self._actions.end_with(CLOSED_BY_STAFF)

    def restart_program(self) -> None:
        self._actions.end_with(RESTARTED_BY_STAFF)

    # ---- what happens --------------------

    def screen_shown(self, screen: Screen) -> None:
        """The next candidate finds the language of the booth, no panel and no open list."""
        before, self._screen = self._screen, screen
        if screen is not Screen.ATTRACT or before in (Screen.ATTRACT, Screen.ASLEEP):
            return
        self._actions.close_help()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            popup.close()
        self._speak_to_the_next()

    def sheet_shown(self, sheet: Sheet) -> None:
        if sheet is not Sheet.PIN:
            self.pin.forget()

    def _tick(self) -> None:
        self.guard.look_after()
        self.presenter.tick()
        self.pin.tick()
        if self.presenter.deserted:
            self._speak_to_the_next()

    def _speak_to_the_next(self) -> None:
        """In the language of the booth, whatever the last one chose; HR may have set another meanwhile."""
        if self._look.texts.language != self.presenter.language:
            self._actions.switch_language(self.presenter.language)

    def _occupied(self) -> bool:
        if self._listening():
            return True
        if self._transfer is not None and self._transfer.state is TransferState.RUNNING:
            return True
        return any(player.playing for player in self._window.findChildren(TakePlayer) if player.isVisible())
