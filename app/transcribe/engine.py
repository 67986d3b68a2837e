"""The transcriber's own thread: it feeds the worker, starts another when it dies, and has its jobs done again."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import threading
import time
from collections.abc import Callable
from typing import Any

from app.transcribe import messages as m
from app.transcribe.jobs import Job
from app.transcribe.models import ModelFolder
from app.transcribe.process import CHUNK, Witness, WorkerProcess
from contract.errors import ErrorCode, XudaError

_log = logging.getLogger(__name__)
# Sound the worker may hold that is not settled, in samples: captions of what it does not hold are not possible.
_AHEAD = 600 * m.RATE
_MOST_DEATHS = 3
_LONGEST_BACK_OFF = 8.0
_STALLED = 180.0  # seconds without a word from a worker that has something to do


class Engine:
    """Owns the open jobs, the thread and the worker process. Everything public may be called from any thread."""

    def __init__(
        self, folder: ModelFolder | None, problem: XudaError | None, threads: int, witness: Witness | None = None
    ) -> None:
        self._folder = folder
        self._witness = witness
        self._threads = threads
        self._problem = problem
        self._changed = threading.Condition()
        self._jobs: dict[str, Job] = {}
        self._warm = False
        self._closing = False
        self._rung = False
        self._alarm, self._bell = multiprocessing.Pipe(duplex=False)
        self._thread: threading.Thread | None = None
        # the thread's own
        self._worker: WorkerProcess | None = None
        self._deaths = 0  # of workers in a row that settled nothing
        self._start_at = 0.0

    @property
    def problem(self) -> XudaError | None:
        with self._changed:
            return self._problem

    @property
    def worker_pid(self) -> int | None:
        worker = self._worker
        return worker.pid if worker is not None else None

    def add(self, job: Job) -> None:
        with self._changed:
            self._jobs[job.key] = job
        self.wake()

    def warm_up(self) -> None:
        with self._changed:
            self._warm = True
        self.wake()

    def wake(self) -> None:
        """Have the thread look round. Never blocks: the pipe holds one ring at most."""
        with self._changed:
            if self._rung or self._closing:
                return
            self._ring()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="transcriber", daemon=True)
                self._thread.start()

    def wait_idle(self, timeout: float | None) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._jobs, timeout)

    def close(self) -> None:
        with self._changed:
            if not self._closing:
                self._closing = True
                self._ring()
        if self._thread is not None:
            self._thread.join()
        self._alarm.close()
        self._bell.close()

    def _ring(self) -> None:
        self._rung = True
        self._bell.send_bytes(b"!")

    # everything below runs in the thread

    def _run(self) -> None:
        try:
            while not self._closing:
                self._drop_closed()
                self._mind_worker()
                self._feed()
                self._wait()
        finally:
            self._drop_worker()
            with self._changed:
                jobs, self._jobs = list(self._jobs.values()), {}
                self._changed.notify_all()
            for job in jobs:
                job.cancel()

    def _open_jobs(self) -> list[Job]:
        """Live jobs first, each kind in the order it came."""
        with self._changed:
            return sorted(self._jobs.values(), key=lambda job: not job.live)

    def _drop_closed(self) -> None:
        problem = self.problem
        for job in self._open_jobs():
            error = job.error or problem
            if error is not None or job.closed:
                self._finish(job, lambda job=job, error=error: error and job.calls.on_error(error))  # type: ignore[misc]

    def _finish(self, job: Job, tell: Callable[[], object]) -> None:
        if job.closed and job.opened:
            self._send(m.Cancel(job.key))
        _call(tell)
        with self._changed:
            self._jobs.pop(job.key, None)
            self._changed.notify_all()
        job.cancel()

    def _needed(self) -> bool:
        with self._changed:
            return (bool(self._jobs) or self._warm) and self._problem is None

    def _mind_worker(self) -> None:
        """Start a worker when there is something to do; end one that has stalled."""
        if self._worker is not None:
            if self._silent_until() <= time.monotonic():
                _log.warning("the speech worker has stalled")
                self._bury()
        elif self._needed() and self._folder is not None and time.monotonic() >= self._start_at:
            self._start_worker(self._folder)

    def _start_worker(self, folder: ModelFolder) -> None:
        try:
            self._worker = WorkerProcess(folder.path, self._threads, self._witness)
        except OSError:  # the machine has no memory or no handles left; it may have some again soon
            _log.exception("the speech worker cannot be started")
            self._bury()
        else:
            _log.info("speech worker started with %s", folder.id)

    def _feed(self) -> None:
        """Give the worker whatever it lacks, one message of sound at a time. One that dies of it has lost it all."""
        worker = self._worker
        if worker is None or not worker.ready or worker.taking:
            return
        for job in self._open_jobs():
            if not job.opened:
                job.opened = True
                self._send(m.Open(job.key, job.language, job.settled, job.live))
            if self._worker is not worker:
                return
            chunk = job.next_chunk(CHUNK, _AHEAD)
            if chunk:
                worker.taking = True
                self._send(m.Audio(job.key, chunk))
                return
            if job.all_sent() and not job.end_sent:
                job.end_sent = True
                self._send(m.End(job.key))

    def _send(self, message: m.ToWorker) -> None:
        if self._worker is not None:
            try:
                self._worker.send(message)
            except OSError:
                self._bury()

    def _wait(self) -> None:
        """Sleep until somebody rings, the worker speaks or dies, or it is time for something."""
        worker = self._worker
        sources = [self._alarm] if worker is None else [self._alarm, worker.pipe]
        until = self._start_at if worker is None else self._silent_until()
        pause = max(0.0, until - time.monotonic())
        # without work the next thing to happen is a ring
        waiting = worker is not None or (self._needed() and self._folder is not None)
        ready = multiprocessing.connection.wait(sources, pause if waiting else None)
        if self._alarm in ready:
            with self._changed:
                self._alarm.recv_bytes()
                self._rung = False
        if worker is not None and worker.pipe in ready:
            self._listen(worker)

    def _silent_until(self) -> float:
        """When a silent worker is taken for dead."""
        worker = self._worker
        if worker is None:
            return float("inf")
        busy = not worker.ready or worker.taking or any(job.end_sent for job in self._open_jobs())
        return worker.heard + _STALLED if busy else time.monotonic() + _STALLED

    def _listen(self, worker: WorkerProcess) -> None:
        try:
            messages = worker.receive()
        except (EOFError, OSError):
            self._bury()
            return
        for message in messages:
            self._hear(worker, message)

    def _hear(self, worker: WorkerProcess, message: m.FromWorker) -> None:
        if isinstance(message, m.Ready):
            worker.ready = True
        elif isinstance(message, m.Taken):
            worker.taking = False
        elif isinstance(message, m.Refused):
            self._refuse(message)
        else:
            job = self._jobs.get(message.job)
            if job is not None and not job.closed:
                self._get_on(job, message)

    def _get_on(self, job: Job, message: m.Draft | m.Settled | m.Done | m.Failed) -> None:
        if isinstance(message, m.Draft):
            job.draft(message)
            _call(lambda: job.calls.on_partial(job.running_text()))
        elif isinstance(message, m.Settled):
            self._deaths = 0
            job.settle(message.upto, message.pieces)
            if message.pieces:
                _call(lambda: job.calls.on_partial(job.running_text()))
        elif isinstance(message, m.Done):
            model = self._folder.id if self._folder else ""
            self._finish(job, lambda: job.calls.on_final(job.transcript(model)))
        else:
            job.fail(XudaError(ErrorCode.TRANSCRIPTION_FAILED, reason=message.reason))

    def _refuse(self, message: m.Refused) -> None:
        values: dict[str, Any] = {"model": message.model} | ({"file": message.file} if message.file else {})
        problem = XudaError(ErrorCode(message.code), **values)
        _log.error("the speech model cannot be used: %s", problem)
        with self._changed:
            self._problem = problem
        self._drop_worker()

    def _bury(self) -> None:
        """The worker is dead. What it had not settled will be done again, unless it keeps killing workers."""
        was_ready = self._worker is not None and self._worker.ready
        exit_code = self._drop_worker()
        self._deaths += 1
        if self._witness is not None:
            self._witness.testify(exit_code)
        back_off = min(_LONGEST_BACK_OFF, 0.25 * 2.0**self._deaths) if self._deaths > 1 else 0.0
        self._start_at = time.monotonic() + back_off
        _log.warning("the speech worker died (%d in a row)", self._deaths)
        for job in self._open_jobs():
            job.deaths += job.opened or not was_ready
            job.rewind()
            if job.deaths >= _MOST_DEATHS:
                job.fail(XudaError(ErrorCode.TRANSCRIPTION_FAILED, reason="worker died"))
        if self._deaths >= _MOST_DEATHS:
            with self._changed:
                self._warm = False  # the next job tries again

    def _drop_worker(self) -> int | None:
        """Its exit code, None when there was no worker."""
        worker, self._worker = self._worker, None
        return worker.end() if worker is not None else None


def _call(tell: Callable[[], object]) -> None:
    """Call back into the application; a mistake there must not end transcription."""
    try:
        tell()
    except Exception:
        _log.exception("a transcription callback failed")
