"""How a camera or a microphone is named in settings: by name, index, URL or file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from contract.errors import ErrorCode, XudaError


class SpecKind(StrEnum):
    DEFAULT = "default"
    NAME = "name"
    INDEX = "index"
    URL = "url"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """A parsed device setting. ``value`` is the name, the digits, the URL or the path; empty for the default."""

    kind: SpecKind
    value: str = ""

    @property
    def index(self) -> int:
        return int(self.value)

    @property
    def path(self) -> Path:
        return Path(self.value)


def parse_spec(text: str) -> DeviceSpec:
    """Read ``name:…``, ``index:N``, ``file:…``, a URL, bare digits or a bare name; empty is the system default.

    Raises XudaError(SETTING_INVALID) for an index that is no number and for a prefix without a value.
    """
    text = text.strip()
    if not text:
        return DeviceSpec(SpecKind.DEFAULT)
    prefix, colon, rest = text.partition(":")
    prefix = prefix.lower()
    if colon and prefix == "index":
        if not rest.strip().isdecimal():
            raise XudaError(ErrorCode.SETTING_INVALID, field="device", value=text)
        return DeviceSpec(SpecKind.INDEX, str(int(rest)))
    if colon and prefix == "file":
        return DeviceSpec(SpecKind.FILE, _file_path(text, rest))
    if colon and prefix == "name":
        if not rest.strip():
            raise XudaError(ErrorCode.SETTING_INVALID, field="device", value=text)
        return DeviceSpec(SpecKind.NAME, rest.strip())
    if "://" in text:
        return DeviceSpec(SpecKind.URL, text)
    if text.isdecimal():
        return DeviceSpec(SpecKind.INDEX, str(int(text)))
    return DeviceSpec(SpecKind.NAME, text)


def _file_path(text: str, rest: str) -> str:
    if rest.startswith("//"):
        return url2pathname(urlsplit(text).path)
    if not rest:
        raise XudaError(ErrorCode.SETTING_INVALID, field="device", value=text)
    return rest


def name_matches(wanted: str, name: str) -> bool:
    """True when ``wanted`` is part of ``name``, whatever the case."""
    return wanted.casefold() in name.casefold()
