"""Nothing of a candidate stays in the window when the start page comes back, and no fixed word is lost by it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QLabel, QPlainTextEdit

from app.ui import names
from app.ui.names import Screen
from tests.security.watched_client import all_texts
from tests.ui.booth import Booth

TYPED = "planted typed words kq83"
WISH = "planted wish hj52"


def words(booth: Booth) -> dict[str, list[str]]:
    """What the labels and buttons of each screen say."""
    for screen in Screen:
        booth.window.deck.page(screen)
    found: dict[str, list[str]] = {}
    for screen, page in booth.window.deck.pages.items():
        labels = [label.text() for label in page.findChildren(QLabel)]
        found[screen.value] = sorted({*labels, *(button.text() for button in page.findChildren(QAbstractButton))})
    return found


def interview(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, TYPED)
    editor = booth.find(names.TEXT_EDIT)
    assert isinstance(editor, QPlainTextEdit)
    editor.selectAll()
    editor.copy()
    booth.click(names.TEXT_SUBMIT)
    booth.on(Screen.CHOICE)
    booth.click(names.CHOICE_OPTION_PREFIX + "1")
    booth.click(names.CHOICE_SUBMIT)
    booth.on(Screen.FINISH)
    booth.type(names.FINISH_WORDS, WISH)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)


def test_no_widget_and_no_clipboard_keeps_what_a_candidate_has_typed(booth: Booth) -> None:
    interview(booth)
    left = all_texts()
    assert [text for text in left if TYPED in text or WISH in text] == []
    assert TYPED not in QGuiApplication.clipboard().text()
    # undoing brings nothing back either
    for editor in booth.window.findChildren(QPlainTextEdit):
        assert not editor.document().isUndoAvailable()


def test_every_screen_still_says_its_fixed_words_afterwards(booth: Booth) -> None:
    before = words(booth)
    interview(booth)
    shown = (Screen.ENTRY, Screen.CONSENT, Screen.DEVICES, Screen.PRACTICE, Screen.QUESTION, Screen.RECORDING)
    shown += (Screen.PROOF, Screen.TEXT, Screen.CHOICE, Screen.FINISH)

    def missing() -> list[str]:
        after = words(booth)
        return [text for screen in shown for text in before[screen.value] if text and text not in after[screen.value]]

    # what the start page says of the booth comes from the database a moment later
    booth.wait(lambda: missing() == [])


def test_what_was_copied_while_another_program_was_in_front_is_not_touched(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Qt.ApplicationState.ApplicationInactive
    monkeypatch.setattr("app.ui.forget.QGuiApplication.applicationState", lambda: away)
    QGuiApplication.clipboard().setText("of another program")
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_BACK)
    booth.on(Screen.START)
    assert QGuiApplication.clipboard().text() == "of another program"
