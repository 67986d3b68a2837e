"""The candidate's way through the interview: which screen comes next and what all screens share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.ui.names import Screen, Sheet
from app.ui.presenters.arrival import Arrival
from app.ui.presenters.base import Runner, View
from app.ui.presenters.operations import Operations

if TYPE_CHECKING:
    from app.interview.model import ExitKind, ExitReason
    from app.interview.views import ReceiptView, StartPage, Step
    from app.ui.context import UiContext
    from contract.kit import Kit, QuestionKind

IN_INTERVIEW = frozenset(
    {
        Screen.DEVICES,
        Screen.PRACTICE,
        Screen.QUESTION,
        Screen.RECORDING,
        Screen.PROOF,
        Screen.TEXT,
        Screen.CHOICE,
    }
)
# A disk that is full or away is back when somebody has seen to it.
_END_AGAIN_SECONDS = 10.0


def _nothing() -> None:
    pass


class Journey(Operations):
    """See module. One operation that changes something runs at a time: a second click meanwhile does nothing.

    ``saved`` is True once something of this interview was made durable and nothing newer is on its way to the disk.
    ``clock`` gives monotonic seconds.
    """

    def __init__(self, context: UiContext, runner: Runner, view: View, clock: Callable[[], float]) -> None:
        super().__init__(runner)
        self.context = context
        self.view = view
        self.clock = clock
        self.language = context.language
        self.screen = Screen.START
        self.sheet = Sheet.NONE
        self.saved = False
        self.active = False
        self.resumed = False
        self.start_page: StartPage | None = None
        self.kit: Kit | None = None
        # How the questions that still come are answered: tells which devices are needed.
        self.kinds: frozenset[QuestionKind] = frozenset()
        self.step: Step | None = None
        self.receipt: ReceiptView | None = None
        self.left_how: ExitKind | None = None
        # The help panel lies over the screen: nothing may begin behind it.
        self.reading_help = False
        self._deadline: float | None = None
        self._last_save: Callable[[], None] | None = None
        self._end_again_at = 0.0
        self._after_devices: Callable[[], None] | None = None
        self._endings: list[Callable[[], None]] = []
        # By screen: makes the call that saves an answer in progress when the total time is used up.
        self.savers: dict[Screen, Callable[[], Callable[[], None] | None]] = {}
        # Each makes durable what was typed so far and is no answer yet.
        self.keepers: list[Callable[[], None]] = []
        self.show_receipt: Callable[[str], None] = lambda _: None
        self.arrival = Arrival(self)

    # ---- the end of an interview --------------------

    def listen_end(self, listener: Callable[[], None]) -> None:
        """Called when a candidate has left or finished: nothing of theirs may stay in a presenter."""
        self._endings.append(listener)

    def _end(self) -> None:
        self.active = False
        self._deadline = None
        for listener in self._endings:
            listener()

    @property
    def vacant(self) -> bool:
        """Nobody answers, reads their entry page or waits for something."""
        engaged = self.active or self.busy or self.arrival.entry is not None
        return not engaged and self.sheet is Sheet.NONE

    # ---- moving --------------------

    def go(self, screen: Screen) -> None:
        self.screen = screen
        self._last_save = None
        self.view.show_screen(screen)
        self.changed()

    def open_sheet(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.view.show_sheet(sheet)
        self.changed()

    def close_sheet(self) -> None:
        self.open_sheet(Sheet.NONE)

    def open_start(self) -> None:
        self.arrival.forget()
        self.kit = self.step = self.receipt = None
        self.saved = False
        self.go(self.home)
        self.refresh_start()

    @property
    def home(self) -> Screen:
        """Where the way begins and ends."""
        return Screen.ATTRACT if self.context.kiosk else Screen.START

    def refresh_start(self) -> None:
        service = self.context.service
        # asked for the call only when it is made: at the start the service is not there yet
        self.quietly(lambda: service.start_page(), self._show_start)

    def _show_start(self, page: StartPage) -> None:
        self.start_page = page
        if page.trouble is not None:
            self.error = page.trouble
        self.changed()
        self.arrival.start_page_is_there()

    # ---- the interview --------------------

    def begun(self, kit: Kit, step: Step | None, kinds: frozenset[QuestionKind], *, resumed: bool) -> None:
        self.kit = kit
        self.kinds = kinds
        self.active = True
        self.saved = True
        self.resumed = resumed
        if step is not None and any(kind.spoken for kind in kinds):
            self._after_devices = None
            self.go(Screen.DEVICES)
        else:
            self._start_questions()

    def check_devices_again(self, after: Callable[[], None]) -> None:
        """In the middle of the interview, after a device was lost."""
        self._after_devices = after
        self.go(Screen.DEVICES)

    def devices_done(self) -> None:
        after, self._after_devices = self._after_devices, None
        if after is not None:
            after()
        elif self.resumed:
            self._start_questions()
        else:
            self.go(Screen.PRACTICE)

    def practice_done(self) -> None:
        self._start_questions()

    def _start_questions(self) -> None:
        service = self.context.service

        def begin() -> Step | None:
            service.start_clock()
            return service.step()

        self.do(begin, self.route)

    def route(self, step: Step | None) -> None:
        """Show the first unanswered question, or finish."""
        self.step = step
        if step is None:
            self._deadline = None
            self.do(self.context.service.finish, self._finished)
            return
        left = step.total_seconds_left
        self._deadline = None if left is None else self.clock() + left
        if step.question.kind.spoken:
            self.go(Screen.QUESTION)
        else:
            self.go(Screen.CHOICE if step.question.kind.choice else Screen.TEXT)

    def adjusted(self, step: Step | None, kinds: frozenset[QuestionKind]) -> None:
        """Staff have changed the rules of the interview: the open question goes by the new ones at once."""
        self.kinds = kinds
        if step is None or self.step is None or self.screen not in (Screen.QUESTION, Screen.TEXT, Screen.CHOICE):
            self.changed()
            return
        if step.question.kind is not self.step.question.kind:
            self.route(step)
            return
        self.step = step
        left = step.total_seconds_left
        self._deadline = None if left is None else self.clock() + left
        self.changed()

    @property
    def total_left(self) -> float | None:
        """Seconds of the total time budget that are left; None without a budget."""
        return None if self._deadline is None else max(0.0, self._deadline - self.clock())

    def tick(self) -> None:
        """Called about once a second."""
        timed = self.active and self.screen in IN_INTERVIEW and self.screen not in (Screen.DEVICES, Screen.PRACTICE)
        if timed and self.total_left == 0 and not self.busy and self.clock() >= self._end_again_at:
            self._end_on_time()

    def _end_on_time(self) -> None:
        """With the answer in progress. When that cannot be saved, it is tried again until it is."""
        if self._last_save is None:
            make = self.savers.get(self.screen)
            self._last_save = (make() if make is not None else None) or _nothing
        service, save = self.context.service, self._last_save

        def end() -> ReceiptView:
            save()
            self._last_save = _nothing
            return service.finish(time_up=True)

        def failed(error: Exception) -> None:
            self._end_again_at = self.clock() + _END_AGAIN_SECONDS
            self.fail(error)

        self.do(end, self._time_up, failed)

    def _time_up(self, receipt: ReceiptView) -> None:
        self._finished(receipt)
        self.open_sheet(Sheet.TIME_UP)

    def _finished(self, receipt: ReceiptView) -> None:
        self.receipt = receipt
        self._end()
        self.saved = True
        self.go(Screen.FINISH)

    # ---- leaving --------------------

    def ask_to_leave(self) -> None:
        if self.active and self.sheet is not Sheet.LEAVE:
            self.open_sheet(Sheet.LEAVE)

    def leave(self, how: ExitKind, reason: ExitReason, words: str) -> None:
        from app.interview.model import ExitKind

        service = self.context.service
        call = service.pause if how is ExitKind.SAVE else service.abandon

        def left(receipt: ReceiptView) -> None:
            self.left_how = how
            self._end()
            self.receipt = receipt
            self.saved = True
            self.close_sheet()
            self.go(Screen.LEFT)

        self.do(lambda: call(reason, words), left)

    def leave_unattended(self) -> None:
        """Nobody is there any more: the progress is saved with that reason, and the next candidate may come."""
        from app.interview.model import ExitReason

        service = self.context.service
        for keep in self.keepers:
            keep()

        def left(_: ReceiptView) -> None:
            self._end()
            self.open_start()

        self.close_sheet()
        self.do(lambda: service.pause(ExitReason.IDLE), left)

    # ---- words of the top bar --------------------

    @property
    def offline(self) -> bool:
        if self.sync is None:
            return False
        from app.interview.views import SyncPhase

        return self.sync.phase in (SyncPhase.OFFLINE, SyncPhase.OFF)
