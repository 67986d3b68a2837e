"""The thread that makes ordered reports, one interview after the other."""

from __future__ import annotations

from backend.db.models import new_id
from backend.rounds import Rounds
from backend.runtime import Runtime
from backend.services import report_jobs

# another process may have taken an order, or died over one
_LOOK_AGAIN = 15.0
_STOP_WITHIN = 30.0


class Reporter(Rounds):
    """One per server process; which one works on a job is settled by the job's row.

    The report in the making is finished before it stops; the job goes on elsewhere, or at the next start.
    """

    def __init__(self, hr: Runtime) -> None:
        super().__init__("reports", look_again=_LOOK_AGAIN, stop_within=_STOP_WITHIN)
        self._hr = hr
        self._me = new_id()

    def _round(self) -> float:
        while not self._stopping:
            job_id = report_jobs.claim(self._hr, self._me)
            if job_id is None:
                return _LOOK_AGAIN
            while not self._stopping and report_jobs.work(self._hr, self._me, job_id):
                pass
        report_jobs.release(self._hr, self._me)
        return 0.0
