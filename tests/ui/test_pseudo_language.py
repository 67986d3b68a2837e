"""Every word on every screen goes through the catalogs, and longer words than the English ones have room."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import asdict

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget

from app.ui import names
from app.ui.dress import build_application
from contract.catalog import LANGUAGES
from tests.ui import scenes_entry, stage_interview
from tests.ui.fit import misfits
from tests.ui.pictures import SCENES, make_window
from tests.ui.pseudo import contents, load, pseudo, untranslated
from tests.ui.scene_set import Set
from tests.ui.scenes_kiosk import KIOSK_SCENES

# What the machine, the organisation, the candidate and the product's own name contribute.
SAID = contents(stage_interview.KIT.model_dump()) | set(LANGUAGES.values()) | set(stage_interview.said("en"))
SAID |= contents([asdict(message) for message in stage_interview.MESSAGES])
SAID |= {
    "".join(stage_interview.said("en")),
    "Galaxy Technologies",
    "Wang Xiaoming",
    "Logitech C920",
    "Integrated Camera",
}
SAID |= {"HP LaserJet (Lobby)", "Office"} | contents(scenes_entry.ELSEWHERE)
SAID |= {"USB Headset", "Built-in Microphone", "KINGSTON", "GB", "kB", "MB", "ABCD-EFGH", "xuda://", "Booth 3", "Nov"}
SAID |= {"xuda-4f0e9a57-20261122-183005.xuda", "XUDA://A/", "A timeline of eleven days with a red mark on day nine."}
SAID |= {
    "Xuda 0.1.0",
    "small@1234abcd",
    "https://hr.example.com",
    "5b0f1a52",
    stage_interview.CERTIFICATE.certificate_id,
}


@pytest.fixture
def in_pseudo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    build_application([])
    monkeypatch.setattr("app.ui.i18n.load", load)
    monkeypatch.setattr("contract.texts.load", load)
    yield
    QApplication.processEvents()
    gc.collect()


def opened(scene: str) -> Set:
    made = make_window("en", QSize(1366, 768), kiosk=scene in KIOSK_SCENES)
    SCENES[scene](made)
    for _ in range(6):
        made.settle()
    return made


def words(window: QWidget) -> set[str]:
    """What is shown and what is read out."""
    found: set[str] = set()
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.objectName().startswith("qt_"):
            continue
        if isinstance(widget, QLabel | QAbstractButton):
            found.add(widget.text())
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            found.add(widget.placeholderText())
        if isinstance(widget, QComboBox):
            found.add(widget.currentText())
        if widget.objectName() != names.TOPBAR_LANGUAGE:
            found |= {widget.accessibleName(), widget.accessibleDescription()}
    return found - {""}


@pytest.mark.parametrize("scene", SCENES)
def test_every_word_is_translated_and_two_fifths_longer_words_have_room(in_pseudo: None, scene: str) -> None:
    made = opened(scene)
    wrong = misfits(made.window)
    plain = sorted(text for text in words(made.window) if untranslated(text, SAID))
    made.window.abort()
    made.window.deleteLater()
    made.settle()
    assert plain == []
    assert wrong == []


def test_a_pseudo_text_is_longer_and_keeps_its_placeholders() -> None:
    text = pseudo("{n} items wait for upload")
    assert "{n}" in text
    assert len(text) >= 1.4 * len("{n} items wait for upload")
    assert untranslated(text.format(n=3), ()) == ""
    assert untranslated("Save the file", ()) == "Save the file"
