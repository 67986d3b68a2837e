"""Recordings for the player: decrypted segment by segment as the browser asks for them, never stored in clear."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import BinaryIO, cast

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from backend.portal.visit import Member, Visit
from backend.ranges import Unsatisfiable, wanted_range
from backend.services import audit, auth, reports
from backend.services.media import Media, open_media
from contract.errors import ErrorCode, XudaError
from report.captions import webvtt

router = APIRouter()
_CHUNK = 64 * 1024
# what the player may be given as it is; anything else is only offered as bytes
_PLAYABLE = frozenset({"video/webm", "audio/webm", "video/mp4", "audio/mp4", "audio/ogg", "audio/wav"})


class ViewLog:
    """Says whether a viewing is a new one: a player asks for many ranges of what is one viewing to the audit log."""

    def __init__(self, window: float = 15 * 60, most: int = 10_000) -> None:
        self._window = window
        self._most = most
        self._seen: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def is_new(self, viewer: str, target: str) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._seen.pop((viewer, target), None)
            while len(self._seen) >= self._most:
                self._seen.pop(next(iter(self._seen)))
            new = last is None or now - last > self._window
            self._seen[(viewer, target)] = now if new or last is None else last
            return new


_VIEWS = ViewLog()


@router.api_route("/interviews/{interview_id}/media/{object_id}", methods=["GET", "HEAD"])
def media(visit: Member, request: Request, interview_id: str, object_id: str) -> Response:
    """206 for one range, 200 for the whole, 416 beyond the end; 403 without a fresh one-time code."""
    _require_fresh(visit)
    found = open_media(visit.hr, visit.actor, interview_id, object_id)
    _note_viewing(visit, interview_id, object_id)
    return served(request, found)


def served(request: Request, found: Media) -> Response:
    """The bytes asked for; ``found`` is closed when they are sent."""
    stream = cast(BinaryIO, found.stream)
    playable = found.media_type.partition(";")[0].strip().lower() in _PLAYABLE
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{found.etag}"',
        "Content-Type": found.media_type if playable else "application/octet-stream",
    }
    try:
        part = wanted_range(request.headers, found.size, headers["ETag"])
    except Unsatisfiable:
        stream.close()
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{found.size}"})
    first, last = part or (0, found.size - 1)
    headers["Content-Length"] = str(last - first + 1)
    if part:
        headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        stream.close()
        return Response(status_code=status, headers=headers)
    return StreamingResponse(_read(stream, first, last), status_code=status, headers=headers)


@router.get("/interviews/{interview_id}/captions/{answer_id}.vtt")
def captions(visit: Member, interview_id: str, answer_id: str) -> Response:
    report = reports.build(visit.hr, visit.actor, interview_id, visit.language, scored=False)
    for answer in report.answers:
        if answer.answer_id == answer_id and answer.transcript is not None:
            return Response(webvtt(answer.transcript), media_type="text/vtt; charset=utf-8")
    raise XudaError(ErrorCode.NOT_FOUND, field="captions")


def _require_fresh(visit: Visit) -> None:
    if visit.login is not None:
        auth.require_fresh(visit.login)


def is_new_view(viewer: str, target: str) -> bool:
    """Whether it is to be written into the audit log."""
    return _VIEWS.is_new(viewer, target)


def _note_viewing(visit: Visit, interview_id: str, object_id: str) -> None:
    if is_new_view(visit.token or "", f"{interview_id}/{object_id}"):
        audit.record_now(visit.hr, visit.actor, "view_recording", f"interview:{interview_id}", object=object_id)


def _read(stream: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with stream:
        stream.seek(first)
        left = last - first + 1
        while left > 0 and (part := stream.read(min(_CHUNK, left))):
            left -= len(part)
            yield part
