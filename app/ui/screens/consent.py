"""Consent before anything is recorded, and the page of thanks for those who decline."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Screen, Sheet
from app.ui.presenters.journey import Journey
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, column, icon_line
from app.ui.widgets.fold import Fold
from app.ui.widgets.option import Option
from app.ui.widgets.page import Page

# A kiosk has no 我的: what the kit says of it holds on a device of one's own.
HERE = N_(
    "On this device you find your interview, and may withdraw your consent, with your invitation code under "
    "My interviews on the start screen."
)


class ConsentScreen(Page):
    place = Screen.CONSENT
    station = 0

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._journey = journey
        self._title, self._lead = Label("title"), Label("body")
        self._lead.tone("muted")
        head = column(look, gap=0.5)
        head.addWidget(self._title)
        head.addWidget(self._lead)
        self.column.addLayout(head)
        self._facts()
        self._fold = Fold(look, name=names.CONSENT_FULL_TEXT)
        self._recording = Option(look, name=names.CONSENT_RECORDING)
        self._scoring = Option(look, name=names.CONSENT_SCORING)
        self._picture = Option(look, name=names.CONSENT_PICTURE_FACTS)
        self._elsewhere = Option(look, name=names.CONSENT_ELSEWHERE)
        choices = column(look, gap=1)
        for option in (self._recording, self._scoring, self._elsewhere, self._picture):
            option.toggled.connect(lambda _: self.refresh())
            choices.addWidget(option)
        # on the screen, not in a tip that only a pointer brings up
        self._why = Label("caption")
        choices.insertWidget(1, self._why)
        self.column.addLayout(choices)
        self.column.addWidget(self._fold)
        self.column.addStretch(1)
        self._decline = Button(look, "equal", name=names.CONSENT_DECLINE)
        self._decline.clicked.connect(self._ask_to_decline)
        self._agree = Button(look, "equal", name=names.CONSENT_AGREE)
        self._agree.clicked.connect(self._agreed)
        self.bar.addWidget(self._decline, 1)
        self.bar.addWidget(self._agree, 1)
        self.footer.show()
        self.hear(journey)
        self._fixed_words()

    def _agreed(self) -> None:
        kit = self._journey.kit
        asked = kit is not None and kit.picture_facts
        self._journey.arrival.agree(
            scoring=self._scoring.isChecked(),
            picture_facts=asked and self._picture.isChecked(),
            elsewhere=self._elsewhere.isChecked(),
        )

    def _ask_to_decline(self) -> None:
        if self._journey.arrival.again:  # the interview is given: what was answered first stays
            self._journey.arrival.decline()
        else:
            self._journey.open_sheet(Sheet.DECLINE)

    def _facts(self) -> None:
        card = Card(self.look, steps=2, gap=1)
        self._purpose, self._storage, self._retention, self._deletion = (Label() for _ in range(4))
        for icon, label in (
            ("eye", self._purpose),
            ("lock", self._storage),
            ("calendar", self._retention),
            ("trash", self._deletion),
        ):
            card.body.addLayout(icon_line(self.look, icon, label))
        self.column.addWidget(card)

    def _fixed_words(self) -> None:
        self.say(self._title.setText, N_("Before we begin"))
        self.say(
            self._lead.setText, N_("Nothing is recorded until you agree. You may say no without any disadvantage.")
        )
        self.say(
            self._storage.setText,
            N_("Recordings are encrypted on this device. Only HR of this organisation can open them."),
        )
        self.say(self._recording.setText, N_("I agree that my answers are recorded"))
        self.say(self._recording.set_detail, N_("Needed for this interview"))
        self.say(self._scoring.setText, N_("I agree that AI suggests a score for my answers"))
        self.say(
            self._scoring.set_detail,
            N_("Optional. A person always decides. Without it the interview goes on unscored."),
        )
        self.say(
            self._picture.setText,
            N_("I agree that this device notes when my face is not in the picture, others are in it, or I look away"),
        )
        self.say(
            self._picture.set_detail,
            N_("Optional, and never part of the score. Times are noted, no face is stored or recognised."),
        )
        self.say(self._elsewhere.setText, N_("I agree that another service reads my words for a second opinion"))
        self.say(self._agree.setText, N_("Agree and continue"))

    def entered(self) -> None:
        self._recording.setChecked(False)
        self._scoring.setChecked(False)
        self._picture.setChecked(False)
        self._elsewhere.setChecked(False)
        self._fold.button.setChecked(False)
        self.retranslate()
        self.scroll_to_top()

    def first(self) -> QWidget | None:
        return self._recording

    def refresh(self) -> None:
        kit, look = self._journey.kit, self.look
        if kit is None:
            return
        self._picture.setVisible(kit.picture_facts)
        self._purpose.setText(look.texts.pick(kit.consent.purpose))
        self._retention.setText(
            look.texts.n(
                "Kept for at most {n} day, then deleted.",
                "Kept for at most {n} days, then deleted.",
                kit.consent.retention_days,
            )
        )
        here = f"\n{look.t(HERE)}" if self._journey.context.kiosk else ""
        self._deletion.setText(look.texts.pick(kit.consent.deletion) + here)
        self._fold.show_words(
            look.t("Full text (version {version})", version=kit.consent.version), look.texts.pick(kit.consent.full_text)
        )
        self._show_elsewhere(look.texts.pick(kit.consent.elsewhere))
        busy = self._journey.busy
        self._agree.setEnabled(self._recording.isChecked() and not busy)
        again = self._journey.arrival.again
        self._decline.setText(look.t("Keep my first answer") if again else look.t("No AI interview"))
        self._decline.setEnabled(not busy)
        self._why.setText(look.t("Please tick the first box to agree."))
        self._why.setVisible(not self._recording.isChecked())

    def _show_elsewhere(self, words: str) -> None:
        """Only where the kit says to whom; an opinion on answers that are not to be scored there is none."""
        scoring = self._scoring.isChecked()
        if not scoring:
            self._elsewhere.setChecked(False)
        self._elsewhere.setVisible(bool(words))
        self._elsewhere.setEnabled(scoring)
        optional = self.look.t("Optional, with the suggested score. Your name and contact data are taken out first.")
        self._elsewhere.set_detail(f"{words}\n{optional}")


class DeclinedScreen(Page):
    place = Screen.DECLINED
    station = 4

    def __init__(self, look: Look, journey: Journey) -> None:
        super().__init__(look)
        self._title, self._text, self._support = Label("title"), Label("lead"), Label("muted")
        self.column.addStretch(2)
        self.column.addWidget(IconLabel(look, "check-circle", "accent", size="control"))
        for label in (self._title, self._text, self._support):
            self.column.addWidget(label)
        self.column.addStretch(3)
        self._done = Button(look, "primary", name=names.DECLINED_DONE)
        self._done.clicked.connect(journey.open_start)
        self.bar.addStretch(1)
        self.bar.addWidget(self._done)
        self.footer.show()
        self.say(self._title.setText, N_("Thank you for letting us know"))
        self.say(
            self._text.setText, N_("HR will arrange an interview with a person. Declining has no disadvantage for you.")
        )
        self.say(self._support.setText, N_("Nothing was recorded. You may leave now."))
        self.say(self._done.setText, N_("Back to the start page"))

    def entered(self) -> None:
        self.retranslate()
