"""What was promised by a moment, collected from the remarks in a log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from contract.envelope import Envelope, parse_payload
from contract.manifest import Receipt
from tests.faults.diskserver import Entry


@dataclass
class Promises:
    """``at``: when the newest entry was made (monotonic seconds).

    ``states``: the newest state told of each interview. ``answers`` by interview and question. ``sound``: what was
    handed over of running takes: (take, bytes, when). ``events``, ``objects``, ``offsets``, ``receipts``: what HR has
    acknowledged. ``withdrawn`` and ``purged``: interview -> its key. ``files``: path -> its newest content.
    ``damaged``: digest of the database before it was mended. ``deleted`` at HR: interview -> its files in the store.
    ``keys``: the current public keys; ``destroyed``: private ones. ``backups``: stamp -> recordings named;
    ``backups_gone``, ``keys_gone`` (stamp -> digest): what was taken away of them. ``bundles``: path -> digest.
    ``models``: folders. ``restored``: the data folder. ``reports``: jobs whose reports are made.
    """

    at: float = 0.0
    told: set[str] = field(default_factory=set)
    states: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    drafts: dict[tuple[str, str], str] = field(default_factory=dict)
    sound: list[tuple[str, int, float]] = field(default_factory=list)
    withdrawn: dict[str, str] = field(default_factory=dict)
    devices: set[str] = field(default_factory=set)
    events: dict[tuple[str, int], str] = field(default_factory=dict)
    objects: set[tuple[str, str]] = field(default_factory=set)
    offsets: dict[str, int] = field(default_factory=dict)
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    purged: dict[str, str] = field(default_factory=dict)
    damaged: str = ""
    deleted: dict[str, list[str]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    backups: dict[str, int] = field(default_factory=dict)
    backups_gone: set[str] = field(default_factory=set)
    keys_gone: dict[str, str] = field(default_factory=dict)
    bundles: dict[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    restored: str = ""
    reports: set[str] = field(default_factory=set)

    def feed(self, entry: Entry) -> None:
        self.at = entry.at
        if entry.kind == "mark":
            facts = json.loads(entry.values[0])
            promise = facts.pop("promise")
            self.told.add(promise)
            handler = getattr(self, f"_on_{promise}", None)
            if handler is not None:
                handler(**facts)

    def _on_state(self, interview: str, state: str) -> None:
        self.states[interview] = state

    def _on_answer(self, interview: str, question: str, **answer: Any) -> None:
        self.answers[interview, question] = answer
        self.drafts.pop((interview, question), None)

    def _on_draft(self, interview: str, question: str, text: str) -> None:
        self.drafts[interview, question] = text

    def _on_sound(self, take: str, bytes: int) -> None:
        self.sound.append((take, bytes, self.at))

    def _on_withdrawn(self, interview: str, key: str) -> None:
        self.withdrawn[interview] = key

    def _on_file(self, path: str, content: str) -> None:
        self.files[path] = content

    def _on_reported(self, job: str) -> None:
        self.reports.add(job)

    def _on_file_given_up(self, path: str) -> None:
        self.files.pop(path)

    def _on_purged(self, interview: str, key: str) -> None:
        self.purged[interview] = key

    def _on_damaged(self, content: str) -> None:
        self.damaged = content

    def _on_deleted(self, interview: str, files: list[str]) -> None:
        self.deleted[interview] = files

    def _on_rotated(self, keys: list[str], destroyed: str) -> None:
        self.keys = keys
        self.destroyed.append(destroyed)

    def _on_backup(self, stamp: str, objects: int) -> None:
        self.backups[stamp] = objects

    def _on_backup_gone(self, stamp: str) -> None:
        self.backups_gone.add(stamp)

    def _on_keys_gone(self, stamp: str, sha256: str) -> None:
        self.keys_gone[stamp] = sha256

    def _on_bundle(self, path: str, sha256: str) -> None:
        self.bundles[path] = sha256

    def _on_model(self, path: str) -> None:
        self.models.append(path)

    def _on_restored(self, path: str) -> None:
        self.restored = path

    def _on_receipted(self, receipts: list[Any]) -> None:
        for envelope in receipts:
            self._receipt(Envelope.model_validate(envelope))

    def _on_reply(
        self, method: str, path: str, status: int, offset: str | None, location: str | None, body: Any
    ) -> None:
        parts = path.strip("/").split("/")
        if parts[1:2] == ["files"]:
            self._uploaded(method, (location or path).rpartition("/")[2], status, offset)
        elif status == 200 and parts[1:] == ["enrol"]:
            document = Envelope.model_validate(body["organisation"])
            self.devices.add(json.loads(document.payload_bytes)["device_id"])
        elif status in (200, 201) and parts[3:4] == ["events"]:
            self.events[body["interview_id"], body["seq"]] = body["digest"]
        elif status == 200 and parts[3:4] == ["manifests"] and body["receipt"] is not None:
            self._receipt(Envelope.model_validate(body["receipt"]))

    def _receipt(self, envelope: Envelope) -> None:
        receipt = parse_payload(envelope.payload_bytes, Receipt)
        self.receipts.setdefault(receipt.interview_id, []).append(receipt)
        self.objects.update((receipt.interview_id, ref.object_id) for ref in receipt.objects)

    def _uploaded(self, method: str, upload: str, status: int, offset: str | None) -> None:
        if method == "DELETE" and status == 204:
            self.offsets.pop(upload, None)
        elif status < 300 and offset is not None:
            self.offsets[upload] = int(offset)
