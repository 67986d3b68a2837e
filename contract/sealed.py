"""Sealed files and values: encrypted under an interview's key before they touch the disk or the wire.

Files use the AES256-GCM-HKDF streaming format of Tink (segment size 4096, HKDF-SHA256, 32-byte derived key), so they
can be read from any offset and an interrupted file keeps a verified prefix. The interview's and the object's id are the
associated data: a sealed file moved to another place does not open.
Source: https://developers.google.com/tink/streaming-aead/aes_gcm_hkdf_streaming
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from contract.canonical import b64decode, b64encode
from contract.errors import ErrorCode, XudaError

KEY_SIZE = 32
SEGMENT_SIZE = 4096
_TAG = 16
_SALT = 32
_PREFIX = 7
HEADER_SIZE = 1 + _SALT + _PREFIX
_FIRST_PLAIN = SEGMENT_SIZE - HEADER_SIZE - _TAG
_PLAIN = SEGMENT_SIZE - _TAG


def object_context(interview_id: str, object_id: str) -> bytes:
    """Associated data of a sealed file."""
    return f"xuda object v1:{interview_id}:{object_id}".encode("ascii")


def plaintext_size(sealed_size: int) -> int:
    """Length of the plaintext of a complete sealed file of ``sealed_size`` bytes."""
    if sealed_size < HEADER_SIZE + _TAG:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="size")
    segments = -(-sealed_size // SEGMENT_SIZE)
    return sealed_size - HEADER_SIZE - segments * _TAG


def _derive(key: bytes, salt: bytes, context: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=salt, info=context).derive(key))


def _nonce(prefix: bytes, segment: int, last: bool) -> bytes:
    return prefix + segment.to_bytes(4, "big") + (b"\x01" if last else b"\x00")


class Writable(Protocol):
    def write(self, data: bytes, /) -> object: ...


class SealingWriter:
    """Encrypts a stream segment by segment into ``target``, which only needs ``write``.

    A segment is written once it is full and more data follows; ``close`` writes the last one. Without ``close`` the
    file is unfinished and only its verified prefix can be read. Never closes ``target``.
    """

    def __init__(self, target: Writable, key: bytes, context: bytes) -> None:
        salt, self._prefix = os.urandom(_SALT), os.urandom(_PREFIX)
        self._aead = _derive(key, salt, context)
        self._target = target
        self._buffer = bytearray()
        self._segment = 0
        self._limit = _FIRST_PLAIN
        self._closed = False
        target.write(bytes([HEADER_SIZE]) + salt + self._prefix)

    @property
    def pending(self) -> bytes:
        """Plaintext that waits for its segment to fill: what a crash would lose."""
        return bytes(self._buffer)

    def write(self, data: bytes, /) -> int:
        if self._closed:
            raise ValueError("write to a closed sealed file")
        self._buffer += data
        while len(self._buffer) > self._limit:
            self._emit(bytes(self._buffer[: self._limit]), last=False)
            del self._buffer[: self._limit]
            self._limit = _PLAIN
            self._segment += 1
        return len(data)

    def close(self) -> None:
        if not self._closed:
            self._emit(bytes(self._buffer), last=True)
            self._closed = True

    def _emit(self, plain: bytes, *, last: bool) -> None:
        self._target.write(self._aead.encrypt(_nonce(self._prefix, self._segment, last), plain, None))


class SealedReader(io.RawIOBase):
    """Random access to the plaintext of a sealed file.

    ``allow_cut`` reads the verified prefix of a file that was never closed or was cut; otherwise anything but a
    complete file raises XudaError(SEALED_DAMAGED). Damage inside is found when its segment is read.
    """

    def __init__(self, source: BinaryIO, key: bytes, context: bytes, *, allow_cut: bool = False) -> None:
        self._source = source
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        header = source.read(HEADER_SIZE)
        if len(header) < HEADER_SIZE or header[0] != HEADER_SIZE:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field="header")
        self._prefix = header[1 + _SALT :]
        self._aead = _derive(key, header[1 : 1 + _SALT], context)
        self._cached: tuple[int, bytes] = (-1, b"")
        self._position = 0
        self._sealed_size = size
        self._cut = False
        if not self._ends_with_last_segment():
            if not allow_cut:
                raise XudaError(ErrorCode.SEALED_DAMAGED, field="end")
            self._cut = True
            self._sealed_size = self._verified_prefix(size)
        self._size = self._plain_size()

    @property
    def cut(self) -> bool:
        """True when the file was unfinished and only its prefix is readable."""
        return self._cut

    @property
    def size(self) -> int:
        """Readable plaintext bytes."""
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("negative seek position")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._position < self._size:
            index, offset = self._locate(self._position)
            part = self._read_segment(index)[offset : offset + len(view) - done]
            view[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done

    def _segments(self) -> int:
        return -(-self._sealed_size // SEGMENT_SIZE)

    def _plain_size(self) -> int:
        if self._sealed_size <= HEADER_SIZE:
            return 0
        return self._sealed_size - HEADER_SIZE - self._segments() * _TAG

    @staticmethod
    def _locate(position: int) -> tuple[int, int]:
        if position < _FIRST_PLAIN:
            return 0, position
        index, offset = divmod(position - _FIRST_PLAIN, _PLAIN)
        return index + 1, offset

    def _read_segment(self, index: int) -> bytes:
        if self._cached[0] != index:
            last = not self._cut and index == self._segments() - 1
            self._cached = (index, self._decrypt(index, last=last))
        return self._cached[1]

    def _decrypt(self, index: int, *, last: bool) -> bytes:
        start = HEADER_SIZE if index == 0 else index * SEGMENT_SIZE
        self._source.seek(start)
        sealed = self._source.read(min((index + 1) * SEGMENT_SIZE, self._sealed_size) - start)
        try:
            return self._aead.decrypt(_nonce(self._prefix, index, last), sealed, None)
        except (InvalidTag, ValueError) as error:
            raise XudaError(ErrorCode.SEALED_DAMAGED, field=f"segment {index}") from error

    def _ends_with_last_segment(self) -> bool:
        index = self._segments() - 1
        try:
            self._cached = (index, self._decrypt(index, last=True))
        except XudaError:
            return False
        return True

    def _verified_prefix(self, size: int) -> int:
        """Sealed length of the whole segments that verify; what follows was never acknowledged and is left out."""
        verified = 0
        for index in range(size // SEGMENT_SIZE):
            try:
                self._decrypt(index, last=False)
            except XudaError:
                break
            verified = (index + 1) * SEGMENT_SIZE
        return max(verified, HEADER_SIZE)


def seal_value(plain: bytes, key: bytes, context: str) -> str:
    """A short personal value under AES-256-GCM; ``context`` (its place: table, row, field) is bound to it."""
    nonce = os.urandom(12)
    return b64encode(b"\x01" + nonce + _value_aead(key).encrypt(nonce, plain, context.encode("utf-8")))


def open_value(sealed: str, key: bytes, context: str) -> bytes:
    """Raises XudaError(SEALED_DAMAGED)."""
    raw = b64decode(sealed)
    if len(raw) < 1 + 12 + _TAG or raw[0] != 1:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="value")
    try:
        return _value_aead(key).decrypt(raw[1:13], raw[13:], context.encode("utf-8"))
    except InvalidTag as error:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field="value") from error


def _value_aead(key: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=None, info=b"xuda value v1").derive(key))
