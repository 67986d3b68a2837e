"""The thread that asks a language model for second opinions, when a person has ordered one."""

from __future__ import annotations

import contextlib

from backend.db.models import new_id
from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.services import opinion_making, opinions

# another process may have died over an order
_LOOK_AGAIN = 30.0
# a service that takes its time is not waited for: the order is taken up again by whoever comes next
_STOP_WITHIN = 3.0


class Opiner(Rounds):
    """One per server process; which one works on an order is settled by its row."""

    def __init__(self, hr: Runtime) -> None:
        super().__init__("opinions", look_again=_LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        self._me = new_id()

    def _round(self) -> float:
        opinion_id = opinion_making.claim(self._hr, self._me)
        if opinion_id is None:
            return _LOOK_AGAIN
        with contextlib.suppress(opinions.Gone):
            opinion_making.work(self._hr, self._me, opinion_id)
        return 0.0
