"""What holds on every screen: both languages in place, nothing clipped, names and sizes for everyone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget

from app.ui import names
from app.ui.dress import Appearance, build_application
from app.ui.names import Screen
from app.ui.tokens import Theme
from app.ui.widgets.basic import Button
from tests.ui import pictures, scenes_entry, scenes_kiosk
from tests.ui.fit import misfits
from tests.ui.gallery import large_texts
from tests.ui.pictures import SCENES, make_window
from tests.ui.scene_set import Set
from tests.ui.scenes_kiosk import KIOSK_SCENES

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SMALL = QSize(1024, 600)
_LEAST_TARGET = 44


@pytest.fixture
def shown() -> Iterator[list[Set]]:
    build_application([])
    open_sets: list[Set] = []
    yield open_sets
    for made in open_sets:
        made.window.abort()
        made.window.deleteLater()
    QApplication.processEvents()


def show(shown: list[Set], scene: str, language: str, size: QSize = _SMALL, *, text: int = 100) -> Set:
    made = make_window(language, size, appearance=Appearance(Theme.LIGHT, text), kiosk=scene in KIOSK_SCENES)
    shown.append(made)
    SCENES[scene](made)
    for _ in range(4):
        made.settle()
    return made


def words(window: QWidget) -> list[str]:
    """Every visible word of the client's own."""
    found = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.objectName() == names.TOPBAR_LANGUAGE:
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            found.append(widget.text())
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            found.append(widget.placeholderText())
        found.append(widget.accessibleName())
    return [text for text in found if text]


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_the_language_is_switched_in_place_and_back(shown: list[Set], scene: str) -> None:
    made = show(shown, scene, "en")
    before = (made.window.screen_name(), made.window.sheet_name())
    english = words(made.window)
    assert [text for text in english if _CHINESE.search(text)] == []
    made.window.switch_language("zh_CN")
    made.settle()
    chinese = words(made.window)
    assert sum(bool(_CHINESE.search(text)) for text in chinese) >= len(chinese) / 2
    made.window.switch_language("en")
    made.settle()
    assert (made.window.screen_name(), made.window.sheet_name()) == before
    assert [text for text in words(made.window) if _CHINESE.search(text)] == []


def test_what_waits_to_be_deleted_keeps_no_language_from_coming(shown: list[Set]) -> None:
    made = show(shown, "proof", "en")
    [button] = [one for one in made.window.findChildren(Button) if one.objectName() == f"{names.PROOF_TAKE_PREFIX}2"]
    vars(button).clear()
    made.window.switch_language("zh_CN")
    assert made.window.updatesEnabled()
    assert any(_CHINESE.search(text) for text in words(made.window))


@pytest.mark.parametrize("scene", sorted(SCENES))
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_no_text_is_clipped_on_a_small_screen(shown: list[Set], scene: str, language: str) -> None:
    assert misfits(show(shown, scene, language).window) == []


# One scene of each kind of layout; `python3 dev.py gallery --large` looks at all of them.
_LAYOUTS = [
    "start",
    "devices",
    "recording",
    "proof",
    "text",
    "leave",
    "finish",
    "mine",
    "help",
    "attract",
    "pin",
    "staff",
]


@pytest.mark.parametrize("scene", _LAYOUTS)
def test_text_of_every_size_can_be_read_in_every_window_and_the_way_on_stays_in_reach(scene: str) -> None:
    """1024x600, 1366x768, 800x1280, 1920x1080 and 3840x2160; footer and sheet buttons in sight."""
    build_application([])
    assert list(large_texts(scene, "en", (200,))) == []


@pytest.mark.parametrize("scene", _LAYOUTS)
def test_nothing_is_clipped_from_right_to_left(shown: list[Set], scene: str) -> None:
    made = show(shown, scene, "ar")
    assert made.window.layoutDirection() == Qt.LayoutDirection.RightToLeft
    assert misfits(made.window) == []


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_control_has_a_name_to_be_read_out_and_a_target_large_enough_to_touch(
    shown: list[Set], scene: str
) -> None:
    window = show(shown, scene, "en").window
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit)
    controls = [w for kind in kinds for w in window.findChildren(kind) if w.isVisible()]
    controls = [w for w in controls if not (w.objectName().startswith("qt_") or w.inherits("QScrollBar"))]
    assert controls
    nameless = [w for w in controls if not (w.accessibleName() or getattr(w, "text", lambda: "")())]
    assert [w.objectName() for w in nameless if not isinstance(w, QPlainTextEdit)] == []
    small = [(w.objectName(), w.size().toTuple()) for w in controls if min(w.width(), w.height()) < _LEAST_TARGET]
    assert small == []


def test_a_kiosk_has_larger_controls_and_shows_no_one_elses_interview() -> None:
    build_application([])
    service, devices = pictures.StageService("zh_CN"), pictures.StageDevices()
    made = Set(pictures.MainWindow(pictures.stage.context(service, devices, kiosk=True)), service, devices)
    made.window.show()
    scenes_entry.start_unfinished(made)
    made.settle()
    assert made.window.screen_name() == Screen.ATTRACT.value
    scenes_kiosk.kiosk_start(made)
    made.settle()
    button = made.find(QAbstractButton, names.START_BEGIN)
    assert button.height() >= 56
    assert made.window.findChildren(QAbstractButton, names.START_UNFINISHED_PREFIX + "0") == []
    assert made.window.windowFlags() & Qt.WindowType.FramelessWindowHint
    made.window.abort()


def test_every_screen_has_a_picture() -> None:
    """A screen that is added must be looked at too."""
    build_application([])
    seen: set[str] = set()
    missing = {screen.value for screen in Screen} - set(SCENES)
    assert not missing, "a scene has the name of its screen"
    for scene in Screen:
        made = make_window("en", _SMALL, kiosk=scene in KIOSK_SCENES)
        SCENES[scene](made)
        seen.add(made.window.screen_name())
        made.window.abort()
        made.window.deleteLater()
    assert seen == {screen.value for screen in Screen}
