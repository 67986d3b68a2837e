"""What of an interview is looked for in files after it was to go, in every form in which it could stand there."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from contract.canonical import canonical_json
from contract.events import Event, EventType, StartedData

_LEAST = 8  # characters


def secrets_of(events: Iterable[Event]) -> list[bytes]:
    """Each sealed value and the wrapped key, from their middle, and of every event the time and how its data begin.

    Not what an event says of files (their ids, sizes and hashes): manifests, receipts and certificates say it too, and
    stay.
    """
    found: list[bytes] = []
    for event in events:
        if event.sealed is not None:
            found.append(_middle(event.sealed))
        if event.kind is EventType.STARTED:
            found.append(_middle(event.parse_data(StartedData).wrapped_key))
        found.append(canonical_json(event.model_dump(mode="json"))[:60])
    return found


def forms(needle: bytes) -> list[bytes]:
    """As it is, and inside base64url at each of the three places it can begin at.

    What is so short that its base64 stands everywhere by chance is looked for as it is only.
    """
    inside = []
    for shift, unsure in ((0, 0), (1, 2), (2, 3)):
        text = base64.urlsafe_b64encode(bytes(shift) + needle).rstrip(b"=")
        whole = (shift + len(needle)) // 3 * 4
        inside.append(text[unsure:whole])
    return [needle, *(form for form in inside if len(form) >= _LEAST)]


def _middle(text: str) -> bytes:
    middle = len(text) // 2
    return text[max(0, middle - 30) : middle + 30].encode()
