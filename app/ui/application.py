"""The application and its one window."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QPaintEvent, QSessionManager, QShortcut, QShowEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from app.ui import names
from app.ui.dress import Dresser, screen_zoom, tokens_for
from app.ui.i18n import Texts
from app.ui.names import Screen, Sheet
from app.ui.pages import PageMaker
from app.ui.presenters.journey import IN_INTERVIEW, Journey
from app.ui.runner import QtRunner
from app.ui.style import InputWatch, Look, interface_font, palette
from app.ui.widgets.page import Page
from app.ui.widgets.topbar import TopBar

if TYPE_CHECKING:  # what the first screen does not show is imported when it is wanted
    from app.interview.views import News
    from app.ui.context import UiContext
    from app.ui.dress import Appearance
    from app.ui.forget import ClipboardWatch
    from app.ui.kiosk import KioskShell
    from app.ui.links import Answer
    from app.ui.presenters.answering import AnsweringPresenter
    from app.ui.presenters.pages import MinePresenter
    from app.ui.presenters.power import PowerWatch
    from app.ui.screens.appearance import AppearanceOverlay
    from app.ui.screens.help import HelpPanel
    from app.ui.screens.sheets import SheetCard
    from app.ui.widgets.notice import Notice
    from app.ui.widgets.overlay import SheetHost, SidePanel

log = logging.getLogger(__name__)
_SHUTDOWN_SECONDS = 10.0
_SPARE_TIME_MS = 60
_SHEETS_AHEAD = tuple(
    sheet
    for sheet in Sheet
    if sheet not in (Sheet.NONE, Sheet.EXPORT, Sheet.ADJUST, Sheet.IDLE, Sheet.PIN, Sheet.STAFF, Sheet.WALK_IN)
)
_PARTS_AHEAD = ("notice", "_sheet_host", "_help_host", "_appearance")


def build_application(argv: Sequence[str] | None = None) -> QApplication:
    """The one QApplication of this process, named so that the system's lists show it."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    application = QApplication(list(argv if argv is not None else sys.argv[:1]))
    application.setApplicationName("xuda")
    application.setApplicationDisplayName("Xuda 续答")
    application.setOrganizationName("Xuda")
    application.setStyle("Fusion")
    return application


class MainWindow(QWidget):
    """``screen_changed`` and ``sheet_changed`` tell where the candidate is, see :mod:`app.ui.names`.

    ``painted`` is emitted once, when the first frame is on the screen. With ``waiting`` the calls of the context are
    not answered yet: what the candidate does is kept, and :meth:`be_ready` says that everything is there.
    """

    screen_changed = Signal(str)
    sheet_changed = Signal(str)
    painted = Signal()
    closed = Signal()
    _news = Signal(object)

    def __init__(self, context: UiContext, *, waiting: bool = False) -> None:
        zoom = screen_zoom() if context.zoom is None else context.zoom
        tokens = tokens_for(context.appearance, kiosk=context.kiosk, zoom=zoom)
        # Before the first widget exists: one that was made earlier would keep the system's face.
        QApplication.setFont(interface_font(tokens, context.language))
        QApplication.setPalette(palette(tokens))
        super().__init__()
        self._context = context
        self._closing = False
        self.exit_code = 0
        self.kiosk: KioskShell | None = None
        self._unpainted = True
        self._waiting = waiting
        self._clipboard: ClipboardWatch | None = None
        self.texts = Texts(context.language)
        self.watch = InputWatch()
        self.look = Look(tokens, self.texts, self.watch)
        self._dresser = Dresser(self.look, context.appearance, kiosk=context.kiosk, zoom=zoom)
        self._frame()
        self.runner = QtRunner(context.submit, context.background)
        self.journey = Journey(context, self.runner, self, time.monotonic)
        self._build()
        self._dresser.wear(self, self._retranslate)
        self._connect()
        self._retranslate()
        self.journey.open_start()
        if not waiting:
            self.be_ready()

    # ---- making --------------------

    def _frame(self) -> None:
        self.setObjectName("window")
        self.setWindowTitle("Xuda 续答")
        self.setWindowIcon(QIcon(self.look.pixmap("mark", "accent", size=64)))
        tokens = self.look.tokens
        self.setMinimumSize(tokens.window_width, tokens.window_height)
        self.resize(tokens.first_width, tokens.first_height)
        if self._context.kiosk:
            self.setWindowFlags(Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
            self.setWindowState(Qt.WindowState.WindowFullScreen)

    def _build(self) -> None:
        look, journey = self.look, self.journey
        self._maker = PageMaker(look, journey, self.switch_language)
        self.topbar = TopBar(look, kiosk=self._context.kiosk)
        self._stack = QStackedWidget()
        self._pages: dict[Screen, Page] = {}
        self._sheets: dict[Sheet, SheetCard] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.topbar)
        layout.addWidget(self._stack, 1)
        self._rows = layout

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
        QShortcut(QKeySequence(QKeySequence.StandardKey.HelpContents), self, self.open_help)
        self._news.connect(journey.on_news, Qt.ConnectionType.QueuedConnection)
        self._context.subscribe(self._on_news)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(journey.tick)
        self._spare_time = QTimer(self)
        self._spare_time.setInterval(_SPARE_TIME_MS)
        self._spare_time.timeout.connect(self._make_the_next_part)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.commitDataRequest.connect(self._session_ends)

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
        from app.ui.forget import ClipboardWatch

        self._waiting = False
        self._clipboard = ClipboardWatch(self)
        self._second.timeout.connect(self._power.tick)
        self._second.start()
        self._spare_time.start()

    # ---- made when they are wanted, or in spare time --------------------

    @property
    def answering(self) -> AnsweringPresenter:
        return self._maker.answering

    @property
    def mine(self) -> MinePresenter:
        return self._maker.mine

    @cached_property
    def notice(self) -> Notice:
        from app.ui.widgets.notice import Notice

        notice = Notice(self.look)
        notice.close_button.clicked.connect(self.journey.dismiss_error)
        self._rows.insertWidget(1, notice)
        return notice

    @cached_property
    def _sheet_host(self) -> SheetHost:
        from app.ui.widgets.overlay import SheetHost

        host = SheetHost(self.look, self)
        host.dismissed.connect(self._dismiss_sheet)
        return host

    @cached_property
    def _help(self) -> HelpPanel:
        from app.ui.forget import remember_words

        panel = self._maker.make_help()
        panel.closed.connect(self.close_help)
        panel.adjust_wanted.connect(self._open_adjust)
        remember_words(panel)
        return panel

    @cached_property
    def _help_host(self) -> SidePanel:
        from app.ui.widgets.overlay import SidePanel

        host = SidePanel(self.look, self, self._help)
        host.setObjectName(names.HELP_PANEL)
        host.dismissed.connect(self.close_help)
        return host

    @cached_property
    def _appearance(self) -> AppearanceOverlay:
        from app.ui.screens.appearance import AppearanceOverlay

        overlay = AppearanceOverlay(self.look, self)
        overlay.chosen.connect(self.change_appearance)
        return overlay

    @cached_property
    def _power(self) -> PowerWatch:
        from app.ui.presenters.power import PowerWatch

        return PowerWatch(self.journey, self._context.battery)

    def _made(self, part: str) -> bool:
        """Whether a cached part is there already."""
        return part in self.__dict__

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

    def use_invitation(self, text: str) -> None:
        """Open with an invitation that came from outside: a link that was clicked, or a code."""
        self.journey.arrival.arrive(text)

    def take_link(self, text: str) -> Answer:
        """A link was clicked while this window is open. A booth takes none, nor does a window somebody answers in."""
        from app.ui.links import Answer
        from contract.invitation import SCHEME

        journey = self.journey
        free = not journey.active and not journey.busy and journey.arrival.entry is None and journey.sheet is Sheet.NONE
        if self.kiosk is not None or self._closing or not free or not text.casefold().startswith(SCHEME):
            return Answer.REFUSED
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.raise_()
        self.activateWindow()
        journey.open_start()
        journey.arrival.arrive(text)
        return Answer.TAKEN

    def _page(self, screen: Screen) -> Page:
        page = self._pages.get(screen)
        if page is None:
            page = self._pages[screen] = self._maker.make(screen)
            self._stack.addWidget(page)
            self._remember(page)  # as it is made; what it says of a candidate comes with its first refresh
            page.retranslate()
        return page

    def _sheet(self, sheet: Sheet) -> SheetCard | None:
        card = self._sheets.get(sheet) or self._maker.make_sheet(sheet)
        if card is not None and sheet not in self._sheets:
            self._sheets[sheet] = card
            self._remember(card)
        return card

    def _remember(self, part: QWidget) -> None:
        from app.ui.forget import remember_words

        remember_words(part)

    def _make_the_next_part(self) -> None:
        """One screen or sheet per idle moment, so that each is there at once when it is wanted."""
        page = next((screen for screen in self._maker.wanted() if screen not in self._pages), None)
        sheet = next((sheet for sheet in _SHEETS_AHEAD if sheet not in self._sheets), None)
        other = next((part for part in _PARTS_AHEAD if not self._made(part)), None)
        if self._closing or (page is None and sheet is None and other is None):
            self._spare_time.stop()
        elif page is not None:
            self._page(page)
        elif sheet is not None:
            self._sheet(sheet)
        elif other is not None:
            getattr(self, other)

    def forget_candidate(self) -> None:
        """The start page comes: what was said to the candidate before, and what they typed or copied, goes."""
        from app.ui.forget import forget_words

        helping = (self._help,) if self._made("_help") else ()
        for part in (*self._pages.values(), *self._sheets.values(), *helping):
            forget_words(part)
        if self._clipboard is not None:
            self._clipboard.forget()
        self._retranslate()

    def show_screen(self, screen: Screen) -> None:
        before = self._stack.currentWidget()
        page = self._page(screen)
        if isinstance(before, Page) and before is not page:
            before.left()
        if isinstance(before, Page) and screen in (Screen.ATTRACT, Screen.START):
            self.forget_candidate()
        ended = isinstance(before, Page) and before.station is not None and screen is Screen.START
        if ended or screen is Screen.ATTRACT:
            self.reset_appearance()
        self._stack.setCurrentWidget(page)
        self.topbar.setVisible(screen not in (Screen.ATTRACT, Screen.ASLEEP))
        if self.kiosk is not None:
            self.kiosk.screen_shown(screen)
        self.topbar.show_screen(screen, page.station, leaving=screen in IN_INTERVIEW)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        page.entered()
        self.screen_changed.emit(screen.value)

    def show_sheet(self, sheet: Sheet) -> None:
        card = self._sheet(sheet)
        if card is None:
            if self._made("_sheet_host"):
                self._sheet_host.hide_sheet()
        else:
            card.opened()
            card.refresh()
            self._sheet_host.show_sheet(card, card.first())
        if self.kiosk is not None:
            self.kiosk.sheet_shown(sheet)
        self.sheet_changed.emit(sheet.value)

    # ---- reactions --------------------

    def _on_news(self, news: News) -> None:
        """From any thread."""
        if not self._closing:
            self._news.emit(news)

    def _refresh(self) -> None:
        journey = self.journey
        inside = journey.screen in IN_INTERVIEW or journey.screen in (Screen.FINISH, Screen.LEFT, Screen.DECLINED)
        self.topbar.show_state(saved=journey.saved and inside, busy=journey.busy and inside, sync=journey.sync)
        self._say_error()
        card = self._sheets.get(journey.sheet)
        if card is not None:
            card.refresh()

    def _say_error(self) -> None:
        if self.journey.error is not None or self._made("notice"):
            self.notice.show_error(self.journey.error)

    def _navigate(self, screen: Screen) -> None:
        if self._waiting:
            self.journey.soon(lambda: self._navigate(screen))
        elif screen is Screen.START:
            self.journey.open_start()
        else:
            self.journey.go(screen)

    def _dismiss_sheet(self) -> None:
        card = self._sheets.get(self.journey.sheet)
        if card is not None:
            card.dismissed()

    def close_help(self) -> None:
        self.journey.reading_help = False
        self._help_host.close_overlay()

    def _open_adjust(self) -> None:
        self.close_help()
        self._maker.adjust.open()

    def open_help(self) -> None:
        if self._waiting:
            self.journey.soon(self.open_help)
            return
        self.journey.reading_help = True
        self._help.opened()
        self._help_host.open(self._help.close_button)

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
        self._appearance.open_with(self._dresser.appearance)

    def change_appearance(self, chosen: Appearance) -> None:
        """At any time; every screen is drawn anew in place. A kiosk forgets it with the candidate."""
        self._dresser.choose(chosen)
        if not self._context.kiosk:
            self._context.background(lambda: self._context.save_appearance(chosen))

    def reset_appearance(self) -> None:
        """The next candidate begins as the device was set up."""
        if self._made("_appearance"):
            self._appearance.close_overlay()
        if self._context.kiosk:
            self._dresser.reset()

    def _retranslate(self) -> None:
        direction = Qt.LayoutDirection.RightToLeft if self.texts.right_to_left else Qt.LayoutDirection.LeftToRight
        self.setLayoutDirection(direction)
        self.topbar.retranslate()
        for page in self._pages.values():
            page.retranslate()
        for card in self._sheets.values():
            card.refresh()
        if self._made("_help_host") and self._help_host.isVisible():
            self._help.retranslate()
        if self._made("_appearance"):
            self._appearance.retranslate()
        self._say_error()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        handle = self.windowHandle()
        if handle is not None:
            self.watch.watch(handle)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unpainted:
            self._unpainted = False
            QTimer.singleShot(0, self.painted.emit)

    # ---- closing --------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """During an interview the first close asks; a second one, or one outside, saves the progress and closes."""
        if self._closing:
            event.accept()
            return
        if self.kiosk is not None and event.spontaneous():
            event.ignore()
            self.kiosk.ask_for_staff()
            return
        if self.journey.active and self.journey.sheet is not Sheet.LEAVE:
            event.ignore()
            self.journey.ask_to_leave()
            return
        event.ignore()
        self._shut_down(self._close_now)

    def _shut_down(self, after: Callable[[], None]) -> None:
        def failed(error: Exception) -> None:
            log.error("the progress could not be saved while closing", exc_info=error)
            after()

        service = self._context.service
        self.setEnabled(False)
        self.runner.service(lambda: service.shutdown(), lambda _: after(), failed)

    def end_with(self, code: int) -> None:
        """Staff end the program: the progress is saved, and the process ends with this code."""
        self.exit_code = code
        self._shut_down(self._close_now)

    def abort(self) -> None:
        """Close at once, as when the program is killed: nothing is saved, nothing is delivered any more."""
        if self._closing:
            return
        self._closing = True
        if self.kiosk is not None:
            self.kiosk.stop()
        self.runner.close()
        self._second.stop()
        for card in self._sheets.values():
            card.abandoned()
        self._pages[self.journey.screen].left()
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
