"""What lies over the screens: the notice, the sheet that is open, help, appearance. Each is made when it is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui import names
from app.ui.announce import announce
from app.ui.forget import forget_words, remember_words
from app.ui.pages import PageMaker
from app.ui.presenters.journey import Journey
from app.ui.screens.appearance import AppearanceOverlay
from app.ui.style import Look
from app.ui.widgets.notice import Notice
from app.ui.widgets.overlay import SheetHost, SidePanel

if TYPE_CHECKING:
    from app.ui.dress import Appearance
    from app.ui.screens.help import HelpPanel
    from app.ui.screens.sheets import SheetCard

_AHEAD = ("_notice", "_sheets", "_help_host", "_appearance")
_NOTICE_ROW = 1  # under the top bar


class Overlays:
    """``rows`` is the window's layout, for the notice; ``dismiss`` is called for a sheet that somebody turned away,
    ``choose`` for an appearance that somebody chose."""

    def __init__(
        self,
        window: QWidget,
        rows: QVBoxLayout,
        look: Look,
        journey: Journey,
        maker: PageMaker,
        *,
        dismiss: Callable[[], None],
        choose: Callable[[Appearance], None],
    ) -> None:
        self._window, self._rows, self._look, self._journey, self._maker = window, rows, look, journey, maker
        self._dismiss, self._choose = dismiss, choose

    # ---- made when they are wanted --------------------

    @cached_property
    def _notice(self) -> Notice:
        notice = Notice(self._look)
        notice.close_button.clicked.connect(self._journey.dismiss_error)
        self._rows.insertWidget(_NOTICE_ROW, notice)
        return notice

    @cached_property
    def _sheets(self) -> SheetHost:
        host = SheetHost(self._look, self._window)
        host.dismissed.connect(self._dismiss)
        return host

    @cached_property
    def _help(self) -> HelpPanel:
        panel = self._maker.make_help()
        panel.closed.connect(self.close_help)
        panel.adjust_wanted.connect(self._adjust)
        remember_words(panel)
        return panel

    @cached_property
    def _help_host(self) -> SidePanel:
        host = SidePanel(self._look, self._window, self._help)
        host.setObjectName(names.HELP_PANEL)
        host.dismissed.connect(self.close_help)
        return host

    @cached_property
    def _appearance(self) -> AppearanceOverlay:
        overlay = AppearanceOverlay(self._look, self._window)
        overlay.chosen.connect(self._choose)
        return overlay

    def _made(self, part: str) -> bool:
        return part in self.__dict__

    def make_next(self) -> bool:
        """One part ahead of its time; False when there is none left."""
        part = next((part for part in _AHEAD if not self._made(part)), None)
        if part is not None:
            getattr(self, part)
        return part is not None

    # ---- the notice and the sheet --------------------

    def show_error(self, error: Exception | None) -> None:
        if error is not None or self._made("_notice"):
            self._notice.show_error(error)

    def show_sheet(self, card: SheetCard | None) -> None:
        if card is not None:
            self._sheets.show_sheet(card, card.first())
            announce(card, f"{card.title.text()} {card.text.text()}")
        elif self._made("_sheets"):
            self._sheets.hide_sheet()

    # ---- help and appearance --------------------

    def open_help(self) -> None:
        self._journey.reading_help = True
        self._help.opened()
        self._help_host.open(self._help.close_button)

    def close_help(self) -> None:
        self._journey.reading_help = False
        if self._made("_help_host"):
            self._help_host.close_overlay()

    def _adjust(self) -> None:
        self.close_help()
        self._maker.adjust.open()

    def open_appearance(self, chosen: Appearance) -> None:
        self._appearance.open_with(chosen)

    def close_appearance(self) -> None:
        if self._made("_appearance"):
            self._appearance.close_overlay()

    # ---- all of them --------------------

    def forget(self) -> None:
        """What was said to the candidate and what they typed goes. Words have to be set anew afterwards."""
        if self._made("_help"):
            forget_words(self._help)

    def retranslate(self) -> None:
        if self._made("_help_host") and self._help_host.isVisible():
            self._help.retranslate()
        if self._made("_appearance"):
            self._appearance.retranslate()
