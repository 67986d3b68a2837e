"""Entry: which interview this is, how it goes, what to do when something happens."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.interview.views import KitsChanged, News
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen
from app.ui.presenters.adjust import AdjustPresenter
from app.ui.presenters.journey import Journey
from app.ui.screens.adjust import adjustment_words
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, clear, column, icon_line, row
from app.ui.widgets.columns import Columns
from app.ui.widgets.fitrow import FitRow
from app.ui.widgets.fold import Fold
from app.ui.widgets.messages import MessageList
from app.ui.widgets.page import Page
from contract.kit import InterviewKind, Kit, Support

STEPS = (
    ("camera", N_("Test your devices"), N_("Camera, microphone and sound, about one minute")),
    ("chat", N_("Answer the questions"), N_("One after the other, with time to think")),
    ("check-circle", N_("See the result"), N_("HR reviews your answers; you see the result under Mine")),
)
FAQ = (
    (
        N_("What if the network is bad?"),
        N_(
            "Nothing is lost. The interview runs without a network; answers are saved here and "
            "uploaded later by themselves."
        ),
    ),
    (
        N_("How do I resume after an interruption?"),
        N_(
            "Start again with the same invitation. Your saved answers are kept and you go on at "
            "the first open question."
        ),
    ),
    (
        N_("I began on another device. What now?"),
        N_(
            "Use the same invitation here. With a network you go on at the first open question. Without one this "
            "device may not know your answers: you start over here, they stay safe there, and HR gets both parts."
        ),
    ),
)
_CARD_EM = 12
KINDS = {
    InterviewKind.RECRUITMENT: N_("Recruitment"),
    InterviewKind.PROMOTION: N_("Promotion"),
    InterviewKind.TRANSFER: N_("Transfer"),
    InterviewKind.TRAINING: N_("Training assessment"),
}


def support_words(look: Look, support: Support) -> str:
    """Phone, mail and hours in one line; advice when the kit names none."""
    found = [support.phone, support.email, look.texts.pick(support.hours)]
    return " · ".join(part for part in found if part) or look.t("Please ask the staff on site.")


def faq_words(look: Look, kit: Kit | None) -> list[tuple[str, str]]:
    """The questions of the product, then those of the kit."""
    own = [(look.texts.pick(faq.question), look.texts.pick(faq.answer)) for faq in (kit.faq if kit else [])]
    known = [(look.t(question), look.t(answer)) for question, answer in FAQ]
    asked = {question for question, _ in own}
    return [pair for pair in known if pair[0] not in asked] + own


class EntryScreen(Page):
    place = Screen.ENTRY
    station = 0

    def __init__(self, look: Look, journey: Journey, adjust: AdjustPresenter) -> None:
        super().__init__(look)
        self._journey = journey
        self._greeting = Label("stage")
        self._position = Label("title")
        self._company = Label("lead")
        self._company.tone("muted")
        head = column(look, gap=0.5)
        for label in (self._greeting, self._position, self._company):
            head.addWidget(label)
        self.column.addLayout(head)
        self._beside = Label("muted")
        self.column.addWidget(self._beside)
        self._missing = Label("body")
        self._missing.tone("warning")
        self._given = Label("body")
        self.column.addWidget(self._missing)
        self.column.addWidget(self._given)
        self._messages = MessageList(look)
        self.column.addWidget(self._messages)
        self._facts()
        self._steps()
        self._guide_title, self._guide = Label("heading"), Label("body")
        guide = Card(look, steps=3, gap=1)
        guide.body.addWidget(self._guide_title)
        guide.body.addWidget(self._guide)
        self.column.addWidget(guide)
        self._folds = column(look, gap=0)
        self._asked: list[tuple[str, str]] = []
        faq = Card(look, steps=1.5, gap=0)
        faq.body.addLayout(self._folds)
        self.column.addWidget(faq)
        self._support = Label("muted")
        self.column.addLayout(icon_line(look, "call", self._support, colour="muted"))
        self._adjust = Button(look, "link", name=names.ENTRY_ADJUST, icon="clock")
        self._adjust.clicked.connect(adjust.open)
        line = row(look, gap=0)
        line.addWidget(self._adjust)
        line.addStretch(1)
        self.column.addLayout(line)
        self.column.addStretch(1)
        self._back = Button(look, "quiet", name=names.ENTRY_BACK)
        self._back.clicked.connect(journey.open_start)
        self._continue = Button(look, "primary", name=names.ENTRY_CONTINUE)
        self._continue.clicked.connect(lambda: journey.go(Screen.CONSENT))
        self.bar.addWidget(self._back)
        self.bar.addStretch(1)
        self.bar.addWidget(self._continue)
        self.footer.show()
        self.hear(adjust)
        journey.listen_news(self._on_news)
        self.say(self._adjust.setText, N_("Enter an adjustment code of the staff"))
        self.say(self._back.setText, N_("Back"))
        self.say(self._continue.setText, N_("Continue"))
        self.say(self._guide_title.setText, N_("Interview guide"))

    def _facts(self) -> None:
        self._window, self._duration, self._questions = Label(), Label(), Label()
        line = FitRow(self.look, even=False, gap=3)
        for icon, label in (("calendar", self._window), ("clock", self._duration), ("list", self._questions)):
            label.setWordWrap(False)
            pair = row(self.look, gap=1)
            pair.addWidget(IconLabel(self.look, icon, "accent"))
            pair.addWidget(label)
            holder = QWidget()
            holder.setLayout(pair)
            line.add(holder)
        self.column.addWidget(line)

    def _steps(self) -> None:
        grid = Columns(self.look, least_em=_CARD_EM, most=3)
        self._cards: list[tuple[Label, Label]] = []
        for icon, _, _ in STEPS:
            card = Card(self.look, steps=2, gap=0.5)
            grid.add(card)
            self._cards.append(card.explain(icon))
        self.column.addWidget(grid)

    def _beside_words(self) -> str:
        """What is known of the interview on other devices, or that nothing can be known."""
        entry, t = self._journey.arrival.entry, self.look.t
        if entry is not None and entry.elsewhere is not None:
            done = len(entry.elsewhere.carried.answered)
            return t(
                "You go on with your interview: {done} of {total} questions are answered on {device}.",
                done=done,
                total=len(entry.kit.questions),
                device=entry.elsewhere.device,
            )
        if self._journey.offline:
            return t(
                "No network: if you have begun on another device, your answers are safe there and HR gets both parts."
            )
        return ""

    def _on_news(self, news: News) -> None:
        """Pictures or sounds have come: it may be that the interview can begin now."""
        entry = self._journey.arrival.entry
        if isinstance(news, KitsChanged) and self._journey.screen is self.place and entry is not None and entry.missing:
            self._journey.arrival.look_again()

    def entered(self) -> None:
        self._asked = []  # its words may have been forgotten meanwhile
        self.retranslate()
        self.scroll_to_top()

    def left(self) -> None:
        self._messages.show_messages(())

    def refresh(self) -> None:
        entry = self._journey.arrival.entry
        if entry is None or self._journey.screen is not self.place:
            return
        self._messages.show_messages(entry.messages)
        look, kit = self.look, entry.kit
        name = entry.candidate_name
        hello = look.t("Hello, {name}", name=name) if name else look.t("Hello")
        self._greeting.setText(f"{hello} · {look.t(KINDS[kit.kind])}")
        self._position.setText(look.texts.pick(kit.position))
        self._company.setText(f"{look.texts.pick(kit.organisation)} · {look.texts.pick(kit.department)}")
        self._beside.setText(self._beside_words())
        self._beside.setVisible(bool(self._beside.text()))
        self._missing.setText(
            look.texts.n(
                "{n} picture or sound of the questions is still missing on this device. The interview can begin as "
                "soon as it has been fetched; your invitation stays valid. Please keep the device online.",
                "{n} pictures or sounds of the questions are still missing on this device. The interview can begin as "
                "soon as they have been fetched; your invitation stays valid. Please keep the device online.",
                entry.missing,
            )
        )
        self._missing.setVisible(entry.missing > 0)
        self._continue.setEnabled(entry.missing == 0)
        given = adjustment_words(look, entry.adjustments)
        self._given.setText(look.t("Arranged for you: {what}", what=given))
        self._given.setVisible(bool(given))
        start, end = look.texts.date(entry.not_before), look.texts.date(entry.not_after)
        self._window.setText(look.t("{start} to {end}", start=start, end=end))
        self._duration.setText(look.texts.n("About {n} minute", "About {n} minutes", kit.expected_minutes))
        self._questions.setText(look.texts.n("{n} question", "{n} questions", len(kit.questions)))
        for index, (title, text) in enumerate(self._cards):
            title.setText(f"{index + 1}  {look.t(STEPS[index][1])}")
            text.setText(look.t(STEPS[index][2]))
        self._guide.setText("\n".join([look.texts.pick(kit.guide), *("· " + look.texts.pick(tip) for tip in kit.tips)]))
        self._support.setText(look.t("Support: {contact}", contact=support_words(look, kit.support)))
        self._show_faq(faq_words(look, kit))

    def _show_faq(self, asked: list[tuple[str, str]]) -> None:
        if asked == self._asked:
            return
        self._asked = asked
        clear(self._folds)
        for question, answer in asked:
            fold = Fold(self.look)
            fold.show_words(question, answer)
            self._folds.addWidget(fold)
