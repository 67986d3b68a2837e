"""Sheets: the title is the question, the text says what happens to the data, the buttons are verbs."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QScrollArea, QWidget

from app.interview.model import ExitKind, ExitReason
from app.ui import names
from app.ui.i18n import N_
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import OFFERED_REASONS, LeavingPresenter, MinePresenter
from app.ui.style import Look
from app.ui.widgets.basic import Button, IconLabel, Label, column, row
from app.ui.widgets.columns import Columns
from app.ui.widgets.flow import Flow
from app.ui.widgets.option import Option
from app.ui.widgets.overlay import SheetFrame, SheetHolder

REASONS = {
    ExitReason.NETWORK: N_("Network problem"),
    ExitReason.TECHNICAL: N_("Device or technical problem"),
    ExitReason.TIME: N_("Not enough time"),
    ExitReason.GIVE_UP: N_("Giving up"),
    ExitReason.OTHER: N_("Other"),
}


_REASON_EM = 13


class SheetCard(SheetFrame):
    """Base of the sheets: sign, title, text, content; the buttons stay in sight when the rest has to scroll."""

    sign = ("info", "accent")
    most = "sheet"  # the token of its greatest width

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.setObjectName("sheet_card")
        self.restyle()
        self.title, self.text = Label("question"), Label("body")
        self.content = column(look, gap=1)
        self.buttons = Flow(look)
        self._scroll, self._inner = QScrollArea(), SheetHolder()
        layout = column(look, gap=2)
        head = row(look, gap=2)
        head.addWidget(IconLabel(look, *self.sign, size="icon_large"), 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        layout.addLayout(head)
        layout.addWidget(self.text)
        layout.addLayout(self.content)
        self._inner.setLayout(layout)
        self._inner.setObjectName("sheet_inner")
        self._inner.installEventFilter(self)
        self._scroll.setObjectName("sheet_scroll")
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._inner)
        for part in (self._inner, self._scroll.viewport()):
            part.setAutoFillBackground(False)
        outer = column(look, gap=2, margin=3)
        outer.addWidget(self._scroll)
        outer.addLayout(self.buttons)
        self.setLayout(outer)
        self.hide()

    def fit(self, width: int, height: int) -> None:
        """Be as high as all needs in ``width`` pixels, and no higher than ``height``."""
        edge = 2 * (self.look.tokens.space(3) + self.look.tokens.hair)
        inner, layout = min(width, self.maximumWidth()) - edge, self._inner.layout()
        if layout is None or inner <= 0:
            return
        buttons = self.buttons.heightForWidth(inner) + self.look.tokens.space(2)
        need = layout.totalHeightForWidth(inner)
        self._scroll.setFixedHeight(max(self.look.tokens.control, min(need, height - edge - buttons)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest and watched is self._inner:
            self.grown.emit()
        return super().eventFilter(watched, event)

    def restyle(self) -> None:
        self.setMaximumWidth(getattr(self.look.tokens, self.most))

    def add(self, kind: str, name: str, icon: str = "") -> Button:
        button = Button(self.look, kind, name=name, icon=icon)
        self.buttons.addWidget(button, 1)
        return button

    def first(self) -> QWidget | None:
        """What has the focus when the sheet opens: never the way that loses something."""
        return None

    def opened(self) -> None:
        """The sheet is about to be shown; not called when it comes back after something has covered it."""

    def closed(self) -> None:
        """It was shown and is closed, not only covered: nothing that was typed stays."""

    def dismissed(self) -> None:
        """Escape was pressed."""

    def abandoned(self) -> None:
        """The window is going: nothing that it runs is waited for."""

    def refresh(self) -> None:
        """Set all words in the present language."""


class JourneySheet(SheetCard):
    """A sheet over the interview: Escape only closes it."""

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey

    def dismissed(self) -> None:
        self._journey.close_sheet()


class LeaveSheet(JourneySheet):
    sign = ("leave", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._presenter = LeavingPresenter(journey)
        self._why = Label("strong")
        self.content.addWidget(self._why)
        group = self._group = QButtonGroup(self)
        self._options: dict[ExitReason, Option] = {}
        grid = Columns(look, least_em=_REASON_EM, most=2, gap=0)
        for reason in OFFERED_REASONS:
            option = Option(look, name=names.LEAVE_REASON_PREFIX + reason.value, round_mark=True)
            option.clicked.connect(lambda _=False, chosen=reason: self._presenter.choose(chosen))
            group.addButton(option)
            self._options[reason] = option
            grid.add(option)
        self.content.addWidget(grid)
        self._words = QLineEdit()
        self._words.setObjectName(names.LEAVE_WORDS)
        self._words.setMaxLength(500)
        self._words.textChanged.connect(self._presenter.write)
        self.content.addWidget(self._words)
        self._abandon = self.add("danger", names.LEAVE_ABANDON)
        self._save = self.add("plain", names.LEAVE_SAVE)
        self._continue = self.add("primary", names.LEAVE_CONTINUE)
        self._abandon.clicked.connect(lambda: self._presenter.leave(ExitKind.ABANDON))
        self._save.clicked.connect(lambda: self._presenter.leave(ExitKind.SAVE))
        self._continue.clicked.connect(journey.close_sheet)
        self._presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._continue

    def opened(self) -> None:
        self._group.setExclusive(False)
        for option in self._options.values():
            option.setChecked(False)
        self._group.setExclusive(True)
        self._words.clear()
        self._presenter.enter()
        self.refresh()

    def refresh(self) -> None:
        t = self.look.t
        self.title.setText(
            t("End this interview? Answers that are not finished will not count in the final evaluation.")
        )
        self.text.setText(
            t(
                "Saved answers are never lost. Save your progress to come back later; giving up ends "
                "the interview for good."
            )
        )
        self._why.setText(t("Why are you leaving?"))
        for reason, option in self._options.items():
            option.setText(t(REASONS[reason]))
        self._words.setVisible(self._presenter.reason is not None)
        needed = self._presenter.reason is ExitReason.OTHER
        self._words.setPlaceholderText(t("Please say in a few words") if needed else t("In a few words (optional)"))
        self._words.setAccessibleName(t("Reason in your own words"))
        self._abandon.setText(t("Give up interview"))
        self._save.setText(t("Save progress"))
        self._continue.setText(t("Go on"))
        for button in (self._abandon, self._save):
            button.setEnabled(self._presenter.complete)
        self._continue.setEnabled(not self._journey.busy)


class ResumeSheet(JourneySheet):
    sign = ("save", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._cancel = self.add("quiet", names.RESUME_CANCEL)
        self._no = self.add("plain", names.RESUME_NO)
        self._yes = self.add("primary", names.RESUME_YES)
        self._cancel.clicked.connect(journey.close_sheet)
        self._no.clicked.connect(journey.arrival.restart)
        self._yes.clicked.connect(journey.arrival.resume)

    def first(self) -> QWidget | None:
        return self._yes

    def refresh(self) -> None:
        t, summary = self.look.t, self._journey.arrival.unfinished
        self.title.setText(t("Continue your unfinished interview?"))
        self._cancel.setText(t("Back"))
        for button in (self._yes, self._no, self._cancel):
            button.setEnabled(not self._journey.busy)
        self._yes.setText(t("Yes, continue"))
        if summary is not None and summary.redo is not None:
            self.title.setText(t("HR asks you to answer question {n} again", n=summary.redo))
            self.text.setText(
                t("You have begun. Go on with it, or keep your first answer, which then counts for good.")
            )
            self._no.setText(t("Keep my first answer"))
            return
        done = summary.answered if summary else 0
        total = summary.total if summary else 0
        words = t(
            "{done} of {total} answers are saved. Yes takes you to the first open question.", done=done, total=total
        )
        if self._journey.arrival.may_restart:
            words += " " + t("No closes this attempt, which is kept for HR, and you start again.")
        else:
            words += " " + t("No closes this attempt for good; a new start is not possible for this interview.")
        self.text.setText(words)
        self._no.setText(t("No, start again") if self._journey.arrival.may_restart else t("No, end it"))


class ContinueHereSheet(JourneySheet):
    """The interview was begun on another device."""

    sign = ("save", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._back = self.add("plain", names.CONTINUE_HERE_BACK)
        self._yes = self.add("primary", names.CONTINUE_HERE_YES)
        self._back.clicked.connect(journey.close_sheet)
        self._yes.clicked.connect(journey.arrival.continue_here)

    def first(self) -> QWidget | None:
        return self._yes

    def refresh(self) -> None:
        t, entry = self.look.t, self._journey.arrival.entry
        self.title.setText(t("Continue your interview on this device?"))
        elsewhere = entry.elsewhere if entry else None
        if entry is None or elsewhere is None:
            return
        words = t(
            "You began it on {device}. {done} of {total} answers are saved there and count; you go on here at the "
            "first open question.",
            device=elsewhere.device,
            done=len(elsewhere.carried.answered),
            total=len(entry.kit.questions),
        )
        if not self._journey.arrival.asked_hr:
            words += "\n" + t(
                "This device cannot reach HR now, so it may not know your newest answers. They are safe on the other "
                "device: HR gets both parts, nothing is lost and nothing counts twice."
            )
        self.text.setText(words)
        self._yes.setText(t("Continue here"))
        self._back.setText(t("Back"))


class DeclineSheet(JourneySheet):
    sign = ("chat", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._cancel = self.add("plain", names.DECLINE_CANCEL)
        self._confirm = self.add("primary", names.DECLINE_CONFIRM)
        self._cancel.clicked.connect(journey.close_sheet)
        self._confirm.clicked.connect(journey.arrival.decline)

    def first(self) -> QWidget | None:
        return self._cancel

    def refresh(self) -> None:
        t = self.look.t
        self.title.setText(t("Would you rather talk to a person?"))
        self.text.setText(
            t(
                "HR is told to arrange an interview with a person. Nothing is recorded, and there is "
                "no disadvantage for you."
            )
        )
        self._cancel.setText(t("Back"))
        self._confirm.setText(t("Yes, no AI interview"))


class DeviceLostSheet(JourneySheet):
    sign = ("warning", "warning")

    def __init__(self, look: Look, journey: Journey, answering: AnsweringPresenter) -> None:
        super().__init__(look, journey)
        self._answering = answering
        self._check = self.add("plain", names.DEVICE_LOST_CHECK)
        self._review = self.add("primary", names.DEVICE_LOST_REVIEW)
        self._check.clicked.connect(self._check_devices)
        self._review.clicked.connect(journey.close_sheet)

    def _check_devices(self) -> None:
        self._journey.close_sheet()
        self._journey.check_devices_again(self._answering.look_again)

    def first(self) -> QWidget | None:
        return self._review

    def refresh(self) -> None:
        from contract.errors import ErrorCode
        from contract.texts import code_text

        t, fault = self.look.t, self._answering.fault
        found = code_text(ErrorCode(fault), self.look.texts.language) if fault else None
        self.title.setText(found.title if found else "")
        self.text.setText(
            t("Your answer up to this moment is saved. It costs no take: you may submit it or record again.")
            + (f"\n{found.action}" if found else "")
        )
        self._check.setText(t("Check the devices"))
        self._review.setText(t("Look at the answer"))


class TimeUpSheet(JourneySheet):
    sign = ("timer", "accent")

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look, journey)
        self._button = self.add("primary", names.TIME_UP_CONTINUE)
        self._button.clicked.connect(journey.close_sheet)

    def first(self) -> QWidget | None:
        return self._button

    def refresh(self) -> None:
        t = self.look.t
        self.title.setText(t("The time for this interview is up"))
        self.text.setText(t("All answers you gave, the last one included, are saved and go to HR."))
        self._button.setText(t("Continue"))


class WithdrawSheet(JourneySheet):
    sign = ("trash", "error")

    def __init__(self, look: Look, journey: Journey, mine: MinePresenter) -> None:
        super().__init__(look, journey)
        self._cancel = self.add("primary", names.WITHDRAW_CANCEL)
        self._confirm = self.add("danger", names.WITHDRAW_CONFIRM)
        self._cancel.clicked.connect(journey.close_sheet)
        self._confirm.clicked.connect(mine.withdraw)

    def first(self) -> QWidget | None:
        return self._cancel

    def refresh(self) -> None:
        t = self.look.t
        self.title.setText(t("Withdraw your consent and delete your data?"))
        self.text.setText(
            t(
                "The keys of your recordings on this device are destroyed at once; this cannot be "
                "undone. HR is told to delete its copies, and other devices theirs, as soon as there is a network. "
                "HR's signed confirmation then appears on this page."
            )
        )
        self._cancel.setText(t("Keep my data"))
        self._confirm.setText(t("Withdraw and delete"))
        for button in (self._cancel, self._confirm):
            button.setEnabled(not self._journey.busy)
