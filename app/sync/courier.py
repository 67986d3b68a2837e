"""Takes one item to the backend, and settles what the backend says is missing."""

from __future__ import annotations

import logging

from app.storage.outbox import ItemKind, OutboxItem
from app.sync.api import DeviceApi
from app.sync.failures import Fate, TransportError
from app.sync.ports import Books
from app.sync.uploader import Upload, Uploader
from contract.api import InterviewCheck
from contract.envelope import parse_payload
from contract.errors import ErrorCode
from contract.events import Event, EventType

log = logging.getLogger(__name__)

_EXITS = frozenset({EventType.PAUSED, EventType.ABANDONED, EventType.FINISHED, EventType.DECLINED})


class Courier:
    """Every call may be repeated: what was delivered before and is sent again changes nothing."""

    def __init__(self, api: DeviceApi, uploader: Uploader, books: Books) -> None:
        self._api = api
        self._uploader = uploader
        self._books = books
        # Objects the backend lacks although their upload was confirmed: for these its word is not taken again.
        self._distrusted: set[tuple[str, str]] = set()
        self._left: set[str] = set()
        self._withdrawn = False

    def deliver(self, item: OutboxItem) -> bool:
        """True when the backend has confirmed the item and the outbox knows; False when it cannot be sent yet.

        Raises TransportError, XudaError for what is wrong on this side, OSError when a file cannot be read.
        """
        try:
            return self._deliver(item)
        except TransportError as error:
            gone = error.code is ErrorCode.DELETED and error.fate is Fate.FINAL
            if gone and self._books.deleted_at_hr(item.interview_id):
                return True
            raise

    def take_left(self) -> set[str]:
        """Interviews whose candidate has left, as the backend was told since the last call."""
        left, self._left = self._left, set()
        return left

    def take_withdrawn(self) -> bool:
        """Whether the backend was told of a withdrawal since the last call."""
        told, self._withdrawn = self._withdrawn, False
        return told

    def check(self, interview_id: str) -> bool:
        """Ask what the backend holds of an interview; what it lacks goes back into the outbox. True: nothing lacked."""
        remote = self._api.check(interview_id)
        seqs, objects = self._differences(interview_id, remote)
        return self._send_again(interview_id, seqs, objects)

    def _deliver(self, item: OutboxItem) -> bool:
        if item.kind is ItemKind.EVENT:
            self._deliver_event(item)
        elif item.kind is ItemKind.OBJECT:
            self._deliver_object(item)
        else:
            return self._deliver_manifest(item)
        return True

    def _deliver_event(self, item: OutboxItem) -> None:
        seq = int(item.ref)
        envelope = self._books.event(item.interview_id, seq)
        self._api.put_event(item.interview_id, seq, envelope)
        self._books.done(item)
        kind = parse_payload(envelope.payload_bytes, Event).kind
        if kind in _EXITS:
            self._left.add(item.interview_id)
        self._withdrawn = self._withdrawn or kind is EventType.WITHDRAWN

    def _deliver_object(self, item: OutboxItem) -> None:
        path, ref = self._books.object_file(item.interview_id, item.ref)
        key = (item.interview_id, item.ref)
        upload = Upload(item.interview_id, path, ref)
        self._uploader.upload(upload, anew=key in self._distrusted, wanted=lambda: self._books.waits(item))
        self._distrusted.discard(key)
        self._books.done(item)

    def _deliver_manifest(self, item: OutboxItem) -> bool:
        found = self._books.manifest(item.interview_id)
        if found is None:
            return False
        envelope, manifest = found
        size = sum(ref.size for ref in manifest.objects)
        reply = self._api.put_manifest(item.interview_id, manifest.serial, envelope, size)
        if reply.receipt is None:
            self._send_again(item.interview_id, reply.missing_events, reply.missing_objects)
            raise TransportError(ErrorCode.SERVER_MISMATCH, Fate.RETRY)
        self._books.save_receipt(item.interview_id, reply.receipt)
        self._books.done(item)
        return True

    def _differences(self, interview_id: str, remote: InterviewCheck) -> tuple[list[int], list[str]]:
        local, pending = self._books.compare_base(interview_id)
        waiting = {(item.kind, item.ref) for item in pending if item.interview_id == interview_id}
        there = {ref.object_id: (ref.size, ref.sha256) for ref in remote.objects}
        seqs = [
            seq
            for seq, digest in sorted(local.events.items())
            if remote.events.get(seq) != digest and (ItemKind.EVENT, str(seq)) not in waiting
        ]
        objects = [
            ref.object_id
            for ref in local.objects
            if there.get(ref.object_id) != (ref.size, ref.sha256) and (ItemKind.OBJECT, ref.object_id) not in waiting
        ]
        return seqs, objects

    def _send_again(self, interview_id: str, seqs: list[int], objects: list[str]) -> bool:
        if not seqs and not objects:
            return True
        log.warning("the backend lacks %d events and %d objects of an interview: sent again", len(seqs), len(objects))
        self._distrusted.update((interview_id, object_id) for object_id in objects)
        self._books.requeue(interview_id, seqs, objects)
        return False
