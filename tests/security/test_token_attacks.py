"""Forged, stolen, bent and repeated proofs of who a device is."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests

from contract.api import AUDIENCE, request_token, upload_token
from contract.canonical import b64encode, sha256_hex
from contract.keys import SigningKey
from tests.backend import tus
from tests.backend.world import Booth, Served, Talk, invite, served

PATH = "/v1/bootstrap"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hr") / "data") as found:
        yield found


@pytest.fixture(scope="module")
def booth(backend: Served) -> Booth:
    return backend.enrol()


def claims(booth: Booth, **changes: Any) -> dict[str, Any]:
    """Those of a good token for :data:`PATH`; None takes one away."""
    now = int(datetime.now(UTC).timestamp())
    body = b64encode(bytes.fromhex(sha256_hex(b"")))
    good = {"iss": booth.device_id, "aud": AUDIENCE, "jti": "j", "iat": now, "exp": now + 300}
    found = {**good, "htm": "GET", "htu": PATH, "bh": body, **changes}
    return {name: value for name, value in found.items() if value is not None}


def signed(booth: Booth, header: dict[str, Any] | None = None, **changes: Any) -> str:
    payload = json.dumps(claims(booth, **changes)).encode()
    return jwt.PyJWS().encode(payload, booth.key.private, algorithm="EdDSA", headers=header)


def raw(header: str, payload: str, signature: bytes = b"") -> str:
    parts = (header.encode(), payload.encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def ask(backend: Served, token: str, path: str = PATH, method: str = "GET") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, backend.url + path, headers=headers, timeout=20)


def test_a_good_token_made_here_is_taken(backend: Served, booth: Booth) -> None:
    assert ask(backend, signed(booth)).status_code == 200


FORGED: dict[str, Callable[[Booth], str]] = {
    "no signature": lambda b: raw('{"alg":"none"}', json.dumps(claims(b))),
    "none in capitals": lambda b: raw('{"alg":"NONE","typ":"JWT"}', json.dumps(claims(b)), b"x"),
    "public key as a secret": lambda b: jwt.encode(claims(b), b.key.public, algorithm="HS256"),
    "another key": lambda b: signed(Booth(b.url, SigningKey.generate(), b.organisation)),
    "key of its own in the header": lambda b: jwt.encode(
        claims(b), SigningKey.generate().private, algorithm="EdDSA", headers={"jwk": {"kty": "OKP"}, "kid": "x"}
    ),
    "another audience": lambda b: signed(b, aud="somebody"),
    "no audience": lambda b: signed(b, aud=None),
    "no method": lambda b: signed(b, htm=None),
    "another method": lambda b: signed(b, htm="PUT"),
    "another path": lambda b: signed(b, htu="/v1/health"),
    "a query added": lambda b: signed(b, htu=f"{PATH}?keys=1"),
    "another body": lambda b: signed(b, bh=b64encode(b"x" * 32)),
    "no body": lambda b: signed(b, bh=None),
    "no end": lambda b: signed(b, exp=None),
    "no id": lambda b: signed(b, jti=None),
    "far end": lambda b: signed(b, exp=4102444800),
    "long past": lambda b: signed(b, iat=1, exp=301),
    "far future": lambda b: signed(b, iat=4102444800, exp=4102445100),
    "times as text": lambda b: signed(b, iat="now", exp="later"),
    "times as lists": lambda b: signed(b, iat=[1], exp={}),
    "endless number": lambda b: signed(b, exp=float("inf")),
    "no number": lambda b: signed(b, iat=float("nan")),
    "another device": lambda b: signed(b, iss="00000000-0000-0000-0000-000000000000"),
    "device as a list": lambda b: signed(b, iss=[b.device_id]),
    "device as a path": lambda b: signed(b, iss="../../etc/passwd"),
    "claims are a list": lambda b: raw('{"alg":"EdDSA"}', "[]", b"x" * 64),
    "claims are deep": lambda b: raw('{"alg":"EdDSA"}', "[" * 3000 + "]" * 3000, b"x" * 64),
    "claims are huge": lambda b: raw('{"alg":"EdDSA"}', '{"iss":"' + "x" * 20_000 + '"}', b"x" * 64),
    "unknown must-understand": lambda b: signed(b, header={"crit": ["x"], "x": 1}),
    "upload token": lambda b: upload_token(b.key, b.device_id, b.now()),
    "two dots": lambda b: "..",
    "words": lambda b: "please",
    "cut": lambda b: signed(b)[:-10],
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_opens_nothing(backend: Served, booth: Booth, name: str) -> None:
    answer = ask(backend, FORGED[name](booth))
    assert answer.status_code == 401
    assert answer.json()["code"] in ("unauthorized", "clock_wrong")


def test_a_request_token_is_no_upload_token(backend: Served, booth: Booth) -> None:
    token = request_token(booth.key, booth.device_id, booth.now(), method="POST", path="/v1/files")
    assert ask(backend, token, "/v1/files", "POST").status_code == 401


def test_an_upload_token_for_days_is_refused(backend: Served, booth: Booth) -> None:
    token = upload_token(booth.key, booth.device_id, booth.now(), seconds=86_400)
    assert ask(backend, token, "/v1/files", "POST").status_code == 401


def test_the_scheme_must_be_named(backend: Served, booth: Booth) -> None:
    good = signed(booth)
    for value in (good, f"Basic {good}", f"Bearer{good}", "Bearer ", ""):
        answer = requests.get(backend.url + PATH, headers={"Authorization": value}, timeout=20)
        assert answer.status_code == 401, value


def test_a_token_heard_on_the_way_changes_nothing_when_it_is_repeated(backend: Served, booth: Booth) -> None:
    """It is good for the very same bytes alone, and those change nothing the second time."""
    talk = Talk(booth, invite(backend.hr, "李雷"))
    envelope = talk.started()
    path = f"/v1/interviews/{talk.interview_id}/events/1"
    body = envelope.to_bytes()
    token = request_token(booth.key, booth.device_id, booth.now(), method="PUT", path=path, body=body)
    headers = {"Authorization": f"Bearer {token}"}
    url = backend.url + path
    assert requests.put(url, data=body, headers=headers, timeout=20).status_code == 201
    before = talk.check()
    assert requests.put(url, data=body, headers=headers, timeout=20).status_code == 200
    assert talk.check() == before
    assert requests.put(url, data=body + b" ", headers=headers, timeout=20).status_code == 401
    assert requests.put(f"{backend.url}{path[:-1]}2", data=body, headers=headers, timeout=20).status_code == 401


def test_an_old_token_is_useless(backend: Served, booth: Booth) -> None:
    token = signed(booth)
    backend.clock.ahead = timedelta(minutes=11)
    try:
        answer = ask(backend, token)
    finally:
        backend.clock.ahead = timedelta()
    assert (answer.status_code, answer.json()["code"]) == (401, "clock_wrong")


def test_one_device_cannot_speak_for_another(backend: Served, booth: Booth) -> None:
    other = backend.enrol("Booth 2")
    talk = Talk(booth, invite(backend.hr, "李雷"))
    talk.started()
    talk.put_all()
    sealed = talk.seal(b"x")
    address = tus.location(talk, sealed)
    # the owner's own signed event, brought by somebody else
    assert other.call("PUT", f"/v1/interviews/{talk.interview_id}/events/1", talk.envelopes[1]).status_code in (
        403,
        422,
    )
    assert tus.head(other, address).status_code == 404
    assert tus.patch(other, address, 0, sealed.data).status_code == 404
    assert requests.delete(address, headers=other.upload_headers(), timeout=20).status_code == 404
    assert other.call("GET", f"/v1/interviews/{talk.interview_id}/check").status_code == 403
