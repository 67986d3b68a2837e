"""tus requests by hand, for what a well-behaved client never does."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import requests

from tests.backend.world import Booth, Sealed, Talk

PATCH_TYPE = "application/offset+octet-stream"


def metadata(talk: Talk, sealed: Sealed, **changes: str) -> str:
    values = {
        "interview_id": talk.interview_id,
        "object_id": sealed.object_id,
        "media_type": sealed.media_type,
        "sha256": sealed.sha256,
        **changes,
    }
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def create(talk: Talk, sealed: Sealed, *, body: bytes | None = None, **headers: str) -> requests.Response:
    found = {
        **talk.booth.upload_headers(),
        "Upload-Length": str(len(sealed.data)),
        "Upload-Metadata": metadata(talk, sealed),
        **({"Content-Type": PATCH_TYPE} if body is not None else {}),
        **headers,
    }
    return requests.post(f"{talk.booth.url}/v1/files", headers=found, data=body, timeout=30)


def location(talk: Talk, sealed: Sealed) -> str:
    answer = create(talk, sealed)
    assert answer.status_code == 201, answer.text
    return talk.booth.url + answer.headers["Location"]


def patch(booth: Booth, url: str, offset: int, body: Any, **headers: str) -> requests.Response:
    found = {**booth.upload_headers(), "Upload-Offset": str(offset), "Content-Type": PATCH_TYPE, **headers}
    return requests.patch(url, headers=found, data=body, timeout=30)


def head(booth: Booth, url: str) -> requests.Response:
    return requests.head(url, headers=booth.upload_headers(), timeout=30)


def offset(booth: Booth, url: str) -> int:
    answer = head(booth, url)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


def checksum(body: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, body).digest()).decode()}"


def upload(talk: Talk, sealed: Sealed) -> str:
    """Send all of an object; its address."""
    url = location(talk, sealed)
    answer = patch(talk.booth, url, 0, sealed.data, **{"Upload-Checksum": checksum(sealed.data)})
    assert answer.status_code == 204, answer.text
    return url
