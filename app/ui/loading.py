"""Loads the screens while the first of them is there already: on their own thread, a little at a time.

PySide6 derives a class from Qt's only safely on the thread that uses them: while another thread does so, Qt's own code
may end the process. So another thread loads only what is no part of Qt, and what needs Qt follows in idle moments.
"""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

_PART_SECONDS = 0.005
# The icons and what else makes the first page whole come first: a single name of Qt can take as long as all of these.
_BEGIN_MS = 30

SCREENS = (
    "app.ui.drives",
    "app.ui.focus",
    "app.ui.forget",
    "app.ui.links",
    "app.ui.widgets.columns",
    "app.ui.screens.sheets",
    "app.ui.screens.appearance",
    "app.ui.overlays",
    "app.ui.presenters.adjust",
    "app.ui.presenters.answering",
    "app.ui.presenters.pages",
    "app.ui.presenters.power",
    "app.ui.presenters.printing",
    "app.ui.presenters.transfer",
    "app.ui.press",
    "app.ui.screens.adjust",
    "app.ui.screens.consent",
    "app.ui.screens.devices",
    "app.ui.screens.entry",
    "app.ui.screens.export",
    "app.ui.widgets.player",
    "app.ui.screens.words",
    "app.ui.screens.finish",
    "app.ui.screens.help",
    "app.ui.screens.mine",
    "app.ui.screens.own",
    "app.ui.screens.practice",
    "app.ui.screens.printing",
    "app.ui.screens.question",
    "app.ui.screens.proof",
    "app.ui.screens.recording",
    "app.ui.screens.walkin",
    "app.ui.screens.written",
)
BOOTH = (
    *SCREENS,
    "app.ui.kiosk",
    "app.ui.screens.attract",
    "app.ui.screens.giving",
    "app.ui.screens.kiosk",
    "app.ui.screens.staff",
)


# What the screens need that is no part of Qt.
BESIDE = (
    "segno",
    "wave",
    "app.interview.transfer",
    "app.kiosk.again",
    "app.kiosk.desk",
    "app.kiosk.idle",
    "contract.texts",
)


def load(modules: Iterable[str]) -> Iterator[str]:
    """Import one of ``modules`` per step: what needs Qt only on the thread of the screens, the rest on any other."""
    for module in modules:
        importlib.import_module(module)
        yield module


def in_turns(steps: Iterator[object], owner: QObject, *, pause_ms: int = 0) -> None:
    """One step in each turn of the event loop, as long as ``owner`` lives: what is shown or typed comes in between."""
    turns = QTimer(owner, interval=pause_ms)

    def take() -> None:
        if next(steps, _END) is _END and isValid(turns):  # the last step may have been what kept the owner
            turns.stop()
            turns.deleteLater()

    turns.timeout.connect(take)
    turns.start()


_END = object()


def _nothing() -> None:
    pass


class SpareSteps(QObject):
    """Takes steps while the thread of the screens has nothing else to do, one piece of work after the other.

    Begins a moment after it was made.
    """

    def __init__(self) -> None:
        super().__init__()
        self._work: deque[tuple[Iterator[object], Callable[[], None], Callable[[Exception], None]]] = deque()
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)
        self._begun = False
        QTimer.singleShot(_BEGIN_MS, self, self._begin)

    def add(
        self, steps: Iterator[object], failed: Callable[[Exception], None], then: Callable[[], None] = _nothing
    ) -> None:
        """``then`` is called when there is no step left; ``failed`` with what a step raised."""
        self._work.append((steps, then, failed))
        if self._begun:
            self._timer.start()

    def _begin(self) -> None:
        self._begun = True
        if self._work:
            self._timer.start()

    def _go_on(self) -> None:
        end = time.perf_counter() + _PART_SECONDS
        while self._work and time.perf_counter() < end:
            steps, then, failed = self._work[0]
            try:
                if next(steps, None) is not None:
                    continue
            except Exception as error:
                self._work.popleft()
                failed(error)
            else:
                self._work.popleft()
                then()
        if not self._work:
            self._timer.stop()
