"""Sheets of a kiosk: is somebody still there, and the staff's PIN."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui import names
from app.ui.names import Sheet
from app.ui.presenters.journey import Journey
from app.ui.presenters.kiosk import KioskPresenter
from app.ui.presenters.staff import PinPresenter, PinState
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Button, Label, column, row

_DOT = "\N{BLACK CIRCLE}"


class IdleSheet(SheetCard):
    sign = ("timer", "accent")

    def __init__(self, look: Look, journey: Journey, presenter: KioskPresenter) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._seconds = Label("lead")
        self._seconds.setObjectName(names.IDLE_SECONDS)
        self.content.addWidget(self._seconds)
        self._stay = self.add("primary", names.IDLE_STAY)
        self._stay.clicked.connect(presenter.stay)
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._stay

    def dismissed(self) -> None:
        self._presenter.stay()

    def refresh(self) -> None:
        if self._journey.sheet is not Sheet.IDLE:
            return
        t = self.look.t
        self.title.setText(t("Are you still there?"))
        if self._journey.active:
            self.text.setText(
                t(
                    "Nothing is stopped yet. Without an answer your progress is saved on this device, and you can go "
                    "on later with your invitation."
                )
            )
        else:
            self.text.setText(t("Without an answer this screen goes back to the start for the next person."))
        self._seconds.setText(self.look.texts.n("{n} second left", "{n} seconds left", self._presenter.seconds_left))
        self._stay.setText(t("I am here, go on"))


class PinSheet(SheetCard):
    """Digits by touch or keyboard; only dots are shown."""

    sign = ("lock", "accent")

    def __init__(self, look: Look, journey: Journey, presenter: PinPresenter) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._shown = Label("title", wrap=False)
        self._shown.setObjectName(names.PIN_SHOWN)
        self._shown.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._message = Label("body")
        self._message.setObjectName(names.PIN_MESSAGE)
        self._message.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        said = column(look, gap=1)
        said.addStretch(1)
        said.addWidget(self._shown)
        said.addWidget(self._message)
        said.addStretch(1)
        halves = row(look, gap=2)
        halves.addLayout(said, 1)
        halves.addLayout(self._pad(), 1)
        self.content.addLayout(halves)
        self._cancel = self.add("plain", names.PIN_CANCEL)
        self._open = self.add("primary", names.PIN_OPEN)
        self._cancel.clicked.connect(presenter.cancel)
        self._open.clicked.connect(presenter.submit)
        presenter.listen(self.refresh)

    def _pad(self) -> QGridLayout:
        look = self.look
        grid = QGridLayout()
        grid.setSpacing(look.tokens.space(0.5))
        self._digits: list[Button] = []
        for place, digit in enumerate("1234567890"):
            button = Button(look, "step", name=names.PIN_DIGIT_PREFIX + digit)
            button.setText(digit)
            button.clicked.connect(lambda _=False, typed=digit: self._presenter.press(typed))
            spot = (3, 1) if digit == "0" else divmod(place, 3)
            grid.addWidget(button, *spot)
            self._digits.append(button)
        self._back = Button(look, "quiet", name=names.PIN_BACK, icon="chevron-left")
        self._back.clicked.connect(self._presenter.back)
        grid.addWidget(self._back, 3, 2)
        return grid

    def first(self) -> QWidget | None:
        return self._cancel

    def opened(self) -> None:
        self._presenter.enter()

    def dismissed(self) -> None:
        self._presenter.cancel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Digits reach the pad from any of its buttons."""
        typed = event.text()
        if typed.isascii() and typed.isdigit():
            self._presenter.press(typed)
        elif event.key() == Qt.Key.Key_Backspace:
            self._presenter.back()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._presenter.submit()
        else:
            super().keyPressEvent(event)

    def refresh(self) -> None:
        if self._journey.sheet is not Sheet.PIN:
            return
        t, presenter = self.look.t, self._presenter
        self.title.setText(t("Staff: enter the PIN"))
        self.text.setText(t("For the people who look after this booth. Nothing of the interview is changed by it."))
        self._shown.setText(" ".join(_DOT * presenter.count) or " ")
        self._shown.setAccessibleName(self.look.texts.n("{n} digit", "{n} digits", presenter.count))
        self._message.setText(self._words())
        self._message.tone("error" if presenter.state in (PinState.WRONG, PinState.LOCKED) else "muted")
        typing = presenter.state in (PinState.READY, PinState.WRONG)
        for button in (*self._digits, self._back):
            button.setEnabled(typing)
        self._back.setAccessibleName(t("Delete the last digit"))
        self._open.setEnabled(presenter.complete)
        self._open.setText(t("Open"))
        self._cancel.setText(t("Back"))

    def _words(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.state is PinState.CHECKING:
            return t("One moment…")
        if presenter.state is PinState.MISSING:
            return t("No PIN is set for this device yet: set it in HR's portal, or with `xuda kiosk pin` here.")
        if presenter.state is PinState.LOCKED:
            return t("Too many wrong tries. Try again in {time}.", time=self.look.texts.minutes(presenter.wait))
        if presenter.state is PinState.WRONG:
            return self.look.texts.n(
                "That is not the PIN. {n} try is left.", "That is not the PIN. {n} tries are left.", presenter.left
            )
        return t("6 digits or more")
