"""The staff's PIN and the panel behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.kiosk.desk import StaffDesk, StaffFacts, UploadLimit, refused
from app.kiosk.pin import FREE_TRIES, Attempt, PinLock
from app.ui.names import Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.transfer import Drive
from contract.pin import LONGEST, SHORTEST

_LOOK_SECONDS = 10.0


class PinState(StrEnum):
    READY = "ready"
    CHECKING = "checking"
    WRONG = "wrong"
    LOCKED = "locked"
    MISSING = "missing"


class PinPresenter(Presenter):
    """What is typed lives here alone, and only until it is checked. ``left``: tries before the lock closes."""

    def __init__(self, journey: Journey, lock: PinLock) -> None:
        super().__init__()
        self.journey = journey
        self._lock = lock
        self._typed = ""
        self._until = 0.0
        self.state = PinState.READY
        self.left = FREE_TRIES
        self.before = Sheet.NONE

    @property
    def count(self) -> int:
        """Digits typed so far."""
        return len(self._typed)

    @property
    def complete(self) -> bool:
        return self.state in (PinState.READY, PinState.WRONG) and len(self._typed) >= SHORTEST

    @property
    def wait(self) -> float:
        """Seconds until the next try is looked at."""
        return max(0.0, self._until - self.journey.clock())

    def ask(self) -> None:
        """Somebody wants in. What was asked before comes back when they are done."""
        if self.journey.sheet in (Sheet.PIN, Sheet.STAFF, Sheet.EXPORT, Sheet.GIVING, Sheet.RECEIPTS):
            return
        self.before = Sheet.NONE if self.journey.sheet is Sheet.IDLE else self.journey.sheet
        self.journey.open_sheet(Sheet.PIN)

    def enter(self) -> None:
        self._typed = ""
        self.state, self.left = PinState.CHECKING, FREE_TRIES
        self.journey.runner.background(lambda: (self._lock.present, self._lock.wait()), self._found, self._failed)
        self.changed()

    def press(self, digit: str) -> None:
        if self.state in (PinState.READY, PinState.WRONG) and len(self._typed) < LONGEST:
            self._typed += digit
            self.state = PinState.READY
            self.changed()

    def back(self) -> None:
        self._typed = self._typed[:-1]
        self.changed()

    def cancel(self) -> None:
        self._typed = ""
        self.journey.open_sheet(self.before)

    def forget(self) -> None:
        self._typed = ""

    def submit(self) -> None:
        if not self.complete:
            return
        typed, self._typed = self._typed, ""
        self.state = PinState.CHECKING
        self.changed()
        self.journey.runner.background(lambda: self._lock.check(typed), self._checked, self._failed)

    def tick(self) -> None:
        if self.state is PinState.LOCKED:
            if self.wait <= 0:
                self.state, self.left = PinState.READY, 1
            self.changed()

    def _found(self, found: tuple[bool, float]) -> None:
        present, wait = found
        self.state = PinState.READY if present else PinState.MISSING
        if present and wait > 0:
            self._close(wait)
        self.changed()

    def _checked(self, attempt: Attempt) -> None:
        if attempt.right:
            self.state = PinState.READY
            if self.journey.sheet is Sheet.PIN:
                self.journey.open_sheet(Sheet.STAFF)
            return
        self.state, self.left = PinState.WRONG, attempt.left
        if attempt.wait > 0:
            self._close(attempt.wait)
        self.changed()

    def _close(self, wait: float) -> None:
        self.state = PinState.LOCKED
        self._until = self.journey.clock() + wait

    def _failed(self, error: Exception) -> None:
        self.state = PinState.READY
        self.journey.fail(error)


class Action(StrEnum):
    SYNC = "sync"
    RETRY = "retry"
    EXPORT = "export"
    ADJUST = "adjust"
    RECEIPT = "receipt"
    DIAGNOSTICS = "diagnostics"
    LIMIT = "limit"
    RESTART = "restart"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an action. ``count``: of items; ``place``: of a file."""

    action: Action
    count: int = 0
    place: str = ""


class Shell(Protocol):
    """The window, as far as staff may end it. The progress of a running interview is saved first."""

    def close_program(self) -> None: ...

    def restart_program(self) -> None: ...


class StaffPresenter(Presenter):
    """``asked``: an action that waits for a yes. ``outcome`` or ``error`` tell of the last one.

    ``adjust`` opens what lets staff give a candidate more time; None where that is not offered. ``drives`` finds places
    to write to, ``fallback`` is where the diagnostics go without a stick, ``before`` the sheet that staff have covered.
    """

    def __init__(
        self,
        journey: Journey,
        desk: StaffDesk,
        shell: Shell,
        *,
        drives: Callable[[], list[Drive]],
        fallback: Path,
        before: Callable[[], Sheet] = lambda: Sheet.NONE,
        adjust: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self.journey = journey
        self._desk = desk
        self._shell = shell
        self._drives = drives
        self._fallback = fallback
        self._adjust = adjust
        self._before = before
        self.facts: StaffFacts | None = None
        self.asked: Action | None = None
        self.outcome: Outcome | None = None
        self.error: Exception | None = None
        self.running = False
        self.limit: UploadLimit | None = None
        self._looking = False
        self._looked_at = 0.0

    def enter(self) -> None:
        self.asked = self.outcome = self.error = None
        self.look()

    def leave(self) -> None:
        """Back to what the candidate had before them."""
        self.asked = None
        self.journey.open_sheet(self._before())

    def tick(self) -> None:
        """Called about once a second while the panel is open."""
        if self.journey.clock() - self._looked_at >= _LOOK_SECONDS and not self.running:
            self.look()

    def look(self) -> None:
        if self._looking:
            return
        self._looking = True
        self._looked_at = self.journey.clock()
        self.journey.runner.background(self._desk.look, self._seen, self._blind)
        self.changed()

    def known(self) -> Sequence[Action]:
        """What this panel has a button for, in their order."""
        missing = {Action.ADJUST} if self._adjust is None else set()
        missing |= {Action.EXPORT} if self.journey.context.transfer is None else set()
        missing |= {Action.RECEIPT} if self.journey.context.papers is None else set()
        return [action for action in Action if action not in missing]

    def offered(self) -> Sequence[Action]:
        """What can be done now."""
        nothing_refused = self.facts is None or refused(self.facts.queue) == 0
        return [action for action in self.known() if action is not Action.RETRY or not nothing_refused]

    def choose(self, action: Action) -> None:
        """Most actions ask first; what opens a sheet of its own asks there."""
        if self.running:
            return
        self.outcome = self.error = None
        self.asked = None
        if action is Action.EXPORT:
            self.journey.open_sheet(Sheet.EXPORT)
        elif action is Action.RECEIPT:
            self.journey.open_sheet(Sheet.RECEIPTS)
        elif action is Action.ADJUST and self._adjust is not None:
            self._adjust()
        else:
            self.asked = action
        self.changed()

    def choose_limit(self, limit: UploadLimit | None) -> None:
        """None: as HR says."""
        self.limit = limit
        self.choose(Action.LIMIT)

    def refuse(self) -> None:
        self.asked = None
        self.changed()

    def confirm(self) -> None:
        action, self.asked = self.asked, None
        if action is Action.CLOSE:
            self._shell.close_program()
        elif action is Action.RESTART:
            self._shell.restart_program()
        elif action is not None:
            self.running = True
            self.changed()
            self.journey.runner.background(lambda: self._run(action), self._done, self._failed)

    def _run(self, action: Action) -> Outcome:
        if action is Action.SYNC:
            self._desk.sync_now()
        elif action is Action.RETRY:
            return Outcome(action, count=self._desk.retry_refused())
        elif action is Action.LIMIT:
            self._desk.limit_uploads(self.limit)
        elif action is Action.DIAGNOSTICS:
            stick = next((drive.path for drive in self._drives() if drive.removable), self._fallback)
            return Outcome(action, place=str(self._desk.write_diagnostics(stick)))
        return Outcome(action)

    def _done(self, outcome: Outcome) -> None:
        self.running = False
        self.outcome = outcome
        self.look()

    def _failed(self, error: Exception) -> None:
        self.running = False
        self.error = error
        self.changed()

    def _seen(self, facts: StaffFacts) -> None:
        self._looking = False
        self.facts = facts
        self.changed()

    def _blind(self, error: Exception) -> None:
        self._looking = False
        self.error = error
        self.changed()
