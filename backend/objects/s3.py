"""Objects in a bucket of S3-compatible storage: ciphertext only, as it comes from the devices.

An object is a row of pieces, each an object of the bucket named by the offset of its first byte; what was written since
the last sync waits in a local file. A piece is there whole or not at all, and completing an upload moves nothing: a
crash at any moment leaves what had been promised, and a process on another machine goes on with it.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store as Bucket

from backend.objects.folder import FolderStore, sync_file
from contract.errors import ErrorCode, XudaError

_READ = 512 * 1024
_WAIT = timedelta(seconds=60)
# offsets in names have so many digits, so that they sort as numbers
_DIGITS = 15
_BEGUN = "begun"
_PLENTY = 2**62
_LARGEST_PIECE = 256 * 1024**2


@dataclass(frozen=True)
class S3Settings:
    """``address``: ``s3://BUCKET/PREFIX``. ``endpoint``: of another maker than Amazon; plain HTTP only on this machine.

    Without ``key`` and ``secret`` what the environment or the machine's role gives is used.
    """

    address: str
    endpoint: str | None = None
    region: str | None = None
    key: str | None = None
    secret: str | None = None


def open_bucket(settings: S3Settings) -> tuple[Bucket, str]:
    """The bucket and the prefix inside it. Raises XudaError(SETTING_INVALID)."""
    scheme, _, rest = settings.address.partition("://")
    bucket, _, prefix = rest.partition("/")
    endpoint = settings.endpoint or ""
    local = endpoint.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
    if scheme != "s3" or not bucket or (endpoint and not local and not endpoint.startswith("https://")):
        raise XudaError(ErrorCode.SETTING_INVALID, field="objects")
    given: dict[str, Any] = {
        "region": settings.region or "us-east-1",
        "endpoint": settings.endpoint,
        "access_key_id": settings.key,
        "secret_access_key": settings.secret,
    }
    try:
        made = Bucket(
            bucket,
            client_options={"timeout": _WAIT, "connect_timeout": timedelta(seconds=10), "allow_http": local},
            retry_config={"max_retries": 4, "retry_timeout": _WAIT},
            **{name: value for name, value in given.items() if value},
        )
    except (BaseError, ValueError) as error:
        raise XudaError(ErrorCode.SETTING_INVALID, field="objects") from error
    return made, prefix.strip("/")


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        raise FileNotFoundError("not in the bucket") from error
    except BaseError as error:
        # without its words: they name keys and addresses
        raise XudaError(ErrorCode.STORAGE_UNREACHABLE) from error


@dataclass(frozen=True, slots=True)
class Piece:
    path: str
    start: int
    size: int

    @property
    def end(self) -> int:
        return self.start + self.size


class S3Store:
    """See module. ``spool``: local folder for what is on its way."""

    def __init__(self, settings: S3Settings, spool: Path) -> None:
        """Raises XudaError(SETTING_INVALID)."""
        self._bucket, self._prefix = open_bucket(settings)
        self._spool = FolderStore(spool)

    def create(self, key: str) -> None:
        self.delete(key)
        with _reached():
            obstore.put(self._bucket, self._name(key, _BEGUN), b"")

    def open_write(self, key: str, offset: int) -> Writer:
        found = self.pieces(key)
        if found is None or (found[-1].end if found else 0) < offset:
            raise FileNotFoundError("the stored object is shorter than promised")
        self.cut(key, found, offset)
        return Writer(self, key, offset, self._spool.stage())

    def sync(self, file: Any) -> None:
        if isinstance(file, Writer):
            file.sync()
        else:
            sync_file(file)

    def open_read(self, key: str) -> BinaryIO:
        found = self.pieces(key)
        if found is None:
            raise FileNotFoundError("not in the bucket")
        return cast(BinaryIO, io.BufferedReader(Reader(self._bucket, found), _READ))

    def size(self, key: str) -> int | None:
        found = self.pieces(key)
        return None if found is None else found[-1].end if found else 0

    def sha256(self, key: str) -> str | None:
        digest = hashlib.sha256()
        try:
            with self.open_read(key) as file:
                while part := file.read(_READ):
                    digest.update(part)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    def stage(self) -> tuple[Path, BinaryIO]:
        return self._spool.stage()

    def carry(self, staged: Path, key: str) -> None:
        self.create(key)
        with staged.open("rb") as file:
            start = 0
            while part := file.read(_LARGEST_PIECE):
                self.put(key, start, part)
                start += len(part)

    def adopt(self, staged: Path, key: str) -> None:
        """It was carried: it is there."""
        staged.unlink(missing_ok=True)

    def sweep(self, older_than: float) -> int:
        return self._spool.sweep(older_than)

    def delete(self, key: str) -> None:
        paths = [meta["path"] for meta in self._listed(key)]
        # the sign that it exists goes last: what a crash leaves is found and deleted again
        for path in sorted(paths, key=lambda path: path.endswith(_BEGUN)):
            self._remove(path)

    def free_bytes(self) -> int:
        """A bucket is never full; what is on its way lies here for a moment."""
        return _PLENTY

    def put(self, key: str, start: int, content: bytes) -> None:
        """One piece, safe when this returns."""
        with _reached():
            obstore.put(self._bucket, self._name(key, f"{start:0{_DIGITS}d}"), content)

    def pieces(self, key: str) -> list[Piece] | None:
        """Those that follow on each other from 0 on; None when there is no such object."""
        found = self._listed(key)
        if not found:
            return None
        whole: list[Piece] = []
        for meta in sorted(found, key=lambda meta: meta["path"]):
            name = meta["path"].rpartition("/")[2]
            if name != _BEGUN and int(name) == (whole[-1].end if whole else 0):
                whole.append(Piece(meta["path"], int(name), meta["size"]))
        return whole

    def cut(self, key: str, found: list[Piece], size: int) -> None:
        """Remove everything behind ``size`` bytes."""
        kept = [piece for piece in found if piece.end <= size]
        for meta in self._listed(key):
            if not meta["path"].endswith(_BEGUN) and meta["path"] not in {piece.path for piece in kept}:
                crossing = next((p for p in found if p.path == meta["path"] and p.start < size), None)
                if crossing is not None:  # after a restored backup: what is recorded may end inside a piece
                    with _reached():
                        content = obstore.get_range(self._bucket, crossing.path, start=0, length=size - crossing.start)
                        obstore.put(self._bucket, crossing.path, bytes(content))
                else:
                    self._remove(meta["path"])

    def _remove(self, path: str) -> None:
        try:
            with _reached():
                obstore.delete(self._bucket, path)
        except FileNotFoundError:
            pass

    def _listed(self, key: str) -> list[Any]:
        with _reached():
            return [meta for page in obstore.list(self._bucket, self._name(key, "")) for meta in page]

    def _name(self, key: str, last: str) -> str:
        if not key or not all(c.isascii() and (c.isalnum() or c == "-") for c in key):
            raise ValueError("not a storage key")
        return "/".join(part for part in (self._prefix, key[:2], key, last) if part)


class Writer:
    """Collects in a local file what the next :meth:`sync` makes a piece."""

    def __init__(self, store: S3Store, key: str, offset: int, staged: tuple[Path, BinaryIO]) -> None:
        self._store, self._key, self._base = store, key, offset
        self._path, self._file = staged
        self._waiting = 0

    def write(self, data: bytes | memoryview) -> int:
        count = self._file.write(data)
        self._waiting += count
        return count

    def truncate(self, size: int) -> None:
        """Forget what was written behind ``size`` bytes of the object."""
        if size < self._base:
            self._store.cut(self._key, self._store.pieces(self._key) or [], size)
            self._base = size
        self._waiting = size - self._base
        self._file.truncate(self._waiting)
        self._file.seek(self._waiting)

    def sync(self) -> None:
        self._file.flush()
        if not self._waiting:
            return
        self._store.put(self._key, self._base, self._path.read_bytes())
        self._base += self._waiting
        self._waiting = 0
        self._file.seek(0)
        self._file.truncate()

    def close(self) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Reader(io.RawIOBase):
    """The pieces as one file; asks for the ranges that are read."""

    def __init__(self, bucket: Bucket, pieces: list[Piece]) -> None:
        self._bucket, self._pieces = bucket, pieces
        self._size = pieces[-1].end if pieces else 0
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        piece = next((piece for piece in self._pieces if piece.start <= self._at < piece.end), None)
        if piece is None:
            return 0
        start = self._at - piece.start
        length = min(len(buffer), piece.size - start)
        with _reached():
            content = bytes(obstore.get_range(self._bucket, piece.path, start=start, length=length))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
