"""The sheet for printing: a choice of two pages, the printers by name, and what became of it in plain words."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QButtonGroup, QFileDialog, QWidget

from app.interview.papers import Paper
from app.ui import names
from app.ui.i18n import N_
from app.ui.presenters.printing import MOST_COPIES, PrintPresenter, PrintState
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Label, column, row
from app.ui.widgets.notice import OutcomeCard, error_words
from app.ui.widgets.option import Option
from app.ui.widgets.select import Select

PAPERS = {
    Paper.RECEIPT: N_("Receipt, one page"),
    Paper.REPORT: N_("Full report with everything you said"),
}


class PrintSheet(SheetCard):
    sign = ("printer", "accent")

    def __init__(self, look: Look, presenter: PrintPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        group = QButtonGroup(self)
        self._papers: dict[Paper, Option] = {}
        for paper in PAPERS:
            option = Option(look, name=names.PRINT_PAPER_PREFIX + paper.value, round_mark=True)
            option.clicked.connect(lambda _=False, chosen=paper: presenter.choose_paper(chosen))
            group.addButton(option)
            self._papers[paper] = option
            self.content.addWidget(option)
        self._delivered = Label("muted")
        self.content.addWidget(self._delivered)
        self._where, self._many = Label("strong"), Label("strong")
        self._printers = Select(look, name=names.PRINT_PRINTER)
        self._printers.activated.connect(self._printer_chosen)
        self._copies = Select(look, name=names.PRINT_COPIES)
        self._copies.setMinimumContentsLength(3)
        self._copies.activated.connect(lambda place: presenter.choose_copies(place + 1))
        self._to = QWidget()
        side_by_side = row(look)
        for words, control, share in ((self._where, self._printers, 3), (self._many, self._copies, 1)):
            lines = column(look, gap=0.5)
            lines.addWidget(words)
            lines.addWidget(control)
            side_by_side.addLayout(lines, share)
        self._to.setLayout(side_by_side)
        self.content.addWidget(self._to)
        self._nowhere = Label("body")
        self.content.addWidget(self._nowhere)
        self._good = OutcomeCard(look, "soft", "check-circle", "accent")
        self._bad = OutcomeCard(look, "error", "warning", "error")
        self.content.addWidget(self._good)
        self.content.addWidget(self._bad)
        self._close = self.add("plain", names.PRINT_CLOSE)
        self._save = self.add("plain", names.PRINT_SAVE, "save")
        self._start = self.add("primary", names.PRINT_START)
        self._close.clicked.connect(presenter.close)
        self._save.clicked.connect(self._ask_where)
        self._start.clicked.connect(presenter.print)
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._papers[self._presenter.paper]

    def opened(self) -> None:
        self._presenter.enter()

    def dismissed(self) -> None:
        self._presenter.close()

    def _printer_chosen(self, place: int) -> None:
        self._presenter.choose_printer(str(self._printers.itemData(place)))

    def _ask_where(self) -> None:
        """Only outside a kiosk, where the disk is the person's own."""
        t = self.look.t
        proposed = str(Path.home() / f"xuda-{self._presenter.paper.value}.pdf")
        chosen, _ = QFileDialog.getSaveFileName(self, t("Save as PDF"), proposed, "PDF (*.pdf)")
        if chosen:
            self._presenter.save(Path(chosen))

    def refresh(self) -> None:
        if self._presenter.journey.sheet is not names.Sheet.PRINT:
            return
        t, presenter = self.look.t, self._presenter
        self.title.setText(t("Print your receipt or report"))
        self.text.setText(self._saying())
        ready = presenter.state is PrintState.READY
        for paper, option in self._papers.items():
            option.setText(t(PAPERS[paper]))
            option.setChecked(paper is presenter.paper)
            option.setEnabled(ready)
        looked = presenter.state is not PrintState.LOOKING
        somewhere = bool(presenter.printers) or not presenter.journey.context.kiosk
        self._papers[Paper.RECEIPT].setVisible(somewhere)
        self._papers[Paper.REPORT].setVisible(somewhere and presenter.readable)
        self._delivered.setVisible(looked and somewhere and not presenter.readable)
        self._delivered.setText(
            t(
                "What you said is with HR and no longer on this device: the receipt can be printed here, the report at "
                "HR."
            )
        )
        self._show_printers(ready)
        self._show_outcome()
        self._close.setText(t("Close"))
        self._save.setText(t("Save as PDF"))
        self._save.setVisible(not presenter.journey.context.kiosk)
        self._start.setText(t("Print"))
        self._close.setEnabled(presenter.state is not PrintState.WORKING)
        self._save.setEnabled(presenter.may_save)
        self._start.setEnabled(presenter.may_print)
        self._start.setVisible(bool(presenter.printers))

    def _saying(self) -> str:
        t, presenter = self.look.t, self._presenter
        if presenter.state is PrintState.LOOKING:
            return t("Looking for printers…")
        if presenter.state is PrintState.WORKING:
            return t("Your pages are being made…")
        return t("They are yours to take home. HR gets everything without them.")

    def _show_printers(self, ready: bool) -> None:
        t, presenter = self.look.t, self._presenter
        self._to.setVisible(bool(presenter.printers))
        self._where.setText(t("Printer"))
        self._many.setText(t("Copies"))
        self._fill(self._printers, [(one.words, one.name) for one in presenter.printers])
        place = presenter.printers.index(presenter.printer) if presenter.printer in presenter.printers else -1
        self._printers.setCurrentIndex(place)
        copies = range(1, MOST_COPIES + 1)
        self._fill(self._copies, [(self.look.texts.number(n), str(n)) for n in copies])
        self._copies.setCurrentIndex(presenter.copies - 1)
        for control, words in ((self._printers, t("Printer")), (self._copies, t("Copies"))):
            control.setAccessibleName(words)
            control.setEnabled(ready)
        self._nowhere.setVisible(presenter.state is not PrintState.LOOKING and not presenter.printers)
        if presenter.journey.context.kiosk:
            self._nowhere.setText(
                t(
                    "There is no printer here. Take a picture of the receipt code on your screen instead: it is your "
                    "proof, and HR has everything else."
                )
            )
        else:
            self._nowhere.setText(t("No printer is set up on this computer. You can save the pages as PDF instead."))

    @staticmethod
    def _fill(select: Select, items: list[tuple[str, str]]) -> None:
        """Anew only where something has changed: an open list would close."""
        there = [(select.itemText(place), select.itemData(place)) for place in range(select.count())]
        if there != items:
            select.clear()
            for words, value in items:
                select.addItem(words, value)

    def _show_outcome(self) -> None:
        t, presenter = self.look.t, self._presenter
        good = ""
        if presenter.printed_on:
            good = t("Printed on {printer}. Please take all pages with you.", printer=presenter.printed_on)
        elif presenter.saved_to:
            good = t("Saved as {name}. Whoever opens this file can read it.", name=presenter.saved_to)
        bad = "\n".join(error_words(self.look, presenter.error)) if presenter.error is not None else ""
        for card, words in ((self._good, good), (self._bad, bad)):
            card.setVisible(bool(words))
            card.words.setText(words)
