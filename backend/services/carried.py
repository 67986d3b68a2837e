"""Objects that come in a bundle: stored under a key of their own, so that no upload of the same object meets them."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy.orm import Session

from backend.db.models import ObjectRow, new_id
from backend.objects.folder import sync_file
from backend.runtime import Runtime
from backend.services import audit
from backend.services.devices import Asking
from backend.services.intake import claim
from backend.services.uploads import RESERVE, Description
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT}) if hasattr(errno, "EDQUOT") else frozenset({errno.ENOSPC})


def has_object(hr: Runtime, interview_id: str, ref: ObjectRef) -> bool:
    """True when exactly this object is stored here, as far as its size tells (a receipt reads all of it).

    Raises XudaError(CONFLICT) when another object has its id.
    """
    with hr.db.read() as session:
        row = session.get(ObjectRow, (interview_id, ref.object_id))
    if row is None:
        return False
    _check_same(row, ref)
    return hr.store.size(row.storage_key) == row.size


def put_object(
    hr: Runtime, asking: Asking, interview_id: str, ref: ObjectRef, pieces: Iterable[bytes], *, bundle_id: str
) -> bool:
    """Store an object from a bundle; False when it is already here, nothing of ``pieces`` is read then.

    Raises what ``pieces`` raises, and XudaError(FORMAT_INVALID | TOO_LARGE | DISK_FULL | CONFLICT | DELETED |
    FORBIDDEN | SEALED_DAMAGED); nothing has been stored then.
    """
    description = Description(interview_id, ref.object_id, ref.media_type, ref.sha256, ref.size, "")
    description.check()
    if ref.size > hr.settings.max_object:
        raise XudaError(ErrorCode.TOO_LARGE, field="object", limit=hr.settings.max_object)
    if has_object(hr, interview_id, ref):
        return False
    if hr.store.free_bytes() < ref.size + RESERVE:
        raise XudaError(ErrorCode.DISK_FULL)
    staged, key, stored = _stage(hr, ref, pieces), new_id(), False
    try:
        hr.store.carry(staged, key)
        with hr.db.write() as session:
            stored = _adopt(hr, session, asking, interview_id, ref, staged, key, bundle_id)
    finally:
        staged.unlink(missing_ok=True)
        if not stored:
            hr.store.delete(key)
    return stored


def _stage(hr: Runtime, ref: ObjectRef, pieces: Iterable[bytes]) -> Path:
    staged, file = hr.store.stage()
    digest, size = hashlib.sha256(), 0
    try:
        with file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
            sync_file(file)
        if (size, digest.hexdigest()) != (ref.size, ref.sha256):
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="object")
    except BaseException as error:
        staged.unlink(missing_ok=True)
        if isinstance(error, OSError):
            code = ErrorCode.DISK_FULL if error.errno in _FULL else ErrorCode.DISK_ERROR
            raise XudaError(code) from error
        raise
    return staged


def _adopt(
    hr: Runtime,
    session: Session,
    asking: Asking,
    interview_id: str,
    ref: ObjectRef,
    staged: Path,
    key: str,
    bundle_id: str,
) -> bool:
    now = hr.now()
    claim(session, asking, interview_id, now)
    row = session.get(ObjectRow, (interview_id, ref.object_id))
    if row is not None:
        _check_same(row, ref)
        if hr.store.size(row.storage_key) == row.size:  # an upload was quicker
            return False
    hr.store.adopt(staged, key)
    if row is not None:
        row.storage_key, row.stored_at = key, now
    else:
        session.add(
            ObjectRow(
                interview_id=interview_id,
                object_id=ref.object_id,
                media_type=ref.media_type,
                size=ref.size,
                sha256=ref.sha256,
                storage_key=key,
                stored_at=now,
            )
        )
    target = f"interview:{interview_id}"
    audit.record(session, now, f"device:{asking.device_id}", "object", target, object=ref.object_id, bundle=bundle_id)
    return True


def _check_same(row: ObjectRow, ref: ObjectRef) -> None:
    if (row.size, row.sha256) != (ref.size, ref.sha256):
        raise XudaError(ErrorCode.CONFLICT, field="object_id")
