"""A whole interview with keys alone, in Chinese and from right to left in Arabic: out in the middle, back, printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.ui import names
from app.ui.names import Screen
from app.ui.spooler import CupsPress
from tests.interview.desk import CODE
from tests.support.cups import Cups
from tests.ui import whole
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.hands import Keyboard

# its pages come out where those of tests/ui/test_cups.py do
pytestmark = pytest.mark.xdist_group("printer")


def open_it(open_booth: Open, clip: Path, sound: Path, language: str) -> Booth:
    booth = open_booth(stages=whole.STAGES, model=True, language=language)
    booth.devices.camera, booth.devices.microphone = f"file:{clip}", f"file:{sound}"
    return booth


@pytest.mark.parametrize("language", ["zh_CN", "ar"])
def test_an_interview_from_the_code_to_the_printed_report_takes_a_keyboard_alone(
    open_booth: Open, clip: Path, sound: Path, cups_or_none: Cups | None, language: str
) -> None:
    keys = Keyboard(open_it(open_booth, clip, sound, language))
    keys.on(Screen.START)
    keys.type(CODE)
    keys.tap(Qt.Key.Key_Return)
    whole.until_practised(keys)
    whole.best_of_two(keys, "ok ")
    whole.leave(keys)
    keys.on(Screen.START)
    keys = Keyboard(open_it(open_booth, clip, sound, language))
    if cups_or_none is not None:
        keys.booth.press = CupsPress()
    keys.on(Screen.START)
    keys.type(CODE)
    keys.tap(Qt.Key.Key_Return)
    whole.come_back(keys)
    whole.the_rest(keys, "git")
    whole.print_one(keys, names.FINISH_PRINT, "receipt", Screen.FINISH)
    keys.press(names.FINISH_DONE)
    keys.on(Screen.START)
    keys.press(names.TOPBAR_MINE)
    keys.on(Screen.MINE)
    whole.print_one(keys, names.MINE_PRINT_PREFIX + "0", "report", Screen.MINE)
