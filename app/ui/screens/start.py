"""Start: one big button, the ways in, what waits for upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen, Sheet
from app.ui.presenters.journey import Journey
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, clear, column, row
from app.ui.widgets.fitrow import FitRow
from app.ui.widgets.page import Page

if TYPE_CHECKING:
    from app.interview.views import InterviewSummary
    from app.ui.presenters.pages import ScanPresenter
    from app.ui.widgets.preview import LivePreview

WAYS = (
    ("scan", "scan", N_("Scan code"), ""),
    ("code", "code", N_("Invitation code"), N_("For example ABCD-EFGH")),
    ("phone", "phone", N_("Phone or ID number"), N_("The number you gave when applying")),
    ("link", "link", N_("Invitation link"), N_("Paste the link that begins with xuda://")),
)
_SCAN_MS = 250


class StartScreen(Page):
    place = Screen.START

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey
        # Made when somebody wants to scan: the first screen does not wait for them.
        self._scan: ScanPresenter | None = None
        self._preview: LivePreview | None = None
        self._way = "code"
        self._drawn: object = None
        self._complete = False
        self.column.addStretch(2)
        self._headline()
        self._card()
        self._rest = column(look, gap=2)
        self.column.addLayout(self._rest)
        self.column.addStretch(3)
        self._timer = QTimer(self)
        self._timer.setInterval(_SCAN_MS)
        self.hear(journey)
        self.retranslate()

    def _headline(self) -> None:
        self._organisation = Label("stage")
        self._title = Label("title")
        self._lead = Label("lead")
        self._lead.setProperty("tone", "muted")
        lines = column(self.look, gap=0.5)
        for label in (self._organisation, self._title, self._lead):
            lines.addWidget(label)
        self.column.addLayout(lines)
        self.say(self._title.setText, N_("Welcome to your interview"))
        self.say(
            self._lead.setText,
            N_("Answer at your own pace. Everything is saved on this device, with or without a network."),
        )

    def _card(self) -> None:
        card = Card(self.look, steps=3, gap=2)
        self._card_body = card
        self._field = QLineEdit()
        self._field.setObjectName(names.START_FIELD)
        self._field.setMaxLength(600)
        self._field.returnPressed.connect(self._begin)
        self._button = Button(self.look, "big", name=names.START_BEGIN)
        self._button.clicked.connect(self._begin)
        card.body.addWidget(self._field)
        card.body.addWidget(self._button)
        card.body.addWidget(self._way_buttons())
        self.column.addWidget(card)
        self.say(self._button.setText, N_("Start interview"))

    def complete(self) -> None:
        """What shows only once the client is open."""
        self._unfinished = column(self.look, gap=1)
        self._rest.addLayout(self._unfinished)
        self._in_the_card()
        self._quiet_lines()
        self._complete = True
        self.refresh()

    def _in_the_card(self) -> None:
        body = self._card_body.body
        self._asking = Label("muted")
        self._asking.setObjectName(names.START_ASKING)
        body.insertWidget(body.indexOf(self._button) + 1, self._asking)
        self._walk_in = Button(self.look, "plain", name=names.START_WALK_IN, icon="user")
        self._walk_in.clicked.connect(self._offer_walk_in)
        body.addWidget(self._walk_in)
        self.say(self._walk_in.setText, N_("Register here"))
        self.say(
            self._asking.setText,
            N_("Not on this device's list yet. HR is asked for the newest one; it goes on by itself once it is there."),
        )

    def _way_buttons(self) -> FitRow:
        ways = FitRow(self.look, even=True)
        group = QButtonGroup(self)
        self._ways: dict[str, Button] = {}
        for key, icon, message, _ in WAYS:
            button = Button(self.look, "way", name=names.START_WAY_PREFIX + key, icon=icon)
            button.setCheckable(True)
            button.setChecked(key == self._way)
            button.clicked.connect(lambda _=False, way=key: self._choose(way))
            group.addButton(button)
            ways.add(button)
            self._ways[key] = button
            self.say(button.setText, message)
        return ways

    def _quiet_lines(self) -> None:
        self._pending_icon = IconLabel(self.look, "cloud-up")
        self._pending = Label("muted")
        self._pending.setObjectName(names.START_PENDING)
        line = row(self.look, gap=1)
        line.addWidget(self._pending_icon)
        line.addWidget(self._pending, 1)
        self._rest.addLayout(line)
        self._news = Button(self.look, "link", name=names.START_MESSAGES, icon="mail")
        self._news.clicked.connect(lambda: self._journey.go(Screen.MINE))
        news = row(self.look, gap=0)
        news.addWidget(self._news)
        news.addStretch(1)
        self._rest.addLayout(news)
        self.say(self._news.setText, N_("New messages from HR"))
        # a kiosk has no 我的: what is there is shown after the code alone
        self._own = Button(self.look, "link", name=names.START_OWN, icon="user")
        self._own.clicked.connect(lambda: self._journey.open_sheet(Sheet.OWN))
        if not self._journey.context.kiosk:  # shown by its place: on its own it would be a window for a moment
            self._own.hide()
        news.insertWidget(1, self._own)
        self.say(self._own.setText, N_("My interviews"))
        self._staff = Label("muted")
        self._staff.setObjectName(names.START_STAFF)
        self._rest.addWidget(self._staff)
        self._closed = Label("muted")
        self._rest.addWidget(self._closed)

    # ---- clicks --------------------

    def _offer_walk_in(self) -> None:
        from app.ui.presenters.walkin import offer

        offer(self._journey)

    def _begin(self) -> None:
        if self._way == "scan" and not self._field.isVisible():
            self._choose("code")
        if self._field.text().strip():
            self._journey.arrival.look_up(self._field.text())
        else:
            self._field.setFocus()

    def _choose(self, way: str) -> None:
        self._way = way
        if way == "scan":
            self._journey.soon(self._start_scan)
        else:
            self._stop_scan()
            self._field.setFocus()
        self.retranslate()

    def _start_scan(self) -> None:
        if self._way != "scan" or not self.isVisible():
            return
        scan, _ = self._scanner()
        scan.start()
        self._timer.start()
        self.refresh()

    def _scanner(self) -> tuple[ScanPresenter, LivePreview]:
        if self._scan is None or self._preview is None:
            from app.ui.presenters.pages import ScanPresenter
            from app.ui.widgets.preview import LivePreview

            self._scan = ScanPresenter(self._journey)
            self._preview = LivePreview(self.look, self._journey.context.devices, frame=True)
            self._preview.setMaximumHeight(self.look.tokens.space(32))
            self._preview.hide()
            self._card_body.body.insertWidget(0, self._preview)
            self._timer.timeout.connect(self._scan.tick)
            self.hear(self._scan)
        return self._scan, self._preview

    def _stop_scan(self) -> None:
        self._timer.stop()
        if self._scan is not None:
            self._scan.stop()

    # ---- shown --------------------

    def entered(self) -> None:
        self._field.clear()
        self._ways["code"].setChecked(True)
        self._way = "code"
        self.retranslate()

    def first(self) -> QWidget | None:
        return self._field if not self._field.isHidden() else super().first()

    def left(self) -> None:
        self._stop_scan()
        if self._preview is not None:
            self._preview.run(False)
        self._field.clear()

    def refresh(self) -> None:
        look = self.look
        scanning = self._way == "scan"
        if scanning and self._timer.isActive() and self._scan is not None and not self._scan.scanning:
            self._timer.stop()
            self._ways["code"].setChecked(True)
            self._way, scanning = "code", False
        if self._preview is not None:
            self._preview.setVisible(scanning)
            self._preview.run(scanning and self._scan is not None and self._scan.open)
            self._preview.say(look.t("Hold the QR code of your invitation into the frame"))
        self._field.setVisible(not scanning)
        self._button.setVisible(not scanning)
        hints = {key: (message, hint) for key, _, message, hint in WAYS}
        name, hint = hints[self._way]
        self._field.setPlaceholderText(look.t(hint) if hint else "")
        self._field.setAccessibleName(look.t(name))
        self._button.setEnabled(not self._journey.busy and self._journey.sheet is Sheet.NONE)
        if self._complete:
            self._show_the_rest()

    def _show_the_rest(self) -> None:
        look, page = self.look, self._journey.start_page
        self._asking.setVisible(self._journey.arrival.newest.asking)
        organisation = page.organisation if page else None
        self._organisation.setText(organisation or (look.t("This device is not enrolled yet") if page else ""))
        self._walk_in.setVisible(bool(page and page.walk_ins))
        self._news.setVisible(bool(page and page.unread) and not self._journey.context.kiosk)
        pending = page.pending_uploads if page else 0
        self._pending.setVisible(pending > 0)
        self._pending_icon.setVisible(pending > 0)
        self._pending.setText(
            look.texts.n(
                "{n} item waits for upload and is sent by itself.",
                "{n} items wait for upload and are sent by themselves.",
                pending,
            )
        )
        self._say_staff()
        self._closed.setVisible(self._journey.arrival.closed_earlier)
        self._closed.setText(look.t("The earlier attempt is closed and kept. Enter your invitation to start again."))
        self._show_unfinished(page.unfinished if page and not self._journey.context.kiosk else ())

    def _say_staff(self) -> None:
        """What keeps recordings on this device until somebody acts; it does not hinder an interview."""
        sync = self._journey.sync
        if sync is None:
            self._staff.hide()
            return
        from app.interview.views import STAFF_CODES

        code = sync.code if sync.code in STAFF_CODES else None
        self._staff.setVisible(code is not None)
        if code is not None:
            from contract.errors import ErrorCode
            from contract.texts import code_text

            found = code_text(ErrorCode(code), self.look.texts.language)
            self._staff.setText(f"{found.title}\n{found.meaning} {found.action}")

    def _show_unfinished(self, found: tuple[InterviewSummary, ...]) -> None:
        drawn = (found, self.look.texts.language)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        clear(self._unfinished)
        for index, summary in enumerate(found[:3]):
            self._unfinished.addWidget(unfinished_card(self.look, self._journey, summary, index))


def interview_title(look: Look, summary: InterviewSummary) -> str:
    """The position, and the question when it is one that is answered again."""
    position = look.texts.pick(summary.kit.position) if summary.kit else look.t("Interview")
    return position if summary.redo is None else f"{position} · {look.t('Question {n}', n=summary.redo)}"


def unfinished_card(
    look: Look, journey: Journey, summary: InterviewSummary, index: int, prefix: str = names.START_UNFINISHED_PREFIX
) -> Card:
    """One interview that was left, with the way back into it."""
    card = Card(look, "soft", steps=1.5)
    line = row(look, gap=1.5)
    title, text = Label("strong"), Label("muted")
    title.setText(interview_title(look, summary))
    text.setText(
        look.t("Unfinished: {done} of {total} answered, everything saved", done=summary.answered, total=summary.total)
    )
    words = column(look, gap=0)
    words.addWidget(title)
    words.addWidget(text)
    button = Button(look, "plain", name=f"{prefix}{index}")
    button.setText(look.t("Continue interview"))
    button.clicked.connect(lambda: journey.arrival.offer_resume(summary))
    line.addWidget(IconLabel(look, "save", "accent"))
    line.addLayout(words, 1)
    line.addWidget(button)
    card.body.addLayout(line)
    return card
