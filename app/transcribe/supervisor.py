"""Speech recognition as the client sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from app.interview.model import Transcript
from app.transcribe import models
from app.transcribe.engine import Engine
from app.transcribe.jobs import Callbacks, Job
from app.transcribe.media import read_pcm
from app.transcribe.messages import RATE
from app.transcribe.models import ModelFolder
from app.transcribe.process import Witness
from contract.errors import ErrorCode, XudaError

_FILE_WAITING = 60 * RATE  # decoded sound of a stored file that may wait in memory


class WhisperTranscriber:
    """Implements ``app.interview.ports.Transcriber`` with one worker process.

    ``folder`` is an installed model, or None when there is none (``problem`` says why): jobs then end at once with
    that problem as their error, and nothing else happens. Nothing is loaded before the first job or ``warm_up``. All
    callbacks come from the transcriber's own thread; ``on_partial`` gets the whole text so far. Call ``close`` at
    the end.
    """

    def __init__(
        self,
        folder: ModelFolder | None,
        *,
        problem: XudaError | None = None,
        threads: int = 1,
        witness: Witness | None = None,
    ) -> None:
        if folder is None and problem is None:
            problem = XudaError(ErrorCode.MODEL_MISSING, model="")
        self._folder = folder
        self._engine = Engine(folder, problem, threads, witness)

    @classmethod
    def open(
        cls,
        models_dir: Path,
        *,
        wanted: str | None = None,
        bundled: Path | None = None,
        cores: int = 1,
        memory: int = 0,
        witness: Witness | None = None,
    ) -> WhisperTranscriber:
        """A transcriber with the best model there is (see ``models.find``), or without one.

        ``witness`` is told when the worker dies.
        """
        try:
            folder = models.find(models_dir, wanted=wanted, bundled=bundled, cores=cores, memory=memory)
        except XudaError as problem:
            return cls(None, problem=problem)
        return cls(folder, witness=witness)

    @property
    def model(self) -> str | None:
        """``name@sha256-prefix`` of the model in use, None without a usable one."""
        return self._folder.id if self._folder is not None and self.problem is None else None

    @property
    def problem(self) -> XudaError | None:
        """Why there is no model: MODEL_MISSING, MODEL_INCOMPLETE or MODEL_DAMAGED.

        Damage inside a file shows only when the worker loads it.
        """
        return self._engine.problem

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker that lives now, for diagnostics."""
        return self._engine.worker_pid

    def warm_up(self) -> None:
        """Verify and load the model now, so that the first answer finds it ready."""
        self._engine.warm_up()

    def open_job(
        self,
        job_id: str,
        language: str,
        on_partial: Callable[[str], None],
        on_final: Callable[[Transcript], None],
        on_error: Callable[[Exception], None],
    ) -> Job:
        """A live job. ``language`` is a tag such as ``zh-CN``; its first part is what counts."""
        job = self._job(language, Callbacks(on_partial, on_final, on_error), live=True)
        self._engine.add(job)
        return job

    def transcribe_file(
        self,
        job_id: str,
        open_file: Callable[[], BinaryIO],
        language: str,
        on_final: Callable[[Transcript], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        """Transcribe a stored container when no live job needs the model."""
        job = self._job(language, Callbacks(_ignore, on_final, on_error), live=False)
        self._engine.add(job)
        if self.problem is None:
            threading.Thread(target=_read, args=(job, open_file), name=f"read-{job.key}", daemon=True).start()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Block until no job is open, at most ``timeout`` seconds. Returns whether that is so."""
        return self._engine.wait_idle(timeout)

    def close(self) -> None:
        """End the worker and the thread. Open jobs end without a callback; their recordings are still stored."""
        self._engine.close()

    def _job(self, language: str, calls: Callbacks, *, live: bool) -> Job:
        tag = language.replace("_", "-").split("-")[0].lower()
        return Job(tag, calls, self._engine.wake, live=live)


def _read(job: Job, open_file: Callable[[], BinaryIO]) -> None:
    try:
        with open_file() as file:
            for pcm in read_pcm(file):
                job.feed_bytes(pcm)
                if not job.wait_for_room(_FILE_WAITING):
                    return
    except XudaError as error:
        job.fail(error)
    except OSError as error:
        job.fail(XudaError(ErrorCode.TRANSCRIPTION_FAILED, reason=type(error).__name__))
    else:
        job.finish()


def _ignore(text: str) -> None:
    """Nobody watches a stored file being transcribed."""
