"""What the start page and the bar say when delivery waits for a person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QLabel

from app.interview.views import STAFF_CODES, SyncNews, SyncPhase
from app.ui import names
from app.ui.dress import build_application
from contract.errors import ErrorCode
from tests.ui.fit import misfits
from tests.ui.pictures import make_window
from tests.ui.scene_set import Set


@pytest.fixture(params=["zh_CN", "en"])
def shown(request: pytest.FixtureRequest) -> Iterator[Set]:
    build_application([])
    made = make_window(request.param, QSize(1024, 600))
    yield made
    made.window.abort()
    made.window.deleteLater()
    QApplication.processEvents()


@pytest.mark.parametrize("code", sorted(STAFF_CODES))
def test_a_revoked_device_says_so_until_it_is_listened_to_again(shown: Set, code: str) -> None:
    label = shown.find(QLabel, names.START_STAFF)
    assert isinstance(label, QLabel)
    assert not label.isVisible()
    shown.window.journey.on_news(SyncNews(SyncPhase.WAITING, 3, 0, ErrorCode(code)))
    shown.settle()
    assert label.isVisible()
    assert misfits(shown.window) == []
    words = {item.text() for item in shown.window.findChildren(QLabel) if item.isVisible()}
    assert any("Waiting for staff" in text or "等待工作人员" in text for text in words)
    shown.window.journey.on_news(SyncNews(SyncPhase.DONE, 0))
    shown.settle()
    assert not label.isVisible()
