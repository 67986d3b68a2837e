"""A form with files that are personal and not sealed yet, or small: held in memory, never on a disk, up to a bound.

The framework's own form parser would spill what is larger than a megabyte to a temporary file in clear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from contract.errors import ErrorCode, XudaError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_BYTES = 32 * 1024 * 1024
_MOST_FIELD, _MOST_HEAD, _MOST_FILES = 4096, 8192, 500


@dataclass
class _Part:
    label: bytearray = field(default_factory=bytearray)
    head: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    name: str = ""
    file: str | None = None
    value: bytearray = field(default_factory=bytearray)


class MemoryForm:
    """``fields`` and ``files`` (name, content) of one form. ``before_files(fields)`` may refuse the first.

    ``most``: bytes of the whole form.
    """

    def __init__(self, before_files: Callable[[dict[str, str]], None], *, most: int = MOST_BYTES) -> None:
        self._most = most
        self.fields: dict[str, str] = {}
        self.files: list[tuple[str, bytes]] = []
        self._before_files = before_files
        self._part = _Part()
        self._ended = False

    async def receive(self, request: Request) -> None:
        """Raises XudaError(FORMAT_INVALID | TOO_LARGE), ClientDisconnect, and what ``before_files`` raises."""
        if int(request.headers.get("content-length", "0")) > self._most:
            raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=self._most)
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="form")
        total = 0
        try:
            parser = MultipartParser(boundary, self._callbacks())
            async for chunk in request.stream():
                total += len(chunk)
                if total > self._most:
                    raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=self._most)
                parser.write(chunk)
        except FormParserError as error:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="form") from error
        if not self._ended:
            raise XudaError(ErrorCode.FORMAT_INVALID, field="form")

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._label,
            "on_header_value": self._head,
            "on_header_end": self._head_end,
            "on_headers_finished": self._heads_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all,
        }

    def _begin(self) -> None:
        self._part = _Part()

    def _label(self, data: bytes, start: int, end: int) -> None:
        _add(self._part.label, data[start:end], _MOST_HEAD)

    def _head(self, data: bytes, start: int, end: int) -> None:
        _add(self._part.head, data[start:end], _MOST_HEAD)

    def _head_end(self) -> None:
        part = self._part
        if bytes(part.label).lower() == b"content-disposition":
            part.disposition = bytes(part.head)
        part.label.clear()
        part.head.clear()

    def _heads_end(self) -> None:
        part = self._part
        _, options = parse_options_header(part.disposition)
        part.name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            part.file = options[b"filename"].decode("utf-8", "replace")
            if part.file:
                if not self.files:
                    self._before_files(self.fields)
                if len(self.files) >= _MOST_FILES:
                    raise XudaError(ErrorCode.TOO_LARGE, field="files", limit=_MOST_FILES)

    def _data(self, data: bytes, start: int, end: int) -> None:
        _add(self._part.value, data[start:end], self._most if self._part.file else _MOST_FIELD)

    def _end(self) -> None:
        part = self._part
        if part.file:
            name = part.file.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
            self.files.append((name, bytes(part.value)))
        elif part.file is None:
            self.fields[part.name] = part.value.decode("utf-8", "replace")

    def _all(self) -> None:
        self._ended = True


def _add(value: bytearray, data: bytes, most: int) -> None:
    value += data
    if len(value) > most:
        raise XudaError(ErrorCode.TOO_LARGE, field="form", limit=most)
