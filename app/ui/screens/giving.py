"""The sheet behind the staff panel: how much more, and why."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Sheet
from app.ui.presenters.giving import GivingPresenter
from app.ui.screens.adjust import adjustment_words
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Label
from app.ui.widgets.notice import error_words
from app.ui.widgets.select import Select
from contract.adjusting import AdjustmentReason

_REASONS = {
    AdjustmentReason.ACCESSIBILITY: N_("Accessibility"),
    AdjustmentReason.TECHNICAL: N_("A technical problem"),
    AdjustmentReason.INTERRUPTION: N_("An interruption"),
    AdjustmentReason.LANGUAGE: N_("Language"),
    AdjustmentReason.OTHER: N_("Another reason"),
}


class GivingSheet(SheetCard):
    sign = ("timer", "accent")

    def __init__(self, look: Look, presenter: GivingPresenter) -> None:
        super().__init__(look)
        self._presenter = presenter
        self._filled: object = None
        grid = QGridLayout()
        grid.setHorizontalSpacing(look.tokens.space(2))
        self._selects: dict[str, tuple[Label, Select]] = {}
        for place, (key, name) in enumerate(
            (
                ("time", names.GIVING_TIME),
                ("takes", names.GIVING_TAKES),
                ("way", names.GIVING_WAY),
                ("reason", names.GIVING_REASON),
            )
        ):
            label, select = Label("body"), Select(look, name=name)
            select.activated.connect(lambda _, chosen=key: self._chosen(chosen))
            grid.addWidget(label, place, 0)
            grid.addWidget(select, place, 1)
            self._selects[key] = (label, select)
        grid.setColumnStretch(1, 1)
        self.content.addLayout(grid)
        self._result = Label("strong")
        self._result.setObjectName(names.GIVING_RESULT)
        self.content.addWidget(self._result)
        self._close = self.add("plain", names.GIVING_CLOSE)
        self._give = self.add("primary", names.GIVING_GIVE)
        self._close.clicked.connect(presenter.close)
        self._give.clicked.connect(presenter.give)
        presenter.listen(self.refresh)

    def first(self) -> QWidget | None:
        return self._close

    def opened(self) -> None:
        self._filled = None
        self._presenter.enter()

    def dismissed(self) -> None:
        self._presenter.close()

    def _chosen(self, key: str) -> None:
        value = self._selects[key][1].currentData()
        if key == "time":
            self._presenter.choose(time=float(value))
        elif key == "takes":
            self._presenter.choose(takes=int(value))
        elif key == "way":
            self._presenter.choose(way=str(value))
        elif value:
            self._presenter.explain(AdjustmentReason(value))

    def refresh(self) -> None:
        presenter, t = self._presenter, self.look.t
        if presenter.journey.sheet is not Sheet.GIVING:
            return
        self.title.setText(t("More time for a candidate"))
        self.text.setText(self._words())
        usable = presenter.limits is not None and presenter.somebody
        for label, select in self._selects.values():
            label.setVisible(usable)
            select.setVisible(usable)
        if usable:
            self._fill()
        self._give.setVisible(usable)
        self._give.setEnabled(presenter.complete)
        self._give.setText(t("Give"))
        self._close.setText(t("Back"))
        self._show_result()

    def _words(self) -> str:
        presenter, t = self._presenter, self.look.t
        if not presenter.loaded:
            return t("One moment…")
        if not presenter.somebody:
            return t("Nobody is being interviewed now. Open the candidate's invitation first.")
        if presenter.limits is None:
            return t(
                "HR does not let this device adjust interviews. HR allows it in the portal; staff with a key of their "
                "own can give the candidate a code instead."
            )
        return t("It holds for this interview from the open question on, is signed by this device, and HR sees it.")

    def _fill(self) -> None:
        presenter, t, n = self._presenter, self.look.t, self.look.texts.n
        filled = (presenter.times, presenter.takes, presenter.ways, self.look.texts.language)
        if filled == self._filled:
            return
        self._filled = filled
        ways = {
            "": t("as the question says"),
            "audio": t("sound instead of video"),
            "text": t("text instead of speech"),
        }
        kept = t("as it is")
        percent = [(time, t("{n} % more time", n=round((time - 1) * 100)) if time > 1 else kept) for time in filled[0]]
        takes = [(count, n("{n} more take", "{n} more takes", count) if count else kept) for count in filled[1]]
        reasons = [("", t("Please choose")), *((reason.value, t(words)) for reason, words in _REASONS.items())]
        columns: dict[str, tuple[str, list[tuple[object, str]]]] = {
            "time": (t("Time"), [*percent]),
            "takes": (t("Takes"), [*takes]),
            "way": (t("Answer"), [(way, ways.get(way, way)) for way in filled[2]]),
            "reason": (t("Reason"), [*reasons]),
        }
        for key, (name, items) in columns.items():
            label, select = self._selects[key]
            label.setText(name)
            select.setAccessibleName(name)
            chosen = max(0, select.currentIndex()) if select.count() == len(items) else 0
            select.clear()
            for value, words in items:
                select.addItem(words, value)
            select.setCurrentIndex(chosen)

    def _show_result(self) -> None:
        adjust = self._presenter.adjust
        words = ""
        if adjust.error is not None:
            words = "\n".join(error_words(self.look, adjust.error))
        elif adjust.given is not None:
            words = self.look.t("In force now: {what}", what=adjustment_words(self.look, adjust.given))
        self._result.setText(words)
        self._result.setVisible(bool(words))
        self._result.tone("error" if adjust.error is not None else "ok")
