"""A form with large files, written to the disk as it comes: neither memory nor another folder holds it.

The framework's own form parser spills to the system's temporary folder, which may be small and is not ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, BinaryIO

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from backend.objects.store import ObjectStore
from contract.errors import ErrorCode, XudaError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_FIELD = 4096
_SILENCE = 60.0
_MOST_HEAD = 8192
_MOST_FILES = 100
_LONGEST_NAME = 120


@dataclass
class Staged:
    """A file of the form on the disk; ``name`` is what it was called, for showing only."""

    name: str
    path: Path
    size: int


@dataclass
class _Part:
    """``name`` of the field; ``file`` None for a plain field, whose bytes are in ``value``."""

    head: bytearray = field(default_factory=bytearray)
    label: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    name: str = ""
    file: BinaryIO | None = None
    staged: Staged | None = None
    value: bytearray = field(default_factory=bytearray)
    skip: bool = False


class LargeForm:
    """Parses one multipart body. ``before_files(fields)`` is called when the first file begins, and may refuse it.

    All of ``staged`` belongs to the caller once :meth:`receive` has returned; after an error nothing is left.
    """

    def __init__(self, store: ObjectStore, before_files: Callable[[dict[str, str]], None]) -> None:
        self.fields: dict[str, str] = {}
        self.staged: list[Staged] = []
        self._store = store
        self._before_files = before_files
        self._part = _Part()
        self._ended = False

    async def receive(self, request: Request) -> None:
        """Raises XudaError(FORMAT_INVALID | TOO_LARGE), ClientDisconnect, OSError, and what ``before_files`` raises."""
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="form")
        try:
            parser = MultipartParser(boundary, self._callbacks())
            async for chunk in _chunks(request):
                await run_in_threadpool(parser.write, chunk)
            if not self._ended:
                raise XudaError(ErrorCode.FORMAT_INVALID, field="form")
        except FormParserError as error:
            self.discard()
            raise XudaError(ErrorCode.FORMAT_INVALID, field="form") from error
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove every file of the form."""
        if self._part.file is not None:
            self._part.file.close()
        for staged in self.staged:
            staged.path.unlink(missing_ok=True)
        self.staged.clear()

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all,
        }

    def _begin(self) -> None:
        self._part = _Part()

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.label += data[start:end]
        self._limit(self._part.label, _MOST_HEAD)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.head += data[start:end]
        self._limit(self._part.head, _MOST_HEAD)

    def _header_end(self) -> None:
        part = self._part
        if bytes(part.label).lower() == b"content-disposition":
            part.disposition = bytes(part.head)
        part.label.clear()
        part.head.clear()

    def _headers_finished(self) -> None:
        part = self._part
        _, options = parse_options_header(part.disposition)
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        name = _shown_name(options[b"filename"].decode("utf-8", "replace"))
        if not name:  # no file was chosen
            part.skip = True
            return
        if not self.staged:
            self._before_files(self.fields)
        if len(self.staged) >= _MOST_FILES:
            raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=_MOST_FILES)
        path, part.file = self._store.stage()
        part.staged = Staged(name, path, 0)
        self.staged.append(part.staged)

    def _data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.file is not None and part.staged is not None:
            part.file.write(data[start:end])
            part.staged.size += end - start
        elif not part.skip:
            part.value += data[start:end]
            self._limit(part.value, _MOST_FIELD)

    def _end(self) -> None:
        part = self._part
        if part.file is not None:
            part.file.close()  # not synced: after a crash nobody knows of it, and the form is sent again
            part.file = None
        elif not part.skip:
            self.fields[part.name] = part.value.decode("utf-8", "replace")

    def _all(self) -> None:
        self._ended = True

    @staticmethod
    def _limit(value: bytearray, most: int) -> None:
        if len(value) > most:
            raise XudaError(ErrorCode.TOO_LARGE, field="form", limit=most)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """Raises ClientDisconnect also for a sender that has been silent for a minute."""
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), _SILENCE)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise ClientDisconnect from error


def _shown_name(given: str) -> str:
    """The last part of the name a browser gives, without what could not be printed."""
    last = PureWindowsPath(PurePosixPath(given).name).name
    return "".join(c if c.isprintable() else "?" for c in last)[-_LONGEST_NAME:]
