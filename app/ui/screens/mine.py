"""面试: what can be continued and which positions this device knows. 我的: states, results, privacy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.interview.states import InterviewState
from app.interview.views import Certificate, InterviewSummary
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen, Sheet
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import MinePresenter
from app.ui.presenters.printing import PrintPresenter
from app.ui.presenters.words import WordsPresenter
from app.ui.screens.start import interview_title, unfinished_card
from app.ui.screens.words import LateWordsRow
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Chip, IconLabel, Label, clear, column, icon_line, row
from app.ui.widgets.flow import Flow
from app.ui.widgets.messages import MessageList
from app.ui.widgets.page import Page, focusable
from contract.events import HrState
from contract.kit import Kit

STATES: dict[HrState, tuple[str, str]] = {
    HrState.INVITED: (N_("Invited"), "muted"),
    HrState.IN_PROGRESS: (N_("In progress"), "ok"),
    HrState.PAUSED: (N_("Interrupted"), "warning"),
    HrState.PENDING_REVIEW: (N_("Awaiting review"), "ok"),
    HrState.INCOMPLETE: (N_("Incomplete"), "muted"),
    HrState.DECLINED: (N_("AI interview declined"), "muted"),
    HrState.SECOND_ROUND: (N_("Second round"), "ok"),
    HrState.REJECTED: (N_("Not selected"), "muted"),
    HrState.PENDING_ONBOARDING: (N_("Onboarding"), "ok"),
}
OVER = frozenset({InterviewState.FINISHED, InterviewState.ABANDONED})
# what this device alone knows comes before what HR says
HERE: dict[InterviewState, tuple[str, str]] = {
    InterviewState.DELETED: (N_("Deleted"), "muted"),
    InterviewState.MOVED: (N_("Continued elsewhere"), "ok"),
}
NEXT: dict[HrState, str] = {
    HrState.IN_PROGRESS: N_("Go on with your interview when you are ready."),
    HrState.PAUSED: N_("Your answers are saved. Go on at the first open question."),
    HrState.PENDING_REVIEW: N_("HR reviews your answers. The result appears here."),
    HrState.INCOMPLETE: N_("This attempt ended early. Ask HR if you would like another one."),
    HrState.DECLINED: N_("HR will arrange an interview with a person."),
    HrState.SECOND_ROUND: N_("Congratulations. HR will invite you to the next interview."),
    HrState.REJECTED: N_("Thank you for your time. This position went to someone else."),
    HrState.PENDING_ONBOARDING: N_("Congratulations. HR will contact you about your first day."),
}


class InterviewsScreen(Page):
    place = Screen.INTERVIEWS

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey
        self._title, self._lead = Label("title"), Label("muted")
        head = column(look, gap=0.5)
        head.addWidget(self._title)
        head.addWidget(self._lead)
        self.column.addLayout(head)
        self._list = column(look, gap=1.5)
        self.column.addLayout(self._list)
        self.column.addStretch(1)
        self._enter = Button(look, "primary", name=names.INTERVIEWS_ENTER)
        self._enter.clicked.connect(journey.open_start)
        self.bar.addStretch(1)
        self.bar.addWidget(self._enter)
        self.footer.show()
        self.hear(journey)
        self.say(self._title.setText, N_("Interviews"))
        self.say(
            self._lead.setText, N_("Continue an interview, or see which positions can be interviewed on this device.")
        )
        self.say(self._enter.setText, N_("Enter an invitation"))

    def entered(self) -> None:
        self._journey.refresh_start()
        self.retranslate()

    def refresh(self) -> None:
        page, look = self._journey.start_page, self.look
        if self._journey.screen is not Screen.INTERVIEWS or page is None:
            return
        clear(self._list)
        for index, summary in enumerate(() if self._journey.context.kiosk else page.unfinished):
            card = unfinished_card(look, self._journey, summary, index, names.INTERVIEWS_CONTINUE_PREFIX)
            self._list.addWidget(card)
        for kit in page.kits:
            self._list.addWidget(self._position(kit))
        if not page.kits and not page.unfinished:
            empty = Label("muted")
            empty.setText(look.t("No interview kit on this device yet. Connect to the network once, or ask the staff."))
            self._list.addLayout(icon_line(look, "info", empty, colour="muted"))

    def _position(self, kit: Kit) -> Card:
        look = self.look
        card = Card(look, steps=2, gap=0.5)
        title, text = Label("heading"), Label("muted")
        title.setText(look.texts.pick(kit.position))
        minutes = look.texts.n("About {n} minute", "About {n} minutes", kit.expected_minutes)
        questions = look.texts.n("{n} question", "{n} questions", len(kit.questions))
        place = f"{look.texts.pick(kit.organisation)} · {look.texts.pick(kit.department)}"
        text.setText(f"{place}  ·  {minutes}  ·  {questions}")
        line = row(look, gap=1.5)
        line.addWidget(IconLabel(look, "building", "accent"), 0, Qt.AlignmentFlag.AlignTop)
        words = column(look, gap=0.25)
        words.addWidget(title)
        words.addWidget(text)
        line.addLayout(words, 1)
        card.body.addLayout(line)
        return card


class MineScreen(Page):
    place = Screen.MINE

    def __init__(
        self,
        look: Look,
        journey: Journey,
        presenter: MinePresenter,
        words: WordsPresenter,
        printing: PrintPresenter | None = None,
    ) -> None:
        super().__init__(look)
        self._late = words
        self._late_rows: list[LateWordsRow] = []
        self._printing = printing
        self._journey = journey
        self._presenter = presenter
        self._title, self._lead = Label("title"), Label("muted")
        head = column(look, gap=0.5)
        head.addWidget(self._title)
        head.addWidget(self._lead)
        self.column.addLayout(head)
        self._withdrawn = Card(look, "soft", steps=1.5)
        self._withdrawn_words = Label("body")
        self._withdrawn.body.addLayout(icon_line(look, "check-circle", self._withdrawn_words))
        self.column.addWidget(self._withdrawn)
        self._messages = MessageList(look, presenter.read)
        self.column.addWidget(self._messages)
        self._list = column(look, gap=1.5)
        self.column.addLayout(self._list)
        self.column.addStretch(1)
        self._offer_export()
        presenter.listen(self._list_changed)
        words.listen_found(self._show_late)
        self.say(self._title.setText, N_("My interviews"))
        self.say(self._lead.setText, N_("State, results and your data. Results appear once HR has released them."))
        self.say(
            self._withdrawn_words.setText,
            N_(
                "Your consent is withdrawn. The recordings on this device can no longer be opened by "
                "anyone; HR is told to delete its copies."
            ),
        )

    def _offer_export(self) -> None:
        """For staff. In a kiosk it belongs behind the staff's PIN, so candidates never see it here."""
        context = self._journey.context
        if context.transfer is None or context.kiosk:
            return
        button = Button(self.look, "quiet", name=names.MINE_EXPORT, icon="save")
        button.clicked.connect(lambda: self._journey.open_sheet(Sheet.EXPORT))
        self.bar.addWidget(button)
        self.bar.addStretch(1)
        self.footer.show()
        self.say(button.setText, N_("Export to a USB stick"))

    def entered(self) -> None:
        self._presenter.enter()
        self.retranslate()
        self.scroll_to_top()

    def left(self) -> None:
        self._late.forget()

    def _list_changed(self) -> None:
        """What words there are of these interviews is looked up as soon as they are listed."""
        if self._journey.screen is Screen.MINE:
            self._late.look(summary.interview_id for summary in self._presenter.interviews)
        self.refresh()

    def _show_late(self) -> None:
        for line in self._late_rows:
            line.refresh()

    def refresh(self) -> None:
        if self._journey.screen is not Screen.MINE:
            return
        self._withdrawn.setVisible(self._presenter.withdrawn)
        self._messages.show_messages(self._presenter.messages)
        clear(self._list)
        self._late_rows.clear()
        for index, summary in enumerate(self._presenter.interviews):
            self._list.addWidget(self._card(summary, index))
        self._show_late()
        if self._presenter.loaded and not self._presenter.interviews:
            empty = Label("muted")
            empty.setText(self.look.t("No interview on this device yet. Begin with your invitation on the home page."))
            self._list.addLayout(icon_line(self.look, "info", empty, colour="muted"))

    def _card(self, summary: InterviewSummary, index: int) -> Card:
        card = interview_card(self.look, summary)
        if summary.state is not InterviewState.DELETED:
            line = LateWordsRow(self.look, self._late, summary.interview_id, f"{names.MINE_READ_PREFIX}{index}")
            card.body.addWidget(line)
            self._late_rows.append(line)
            card.body.addLayout(self._actions(summary, index))
        elif summary.certificate is not None and not self._journey.context.kiosk:
            card.body.addLayout(self._keep(summary.certificate, index))
        return card

    def first(self) -> QWidget | None:
        """Never the way that loses something."""
        chain = [one for one in focusable(self) if not one.objectName().startswith(names.MINE_WITHDRAW_PREFIX)]
        return next(iter(chain), None) or super().first()

    def _keep(self, certificate: Certificate, index: int) -> Flow:
        buttons = Flow(self.look)
        save = Button(self.look, "quiet", name=f"{names.MINE_CERTIFICATE_PREFIX}{index}", icon="save")
        save.setText(self.look.t("Save the certificate"))
        save.clicked.connect(lambda: self._save(certificate))
        buttons.addWidget(save)
        if self._presenter.saved_to:
            said = Label("muted")
            said.setText(self.look.t("Saved as {name}", name=self._presenter.saved_to))
            buttons.addWidget(said, 1)
        buttons.addStretch(1)
        return buttons

    def _save(self, certificate: Certificate) -> None:
        proposed = str(Path.home() / f"xuda-deletion-{certificate.certificate_id}.json")
        chosen, _ = QFileDialog.getSaveFileName(self, self.look.t("Save the certificate"), proposed, "JSON (*.json)")
        if chosen:
            self._presenter.save_certificate(certificate, Path(chosen))

    def _actions(self, summary: InterviewSummary, index: int) -> Flow:
        buttons = Flow(self.look)
        withdraw = Button(self.look, "quiet", name=f"{names.MINE_WITHDRAW_PREFIX}{index}", icon="trash")
        withdraw.setText(self.look.t("Withdraw consent and delete my data"))
        withdraw.clicked.connect(lambda: self._presenter.ask_to_withdraw(summary))
        buttons.addWidget(withdraw)
        buttons.addStretch(1)
        printing = self._printing
        if printing is not None and summary.state in OVER and not self._journey.context.kiosk:
            pages = Button(self.look, "plain", name=f"{names.MINE_PRINT_PREFIX}{index}", icon="printer")
            pages.setText(self.look.t("Print or save"))
            pages.clicked.connect(lambda: printing.open(summary.interview_id))
            buttons.addWidget(pages)
        if summary.offer is not None and not self._journey.context.kiosk:
            again = Button(self.look, "primary", name=f"{names.MINE_REDO_PREFIX}{index}")
            again.setText(self.look.t("Answer again"))
            again.clicked.connect(lambda: self._journey.arrival.offer_again(summary))
            buttons.addWidget(again)
        if summary.state is InterviewState.PAUSED:
            go_on = Button(self.look, "primary", name=f"{names.MINE_CONTINUE_PREFIX}{index}")
            go_on.setText(self.look.t("Continue interview"))
            go_on.clicked.connect(lambda: self._journey.arrival.offer_resume(summary))
            buttons.addWidget(go_on)
        return buttons


def interview_card(look: Look, summary: InterviewSummary) -> Card:
    """Position, state, how far it came, and what happens next."""
    deleted = summary.state is InterviewState.DELETED
    words, tone = HERE.get(summary.state) or STATES[summary.hr_state]
    if summary.redo is not None and summary.state is InterviewState.MOVED:
        words, tone = STATES[HrState.INCOMPLETE]
    card = Card(look, steps=2, gap=1)
    title, chip, text, after = Label("heading"), Chip(), Label("muted"), Label("body")
    title.setText(interview_title(look, summary))
    chip.setText(look.t(words))
    chip.tone(tone)
    head = row(look, gap=1.5)
    head.addWidget(title, 1)
    head.addWidget(chip)
    done = look.t("{done} of {total} answered", done=summary.answered, total=summary.total)
    sent = look.t("delivered to HR") if summary.delivered else look.t("waits for upload")
    facts = [look.texts.date(summary.updated_at), *([] if deleted else [done, sent])]
    text.setText("  ·  ".join(facts))
    after.setText(next_words(look, summary))
    card.body.addLayout(head)
    card.body.addWidget(text)
    card.body.addWidget(after)
    after.setVisible(bool(after.text()))  # not before it is on the card: it would be a window for a moment
    return card


def next_words(look: Look, summary: InterviewSummary) -> str:
    if summary.state is InterviewState.DELETED:
        found = summary.certificate
        if found is None:
            return look.t("Nothing of it can be read on this device any more. HR's confirmation appears here.")
        return look.t(
            "HR has deleted its copies on {date}. Deletion certificate {id}, signed by HR and verified here.",
            date=look.texts.date(found.deleted_at),
            id=found.certificate_id,
        )
    if summary.state is InterviewState.MOVED and summary.redo is not None:
        return look.t("HR does not ask for this answer any more. Your first answer counts.")
    if summary.state is InterviewState.MOVED:
        return look.t("You went on with it on another device. What you answered here is kept and counts.")
    if summary.offer is not None:
        return look.t("HR asks you to answer question {n} again", n=summary.offer.number)
    return look.t(NEXT[summary.hr_state]) if summary.hr_state in NEXT else ""
