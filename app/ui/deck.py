"""The screens and sheets of the window: made when they are wanted or in spare time, emptied for the next candidate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.ui.names import Screen, Sheet
from app.ui.pages import PageMaker
from app.ui.widgets.page import Page

if TYPE_CHECKING:
    from app.ui.screens.sheets import SheetCard

# Wanted by few people, or with what not every window has.
_MADE_LATE = (
    *(Sheet.NONE, Sheet.EXPORT, Sheet.ADJUST, Sheet.WALK_IN, Sheet.OWN, Sheet.WORDS),
    *(Sheet.IDLE, Sheet.PIN, Sheet.STAFF, Sheet.GIVING, Sheet.RECEIPTS),
)
# They come over whatever is open, which is there again afterwards.
_COVERING = frozenset({Sheet.IDLE, Sheet.PIN, Sheet.STAFF, Sheet.EXPORT, Sheet.GIVING, Sheet.RECEIPTS})


def _begin(page: Page) -> None:
    """Until somebody looks after the focus."""
    (page.first() or page).setFocus()


class Deck:
    """``stack`` shows one of ``pages``; sheets are shown over it by whoever asks for them. Both hold what was made.

    ``begin`` puts the keyboard to the place of a screen where it starts.
    """

    def __init__(self, maker: PageMaker) -> None:
        self._maker = maker
        self.stack = QStackedWidget()
        self.pages: dict[Screen, Page] = {}
        self.sheets: dict[Sheet, SheetCard] = {}
        self._open = self._covered = Sheet.NONE
        self.begin: Callable[[Page], None] = _begin
        self._hurried: list[Page] | None = []
        self._ahead = [sheet for sheet in Sheet if sheet not in _MADE_LATE]

    def page(self, screen: Screen) -> Page:
        page = self.pages.get(screen)
        if page is None:
            page = self.pages[screen] = self._maker.make(screen)
            if self._hurried is not None:
                self._hurried.append(page)
            else:
                page.complete()
                _remember(page)  # as it is made; what it says of a candidate comes with its first refresh
            self.stack.addWidget(page)
            page.retranslate()
        return page

    def complete(self) -> None:
        """The first frame is there: pages are made whole from now on, and what came with it is completed."""
        hurried, self._hurried = self._hurried or [], None
        for page in hurried:
            page.complete()
            _remember(page)

    def sheet(self, sheet: Sheet) -> SheetCard | None:
        """None for no sheet, and for one that this window has no use for."""
        card = self.sheets.get(sheet) or self._maker.make_sheet(sheet)
        if card is not None and sheet not in self.sheets:
            self.sheets[sheet] = card
            _remember(card)
        return card

    def open(self, sheet: Sheet) -> SheetCard | None:
        """Make a sheet ready to be shown. One that was only covered is as it was left; one that is closed forgets."""
        before, self._open = self._open, sheet
        if sheet in _COVERING:
            self._covered = self._covered if before in _COVERING else before
            return self._ready(sheet)
        below, self._covered = self._covered if before in _COVERING else before, Sheet.NONE
        if below is sheet and before in _COVERING:
            return self.sheet(sheet)
        if below in self.sheets:
            self.sheets[below].closed()
        return self._ready(sheet)

    def _ready(self, sheet: Sheet) -> SheetCard | None:
        card = self.sheet(sheet)
        if card is not None:
            card.opened()
        return card

    def shown(self) -> Page | None:
        """None before the first one."""
        page = self.stack.currentWidget()
        return page if isinstance(page, Page) else None

    def make_next(self) -> bool:
        """One screen or sheet ahead of its time; False when there is none left."""
        screen = next((screen for screen in self._maker.wanted() if screen not in self.pages), None)
        if screen is not None:
            self.page(screen)
        elif self._ahead:
            self.sheet(self._ahead.pop())  # each once, whether this window has a use for it or not
        else:
            return False
        return True

    def forget(self) -> None:
        """What was said to the candidate and what they typed goes. Words have to be set anew afterwards."""
        from app.ui.forget import forget_words

        for part in (*self.pages.values(), *self.sheets.values()):
            forget_words(part)

    def retranslate(self) -> None:
        for page in self.pages.values():
            page.retranslate()
        for card in self.sheets.values():
            card.refresh()


def _remember(part: QWidget) -> None:
    from app.ui.forget import remember_words  # late: the first screen does not wait for it

    remember_words(part)
