"""Database, log, copy and sealed files of a booth cut and flipped: opened, restored or refused, never silently wrong.

The folder is that of a booth in the middle of an interview. Each damaged copy is opened by the client's own storage and
read to the last byte. What is read must be what was written at some moment not before the last saved answer, or the
booth must say that something is missing or damaged. A damaged database must still be there, untouched or moved aside.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import sqlite_utils

from app.clock import SystemClock
from app.storage.open import Storage, open_storage
from app.storage.safety import Safety, quarantined
from contract.errors import XudaError
from contract.sealed import SealedReader
from tests.campaigns.model import Findings, Options
from tests.faults import files_hr
from tests.faults.damage import Damage, damages
from tests.storage.office import Device, Office, new_take, text_answer

DATABASE, LOG, COPY, SUM = "xuda.db", "xuda.db-wal", "xuda.db.copy", "xuda.db.sum"
BROKEN = ("no-digest", "no-counter", "no-seal")
_TABLES = ("enrolment", "kits", "interviews", "events", "takes", "objects", "drafts", "manifests", "receipts")


class Sample:
    """A booth in the middle of an interview: ``running`` is its folder as a crash leaves it, ``closed`` after its end.

    ``states``: digest of the rows after each transaction -> its number. ``answered``: the number at the last answer.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, int] = {}
        self.contents: dict[str, bytes] = {}
        device = Device(folder / "made", Office())
        self.keystore = device.keystore
        self._watch(device)
        with device:
            self._fill(device)
            self.running = self._copy(device.data, "running")
            copied = Safety(device.data / DATABASE).copy()
            assert copied is not None
            self.answered = copied.counter
        self.closed = self._copy(device.data, "closed")

    def damaged(self, form: str, name: str, damage: Damage) -> Path:
        """A copy of the folder with one damaged file."""
        target = self.folder / "damaged"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.running if form == "running" else self.closed, target)
        (target / name).write_bytes(damage.apply((target / name).read_bytes()))
        return target

    def _fill(self, device: Device) -> None:
        first = device.begin()
        take = device.record(first.interview_id, b"first" * 1500)
        device.submit(take)
        device.transcribe(take.take_id)
        device.finish(first.interview_id)
        second = device.begin()
        answer = device.record(second.interview_id, b"second" * 1000)
        device.submit(answer)
        device.store.append(second.interview_id, [text_answer()])
        device.store.save_draft(second.interview_id, "q3", "half a thought")
        again = device.record(second.interview_id, b"third" * 500, "q4")
        for kept in (take, answer, again):
            with device.store.open_object(kept.take_id) as stream:
                self.contents[kept.take_id] = stream.read()
        self._leave_running(device, second.interview_id)

    def _leave_running(self, device: Device, interview_id: str) -> None:
        """A take that a crash cuts: its file is there, its end is not."""
        take = new_take(interview_id, "q4", 2)
        sink = device.store.begin_take(take)
        self.contents[take.take_id] = bytes(range(256)) * 60
        sink.write(self.contents[take.take_id])
        sink.close()
        self.cut_take = take.take_id
        path = device.vault.take_path(take.take_id)
        path.write_bytes(path.read_bytes()[:-9])

    def _watch(self, device: Device) -> None:
        transaction = device.database.transaction

        def watched(fn: Callable[..., Any], **given: Any) -> Any:
            value = transaction(fn, **given)
            with suppress(RuntimeError):
                device.database.call(self._note)
            return value

        device.database.transaction = watched  # type: ignore[method-assign]

    def _note(self, db: sqlite_utils.Database) -> None:
        self.states[digest(db)] = counter(db)

    def _copy(self, data: Path, name: str) -> Path:
        target = self.folder / name
        shutil.copytree(data, target, ignore=shutil.ignore_patterns("*-shm", "*.lock", "*.sock"))
        return target


def digest(db: sqlite_utils.Database) -> str:
    """Of every row that says something of an interview or of this device."""
    found = {table: [list(row) for row in db.execute(f"SELECT * FROM {table}").fetchall()] for table in _TABLES}
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()


def counter(db: sqlite_utils.Database) -> int:
    return int(db.execute("SELECT value FROM settings WHERE name = 'counter'").fetchone()[0])


class Reading:
    """One damaged folder, opened and read; ``verdict`` says how it went, ``wrong`` what is not as it must be."""

    def __init__(self, sample: Sample, data: Path, whole: bytes, name: str) -> None:
        self.verdict, self.wrong = "opened", ""
        self._sample, self._data = sample, data
        try:
            storage = open_storage(data, SystemClock(), keystore=sample.keystore)
        except XudaError as error:
            self.verdict = f"refused: {error.code.value}"
            self._is_kept(whole, name)
            return
        try:
            self._read(storage)
        except XudaError as error:
            self.wrong = f"opened, then: {error}"
        finally:
            storage.close()
        if storage.database.restored is not None:
            self.verdict = "restored"
            self._is_kept(whole, name)

    def _read(self, storage: Storage) -> None:
        state = storage.database.call(digest)
        if state not in self._sample.states:
            self.wrong = "rows that were never written"
        elif self._sample.states[state] < self._sample.answered:
            self.wrong = "a saved answer is missing"
        for row in storage.interviews.interviews():
            storage.interviews.events(row.interview_id)
            storage.interviews.candidate_name(row.interview_id)
            for take in storage.interviews.takes(row.interview_id):
                if take.stored is not None:
                    with storage.interviews.open_object(take.take_id) as stream:
                        same = stream.read() == self._sample.contents[take.take_id]
                    self.wrong = self.wrong or ("" if same else "another recording than was made")

    def _is_kept(self, damaged: bytes, name: str) -> None:
        """What was found is still there, as it was."""
        places = [self._data, *(self._data / folder for folder in quarantined(self._data))]
        kept = [(place / name).read_bytes() for place in places if (place / name).exists()]
        if name in (DATABASE, LOG) and damaged not in kept and damaged:
            self.wrong = self.wrong or "the damaged file was thrown away"


def _database_cases(sample: Sample, most: int, seed: int, findings: Findings, verdicts: Counter[str]) -> None:
    forms = (("closed", DATABASE), ("running", DATABASE), ("running", LOG), ("closed", COPY), ("closed", SUM))
    for form, name in forms:
        source = (sample.running if form == "running" else sample.closed) / name
        for damage in damages(source.stat().st_size, most, f"{seed}:{form}:{name}"):
            case = f"{form} {name} {damage}"
            try:
                data = sample.damaged(form, name, damage)
                reading = Reading(sample, data, (data / name).read_bytes(), name)
            except Exception as error:
                findings.failures.append(f"{case}: {type(error).__name__}: {error}")
                continue
            verdicts[f"{name}: {reading.verdict}"] += 1
            findings.expect(not reading.wrong, f"{case}: {reading.verdict}, {reading.wrong}")


def _sealed_cases(sample: Sample, most: int, seed: int, findings: Findings, verdicts: Counter[str]) -> None:
    """Recordings are read in place: stored ones whole or not at all, a cut one up to where it is whole."""
    data = sample.folder / "sealed"
    shutil.copytree(sample.closed, data)
    storage = open_storage(data, SystemClock(), keystore=sample.keystore)
    try:
        for row in storage.interviews.interviews():
            for take in storage.interviews.takes(row.interview_id):
                if take.stored is not None:
                    path = storage.vault.object_path(row.interview_id, take.stored.object_id)
                    opened = lambda take=take: storage.interviews.open_object(take.take_id)  # noqa: E731
                    _one_file(path, opened, sample.contents[take.take_id], (most, seed), findings, verdicts)
        path = storage.vault.take_path(sample.cut_take)
        whole = sample.contents[sample.cut_take]
        cut = lambda: storage.interviews.open_raw(sample.cut_take)  # noqa: E731
        _one_file(path, cut, whole, (most, seed), findings, verdicts, prefix=True)
    finally:
        storage.close()


def _one_file(
    path: Path,
    opened: Callable[[], Any],
    whole: bytes,
    chosen: tuple[int, int],
    findings: Findings,
    verdicts: Counter[str],
    *,
    prefix: bool = False,
) -> None:
    before = path.read_bytes()
    for damage in damages(len(before), chosen[0], f"{chosen[1]}:{len(before)}"):
        path.write_bytes(damage.apply(before))
        case = f"{'running take' if prefix else 'recording'} {damage}"
        try:
            with opened() as stream:
                read = stream.read()
        except XudaError as error:
            verdicts[f"sealed: refused: {error.code.value}"] += 1
            continue
        except Exception as error:
            findings.failures.append(f"{case}: {type(error).__name__}: {error}")
            continue
        verdicts["sealed: read"] += 1
        good = whole.startswith(read) if prefix else read == whole
        findings.expect(good, f"{case}: what is read was never recorded")
    path.write_bytes(before)


def campaign(options: Options) -> Findings:
    """``cases`` offsets of each file, or every one where it has fewer, cut and flipped."""
    most = options.cases(short=15, long=2000)
    findings = Findings()
    verdicts: Counter[str] = Counter()
    with _defect(options.broken):
        sample = Sample(options.work)
        _database_cases(sample, most, options.seed, findings, verdicts)
        _sealed_cases(sample, most * 10, options.seed, findings, verdicts)
    if options.broken is None:
        files_hr.cases(options.work / "backend", most, options.seed, findings, verdicts)
    findings.figures["cases"] = sum(verdicts.values())
    findings.figures |= dict(sorted(verdicts.items()))
    return findings


def _defect(name: str | None) -> Any:
    """A client that does not look at the digest, at the counter, or at the seal of a segment."""
    if name == "no-digest":
        return patch.object(Safety, "is_suspect", lambda _: False)
    if name == "no-counter":
        return patch("app.storage.database._counter", lambda _: 1 << 40)
    if name == "no-seal":
        return patch.object(SealedReader, "_decrypt", _without_looking)
    return nullcontext()


def _without_looking(self: SealedReader, index: int, *, last: bool) -> bytes:
    start = 40 if index == 0 else index * 4096
    self._source.seek(start)
    return self._source.read(min((index + 1) * 4096, self._sealed_size) - start)[:-16]
