"""A booth that is never online, an HR whose services are called directly, and what goes back and forth on a stick."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.storage.enrolment import Enrolment
from app.storage.outbox import ItemKind
from backend.objects.folder import sync_file
from backend.runtime import Runtime, open_runtime
from backend.services import bundles, devices, intake, receipts, succession, uploads
from backend.services.actor import Actor
from backend.services.bundles import BundleReport
from backend.services.devices import Asking
from backend.services.uploads import Description
from backend.settings import Settings
from contract.api import EnrolRequest, Organisation
from contract.bundle import BundleIndex, BundleInterview, InterviewMembers, Member, Part, write_bundle
from contract.canonical import b64decode, b64encode, sha256_hex
from contract.envelope import Envelope, parse_payload, sign
from contract.events import ObjectRef
from contract.keys import SigningKey
from tests.backend.world import Booth, organisation
from tests.sync.device import Device

COMMAND_LINE = Actor.command_line()


@contextmanager
def office(folder: Path, **settings: int) -> Iterator[Runtime]:
    """HR without a server."""
    organisation(folder).close()
    hr = open_runtime(Settings(data=folder, **settings))
    try:
        yield hr
    finally:
        hr.close()


def enrolled(hr: Runtime, folder: Path) -> Device:
    """A device that has been online once, to enrol, and never will be again."""
    device = Device(folder)
    key = SigningKey.generate()
    reply = devices.enrol(hr, _request(hr, key), address="test")
    found = parse_payload(reply.organisation.payload_bytes, Organisation)
    device.enrolments.save(Enrolment(found.device_id, "http://127.0.0.1:1", found, key), reply.organisation)
    return device


def booth(hr: Runtime) -> Booth:
    """A device as the backend's tests know it: it signs what a test wants."""
    key = SigningKey.generate()
    reply = devices.enrol(hr, _request(hr, key), address="test")
    return Booth("", key, parse_payload(reply.organisation.payload_bytes, Organisation))


def _request(hr: Runtime, key: SigningKey) -> EnrolRequest:
    code = devices.new_enrolment_code(hr, COMMAND_LINE)
    return EnrolRequest(code=code, public_key=b64encode(key.public), name="Booth 1", platform="test", app_version="1")


def asking(hr: Runtime, device_id: str) -> Asking:
    with hr.db.read() as session:
        return _asking(session, session.get_one(devices.Device, device_id))


def _asking(session: Session, device: devices.Device) -> Asking:
    return Asking(device.id, b64decode(device.public_key), {}, succession.signers(session, device))


def take_in(hr: Runtime, file: Path | bytes, **options: bool) -> BundleReport:
    content = file if isinstance(file, bytes) else file.read_bytes()
    return bundles.import_bundle(hr, COMMAND_LINE, io.BytesIO(content), **options)  # type: ignore[arg-type]


@dataclass
class Network:
    """The other way: what the sync engine and the device API do, without the sockets between them."""

    hr: Runtime
    device: Device

    @property
    def who(self) -> Asking:
        return asking(self.hr, self.device.enrolments.need().device_id)

    def send_one(self) -> bool:
        """The next thing of the outbox; False when nothing can be sent."""
        for item in self.device.outbox.pending():
            if item.kind is ItemKind.EVENT:
                envelope = self.device.outbox.event(item.interview_id, int(item.ref))
                intake.put_event(self.hr, self.who, item.interview_id, int(item.ref), envelope)
                self.device.outbox.done(item)
                return True
            if item.kind is ItemKind.OBJECT:
                path, ref = self.device.outbox.object_file(item.interview_id, item.ref)
                upload(self.hr, self.who, item.interview_id, ref, path.read_bytes())
                self.device.outbox.done(item)
                return True
            if self._manifest(item.interview_id):
                return True
        return False

    def _manifest(self, interview_id: str) -> bool:
        found = self.device.outbox.manifest(interview_id)
        if found is None:
            return False
        reply = receipts.put_manifest(self.hr, self.who, interview_id, found[1].serial, found[0])
        assert reply.receipt is not None
        self.device.outbox.save_receipt(interview_id, reply.receipt)
        return True

    def send_all(self) -> None:
        while self.send_one():
            pass


def upload(
    hr: Runtime, who: Asking, interview_id: str, ref: ObjectRef, content: bytes, *, most: int | None = None
) -> None:
    """An upload, or the first ``most`` bytes of one."""
    wanted = Description(interview_id, ref.object_id, ref.media_type, ref.sha256, ref.size, "")
    begun = uploads.create(hr, who, wanted)
    if begun.completed_at is not None:
        return
    end = len(content) if most is None else most
    with hr.store.open_write(begun.id, begun.offset) as file:
        file.write(content[begun.offset : end])
        sync_file(file)
    if end == len(content):
        assert uploads.complete(hr, who, begun.id)
    else:
        uploads.commit_offset(hr, begun.id, end)


@dataclass
class Packed:
    """An interview for a bundle a test makes by hand; ``manifest`` None: the interview goes on."""

    interview_id: str
    events: list[Envelope]
    manifest: Envelope | None
    objects: dict[ObjectRef, bytes]


def pack(who: Booth, interviews: list[Packed], *, key: SigningKey | None = None, **changes: object) -> bytes:
    """A bundle, as a device with this key would sign it."""
    contents: dict[str, bytes] = {}
    parts = [_part(item, contents) for item in interviews]
    fields = {
        "bundle_id": "b-1",
        "organisation_id": who.organisation.organisation_id,
        "device_id": who.device_id,
        "app_version": "1",
        "created_at": datetime.now(UTC),
        "interviews": parts,
    }
    index = BundleIndex.model_validate({**fields, **changes})

    def content(members: InterviewMembers, member: Member) -> list[bytes]:
        return [contents[member.name.partition("/")[2]]]

    return b"".join(write_bundle(sign(index, key or who.key), index, content))


def _part(item: Packed, contents: dict[str, bytes]) -> BundleInterview:
    lines = b"".join(envelope.to_bytes() + b"\n" for envelope in item.events)
    contents[f"{item.interview_id}/events.jsonl"] = lines
    signed = item.manifest.to_bytes() if item.manifest else None
    if signed is not None:
        contents[f"{item.interview_id}/manifest.json"] = signed
    for ref, data in item.objects.items():
        contents[f"{item.interview_id}/{ref.object_id}.sealed"] = data
    return BundleInterview(
        interview_id=item.interview_id,
        last_seq=max(1, len(item.events)),
        events=Part(size=len(lines), sha256=sha256_hex(lines)),
        manifest=Part(size=len(signed), sha256=sha256_hex(signed)) if signed else None,
        objects=list(item.objects),
    )


def stored_object(hr: Runtime, interview_id: str, object_id: str) -> bytes:
    from backend.db.models import ObjectRow

    with hr.db.read() as session:
        row = session.get_one(ObjectRow, (interview_id, object_id))
    return hr.store.path(row.storage_key).read_bytes()
