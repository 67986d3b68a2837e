"""The one window of the application."""

from __future__ import annotations

import logging
import time
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6 import QtCore
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import icons
from app.ui.deck import Deck
from app.ui.dress import Appearance, Dresser, build_application, dress_application, screen_zoom, tokens_for
from app.ui.i18n import Texts
from app.ui.names import Screen, Sheet
from app.ui.pages import PageMaker
from app.ui.presenters.journey import IN_INTERVIEW, Journey
from app.ui.runner import QtRunner
from app.ui.style import InputWatch, Look
from app.ui.widgets.topbar import TopBar

if TYPE_CHECKING:  # what the first screen does not show is imported when it is wanted
    from collections.abc import Iterator

    from PySide6.QtGui import QCloseEvent, QPaintEvent, QSessionManager

    from app.interview.views import News
    from app.ui.context import UiContext
    from app.ui.forget import ClipboardWatch
    from app.ui.kiosk import KioskShell
    from app.ui.overlays import Overlays
    from app.ui.presenters.answering import AnsweringPresenter

log = logging.getLogger(__name__)
_SHUTDOWN_SECONDS = 10.0
_SPARE_TIME_MS = 20


class MainWindow(QWidget):
    """``screen_changed`` and ``sheet_changed`` tell where the candidate is, see :mod:`app.ui.names`.

    ``painted`` is emitted once, when the first frame is on the screen. With ``waiting`` the calls of the context are
    not answered yet: what the candidate does is kept, and :meth:`be_ready` says that everything is there.
    """

    screen_changed = Signal(str)
    sheet_changed = Signal(str)
    painted = Signal()
    closed = Signal()

    def __init__(self, context: UiContext, *, waiting: bool = False) -> None:
        zoom = screen_zoom() if context.zoom is None else context.zoom
        tokens = tokens_for(context.appearance, kiosk=context.kiosk, zoom=zoom, first=True)
        # Before the first widget exists: one that was made earlier would keep the system's face.
        dress_application(tokens, context.language)
        super().__init__()
        self._context = context
        self._closing = False
        self.exit_code = 0
        self.kiosk: KioskShell | None = None
        self._unpainted = True
        self._waiting = waiting
        icons.hold_back(waiting)
        self._clipboard: ClipboardWatch | None = None
        self.texts = Texts(context.language)
        self.watch = InputWatch()
        self.look = Look(tokens, self.texts, self.watch)
        self._dresser = Dresser(self.look, context.appearance, kiosk=context.kiosk, zoom=zoom)
        self._frame()
        self.runner = QtRunner(context.submit, context.background)
        self.journey = Journey(context, self.runner, self, time.monotonic)
        self._build()
        self._connect()
        self._retranslate()
        self.journey.open_start()
        self._dresser.wear(self, self._retranslate, first=waiting)
        if not waiting:
            self.be_ready()

    # ---- making --------------------

    def _frame(self) -> None:
        self.setObjectName("window")
        self.setWindowTitle("Xuda 续答")
        tokens = self.look.tokens
        self.setMinimumSize(tokens.window_width, tokens.window_height)
        self.resize(tokens.first_width, tokens.first_height)
        if self._context.kiosk:
            kinds = QtCore.Qt.WindowType
            self.setWindowFlags(kinds.FramelessWindowHint | kinds.WindowStaysOnTopHint)
            self.setWindowState(QtCore.Qt.WindowState.WindowFullScreen)

    def _build(self) -> None:
        look, journey = self.look, self.journey
        self._maker = PageMaker(look, journey, self.switch_language)
        self.topbar = TopBar(look, kiosk=self._context.kiosk)
        self.deck = Deck(self._maker)
        self._rows = layout = QVBoxLayout(self)
        layout.setSpacing(0)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.topbar)
        layout.addWidget(self.deck.stack, 1)

    def _connect(self) -> None:
        journey = self.journey
        journey.listen(self._refresh)
        self.texts.listen(self._retranslate)
        self.topbar.navigated.connect(self._navigate)
        self.topbar.language_chosen.connect(self.switch_language)
        self.topbar.appearance_wanted.connect(self.open_appearance)
        self.topbar.help_wanted.connect(self.open_help)
        self.topbar.leave_wanted.connect(journey.ask_to_leave)
        self._be_a_kiosk()
        self._context.subscribe(self._on_news)
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(journey.tick)
        self._spare_time = QTimer(self, interval=_SPARE_TIME_MS)
        self._spare_time.timeout.connect(self._make_the_next_part)
        build_application().commitDataRequest.connect(self._session_ends)

    def _be_a_kiosk(self) -> None:
        if self._context.booth is None or not self._context.kiosk:
            return
        from app.ui.kiosk import KioskShell

        maker = self._maker
        self.kiosk = maker.kiosk = KioskShell(
            self, self, self.look, self.journey, self.answering, maker.adjust, lambda: maker.listening
        )
        self.topbar.staff_wanted.connect(self.kiosk.ask_for_staff)

    def be_ready(self) -> None:
        """The parts behind the screens are there."""
        from app.ui.focus import look_after
        from app.ui.forget import ClipboardWatch
        from app.ui.presenters.power import PowerWatch

        self._waiting = False
        self.topbar.complete()
        self.deck.complete()
        self._dresser.follow()
        look_after(self, self.deck, lambda: self.journey.busy, self._context.background)
        self._clipboard = ClipboardWatch(self)
        self._power = PowerWatch(self.journey, self._context.battery)
        self._second.timeout.connect(self._power.tick)
        self._second.start()
        self._spare_time.start()

    # ---- made when they are wanted, or in spare time --------------------

    @property
    def answering(self) -> AnsweringPresenter:
        return self._maker.answering

    @cached_property
    def _overlays(self) -> Overlays:
        from app.ui.overlays import Overlays

        rows, look, journey, maker = self._rows, self.look, self.journey, self._maker
        dismiss, choose = self._dismiss_sheet, self.change_appearance
        return Overlays(self, rows, look, journey, maker, dismiss=dismiss, choose=choose)

    def _made_overlays(self) -> Overlays | None:
        return self._overlays if "_overlays" in self.__dict__ else None

    # ---- where we are --------------------

    def screen_name(self) -> str:
        """One of :class:`app.ui.names.Screen`."""
        return self.journey.screen.value

    def sheet_name(self) -> str:
        """One of :class:`app.ui.names.Sheet`; empty when no sheet is open."""
        return self.journey.sheet.value

    def busy(self) -> bool:
        """True while a call that changes something runs; buttons that would start another are disabled."""
        return self.journey.busy

    def error(self) -> Exception | None:
        """What the notice says, None when it is hidden."""
        return self.journey.error

    # ---- the view of the presenters --------------------

    def free(self) -> bool:
        """Whether a link may begin something here: not at a booth, nor while somebody answers."""
        return self.kiosk is None and not self._closing and self.journey.vacant

    def _make_the_next_part(self) -> None:
        """One step towards a screen, or one sheet, per idle moment, so that each is there at once when it is wanted."""
        if self._closing or not (self.deck.make_next() or self._overlays.make_next()):
            self._spare_time.stop()

    def forget_candidate(self) -> None:
        """The start page comes: what was said to the candidate before, and what they typed or copied, goes."""
        self.deck.forget()
        overlays = self._made_overlays()
        if overlays is not None:
            overlays.forget()
        if self._clipboard is not None:
            self._clipboard.forget()
        self._retranslate()

    def show_screen(self, screen: Screen) -> None:
        before, page = self.deck.shown(), self.deck.page(screen)
        if before is not None and before is not page:
            before.left()
        if before is not None and screen in (Screen.ATTRACT, Screen.START):
            self.forget_candidate()
        ended = before is not None and before.station is not None and screen is Screen.START
        if ended or screen is Screen.ATTRACT:
            self.reset_appearance()
        self.deck.stack.setCurrentWidget(page)
        self.topbar.setVisible(screen not in (Screen.ATTRACT, Screen.ASLEEP))
        if self.kiosk is not None:
            self.kiosk.screen_shown(screen)
        self.topbar.show_screen(screen, page.station, leaving=screen in IN_INTERVIEW)
        page.entered()
        self.deck.begin(page)
        self.screen_changed.emit(screen.value)

    def show_sheet(self, sheet: Sheet) -> None:
        card = self.deck.open(sheet)
        if card is not None:
            card.refresh()
            self._overlays.show_sheet(card)
        elif (overlays := self._made_overlays()) is not None:
            overlays.show_sheet(None)
        if self.kiosk is not None:
            self.kiosk.sheet_shown(sheet)
        self.sheet_changed.emit(sheet.value)

    # ---- reactions --------------------

    def _on_news(self, news: News) -> None:
        """From any thread."""
        if not self._closing:
            self.runner.post(lambda: self.journey.on_news(news))

    def _refresh(self) -> None:
        journey = self.journey
        inside = journey.screen in IN_INTERVIEW or journey.screen in (Screen.FINISH, Screen.LEFT, Screen.DECLINED)
        self.topbar.show_state(saved=journey.saved and inside, busy=journey.busy and inside, sync=journey.sync)
        self._say_error()
        card = self.deck.sheets.get(journey.sheet)
        if card is not None:
            card.refresh()

    def _say_error(self) -> None:
        overlays = self._made_overlays() if self.journey.error is None else self._overlays
        if overlays is not None:
            overlays.show_error(self.journey.error)

    def _navigate(self, screen: Screen) -> None:
        if self._waiting:
            self.journey.soon(lambda: self._navigate(screen))
        elif screen is Screen.START:
            self.journey.open_start()
        else:
            self.journey.go(screen)

    def _dismiss_sheet(self) -> None:
        card = self.deck.sheets.get(self.journey.sheet)
        if card is not None:
            card.dismissed()

    def close_help(self) -> None:
        self._overlays.close_help()

    def open_help(self) -> None:
        if self._waiting:
            self.journey.soon(self.open_help)
            return
        self._overlays.open_help()

    def switch_language(self, language: str) -> None:
        """As somebody has chosen it, at any time."""
        self.speak(language)
        if not self._context.kiosk:  # there it is the candidate's of the moment
            self._context.background(lambda: self._context.save_language(language))

    def speak(self, language: str) -> None:
        """Every screen says its words anew in place; the next start knows nothing of it."""
        self.texts.switch(language)
        self._dresser.speak(language)
        self.journey.language = language

    def open_appearance(self) -> None:
        if self._waiting:
            self.journey.soon(self.open_appearance)
            return
        self._overlays.open_appearance(self._dresser.appearance)

    def change_appearance(self, chosen: Appearance) -> None:
        """At any time; every screen is drawn anew in place. A kiosk forgets it with the candidate."""
        self._dresser.choose(chosen)
        if not self._context.kiosk:
            self._context.background(lambda: self._context.save_appearance(chosen))

    def reset_appearance(self) -> None:
        """The next candidate begins as the device was set up."""
        overlays = self._made_overlays()
        if overlays is not None:
            overlays.close_appearance()
        if self._context.kiosk:
            self._dresser.reset()

    def _retranslate(self) -> None:
        self.setProperty("layoutDirection", "RightToLeft" if self.texts.right_to_left else "LeftToRight")
        self.topbar.retranslate()
        self.deck.retranslate()
        overlays = self._made_overlays()
        if overlays is not None:
            overlays.retranslate()
        self._say_error()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unpainted:
            self._unpainted = False
            QTimer.singleShot(0, self._first_frame)

    def _first_frame(self) -> None:
        """What the first frame did not wait for, and nobody can have missed in it: one step in each turn."""
        self.painted.emit()
        from app.ui.loading import in_turns

        in_turns(self._complete(), self)

    def _complete(self) -> Iterator[None]:
        from PySide6.QtGui import QKeySequence, QShortcut

        icons.hold_back(False)
        self.update()
        yield
        self.topbar.complete()
        yield
        self.deck.complete()
        yield
        self.watch.watch(self.windowHandle())
        QShortcut(QKeySequence(QKeySequence.StandardKey.HelpContents), self, self.open_help)

    # ---- closing --------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """During an interview the first close asks; a second one, or one outside, saves the progress and closes."""
        if self._closing:
            event.accept()
            return
        event.ignore()
        if self.kiosk is not None and event.spontaneous():
            self.kiosk.ask_for_staff()
        elif self.journey.active and self.journey.sheet is not Sheet.LEAVE:
            self.journey.ask_to_leave()
        else:
            self._shut_down()

    def _shut_down(self) -> None:
        def failed(error: Exception) -> None:
            log.error("the progress could not be saved while closing", exc_info=error)
            self._close_now()

        service = self._context.service
        self.setEnabled(False)
        self.runner.service(lambda: service.shutdown(), lambda _: self._close_now(), failed)

    def end_with(self, code: int) -> None:
        """Staff end the program: the progress is saved, and the process ends with this code."""
        self.exit_code = code
        self._shut_down()

    def abort(self) -> None:
        """Close at once, as when the program is killed: nothing is saved, nothing is delivered any more."""
        if self._closing:
            return
        self._closing = True
        if self.kiosk is not None:
            self.kiosk.stop()
        self.runner.close()
        self._second.stop()
        for card in self.deck.sheets.values():
            card.abandoned()
        self.deck.pages[self.journey.screen].left()
        self.close()

    def _close_now(self) -> None:
        self.abort()
        self.closed.emit()

    def _session_ends(self, _: QSessionManager) -> None:
        """The system is going down: this call must not return before the progress is safe."""
        try:
            self._context.submit(lambda: self._context.service.shutdown()).result(timeout=_SHUTDOWN_SECONDS)
        except TimeoutError:
            log.error("the progress could not be saved in time while the session ended")
