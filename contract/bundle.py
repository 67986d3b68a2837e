"""Bundles: interviews of one device in one file, carried to HR on a stick (docs/bundle.md).

A bundle is a plain tar file whose every byte follows from its signed index: the index says which members follow, in
which order, how long they are and what they hash to. A reader therefore believes no header: it works out what has to
stand in the file and compares. Recordings and personal values in it are as sealed as they are on the device.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO

from pydantic import AwareDatetime, Field, field_validator

from contract.canonical import canonical_json, sha256_hex
from contract.envelope import Envelope, SignedDocument, WireModel, open_envelope, parse_payload
from contract.errors import ErrorCode, XudaError
from contract.events import ObjectRef
from contract.numbers import Count, Ordinal
from contract.tarform import BLOCK, END, header, padding

FORMAT = "xuda-bundle.v1"
SUFFIX = ".xuda"
RECEIPTS_SUFFIX = ".receipts.json"
MOST_INDEX = 16 * 1024 * 1024
MOST_EVENTS = 64 * 1024 * 1024
MOST_MANIFEST = 4 * 1024 * 1024
MOST_INTERVIEWS = 2000
MOST_RECEIPTS = 16 * 1024 * 1024
_INDEX_NAME = f"{FORMAT}/index.json"
_END_NAME = f"{FORMAT}/end.json"
_FAMILY = FORMAT.rstrip("0123456789").encode("ascii")
_SHA256 = r"^[0-9a-f]{64}$"
_PIECE = 1024 * 1024


class Part(WireModel):
    """One member of the file: ``size`` in bytes, ``sha256`` (hex) of its content."""

    size: Ordinal
    sha256: str = Field(pattern=_SHA256)


class BundleInterview(WireModel):
    """What the bundle holds of an interview.

    ``events``: those up to ``last_seq`` that the device still has, one signed envelope per line. ``manifest`` is None
    while the interview is being worked on. ``objects``: the recordings that are in the bundle; the manifest may name
    more.
    """

    interview_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    last_seq: int = Field(ge=1, le=1_000_000)
    events: Part
    manifest: Part | None
    objects: list[ObjectRef]

    @field_validator("objects")
    @classmethod
    def _objects_are_told_apart(cls, objects: list[ObjectRef]) -> list[ObjectRef]:
        names = [ref.object_id for ref in objects]
        if len(set(names)) != len(names) or not all(_usable_id(name) for name in names):
            raise ValueError("object ids")
        return objects


class BundleIndex(SignedDocument):
    """The first member, signed with the device's key."""

    bundle_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    organisation_id: str = Field(max_length=64)
    device_id: str = Field(max_length=64)
    app_version: str = Field(max_length=64)
    created_at: AwareDatetime
    interviews: list[BundleInterview] = Field(min_length=1, max_length=MOST_INTERVIEWS)

    @field_validator("interviews")
    @classmethod
    def _each_interview_once(cls, interviews: list[BundleInterview]) -> list[BundleInterview]:
        if len({item.interview_id for item in interviews}) != len(interviews):
            raise ValueError("interview ids")
        return interviews


class BundleReceipts(SignedDocument):
    """HR's answer to a bundle, to be carried back: receipts as HR signs them, and signed as a whole by HR as well.

    ``withdrawals``: interviews whose deletion HR knows to be wanted; ``certificates`` of those that are deleted.
    ``key_lists``: all of contract.keylist, for a device that hears of the organisation's new keys in no other way.
    ``settings``: a signed contract.settings.SettingsDocument, for the same reason.
    """

    bundle_id: str
    organisation_id: str
    device_id: str
    issued_at: AwareDatetime
    receipts: list[Envelope]
    withdrawals: list[str] = Field(default_factory=list)
    certificates: dict[str, Envelope] = Field(default_factory=dict)
    key_lists: list[Envelope] = Field(default_factory=list)
    settings: Envelope | None = Field(default=None, exclude_if=lambda value: value is None)


class Member(WireModel):
    """A part with its place in the file: ``offset`` is that of its header."""

    name: str
    offset: Count
    size: Count
    sha256: str

    @property
    def content_offset(self) -> int:
        return self.offset + BLOCK

    @property
    def end(self) -> int:
        return self.content_offset + self.size + len(padding(self.size))


class InterviewMembers(WireModel):
    """The members of one interview, in the order of the file. ``objects`` by object id."""

    interview: BundleInterview
    events: Member
    manifest: Member | None
    objects: dict[str, Member]

    @property
    def all(self) -> list[Member]:
        return [self.events, *([self.manifest] if self.manifest else []), *self.objects.values()]


class Layout:
    """Where everything stands in the bundle of ``index``, whose signed form is ``envelope``."""

    def __init__(self, envelope: Envelope, index: BundleIndex) -> None:
        self.index_bytes = envelope.to_bytes()
        self.end_bytes = canonical_json({"index": sha256_hex(self.index_bytes)}) + b"\n"
        self._at = 0
        self._place(_INDEX_NAME, len(self.index_bytes), "")
        self.interviews = [self._interview(item) for item in index.interviews]
        self.end = self._place(_END_NAME, len(self.end_bytes), sha256_hex(self.end_bytes))
        self.total = self.end.end + len(END)

    def _interview(self, item: BundleInterview) -> InterviewMembers:
        folder = f"{FORMAT}/{item.interview_id}"
        events = self._place(f"{folder}/events.jsonl", item.events.size, item.events.sha256)
        signed = item.manifest
        manifest = self._place(f"{folder}/manifest.json", signed.size, signed.sha256) if signed else None
        objects = {
            ref.object_id: self._place(f"{folder}/{ref.object_id}.sealed", ref.size, ref.sha256) for ref in item.objects
        }
        return InterviewMembers(interview=item, events=events, manifest=manifest, objects=objects)

    def _place(self, name: str, size: int, sha256: str) -> Member:
        member = Member(name=name, offset=self._at, size=size, sha256=sha256)
        self._at = member.end
        return member


Content = Callable[[InterviewMembers, Member], Iterable[bytes]]


def write_bundle(envelope: Envelope, index: BundleIndex, content: Content) -> Iterator[bytes]:
    """The bytes of a bundle, piece by piece. ``content`` gives those of each member.

    Raises XudaError(SEALED_DAMAGED) with the member's name as ``field`` when they are not what the index says.
    """
    layout = Layout(envelope, index)
    yield header(_INDEX_NAME, len(layout.index_bytes)) + layout.index_bytes + padding(len(layout.index_bytes))
    for members in layout.interviews:
        for member in members.all:
            yield header(member.name, member.size)
            yield from _checked(member, content(members, member))
            yield padding(member.size)
    yield header(_END_NAME, layout.end.size) + layout.end_bytes + padding(layout.end.size) + END


def _checked(member: Member, pieces: Iterable[bytes]) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        yield piece
    if size != member.size or digest.hexdigest() != member.sha256:
        raise XudaError(ErrorCode.SEALED_DAMAGED, field=member.name)


class BundleReader:
    """A bundle on a disk, opened for reading; ``source`` must be able to seek and stays the caller's.

    ``claimed`` is the index as it says of itself, for finding the device's key; nothing of it counts before
    :meth:`verify`. Raises XudaError(BUNDLE_CUT | BUNDLE_DAMAGED | FORMAT_INVALID | VERSION_TOO_NEW).
    """

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.size = source.seek(0, io.SEEK_END)
        raw = self._read_index()
        try:
            self.envelope = Envelope.from_bytes(raw)
            self.claimed = parse_payload(self.envelope.payload_bytes, BundleIndex)
        except XudaError as error:
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="index") from error
        if self.envelope.to_bytes() != raw:
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="index")
        self._layout = Layout(self.envelope, self.claimed)

    def verify(self, public_keys: Mapping[str, bytes]) -> BundleIndex:
        """The index, once its signature, the file's length and the end mark fit.

        Raises XudaError(KEY_UNKNOWN | SIGNATURE_INVALID | BUNDLE_CUT | BUNDLE_DAMAGED).
        """
        index = open_envelope(self.envelope, BundleIndex, public_keys)
        expected = self._layout.total
        if self.size < expected:
            raise XudaError(ErrorCode.BUNDLE_CUT, size=self.size, expected=expected)
        if self.size > expected:
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="size", size=self.size, expected=expected)
        tail = self._read(self._layout.end.offset, expected - self._layout.end.offset)
        if not any(tail):  # room was made for the whole file, but the copy did not get that far
            raise XudaError(ErrorCode.BUNDLE_CUT, size=self.size, expected=expected)
        mark = self._layout.end_bytes
        if tail != header(_END_NAME, len(mark)) + mark + padding(len(mark)) + END:
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="end")
        return index

    @property
    def interviews(self) -> list[InterviewMembers]:
        return self._layout.interviews

    def pieces(self, member: Member) -> Iterator[bytes]:
        """The content, piece by piece. Raises XudaError(BUNDLE_DAMAGED) with the member's name when it does not fit.

        What was given out before that is not to be used.
        """
        damaged = XudaError(ErrorCode.BUNDLE_DAMAGED, field=member.name)
        if self._read(member.offset, BLOCK) != header(member.name, member.size):
            raise damaged
        digest, at = hashlib.sha256(), member.content_offset
        stop = at + member.size
        while at < stop:
            piece = self._read(at, min(_PIECE, stop - at))
            if not piece:
                raise damaged
            at += len(piece)
            digest.update(piece)
            yield piece
        pad = padding(member.size)
        if digest.hexdigest() != member.sha256 or self._read(stop, len(pad)) != pad:
            raise damaged

    def content(self, member: Member, most: int) -> bytes:
        """All of a small member. Raises XudaError(BUNDLE_DAMAGED | TOO_LARGE)."""
        if member.size > most:
            raise XudaError(ErrorCode.TOO_LARGE, field=member.name, limit=most)
        return b"".join(self.pieces(member))

    def check(self, progress: Callable[[int], None] | None = None) -> None:
        """Read everything once. Raises XudaError(BUNDLE_DAMAGED) naming the first member that does not fit."""
        for members in self.interviews:
            for member in members.all:
                for piece in self.pieces(member):
                    if progress is not None:
                        progress(len(piece))

    def _read(self, offset: int, size: int) -> bytes:
        """Raises XudaError(BUNDLE_DAMAGED) when the medium cannot be read there."""
        parts = []
        try:
            self._source.seek(offset)
            while size > 0 and (part := self._source.read(size)):
                parts.append(part)
                size -= len(part)
        except OSError as error:
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="medium") from error
        return b"".join(parts)

    def _read_index(self) -> bytes:
        head = self._read(0, BLOCK)
        if not any(head):
            raise XudaError(ErrorCode.BUNDLE_CUT, size=self.size)
        size = _index_size(head)
        end = BLOCK + size + len(padding(size))
        if len(head) < BLOCK or self.size < end:
            raise XudaError(ErrorCode.BUNDLE_CUT, size=self.size)
        raw = self._read(BLOCK, size)
        if head != header(_INDEX_NAME, size) or self._read(BLOCK + size, end - BLOCK - size) != padding(size):
            raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="index")
        if raw.endswith(b"\0"):  # JSON does not: room was made, but the copy did not get that far
            raise XudaError(ErrorCode.BUNDLE_CUT, size=self.size)
        return raw


def _index_size(head: bytes) -> int:
    name = _INDEX_NAME.encode("ascii")
    if not head.startswith(name[: len(head)]):
        other_version = head.startswith(_FAMILY) and head[len(_FAMILY) : len(_FAMILY) + 1].isdigit()
        if other_version and not head.startswith(FORMAT.encode("ascii") + b"/"):
            raise XudaError(ErrorCode.VERSION_TOO_NEW)
        raise XudaError(ErrorCode.FORMAT_INVALID, field="bundle")
    digits = head[124:135]
    if len(head) < BLOCK:
        return 1
    if not digits.isdigit() or not 0 < int(digits, 8) <= MOST_INDEX:
        raise XudaError(ErrorCode.BUNDLE_DAMAGED, field="index")
    return int(digits, 8)


def _usable_id(name: str) -> bool:
    return 0 < len(name) <= 64 and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
