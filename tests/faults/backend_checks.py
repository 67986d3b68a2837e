"""Is everything the backend promised still there? Asked of the real backend, opened on what a power cut has left."""

from __future__ import annotations

import hashlib
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.cabinet import interview_subject
from backend.db.models import Device, ObjectRow, ReceiptRow, ReportItem, Upload
from backend.runtime import Runtime, open_runtime
from backend.services import audit, report_parts
from backend.services.intake import stored_digests
from backend.services.report_jobs import ItemState
from backend.settings import Settings
from contract.canonical import b64encode
from contract.envelope import Envelope
from contract.errors import XudaError
from contract.manifest import Receipt
from tests.faults.promises import Promises


def problems(data: Path, promised: Promises, *, sent: Path, later: Promises | None = None) -> list[str]:
    """What is missing or wrong in the folder ``data``.

    ``sent``: a file per upload with what the device has sent. ``later``: everything promised in the whole log.
    """
    if "organisation" not in promised.told:
        return []  # the set-up is made again, see set_up_again
    try:
        hr = open_runtime(Settings(data=data))
    except Exception as error:
        return [f"the backend does not open: {error!r}"]
    try:
        with hr.db.read() as session:
            return _Look(hr, session, promised, later or promised, sent).found()
    except Exception as error:
        return [f"the backend fails: {error!r}"]
    finally:
        hr.close()


class _Look:
    def __init__(self, hr: Runtime, session: Session, promised: Promises, later: Promises, sent: Path) -> None:
        self._hr = hr
        self._session = session
        self._promised = promised
        self._later = later
        self._sent = sent
        self._problems: list[str] = []

    def found(self) -> list[str]:
        broken = audit.first_broken(self._hr)
        self._expect(broken is None, f"the audit log is broken at {broken}")
        for device in self._promised.devices:
            self._expect(self._session.get(Device, device) is not None, f"device {device} is gone")
        kept = {place: digest for place, digest in self._promised.events.items() if not self._withdrawn(place[0])}
        for (interview_id, seq), digest in kept.items():
            self._event(interview_id, seq, digest)
        removed = {name for names in self._later.deleted.values() for name in names}
        for upload, offset in self._promised.offsets.items():
            if upload not in removed:
                self._upload(upload, offset)
        for interview_id, receipts in self._promised.receipts.items():
            for receipt in [] if self._withdrawn(interview_id) else receipts:
                self._receipt(receipt)
        for interview_id, names in self._promised.deleted.items():
            self._deleted(interview_id, names)
        for job in self._promised.reports:
            self._reports(job)
        self._keys()
        return self._problems

    def _expect(self, holds: bool, problem: str) -> None:
        if not holds:
            self._problems.append(problem)

    def _withdrawn(self, interview_id: str) -> bool:
        """The candidate has taken the consent back: HR deletes what it has, sooner or later."""
        return interview_id in self._promised.withdrawn or interview_id in self._later.deleted

    def _deleted(self, interview_id: str, names: list[str]) -> None:
        back = [name for name in names if self._hr.store.path(name).exists()]
        self._expect(not back, f"recordings of the deleted {interview_id} are back")
        key = interview_subject(interview_id) in self._hr.cabinet.subjects()
        self._expect(not key, f"the key of the deleted {interview_id} is back")

    def _reports(self, job: str) -> None:
        items = self._session.scalars(select(ReportItem).where(ReportItem.job_id == job)).all()
        self._expect(bool(items), f"the reports of the job {job} are gone")
        for item in items:
            if item.state != ItemState.DONE.value or self._withdrawn(item.interview_id):
                continue  # what waits is made again
            try:
                report_parts.read(self._hr, self._session, item)
            except XudaError as error:
                self._expect(False, f"the report of {item.interview_id} cannot be read: {error.code}")

    def _keys(self) -> None:
        if self._promised.keys:
            found = [b64encode(self._hr.vault.sign_key.public), self._hr.vault.encryption_key]
            self._expect(found == self._promised.keys, "the organisation's new keys are gone")

    def _event(self, interview_id: str, seq: int, digest: str) -> None:
        good = stored_digests(self._session, interview_id).get(seq) == digest
        self._expect(good, f"event {seq} of {interview_id} is gone or differs")

    def _upload(self, name: str, offset: int) -> None:
        row = self._session.get(Upload, name)
        self._expect(row is not None and row.offset >= offset, f"upload {name[:8]}: {offset} bytes were taken")
        given = self._sent / name
        if row is not None and given.exists():
            path = self._hr.store.path(name)
            found = path.read_bytes()[:offset] if path.exists() else None
            self._expect(found == given.read_bytes()[:offset], f"upload {name[:8]}: its first {offset} bytes differ")

    def _receipt(self, receipt: Receipt) -> None:
        where = f"the receipt {receipt.serial} of {receipt.interview_id}"
        row = self._session.get(ReceiptRow, (receipt.interview_id, receipt.serial))
        self._expect(row is not None and receipt.receipt_id in _payload(row), f"{where} is gone")
        for ref in receipt.objects:
            stored = self._session.get(ObjectRow, (receipt.interview_id, ref.object_id))
            good = stored is not None and self._digest(stored.storage_key) == ref.sha256 == stored.sha256
            self._expect(good, f"{where}: object {ref.object_id} is lost or differs")

    def _digest(self, key: str) -> str | None:
        path = self._hr.store.path(key)
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def keys_on_the_medium(contents: list[bytes], promised: Promises) -> list[str]:
    """Private keys of the organisation that were destroyed and can be read from the raw disk all the same."""
    found = [key for key in promised.destroyed if any(key.encode() in content for content in contents)]
    return [f"a destroyed key is still on the medium: {key[:6]}" for key in found]


def _payload(row: ReceiptRow) -> str:
    return Envelope.from_bytes(row.envelope).payload_bytes.decode("utf-8")


def set_up_again(data: Path) -> list[str]:
    """A set-up that the cut has met can be made again, or has been made whole."""
    from backend.runtime import create

    try:
        create(Settings(data=data), "Test organisation").close()
    except XudaError:
        try:
            open_runtime(Settings(data=data)).close()
        except Exception as error:
            return [f"the set-up can neither be made again nor used: {error!r}"]
    return []
