"""Makes screens and sheets: the first at once, others when they are wanted or when there is nothing else to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from app.ui.names import Screen, Sheet
from app.ui.style import Look

if TYPE_CHECKING:
    from app.ui.kiosk import KioskShell
    from app.ui.presenters.adjust import AdjustPresenter
    from app.ui.presenters.answering import AnsweringPresenter
    from app.ui.presenters.journey import Journey
    from app.ui.presenters.own import OwnPresenter
    from app.ui.presenters.pages import MinePresenter
    from app.ui.presenters.printing import PrintPresenter
    from app.ui.presenters.prompt import PromptPresenter
    from app.ui.presenters.words import WordsPresenter
    from app.ui.presenters.written import WrittenPresenter
    from app.ui.screens.help import HelpPanel
    from app.ui.screens.sheets import SheetCard
    from app.ui.widgets.page import Page
    from app.ui.widgets.voices import Voices


_ASIDE = frozenset({Screen.INTERVIEWS, Screen.MINE, Screen.DECLINED, Screen.LEFT})
_BETWEEN_CANDIDATES = (Screen.ATTRACT, Screen.ASLEEP)


class PageMaker:
    """Imports a screen's module with the first one of its screens; presenters that screens share live here."""

    def __init__(self, look: Look, journey: Journey, switch_language: Callable[[str], None]) -> None:
        self._look = look
        self._journey = journey
        self._switch_language = switch_language
        self.kiosk: KioskShell | None = None
        self._voices: Voices | None = None
        journey.listen(self._prepare)
        journey.show_receipt = lambda text: self.own.open(text)

    @cached_property
    def prompt(self) -> PromptPresenter:
        from app.ui.presenters.prompt import PromptPresenter

        return PromptPresenter(self._journey)

    @cached_property
    def answering(self) -> AnsweringPresenter:
        from app.ui.presenters.answering import AnsweringPresenter

        return AnsweringPresenter(self._journey, self.prompt)

    @cached_property
    def mine(self) -> MinePresenter:
        from app.ui.presenters.pages import MinePresenter

        return MinePresenter(self._journey)

    @cached_property
    def own(self) -> OwnPresenter:
        from app.ui.presenters.own import OwnPresenter

        return OwnPresenter(self._journey, self._printing)

    @cached_property
    def words(self) -> WordsPresenter:
        from app.ui.presenters.words import WordsPresenter

        return WordsPresenter(self._journey)

    @cached_property
    def adjust(self) -> AdjustPresenter:
        from app.ui.presenters.adjust import AdjustPresenter

        return AdjustPresenter(self._journey)

    @cached_property
    def _written(self) -> WrittenPresenter:
        from app.ui.presenters.written import WrittenPresenter

        return WrittenPresenter(self._journey, self.prompt)

    @cached_property
    def _printing(self) -> PrintPresenter | None:
        """None where nothing can be printed."""
        context = self._journey.context
        if context.papers is None:
            return None
        from app.ui.presenters.printing import PrintPresenter
        from app.ui.press import system_press

        return PrintPresenter(self._journey, context.papers, context.press or system_press)

    def make(self, screen: Screen) -> Page:
        if screen in (Screen.QUESTION, Screen.RECORDING, Screen.PROOF, Screen.TEXT, Screen.CHOICE):
            return self._of_a_question(screen)
        if screen in (Screen.DEVICES, Screen.PRACTICE, Screen.FINISH, Screen.LEFT, Screen.INTERVIEWS, Screen.MINE):
            return self._around_the_questions(screen)
        if screen in _BETWEEN_CANDIDATES:
            return self._between_candidates(screen)
        return self._before_the_interview(screen)

    def wanted(self) -> list[Screen]:
        """The screens that can come up in this window, those that everybody comes to first."""
        found = [screen for screen in Screen if self._journey.context.kiosk or screen not in _BETWEEN_CANDIDATES]
        return sorted(found, key=_ASIDE.__contains__)

    def make_help(self) -> HelpPanel:
        from app.ui.screens.help import HelpPanel

        return HelpPanel(self._look, self._journey, self.adjust)

    def make_sheet(self, sheet: Sheet) -> SheetCard | None:
        """None for no sheet."""
        if sheet is Sheet.NONE:
            return None
        if sheet is Sheet.EXPORT:
            return self._make_export()
        if sheet is Sheet.PRINT:
            return self._make_print()
        if sheet is Sheet.WALK_IN:
            from app.ui.presenters.walkin import WalkInPresenter
            from app.ui.screens.walkin import WalkInSheet

            return WalkInSheet(self._look, WalkInPresenter(self._journey))
        if sheet is Sheet.ADJUST:
            return self._make_adjust()
        if sheet is Sheet.OWN:
            from app.ui.screens.own import OwnSheet

            return OwnSheet(self._look, self.own, self.words)
        if sheet is Sheet.WORDS:
            from app.ui.screens.words import WordsSheet

            return WordsSheet(self._look, self.words)
        if sheet in (Sheet.IDLE, Sheet.PIN, Sheet.STAFF, Sheet.GIVING, Sheet.RECEIPTS):
            return self.kiosk.make_sheet(sheet) if self.kiosk is not None else None
        from app.ui.screens import sheets

        look, journey = self._look, self._journey
        if sheet is Sheet.REDO:
            from app.ui.screens.redo import RedoSheet

            return RedoSheet(look, journey)
        if sheet is Sheet.DEVICE_LOST:
            return sheets.DeviceLostSheet(look, journey, self.answering)
        if sheet is Sheet.WITHDRAW:
            return sheets.WithdrawSheet(look, journey, self.mine)
        plain = {
            Sheet.LEAVE: sheets.LeaveSheet,
            Sheet.RESUME: sheets.ResumeSheet,
            Sheet.CONTINUE_HERE: sheets.ContinueHereSheet,
            Sheet.DECLINE: sheets.DeclineSheet,
            Sheet.TIME_UP: sheets.TimeUpSheet,
        }
        return plain[sheet](look, journey)

    def _prepare(self) -> None:
        """Voices are looked for while the candidate reads the entry page: no question waits for it."""
        if self._journey.screen is Screen.ENTRY:
            self.voices.prepare()

    @property
    def listening(self) -> bool:
        """A question is being played or read aloud: whoever listens touches nothing."""
        return self.prompt.playing or (self._voices is not None and self._voices.speaking)

    @property
    def voices(self) -> Voices:
        """The system's voices, shared by the screens of questions."""
        if self._voices is None:
            from app.ui.widgets.voices import Voices

            self._voices = Voices()
        return self._voices

    def _make_adjust(self) -> SheetCard:
        from app.ui.screens.adjust import AdjustSheet

        return AdjustSheet(self._look, self.adjust)

    def _make_print(self) -> SheetCard | None:
        from app.ui.screens.printing import PrintSheet

        return PrintSheet(self._look, self._printing) if self._printing is not None else None

    def _make_export(self) -> SheetCard:
        """The sheet for carrying interviews on a stick. Only where the context offers it."""
        from app.ui.drives import find_drives
        from app.ui.presenters.transfer import TransferPresenter
        from app.ui.screens.export import ExportSheet

        transfer = self._journey.context.transfer
        assert transfer is not None
        presenter = TransferPresenter(self._journey, transfer, find_drives)
        if self.kiosk is not None:
            self.kiosk.watch_transfer(presenter)
        return ExportSheet(self._look, presenter)

    def _between_candidates(self, screen: Screen) -> Page:
        from app.ui.screens.attract import AsleepScreen, AttractScreen

        kiosk, journey = self.kiosk, self._journey
        if screen is Screen.ASLEEP:
            return AsleepScreen(self._look, kiosk.presenter.wake if kiosk else journey.open_start)
        staff = kiosk.ask_for_staff if kiosk else journey.close_sheet
        return AttractScreen(self._look, journey, staff, self._switch_language)

    def _before_the_interview(self, screen: Screen) -> Page:
        look, journey = self._look, self._journey
        if screen is Screen.START:
            from app.ui.screens.start import StartScreen

            return StartScreen(look, journey)
        if screen is Screen.ENTRY:
            from app.ui.screens.entry import EntryScreen

            return EntryScreen(look, journey, self.adjust)
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

            after = FinishScreen if screen is Screen.FINISH else LeftScreen
            return after(look, journey, self.words, self._printing)
        from app.ui.screens.mine import InterviewsScreen, MineScreen

        if screen is Screen.INTERVIEWS:
            return InterviewsScreen(look, journey)
        return MineScreen(look, journey, self.mine, self.words, self._printing)

    def _of_a_question(self, screen: Screen) -> Page:
        look, journey = self._look, self._journey
        if screen in (Screen.TEXT, Screen.CHOICE):
            from app.ui.screens.written import ChoiceScreen, TextScreen

            kind = TextScreen if screen is Screen.TEXT else ChoiceScreen
            return kind(look, journey, self._written, self.voices)
        if screen is Screen.QUESTION:
            from app.ui.screens.question import QuestionScreen

            return QuestionScreen(look, journey, self.answering, self.voices)
        if screen is Screen.RECORDING:
            from app.ui.screens.recording import RecordingScreen

            return RecordingScreen(look, journey, self.answering, self.voices)
        from app.ui.screens.proof import ProofScreen

        return ProofScreen(look, journey, self.answering)
