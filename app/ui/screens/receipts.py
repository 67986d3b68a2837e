"""The sheet behind the staff panel that prints a receipt of today again."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.interview.papers import Paper
from app.interview.views import InterviewSummary
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Sheet
from app.ui.presenters.receipts import ReceiptsPresenter
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Label
from app.ui.widgets.notice import OutcomeCard, error_words
from app.ui.widgets.select import Select

_PAPERS = {Paper.RECEIPT: N_("Receipt, one page"), Paper.REPORT: N_("Report with scores")}
_SHOWN_OF_AN_ID = 8  # as in the panel's queue


class ReceiptsSheet(SheetCard):
    sign = ("printer", "accent")

    def __init__(self, look: Look, presenter: ReceiptsPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._which, self._what, self._where = Label("strong"), Label("strong"), Label("strong")
        self._interviews = Select(look, name=names.RECEIPTS_INTERVIEW)
        self._papers = Select(look, name=names.RECEIPTS_PAPER)
        self._printers = Select(look, name=names.RECEIPTS_PRINTER)
        self._papers.currentIndexChanged.connect(lambda _: self.text.setText(self._saying()))
        for part in (self._which, self._interviews, self._what, self._papers, self._where, self._printers):
            self.content.addWidget(part)
        self._good = OutcomeCard(look, "soft", "check-circle", "accent")
        self._bad = OutcomeCard(look, "error", "warning", "error")
        self.content.addWidget(self._good)
        self.content.addWidget(self._bad)
        self._close = self.add("plain", names.RECEIPTS_CLOSE)
        self._start = self.add("primary", names.RECEIPTS_PRINT)
        self._close.clicked.connect(presenter.close)
        self._start.clicked.connect(
            lambda: presenter.print(
                self._interviews.currentIndex(), self._printers.currentIndex(), self._papers.currentIndex()
            )
        )
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._close

    def opened(self) -> None:
        self._presenter.enter()

    def dismissed(self) -> None:
        self._presenter.close()

    def refresh(self) -> None:
        t, presenter = self.look.t, self._presenter
        if presenter.journey.sheet is not Sheet.RECEIPTS:
            return
        self.title.setText(t("Print a receipt again"))
        for label, select, words, items in (
            (self._which, self._interviews, t("Interview"), [self._line(one) for one in presenter.interviews]),
            (self._what, self._papers, t("Page to print"), [t(_PAPERS[paper]) for paper in presenter.papers]),
            (self._where, self._printers, t("Printer"), [one.words for one in presenter.printers]),
        ):
            label.setText(words)
            select.setAccessibleName(words)
            if [select.itemText(place) for place in range(select.count())] != items:
                select.clear()
                select.addItems(items)
            select.setEnabled(presenter.may_print)
            choice = select is not self._papers or len(items) > 1
            for part in (label, select):
                part.setVisible(bool(presenter.interviews and presenter.printers) and choice)
        self.text.setText(self._saying())
        printed = presenter.printed_on
        good = t("Printed on {printer}. Please take all pages with you.", printer=printed) if printed else ""
        bad = "\n".join(error_words(self.look, presenter.error)) if presenter.error is not None else ""
        for card, words in ((self._good, good), (self._bad, bad)):
            card.setVisible(bool(words))
            card.words.setText(words)
        self._close.setText(t("Back"))
        self._close.setEnabled(not presenter.working)
        self._start.setText(t("Print"))
        self._start.setEnabled(presenter.may_print)

    def _saying(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.working:
            return t("Your pages are being made…")
        if not presenter.looked:
            return t("Looking for printers…")
        if not presenter.interviews:
            return t("No interview of today has left answers on this device.")
        if not presenter.printers:
            return t("This device has no printer.")
        if self._papers.currentIndex() > 0:
            return t("The report holds everything the candidate said, and scores. It is for HR: keep it safe.")
        return t("The page bears the candidate's name. Hand it to nobody else.")

    def _line(self, summary: InterviewSummary) -> str:
        """Nothing that the panel does not show: the position and the beginning of the interview's id."""
        look = self.look
        position = look.texts.pick(summary.kit.position) if summary.kit else look.t("Interview")
        number = look.texts.left_to_right(summary.interview_id[:_SHOWN_OF_AN_ID])
        return " · ".join((look.texts.date(summary.updated_at), position, number))
