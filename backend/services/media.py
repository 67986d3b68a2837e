"""Recordings for a permitted viewer: decrypted in memory, segment by segment."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, ObjectRow, Role
from backend.runtime import Runtime
from backend.services import blind, scope, sealing, wholes
from backend.services.actor import Actor
from backend.services.voice import voice
from contract.errors import ErrorCode, XudaError
from contract.sealed import SealedReader, object_context, plaintext_size


@dataclass(frozen=True)
class Media:
    """``stream`` is seekable plaintext of ``size`` bytes; the caller closes it. ``etag`` names the content."""

    stream: io.RawIOBase | io.BytesIO
    size: int
    media_type: str
    etag: str


def open_media(hr: Runtime, actor: Actor, interview_id: str, object_id: str) -> Media:
    """An object of any part of an interview the actor may see. Reading it raises XudaError(SEALED_DAMAGED) where it is
    damaged. Where who it is is kept from the actor (services.blind), the sound of a film alone.

    Raises XudaError(NOT_FOUND | KEY_DESTROYED | SEALED_DAMAGED). The caller asks for a fresh one-time code before
    (``auth.require_fresh``) and writes the view into the audit log once per viewing, not per range.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    with hr.db.read() as session:
        interview = scope.interview(session, actor, interview_id)
        parts = {part.id: part for part in wholes.rows_of(session, interview)}
        named = ObjectRow.interview_id.in_(parts), ObjectRow.object_id == object_id
        found = session.scalar(select(ObjectRow).where(*named))
        if found is None:
            raise XudaError(ErrorCode.NOT_FOUND, field="object")
        key = interview_key(hr, session, parts[found.interview_id])
        hidden = blind.eyes(session, actor).hide(interview.invitation)
    if key is None:
        raise XudaError(ErrorCode.KEY_DESTROYED)
    stream = open_object(hr, found, key)
    if hidden and not found.media_type.startswith("audio/"):
        return voice_of(Media(stream, 0, found.media_type, found.sha256))
    return Media(stream, plaintext_size(found.size), found.media_type, found.sha256)


def voice_of(found: Media) -> Media:
    """The sound of a recording alone; ``found`` is closed. Raises XudaError(NOT_FOUND | SEALED_DAMAGED)."""
    if found.media_type.startswith("audio/"):
        return found
    with found.stream as stream:
        heard, media_type = voice(cast(BinaryIO, stream))
    return Media(io.BytesIO(heard), len(heard), media_type, f"{found.etag}-voice")


def interview_key(hr: Runtime, session: Session, interview: Interview) -> bytes | None:
    """The key that opens what the candidate said in this part; None before its first event is here and once the
    candidate has taken the consent back on any device: from then on nobody looks, until it is deleted."""
    wrapped = sealing.wrapped_key(session, interview)
    if wrapped is None or wholes.withdrawn(session, wholes.rows_of(session, interview)):
        return None
    return hr.vault.unwrap(wrapped, interview.id)


def open_object(hr: Runtime, found: ObjectRow, key: bytes) -> SealedReader:
    """Raises XudaError(SEALED_DAMAGED) when the stored file is gone or cut."""
    try:
        source = hr.store.open_read(found.storage_key)
    except OSError as error:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="object") from error
    try:
        return ObjectReader(source, key, object_context(found.interview_id, found.object_id))
    except XudaError:
        source.close()
        raise


class ObjectReader(SealedReader):
    """A sealed reader that closes its file."""

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()
