"""Between candidates: who interviews for what, a frame that looks for codes, one big button; and the dark screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QActionGroup, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.interview.views import STAFF_CODES
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen, Sheet
from app.ui.presenters.attract import PAGE, SCAN_MS, AttractPresenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.walkin import offer
from app.ui.style import Look
from app.ui.widgets.basic import Button, IconLabel, Label, column, row
from app.ui.widgets.page import Page
from app.ui.widgets.preview import LivePreview
from contract.catalog import LANGUAGES, offered
from contract.kit import Kit

_BREATH_MS = 60_000


class _Position(QWidget):
    """One line of the list."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        line = row(look, gap=1.5)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(IconLabel(look, "building", "accent"), 0, Qt.AlignmentFlag.AlignTop)
        words = column(look, gap=0)
        self._title, self._text = Label("heading"), Label("muted")
        words.addWidget(self._title)
        words.addWidget(self._text)
        line.addLayout(words, 1)
        self.setLayout(line)

    def show_kit(self, kit: Kit) -> None:
        texts = self._look.texts
        minutes = texts.n("About {n} minute", "About {n} minutes", kit.expected_minutes)
        self._title.setText(texts.pick(kit.position))
        self._text.setText(f"{texts.pick(kit.department)}  ·  {minutes}")


class AttractScreen(Page):
    """``staff`` is called when somebody wants the staff panel."""

    place = Screen.ATTRACT
    wide = True

    def __init__(self, look: Look, journey: Journey, staff: Callable[[], None], switch: Callable[[str], None]) -> None:
        super().__init__(look)
        self._journey = journey
        self._switch = switch
        self._presenter = AttractPresenter(journey)
        self.column.addStretch(1)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(look.tokens.space(5))
        self._halves.addLayout(self._words_side(), 1)
        self._halves.addLayout(self._camera_side(), 1)
        self.column.addLayout(self._halves)
        self.column.addStretch(1)
        self._below(staff)
        self._timer = QTimer(self)
        self._timer.setInterval(SCAN_MS)
        self._timer.timeout.connect(self._presenter.tick)
        self.hear(journey)
        self.hear(self._presenter)
        self.retranslate()

    def _words_side(self) -> QVBoxLayout:
        look = self.look
        side = column(look, gap=2)
        self._organisation, self._title, self._lead = Label("stage"), Label("title"), Label("lead")
        self._lead.tone("muted")
        head = column(look, gap=0.5)
        for label in (self._organisation, self._title, self._lead):
            head.addWidget(label)
        self._list = [_Position(look) for _ in range(PAGE)]
        self._start = Button(look, "big", name=names.ATTRACT_START)
        self._start.clicked.connect(self._presenter.begin)
        side.addStretch(1)
        side.addLayout(head)
        for line in self._list:
            side.addWidget(line)
        side.addWidget(self._start)
        self._walk_in = Button(look, "plain", name=names.ATTRACT_WALK_IN, icon="user")
        self._walk_in.clicked.connect(lambda: offer(self._journey))
        self.say(self._walk_in.setText, N_("Register here"))
        side.addWidget(self._walk_in)
        side.addStretch(1)
        self.say(self._title.setText, N_("Welcome to your interview"))
        self.say(self._lead.setText, N_("Hold the QR code of your invitation in front of the camera, or touch Start."))
        self.say(self._start.setText, N_("Start"))
        return side

    def _camera_side(self) -> QVBoxLayout:
        look = self.look
        side = column(look, gap=1)
        self._preview = LivePreview(look, self._journey.context.devices, frame=True)
        self._preview.setMaximumHeight(look.tokens.space(44))
        self._promise = Label("caption")
        self._promise.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        side.addStretch(1)
        side.addWidget(self._preview)
        side.addWidget(self._promise)
        side.addStretch(1)
        self.say(
            self._promise.setText, N_("The camera only looks for a code here. Nothing is recorded, nothing is kept.")
        )
        return side

    def _below(self, staff: Callable[[], None]) -> None:
        look = self.look
        self._language = Button(look, "quiet", name=names.ATTRACT_LANGUAGE, icon="globe")
        self._language.setMenu(self._languages())
        self._pending_icon, self._pending = IconLabel(look, "cloud-up"), Label("caption")
        self._staff = Button(look, "quiet", name=names.ATTRACT_STAFF, icon="lock")
        self._staff.clicked.connect(staff)
        line = row(look, gap=1)
        line.addWidget(self._language)
        line.addStretch(1)
        line.addWidget(self._pending_icon)
        line.addWidget(self._pending, 2)
        line.addStretch(1)
        line.addWidget(self._staff)
        self.column.addLayout(line)
        self.say(self._staff.setText, N_("Staff"))
        self.say(self._language.setAccessibleName, N_("Language"))

    def _languages(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for tag, name in offered().items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setData(tag)
            action.triggered.connect(lambda _=False, chosen=tag: self._switch(chosen))
            group.addAction(action)
        self._menu = menu
        return menu

    # ---- shown --------------------

    def entered(self) -> None:
        self._presenter.enter()
        self._timer.start()
        self.retranslate()

    def first(self) -> QWidget | None:
        return self._start if self._start.isEnabled() else None

    def left(self) -> None:
        self._timer.stop()
        self._preview.run(False)
        self._presenter.stop()

    def refresh(self) -> None:
        look, journey = self.look, self._journey
        if journey.screen is not Screen.ATTRACT:
            return
        page = journey.start_page
        self._organisation.setText(
            (page.organisation or look.t("This device is not enrolled yet")) if page is not None else ""
        )
        self._walk_in.setVisible(bool(page is not None and page.walk_ins))
        kits = self._presenter.positions
        for place, line in enumerate(self._list):
            line.setVisible(place < len(kits))
            if place < len(kits):
                line.show_kit(kits[place])
        self._preview.run(self._presenter.open)
        missing = look.t("No camera to read codes. Touch Start and type the code.") if self._presenter.missing else ""
        self._preview.say(missing)
        self._start.setEnabled(not journey.busy and journey.sheet is Sheet.NONE)
        self._language.setText(LANGUAGES[look.texts.language])
        for action in self._menu.actions():
            action.setChecked(action.data() == look.texts.language)
        self._show_pending(page.pending_uploads if page else 0)

    def _show_pending(self, pending: int) -> None:
        """One quiet line; what only staff can mend is said as such, and no more: the panel has the rest."""
        sync = self._journey.sync
        stopped = sync is not None and (sync.failed > 0 or sync.code in STAFF_CODES)
        self._pending.setVisible(stopped or pending > 0)
        self._pending_icon.setVisible(stopped or pending > 0)
        self._pending_icon.show_icon(*(("warning", "warning") if stopped else ("cloud-up", "muted")))
        if stopped:
            self._pending.setText(self.look.t("Waiting for staff"))
            return
        self._pending.setText(
            self.look.texts.n(
                "{n} item waits for upload and is sent by itself.",
                "{n} items wait for upload and are sent by themselves.",
                pending,
            )
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        upright = self.width() < self.height() or self.width() < self.look.tokens.column
        way = QBoxLayout.Direction.BottomToTop if upright else QBoxLayout.Direction.LeftToRight
        self._halves.setDirection(way)


class _Night(QPushButton):
    """The whole screen: the mark, faint, at a place that moves a little each minute so that no picture burns in."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._step = 0
        self.setObjectName(names.ASLEEP_WAKE)
        self.setFlat(True)
        self.setStyleSheet("QPushButton { border: none; margin: 0; background: transparent; }")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def move_on(self) -> None:
        self._step += 1
        self.update()

    def paintEvent(self, _: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        size = self._look.tokens.ring_small
        middle = QRectF(self.rect()).center()
        across, down = (self._step * 7) % 5 - 2, (self._step * 3) % 5 - 2
        x = middle.x() + across * self.width() / 12 - size / 2
        y = middle.y() + down * self.height() / 12 - size / 2
        painter.setOpacity(0.28)
        painter.drawPixmap(int(x), int(y), self._look.pixmap("mark", "accent", size=size))
        painter.end()


class AsleepScreen(Page):
    """Dark in the hours when nobody comes. A touch or a key wakes it."""

    place = Screen.ASLEEP

    def __init__(self, look: Look, wake: Callable[[], None]) -> None:
        super().__init__(look)
        self._night = _Night(look)
        self._night.clicked.connect(wake)
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        self._scroll.hide()
        layout.insertWidget(0, self._night, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_BREATH_MS)
        self._timer.timeout.connect(self._night.move_on)
        self.say(self._night.setAccessibleName, N_("Touch to wake the screen"))
        self.retranslate()

    def entered(self) -> None:
        self._timer.start()

    def left(self) -> None:
        self._timer.stop()
