"""HR's messages through the real window: a quiet mark, 我的, and in a kiosk only whoever has shown a code."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui import names
from app.ui.names import Screen
from app.ui.widgets.basic import Chip
from tests.interview.desk import PHONE, WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.test_kiosk import all_texts, gone

WORDS = "planted words of HR <b>zx62</b> https://example.com"
OTHER = "planted for somebody else zx63"


def tell(booth: Booth, office: Office) -> None:
    mine, others = [booth.desk.right.invitation_id], [str(uuid.uuid4())]
    personal: dict[str, Any] = {"audience": "invitations", "text": {"en": WORDS}}
    booth.desk.tell(
        office,
        {"message_id": "m1", "title": {"en": "For one"}, "invitations": mine, "next_steps": True, **personal},
        {"message_id": "m2", "title": {"en": OTHER}, "invitations": others, **personal},
    )


def shown_words(booth: Booth) -> list[str]:
    return [label.text() for label in booth.window.findChildren(QLabel) if label.isVisible()]


def chips(booth: Booth) -> list[str]:
    return [chip.text() for chip in booth.window.findChildren(Chip) if chip.isVisible()]


@pytest.fixture
def window(open_booth: Open, office: Office) -> Booth:
    booth = open_booth(stages=WRITTEN, language="en")
    tell(booth, office)
    return booth


@pytest.fixture
def kiosk(open_booth: Open, office: Office) -> Booth:
    booth = open_booth(stages=WRITTEN, language="en", kiosk=True)
    tell(booth, office)
    booth.on(Screen.ATTRACT)
    return booth


def test_a_new_message_is_marked_until_it_is_opened_under_mine(window: Booth) -> None:
    window.on(Screen.START)
    assert window.visible(names.START_MESSAGES) == []
    window.agree()
    window.on(Screen.TEXT)
    window.leave("save")
    window.click(names.LEFT_DONE)
    window.on(Screen.START)
    window.click(names.START_MESSAGES)
    window.on(Screen.MINE)
    heading = window.find(names.MESSAGE_PREFIX + "0")
    assert "Next steps" in heading.text()
    assert "For one" in heading.text()
    assert "New" in chips(window)
    assert WORDS not in " ".join(shown_words(window))
    window.click(names.MESSAGE_PREFIX + "0")
    (label,) = [label for label in window.window.findChildren(QLabel) if WORDS in label.text()]
    assert label.isVisible()
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert "New" not in chips(window)
    assert OTHER not in " ".join(all_texts())
    window.click(names.TOPBAR_HOME)
    window.on(Screen.START)
    window.wait(lambda: window.visible(names.START_MESSAGES) == [])


def test_a_kiosk_shows_it_to_whoever_has_shown_a_code_and_keeps_nothing_when_they_have_gone(kiosk: Booth) -> None:
    kiosk.click(names.ATTRACT_START)
    kiosk.on(Screen.START)
    assert kiosk.visible(names.START_MESSAGES) == []
    kiosk.enter()
    kiosk.on(Screen.ENTRY)
    kiosk.click(names.MESSAGE_PREFIX + "0")
    kiosk.wait(lambda: any(WORDS in text for text in shown_words(kiosk)))
    assert OTHER not in " ".join(all_texts())
    gone(kiosk)
    kiosk.on(Screen.ATTRACT)
    kiosk.wait(lambda: WORDS not in " ".join(all_texts()))
    kiosk.click(names.ATTRACT_START)
    kiosk.on(Screen.START)
    kiosk.find(names.START_FIELD).setText(PHONE)
    kiosk.click(names.START_BEGIN)
    kiosk.on(Screen.ENTRY)
    assert kiosk.visible(names.MESSAGE_PREFIX + "0") == []
    kiosk.click(names.ENTRY_BACK)
    kiosk.on(Screen.ATTRACT)


def test_a_kiosk_shows_it_again_to_the_same_candidate_who_comes_back(kiosk: Booth) -> None:
    for _ in range(2):
        kiosk.click(names.ATTRACT_START)
        kiosk.enter()
        kiosk.on(Screen.ENTRY)
        assert "For one" in kiosk.find(names.MESSAGE_PREFIX + "0").text()
        kiosk.click(names.MESSAGE_PREFIX + "0")
        assert any(WORDS in text for text in shown_words(kiosk))
        gone(kiosk)
        kiosk.on(Screen.ATTRACT)
