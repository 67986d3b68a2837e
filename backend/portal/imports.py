"""Imports under way: bundles that were uploaded are taken in one after the other, while their page shows how far it is.

Kept in memory: after a restart of the server what was taken in is there, the audit log says so, and importing the
same file again finishes what was interrupted.
"""

from __future__ import annotations

import logging
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from backend.runtime import Runtime
from backend.services import bundles
from backend.services.actor import Actor
from backend.services.bundles import BundleReport
from contract.errors import ErrorCode, XudaError

_log = logging.getLogger(__name__)
_MOST_JOBS = 50


@dataclass
class ImportFile:
    """One uploaded file. ``done`` of ``total`` interviews; at the end a ``report`` or an ``error``."""

    name: str
    path: Path
    size: int
    done: int = 0
    total: int = 0
    report: BundleReport | None = None
    error: XudaError | None = None

    @property
    def running(self) -> bool:
        return self.report is None and self.error is None

    @property
    def may_confirm(self) -> bool:
        """It is from a device whose access was withdrawn, and is still here."""
        return self.error is not None and self.error.code is ErrorCode.BUNDLE_REVOKED and self.path.exists()


@dataclass
class ImportJob:
    import_id: str
    by: str
    begun_at: datetime
    files: list[ImportFile] = field(default_factory=list)

    @property
    def running(self) -> bool:
        return any(file.running for file in self.files)


class _Stopped(Exception):
    """The server is going down: what was taken in so far stays."""


class ImportJobs:
    """One thread does the work, so that two large sticks do not fight over the disk."""

    def __init__(self, hr: Runtime) -> None:
        self._hr = hr
        self._jobs: dict[str, ImportJob] = {}
        self._lock = threading.Lock()
        self._stopping = False
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")

    def begin(self, actor: Actor, files: list[ImportFile]) -> ImportJob:
        job = ImportJob(secrets.token_urlsafe(12), actor.username, self._hr.now(), files)
        with self._lock:
            self._jobs[job.import_id] = job
            for old in list(self._jobs.values())[:-_MOST_JOBS]:
                if not old.running:
                    self._forget(old)
        for file in files:
            self._pool.submit(self._run, actor, file, accept_revoked=False)
        return job

    def confirm(self, actor: Actor, job: ImportJob, place: int) -> None:
        """Take a file in although its device's access was withdrawn."""
        file = job.files[place]
        if file.may_confirm:
            file.error = None
            self._pool.submit(self._run, actor, file, accept_revoked=True)

    def find(self, import_id: str) -> ImportJob:
        """Raises XudaError(NOT_FOUND)."""
        with self._lock:
            job = self._jobs.get(import_id)
        if job is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="import")
        return job

    def newest_first(self) -> list[ImportJob]:
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self) -> None:
        """Stop between two interviews and remove what was uploaded."""
        self._stopping = True
        self._pool.shutdown(wait=True, cancel_futures=True)
        for job in self._jobs.values():
            for file in job.files:
                file.path.unlink(missing_ok=True)

    def _forget(self, job: ImportJob) -> None:
        for file in job.files:
            file.path.unlink(missing_ok=True)
        del self._jobs[job.import_id]

    def _run(self, actor: Actor, file: ImportFile, *, accept_revoked: bool) -> None:
        def told(done: int, total: int) -> None:
            file.done, file.total = done, total
            if self._stopping:
                raise _Stopped

        try:
            with file.path.open("rb") as source:
                file.report = bundles.import_bundle(self._hr, actor, source, accept_revoked=accept_revoked, told=told)
        except XudaError as error:
            file.error = error
        except _Stopped:
            file.error = XudaError(ErrorCode.SERVER_ERROR)
        except Exception as error:
            _log.error("an import failed: %s", type(error).__name__)
            file.error = XudaError(ErrorCode.SERVER_ERROR)
        if not file.may_confirm:
            file.path.unlink(missing_ok=True)
