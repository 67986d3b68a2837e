"""Booths that deliver interviews to a server that is killed again and again, and remember what they were told."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import requests

from contract import events as ev
from contract.api import ManifestReply
from contract.certificate import DeletionCertificate
from contract.envelope import Envelope, open_envelope
from contract.events import EventType
from contract.manifest import Manifest, Receipt, check_receipt
from tests.backend import tus
from tests.backend.world import Booth, Sealed, Talk

CHUNK = 96 * 1024
MOST_TRIES = 200
# one interview in so many is withdrawn after its receipt; the first booth begins with one
WITHDRAWS = 4


class Stopped(Exception):
    """The campaign is over."""


@dataclass
class Told:
    """What the server has promised about one interview."""

    talk: Talk
    events: dict[int, str] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)
    objects: list[Sealed] = field(default_factory=list)
    manifest: tuple[Manifest, Envelope] | None = None
    receipt: Receipt | None = None
    withdrawn: bool = False
    certificate: DeletionCertificate | None = None


class Line:
    """The way to the server: up or down."""

    def __init__(self) -> None:
        self._up = threading.Event()
        self.stopping = threading.Event()

    def connect(self) -> None:
        self._up.set()

    def cut(self) -> None:
        self._up.clear()

    def wait(self) -> None:
        """Until there is a server. Raises Stopped."""
        while not self._up.wait(0.1):
            if self.stopping.is_set():
                raise Stopped
        if self.stopping.is_set():
            raise Stopped


class Worker(threading.Thread):
    """One booth: interview after interview. ``failures``: promises that were seen broken."""

    def __init__(self, booth: Booth, invitations: list[str], line: Line, seed: int) -> None:
        super().__init__(daemon=True)
        self.booth, self._invitations, self._line = booth, invitations, line
        self._random = random.Random(seed)
        self._place = (seed + 1) % WITHDRAWS
        self.told: list[Told] = []
        self.failures: list[str] = []
        self.answers = 0

    def run(self) -> None:
        try:
            for invitation in self._invitations:
                told = Told(Talk(self.booth, invitation))
                self.told.append(told)
                self._interview(told)
        except Stopped:
            pass
        except Exception as error:  # a booth that gives up is a finding
            self.failures.append(f"{self._name_of(self.told[-1])}: {type(error).__name__}: {error}"[:400])

    def finish(self, told: Told) -> None:
        """Deliver what a kill at the end has left undone."""
        with contextlib.suppress(Stopped):  # a server that only fails has been noted
            if told.receipt is None and not told.withdrawn:
                self._deliver(told)
            if told.withdrawn and told.certificate is None:
                self._fetch_certificate(told)

    def _interview(self, told: Told) -> None:
        talk = told.talk
        talk.started()
        talk.consented()
        for question in ("q1", "q1-again"):
            size = self._random.randrange(1_000, 400_000)
            sealed = talk.seal(self._random.randbytes(size))
            told.objects.append(sealed)
            talk.spoken(sealed, question="q1" if question == "q1" else "q2")
            talk.heard("something said", question="q1" if question == "q1" else "q2")
        talk.finished()
        self._deliver(told)
        if len(self.told) % WITHDRAWS == self._place:
            told.withdrawn = True
            talk.add(EventType.WITHDRAWN, ev.WithdrawnData())
            self._put(told, max(talk.envelopes))
            self._fetch_certificate(told)

    def _deliver(self, told: Told) -> None:
        for seq in told.talk.envelopes:
            if seq not in told.events:
                self._put(told, seq)
        while told.receipt is None:
            for sealed in told.objects:
                self._upload(told, sealed)
            self._ask_receipt(told)

    def _put(self, told: Told, seq: int) -> None:
        answer = self._try(told, lambda: told.talk.put(seq))
        if answer.status_code in (200, 201):
            told.events[seq] = told.talk.envelopes[seq].digest
        elif not (told.withdrawn and answer.status_code == 410):
            self._broken(told, f"event {seq} got {answer.status_code}")

    def _upload(self, told: Told, sealed: Sealed) -> None:
        for _ in range(MOST_TRIES):
            answer = self._try(told, lambda: tus.create(told.talk, sealed))
            if answer.status_code != 201:
                self._broken(told, f"creation got {answer.status_code}")
                return
            url = self.booth.url + answer.headers["Location"]
            offset = int(answer.headers["Upload-Offset"])
            if offset < told.offsets.get(sealed.object_id, 0):
                self._broken(told, f"{offset} bytes of {told.offsets[sealed.object_id]} acknowledged ones are left")
                told.offsets[sealed.object_id] = offset
            if self._send(told, sealed, url, offset):
                return
        self._broken(told, "an upload comes to no end")

    def _send(self, told: Told, sealed: Sealed, url: str, offset: int) -> bool:
        """False when the server wants to be asked again where to go on."""
        while offset < len(sealed.data):
            chunk = sealed.data[offset : offset + CHUNK]
            headers = {"Upload-Checksum": tus.checksum(chunk)}
            at = offset
            answer = self._try(
                told, lambda at=at, chunk=chunk, h=headers: tus.patch(self.booth, url, at, chunk, **h), again=False
            )
            if answer is None or answer.status_code in (404, 409, 423, 460):
                return False
            if answer.status_code != 204:
                self._broken(told, f"a chunk got {answer.status_code}")
                return False
            offset = int(answer.headers["Upload-Offset"])
            told.offsets[sealed.object_id] = offset
        return True

    def _ask_receipt(self, told: Told) -> None:
        if told.manifest is None:  # the same bytes each time, as a device keeps them
            made = told.talk.manifest([sealed.ref for sealed in told.objects])
            told.manifest = made, self.booth.sign(made)
        manifest, envelope = told.manifest
        answer = self._try(told, lambda: told.talk.deliver(envelope))
        if answer.status_code != 200:
            self._broken(told, f"the manifest got {answer.status_code}: {answer.text[:100]}")
            raise Stopped
        reply = ManifestReply.model_validate_json(answer.content)
        if reply.receipt is None:
            for object_id in reply.missing_objects:
                told.offsets.pop(object_id, None)
            for seq in reply.missing_events:
                if seq in told.events:
                    self._broken(told, f"acknowledged event {seq} is missing")
                    self._put(told, seq)
            return
        receipt = open_envelope(reply.receipt, Receipt, self.booth.organisation_keys)
        check_receipt(receipt, manifest, envelope.digest)
        told.receipt = receipt

    def _fetch_certificate(self, told: Told) -> None:
        path = f"/v1/interviews/{told.talk.interview_id}/deletion-certificate"
        for _ in range(MOST_TRIES):
            answer = self._try(told, lambda: self.booth.call("GET", path))
            if answer.status_code == 200:
                found = Envelope.from_bytes(answer.content)
                told.certificate = open_envelope(found, DeletionCertificate, self.booth.organisation_keys)
                return
            if answer.status_code != 202:
                self._broken(told, f"the certificate got {answer.status_code}")
                return
            self._line.stopping.wait(0.05)
        self._broken(told, "no certificate comes")

    def _try(self, told: Told, ask: Callable[[], requests.Response], *, again: bool = True) -> requests.Response:
        """Ask until somebody answers. Without ``again`` a lost answer ends in None."""
        refused = 0
        while True:
            self._line.wait()
            try:
                answer = ask()
            except requests.RequestException:
                if not again:
                    return None  # type: ignore[return-value]
                time.sleep(0.01)
                continue
            self.answers += 1
            if answer.status_code < 500:
                return answer
            refused += 1
            self._broken(told, f"{answer.request.method} got {answer.status_code}: {answer.text[:200]}")
            if refused > 3:
                raise Stopped

    def _broken(self, told: Told, what: str) -> None:
        self.failures.append(f"{self._name_of(told)}: {what}")

    @staticmethod
    def _name_of(told: Told) -> str:
        return f"interview {told.talk.interview_id}"
