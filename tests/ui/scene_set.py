"""What a scene works on: the window over a stage, and what a person does in it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from app.ui import names
from app.ui.application import MainWindow
from app.ui.widgets.option import Option
from tests.ui import stage_interview
from tests.ui.stage import StageDevices, StageService


@dataclass
class Set:
    """What a scene works on."""

    window: MainWindow
    service: StageService
    devices: StageDevices

    def settle(self) -> None:
        for _ in range(6):
            QApplication.processEvents()

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        found = self.window.findChild(kind, name)
        assert found is not None, name
        return found

    def click(self, name: str) -> None:
        button = self.find(QPushButton, name)
        assert isinstance(button, QPushButton)
        button.click()
        self.settle()

    def tick(self, name: str) -> None:
        option = self.find(Option, name)
        assert isinstance(option, Option)
        option.click()
        self.settle()

    def to_entry(self) -> None:
        field = self.find(QLineEdit, names.START_FIELD)
        assert isinstance(field, QLineEdit)
        field.setText("ABCD-EFGH")
        self.click(names.START_BEGIN)

    def to_devices(self) -> None:
        self.to_entry()
        self.click(names.ENTRY_CONTINUE)
        self.tick(names.CONSENT_RECORDING)
        self.click(names.CONSENT_AGREE)

    def to_question(self, index: int = 0) -> None:
        self.service.current = stage_interview.step(index)
        self.to_devices()
        self.click(names.DEVICES_CONTINUE)
        self.click(names.PRACTICE_CONTINUE)

    def to_recording(self) -> None:
        self.to_question()
        self.click(names.QUESTION_ANSWER)

    def to_proof(self) -> None:
        self.to_recording()
        self.click(names.RECORDING_DONE)
