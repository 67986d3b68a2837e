"""The staff panel: what waits, what this booth has, and what staff may do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from app.kiosk.desk import StaffFacts, UploadLimit, refused
from app.ui import names
from app.ui.i18n import N_
from app.ui.names import Sheet
from app.ui.presenters.journey import Journey
from app.ui.presenters.staff import Action, Outcome, StaffPresenter
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.widgets.basic import Button, Card, Label, row
from app.ui.widgets.columns import Columns
from app.ui.widgets.fitrow import FitRow
from app.ui.widgets.notice import error_words
from app.ui.widgets.queue import QueueTable, title_of
from app.ui.widgets.select import Select
from contract.settings import hours_text, parse_hours

if TYPE_CHECKING:
    from collections.abc import Iterator

_TICK_MS = 1000
_LIMITS = (None, 100, 250, 500, 1000, 2000, 5000)
_HOURS = ("", "08:00-18:00", "09:00-21:00")
_AS_HR = "hr"

# The button, what is asked before, and what is said afterwards.
_WORDS: dict[Action, tuple[str, str, str]] = {
    Action.SYNC: (
        N_("Send now"),
        N_("Send everything that waits now? Answers in progress are not touched."),
        N_("Sending has begun."),
    ),
    Action.RETRY: (
        N_("Try refused items again"),
        N_("Try again what HR has refused? Nothing is deleted, whatever HR answers."),
        "",
    ),
    Action.EXPORT: (N_("Export to a USB stick"), "", ""),
    Action.ADJUST: (N_("More time for a candidate"), "", ""),
    Action.RECEIPT: (N_("Print a receipt again"), "", ""),
    Action.DIAGNOSTICS: (
        N_("File for support"),
        N_("Write a file for support? It holds no names, answers or recordings."),
        "",
    ),
    Action.LIMIT: (
        N_("Limit uploads"),
        N_("Use this limit for uploads on this booth? Answers and states go at once whatever the limit is."),
        N_("The limit holds from now on."),
    ),
    Action.RESTART: (
        N_("Restart the program"),
        N_("Restart the program? The progress of an interview that runs is saved first."),
        "",
    ),
    Action.CLOSE: (
        N_("Close the program"),
        N_("Close the program? The progress of an interview that runs is saved first."),
        "",
    ),
}
_NETWORK = {"online": N_("HR is reached"), "offline": N_("HR is not reached"), "unknown": N_("Not known yet")}
_BY = {"staff": N_("set here"), "hr": N_("set by HR"), "machine": N_("set on this machine"), "": ""}


_FACT_EM = 20


class StaffSheet(SheetCard):
    sign = ("shield", "accent")
    most = "wide"

    def __init__(self, look: Look, journey: Journey, presenter: StaffPresenter) -> None:
        super().__init__(look)
        self._journey = journey
        self._presenter = presenter
        self._drawn: object = None
        self.text.hide()
        self.content.addWidget(self._answer_card())
        self.content.addWidget(self._fact_grid())
        self._buttons()
        self._waiting = Label("strong")
        self.content.addWidget(self._waiting)
        self._queue = QueueTable(look)
        self.content.addWidget(self._queue)
        self._limits()
        self._close = self.add("primary", names.STAFF_CLOSE)
        self._close.clicked.connect(presenter.leave)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(presenter.tick)
        presenter.listen(self.refresh)

    def restyle(self) -> None:
        self.setMaximumWidth(self.look.tokens.wide)

    # ---- making --------------------

    def _answer_card(self) -> Card:
        """What is asked before an action, and what became of the last one."""
        self._answer = Card(self.look, "soft", steps=1.5, gap=1)
        self._message = Label("body")
        self._message.setObjectName(names.STAFF_MESSAGE)
        self._no = Button(self.look, "plain", name=names.STAFF_NO)
        self._yes = Button(self.look, "equal", name=names.STAFF_YES)
        self._no.clicked.connect(self._presenter.refuse)
        self._yes.clicked.connect(self._presenter.confirm)
        line = row(self.look, gap=1)
        line.addWidget(self._message, 1)
        line.addWidget(self._no)
        line.addWidget(self._yes)
        self._answer.body.addLayout(line)
        return self._answer

    def _fact_grid(self) -> Columns:
        facts = Columns(self.look, least_em=_FACT_EM, most=2, gap=0.5)
        self._facts = [(Label("caption"), Label("body")) for _ in range(8)]
        for name, value in self._facts:
            line = row(self.look, gap=2)
            line.addWidget(name, 1, Qt.AlignmentFlag.AlignTop)
            line.addWidget(value, 2, Qt.AlignmentFlag.AlignTop)
            facts.add(line)
        return facts

    def _limits(self) -> None:
        self._limit_name = Label("caption")
        self._limit, self._hours = Select(self.look, name=names.STAFF_LIMIT), Select(self.look, name=names.STAFF_HOURS)
        self._set = Button(self.look, "plain", name=names.STAFF_ACTION_PREFIX + Action.LIMIT.value)
        self._set.clicked.connect(self._choose_limit)
        self._limit.activated.connect(lambda _: self._show_hours())
        line = Columns(self.look, least_em=_FACT_EM, most=3, gap=1)
        for part in (self._limit, self._hours, self._set):
            line.add(part)
        self.content.addWidget(self._limit_name)
        self.content.addWidget(line)

    def _buttons(self) -> None:
        self._actions: dict[Action, Button] = {}
        shown = [action for action in self._presenter.known() if action is not Action.LIMIT]
        half = -(-len(shown) // 2)
        for part in (shown[:half], shown[half:]):
            line = FitRow(self.look, even=True, gap=1)
            for action in part:
                kind = "danger" if action is Action.CLOSE else "plain"
                button = Button(self.look, kind, name=names.STAFF_ACTION_PREFIX + action.value)
                button.clicked.connect(lambda _=False, chosen=action: self._presenter.choose(chosen))
                line.add(button)
                self._actions[action] = button
            self.content.addWidget(line)

    # ---- reactions --------------------

    def first(self) -> QWidget | None:
        return self._close

    def opened(self) -> None:
        self._drawn = None
        self._fill_limits()
        self._presenter.enter()
        self._timer.start()

    def dismissed(self) -> None:
        self._presenter.leave()

    def abandoned(self) -> None:
        self._timer.stop()

    def _choose_limit(self) -> None:
        chosen = self._limit.currentData()
        if chosen == _AS_HR:
            self._presenter.choose_limit(None)
        else:
            hours = tuple(parse_hours(self._hours.currentData() or "")) if chosen else ()
            self._presenter.choose_limit(UploadLimit(chosen or None, hours))

    def _show_hours(self) -> None:
        self._hours.setEnabled(self._limit.currentData() not in (_AS_HR, 0))

    # ---- shown --------------------

    def refresh(self) -> None:
        presenter = self._presenter
        if self._journey.sheet is not Sheet.STAFF:
            self._timer.stop()
            return
        t = self.look.t
        self.title.setText(t("Staff panel"))
        self._close.setText(t("Back to the interviews"))
        self._no.setText(t("No"))
        self._yes.setText(t("Yes"))
        offered = presenter.offered()
        for action, button in (*self._actions.items(), (Action.LIMIT, self._set)):
            button.setText(t(_WORDS[action][0]))
            button.setEnabled(action in offered and not presenter.running)
        self._show_answer()
        self._show_facts(presenter.facts)
        self._show_queue(presenter.facts)

    def _show_answer(self) -> None:
        presenter, t = self._presenter, self.look.t
        words = ""
        if presenter.asked is not None:
            words = t(_WORDS[presenter.asked][1])
        elif presenter.running:
            words = t("One moment…")
        elif presenter.error is not None:
            words = "\n".join(error_words(self.look, presenter.error))
        elif presenter.outcome is not None:
            words = self._outcome_words(presenter.outcome)
        self._message.setText(words)
        self._message.tone("error" if presenter.error is not None and presenter.asked is None else "")
        self._answer.setVisible(bool(words))
        for button in (self._no, self._yes):
            button.setVisible(presenter.asked is not None)

    def _outcome_words(self, outcome: Outcome) -> str:
        if outcome.action is Action.RETRY:
            return self.look.texts.n("{n} item is tried again.", "{n} items are tried again.", outcome.count)
        if outcome.action is Action.DIAGNOSTICS:
            return self.look.t("Written: {place}", place=outcome.place)
        return self.look.t(_WORDS[outcome.action][2])

    def _show_facts(self, facts: StaffFacts | None) -> None:
        t = self.look.t
        rows = list(self._fact_rows(facts)) if facts is not None else [("", t("Looking…"))]
        for place, (name, value) in enumerate(self._facts):
            there = place < len(rows)
            name.setText(rows[place][0] if there else "")
            value.setText(rows[place][1] if there else "")

    def _fact_rows(self, facts: StaffFacts) -> Iterator[tuple[str, str]]:
        t, none = self.look.t, self.look.t("none")
        network = t(_NETWORK.get(facts.network, _NETWORK["unknown"]))
        paused = t("sending is paused by a setting") if facts.paused else ""
        yield t("Network"), " · ".join(part for part in (network, facts.server, paused) if part)
        contact = self.look.texts.date(facts.last_contact) if facts.last_contact else t("never yet")
        yield t("Last contact with HR"), contact
        yield t("Disk"), self._disk(facts)
        yield t("Speech model"), facts.model or title_of(self.look, facts.model_problem) or none
        yield t("Cameras"), "\n".join(facts.cameras) or none
        yield t("Microphones"), "\n".join(facts.microphones) or none
        yield t("Device"), " · ".join(part for part in (facts.organisation, facts.device[:8]) if part) or none
        update = t("needs an update to {version} or newer", version=facts.update_to) if facts.update_to else ""
        yield t("Version"), " · ".join(part for part in (facts.version, update) if part)

    def _disk(self, facts: StaffFacts) -> str:
        if facts.free_bytes is None:
            return self.look.t("cannot be told")
        free = self.look.texts.number(facts.free_bytes / 1e9, 1)
        total = self.look.texts.number(facts.total_bytes / 1e9, 1) if facts.total_bytes else "?"
        return self.look.t("{free} of {total} GB free", free=free, total=total)

    def _show_queue(self, facts: StaffFacts | None) -> None:
        lines = facts.queue if facts is not None else ()
        drawn = (lines, self.look.texts.language, facts is None, facts.limit if facts else None)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._show_limit(facts)
        self._waiting.setText(self._waiting_words(facts))
        self._queue.setVisible(bool(lines))
        self._queue.show_lines(lines)

    def _waiting_words(self, facts: StaffFacts | None) -> str:
        if facts is None:
            return ""
        if not facts.queue:
            return self.look.t("Everything on this device is with HR.")
        words = self.look.texts.n("{n} item waits for HR", "{n} items wait for HR", len(facts.queue))
        bad = refused(facts.queue)
        more = self.look.texts.n("{n} is refused", "{n} are refused", bad)
        return f"{words} · {more}" if bad else words

    # ---- the upload limit --------------------

    def _fill_limits(self) -> None:
        t = self.look.t
        chosen, hours = self._limit.currentIndex(), self._hours.currentIndex()
        for select in (self._limit, self._hours):
            select.blockSignals(True)
            select.clear()
        self._limit.addItem(t("As HR has set it"), _AS_HR)
        for limit in _LIMITS:
            self._limit.addItem(t("{n} kB per second", n=limit) if limit else t("No limit"), limit or 0)
        for period in _HOURS:
            self._hours.addItem(period or t("All day"), period)
        self._limit.setCurrentIndex(max(0, chosen))
        self._hours.setCurrentIndex(max(0, hours))
        self._limit.setAccessibleName(t("Upload limit"))
        self._hours.setAccessibleName(t("Hours of the limit"))
        for select in (self._limit, self._hours):
            select.blockSignals(False)
        self._show_hours()

    def _show_limit(self, facts: StaffFacts | None) -> None:
        self._fill_limits()
        t = self.look.t
        words = t("no limit")
        if facts is not None and facts.limit.kilobytes:
            words = t("{n} kB per second", n=facts.limit.kilobytes)
            if facts.limit.hours:
                words += f", {hours_text(facts.limit.hours)}"
        by = t(_BY.get(facts.limit_by, "")) if facts is not None and facts.limit_by else ""
        now = f"{words} ({by})" if by else words
        self._limit_name.setText(t("Upload limit of recordings now: {limit}", limit=now))
