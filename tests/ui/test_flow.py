"""A row that wraps measures what is in it once, and again when that changes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.dress import build_application
from app.ui.i18n import Texts
from app.ui.style import InputWatch, Look
from app.ui.tokens import make_tokens
from app.ui.widgets.basic import Button, Label
from app.ui.widgets.flow import Flow

WIDTH = 400


class Counted(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def sizeHint(self) -> QSize:
        self.asked += 1
        return QSize(60, 20)


@pytest.fixture
def look() -> Look:
    build_application([])
    return Look(make_tokens(), Texts("en"), InputWatch())


@pytest.fixture
def row(look: Look) -> Iterator[Flow]:
    holder = QWidget()
    flow = Flow(look)
    holder.setLayout(flow)
    yield flow
    holder.deleteLater()


def test_a_part_is_asked_for_its_size_once_however_often_the_row_is(row: Flow) -> None:
    counted = Counted()
    row.addWidget(counted)
    row.heightForWidth(WIDTH)
    row.sizeHint()
    row.minimumSize()
    asked = counted.asked
    for _ in range(100):
        row.heightForWidth(WIDTH)
        row.sizeHint()
        row.minimumSize()
    assert counted.asked == asked


def test_words_that_grow_or_go_change_the_height_at_once(row: Flow, look: Look) -> None:
    label, button = Label(), Button(look)
    button.setText("Continue")
    label.setText("Short")
    row.addWidget(label, 1)
    row.addWidget(button)
    alone = row.heightForWidth(WIDTH)
    label.setText("So many words that they need several lines above the button. " * 8)
    assert row.heightForWidth(WIDTH) > alone
    assert row.heightForWidth(WIDTH // 2) > row.heightForWidth(WIDTH)
    label.hide()
    assert row.heightForWidth(WIDTH) == alone


def test_a_button_whose_words_come_makes_the_row_wider(row: Flow, look: Look) -> None:
    button = Button(look)
    row.addWidget(button)
    empty = row.sizeHint().width()
    button.setText("Record again")
    assert row.sizeHint().width() > empty
    assert row.minimumSize().height() == button.minimumSizeHint().height()


def test_a_row_inside_another_layout_is_measured_again_with_it(look: Look) -> None:
    holder = QWidget()
    holder.resize(WIDTH, 300)
    outer, flow, label = QVBoxLayout(holder), Flow(look), Label()
    outer.setContentsMargins(0, 0, 0, 0)
    outer.addLayout(flow)
    outer.addStretch(1)
    flow.addWidget(label, 1)
    label.setText("Short")
    outer.activate()
    before = label.height()
    label.setText("So many words that they need several lines. " * 8)
    outer.activate()
    assert label.height() > before
    holder.deleteLater()
