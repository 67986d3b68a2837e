"""The thread that makes ordered reports, one interview after the other."""

from __future__ import annotations

import logging
import threading

from backend.db.models import new_id
from backend.runtime import Runtime
from backend.services import report_jobs

_log = logging.getLogger(__name__)
# another process may have taken an order, or died over one
_LOOK_AGAIN = 15.0
_STOP_WITHIN = 30.0


class Reporter:
    """One per server process; which one works on a job is settled by the job's row. Any thread may :meth:`wake` it."""

    def __init__(self, hr: Runtime) -> None:
        self._hr = hr
        self._me = new_id()
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="reports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        """The report in the making is finished first; the job goes on elsewhere, or at the next start."""
        self._stopping = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_WITHIN)

    def _work(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                self._round()
            except Exception as error:
                # without the traceback: a driver's message may quote the row
                _log.error("reports could not be made and will be tried again: %s", type(error).__name__)
            if not self._stopping:
                self._wake.wait(_LOOK_AGAIN)

    def _round(self) -> None:
        while not self._stopping:
            job_id = report_jobs.claim(self._hr, self._me)
            if job_id is None:
                return
            while not self._stopping and report_jobs.work(self._hr, self._me, job_id):
                pass
        report_jobs.release(self._hr, self._me)
