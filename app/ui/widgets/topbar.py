"""The bar at the top: mark, navigation or the steps of the way, state of saving and network, language, help, leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QSizePolicy, QStackedWidget, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.style import Look
from app.ui.widgets.basic import Button, IconLabel, Label, row
from contract.catalog import LANGUAGES, offered

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent
    from PySide6.QtWidgets import QMenu

    from app.interview.views import SyncNews
    from app.ui.widgets.meters import StepDots

STATIONS = (N_("Prepare"), N_("Devices"), N_("Practice"), N_("Interview"), N_("Done"))
_TABS = (
    (Screen.START, names.TOPBAR_HOME, "home", N_("Home")),
    (Screen.INTERVIEWS, names.TOPBAR_INTERVIEWS, "list", N_("Interviews")),
    (Screen.MINE, names.TOPBAR_MINE, "user", N_("Mine")),
)
# How many steps there are from all words to icons alone.
_LEVELS = 6
_SHOWN, _LEFT_OUT = QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored


class TopBar(QFrame):
    navigated = Signal(Screen)
    language_chosen = Signal(str)
    appearance_wanted = Signal()
    help_wanted = Signal()
    leave_wanted = Signal()
    staff_wanted = Signal()

    def __init__(self, look: Look, *, kiosk: bool = False) -> None:
        super().__init__()
        self._look = look
        self._kiosk = kiosk
        self._station = 0
        self._saved = self._busy = self._saved_told = False
        self._sync: SyncNews | None = None
        self._menu: QMenu | None = None
        self.setObjectName("topbar")
        self.restyle()
        mark = IconLabel(look, "mark", "accent", size="icon_large")
        self._brand = Label("heading", wrap=False)
        self._middle = QStackedWidget()
        self._tab_row = self._navigation()
        self._middle.addWidget(self._tab_row)
        self._dots: StepDots | None = None
        self._state_icon = IconLabel(look)
        self._state = Label("caption", wrap=False)
        self._state.setObjectName(names.TOPBAR_STATUS)
        self._language = Button(look, "bar", name=names.TOPBAR_LANGUAGE, icon="globe")
        self._appearance = Button(look, "bar", name=names.TOPBAR_APPEARANCE, icon="appearance")
        self._appearance.clicked.connect(self.appearance_wanted)
        self._help = Button(look, "bar", name=names.TOPBAR_HELP, icon="help")
        self._help.clicked.connect(self.help_wanted)
        layout = row(look, gap=1)
        layout.setContentsMargins(look.tokens.space(2), 0, look.tokens.space(1), 0)
        layout.addWidget(mark)
        layout.addWidget(self._brand)
        layout.addSpacing(look.tokens.space(1))
        layout.addWidget(self._middle, 1)
        layout.addWidget(self._state_icon)
        layout.addWidget(self._state)
        layout.addSpacing(look.tokens.space(1))
        layout.addWidget(self._language)
        layout.addWidget(self._appearance)
        layout.addWidget(self._help)
        self.setLayout(layout)
        self._row = layout

    def complete(self) -> None:
        """What the first frame need not show; more than once does no harm."""
        if self._menu is not None:
            return
        self._menu = self._languages()
        self._language.setMenu(self._menu)
        self._staff = Button(self._look, "bar", name=names.TOPBAR_STAFF, icon="lock")
        self._staff.clicked.connect(self.staff_wanted)
        if not self._kiosk:  # shown by its place in the bar: on its own it would be a window for a moment
            self._staff.hide()
        self._leave = Button(self._look, "bar", name=names.TOPBAR_LEAVE, icon="leave")
        self._leave.setProperty("tone", "error")
        self._leave.show_icon("leave")
        self._leave.clicked.connect(self.leave_wanted)
        self._leave.hide()
        self._row.addWidget(self._staff)
        self._row.addWidget(self._leave)
        self.retranslate()

    def restyle(self) -> None:
        self.setFixedHeight(self._look.tokens.bar)

    def _navigation(self) -> QWidget:
        holder = QWidget()
        layout = row(self._look, gap=0.5)
        self._tabs: dict[Screen, Button] = {}
        for screen, name, icon, _ in _TABS:
            tab = Button(self._look, "bar", name=name, icon=icon)
            tab.setCheckable(True)
            tab.clicked.connect(lambda _=False, to=screen: self._go(to))
            self._tabs[screen] = tab
            layout.addWidget(tab)
            # what others have done on a booth is nobody's business there
            if self._kiosk and screen is not Screen.START:
                tab.hide()
        layout.addStretch(1)
        holder.setLayout(layout)
        return holder

    def _go(self, screen: Screen) -> None:
        self._check(screen)
        self.navigated.emit(screen)

    def _check(self, screen: Screen) -> None:
        """By hand: in a group Tab would stop once and the arrows would open screens."""
        for place, tab in self._tabs.items():
            tab.setChecked(place is screen)

    def _languages(self) -> QMenu:
        from PySide6.QtGui import QActionGroup
        from PySide6.QtWidgets import QMenu

        menu = QMenu(self)
        group = QActionGroup(menu)
        for tag, name in offered().items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setData(tag)
            action.setChecked(tag == self._look.texts.language)
            action.triggered.connect(lambda _=False, chosen=tag: self.language_chosen.emit(chosen))
            group.addAction(action)
        return menu

    def retranslate(self) -> None:
        texts = self._look.texts
        self._brand.setText(texts.t("Xuda"))
        self._language.setAccessibleName(texts.t("Language"))
        self._appearance.setAccessibleName(texts.t("Appearance"))
        self._help.setAccessibleName(texts.t("Help"))
        if self._menu is not None:
            self._staff.setAccessibleName(texts.t("Staff"))
            for action in self._menu.actions():
                action.setChecked(action.data() == texts.language)
        self.show_station(self._station)
        self._fit()
        self.show_state(saved=self._saved, busy=self._busy, sync=self._sync)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Words give way to icons, one after the other, until all fits; their names stay for screen readers."""
        if not self.isVisible():
            return  # its width is not known yet
        for level in range(_LEVELS):
            self._show_words(level)
            if self.layout_width() <= self.width():
                return

    def layout_width(self) -> int:
        """Pixels that the bar needs as it is."""
        layout = self.layout()
        return layout.minimumSize().width() if layout is not None else 0

    def _show_words(self, level: int) -> None:
        texts = self._look.texts
        self._language.setText(LANGUAGES[texts.language] if level < 1 else "")
        self._help.setText(texts.t("Help") if level < 1 else "")
        self._brand.setVisible(level < 2)
        self._state.setVisible(level < 3 and bool(self._state.text()))
        for screen, _, _, message in _TABS:
            self._tabs[screen].setText(texts.t(message) if level < 4 else "")
            self._tabs[screen].setAccessibleName(texts.t(message))
        if self._dots is not None:
            self._dots.spare = level >= 4
            self._dots.updateGeometry()
        if self._menu is not None:
            self._leave.setText(texts.t("End interview") if level < 5 else "")
            self._leave.setAccessibleName(texts.t("End interview"))
        for part in (self._tab_row, self._middle):
            part.updateGeometry()
        layout = self.layout()
        if layout is not None:
            layout.invalidate()

    def show_screen(self, screen: Screen, station: int | None, *, leaving: bool) -> None:
        """Navigation on the pages around an interview, the steps of the way on its own."""
        if station is not None and self._dots is None:
            from app.ui.widgets.meters import StepDots

            self._dots = StepDots(self._look)
            self._middle.addWidget(self._dots)
        self._middle.setCurrentIndex(0 if station is None else 1)
        for part in (self._tab_row, *([self._dots] if self._dots is not None else [])):
            shown = part is self._middle.currentWidget()
            part.setSizePolicy(_SHOWN if shown else _LEFT_OUT, part.sizePolicy().verticalPolicy())
        if self._menu is not None:
            self._leave.setVisible(leaving)
        if screen in self._tabs:
            self._check(screen)
        self.show_station(station or 0)
        self._fit()

    def show_station(self, station: int) -> None:
        self._station = station
        if self._dots is not None:
            self._dots.show_step([self._look.t(name) for name in STATIONS], station)

    def show_state(self, *, saved: bool, busy: bool, sync: SyncNews | None) -> None:
        """``saved``: the newest change is durable on this device."""
        self._saved_told = self._saved_told and saved
        self._saved, self._busy, self._sync = saved, busy, sync
        t = self._look.t
        words = [t("Saving…")] if busy else [t("Saved")] if saved else []
        icon, colour, network = self._network(sync)
        if network:
            words.append(network)
        self._state.setText(" · ".join(words))
        self._state_icon.setVisible(bool(words))
        self._state_icon.setToolTip(self._state.text())
        self._state_icon.setAccessibleName(self._state.text())
        self._fit()
        self._state_icon.show_icon(icon, "accent" if colour == "muted" and saved and not busy else colour)
        if saved and not busy and not self._saved_told:
            from app.ui.announce import announce

            self._saved_told = True
            announce(self, t("Saved"))

    def _network(self, sync: SyncNews | None) -> tuple[str, str, str]:
        if sync is None:
            return "save", "muted", ""
        from app.interview.views import STAFF_CODES, SyncPhase

        t = self._look.t
        if sync.failed or sync.code in STAFF_CODES:
            return "warning", "warning", t("Waiting for staff")
        return {
            SyncPhase.OFF: ("cloud-off", "muted", t("Kept on this device")),
            SyncPhase.OFFLINE: ("cloud-off", "warning", t("Offline, uploads later by itself")),
            SyncPhase.SENDING: (
                "cloud-up",
                "muted",
                self._look.texts.n("Uploading {n} item", "Uploading {n} items", sync.pending),
            ),
            SyncPhase.WAITING: ("cloud", "muted", t("Uploads by itself")),
            SyncPhase.DONE: ("cloud-check", "accent", t("Online") if sync.pending else t("All delivered")),
        }[sync.phase]
