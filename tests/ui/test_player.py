"""The player of stored recordings and sounds, let go of while it still loads."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from app.ui.widgets.media import MemoryPlayer
from tests.support import kit_media
from tests.ui.booth import delete_what_is_due

application, parent = QApplication(["player", "-platform", "offscreen"]), QObject()
for _ in range(40):
    player = MemoryPlayer(kit_media.ogg(), parent)
    player.play()
    delete_what_is_due()
    player.discard()
    delete_what_is_due()
print(len(parent.children()))
"""


def test_a_recording_that_is_let_go_of_while_it_loads_takes_nothing_with_it() -> None:
    """In a process of its own: what is wrong here ends the process."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.split()) == (0, ["0"]), done.stderr[-2000:]
