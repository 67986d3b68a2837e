"""The process that holds the model. It reads messages, settles windows one by one and ends when the pipe does."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from app.transcribe import messages as m
from contract.errors import XudaError

if TYPE_CHECKING:
    from app.transcribe.recogniser import Recogniser
    from app.transcribe.segmenter import Pacing, Samples, Segmenter, Window

_LOWER = 10  # niceness: recording and the screen come first
_HEAVY = 200_000_000  # bytes of weights: tiny and base are lighter, small and the others heavier
_DRAFT_SHARE = 0.4  # part of one core that drafts may take
_DRAFT_EVERY = 0.6  # seconds of new voice that are worth a new draft
_BREATH = 0.25  # seconds of silence after which any new voice is worth one: the next word may be long in coming
_BEHIND = 5.0  # seconds of sound that wait to be settled from which on the newest words go first


def run(pipe: Connection, folder: str, threads: int, fault_file: str = "") -> None:
    """Entry point of the process: verify and load the model in ``folder``, then serve ``pipe`` until it closes.

    When it dies of a fault, ``fault_file`` says where in the code.
    """
    if fault_file:
        with suppress(OSError):
            faulthandler.enable(open(fault_file, "w", encoding="utf-8"))  # noqa: SIM115 - open as long as it lives
    _settle_in(threads)
    inbox = Inbox(pipe)
    try:
        worker = _load(inbox, folder, threads)
        if worker is not None:
            worker.serve()
    except (EOFError, OSError):  # nobody listens any more
        pass


def _settle_in(threads: int) -> None:
    """Be a quiet neighbour: low priority, few threads, no network, nothing on standard output."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(threads)
    os.environ["HF_HUB_OFFLINE"] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the client, which then closes the pipe
    sys.stdout = sys.stderr
    with suppress(OSError):
        os.dup2(2, 1)
    with suppress(OSError):
        if sys.platform == "win32":
            import psutil

            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(_LOWER)


def _load(inbox: Inbox, folder: str, threads: int) -> Worker | None:
    from app.transcribe import models
    from contract.errors import ErrorCode

    path = Path(folder)
    try:
        models.verify(path)
    except XudaError as problem:
        inbox.send(m.Refused(problem.code.value, path.name, str(problem.params.get("file", ""))))
        return None
    from app.transcribe.recogniser import Recogniser
    from app.transcribe.segmenter import HEAVY, LIGHT

    pacing = HEAVY if (path / "model.bin").stat().st_size > _HEAVY else LIGHT
    try:
        worker = Worker(inbox, Recogniser(path, threads), pacing)
    except (RuntimeError, ValueError, OSError):  # ctranslate2 and tokenizers: this is no model they can load
        inbox.send(m.Refused(ErrorCode.MODEL_DAMAGED.value, path.name, "model.bin"))
        return None
    inbox.send(m.Ready())
    return worker


class Inbox:
    """Reads the pipe in a thread of its own, so that sound is taken while the model is busy."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._messages: deque[m.ToWorker] = deque()
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def send(self, message: m.FromWorker) -> None:
        with self._sending:
            self._pipe.send(message)

    def take(self, *, wait: bool, timeout: float | None = None) -> list[m.ToWorker]:
        """All messages that have come; with ``wait``, at least one unless ``timeout`` seconds pass."""
        with self._changed:
            if wait and not self._messages:
                self._changed.wait(timeout)
            taken = list(self._messages)
            self._messages.clear()
        return taken

    def _read(self) -> None:
        try:
            while True:
                message: m.ToWorker = self._pipe.recv()
                with self._changed:
                    self._messages.append(message)
                    self._changed.notify()
                if isinstance(message, m.Audio):
                    self.send(m.Taken())
        except (EOFError, OSError):
            os._exit(0)  # the client is gone; the model may be in the middle of a window and cannot be interrupted


class Job:
    """One job in the worker: its segmenter and the windows that wait for the model."""

    def __init__(self, opened: m.Open, segmenter: Segmenter) -> None:
        self.id = opened.job
        self.language = opened.language
        self.live = opened.live
        self.segmenter = segmenter
        self.windows: deque[Window] = deque()
        self.ended = False
        self.drafted = 0  # sample up to which the last draft went

    def settles_next(self) -> bool:
        return bool(self.windows) or self.ended

    def newest(self) -> Window | None:
        """The newest sound with a voice that no draft has been made of; None when there is not enough to tell."""
        window = self.segmenter.open_window() or (self.windows[-1] if self.windows else None)
        if window is None or not window.voiced:
            return None
        voice = window.voiced[-1][1]
        fresh = voice - self.drafted
        ended = self.segmenter.head - voice >= _BREATH * m.RATE
        return window if fresh >= _DRAFT_EVERY * m.RATE or (ended and fresh > 0) else None

    def behind(self) -> bool:
        """Whether captions would come late if everything before them was settled first."""
        waiting = self.segmenter.head - self.windows[0].upto if self.windows else 0
        return self.live and not self.ended and waiting >= _BEHIND * m.RATE


class Worker:
    """Serves jobs one window at a time, live ones first."""

    def __init__(self, inbox: Inbox, recogniser: Recogniser, pacing: Pacing) -> None:
        self._inbox = inbox
        self._recogniser = recogniser
        self._pacing = pacing
        self._jobs: dict[str, Job] = {}
        self._draft_after = 0.0

    def serve(self) -> None:
        """Work for ever. Leaves with EOFError or OSError when the pipe closes."""
        while True:
            self.turn()

    def turn(self) -> None:
        """Take in what has come, then settle one window or make one draft; wait when there is neither."""
        job, draft = self._next_job(), self._next_draft()
        pause = max(0.0, self._draft_after - time.monotonic()) if draft else None
        if job is not None and draft is not None and (pause or not draft.behind()):
            draft = None
        idle = job is None and (draft is None or bool(pause))
        for message in self._inbox.take(wait=idle, timeout=pause):
            self._obey(message)
        if draft is not None and not pause:
            if draft.id in self._jobs:
                self._draft(draft)
        elif job is not None and job.id in self._jobs:
            self._settle(job)

    def _obey(self, message: m.ToWorker) -> None:
        if isinstance(message, m.Open):
            self._open(message)
            return
        job = self._jobs.get(message.job)
        if job is None:
            return
        if isinstance(message, m.Cancel):
            del self._jobs[job.id]
        elif isinstance(message, m.End):
            job.windows.extend(job.segmenter.finish())
            job.ended = True
        else:
            job.windows.extend(job.segmenter.feed(_floats(message.pcm)))

    def _open(self, message: m.Open) -> None:
        from app.transcribe.segmenter import Segmenter
        from app.transcribe.voice import SileroDetector

        self._jobs[message.job] = Job(message, Segmenter(SileroDetector(), message.offset, self._pacing))

    def _next_job(self) -> Job | None:
        ready = [job for job in self._jobs.values() if job.settles_next()]
        return next((job for job in ready if job.live), ready[0] if ready else None)

    def _settle(self, job: Job) -> None:
        """Recognise the job's next window; say so when it was the last."""
        try:
            if job.windows:
                window = job.windows.popleft()
                pieces = self._recogniser.final(window, job.language) if len(window.audio) else ()
                self._inbox.send(m.Settled(job.id, window.upto, pieces))
            if job.ended and not job.windows:
                del self._jobs[job.id]
                self._inbox.send(m.Done(job.id))
        except (RuntimeError, ValueError) as error:  # the model cannot cope with this sound; others may be well
            self._jobs.pop(job.id, None)
            self._inbox.send(m.Failed(job.id, type(error).__name__))

    def _next_draft(self) -> Job | None:
        """A live job in which enough has been said since its last draft."""
        live = (job for job in self._jobs.values() if job.live and not job.ended)
        return next((job for job in live if job.newest() is not None), None)

    def _draft(self, job: Job) -> None:
        window = job.newest()
        if window is None or not len(window.audio):
            return
        # What others take of the machine meanwhile is no reason to say less: processor time counts.
        began = time.process_time()
        words = ""
        with suppress(RuntimeError, ValueError):  # a caption is no reason to fail; the window itself may still be
            words = self._recogniser.draft(window, job.language)
        took = time.process_time() - began
        self._draft_after = time.monotonic() + took * (1 / _DRAFT_SHARE - 1)
        job.drafted = window.voiced[-1][1]
        skipped = any(waiting is not window for waiting in job.windows)
        self._inbox.send(m.Draft(job.id, words, window.start, skipped))


def _floats(pcm: bytes) -> Samples:
    import numpy as np

    return np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32768)
