"""A whole interview in a kiosk with one finger, in Chinese and in Arabic; swiping, and letters on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.ui import names
from app.ui.names import Screen
from app.ui.spooler import CupsPress
from tests.interview.desk import CODE
from tests.support.cups import Cups
from tests.ui import whole
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.hands import Fingers


def open_it(open_booth: Open, clip: Path, sound: Path, language: str, *, kiosk: bool = True) -> Booth:
    booth = open_booth(stages=whole.STAGES, model=True, language=language, kiosk=kiosk)
    booth.devices.camera, booth.devices.microphone = f"file:{clip}", f"file:{sound}"
    booth.window.resize(1024, 600)
    return booth


def enter(fingers: Fingers) -> None:
    fingers.on(Screen.ATTRACT)
    fingers.press(names.ATTRACT_START)
    fingers.on(Screen.START)
    fingers.write(names.START_FIELD, CODE)
    fingers.press(names.START_BEGIN)


@pytest.mark.parametrize("language", ["zh_CN", "ar"])
def test_an_interview_from_the_attract_screen_to_the_printed_report_takes_one_finger(
    open_booth: Open, clip: Path, sound: Path, cups_or_none: Cups | None, language: str
) -> None:
    fingers = Fingers(open_it(open_booth, clip, sound, language))
    enter(fingers)
    whole.until_practised(fingers)
    whole.best_of_two(fingers, "Ok ")
    whole.leave(fingers)
    fingers.on(Screen.ATTRACT)
    fingers = Fingers(open_it(open_booth, clip, sound, language))
    if cups_or_none is not None:
        fingers.booth.press = CupsPress()
    enter(fingers)
    whole.come_back(fingers)
    whole.the_rest(fingers, "git 2")
    whole.print_one(fingers, names.FINISH_PRINT, "receipt", Screen.FINISH)
    fingers.press(names.FINISH_DONE)
    fingers.on(Screen.ATTRACT)
    # a booth lists nobody's interviews; the same pages on a tablet of one's own
    fingers = Fingers(open_it(open_booth, clip, sound, language, kiosk=False))
    if cups_or_none is not None:
        fingers.booth.press = CupsPress()
    fingers.on(Screen.START)
    fingers.press(names.TOPBAR_MINE)
    fingers.on(Screen.MINE)
    whole.print_one(fingers, names.MINE_PRINT_PREFIX + "0", "report", Screen.MINE)
