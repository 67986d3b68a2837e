"""When Python looks for what only refers to itself: between interviews, because its long pass stops every thread.

A pass over all that is loaded takes longer than a frame may. So nothing starts it in mid interview: short passes over
what is new go on as always, the long one comes with the start page and in long waits, and leaves out what was loaded to
stay. Then, too, what is free goes back to the system.
"""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from app.ui.application import MainWindow

_WAIT_MS = 300_000
_PAGE_MS = 200
_NEVER = 1_000_000_000


class Collector(QObject):
    """Turns the collector on, without its long pass, and makes that pass when ``window`` is free."""

    def __init__(self) -> None:
        super().__init__()
        self._window: MainWindow | None = None
        self._engaged = self._settled = False
        short, middle, _ = gc.get_threshold()
        gc.set_threshold(short, middle, _NEVER)
        gc.enable()
        self._waits = QTimer(self, interval=_WAIT_MS)
        self._waits.timeout.connect(self._collect)
        self._waits.start()

    def watch(self, window: MainWindow) -> None:
        self._window = window
        window.screen_changed.connect(self._moved)

    def _moved(self) -> None:
        if self._free():
            QTimer.singleShot(_PAGE_MS, self, self._collect)  # the page that is coming first
        elif not self._engaged:
            self._engaged = True
            gc.freeze()  # the screens are there, and stay

    def _free(self) -> bool:
        return self._window is not None and self._window.journey.vacant

    def _collect(self) -> None:
        if not self._engaged or not self._free():
            return
        gc.collect()
        QTimer.singleShot(_PAGE_MS, self, give_back)
        if not self._settled:  # the first interview has loaded what the next ones will use
            self._settled = True
            gc.freeze()


def give_back() -> None:
    """Free memory goes back to the system, and what a candidate's frames and words have left in it with it.

    The C library of Linux keeps what each of the many threads has freed, more with every interview.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)
