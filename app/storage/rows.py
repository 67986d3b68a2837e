"""Between the interview's values and the database's rows. Personal values are sealed, bound to their place."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from app.interview.model import Fault, PictureFacts, PictureMoment, Proof, StoredObject, Transcript, Word
from app.interview.states import InterviewState, TakeState
from app.interview.store import InterviewRow, TakeRow
from app.storage.query import Row
from contract.canonical import canonical_json
from contract.errors import ErrorCode, XudaError
from contract.sealed import open_value, seal_value

TAKE_SQL = """
SELECT takes.*, objects.object_id, objects.media_type, objects.size, objects.sha256
FROM takes LEFT JOIN objects USING (take_id)
"""


def seal_text(text: str | None, key: bytes | None, place: str) -> str | None:
    """``place`` is ``table.column:row``. Raises XudaError(KEY_DESTROYED) when there is something to seal, no key."""
    if text is None:
        return None
    if key is None:
        raise XudaError(ErrorCode.KEY_DESTROYED)
    return seal_value(text.encode("utf-8"), key, place)


def open_text(sealed: str | None, key: bytes | None, place: str) -> str | None:
    """None when nothing is there or the key is gone. Raises XudaError(SEALED_DAMAGED)."""
    if sealed is None or key is None:
        return None
    return open_value(sealed, key, place).decode("utf-8")


def name_place(interview_id: str) -> str:
    return f"interviews.candidate_name:{interview_id}"


def draft_place(interview_id: str, question_id: str) -> str:
    return f"drafts:{interview_id}:{question_id}"


def stamp(moment: datetime) -> str:
    """ISO 8601, UTC, always with microseconds, so that texts sort like times."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def interview_values(row: InterviewRow) -> Row:
    return {
        "interview_id": row.interview_id,
        "invitation_id": row.invitation_id,
        "kit_id": row.kit_id,
        "kit_version": row.kit_version,
        "attempt": row.attempt,
        "state": row.state.value,
        "language": row.language,
        "scoring": int(row.scoring),
        "seconds_used": row.seconds_used,
        "answered": row.answered,
        "carried": row.carried,
        "redo": row.redo,
        "redo_question": row.redo_question,
        "last_seq": row.last_seq,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
    }


def read_interview(row: Row) -> InterviewRow:
    return InterviewRow(
        interview_id=row["interview_id"],
        invitation_id=row["invitation_id"],
        kit_id=row["kit_id"],
        kit_version=row["kit_version"],
        attempt=row["attempt"],
        state=InterviewState(row["state"]),
        language=row["language"],
        scoring=bool(row["scoring"]),
        seconds_used=row["seconds_used"],
        last_seq=row["last_seq"],
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        answered=row["answered"],
        carried=row["carried"],
        receipt_serial=row["receipt_serial"],
        key_present=row["key_state"] == "present",
        redo=row["redo"],
        redo_question=row["redo_question"],
    )


def take_values(take: TakeRow, key: bytes | None) -> Row:
    """The row of a take. A discarded take keeps no personal value: its content was not chosen."""
    kept = take.state is not TakeState.DISCARDED
    proof = _to_json(take.proof) if kept else None
    transcript = _to_json(take.transcript) if kept else None
    picture = _to_json(take.picture) if kept else None
    return {
        "take_id": take.take_id,
        "interview_id": take.interview_id,
        "question_id": take.question_id,
        "number": take.number,
        "state": take.state.value,
        "has_video": int(take.has_video),
        "counted": int(take.counted),
        "duration": take.duration,
        "thinking_used": take.thinking_used,
        "faults": json.dumps([asdict(fault) for fault in take.faults]),
        "proof": seal_text(proof, key, _place("proof", take.take_id)),
        "transcript": seal_text(transcript, key, _place("transcript", take.take_id)),
        "correction": seal_text(take.correction if kept else None, key, _place("correction", take.take_id)),
        "picture": seal_text(picture, key, _place("picture", take.take_id)),
    }


def read_take(row: Row, key: bytes | None) -> TakeRow:
    """From a row of :data:`TAKE_SQL`. Raises XudaError(SEALED_DAMAGED)."""
    take_id = row["take_id"]
    proof = open_text(row["proof"], key, _place("proof", take_id))
    transcript = open_text(row["transcript"], key, _place("transcript", take_id))
    picture = open_text(row["picture"], key, _place("picture", take_id))
    return TakeRow(
        take_id=take_id,
        interview_id=row["interview_id"],
        question_id=row["question_id"],
        number=row["number"],
        state=TakeState(row["state"]),
        has_video=bool(row["has_video"]),
        counted=bool(row["counted"]),
        duration=row["duration"],
        thinking_used=row["thinking_used"],
        faults=tuple(Fault(**fault) for fault in json.loads(row["faults"])),
        stored=_read_object(row) if row["object_id"] else None,
        proof=Proof(**json.loads(proof)) if proof else None,
        transcript=_read_transcript(json.loads(transcript)) if transcript else None,
        correction=open_text(row["correction"], key, _place("correction", take_id)),
        picture=_read_picture(json.loads(picture)) if picture else None,
    )


def _read_object(row: Row) -> StoredObject:
    return StoredObject(
        object_id=row["object_id"], media_type=row["media_type"], size=row["size"], sha256=row["sha256"]
    )


def _read_transcript(data: dict[str, Any]) -> Transcript:
    words = tuple(Word(**word) for word in data.pop("words"))
    return Transcript(words=words, **data)


def _read_picture(data: dict[str, Any]) -> PictureFacts:
    moments = tuple(PictureMoment(**moment) for moment in data.pop("moments"))
    return PictureFacts(moments=moments, **data)


def _to_json(value: Proof | Transcript | PictureFacts | None) -> str | None:
    return None if value is None else canonical_json(asdict(value)).decode("utf-8")


def _place(column: str, take_id: str) -> str:
    return f"takes.{column}:{take_id}"
