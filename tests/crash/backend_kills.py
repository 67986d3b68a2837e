"""SIGKILL the HR backend during uploads and requests, start it again, and compare with what it had promised.

Broken promises: an event lost after its 2xx, bytes of an upload lost after they were acknowledged, a receipt whose
recordings do not re-hash, a 5xx, a deletion that is not finished or leaves a file, an audit log with a gap; a backup
that does not restore whole, or that still opens a deleted interview after the key retention.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from backend.backup import making, restoring
from backend.backup.place import Place
from backend.cabinet import interview_subject
from backend.db.models import EventRow, Interview, ObjectRow
from backend.runtime import Runtime, open_runtime
from backend.services import audit, chores, server_time
from backend.settings import Settings
from contract.errors import XudaError
from tests.backend.world import Booth, Served, invite, organisation, served
from tests.campaigns.model import Findings, Options
from tests.crash.backend_booths import Line, Told, Worker
from tests.crash.backend_process import BROKEN, ROOT, BackendProcess

__all__ = ["BROKEN", "campaign"]
BOOTHS = 3
INTERVIEWS = 60
LONGEST_RUN = 10.0
MOST_ANSWERS = 40
MOST_WRITES = 30
PASSPHRASE = "kill the backend"


def campaign(options: Options) -> Findings:
    findings = Findings()
    kills = options.cases(short=10, long=200)
    run = _Run(options, findings)
    run.kills(kills)
    run.come_to_an_end()
    run.compare()
    if options.broken is None:
        run.backups()
    return findings


class _Run:
    def __init__(self, options: Options, findings: Findings) -> None:
        self._findings = findings
        self._random = random.Random(options.seed)
        self._data, self._backup = options.work / "data", options.work / "second"
        self._settings = Settings(data=self._data, passphrase=PASSPHRASE, backup=self._backup)
        self._line = Line()
        organisation(self._data, passphrase=PASSPHRASE).close()
        booths, invitations = self._prepare(INTERVIEWS + 2 * options.cases(short=10, long=200))
        log = options.work / "server.log"
        self._server = BackendProcess(self._data, self._backup, log, _environment(), options.broken)
        self._workers = [
            Worker(booth, invitations[n::BOOTHS], self._line, options.seed * 100 + n) for n, booth in enumerate(booths)
        ]

    def _prepare(self, count: int) -> tuple[list[Booth], list[str]]:
        with served(self._data, passphrase=PASSPHRASE) as office:
            booths = [office.enrol(f"Booth {n}") for n in range(BOOTHS)]
            invitations = _invitations(office, count)
        return booths, invitations

    def kills(self, count: int) -> None:
        at_writes = 0
        traced = BackendProcess.can_trace()
        for number in range(count):
            self._start()
            if number == 0:
                for worker in self._workers:
                    worker.start()
            if traced and number % 2:
                at_writes += self._server.kill_at_write(self._random.randint(1, MOST_WRITES))
            else:
                self._let_answer(self._random.randint(0, MOST_ANSWERS))
                self._server.kill()
            self._line.cut()
            if number % 10 == 5:
                self._back_up_beside()
        self._findings.figures.update(kills=count, at_writing_calls=at_writes)

    def _let_answer(self, count: int) -> None:
        """Until the server has answered so many requests, however slow the machine is, and a moment more."""
        end, before = time.monotonic() + LONGEST_RUN, sum(worker.answers for worker in self._workers)
        while time.monotonic() < end and sum(worker.answers for worker in self._workers) < before + count:
            time.sleep(0.005)
        time.sleep(self._random.uniform(0, 0.05))

    def _start(self) -> None:
        address = self._server.start()
        for worker in self._workers:
            worker.booth.url = address
        self._line.connect()

    def _back_up_beside(self) -> None:
        """A backup by hand, which a killed server must not stand in the way of."""
        arguments = ["backup", "--data", str(self._data), "--to", str(self._backup), "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "backend", *arguments],
            env=_environment(),
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        self._findings.expect(
            done.returncode == 0, f"xuda-hr backup ended with {done.returncode}: {done.stderr[-300:]}"
        )

    def come_to_an_end(self) -> None:
        """One more start: everything that was begun is delivered."""
        self._start()
        end = time.monotonic() + 20
        while time.monotonic() < end and not any(told.certificate for told in self._told()):
            time.sleep(0.05)
        self._line.stopping.set()
        for worker in self._workers:
            worker.join(60)
        self._line.stopping.clear()
        for worker in self._workers:
            for told in worker.told:
                worker.finish(told)
            self._findings.failures += worker.failures
        self._server.kill()
        told = self._told()
        self._findings.figures.update(
            interviews=len(told),
            receipts=sum(item.receipt is not None for item in told),
            deletions=sum(item.certificate is not None for item in told),
            answers=sum(worker.answers for worker in self._workers),
        )

    def _told(self) -> list[Told]:
        return [told for worker in self._workers for told in worker.told]

    def compare(self) -> None:
        """Everything that was promised against the folder, by another process than the one that promised."""
        with closing(self._open()) as hr:
            chores.hourly(hr)
            for told in self._told():
                self._compare(hr, told)
            self._findings.expect(audit.first_broken(hr) is None, "the audit log has a gap")

    def _compare(self, hr: Runtime, told: Told) -> None:
        name = f"interview {told.talk.interview_id}"
        with hr.db.read() as session:
            interview = session.get_one(Interview, told.talk.interview_id)
            rows = session.scalars(select(EventRow).where(EventRow.interview_id == interview.id))
            events = {row.seq: row.digest for row in rows}
            stored = session.scalars(select(ObjectRow).where(ObjectRow.interview_id == interview.id))
            objects = {row.object_id: row for row in stored}
        if told.certificate is not None:
            gone = not events and not objects and interview.deleted_at is not None
            self._findings.expect(gone, f"{name}: deleted by its certificate, not by the database")
            self._findings.expect(
                interview_subject(interview.id) not in hr.cabinet.subjects(),
                f"{name}: its key outlived its certificate",
            )
            return
        for seq, digest in told.events.items():
            self._findings.expect(events.get(seq) == digest, f"{name}: acknowledged event {seq} is lost")
        for ref in told.receipt.objects if told.receipt else ():
            row = objects.get(ref.object_id)
            same = row is not None and hr.store.sha256(row.storage_key) == ref.sha256
            self._findings.expect(same, f"{name}: receipted recording {ref.object_id} does not re-hash")

    def backups(self) -> None:
        """A drill on the newest backup, then the proof that old backups do not open what was deleted."""
        clock = _Clock()
        with closing(self._open(clock)) as hr:
            before = making.make(hr, self._backup)
            self._findings.expect(not before.missing, f"recordings missing in the backup: {before.missing}")
            drill = restoring.drill(self._backup, self._settings)
            self._findings.expect(drill.whole and drill.opened == drill.objects, f"the drill found {drill}")
            gone = [told for told in self._told() if told.certificate is not None]
            over = timedelta(days=hr.settings.key_retention_days + 1)
            while clock.ahead < over:  # no step longer than a day: those have to be confirmed by a person
                clock.ahead += timedelta(hours=23)
                server_time.note(hr)
            making.make(hr, self._backup)
            left = self._readable([told.talk.interview_id for told in gone])
            self._findings.figures.update(backups=len(Place(self._backup).stamps()), opened_in_drill=drill.opened)
            self._findings.expect(not left, f"old backups still open deleted interviews: {left[:3]}")
            self._stray_files(hr)

    def _readable(self, deleted: list[str]) -> list[str]:
        """Deleted interviews for which any copy of the storage keys, or the live file, still has a key."""
        files = [*Place(self._backup).keys.glob("*.db"), self._data / "vault.db"]
        found = set()
        for path in files:
            with closing(sqlite3.connect(path)) as connection:
                known = {row[0] for row in connection.execute("SELECT subject FROM storage_key")}
            found |= {interview_id for interview_id in deleted if interview_subject(interview_id) in known}
        return sorted(found)

    def _stray_files(self, hr: Runtime) -> None:
        """Files of deleted interviews must be gone; what is left belongs to a row."""
        with hr.db.read() as session:
            known = set(session.scalars(select(ObjectRow.storage_key)))
        left = [path.name for path in (self._data / "objects").glob("??/*") if path.name not in known]
        self._findings.expect(not left, f"{len(left)} files without a row")

    def _open(self, clock: _Clock | None = None) -> Runtime:
        try:
            return open_runtime(self._settings, now=clock or _Clock())
        except XudaError as error:
            raise AssertionError(f"the data folder does not open: {error}") from error


class _Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def _invitations(office: Served, count: int) -> list[str]:
    """All of one batch: what is imported costs no more than what is used."""
    return [invite(office.hr, f"Candidate {n}", phone=f"138{n:08}") for n in range(count)]


def _environment() -> dict[str, str]:
    return {**os.environ, "XUDA_HR_PASSPHRASE": PASSPHRASE}
