"""What a device says where a number is wanted: refused with a 4xx that names the field, whatever it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import requests

from backend.db.models import EventRow
from contract.api import AUDIENCE
from contract.canonical import b64encode, sha256_hex
from contract.events import Event
from contract.manifest import Manifest
from tests.backend.world import Booth, Served, Talk, invite
from tests.security.hostile_device import sign_raw, whole_interview

LITERALS = ("true", '"5"', "NaN", "1e400", "1" + "0" * 400, "-2e9", "[]")


def refused(answer: requests.Response, field: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (422, "format_invalid"), answer.text
    assert answer.json()["field"] == field


def numbers(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of all numbers of a JSON value, but those in a part whose content is left open."""
    if isinstance(value, dict | list):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name != "environment":
                yield from numbers(inner, (*place, name))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield place


def spoilt(value: Any, place: tuple[str | int, ...], literal: str) -> str:
    copied = json.loads(json.dumps(value))
    part = copied
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = "%here%"
    return json.dumps(copied).replace('"%here%"', literal)


def test_an_event_is_refused_by_the_field_that_is_no_number(backend: Served, booth: Booth) -> None:
    talk = Talk(booth, invite(backend.hr, "somebody"))
    tried = 0
    for kind, data, _ in whole_interview(talk, talk.seal(b"sound")):
        document = {"interview_id": talk.interview_id, "seq": 1, "kind": kind.value, "data": data, "sealed": None}
        document |= {"at": datetime.now(UTC).isoformat(), "device_id": booth.device_id}
        for place in numbers(document):
            for literal in LITERALS:
                envelope = sign_raw(booth.key, Event, spoilt(document, place, literal).encode())
                refused(talk.put(1, envelope), ".".join(map(str, place)))
                tried += 1
    assert tried > 100
    with backend.hr.db.read() as session:
        assert session.get(EventRow, (talk.interview_id, 1)) is None


def test_a_number_beyond_all_readers_is_refused(backend: Served, booth: Booth) -> None:
    talk = Talk(booth, invite(backend.hr, "somebody"))
    envelope = sign_raw(booth.key, Event, b'{"seq": 1' + b"0" * 5000 + b"}")
    assert talk.put(1, envelope).status_code == 422


def test_a_manifest_is_refused_by_the_field_that_is_no_number(backend: Served, booth: Booth) -> None:
    talk = Talk(booth, invite(backend.hr, "somebody"))
    talk.started()
    talk.put_all()
    document = talk.manifest([talk.seal(b"sound").ref]).model_dump(mode="json")
    for place in numbers(document):
        for literal in LITERALS:
            envelope = sign_raw(booth.key, Manifest, spoilt(document, place, literal).encode())
            path = f"/v1/interviews/{talk.interview_id}/manifests/1"
            refused(booth.call("PUT", path, envelope), ".".join(map(str, place)))


def test_a_sign_of_life_is_refused_by_the_field_that_is_no_number(booth: Booth) -> None:
    contact = {"pending": 0, "failed": 0, "free_bytes": 1, "clock": datetime.now(UTC).isoformat(), "app_version": "1"}
    contact |= {"settings": {"version": 1, "digest": "", "refused": []}}
    assert booth.call("POST", "/v1/contact", json.dumps(contact).encode()).status_code == 200
    for place in numbers(contact):
        for literal in LITERALS:
            answer = booth.call("POST", "/v1/contact", spoilt(contact, place, literal).encode())
            refused(answer, ".".join(map(str, place)))


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize("literal", [*LITERALS, "null", "{}", '"' + "9" * 5000 + '"'])
def test_a_token_with_a_time_that_is_none_is_refused(backend: Served, booth: Booth, claim: str, literal: str) -> None:
    now = int(datetime.now(UTC).timestamp())
    body = b64encode(bytes.fromhex(sha256_hex(b"")))
    claims = {"iss": booth.device_id, "aud": AUDIENCE, "jti": uuid.uuid4().hex, "iat": now, "exp": now + 300}
    claims |= {"htm": "GET", "htu": "/v1/bootstrap", "bh": body}
    payload = spoilt(claims, (claim,), literal).encode()
    token = jwt.PyJWS().encode(payload, booth.key.private, algorithm="EdDSA")
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{backend.url}/v1/bootstrap", headers=headers, timeout=20)
    assert (answer.status_code, answer.json()["code"]) in ((401, "unauthorized"), (401, "clock_wrong"))


@pytest.mark.parametrize("number", ["true", "5.5", "-1", "1e3", "٣", "1" + "0" * 400, "1" + "0" * 5000, "nan"])
def test_a_number_in_an_address_or_a_header_is_one(backend: Served, booth: Booth, number: str) -> None:
    talk = Talk(booth, invite(backend.hr, "somebody"))
    base = f"/v1/interviews/{talk.interview_id}"
    for method, path in [
        ("PUT", f"{base}/events/{number}"),
        ("PUT", f"{base}/manifests/{number}"),
        ("GET", f"/v1/bootstrap?keys={number}"),
    ]:
        quoted = requests.utils.requote_uri(path)
        assert booth.call(method, quoted, b"{}" if method == "PUT" else None).status_code == 422, path
    for header in ("Upload-Length", "Upload-Offset", "Range"):
        sent = booth.upload_headers() | {header: f"bytes=0-{number}".encode() if header == "Range" else number.encode()}
        sent |= {"Content-Type": "application/offset+octet-stream"}
        for method, path in [("POST", "/v1/files"), ("PATCH", "/v1/files/" + "a" * 64)]:
            answer = requests.request(method, backend.url + path, headers=sent, data=b"x", timeout=20)
            assert 400 <= answer.status_code < 500, (method, header, answer.status_code)
