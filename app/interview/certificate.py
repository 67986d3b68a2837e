"""HR's deletion certificate as the candidate sees it."""

from __future__ import annotations

import json

from app.interview.views import Certificate
from contract.certificate import DeletionCertificate
from contract.envelope import Envelope, parse_payload


def certificate_view(envelope: Envelope | None) -> Certificate | None:
    """``envelope`` was verified when it was stored."""
    if envelope is None:
        return None
    found = parse_payload(envelope.payload_bytes, DeletionCertificate)
    document = json.dumps(envelope.model_dump(), indent=2) + "\n"
    return Certificate(found.certificate_id, found.deleted_at, document.encode("ascii"))
