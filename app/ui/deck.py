"""The screens and sheets of the window: made when they are wanted or in spare time, emptied for the next candidate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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


_DONE = object()


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
        self._begun: tuple[Screen, Iterator[None]] | None = None

    def page(self, screen: Screen) -> Page:
        """Made now if it is not yet, or not wholly."""
        steps: Iterator[None] | None = None
        while screen not in self.pages:
            steps = steps or self._steps_to(screen)
            next(steps, None)
        return self.pages[screen]

    def _steps_to(self, screen: Screen) -> Iterator[None]:
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] is not screen:
            self._begun, begun = begun, None
        return begun[1] if begun is not None else self._make(screen)

    def _make(self, screen: Screen) -> Iterator[None]:
        """In steps that are short enough for idle moments."""
        page = self._maker.make(screen)
        tokens = page.look.tokens
        if self._hurried is not None:
            self._hurried.append(page)
        else:
            yield
            page.complete()
            _remember(page)  # as it is made; what it says of a candidate comes with its first refresh
            yield
        self.stack.addWidget(page)
        if page.look.tokens is not tokens:  # the look has changed between two steps
            for widget in (page, *page.findChildren(QWidget)):
                if (restyle := getattr(widget, "restyle", None)) is not None:
                    restyle()
        page.retranslate()
        self.pages[screen] = page
        if self._hurried is None:
            yield
            draw_ahead(page)

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
        """A step towards a screen, or a sheet, ahead of its time; False when there is none left."""
        if self._begun is None:
            screen = next((screen for screen in self._maker.wanted() if screen not in self.pages), None)
            self._begun = (screen, self._make(screen)) if screen is not None else None
        if self._begun is not None:
            self._step()
        elif self._ahead:
            card = self.sheet(self._ahead.pop())  # each once, whether this window has a use for it or not
            if card is not None:
                draw_ahead(card)
        else:
            return False
        return True

    def _step(self) -> None:
        assert self._begun is not None
        if next(self._begun[1], _DONE) is _DONE:
            self._begun = None

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


def draw_ahead(part: QWidget) -> None:
    """The icons of a part that is hidden yet: its first picture does not wait for them."""
    for widget in part.findChildren(QWidget):
        draw = getattr(widget, "draw_ahead", None)
        if draw is not None:
            draw()


def _remember(part: QWidget) -> None:
    from app.ui.forget import remember_words  # late: the first screen does not wait for it

    remember_words(part)
