"""Headers of the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from backend.api.problems import HttpError
from backend.services.uploads import Description
from contract.errors import ErrorCode

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
PATCH_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
_ALGORITHMS = ("sha256", "sha1", "sha512")
MOST_METADATA = 4096


@dataclass(frozen=True, slots=True)
class Checksum:
    """What Upload-Checksum promises about the body of one request."""

    algorithm: str
    expected: bytes

    def start(self) -> Any:
        """A hashlib object to feed the body to."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def capabilities(max_object: int) -> dict[str, str]:
    """Headers of the answer to OPTIONS."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_object),
        "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
    }


def check_version(headers: Mapping[str, str]) -> None:
    """Raises HttpError(412)."""
    if headers.get("tus-resumable") != VERSION:
        raise HttpError(412, ErrorCode.FORMAT_INVALID, field="Tus-Resumable", headers={"Tus-Version": VERSION})


def check_patch_type(headers: Mapping[str, str]) -> None:
    """Raises HttpError(415)."""
    if media_type(headers) != PATCH_TYPE:
        raise HttpError(415, ErrorCode.FORMAT_INVALID, field="Content-Type")


def media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def number(headers: Mapping[str, str], name: str) -> int:
    """A header that must be a whole number from 0 on. Raises HttpError(400)."""
    text = headers.get(name.lower(), "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise HttpError(400, ErrorCode.FORMAT_INVALID, field=name)
    return int(text)


def description(headers: Mapping[str, str]) -> Description:
    """What is to be uploaded. Raises HttpError(400)."""
    raw = headers.get("upload-metadata", "")
    if len(raw) > MOST_METADATA:
        raise HttpError(400, ErrorCode.TOO_LARGE, field="Upload-Metadata")
    values = _metadata(raw)
    return Description(
        interview_id=values.get("interview_id", ""),
        object_id=values.get("object_id", ""),
        media_type=values.get("media_type", ""),
        sha256=values.get("sha256", ""),
        length=number(headers, "Upload-Length"),
        raw=raw,
    )


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """None when the sender gave none. Raises HttpError(400) for an unknown algorithm or a broken value."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, value = text.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise HttpError(400, ErrorCode.FORMAT_INVALID, field="Upload-Checksum")
    return Checksum(algorithm, _base64(value.strip(), "Upload-Checksum"))


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


def _metadata(raw: str) -> dict[str, str]:
    values = {}
    for pair in filter(None, (part.strip() for part in raw.split(","))):
        key, _, value = pair.partition(" ")
        try:
            values[key] = _base64(value.strip(), "Upload-Metadata").decode("utf-8")
        except UnicodeDecodeError as error:
            raise HttpError(400, ErrorCode.FORMAT_INVALID, field="Upload-Metadata") from error
    return values


def _base64(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise HttpError(400, ErrorCode.FORMAT_INVALID, field=field) from error
