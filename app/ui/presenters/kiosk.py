"""What a kiosk does by itself: asks whether somebody is still there, goes back, sleeps and wakes."""

from __future__ import annotations

from collections.abc import Callable

from app.kiosk.desk import KioskDesk
from app.kiosk.idle import IdleWatch, Scene, Verdict
from app.ui.names import Screen, Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey

STAFF_SHEETS = frozenset({Sheet.PIN, Sheet.STAFF, Sheet.EXPORT, Sheet.GIVING, Sheet.RECEIPTS})
_DARK_AFTER_SECONDS = 60.0


class KioskPresenter(Presenter):
    """``thinking``: whether a thinking time runs; ``occupied``: something plays or is written, so that nobody touches.

    ``tick`` is called about once a second, ``touched`` with each touch and key.
    """

    def __init__(
        self, journey: Journey, desk: KioskDesk, *, thinking: Callable[[], bool], occupied: Callable[[], bool]
    ) -> None:
        super().__init__()
        self.journey = journey
        self._desk = desk
        self._thinking = thinking
        self._occupied = occupied
        self._watch = IdleWatch(lambda: journey.clock(), lambda: desk.rules().idle_seconds)
        self._before = Sheet.NONE
        self._first_language = journey.language

    @property
    def seconds_left(self) -> int:
        """Of the warning."""
        return max(0, -int(-self._watch.left // 1))

    @property
    def language(self) -> str:
        """The next candidate's, until they choose another."""
        return self._desk.rules().language or self._first_language

    @property
    def deserted(self) -> bool:
        """Whether the attract screen stands there and whoever was at it last has gone."""
        return self.scene() is Scene.HOME and self._watch.quiet >= self._desk.rules().idle_seconds

    def touched(self) -> bool:
        """True when this touch has woken the screen, or answered the warning: it is to do nothing else."""
        warned = self._watch.warning
        self._watch.touch()
        if self.journey.screen is Screen.ASLEEP:
            self.wake()
            return True
        if warned and self.journey.sheet is Sheet.IDLE:
            self.stay()
            return True
        return False

    def stay(self) -> None:
        """Somebody is there: everything is as it was before the question."""
        self._watch.touch()
        before, self._before = self._before, Sheet.NONE
        self.journey.open_sheet(before)

    def tick(self) -> None:
        journey = self.journey
        if journey.busy:
            return
        scene = self.scene()
        if scene is not Scene.HOME and self._occupied():
            self._watch.touch()
        verdict = self._watch.look(scene)
        if verdict is Verdict.WARN:
            self._before = journey.sheet
            journey.open_sheet(Sheet.IDLE)
        elif verdict is Verdict.RESET:
            self.reset()
        elif verdict is Verdict.CLOSE_STAFF:
            journey.close_sheet()
        elif scene is Scene.HOME:
            self._sleep_or_wake()
        if journey.sheet is Sheet.IDLE:
            self.changed()

    def scene(self) -> Scene:
        journey = self.journey
        if journey.sheet in STAFF_SHEETS:
            return Scene.STAFF
        nothing_open = journey.sheet is Sheet.NONE and not journey.reading_help
        if journey.screen in (Screen.ATTRACT, Screen.ASLEEP) and nothing_open:
            return Scene.HOME
        if journey.screen is Screen.RECORDING or (journey.screen is Screen.QUESTION and self._thinking()):
            return Scene.TIMED
        return Scene.OPEN

    def reset(self) -> None:
        """Back to the attract screen; an interview that was begun is saved first."""
        journey = self.journey
        self._before = Sheet.NONE
        if journey.active:
            journey.leave_unattended()
            return
        journey.close_sheet()
        journey.dismiss_error()
        journey.open_start()

    def wake(self) -> None:
        self._watch.touch()
        self.journey.go(Screen.ATTRACT)

    def _sleep_or_wake(self) -> None:
        """In sleep hours the screen is dark, but for a while after each touch."""
        dark = self._sleep_time()
        if self.journey.screen is Screen.ASLEEP and not dark:
            self.wake()
        elif self.journey.screen is Screen.ATTRACT and dark and self._watch.quiet >= _DARK_AFTER_SECONDS:
            self.journey.go(Screen.ASLEEP)

    def _sleep_time(self) -> bool:
        hours = self._desk.rules().sleep_hours
        if not hours:
            return False
        now = self._desk.local_now()
        return any(period.holds(now) for period in hours)
