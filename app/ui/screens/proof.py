"""Proof on the spot: the stored take played back, what was heard and seen, the words to correct, the choice."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.interview.states import TakeState
from app.interview.views import TakeReview
from app.ui import names
from app.ui.names import Screen
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.doubt import heard_count
from app.ui.presenters.journey import Journey
from app.ui.screens.question import stage_line
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, IconLabel, Label, clear, column, row
from app.ui.widgets.columns import SIDE_EM, Columns
from app.ui.widgets.option import one_of
from app.ui.widgets.page import Page
from app.ui.widgets.player import TakePlayer
from app.ui.widgets.words import WordsCard


class ProofScreen(Page):
    place = Screen.PROOF
    station = 3
    wide = True

    def __init__(self, look: Look, journey: Journey, presenter: AnsweringPresenter) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._drawn: object = None
        self._head()
        sides = Columns(look, least_em=SIDE_EM, most=2, gap=3, shares=(3, 5), top=True)
        sides.add(self._play_side())
        self._transcript = WordsCard(look, presenter, prefix=names.PROOF_PREFIX)
        sides.add(self._transcript)
        self.column.addWidget(sides)
        self.column.addStretch(1)
        self._buttons()
        self.hear(presenter)

    def _head(self) -> None:
        self._stage, self._title = Label("stage"), Label("question")
        lines = column(self.look, gap=0.25)
        lines.addWidget(self._stage)
        lines.addWidget(self._title)
        self.column.addLayout(lines)
        self._alert = Card(self.look, "warning", steps=1.5)
        self._alert_words = Label("body")
        line = row(self.look, gap=1.5)
        line.addWidget(IconLabel(self.look, "warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._alert_words, 1)
        self._alert.body.addLayout(line)
        self.column.addWidget(self._alert)

    def _play_side(self) -> QWidget:
        side = QWidget()
        layout = column(self.look, gap=1)
        self._player = TakePlayer(self.look, name=names.PROOF_PLAY)
        self._player.wanted.connect(self._play)
        self._checks = Label("strong")
        self._checks.setObjectName(names.PROOF_CHECKS)
        self._checks_icon = IconLabel(self.look, "check-circle", "accent")
        checks = row(self.look, gap=1)
        checks.addWidget(self._checks_icon, 0, Qt.AlignmentFlag.AlignTop)
        checks.addWidget(self._checks, 1)
        self._takes = row(self.look, gap=0.5)
        layout.addWidget(self._player)
        layout.addLayout(checks)
        layout.addLayout(self._takes)
        side.setLayout(layout)
        return side

    def _buttons(self) -> None:
        self._retake = Button(self.look, "plain", name=names.PROOF_RETAKE, icon="retake")
        self._retake.clicked.connect(self._presenter.retake)
        self._submit = Button(self.look, "primary", name=names.PROOF_SUBMIT, icon="check")
        self._submit.clicked.connect(self._presenter.submit)
        self._last = Label("caption")
        self.bar.addWidget(self._last, 1)
        self.bar.addWidget(self._retake)
        self.bar.addWidget(self._submit)
        self.footer.show()

    # ---- life --------------------

    def entered(self) -> None:
        review = self._presenter.review
        self._drawn = None
        self._transcript.reset()
        self._player.reset(video=review is not None and review.has_video)
        self.retranslate()
        self.scroll_to_top()

    def left(self) -> None:
        self._transcript.keep_now()
        self._player.reset(video=True)

    def _play(self) -> None:
        review = self._presenter.review
        if review is not None:
            self._presenter.read_take(review.take_id, self._player.play)

    # ---- shown --------------------

    def refresh(self) -> None:
        review, look, presenter = self._presenter.review, self.look, self._presenter
        self._transcript.retranslate()
        if review is None or self._journey.screen is not Screen.PROOF:
            return
        step, busy = presenter.step, self._journey.busy
        self._stage.setText(stage_line(look, self._journey))
        self._title.setText(look.t("Your answer is recorded. Is it what you wanted to say?"))
        self._submit.setText(look.t("Saving…") if busy else look.t("Submit"))
        self._submit.setEnabled(not busy)
        left = step.takes_left if step else 0
        free = review.state is TakeState.RECOVERED or not review.counted
        self._retake.setVisible(presenter.may_retake)
        self._retake.setEnabled(not busy)
        self._retake.setText(
            look.t("Record again (free)")
            if free
            else look.texts.n("Record again ({n} left)", "Record again ({n} left)", left)
        )
        self._last.setText(
            "" if presenter.may_retake else look.t("This was the last take. Choose the one you like best.")
        )
        self._player.retranslate()
        self._show_checks(review)
        self._show_alert(review)
        self._show_words(review)
        self._show_takes(review)

    def _show_checks(self, review: TakeReview) -> None:
        look, proof = self.look, review.proof
        parts = [look.t("Length {time}", time=look.texts.span(review.duration))]
        fine = True
        if review.transcript is not None:
            count = heard_count(review.transcript)
            if review.transcript.language.startswith(("zh", "ja")):
                parts.append(look.texts.n("{n} character heard", "{n} characters heard", count))
            else:
                parts.append(look.texts.n("{n} word heard", "{n} words heard", count))
        elif proof is not None:
            fine = not proof.silent
            parts.append(look.t("Voice heard") if fine else look.t("No voice heard"))
        if proof is not None and proof.has_video:
            good = not proof.black and proof.moving is not False
            fine = fine and good
            parts.append(
                look.t("Picture is fine")
                if good
                else look.t("Picture does not move")
                if not proof.black
                else look.t("Picture is black")
            )
        self._checks.setText("  ·  ".join(parts))
        self._checks_icon.show_icon("check-circle" if fine else "warning", "accent" if fine else "warning")

    def _show_alert(self, review: TakeReview) -> None:
        look, proof = self.look, review.proof
        words = ""
        if proof is not None and proof.silent:
            words = look.t(
                "We heard no voice in this recording. Please check the microphone and record again; it costs no take."
            )
        elif proof is not None and proof.black:
            words = look.t(
                "The picture of this recording is black. Please check the camera and record again; it costs no take."
            )
        elif review.state is TakeState.RECOVERED:
            words = look.t(
                "This answer was interrupted and kept up to its last second. Submit it or record "
                "again; neither costs a take."
            )
        elif self._presenter.auto_ended:
            words = look.t("The time for this answer was up. Everything you said is saved.")
        self._alert.setVisible(bool(words))
        self._alert_words.setText(words)

    def _show_words(self, review: TakeReview) -> None:
        look = self.look
        if review.transcribing and not self._presenter.words_failed:
            waiting = look.t("Your words are being recognised. You need not wait.")
        else:
            waiting = look.t("Your words will be recognised later. The recording is safe; you can go on.")
        self._transcript.show_words(review, waiting)

    def _show_takes(self, review: TakeReview) -> None:
        takes = self._presenter.step.takes if self._presenter.step else ()
        drawn = ([take.take_id for take in takes], review.take_id, self.look.texts.language)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        clear(self._takes)
        if len(takes) < 2:
            return
        buttons = []
        for take in takes:
            button = Button(self.look, "step", name=f"{names.PROOF_TAKE_PREFIX}{take.number}")
            button.setCheckable(True)
            button.setChecked(take.take_id == review.take_id)
            button.setText(self.look.t("Take {n}, {time}", n=take.number, time=self.look.texts.span(take.duration)))
            button.clicked.connect(lambda _=False, chosen=take.take_id: self._presenter.choose(chosen))
            buttons.append(button)
            self._takes.addWidget(button, 1)
        one_of(buttons)
