"""Theme, size of text and direction: chosen at any time, kept on a device, forgotten by a kiosk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QTableWidget, QWidget

from app.remembered import save_appearance
from app.ui import dress, names
from app.ui.dress import Appearance, build_application, saved_appearance
from app.ui.icons import DIRECTED
from app.ui.names import Screen
from app.ui.tokens import SETS, Theme
from app.ui.widgets.meters import Ring
from tests.ui.fit import misfits
from tests.ui.pictures import SCENES, make_window
from tests.ui.scene_set import Set
from tests.ui.stage import PLAIN

_SMALL = QSize(1024, 600)


@pytest.fixture
def sets() -> Iterator[list[Set]]:
    build_application([])
    made: list[Set] = []
    yield made
    for each in made:
        each.window.abort()
        each.window.deleteLater()
    QApplication.processEvents()


def opened(sets: list[Set], scene: str, language: str = "en", **more: object) -> Set:
    made = make_window(language, _SMALL, **more)  # type: ignore[arg-type]
    sets.append(made)
    SCENES[scene](made)
    for _ in range(4):
        made.settle()
    return made


def ground(made: Set) -> str:
    """The colour of the canvas at the window's edge."""
    image = made.window.grab().toImage()
    return image.pixelColor(2, made.window.height() // 2).name().upper()


def choose(made: Set, name: str) -> None:
    sheet = made.window.findChild(QWidget, names.APPEARANCE_HOST)  # made when it is first opened
    if sheet is None or not sheet.isVisible():
        made.click(names.TOPBAR_APPEARANCE)
    button = made.find(QAbstractButton, name)
    assert isinstance(button, QAbstractButton)
    button.click()
    made.settle()


@pytest.mark.parametrize("scene", ["start", "recording"])
def test_theme_and_text_are_chosen_before_and_during_an_answer_and_nothing_else_changes(
    sets: list[Set], scene: str
) -> None:
    made = opened(sets, scene)
    before = made.window.screen_name()
    for theme in SETS:
        choose(made, names.APPEARANCE_THEME_PREFIX + theme.value)
        made.click(names.APPEARANCE_DONE)
        assert ground(made) == SETS[theme].canvas
    choose(made, names.APPEARANCE_TEXT_PREFIX + "200")
    made.click(names.APPEARANCE_DONE)
    assert made.window.look.tokens.body == 2 * SETS[Theme.LIGHT].body
    assert made.window.screen_name() == before
    assert misfits(made.window) == []
    assert not made.find(QWidget, names.APPEARANCE_HOST).isVisible()


def test_what_is_already_drawn_grows_with_the_text(sets: list[Set]) -> None:
    made = opened(sets, "question")
    ring = made.window.findChild(Ring)
    assert ring is not None
    small = ring.width(), made.window.topbar.height()
    made.window.change_appearance(Appearance(Theme.LIGHT, 200))
    made.settle()
    assert ring.width() > small[0]
    assert made.window.topbar.height() > small[1]


def test_what_staff_see_as_refused_takes_the_colour_of_the_theme(sets: list[Set]) -> None:
    made = opened(sets, "staff", kiosk=True)
    table = made.window.findChild(QTableWidget, names.STAFF_QUEUE)
    assert table is not None
    for theme in (Theme.LIGHT, Theme.DARK):
        made.window.change_appearance(Appearance(theme))
        made.settle()
        cell = table.item(0, 0)
        assert cell is not None
        assert cell.foreground().color().name().upper() == SETS[theme].error.upper()


def test_the_system_is_followed_until_something_is_chosen(sets: list[Set], monkeypatch: pytest.MonkeyPatch) -> None:
    wished = Theme.DARK
    monkeypatch.setattr(dress, "system_theme", lambda first=False: wished)
    made = opened(sets, "start", appearance=Appearance())
    assert ground(made) == SETS[Theme.DARK].canvas
    wished = Theme.CONTRAST_LIGHT
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    made.settle()
    assert ground(made) == SETS[Theme.CONTRAST_LIGHT].canvas
    made.window.change_appearance(Appearance(Theme.LIGHT, 100))
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    made.settle()
    assert ground(made) == SETS[Theme.LIGHT].canvas


def test_the_system_may_change_after_a_window_is_gone(sets: list[Set]) -> None:
    made = opened(sets, "start", appearance=Appearance())
    sets.remove(made)
    made.window.abort()
    made.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    QApplication.processEvents()


def test_the_choice_is_kept_on_the_device(tmp_path: Path) -> None:
    assert saved_appearance(tmp_path) == Appearance(Theme.SYSTEM, 100)
    for theme in Theme:
        save_appearance(tmp_path, Appearance(theme, 175))
        assert saved_appearance(tmp_path) == Appearance(theme, 175)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"theme": "pink", "text": 100}', '{"theme": "dark", "text": "x"}']
)
def test_a_damaged_choice_is_the_default(tmp_path: Path, content: str) -> None:
    (tmp_path / "appearance.json").write_text(content, "utf-8")
    assert saved_appearance(tmp_path) == Appearance()


def test_a_size_that_is_not_offered_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "appearance.json").write_text('{"theme": "dark", "text": 900}', "utf-8")
    assert saved_appearance(tmp_path) == Appearance(Theme.DARK, 100)


def test_the_next_candidate_at_a_kiosk_finds_the_look_of_the_booth(sets: list[Set]) -> None:
    made = opened(sets, "kiosk-start", kiosk=True, appearance=PLAIN)
    made.window.change_appearance(Appearance(Theme.CONTRAST_DARK, 200))
    made.settle()
    made.window.show_screen(Screen.ATTRACT)
    made.settle()
    assert made.window.look.tokens.canvas == SETS[Theme.LIGHT].canvas
    assert made.window.look.tokens.body == SETS[Theme.LIGHT].body


# ---- from right to left --------------------


def test_arabic_turns_the_layout_and_the_icons_that_point(sets: list[Set]) -> None:
    made = opened(sets, "entry")
    window = made.window
    left = window.look.pixmap("leave", "ink").toImage()
    upright = window.look.pixmap("camera", "ink").toImage()
    window.switch_language("ar")
    made.settle()
    assert window.layoutDirection() == Qt.LayoutDirection.RightToLeft
    assert window.look.pixmap("leave", "ink").toImage() != left
    assert window.look.pixmap("camera", "ink").toImage() == upright
    go_on, back = made.find(QWidget, names.ENTRY_CONTINUE), made.find(QWidget, names.ENTRY_BACK)
    assert go_on.mapTo(window, go_on.rect().center()).x() < back.mapTo(window, back.rect().center()).x()
    window.switch_language("en")
    made.settle()
    assert window.layoutDirection() == Qt.LayoutDirection.LeftToRight
    assert go_on.mapTo(window, go_on.rect().center()).x() > back.mapTo(window, back.rect().center()).x()


def test_every_icon_that_is_mirrored_exists() -> None:
    icons = Path(dress.__file__).parents[2] / "resources" / "icons"
    assert [name for name in DIRECTED if not (icons / f"{name}.svg").is_file()] == []
