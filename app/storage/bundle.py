"""Writing interviews into bundles on a stick, and taking HR's receipts from one. Nothing is deleted by an export."""

from __future__ import annotations

import contextlib
import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlite_utils

from app.facts import app_version
from app.interview.ports import Clock
from app.interview.transfer import ExportResult, Parcel, Progress, ReceiptsResult, WrittenBundle
from app.storage.bundle_file import check_space, put_in_place
from app.storage.bundle_receipts import ReceiptTaker
from app.storage.database import Database
from app.storage.enrolment import EnrolmentRepository
from app.storage.outbox import Outbox
from app.storage.purge import Purger
from app.storage.query import Row, rows
from app.storage.vault import Vault
from contract.bundle import (
    MOST_INTERVIEWS,
    SUFFIX,
    BundleIndex,
    BundleInterview,
    InterviewMembers,
    Layout,
    Member,
    Part,
    write_bundle,
)
from contract.canonical import sha256_hex
from contract.envelope import Envelope, sign
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef

# Sticks come with a file system that holds no larger file; some of it is left for the index.
MOST_BYTES = 4 * 1024**3 - 32 * 1024**2
_HOLDER = "export"
_PIECE = 1024 * 1024

_HERE = """
SELECT *, CASE state WHEN 'deleted'
  THEN EXISTS (SELECT 1 FROM outbox WHERE outbox.interview_id = interviews.interview_id)
  ELSE receipt_serial IS NOT last_seq END AS waiting FROM interviews
WHERE EXISTS (SELECT 1 FROM events WHERE events.interview_id = interviews.interview_id AND envelope IS NOT NULL)
ORDER BY rowid
"""
_LINES = """
SELECT envelope FROM events WHERE interview_id = ? AND seq BETWEEN ? AND ? AND envelope IS NOT NULL ORDER BY seq
"""
_RECORDINGS = """
SELECT object_id, media_type, size, sha256 FROM objects
WHERE interview_id = ? AND submitted = 1 AND present = 1 ORDER BY object_id
"""
_ROWS_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class _Plan:
    """An interview with what goes into the bundle of it; ``manifest`` in its signed form."""

    parcel: Parcel
    part: BundleInterview
    manifest: bytes | None


class BundleDesk:
    """Implements ``Transfer``. Reads through the database thread; may be called from any other one."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        purger: Purger,
        enrolments: EnrolmentRepository,
        outbox: Outbox,
        clock: Clock,
        receipts: ReceiptTaker,
    ) -> None:
        self._database = database
        self._vault = vault
        self._purger = purger
        self._enrolments = enrolments
        self._outbox = outbox
        self._clock = clock
        self._receipts = receipts

    def take_receipts(self, file: Path) -> ReceiptsResult:
        """See ``Transfer.take_receipts``."""
        return self._receipts.take(file)

    def survey(self, *, everything: bool = False, only: Sequence[str] = ()) -> list[Parcel]:
        """What an export would take: what HR has not receipted yet, or all that is still on this device.

        Raises XudaError(NOT_FOUND) for an id in ``only`` of which nothing is on this device.
        """
        return [self._parcel(row, self._recordings(row["interview_id"])) for row in self._chosen(everything, only)]

    def export(
        self,
        target: Path,
        *,
        everything: bool = False,
        only: Sequence[str] = (),
        progress: Progress | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> ExportResult:
        """Write bundles into the folder ``target``, or as the file ``target``; see ``Transfer.export``.

        Raises XudaError(NOT_FOUND | TARGET_FULL | TARGET_LOST | FILE_MISSING | NOT_ENROLLED | DISK_ERROR).
        """
        self._enrolments.need()
        ids = [row["interview_id"] for row in self._chosen(everything, only)]
        for interview_id in ids:
            self._purger.hold(interview_id, _HOLDER)
        try:
            return self._export(ids, target, progress, most_bytes)
        finally:
            for interview_id in ids:
                self._purger.release(interview_id, _HOLDER)

    def _export(self, ids: list[str], target: Path, progress: Progress | None, most_bytes: int) -> ExportResult:
        damaged: set[str] = set()
        while True:
            plans = [plan for plan in (self._plan(interview_id, damaged) for interview_id in ids) if plan is not None]
            if not plans:
                return ExportResult()
            try:
                return self._write_all(_in_bundles(plans, most_bytes), target, progress)
            except _Damaged as found:
                # one broken recording must not keep the others on this device: once more without it
                damaged.add(found.object_id)

    def _write_all(self, groups: list[list[_Plan]], target: Path, progress: Progress | None) -> ExportResult:
        signed = [self._index(group) for group in groups]
        totals = [Layout(envelope, index).total for envelope, index in signed]
        folder, names = _names(target, len(groups), self._enrolments.need().device_id, self._clock)
        check_space(folder, sum(totals))
        tell = _Teller(progress, 2 * sum(totals))
        written: list[WrittenBundle] = []
        try:
            for (envelope, index), plans, name in zip(signed, groups, names, strict=True):
                path = self._write(envelope, index, plans, folder / name, tell)
                size = Layout(envelope, index).total
                written.append(WrittenBundle(path, index.bundle_id, size, tuple(plan.parcel for plan in plans)))
        except BaseException:
            for bundle in written:  # all of an export or nothing of it
                with contextlib.suppress(OSError):
                    bundle.path.unlink(missing_ok=True)
            raise
        return ExportResult(tuple(written))

    def _write(self, envelope: Envelope, index: BundleIndex, plans: list[_Plan], path: Path, tell: _Teller) -> Path:
        manifests = {plan.part.interview_id: plan.manifest for plan in plans}

        def content(members: InterviewMembers, member: Member) -> Iterable[bytes]:
            if member is members.events:
                return self._lines(members.interview.interview_id, members.interview.last_seq)
            if member is members.manifest:
                return [manifests[members.interview.interview_id] or b""]
            object_id = next(name for name, found in members.objects.items() if found is member)
            return self._sealed(members.interview.interview_id, object_id, member)

        key = self._enrolments.need().device_key
        return put_in_place(path, write_bundle(envelope, index, content), {key.key_id: key.public}, tell)

    def _index(self, plans: list[_Plan]) -> tuple[Envelope, BundleIndex]:
        enrolment = self._enrolments.need()
        index = BundleIndex(
            bundle_id=str(uuid.uuid4()),
            organisation_id=enrolment.organisation.organisation_id,
            device_id=enrolment.device_id,
            app_version=app_version(),
            created_at=self._clock.now(),
            interviews=[plan.part for plan in plans],
        )
        return sign(index, enrolment.device_key), index

    def _chosen(self, everything: bool, only: Sequence[str]) -> list[Row]:
        found = self._database.call(lambda db: rows(db, _HERE))
        if not only:
            return [row for row in found if everything or row["waiting"]]
        known = {row["interview_id"]: row for row in found}
        for interview_id in only:
            if interview_id not in known:
                raise XudaError(ErrorCode.NOT_FOUND, field="interview", value=interview_id)
        return [known[interview_id] for interview_id in dict.fromkeys(only)]

    def _recordings(self, interview_id: str) -> list[ObjectRef]:
        return [ObjectRef(**row) for row in self._database.call(lambda db: rows(db, _RECORDINGS, interview_id))]

    def _parcel(self, row: Row, recordings: list[ObjectRef], damaged: Iterable[str] = ()) -> Parcel:
        interview_id = row["interview_id"]
        broken = set(damaged) | {
            ref.object_id for ref in recordings if self._vault.object_size(interview_id, ref.object_id) != ref.size
        }
        whole = [ref for ref in recordings if ref.object_id not in broken]
        sql = "SELECT coalesce(sum(length(envelope)), 0) AS size FROM events WHERE interview_id = ?"
        events = self._database.call(lambda db: rows(db, sql, interview_id))[0]["size"]
        return Parcel(
            interview_id=interview_id,
            state=row["state"],
            events=row["last_seq"],
            objects=len(whole),
            size=events + sum(ref.size for ref in whole),
            closed=row["state"] != "active",
            damaged=tuple(sorted(broken & {ref.object_id for ref in recordings})),
        )

    def _plan(self, interview_id: str, damaged: set[str]) -> _Plan | None:
        """None for what was deleted meanwhile."""
        manifest = self._outbox.manifest_to_carry(interview_id)
        signed = manifest.to_bytes() if manifest else None
        row, recordings = self._database.call(lambda db: _snapshot(db, interview_id))
        if row is None:
            return None
        parcel = self._parcel(row, recordings, damaged)
        digest, size = hashlib.sha256(), 0
        for piece in self._lines(interview_id, row["last_seq"]):
            digest.update(piece)
            size += len(piece)
        part = BundleInterview(
            interview_id=interview_id,
            last_seq=row["last_seq"],
            events=Part(size=size, sha256=digest.hexdigest()),
            manifest=Part(size=len(signed), sha256=sha256_hex(signed)) if signed else None,
            objects=[ref for ref in recordings if ref.object_id not in parcel.damaged],
        )
        return _Plan(parcel, part, signed)

    def _lines(self, interview_id: str, last_seq: int) -> Iterator[bytes]:
        for first in range(1, last_seq + 1, _ROWS_AT_ONCE):
            last = min(first + _ROWS_AT_ONCE - 1, last_seq)
            found = self._events(interview_id, first, last)
            yield "".join(row["envelope"] + "\n" for row in found).encode("utf-8")

    def _events(self, interview_id: str, first: int, last: int) -> list[Row]:
        return self._database.call(lambda db: rows(db, _LINES, interview_id, first, last))

    def _sealed(self, interview_id: str, object_id: str, member: Member) -> Iterator[bytes]:
        digest, size = hashlib.sha256(), 0
        try:
            with self._vault.object_path(interview_id, object_id).open("rb") as file:
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
                    yield piece
        except OSError as error:
            raise _Damaged(object_id) from error
        if (size, digest.hexdigest()) != (member.size, member.sha256):
            raise _Damaged(object_id)


class _Damaged(Exception):
    """A recording of this device cannot be read as it was recorded."""

    def __init__(self, object_id: str) -> None:
        super().__init__(object_id)
        self.object_id = object_id


class _Teller:
    """Adds up for a listener; what it raises stops the export."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def __call__(self, count: int) -> None:
        self._done += count
        if self._progress is not None:
            self._progress(min(self._done, self._total), self._total)


def _snapshot(db: sqlite_utils.Database, interview_id: str) -> tuple[Row | None, list[ObjectRef]]:
    row = next((row for row in rows(db, _HERE) if row["interview_id"] == interview_id), None)
    return row, [ObjectRef(**found) for found in rows(db, _RECORDINGS, interview_id)]


def _in_bundles(plans: list[_Plan], most_bytes: int) -> list[list[_Plan]]:
    groups: list[list[_Plan]] = []
    size = 0
    for plan in plans:
        # headers and padding: two blocks at most for each part
        need = plan.parcel.size + 1024 * (plan.parcel.objects + 4)
        if not groups or size + need > most_bytes or len(groups[-1]) >= MOST_INTERVIEWS:
            groups.append([])
            size = 0
        groups[-1].append(plan)
        size += need
    return groups


def _names(target: Path, count: int, device_id: str, clock: Clock) -> tuple[Path, list[str]]:
    """The folder and the files' names: of our own making in a folder, the one given and numbered ones after it else.

    Raises XudaError(FILE_MISSING | TARGET_LOST).
    """
    try:
        is_folder = target.is_dir()
        folder = target if is_folder else target.parent
        if not folder.is_dir():
            raise XudaError(ErrorCode.FILE_MISSING, folder=str(folder))
    except OSError as error:
        raise XudaError(ErrorCode.TARGET_LOST, folder=str(target)) from error
    if is_folder:
        stem = f"xuda-{device_id[:8]}-{clock.now().astimezone():%Y%m%d-%H%M%S}"
        stem = next(name for name in _variants(stem) if not (folder / f"{name}{SUFFIX}").exists())
        suffix = SUFFIX
    else:
        stem, suffix = target.stem, target.suffix or SUFFIX
    return folder, [f"{stem}{suffix}", *(f"{stem}-part{number}{suffix}" for number in range(2, count + 1))]


def _variants(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1
