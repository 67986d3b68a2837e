"""A code that is not known here may be new: HR is asked for its newest list, then the code is tried again by itself.

So it is with one that was used: HR may have let a question be answered again a moment ago. That it was used is told at
once, for nearly always it stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.ui.names import Screen, Sheet

if TYPE_CHECKING:
    from app.ui.presenters.journey import Journey


class NewestList:
    """``asking`` while HR is asked. Nothing else waits for it: whoever types on or goes elsewhere is not disturbed.

    ``again`` looks a text up once more without asking HR.
    """

    def __init__(self, journey: Journey, again: Callable[[str], None]) -> None:
        self._journey = journey
        self._again = again
        self._turn = 0
        self.asking = False

    def forget(self) -> None:
        """Nobody waits for the answer any more."""
        self._turn += 1
        self.asking = False

    def find(self, text: str, error: Exception) -> None:
        """Ask HR where that can help with this error; else tell it."""
        journey, fresh = self._journey, self._journey.context.fresh
        if fresh is None or journey.offline or not _curable(error):
            journey.fail(error)
            return
        self._turn += 1
        turn = self._turn
        if _used(error):
            journey.fail(error)
        else:
            self.asking = True

        def fetched(came: bool) -> None:
            if turn != self._turn:
                return
            self.asking = False
            here = journey.screen is Screen.START and journey.sheet is Sheet.NONE and not journey.busy
            if here and came:
                self._again(text)
            elif here:
                journey.fail(error)
            journey.changed()

        journey.runner.background(fresh.fetch, fetched, lambda _: fetched(False))
        journey.changed()


def _curable(error: Exception) -> bool:
    """What a newer roster, a newer kit or a newer key of the organisation may put right."""
    from contract.errors import ErrorCode, XudaError

    codes = (ErrorCode.INVITATION_UNKNOWN, ErrorCode.KIT_MISSING, ErrorCode.INVITATION_FOREIGN)
    return _used(error) or (isinstance(error, XudaError) and error.code in codes)


def _used(error: Exception) -> bool:
    from contract.errors import ErrorCode, XudaError

    return isinstance(error, XudaError) and error.code is ErrorCode.INVITATION_USED
