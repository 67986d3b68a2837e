"""Words that came after an answer was handed in: reading them over, and correcting them."""

from __future__ import annotations

from app.interview import drafts, late
from app.interview.active import ActiveInterview
from app.interview.states import InterviewState, TakeState
from app.interview.store import InterviewRow, InterviewStore, Shelf, TakeRow
from app.interview.takes import TakeDesk
from app.interview.views import LateAnswer, LateWords
from contract.errors import XudaError
from contract.kit import Question

_HOLDER = "words"


class WordsDesk:
    """While they are read over (``open`` to ``close``) the interview is held on this device, whatever was delivered.

    Calls are made on the database thread.
    """

    def __init__(self, store: InterviewStore, shelf: Shelf, takes: TakeDesk, active: ActiveInterview) -> None:
        self._store = store
        self._shelf = shelf
        self._takes = takes
        self._active = active
        self._held = ""
        self._typed: dict[str, str] = {}

    def late(self, interview_id: str) -> LateWords:
        """Empty once the interview was deleted, or delivered and removed from this device."""
        row = self._store.interview(interview_id)
        if not row.key_present or row.state is InterviewState.DELETED:
            return LateWords(interview_id)
        submitted = [take for take in self._store.takes(interview_id) if take.state is TakeState.SUBMITTED]
        questions = self._questions(row)
        found = (self._answer(take, questions) for take in submitted if take.transcript is not None)
        answers = sorted((answer for answer in found if answer is not None), key=lambda answer: answer.number)
        waiting = sum(take.transcript is None and self._takes.transcribing(take.take_id) for take in submitted)
        return LateWords(interview_id, tuple(answers), waiting)

    def open(self, interview_id: str) -> LateWords:
        """As ``late``; nothing of it goes until ``close``."""
        self.close()
        found = self.late(interview_id)
        if found.answers:
            self._store.hold(interview_id, _HOLDER)
            self._held = interview_id
        return found

    def keep(self, take_id: str, text: str) -> None:
        """Make durable what is typed so far. HR hears of it with ``settle``, or when the candidate goes away."""
        late.keep_typed(self._store, self._store.take(take_id), text)
        self._typed[take_id] = text

    def settle(self, take_id: str, text: str) -> None:
        """The candidate has read these words over, and this is what they want them to be."""
        self.correct(take_id, text)
        take = self._store.take(take_id)
        late.keep_typed(self._store, take, "")
        late.mark_read(self._store, take)
        self._typed.pop(take_id, None)

    def close(self) -> None:
        """What was typed counts, and what was delivered meanwhile may go from this device."""
        held, self._held = self._held, ""
        try:
            for take_id, text in list(self._typed.items()):
                self.settle(take_id, text)
        finally:
            self._typed.clear()
            if held:
                self._store.release(held, _HOLDER)

    def correct(self, take_id: str, text: str) -> None:
        """See ``InterviewService.correct``."""
        before = self._store.take(take_id).correction
        take = self._takes.correct(take_id, text)
        if take.state is TakeState.SUBMITTED and take.correction != before:
            recognised = take.transcript.text if take.transcript is not None else ""
            said = drafts.corrected(take_id, take.correction if take.correction is not None else recognised)
            self._active.save(self._store.interview(take.interview_id), [said])

    def _questions(self, row: InterviewRow) -> list[Question]:
        """Empty when the kit is gone: the words can be read without their questions."""
        try:
            return list(self._shelf.kit(row.kit_id, row.kit_version).questions)
        except XudaError:
            return []

    def _answer(self, take: TakeRow, questions: list[Question]) -> LateAnswer | None:
        read = late.is_read(self._store, take)
        if read is None:
            return None
        place = next((at for at, one in enumerate(questions) if one.question_id == take.question_id), None)
        return LateAnswer(
            review=self._takes.review(take),
            number=0 if place is None else place + 1,
            prompt={} if place is None else questions[place].prompt,
            read=read,
            typed=late.typed(self._store, take),
        )
