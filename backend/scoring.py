"""The thread that scores interviews that have ended, a few at a time."""

from __future__ import annotations

import time

from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.services import score_making

_LOOK_AGAIN = 20.0
_STOP_WITHIN = 30.0
# what could not be scored is tried again after so many seconds
_FAILED_AGAIN = 3600.0
# between two portions, so that people are served meanwhile
_BREATH = 0.2
_MOST_FAILED = 1000


class Scorer(Rounds):
    """In the process that does the chores; another one that works beside it does no harm."""

    def __init__(self, hr: Runtime) -> None:
        super().__init__("scores", look_again=_LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        self._failed: dict[str, float] = {}

    def _round(self) -> float:
        now = time.monotonic()
        self._failed = {name: since for name, since in self._failed.items() if now - since < _FAILED_AGAIN}
        if len(self._failed) >= _MOST_FAILED:
            return _LOOK_AGAIN
        waiting = score_making.due(self._hr, but=self._failed)
        for interview_id in waiting:
            if self._stopping:
                return 0.0
            self._failed.update((name, now) for name in score_making.work(self._hr, [interview_id]).failed)
        return _BREATH if len(waiting) >= score_making.AT_ONCE else _LOOK_AGAIN
