"""Who comes: an invitation is looked up, what was begun before is offered, the candidate agrees or declines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.ui.names import Screen, Sheet
from app.ui.presenters.newest import NewestList

if TYPE_CHECKING:
    from app.interview.views import Entry, InterviewSummary, ReceiptView, Step
    from app.ui.presenters.journey import Journey
    from contract.envelope import Envelope
    from contract.kit import Kit, QuestionKind
    from contract.parts import Elsewhere

    Begun = tuple[Kit, Step | None, frozenset[QuestionKind]]


_RECEIPT = "xuda://r/"  # as app.interview.own reads it; not loaded with the first screen


class Arrival:
    """See module; a part of the journey, which goes on where this ends: with an interview that has begun.

    ``entry`` is what was found for the invitation, ``unfinished`` the interview that can be gone on with here,
    ``closed_earlier`` tells that one was given up just now, ``asked_hr`` that HR has said how far other devices came.
    """

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._context = journey.context
        self.entry: Entry | None = None
        self.unfinished: InterviewSummary | None = None
        self.closed_earlier = False
        self.asked_hr = False
        self.newest = NewestList(journey, lambda text: self._look_up(text, journey.fail))
        self._looked_up = ""
        self._arriving = ""

    def forget(self) -> None:
        """The start page is opened anew."""
        self.entry = self.unfinished = None
        self._looked_up = ""
        self.newest.forget()

    # ---- an invitation --------------------

    def arrive(self, text: str) -> None:
        """An invitation came from outside (a link was opened); it is looked up once the start page is there."""
        if self._journey.start_page is None:
            self._arriving = text
        else:
            self.look_up(text)

    def start_page_is_there(self) -> None:
        arriving, self._arriving = self._arriving, ""
        if arriving:
            self.look_up(arriving)

    def look_up(self, text: str) -> None:
        """A code, a link, a phone or an ID number was given; or, at a kiosk, a receipt was held to the camera."""
        text = text.strip()
        if self._context.kiosk and text.casefold().startswith(_RECEIPT):
            self._journey.show_receipt(text)
        elif text:
            self.newest.forget()
            self._look_up(text, lambda error: self.newest.find(text, error))

    def _look_up(self, text: str, failure: Callable[[Exception], None]) -> None:
        self._looked_up = text
        self.closed_earlier = False
        self._journey.do(lambda: self._context.service.look_up(text), self._looked, failure)

    def look_again(self) -> None:
        """Whether what was missing is here now; the invitation stays the same."""
        text = self._looked_up
        if text:
            self._journey.quietly(lambda: self._context.service.look_up(text), self._seen_again)

    def _seen_again(self, entry: Entry) -> None:
        if self.entry is not None:
            self.entry, self._journey.kit = entry, entry.kit
            self._journey.changed()

    def _looked(self, entry: Entry) -> None:
        """The roster may be old: where HR can be asked how far other devices have come, it is."""
        moving, service = self._context.moving, self._context.service
        self.asked_hr = False
        if moving is None or self._journey.offline or entry.unfinished is not None or entry.redo is not None:
            self.admit(entry)
            return

        def answered(found: tuple[bool, Elsewhere | None]) -> None:
            self.asked_hr = found[0]
            if found[0]:
                self._journey.do(lambda: service.heard(found[1]), self.admit)
            else:
                self.admit(entry)

        self._journey.do(lambda: moving.ask(entry.invitation_id), answered, slowly=True)

    def answer_again(self) -> None:
        """The candidate wants to answer the question that HR asks again; recording needs consent as ever."""
        self._journey.close_sheet()
        self._journey.go(Screen.CONSENT)

    def offer_again(self, summary: InterviewSummary) -> None:
        """From 我的: of an interview that is listed there."""
        service = self._context.service
        self._looked_up = ""
        self._journey.do(lambda: service.look_up_own(summary.interview_id), self.admit)

    @property
    def again(self) -> bool:
        """Whether one question alone is to be answered again."""
        return self.entry is not None and self.entry.redo is not None

    def admit(self, entry: Entry) -> None:
        """Somebody has an invitation that holds: their entry page, or what they have begun."""
        from contract.errors import ErrorCode, XudaError
        from contract.events import HrState

        self.entry = entry
        self._journey.kit = entry.kit
        self.unfinished = entry.unfinished
        elsewhere = entry.elsewhere
        if entry.unfinished is not None:
            self._journey.open_sheet(Sheet.RESUME)
        elif entry.redo is not None:
            self._journey.open_sheet(Sheet.REDO)
        elif elsewhere is None:
            self._journey.go(Screen.ENTRY)
        elif self.asked_hr and elsewhere.state is HrState.IN_PROGRESS:
            self._journey.fail(XudaError(ErrorCode.INTERVIEW_ELSEWHERE))
        else:
            self._journey.open_sheet(Sheet.CONTINUE_HERE)

    def continue_here(self) -> None:
        """The candidate wants to go on here with what was begun on another device."""
        self._journey.close_sheet()
        self._journey.go(Screen.ENTRY)

    def agree(self, *, scoring: bool, picture_facts: bool = False, elsewhere: bool = False) -> None:
        entry, moving, service = self.entry, self._context.moving, self._context.service
        agreed = {"scoring": scoring, "picture_facts": picture_facts, "elsewhere": elsewhere}
        if entry is None or entry.elsewhere is None or moving is None or self._journey.offline:
            self._begin(agreed, None)
            return

        def ask(part: str) -> None:
            self._journey.do(
                lambda: moving.take_over(part, entry.invitation_id),
                lambda ticket: self._begin(agreed, ticket),
                slowly=True,
            )

        self._journey.do(service.next_part, ask)

    def _begin(self, agreed: dict[str, bool], ticket: Envelope | None) -> None:
        service, language = self._context.service, self._journey.language
        moved = self.entry is not None and (self.entry.elsewhere is not None or self.entry.redo is not None)

        def begin() -> Begun:
            service.begin(language=language, ticket=ticket, **agreed)
            return service.kit(), service.step(), service.remaining_kinds()

        self._journey.do(begin, lambda found: self._journey.begun(*found, resumed=moved))

    def decline(self) -> None:
        """No interview with AI; of a finished one that nothing is answered again."""
        if self.again:
            self._journey.open_start()
            return
        language = self._journey.language
        self._journey.close_sheet()
        self._journey.do(lambda: self._context.service.decline(language=language), self._declined)

    def _declined(self, receipt: ReceiptView) -> None:
        self._journey.receipt = receipt
        self._journey.go(Screen.DECLINED)

    # ---- coming back --------------------

    def offer_resume(self, summary: InterviewSummary) -> None:
        self.unfinished = summary
        self._journey.open_sheet(Sheet.RESUME)

    @property
    def may_restart(self) -> bool:
        """Whether a new attempt is possible after the unfinished one is given up."""
        if self.unfinished is not None and self.unfinished.redo is not None:
            return False
        kit = self.unfinished.kit if self.unfinished else None
        return kit is None or kit.restart_allowed

    def resume(self) -> None:
        unfinished, service = self.unfinished, self._context.service
        if unfinished is None:
            return

        def resume() -> Begun:
            service.resume(unfinished.interview_id)
            return service.kit(), service.step(), service.remaining_kinds()

        if self._journey.do(resume, lambda found: self._journey.begun(*found, resumed=True)):
            self._journey.close_sheet()

    def restart(self) -> None:
        """Give the unfinished attempt up and begin again where that is possible."""
        unfinished, service, text = self.unfinished, self._context.service, self._looked_up
        if unfinished is None:
            return
        again = bool(text) and self.may_restart

        def give_up() -> Entry | None:
            service.abandon_earlier(unfinished.interview_id)
            return service.look_up(text) if again else None

        if self._journey.do(give_up, self._given_up):
            self._journey.close_sheet()

    def _given_up(self, entry: Entry | None) -> None:
        if entry is not None:
            self.admit(entry)
            return
        self.closed_earlier = True
        self._journey.open_start()
