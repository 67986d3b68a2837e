"""Bundles from devices: taken in by the same services as over the network, so that both ways merge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO

from sqlalchemy import select

from backend.db.models import AuditRow, Device, Interview, ReceiptRow, Role
from backend.runtime import Runtime
from backend.services import (
    audit,
    carried,
    certificates,
    device_care,
    device_settings,
    intake,
    receipts,
    scope,
    succession,
)
from backend.services.actor import Actor
from backend.services.bootstrap import key_lists
from backend.services.devices import Asking
from contract.api import InterviewCheck
from contract.bundle import (
    MOST_EVENTS,
    MOST_MANIFEST,
    BundleIndex,
    BundleReader,
    BundleReceipts,
    InterviewMembers,
    Member,
)
from contract.canonical import b64decode
from contract.envelope import Envelope, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.events import Event, EventType, HrState
from contract.keys import key_id
from contract.manifest import Manifest

_log = logging.getLogger(__name__)
_REVOKED = "import_revoked"
# these end the whole import: what is wrong is not the bundle
_OURS = frozenset({ErrorCode.DISK_FULL, ErrorCode.DISK_ERROR, ErrorCode.DATABASE_DAMAGED})
# of a part of the interview alone: the other parts are taken in, as they would be over the network
_OF_ONE_PART = frozenset({ErrorCode.CONFLICT, ErrorCode.BUNDLE_DAMAGED, ErrorCode.TOO_LARGE})


class ImportStatus(StrEnum):
    """``incomplete``: something is still missing, so there is no receipt. ``refused``: see the outcome's ``code``."""

    NEW = "new"
    MERGED = "merged"
    PRESENT = "present"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one interview of a bundle.

    ``events`` and ``objects``: how many were new here. ``missing_…``: what the manifest names and is not here.
    ``open``: the interview was being worked on, so there was no manifest. ``code`` and ``field``: why it was refused.
    """

    interview_id: str
    status: ImportStatus
    state: HrState | None = None
    events: int = 0
    objects: int = 0
    missing_events: tuple[int, ...] = ()
    missing_objects: tuple[str, ...] = ()
    open: bool = False
    receipt_serial: int | None = None
    code: ErrorCode | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class BundleReport:
    """``receipts``: to be carried back to the device, None when there is none. ``revoked``: see import_bundle."""

    bundle_id: str
    device_id: str
    device: str
    created_at: datetime
    revoked: bool
    interviews: tuple[Outcome, ...]
    receipts: Envelope | None

    @property
    def whole(self) -> bool:
        """True when nothing was refused and nothing is missing but what the device itself still lacked."""
        wanting = (ImportStatus.REFUSED, ImportStatus.INCOMPLETE)
        return not any(item.status in wanting and not item.open for item in self.interviews)


Told = Callable[[int, int], None]


def import_bundle(
    hr: Runtime, actor: Actor, source: BinaryIO, *, accept_revoked: bool = False, told: Told | None = None
) -> BundleReport:
    """Take in what is in a bundle. Importing it again changes nothing.

    ``accept_revoked``: take it also from a device whose access was withdrawn since; the audit log and the interview
    say so. ``told`` is called with the interviews done and their number.

    Raises XudaError(FORBIDDEN) and, with nothing taken in, BUNDLE_CUT | BUNDLE_DAMAGED | BUNDLE_FOREIGN |
    BUNDLE_REVOKED | SIGNATURE_INVALID | FORMAT_INVALID | VERSION_TOO_NEW; DISK_FULL with what came before it taken in.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR)
    try:
        reader = BundleReader(source)
        device, asking = _device(hr, reader)
        index = _verified(hr, reader, device)
        revoked = device.revoked_at is not None
        if revoked and not accept_revoked:
            raise XudaError(ErrorCode.BUNDLE_REVOKED, device=device.name)
    except XudaError as error:
        audit.record_now(hr, actor, "bundle_refused", "bundle", code=error.code.value, part=error.field)
        raise
    detail = {"bundle": index.bundle_id, "interviews": len(index.interviews)}
    audit.record_now(hr, actor, "import_bundle", f"device:{device.id}", revoked=revoked, **detail)
    outcomes = []
    for members in reader.interviews:
        outcome = _Intake(hr, asking, reader, index, members).run()
        _note(hr, actor, index, outcome, revoked=revoked)
        outcomes.append(outcome)
        if told is not None:
            told(len(outcomes), len(index.interviews))
    return BundleReport(
        bundle_id=index.bundle_id,
        device_id=device.id,
        device=device.name,
        created_at=index.created_at,
        revoked=revoked,
        interviews=tuple(outcomes),
        receipts=_receipts(hr, asking, index, [item.interview_id for item in outcomes]),
    )


def from_revoked_device(hr: Runtime, interview_id: str) -> bool:
    """True when something of the interview came in a bundle of a device whose access had been withdrawn before."""
    with hr.db.read() as session:
        query = select(AuditRow.id).where(AuditRow.action == _REVOKED, AuditRow.target == f"interview:{interview_id}")
        return session.scalar(query.limit(1)) is not None


def _device(hr: Runtime, reader: BundleReader) -> tuple[Device, Asking]:
    """The device whose name the bundle bears, and who asks: that device as it is known now, under its newest key."""
    with hr.db.read() as session:
        device = now = session.get(Device, reader.claimed.device_id)
        if device is None or now is None:
            raise XudaError(ErrorCode.BUNDLE_FOREIGN)
        later = device_care.successors(session)
        seen: set[str] = set()
        while now.id in later and now.id not in seen:
            seen.add(now.id)
            now = session.get_one(Device, later[now.id])
        return device, Asking(now.id, b64decode(now.public_key), {}, succession.signers(session, now))


def _verified(hr: Runtime, reader: BundleReader, device: Device) -> BundleIndex:
    public = b64decode(device.public_key)
    try:
        index = reader.verify({key_id(public): public})
    except XudaError as error:
        if error.code is ErrorCode.KEY_UNKNOWN:
            raise XudaError(ErrorCode.BUNDLE_FOREIGN) from error
        raise
    if index.organisation_id != hr.organisation_id:
        raise XudaError(ErrorCode.BUNDLE_FOREIGN, field="organisation")
    return index


def _note(hr: Runtime, actor: Actor, index: BundleIndex, outcome: Outcome, *, revoked: bool) -> None:
    audit.record_now(
        hr,
        actor,
        _REVOKED if revoked else "import_interview",
        f"interview:{outcome.interview_id}",
        bundle=index.bundle_id,
        status=outcome.status.value,
        code=outcome.code.value if outcome.code else None,
    )


def _receipts(hr: Runtime, asking: Asking, index: BundleIndex, interview_ids: Sequence[str]) -> Envelope | None:
    """The newest receipt of each interview that is this device's; another device's receipts are not its business."""
    found: list[Envelope] = []
    with hr.db.read() as session:
        for interview_id in interview_ids:
            query = select(ReceiptRow).join(Interview, Interview.id == ReceiptRow.interview_id)
            query = query.where(Interview.id == interview_id, Interview.device_id == asking.device_id)
            newest = session.scalar(query.order_by(ReceiptRow.serial.desc()).limit(1))
            if newest is not None:
                found.append(receipts.receipt_envelope(newest))
        lists = key_lists(session, 0)
        settings = device_settings.for_a_stick(hr, session, asking.device_id)
    withdrawals, proofs = _deletions(hr, asking, interview_ids)
    if not found and not withdrawals:
        return None
    document = BundleReceipts(
        bundle_id=index.bundle_id,
        organisation_id=hr.organisation_id,
        device_id=asking.device_id,
        issued_at=hr.now(),
        receipts=found,
        withdrawals=withdrawals,
        certificates=proofs,
        key_lists=lists,
        settings=settings,
    )
    return sign(document, hr.vault.sign_key)


def _deletions(hr: Runtime, asking: Asking, interview_ids: Sequence[str]) -> tuple[list[str], dict[str, Envelope]]:
    """The interviews that are to be deleted here, and the certificates of those that are."""
    wanted: list[str] = []
    proofs: dict[str, Envelope] = {}
    for interview_id in interview_ids:
        try:
            found = certificates.for_device(hr, asking, interview_id)
        except XudaError:
            continue  # nobody asked for its deletion, or it is not this device's
        wanted.append(interview_id)
        if isinstance(found, Envelope):
            proofs[interview_id] = found
    return wanted, proofs


@dataclass
class _Intake:
    """Takes in one interview; every part stands for itself, as it does over the network."""

    hr: Runtime
    asking: Asking
    reader: BundleReader
    index: BundleIndex
    members: InterviewMembers
    events: int = 0
    objects: int = 0
    problem: XudaError | None = None
    withdrawn: bool = False
    absent: list[str] = field(default_factory=list)

    @property
    def interview_id(self) -> str:
        return self.members.interview.interview_id

    def run(self) -> Outcome:
        """Raises XudaError for a fault of this server alone (a full disk)."""
        try:
            return self._run()
        except XudaError as error:
            if error.code in _OURS:
                raise
            return self._outcome(ImportStatus.REFUSED, error)

    def _run(self) -> Outcome:
        before = intake.check(self.hr, self.asking, self.interview_id)
        envelopes = self._envelopes()
        for seq, envelope in envelopes:
            if before.events.get(seq) != envelope.digest:
                self._step(self._put_event, seq, envelope)
        for ref in self.members.interview.objects:
            pieces = self.reader.pieces(self.members.objects[ref.object_id])
            self._step(self._put_object, ref.object_id, pieces)
        if self.problem is not None and self.problem.code is ErrorCode.CONFLICT:
            return self._outcome(ImportStatus.REFUSED, self.problem)
        return self._settle(before)

    def _step(self, put: Callable[..., None], *given: object) -> None:
        try:
            put(*given)
        except XudaError as error:
            if error.code not in _OF_ONE_PART:
                raise
            self.problem = self.problem or error

    def _envelopes(self) -> list[tuple[int, Envelope]]:
        """The events with their numbers; who signed them is looked at when they are stored."""
        raw = self.reader.content(self.members.events, MOST_EVENTS)
        found = []
        for line in raw.splitlines():
            envelope = Envelope.from_bytes(line)
            event = parse_payload(envelope.payload_bytes, Event)
            self.withdrawn = self.withdrawn or event.kind is EventType.WITHDRAWN
            found.append((event.seq, envelope))
        return found

    def _put_event(self, seq: int, envelope: Envelope) -> None:
        _, new = intake.put_event(self.hr, self.asking, self.interview_id, seq, envelope)
        self.events += new

    def _put_object(self, object_id: str, pieces: Iterator[bytes]) -> None:
        ref = next(item for item in self.members.interview.objects if item.object_id == object_id)
        self.objects += carried.put_object(
            self.hr, self.asking, self.interview_id, ref, pieces, bundle_id=self.index.bundle_id
        )

    def _settle(self, before: InterviewCheck) -> Outcome:
        """Have the manifest checked against storage: only its receipt makes an interview whole."""
        nothing_before = not before.events and not before.objects
        if self.withdrawn and self.problem is None:
            # the withdrawal is all there is, and all there will ever be: its device has deleted the rest
            new = ImportStatus.NEW if nothing_before else ImportStatus.MERGED
            return self._outcome(new if self.events else ImportStatus.PRESENT)
        if self.members.manifest is None:
            return self._outcome(ImportStatus.INCOMPLETE, self.problem)
        serial, envelope = self._manifest(self.members.manifest)
        reply = receipts.put_manifest(self.hr, self.asking, self.interview_id, serial, envelope)
        if reply.receipt is None:
            return self._outcome(
                ImportStatus.INCOMPLETE,
                self.problem,
                missing_events=tuple(reply.missing_events),
                missing_objects=tuple(reply.missing_objects),
            )
        if self.problem is not None:
            return self._outcome(ImportStatus.REFUSED, self.problem)
        if not self.events and not self.objects and before.receipt_serial is not None:
            return self._outcome(ImportStatus.PRESENT)
        return self._outcome(ImportStatus.NEW if nothing_before else ImportStatus.MERGED)

    def _manifest(self, member: Member) -> tuple[int, Envelope]:
        envelope = Envelope.from_bytes(self.reader.content(member, MOST_MANIFEST))
        return parse_payload(envelope.payload_bytes, Manifest).serial, envelope

    def _outcome(
        self,
        status: ImportStatus,
        error: XudaError | None = None,
        *,
        missing_events: tuple[int, ...] = (),
        missing_objects: tuple[str, ...] = (),
    ) -> Outcome:
        after = self._after()
        return Outcome(
            interview_id=self.interview_id,
            status=status,
            state=after.state if after and isinstance(after.state, HrState) else None,
            events=self.events,
            objects=self.objects,
            missing_events=missing_events,
            missing_objects=missing_objects,
            open=self.members.manifest is None and not self.withdrawn,
            receipt_serial=after.receipt_serial if after else None,
            code=error.code if error else None,
            field=error.field if error else None,
        )

    def _after(self) -> InterviewCheck | None:
        """How the interview stands now; None where the device may not ask."""
        try:
            return intake.check(self.hr, self.asking, self.interview_id)
        except XudaError:
            return None
