"""What a screen reader finds and is told: Qt's accessible objects of every screen, and what is announced."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QWidget

from app.ui import names
from app.ui.dress import build_application
from app.ui.names import Screen, Sheet
from contract.errors import ErrorCode, XudaError
from tests.ui.booth import Booth
from tests.ui.pictures import SCENES, make_window
from tests.ui.scenes_kiosk import KIOSK_SCENES

_ROLES: dict[type[QWidget], tuple[QAccessible.Role, ...]] = {
    QLineEdit: (QAccessible.Role.EditableText,),
    QPlainTextEdit: (QAccessible.Role.EditableText,),
    QComboBox: (QAccessible.Role.ComboBox,),
    QAbstractButton: (
        *(QAccessible.Role.Button, QAccessible.Role.CheckBox, QAccessible.Role.RadioButton),
        *(QAccessible.Role.ButtonMenu, QAccessible.Role.PageTab),
    ),
}


@pytest.mark.parametrize("scene", sorted(SCENES))
def test_every_control_has_a_role_and_a_name_and_says_what_is_chosen_and_what_cannot_be_used(scene: str) -> None:
    build_application([])
    made = make_window("en", QSize(1024, 600), kiosk=scene in KIOSK_SCENES)
    SCENES[scene](made)
    made.settle()
    wrong = []
    for kind, roles in _ROLES.items():
        for widget in made.window.findChildren(kind):
            if not widget.isVisible() or widget.objectName().startswith("qt_"):
                continue
            told = QAccessible.queryAccessibleInterface(widget)
            state = told.state()
            name = told.text(QAccessible.Text.Name) or told.text(QAccessible.Text.Value)
            right = told.role() in roles and (bool(name) or isinstance(widget, QPlainTextEdit))
            right = right and bool(state.disabled) == (not widget.isEnabled())
            if isinstance(widget, QAbstractButton) and widget.isCheckable():
                right = right and bool(state.checked) == widget.isChecked()
            if not right:
                wrong.append(f"{widget.objectName()}: {told.role()} {name!r}")
    made.window.abort()
    assert wrong == []


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is announced while somebody listens."""
    said: list[str] = []

    class Heard(QAccessibleAnnouncementEvent):
        def __init__(self, widget: QWidget, text: str) -> None:
            super().__init__(widget, text)
            said.append(text)

    monkeypatch.setattr("app.ui.announce.QAccessibleAnnouncementEvent", Heard)
    QAccessible.setActive(True)
    return said


def test_screens_sheets_and_errors_are_announced(told: list[str], booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.wait(lambda: any("?" in text for text in told))
    booth.click(names.TOPBAR_LEAVE)
    booth.on(Screen.TEXT, Sheet.LEAVE)
    assert any("退出面试" in text or "结束" in text for text in told), told
    booth.click(names.LEAVE_CONTINUE)
    booth.window.journey.fail(XudaError(ErrorCode.DISK_FULL))
    before = len(told)
    booth.window.journey.changed()
    assert len(told) == before, "an error is said once"
    assert len(told[-1]) > 10


def test_that_an_answer_is_saved_is_announced_once_it_is(told: list[str], booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    told.clear()
    booth.window.topbar.show_state(saved=False, busy=True, sync=None)
    booth.window.topbar.show_state(saved=True, busy=True, sync=None)
    assert told == []
    booth.window.topbar.show_state(saved=True, busy=False, sync=None)
    booth.window.topbar.show_state(saved=True, busy=False, sync=None)
    assert told == ["已保存"]
