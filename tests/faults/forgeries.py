"""Receipts that are not what they say, as bytes on the wire: forged, stale, foreign, mangled."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contract.canonical import b64decode, b64encode, canonical_json
from contract.envelope import Envelope, sign
from contract.events import ObjectRef
from contract.keys import SigningKey
from contract.manifest import Manifest, Receipt
from tests.storage.office import Office

# order of the group of Ed25519: a signature plus it verifies too where nobody looks at the range
_ORDER = 2**252 + 27742317777372353535851937790883648493
_FULL_WIDTH = {ord("0") + n: 0xFF10 + n for n in range(10)}
Sent = tuple[Envelope, Manifest]


@dataclass(frozen=True)
class Case:
    """``sent`` is the interview's newest manifest (with at least two recordings), ``older`` one before it, ``other``
    another interview's; all signed by ``device``."""

    office: Office
    device: SigningKey
    sent: Sent
    older: Sent
    other: Sent

    def fields(self, sent: Sent | None = None, **changes: Any) -> dict[str, Any]:
        envelope, manifest = sent or self.sent
        fields = {
            "receipt_id": "receipt-1",
            "interview_id": manifest.interview_id,
            "manifest_digest": envelope.digest,
            "serial": manifest.serial,
            "last_seq": manifest.last_seq,
            "events_digest": manifest.events_digest,
            "objects": [ref.model_dump() for ref in manifest.objects],
            "issued_at": "2026-11-20T08:00:00Z",
        }
        return fields | changes

    def signed(self, payload: bytes, key: SigningKey | None = None, kind: str | None = None) -> dict[str, Any]:
        """An envelope, as JSON values, with a signature over exactly ``payload``."""
        key, kind = key or self.office.key, kind or Receipt.payload_type()
        signature = key.sign(_pae(kind, payload))
        return {
            "payloadType": kind,
            "payload": b64encode(payload),
            "signatures": [{"keyid": key.key_id, "sig": b64encode(signature)}],
        }

    def honest(self) -> dict[str, Any]:
        return self.signed(canonical_json(self.fields()))

    def says(self, **changes: Any) -> dict[str, Any]:
        """Signed by the organisation itself, but saying something else."""
        return self.signed(canonical_json(self.fields(**changes)))

    def objects(self, *changes: dict[str, Any]) -> list[dict[str, Any]]:
        """The recordings, the n-th with the n-th change."""
        found = [ref.model_dump() for ref in self.sent[1].objects]
        return [ref | (changes[n] if n < len(changes) else {}) for n, ref in enumerate(found)]


Forge = Callable[[Case], dict[str, Any] | bytes]


def _pae(kind: str, payload: bytes) -> bytes:
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)


def _with(case: Case, **changes: Any) -> dict[str, Any]:
    """The honest envelope with other parts around its payload."""
    return case.honest() | changes


def _signature(case: Case, **changes: Any) -> dict[str, Any]:
    envelope = case.honest()
    return envelope | {"signatures": [envelope["signatures"][0] | changes]}


def _raw_signature(case: Case, change: Callable[[bytes], bytes]) -> dict[str, Any]:
    return _signature(case, sig=b64encode(change(b64decode(case.honest()["signatures"][0]["sig"]))))


def _payload(case: Case, change: Callable[[bytes], bytes]) -> dict[str, Any]:
    """Another payload under the honest signature."""
    return _with(case, payload=b64encode(change(canonical_json(case.fields()))))


def _claiming(case: Case, key: SigningKey) -> dict[str, Any]:
    """Signed with ``key`` in the organisation's name."""
    envelope = case.signed(canonical_json(case.fields()), key)
    envelope["signatures"][0]["keyid"] = case.office.key.key_id
    return envelope


def _borrowed(case: Case, document: Envelope) -> dict[str, Any]:
    return _signature(case, sig=document.signatures[0].sig)


def _malleable(raw: bytes) -> bytes:
    return raw[:32] + ((int.from_bytes(raw[32:], "little") + _ORDER) % 2**256).to_bytes(32, "little")


def _unused_bits(text: str) -> str:
    """Another last character with the same bytes behind it, where there are bits to spare."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + alphabet[alphabet.index(text[-1]) ^ 1]


def _spare(case: Case) -> dict[str, Any]:
    # a payload whose length leaves bits to spare
    padding = next(n for n in range(3) if (len(canonical_json(case.fields(receipt_id="r" * n))) % 3) != 0)
    envelope = case.signed(canonical_json(case.fields(receipt_id="r" * padding)))
    return envelope | {"payload": _unused_bits(envelope["payload"])}


def _unsigned_type(case: Case, kind: str) -> dict[str, Any]:
    return _with(case, payloadType=kind)


def _device_envelope(case: Case) -> dict[str, Any]:
    return case.sent[0].model_dump()


def _swapped(case: Case) -> dict[str, Any]:
    one, two, *_ = case.sent[1].objects
    return case.says(objects=case.objects({"sha256": two.sha256}, {"sha256": one.sha256}))


def _ref() -> dict[str, Any]:
    return ObjectRef(object_id="more", media_type="video/webm", size=1, sha256="0" * 64).model_dump()


def _other_device(case: Case) -> dict[str, Any]:
    """For the same manifest signed by another device: its bytes differ in nothing but who signed."""
    theirs = case.sent[1].model_copy(update={"device_id": "device-2"})
    return case.says(manifest_digest=sign(theirs, SigningKey.generate()).digest)


def _first(case: Case) -> dict[str, Any]:
    return case.objects()[0]


FORGERIES: dict[str, Forge] = {
    # who signed
    "another key": lambda c: c.signed(canonical_json(c.fields()), SigningKey.generate()),
    "another key in the organisation's name": lambda c: _claiming(c, SigningKey.generate()),
    "the device's key": lambda c: c.signed(canonical_json(c.fields()), c.device),
    "the device's key in the organisation's name": lambda c: _claiming(c, c.device),
    "the device named as signer": lambda c: _signature(c, keyid=c.device.key_id),
    "no signer": lambda c: _signature(c, keyid=""),
    "signer in capitals": lambda c: _signature(c, keyid=c.office.key.key_id.upper() + " "),
    "signer with a space": lambda c: _signature(c, keyid=c.office.key.key_id + " "),
    "signer cut short": lambda c: _signature(c, keyid=c.office.key.key_id[:8]),
    # the signature
    "signature of another receipt": lambda c: _borrowed(c, c.office.receipt(*c.sent, receipt_id="another")),
    "signature of a roster": lambda c: _borrowed(c, c.office.roster([])),
    "signature of the enrolment": lambda c: _borrowed(c, c.office.enrol()[1]),
    "signature of the manifest": lambda c: _borrowed(c, c.sent[0]),
    "empty signature": lambda c: _signature(c, sig=""),
    "signature cut short": lambda c: _raw_signature(c, lambda raw: raw[:63]),
    "signature with one byte more": lambda c: _raw_signature(c, lambda raw: raw + b"\0"),
    "signature twice in one": lambda c: _raw_signature(c, lambda raw: raw + raw),
    "signature with a flipped bit": lambda c: _raw_signature(c, lambda raw: bytes([raw[0] ^ 1]) + raw[1:]),
    "signature of zeros": lambda c: _raw_signature(c, lambda raw: bytes(64)),
    "signature of ones": lambda c: _raw_signature(c, lambda raw: b"\xff" * 64),
    "signature moved by the group's order": lambda c: _raw_signature(c, _malleable),
    "signature with spare bits set": lambda c: _signature(c, sig=_unused_bits(c.honest()["signatures"][0]["sig"])),
    "signature padded": lambda c: _signature(c, sig=c.honest()["signatures"][0]["sig"] + "=="),
    "signature of the bare payload": lambda c: _signature(
        c, sig=b64encode(c.office.key.sign(canonical_json(c.fields())))
    ),
    "no signature": lambda c: _with(c, signatures=[]),
    "two signatures": lambda c: _with(c, signatures=c.honest()["signatures"] * 2),
    "a foreign and a good signature": lambda c: _with(
        c, signatures=_claiming(c, c.device)["signatures"] + c.honest()["signatures"]
    ),
    # the payload under an honest signature
    "a flipped byte": lambda c: _payload(c, lambda raw: raw.replace(b'"receipt-1"', b'"receipt-0"')),
    "another serial under an honest signature": lambda c: _payload(
        c, lambda raw: raw.replace(b'"serial":', b'"serial":1')
    ),
    "other spacing": lambda c: _payload(c, lambda raw: json.dumps(json.loads(raw)).encode()),
    "another order of fields": lambda c: _payload(
        c, lambda raw: json.dumps(dict(reversed(json.loads(raw).items())), separators=(",", ":")).encode()
    ),
    "an escaped letter": lambda c: _payload(c, lambda raw: raw.replace(b'"receipt-1"', b'"\\u0072eceipt-1"')),
    "a field said twice": lambda c: _payload(c, lambda raw: b'{"interview_id":"x",' + raw[1:]),
    "a byte order mark": lambda c: _payload(c, lambda raw: b"\xef\xbb\xbf" + raw),
    "a byte after the end": lambda c: _payload(c, lambda raw: raw + b"\0"),
    "payload cut short": lambda c: _payload(c, lambda raw: raw[:-1]),
    "empty payload": lambda c: _payload(c, lambda raw: b""),
    "payload padded": lambda c: _with(c, payload=c.honest()["payload"] + "="),
    "payload with spare bits set": _spare,
    "payload in the other base64": lambda c: _with(
        c, payload=base64.b64encode(canonical_json(c.fields(receipt_id="???>>>~~~"))).decode()
    ),
    # the kind of document
    "called a manifest": lambda c: _unsigned_type(c, Manifest.payload_type()),
    "called a later receipt": lambda c: _unsigned_type(c, Receipt.payload_type().replace("v1", "v2")),
    "called a receipt in capitals": lambda c: _unsigned_type(c, Receipt.payload_type().upper()),
    "signed as a manifest": lambda c: c.signed(canonical_json(c.fields()), kind=Manifest.payload_type()),
    "signed as a later receipt": lambda c: c.signed(
        canonical_json(c.fields()), kind=Receipt.payload_type().replace("v1", "v2")
    ),
    "the device's manifest": _device_envelope,
    "the manifest signed by the organisation": lambda c: sign(c.sent[1], c.office.key).model_dump(),
    "a roster": lambda c: c.office.roster([]).model_dump(),
    "no envelope": lambda c: canonical_json(c.fields()),
    "an envelope cut short": lambda c: canonical_json(c.honest())[:-20],
    "a list of envelopes": lambda c: canonical_json([c.honest()]),
    # signed by the organisation, but for something else
    "another interview's receipt": lambda c: c.signed(canonical_json(c.fields(c.other))),
    "another interview's name": lambda c: c.says(interview_id=c.other[1].interview_id),
    "the interview's name in capitals": lambda c: c.says(interview_id=c.sent[1].interview_id.upper()),
    "a dash that only looks like one": lambda c: c.says(interview_id=c.sent[1].interview_id.replace("-", "‐")),
    "another manifest": lambda c: c.says(manifest_digest="0" * 64),
    "the older manifest": lambda c: c.says(manifest_digest=c.older[0].digest),
    "the older manifest under the newest number": lambda c: c.signed(
        canonical_json(c.fields(c.older, serial=c.sent[1].serial))
    ),
    "the newest manifest under the older number": lambda c: c.says(serial=c.older[1].serial),
    "a manifest of another device": _other_device,
    "a later serial": lambda c: c.says(serial=c.sent[1].serial + 1),
    "serial zero": lambda c: c.says(serial=0),
    "a negative serial": lambda c: c.says(serial=-c.sent[1].serial),
    "an earlier last event": lambda c: c.says(last_seq=c.sent[1].last_seq - 1),
    "a later last event": lambda c: c.says(last_seq=c.sent[1].last_seq + 1),
    "other events": lambda c: c.says(events_digest="0" * 64),
    "events of the older manifest": lambda c: c.says(events_digest=c.older[1].events_digest),
    "the events' digest in capitals": lambda c: c.says(events_digest=c.sent[1].events_digest.upper()),
    "no recordings": lambda c: c.says(objects=[]),
    "a recording missing": lambda c: c.says(objects=c.objects()[1:]),
    "a recording too many": lambda c: c.says(objects=[*c.objects(), _ref()]),
    "a recording twice": lambda c: c.says(objects=[*c.objects(), _first(c)]),
    "a recording twice in place of another": lambda c: c.says(objects=[_first(c), _first(c), *c.objects()[2:]]),
    "another hash": lambda c: c.says(objects=c.objects({"sha256": "0" * 64})),
    "two recordings' hashes swapped": _swapped,
    "a hash in capitals": lambda c: c.says(objects=c.objects({"sha256": _first(c)["sha256"].upper()})),
    "a hash cut short": lambda c: c.says(objects=c.objects({"sha256": _first(c)["sha256"][:63]})),
    "another size": lambda c: c.says(objects=c.objects({"size": _first(c)["size"] - 1})),
    "a negative size": lambda c: c.says(objects=c.objects({"size": -1})),
    "a recording's name with full-width digits": lambda c: c.says(
        objects=c.objects({"object_id": _first(c)["object_id"].translate(_FULL_WIDTH)})
    ),
    "a recording's name with an invisible letter": lambda c: c.says(
        objects=c.objects({"object_id": _first(c)["object_id"] + "\u200b"})
    ),
    "a recording's name with a zero byte": lambda c: c.says(
        objects=c.objects({"object_id": _first(c)["object_id"] + "\0"})
    ),
    "a field missing": lambda c: c.signed(
        canonical_json({name: value for name, value in c.fields().items() if name != "events_digest"})
    ),
    "a field of nothing": lambda c: c.says(manifest_digest=None),
    "not an object": lambda c: c.signed(b"[]"),
    "not JSON": lambda c: c.signed(b"receipt"),
}


def on_the_wire(forged: dict[str, Any] | bytes) -> bytes:
    return forged if isinstance(forged, bytes) else canonical_json(forged)
