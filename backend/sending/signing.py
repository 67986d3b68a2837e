"""Signatures as Standard Webhooks has them: HMAC-SHA256 over id, time and body, one for each secret in use."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(used: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """``used``: the secrets, the newest first; whoever knows one of them can verify."""
    stamp = str(int(at.timestamp()))
    signed = f"{message_id}.{stamp}.".encode() + body
    found = (base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode() for secret in used)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{item}" for item in found),
    }


def _key(secret: str) -> bytes:
    """Standard Webhooks writes keys as ``whsec_`` and base64; any other text is the key itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except ValueError:
            pass
    return secret.encode()
