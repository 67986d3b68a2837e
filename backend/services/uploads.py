"""Uploads: what is known of each, and the steps that make received bytes count.

The bytes lie in the object store under the upload's id from the first one on; only ``offset`` says how many count.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.db.models import ObjectRow, Upload
from backend.runtime import Runtime
from backend.services import audit, quota
from backend.services.devices import Asking
from backend.services.intake import claim
from contract.api import upload_id
from contract.errors import ErrorCode, XudaError

_OBJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INTERVIEW_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*(; ?[a-z0-9-]+=[a-z0-9.,\"+ -]+)*", re.IGNORECASE)
# left free for the database when uploads fill the disk
RESERVE = 64 * 1024 * 1024
_STAGED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Description:
    """What a device says about an object it is going to send; ``raw`` is the Upload-Metadata header as given."""

    interview_id: str
    object_id: str
    media_type: str
    sha256: str
    length: int
    raw: str

    def check(self) -> None:
        """Raises XudaError(FORMAT_INVALID) naming the first field that cannot be used."""
        fields = [
            ("interview_id", _INTERVIEW_ID, self.interview_id),
            ("object_id", _OBJECT_ID, self.object_id),
            ("media_type", _MEDIA_TYPE, self.media_type),
            ("sha256", _SHA256, self.sha256),
        ]
        for name, pattern, value in fields:
            if pattern.fullmatch(value) is None or len(value) > 100:
                raise XudaError(ErrorCode.FORMAT_INVALID, field=name)


def create(hr: Runtime, asking: Asking, wanted: Description) -> Upload:
    """The upload for this object of this device: a new one, or the one begun before with the offset it reached.

    Raises XudaError(FORMAT_INVALID | TOO_LARGE | DISK_FULL | FORBIDDEN | DELETED), CONFLICT when another object was
    delivered under this id.
    """
    wanted.check()
    if wanted.length > hr.settings.max_object:
        raise XudaError(ErrorCode.TOO_LARGE, field="Upload-Length", limit=hr.settings.max_object)
    name = upload_id(asking.device_id, wanted.interview_id, wanted.object_id, wanted.sha256)
    with hr.db.write() as session:
        now = hr.now()
        quota.check_interview(hr, session, asking.device_id, wanted.interview_id, now)
        claim(session, asking, wanted.interview_id, now)
        delivered = session.get(ObjectRow, (wanted.interview_id, wanted.object_id))
        if delivered is not None and (delivered.sha256, delivered.size) != (wanted.sha256, wanted.length):
            raise XudaError(ErrorCode.CONFLICT, field="object_id")
        known = session.get(Upload, name)
        if known is not None and known.length != wanted.length:
            raise XudaError(ErrorCode.CONFLICT, field="Upload-Length")
        if delivered is not None and delivered.storage_key != name and _stored(hr, delivered):
            with contextlib.suppress(OSError):  # a piece that an upload had begun; on Windows it may be in use
                hr.store.delete(name)
            return _delivered_otherwise(session, known or _new_upload(hr, name, asking, wanted, now), now)
        if known is not None and _usable(hr, known):
            known.expires_at = _expiry(hr, now)
            return known
        quota.check_upload(hr, session, asking.device_id, wanted.length, now)
        if hr.store.free_bytes() < wanted.length + RESERVE:
            raise XudaError(ErrorCode.DISK_FULL)
        if known is not None:
            session.delete(known)
            session.flush()
        hr.store.create(name)
        upload = _new_upload(hr, name, asking, wanted, now)
        session.add(upload)
        return upload


def find(hr: Runtime, asking: Asking, name: str) -> Upload:
    """Raises XudaError(NOT_FOUND) also for another device's upload and one that has expired."""
    with hr.db.read() as session:
        upload = session.get(Upload, name)
    if upload is None or upload.device_id != asking.device_id or (upload.completed_at is None and _over(hr, upload)):
        raise XudaError(ErrorCode.NOT_FOUND, field="upload")
    return upload


def commit_offset(hr: Runtime, name: str, offset: int) -> datetime:
    """Record that ``offset`` bytes are safe on disk; the caller has synced them. Gives the new expiry."""
    with hr.db.write() as session:
        expires = _expiry(hr, hr.now())
        session.execute(update(Upload).where(Upload.id == name).values(offset=offset, expires_at=expires))
        return expires


def complete(hr: Runtime, asking: Asking, name: str) -> bool:
    """All bytes are on disk: compare the whole with its promised SHA-256, then record the object.

    False when it differs: the upload is dropped and has to be created anew. Raises XudaError(CONFLICT) when another
    object was delivered under this id meanwhile, DELETED, FORBIDDEN.
    """
    upload = find(hr, asking, name)
    fits = hr.store.size(name) == upload.length and hr.store.sha256(name) == upload.sha256
    if not fits:
        drop(hr, name)
        return False
    with hr.db.write() as session:
        now = hr.now()
        claim(session, asking, upload.interview_id, now)
        if not _record_object(hr, session, upload, now):
            hr.store.delete(name)  # it came another way in the meantime
        done = {"offset": upload.length, "completed_at": now}
        session.execute(update(Upload).where(Upload.id == name).values(**done))
        target = f"interview:{upload.interview_id}"
        audit.record(session, now, f"device:{asking.device_id}", "object", target, object=upload.object_id)
    return True


def terminate(hr: Runtime, asking: Asking, name: str) -> None:
    """Forget an unfinished upload. Raises XudaError(NOT_FOUND), FORBIDDEN for an object that has been delivered."""
    if find(hr, asking, name).completed_at is not None:
        raise XudaError(ErrorCode.FORBIDDEN, field="upload")
    drop(hr, name)


def drop(hr: Runtime, name: str) -> None:
    with hr.db.write() as session:
        upload = session.get(Upload, name)
        if upload is not None and upload.completed_at is None:
            session.delete(upload)
            hr.store.delete(name)


def expire(hr: Runtime) -> int:
    """Forget unfinished uploads that nobody has continued for long, and files an import has left; returns how many."""
    with hr.db.read() as session:
        query = select(Upload.id).where(Upload.completed_at.is_(None), Upload.expires_at < hr.now())
        names = session.scalars(query).all()
    for name in names:
        drop(hr, name)
    hr.store.sweep((hr.now() - _STAGED).timestamp())
    return len(names)


def _stored(hr: Runtime, row: ObjectRow) -> bool:
    return hr.store.size(row.storage_key) == row.size


def _delivered_otherwise(session: Session, upload: Upload, now: datetime) -> Upload:
    """The object is here, by a bundle: the device is told that the upload is complete, and sends nothing."""
    upload.offset, upload.completed_at = upload.length, now
    session.add(upload)
    return upload


def _record_object(hr: Runtime, session: Session, upload: Upload, now: datetime) -> bool:
    """False when the object is already stored under another key."""
    known = session.get(ObjectRow, (upload.interview_id, upload.object_id))
    if known is not None and known.sha256 != upload.sha256:
        raise XudaError(ErrorCode.CONFLICT, field="object_id")
    if known is not None:
        if known.storage_key == upload.id or _stored(hr, known):
            return known.storage_key == upload.id
        known.storage_key = upload.id
        return True
    session.add(
        ObjectRow(
            interview_id=upload.interview_id,
            object_id=upload.object_id,
            media_type=upload.media_type,
            size=upload.length,
            sha256=upload.sha256,
            storage_key=upload.id,
            stored_at=now,
        )
    )
    return True


def _new_upload(hr: Runtime, name: str, asking: Asking, wanted: Description, now: datetime) -> Upload:
    return Upload(
        id=name,
        device_id=asking.device_id,
        interview_id=wanted.interview_id,
        object_id=wanted.object_id,
        media_type=wanted.media_type,
        sha256=wanted.sha256,
        length=wanted.length,
        offset=0,
        upload_metadata=wanted.raw,
        created_at=now,
        expires_at=_expiry(hr, now),
    )


def _usable(hr: Runtime, upload: Upload) -> bool:
    """False when the bytes that should be there are gone, so that it starts again instead of failing for ever."""
    size = hr.store.size(upload.id)
    return size is not None and size >= upload.offset and (upload.completed_at is not None or not _over(hr, upload))


def _over(hr: Runtime, upload: Upload) -> bool:
    return upload.expires_at < hr.now()


def _expiry(hr: Runtime, now: datetime) -> datetime:
    return now + timedelta(seconds=hr.settings.upload_expiry)
