"""The report as one ZIP: PDF, JSON, recordings and a list of SHA-256 sums."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO

from contract.canonical import sha256_hex
from report.model import AnswerInfo, InterviewReport

CHUNK = 256 * 1024
SUMS_NAME = "SHA256SUMS.txt"
Media = tuple[str, Callable[[], BinaryIO]]
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_EXTENSIONS = {
    "video/webm": "webm",
    "audio/webm": "weba",
    "video/mp4": "mp4",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
}
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A file name that is the same and harmless on Windows, macOS and Linux; at most 100 characters."""
    cleaned = _UNSAFE.sub("_", name).strip("._") or "file"
    return f"_{cleaned}"[:100] if _RESERVED.match(cleaned) else cleaned[:100]


def media_name(number: int, answer: AnswerInfo, object_id: str, media_type: str) -> str:
    """Name of a recording in the archive; ``number`` is the answer's place in the report, from 1."""
    extension = _EXTENSIONS.get(media_type.partition(";")[0].strip().lower(), "bin")
    return safe_name(f"{number:02d}-{answer.question_id}-{object_id[:8]}") + f".{extension}"


def report_json(report: InterviewReport) -> bytes:
    return report.model_dump_json(indent=2).encode("utf-8")


def stream_archive(report: InterviewReport, pdf: bytes, media: Iterable[Media]) -> Iterator[bytes]:
    """The archive piece by piece; no recording is ever whole in memory or on the disk.

    ``media``: names (made safe and unique here) with functions that open the decrypted stream. Errors of a stream
    pass through: the reader sees a cut archive, never one that looks complete.
    """
    packing = Packing()
    yield packing.add("report.pdf", pdf)
    yield packing.add("report.json", report_json(report))
    yield from packing.copy_all("media", media)
    yield packing.end()


class Packing:
    """An archive in the making. Each step gives the bytes that are ready; the last one is :meth:`end`."""

    def __init__(self) -> None:
        self._drain = _Drain()
        self._archive = zipfile.ZipFile(self._drain, "w", zipfile.ZIP_STORED)
        self._sums: list[str] = []

    def add(self, path: str, data: bytes) -> bytes:
        self._archive.writestr(path, data, zipfile.ZIP_DEFLATED)
        self._sums.append(f"{sha256_hex(data)}  {path}\n")
        return self._drain.take()

    def copy_all(self, folder: str, media: Iterable[Media]) -> Iterator[bytes]:
        """Recordings into a folder, piece by piece; their names are made safe and unique in it."""
        taken: set[str] = set()
        for name, opener in media:
            path = f"{folder}/{_unique(safe_name(name), taken)}"
            digest = hashlib.sha256()
            with opener() as source, self._archive.open(path, "w", force_zip64=True) as entry:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    entry.write(chunk)
                    yield self._drain.take()
            self._sums.append(f"{digest.hexdigest()}  {path}\n")

    def end(self) -> bytes:
        """With the list of SHA-256 sums."""
        self._archive.writestr(SUMS_NAME, "".join(self._sums))
        self._archive.close()
        return self._drain.take()


def _unique(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    candidate, number = name, 1
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem or name}-{number}{dot}{extension if stem else ''}"
    taken.add(candidate.lower())
    return candidate


class _Drain(io.RawIOBase):
    """A write-only file whose content is taken away as it comes; it cannot seek, so sizes follow each entry."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
