"""A small tus 1.0 uploader: one object, in chunks, from wherever the server says it stands."""

from __future__ import annotations

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from app.sync.failures import Fate, Reply, TransportError, failure, not_xuda, problem_of
from app.sync.rules import Throttle
from app.sync.transport import Transport
from contract.api import TUS_PATH
from contract.errors import ErrorCode
from contract.events import ObjectRef

log = logging.getLogger(__name__)

MIN_CHUNK = 256 * 1024
_QUICK_SECONDS = 1.0
_SLOW_SECONDS = 4.0
# Setbacks in a row without a step forward: a server at odds with itself about an upload may do better with a new one,
# and one that keeps taking chunks back must not keep the sender for ever.
_ANEW_AFTER = 3
_MAX_SETBACKS = 5

_TOO_LARGE = 413
_CHECKSUM_MISMATCH = 460
_GONE = frozenset({404, 410})
_VERSION = {"Tus-Resumable": "1.0.0"}


class Chunks(NamedTuple):
    """How many bytes are sent at once: to begin with, and between which bounds the size follows the line."""

    first: int = 1024 * 1024
    smallest: int = MIN_CHUNK
    largest: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A sealed file to be sent and what it must be there: ``ref`` has the size and SHA-256 of the file's bytes."""

    interview_id: str
    path: Path
    ref: ObjectRef


class _Setback(Exception):
    """The chunk at ``offset`` was not taken as it should have been: only the server can say where it stands."""

    def __init__(self, offset: int) -> None:
        self.offset = offset


class _Setbacks:
    """Counts those that come in a row without a step forward: one now and then in a long upload is no reason to give
    it up."""

    def __init__(self) -> None:
        self.in_a_row = 0
        self._furthest = -1

    def count(self, offset: int) -> None:
        self.in_a_row = 1 if offset > self._furthest else self.in_a_row + 1
        self._furthest = max(self._furthest, offset)


class Uploader:
    """Sends objects. Remembers where each upload lives and how large a chunk suits the line, in memory only.

    ``progress`` counts the bytes that servers have turned out to hold, each once, over all uploads.
    ``between_chunks`` is called before each chunk: smaller things may be sent there, or the upload left by raising.
    ``throttle`` says how much may be sent when; ``rest`` waits for at most so many seconds, and may return sooner.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        endpoint: str = TUS_PATH,
        between_chunks: Callable[[], None] = lambda: None,
        chunks: Chunks | None = None,
        throttle: Throttle | None = None,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._between_chunks = between_chunks
        self._throttle = throttle or Throttle(lambda: None)
        self._rest = rest
        self._chunk, self._smallest_chunk, self._largest_chunk = chunks or Chunks()
        self._locations: dict[tuple[str, str, str], str] = {}
        self._reached: dict[tuple[str, str, str], int] = {}
        self.progress = 0

    @property
    def chunk_size(self) -> int:
        """Bytes of the next chunk."""
        return self._chunk

    def upload(self, upload: Upload, *, anew: bool = False, wanted: Callable[[], bool] = lambda: True) -> None:
        """Return when the server has confirmed the last byte.

        After a cut (TransportError) call it again: it goes on from the server's offset, so at most one chunk is sent
        twice. ``anew``: what the server holds is known to be wrong, it is dropped first. ``wanted`` is asked before
        each chunk: when it is not any more, what the server holds of it is dropped, and KeyError is raised. Raises
        TransportError(SEALED_DAMAGED, FINAL) when the file here is no longer what ``ref`` says, OSError when it
        cannot be read.
        """
        if anew:
            self._begin(upload)
            self._forget(upload)
        setbacks = _Setbacks()
        offset = self._begin(upload)
        while True:
            try:
                self._send_rest(upload, offset, wanted)
                break
            except _Setback as setback:
                offset = self._after(setback, upload, setbacks)
        del self._locations[_key(upload)]
        self._reached.pop(_key(upload), None)

    def _after(self, setback: _Setback, upload: Upload, setbacks: _Setbacks) -> int:
        """The offset to go on from after a chunk that was refused."""
        offset = self._begin(upload)
        if offset > setback.offset:
            # It is there: the request came twice, and the second one's refusal was what was heard here.
            return offset
        setbacks.count(setback.offset)
        # before anything is sent again: a file that has rotted here would be refused for ever
        _check_file(upload)
        if setbacks.in_a_row > _MAX_SETBACKS:
            raise TransportError(ErrorCode.SERVER_MISMATCH, Fate.RETRY)
        if setbacks.in_a_row == _ANEW_AFTER:
            self._forget(upload)
            offset = self._begin(upload)
        return offset

    def _begin(self, upload: Upload) -> int:
        """The offset to send from, of the known upload or of a new one."""
        location = self._locations.get(_key(upload))
        if location is not None:
            reply = self._tus("HEAD", location)
            if reply.ok:
                return _offset(reply, upload.ref.size)
            if reply.status not in _GONE:
                raise _refusal(reply)
            del self._locations[_key(upload)]
        return self._create(upload)

    def _create(self, upload: Upload) -> int:
        headers = {"Upload-Length": str(upload.ref.size), "Upload-Metadata": _metadata(upload)}
        reply = self._tus("POST", self._endpoint, headers)
        if reply.status not in (200, 201):
            raise _refusal(reply)
        location = self._locations[_key(upload)] = self._path_of(reply)
        # Plain tus has no offset in this answer; an upload of the same content may have been begun long ago.
        if "upload-offset" not in reply.headers:
            reply = self._tus("HEAD", location)
            if not reply.ok:
                raise _refusal(reply)
        return _offset(reply, upload.ref.size)

    def _send_rest(self, upload: Upload, offset: int, wanted: Callable[[], bool]) -> None:
        self._note(upload, offset)
        while offset < upload.ref.size:
            self._between_chunks()
            if not wanted():
                self._forget(upload)
                raise KeyError(upload.ref.object_id)
            piece = self._throttle.piece(min(self._chunk, upload.ref.size - offset))
            if wait := self._throttle.wait(piece):
                self._rest(wait)
                continue  # something small may have come in meanwhile, and the limit may be another now
            chunk = _read(upload, offset, piece)
            self._throttle.spend(len(chunk))
            begun = time.monotonic()
            try:
                offset = self._send_chunk(upload, offset, chunk)
            except TransportError as error:
                self._chunk = max(self._smallest_chunk, self._chunk // 2)
                if error.status == _TOO_LARGE:
                    # A gateway on the way takes no more than so much at once: do not try it with each recording.
                    self._largest_chunk = self._chunk
                raise
            self._note(upload, offset)
            self._adapt(len(chunk), time.monotonic() - begun)

    def _send_chunk(self, upload: Upload, offset: int, chunk: bytes) -> int:
        """The new offset, which is exactly the old one and the chunk."""
        digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode("ascii")
        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        reply = self._tus("PATCH", self._locations[_key(upload)], headers, chunk)
        if reply.status in _GONE or reply.status in (409, _CHECKSUM_MISMATCH):
            raise _Setback(offset)
        if not reply.ok:
            raise _refusal(reply)
        # A 2xx alone proves nothing: only the offset says that the chunk arrived.
        if _offset(reply, upload.ref.size) != offset + len(chunk):
            raise _Setback(offset)
        return offset + len(chunk)

    def _note(self, upload: Upload, offset: int) -> None:
        reached = self._reached.get(_key(upload), 0)
        if offset > reached:
            self._reached[_key(upload)] = offset
            self.progress += offset - reached

    def _adapt(self, sent: int, seconds: float) -> None:
        if seconds > _SLOW_SECONDS:
            self._chunk = max(self._smallest_chunk, self._chunk // 2)
        elif seconds < _QUICK_SECONDS and sent >= self._chunk:
            self._chunk = min(self._largest_chunk, self._chunk * 2)

    def _forget(self, upload: Upload) -> None:
        """Have the server drop what it holds of this object, so that creating it again begins at nothing."""
        location = self._locations.pop(_key(upload), None)
        if location is not None:
            log.warning("an upload is dropped: the server lost or spoilt it, or it is not wanted any more")
            self._tus("DELETE", location)

    def _tus(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Reply:
        """An answer that comes from a tus server. Raises TransportError(SERVER_NOT_XUDA) when it does not."""
        reply = self._transport.send(method, path, body=body, headers={**_VERSION, **(headers or {})})
        if "tus-resumable" not in reply.headers and (reply.ok or problem_of(reply) is None):
            raise failure(reply)
        return reply

    def _path_of(self, reply: Reply) -> str:
        """Where the upload lives, as a path below our own server's address: a token is never sent anywhere else."""
        parts = urlsplit(reply.headers.get("location", ""))
        path = parts.path
        if not path.startswith("/"):
            raise not_xuda(reply)
        prefix = self._transport.prefix
        if prefix and path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        return f"{path}?{parts.query}" if parts.query else path


def _key(upload: Upload) -> tuple[str, str, str]:
    return upload.interview_id, upload.ref.object_id, upload.ref.sha256


def _metadata(upload: Upload) -> str:
    values = {
        "interview_id": upload.interview_id,
        "object_id": upload.ref.object_id,
        "media_type": upload.ref.media_type,
        "sha256": upload.ref.sha256,
    }
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode('ascii')}" for name, value in values.items())


def _offset(reply: Reply, size: int) -> int:
    """The offset an answer states. Raises TransportError(SERVER_MISMATCH) when it is none or lies outside the file."""
    text = reply.headers.get("upload-offset", "")
    if not text.isascii() or not text.isdigit() or int(text) > size:
        raise TransportError(ErrorCode.SERVER_MISMATCH, Fate.RETRY, status=reply.status)
    return int(text)


def _refusal(reply: Reply) -> TransportError:
    """A tus server's refusal. Only a Problem is final: a plain tus status may come from a lock or an expired upload."""
    if problem_of(reply) is not None or reply.status >= 500:
        return failure(reply)
    return TransportError(ErrorCode.REJECTED, Fate.RETRY, status=reply.status, http=reply.status)


def _read(upload: Upload, offset: int, count: int) -> bytes:
    """A chunk. The file is opened for each one, so that it can be removed at any time on every platform."""
    with upload.path.open("rb") as stream:
        stream.seek(offset)
        chunk = stream.read(min(count, upload.ref.size - offset))
    if not chunk:
        raise TransportError(ErrorCode.SEALED_DAMAGED, Fate.FINAL, field="size")
    return chunk


def _check_file(upload: Upload) -> None:
    with upload.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != upload.ref.sha256:
        raise TransportError(ErrorCode.SEALED_DAMAGED, Fate.FINAL)
