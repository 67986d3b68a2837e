"""The sheet for theme and size of text, over any screen, before and during an interview."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QWidget

from app.ui import names
from app.ui.dress import Appearance
from app.ui.i18n import N_
from app.ui.screens.sheets import SheetCard
from app.ui.style import Look
from app.ui.tokens import TEXT_PERCENTS, Theme
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.columns import Columns
from app.ui.widgets.fitrow import FitRow
from app.ui.widgets.option import Option
from app.ui.widgets.overlay import SheetHost

THEMES = {
    Theme.SYSTEM: N_("As this device is set"),
    Theme.LIGHT: N_("Light"),
    Theme.DARK: N_("Dark"),
    Theme.CONTRAST_LIGHT: N_("High contrast, light"),
    Theme.CONTRAST_DARK: N_("High contrast, dark"),
}
_LEAST_EM = 13


class AppearanceSheet(SheetCard):
    """Takes effect with each choice, so that it can be seen at once."""

    sign = ("appearance", "accent")
    chosen = Signal(Appearance)

    def __init__(self, look: Look) -> None:
        super().__init__(look)
        self._appearance = Appearance()
        self._theme_title, self._text_title = Label("strong"), Label("strong")
        self.content.addWidget(self._theme_title)
        self.content.addWidget(self._theme_options())
        self.content.addWidget(self._text_title)
        self.content.addWidget(self._text_buttons())
        self.done = self.add("primary", names.APPEARANCE_DONE)

    def _theme_options(self) -> Columns:
        grid = Columns(self.look, least_em=_LEAST_EM, most=2, gap=0)
        group = QButtonGroup(self)
        self._themes: dict[Theme, Option] = {}
        for theme in THEMES:
            option = Option(self.look, name=names.APPEARANCE_THEME_PREFIX + theme.value, round_mark=True)
            option.clicked.connect(lambda _=False, to=theme: self._choose(Appearance(to, self._appearance.text)))
            group.addButton(option)
            self._themes[theme] = option
            grid.add(option)
        return grid

    def _text_buttons(self) -> FitRow:
        steps = FitRow(self.look, even=True, gap=0)
        group = QButtonGroup(self)
        self._sizes: dict[int, Button] = {}
        for percent in TEXT_PERCENTS:
            button = Button(self.look, "step", name=f"{names.APPEARANCE_TEXT_PREFIX}{percent}")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, to=percent: self._choose(Appearance(self._appearance.theme, to)))
            group.addButton(button)
            self._sizes[percent] = button
            steps.add(button)
        return steps

    def _choose(self, appearance: Appearance) -> None:
        self.show_choice(appearance)
        self.chosen.emit(appearance)

    def show_choice(self, appearance: Appearance) -> None:
        self._appearance = appearance
        self._themes[appearance.theme].setChecked(True)
        self._sizes[appearance.text].setChecked(True)

    def first(self) -> QWidget | None:
        return self.done

    def refresh(self) -> None:
        t = self.look.t
        self.title.setText(t("Appearance"))
        self.text.setText(t("Choose what you can read best. The interview goes on as it is."))
        self._theme_title.setText(t("Colours"))
        self._text_title.setText(t("Size of text"))
        for theme, option in self._themes.items():
            option.setText(t(THEMES[theme]))
        for percent, button in self._sizes.items():
            button.setText(self.look.texts.left_to_right(f"{percent} %"))
        self.done.setText(t("Done"))


class AppearanceOverlay(SheetHost):
    """The sheet over everything. It is made when it is wanted for the first time."""

    chosen = Signal(Appearance)

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self.setObjectName(names.APPEARANCE_HOST)
        self._sheet: AppearanceSheet | None = None
        self.dismissed.connect(self.hide_sheet)

    def open_with(self, appearance: Appearance) -> None:
        if self._sheet is None:
            self._sheet = AppearanceSheet(self.look)
            self._sheet.chosen.connect(self.chosen)
            self._sheet.done.clicked.connect(self.hide_sheet)
        self._sheet.show_choice(appearance)
        self._sheet.refresh()
        self.show_sheet(self._sheet, self._sheet.first())

    def retranslate(self) -> None:
        if self._sheet is not None:
            self._sheet.refresh()
