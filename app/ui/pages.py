"""Makes the screens: the first at once, the others when they are wanted or when there is nothing else to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.names import Screen
from app.ui.presenters.answering import AnsweringPresenter
from app.ui.presenters.journey import Journey
from app.ui.presenters.pages import MinePresenter
from app.ui.presenters.written import WrittenPresenter
from app.ui.style import Look
from app.ui.widgets.page import Page

if TYPE_CHECKING:
    from app.ui.screens.sheets import SheetCard


class PageMaker:
    """Imports a screen's module with the first one of its screens; presenters that screens share live here."""

    def __init__(self, look: Look, journey: Journey) -> None:
        self._look = look
        self._journey = journey
        self.answering = AnsweringPresenter(journey)
        self.mine = MinePresenter(journey)
        self._written = WrittenPresenter(journey)

    def make(self, screen: Screen) -> Page:
        if screen in (Screen.QUESTION, Screen.RECORDING, Screen.PROOF, Screen.TEXT, Screen.CHOICE):
            return self._of_a_question(screen)
        if screen in (Screen.DEVICES, Screen.PRACTICE, Screen.FINISH, Screen.LEFT, Screen.INTERVIEWS, Screen.MINE):
            return self._around_the_questions(screen)
        return self._before_the_interview(screen)

    def make_export(self) -> SheetCard:
        """The sheet for carrying interviews on a stick. Only where the context offers it."""
        from app.ui.drives import find_drives
        from app.ui.presenters.transfer import TransferPresenter
        from app.ui.screens.export import ExportSheet

        transfer = self._journey.context.transfer
        assert transfer is not None
        return ExportSheet(self._look, TransferPresenter(self._journey, transfer, find_drives))

    def _before_the_interview(self, screen: Screen) -> Page:
        look, journey = self._look, self._journey
        if screen is Screen.START:
            from app.ui.screens.start import StartScreen

            return StartScreen(look, journey)
        if screen is Screen.ENTRY:
            from app.ui.screens.entry import EntryScreen

            return EntryScreen(look, journey)
        from app.ui.screens.consent import ConsentScreen, DeclinedScreen

        return ConsentScreen(look, journey) if screen is Screen.CONSENT else DeclinedScreen(look, journey)

    def _around_the_questions(self, screen: Screen) -> Page:
        look, journey = self._look, self._journey
        if screen is Screen.DEVICES:
            from app.ui.screens.devices import DevicesScreen

            return DevicesScreen(look, journey)
        if screen is Screen.PRACTICE:
            from app.ui.screens.practice import PracticeScreen

            return PracticeScreen(look, journey)
        if screen in (Screen.FINISH, Screen.LEFT):
            from app.ui.screens.finish import FinishScreen, LeftScreen

            return FinishScreen(look, journey) if screen is Screen.FINISH else LeftScreen(look, journey)
        from app.ui.screens.mine import InterviewsScreen, MineScreen

        return InterviewsScreen(look, journey) if screen is Screen.INTERVIEWS else MineScreen(look, journey, self.mine)

    def _of_a_question(self, screen: Screen) -> Page:
        look, journey = self._look, self._journey
        if screen in (Screen.TEXT, Screen.CHOICE):
            from app.ui.screens.written import ChoiceScreen, TextScreen

            kind = TextScreen if screen is Screen.TEXT else ChoiceScreen
            return kind(look, journey, self._written)
        if screen is Screen.QUESTION:
            from app.ui.screens.question import QuestionScreen

            return QuestionScreen(look, journey, self.answering)
        if screen is Screen.RECORDING:
            from app.ui.screens.recording import RecordingScreen

            return RecordingScreen(look, journey, self.answering)
        from app.ui.screens.proof import ProofScreen

        return ProofScreen(look, journey, self.answering)
