"""The thread that trains and compares models for scoring, when a person has ordered it."""

from __future__ import annotations

from backend.db.models import new_id
from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.services import model_jobs

# another process may have died over a job
_LOOK_AGAIN = 60.0
_STOP_WITHIN = 30.0


class Trainer(Rounds):
    """One per server process; which one works on a job is settled by the job's row.

    A job that is cut short when the server ends is begun anew, elsewhere or at the next start.
    """

    def __init__(self, hr: Runtime) -> None:
        super().__init__("models", look_again=_LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        self._me = new_id()

    def _round(self) -> float:
        job_id = model_jobs.claim(self._hr, self._me)
        if job_id is None:
            return _LOOK_AGAIN
        try:
            model_jobs.work(self._hr, self._me, job_id, lambda: not self._stopping)
        except model_jobs.Stopped:
            model_jobs.release(self._hr, self._me)
        return 0.0
