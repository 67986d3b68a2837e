"""Text and choice questions: drafts are kept while the candidate types."""

from __future__ import annotations

from collections.abc import Callable

from app.interview.views import Step
from app.ui.names import Screen
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.prompt import PromptPresenter
from contract.kit import QuestionKind


class WrittenPresenter(Presenter):
    """``text`` and ``choices`` hold the answer so far; ``choices`` are 0-based."""

    def __init__(self, journey: Journey, prompt: PromptPresenter | None = None) -> None:
        super().__init__()
        self.journey = journey
        self.text = ""
        self.choices: set[int] = set()
        self.draft_saved = False
        self._kept = ""
        self._since: float | None = None
        self._question_id = ""
        self.prompt = prompt or PromptPresenter(journey)
        self.prompt.on_listened(self._listened)
        journey.listen(self.changed)
        journey.listen_end(self.forget)
        journey.savers[Screen.TEXT] = self._saver
        journey.savers[Screen.CHOICE] = self._saver
        journey.keepers.append(self.keep_draft)

    @property
    def step(self) -> Step | None:
        return self.journey.step

    @property
    def is_choice(self) -> bool:
        return self.step is not None and self.step.question.kind.choice

    @property
    def single(self) -> bool:
        return self.step is not None and self.step.question.kind is QuestionKind.SINGLE_CHOICE

    def enter(self, loaded: Callable[[], None]) -> None:
        """A new question is on screen; its draft is fetched and ``loaded`` called."""
        step = self.step
        if step is None or step.question.question_id == self._question_id:
            return
        self.text, self.choices, self._kept, self.draft_saved = "", set(), "", False
        self.prompt.enter()
        self._since = None if self.prompt.unheard else self.journey.clock()
        question_id = self._question_id = step.question.question_id

        def found(draft: str | None) -> None:
            if draft and self._question_id == question_id and not self.draft():
                self._kept = draft
                self._read(draft)
                self.draft_saved = True
                loaded()
            self.changed()

        self.journey.quietly(lambda: self.journey.context.service.draft(question_id), found)

    def _listened(self) -> None:
        """The question was played for the first time: the time begins."""
        if self._since is None and self.journey.screen in (Screen.TEXT, Screen.CHOICE):
            self._since = self.journey.clock()

    def forget(self) -> None:
        """The candidate has gone."""
        self.text, self.choices, self._kept, self._question_id = "", set(), "", ""

    def draft(self) -> str:
        if self.is_choice:
            return ",".join(str(choice) for choice in sorted(self.choices))
        return self.text

    def _read(self, draft: str) -> None:
        if self.is_choice:
            self.choices = {int(part) for part in draft.split(",") if part.isdecimal()}
        else:
            self.text = draft

    def write(self, text: str) -> None:
        self.text = text
        self.draft_saved = False
        self.journey.saved = False
        self.changed()
        self.journey.changed()

    def choose(self, index: int, chosen: bool) -> None:
        if self.single and chosen:
            self.choices = {index}
        elif chosen:
            self.choices.add(index)
        else:
            self.choices.discard(index)
        self.draft_saved = False
        self.journey.saved = False
        self.keep_draft()
        self.changed()

    def keep_draft(self) -> None:
        """Make what there is so far durable, if it is newer than what was kept."""
        draft, step = self.draft(), self.step
        if step is None or draft == self._kept or step.question.question_id != self._question_id:
            return
        self._kept = draft
        question_id = self._question_id

        def kept(_: None) -> None:
            if self.draft() == draft:
                self.draft_saved = True
                self.journey.saved = True
            self.changed()
            self.journey.changed()

        self.journey.quietly(lambda: self.journey.context.service.save_draft(question_id, draft), kept)

    @property
    def limit(self) -> int:
        return self.step.question.max_characters if self.step else 0

    @property
    def seconds_used(self) -> float:
        return 0.0 if self._since is None else self.journey.clock() - self._since

    @property
    def seconds_meant(self) -> int:
        """Thinking and answering together."""
        return self.step.thinking_seconds + self.step.answer_seconds if self.step else 0

    @property
    def can_submit(self) -> bool:
        if self.journey.busy or self.step is None:
            return False
        if self.is_choice:
            return bool(self.choices)
        return bool(self.text.strip()) and len(self.text) <= self.limit

    def submit(self) -> None:
        save, service = self._saver(), self.journey.context.service
        if save is None:
            return

        def submit() -> Step | None:
            save()
            return service.step()

        self.journey.do(submit, self._submitted)

    def _submitted(self, step: Step | None) -> None:
        self._question_id = ""
        self.journey.saved = True
        self.journey.route(step)

    def _saver(self) -> Callable[[], None] | None:
        """The call that submits what there is; None when it is not a valid answer."""
        step, service = self.step, self.journey.context.service
        if step is None or not self.can_submit:
            return None
        question_id = step.question.question_id
        used = min(self.seconds_used, float(step.thinking_seconds))
        if self.is_choice:
            choices = sorted(self.choices)
            return lambda: service.submit_choice(question_id, choices, thinking_used=used)
        text = self.text
        return lambda: service.submit_text(question_id, text, thinking_used=used)
