"""The candidate's way through the interview: which screen comes next and what all screens share."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from app.interview.model import ExitKind, ExitReason
from app.interview.views import Entry, InterviewSummary, News, ReceiptView, StartPage, Step, SyncNews, SyncPhase
from app.ui.context import UiContext
from app.ui.names import Screen, Sheet
from app.ui.presenters.base import Presenter, Runner, View
from contract.envelope import Envelope
from contract.errors import ErrorCode, XudaError
from contract.events import HrState
from contract.kit import Kit, QuestionKind
from contract.parts import Elsewhere

T = TypeVar("T")
Begun = tuple[Kit, Step | None, frozenset[QuestionKind]]
log = logging.getLogger(__name__)

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


class Journey(Presenter):
    """See module. One operation that changes something runs at a time: a second click meanwhile does nothing.

    ``saved`` is True once something of this interview was made durable and nothing newer is on its way to the disk.
    ``clock`` gives monotonic seconds.
    """

    def __init__(self, context: UiContext, runner: Runner, view: View, clock: Callable[[], float]) -> None:
        super().__init__()
        self.context = context
        self.runner = runner
        self.view = view
        self.clock = clock
        self.language = context.language
        self.screen = Screen.START
        self.sheet = Sheet.NONE
        self.busy = False
        self.saved = False
        self.active = False
        self.resumed = False
        self.error: Exception | None = None
        self.sync: SyncNews | None = None
        self.start_page: StartPage | None = None
        self.entry: Entry | None = None
        self.kit: Kit | None = None
        # How the questions that still come are answered: tells which devices are needed.
        self.kinds: frozenset[QuestionKind] = frozenset()
        self.unfinished: InterviewSummary | None = None
        self.step: Step | None = None
        self.receipt: ReceiptView | None = None
        self.left_how: ExitKind | None = None
        self.closed_earlier = False
        # HR has said just now how far the interview has come on other devices
        self.asked_hr = False
        # The help panel lies over the screen: nothing may begin behind it.
        self.reading_help = False
        self._looked_up = ""
        self._arriving = ""
        self._deadline: float | None = None
        self._after_devices: Callable[[], None] | None = None
        self._news: list[Callable[[News], None]] = []
        self._endings: list[Callable[[], None]] = []
        # By screen: makes the call that saves an answer in progress when the total time is used up.
        self.savers: dict[Screen, Callable[[], Callable[[], None] | None]] = {}

    # ---- running operations --------------------

    def do(
        self,
        operation: Callable[[], T],
        success: Callable[[T], None],
        failure: Callable[[Exception], None] | None = None,
        *,
        slowly: bool = False,
    ) -> bool:
        """Run a service call, or with ``slowly`` one that may take seconds; False when another one is running."""
        if self.busy:
            return False
        self.busy = True
        self.error = None
        self.changed()

        def done(value: T) -> None:
            self.busy = False
            success(value)
            self.changed()

        def failed(error: Exception) -> None:
            self.busy = False
            (failure or self.fail)(error)
            self.changed()

        run = self.runner.background if slowly else self.runner.service
        run(operation, done, failed)
        return True

    def quietly(self, operation: Callable[[], T], success: Callable[[T], None]) -> None:
        """Run a service call that no one waits for."""
        self.runner.service(operation, success, self.fail)

    def fail(self, error: Exception) -> None:
        """Say on screen what happened; a bug is logged with its traceback as well."""
        if not isinstance(error, XudaError):
            log.error("a service call failed", exc_info=error)
        self.error = error
        self.changed()

    def dismiss_error(self) -> None:
        self.error = None
        self.changed()

    def on_news(self, news: News) -> None:
        if isinstance(news, SyncNews):
            self.sync = news
            self.changed()
        for listener in list(self._news):
            listener(news)

    def listen_news(self, listener: Callable[[News], None]) -> None:
        self._news.append(listener)

    def listen_end(self, listener: Callable[[], None]) -> None:
        """Called when a candidate has left or finished: nothing of theirs may stay in a presenter."""
        self._endings.append(listener)

    def _end(self) -> None:
        self.active = False
        self._deadline = None
        for listener in self._endings:
            listener()

    # ---- moving --------------------

    def go(self, screen: Screen) -> None:
        self.screen = screen
        self.view.show_screen(screen)
        self.changed()

    def open_sheet(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.view.show_sheet(sheet)
        self.changed()

    def close_sheet(self) -> None:
        self.open_sheet(Sheet.NONE)

    def open_start(self) -> None:
        self.entry = self.kit = self.step = self.receipt = self.unfinished = None
        self.saved = False
        self._looked_up = ""
        self.go(Screen.START)
        self.refresh_start()

    def refresh_start(self) -> None:
        self.quietly(self.context.service.start_page, self._show_start)

    def _show_start(self, page: StartPage) -> None:
        self.start_page = page
        if page.trouble is not None:
            self.error = page.trouble
        self.changed()
        arriving, self._arriving = self._arriving, ""
        if arriving:
            self.look_up(arriving)

    # ---- arriving --------------------

    def arrive(self, text: str) -> None:
        """An invitation came from outside (a link was opened); it is looked up once the start page is there."""
        if self.start_page is None:
            self._arriving = text
        else:
            self.look_up(text)

    def look_up(self, text: str) -> None:
        """A code, a link, a phone or an ID number was given."""
        text = text.strip()
        if text:
            self._looked_up = text
            self.closed_earlier = False
            self.do(lambda: self.context.service.look_up(text), self._looked)

    def _looked(self, entry: Entry) -> None:
        """The roster may be old: where HR can be asked how far other devices have come, it is."""
        moving, service = self.context.moving, self.context.service
        self.asked_hr = False
        if moving is None or self.offline or entry.unfinished is not None:
            self._admit(entry)
            return

        def answered(found: tuple[bool, Elsewhere | None]) -> None:
            self.asked_hr = found[0]
            if found[0]:
                self.do(lambda: service.heard(found[1]), self._admit)
            else:
                self._admit(entry)

        self.do(lambda: moving.ask(entry.invitation_id), answered, slowly=True)

    def _admit(self, entry: Entry) -> None:
        self.entry = entry
        self.kit = entry.kit
        self.unfinished = entry.unfinished
        elsewhere = entry.elsewhere
        if entry.unfinished is not None:
            self.open_sheet(Sheet.RESUME)
        elif elsewhere is None:
            self.go(Screen.ENTRY)
        elif self.asked_hr and elsewhere.state is HrState.IN_PROGRESS:
            self.fail(XudaError(ErrorCode.INTERVIEW_ELSEWHERE))
        else:
            self.open_sheet(Sheet.CONTINUE_HERE)

    def continue_here(self) -> None:
        """The candidate wants to go on here with what was begun on another device."""
        self.close_sheet()
        self.go(Screen.ENTRY)

    def agree(self, *, scoring: bool) -> None:
        entry, moving, service = self.entry, self.context.moving, self.context.service
        if entry is None or entry.elsewhere is None or moving is None or self.offline:
            self._begin(scoring, None)
            return

        def ask(part: str) -> None:
            self.do(
                lambda: moving.take_over(part, entry.invitation_id),
                lambda ticket: self._begin(scoring, ticket),
                slowly=True,
            )

        self.do(service.next_part, ask)

    def _begin(self, scoring: bool, ticket: Envelope | None) -> None:
        service, language = self.context.service, self.language
        moved = self.entry is not None and self.entry.elsewhere is not None

        def begin() -> Begun:
            service.begin(language=language, scoring=scoring, ticket=ticket)
            return service.kit(), service.step(), service.remaining_kinds()

        self.do(begin, lambda found: self._begun(*found, resumed=moved))

    def decline(self) -> None:
        language = self.language
        self.close_sheet()
        self.do(lambda: self.context.service.decline(language=language), self._declined)

    def _declined(self, receipt: ReceiptView) -> None:
        self.receipt = receipt
        self.go(Screen.DECLINED)

    # ---- coming back --------------------

    def offer_resume(self, summary: InterviewSummary) -> None:
        self.unfinished = summary
        self.open_sheet(Sheet.RESUME)

    @property
    def may_restart(self) -> bool:
        """Whether a new attempt is possible after the unfinished one is given up."""
        kit = self.unfinished.kit if self.unfinished else None
        return kit is None or kit.restart_allowed

    def resume(self) -> None:
        unfinished, service = self.unfinished, self.context.service
        if unfinished is None:
            return

        def resume() -> Begun:
            service.resume(unfinished.interview_id)
            return service.kit(), service.step(), service.remaining_kinds()

        if self.do(resume, lambda found: self._begun(*found, resumed=True)):
            self.close_sheet()

    def restart(self) -> None:
        """Give the unfinished attempt up and begin again where that is possible."""
        unfinished, service, text = self.unfinished, self.context.service, self._looked_up
        if unfinished is None:
            return
        again = bool(text) and self.may_restart

        def give_up() -> Entry | None:
            service.abandon_earlier(unfinished.interview_id)
            return service.look_up(text) if again else None

        if self.do(give_up, self._given_up):
            self.close_sheet()

    def _given_up(self, entry: Entry | None) -> None:
        if entry is not None:
            self._admit(entry)
            return
        self.closed_earlier = True
        self.open_start()

    # ---- the interview --------------------

    def _begun(self, kit: Kit, step: Step | None, kinds: frozenset[QuestionKind], *, resumed: bool) -> None:
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

    def next_step(self) -> None:
        self.do(self.context.service.step, self.route)

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

    @property
    def total_left(self) -> float | None:
        """Seconds of the total time budget that are left; None without a budget."""
        return None if self._deadline is None else max(0.0, self._deadline - self.clock())

    def tick(self) -> None:
        """Called about once a second."""
        timed = self.active and self.screen in IN_INTERVIEW and self.screen not in (Screen.DEVICES, Screen.PRACTICE)
        if timed and self.total_left == 0 and not self.busy:
            self._deadline = None
            make, service = self.savers.get(self.screen), self.context.service
            save = make() if make is not None else None

            def end() -> ReceiptView:
                if save is not None:
                    save()
                return service.finish(time_up=True)

            self.do(end, self._time_up)

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

    # ---- words of the top bar --------------------

    @property
    def offline(self) -> bool:
        return self.sync is not None and self.sync.phase in (SyncPhase.OFFLINE, SyncPhase.OFF)
