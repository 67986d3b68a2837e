"""One request to an OpenAI-compatible service: chat completions, an answer by a JSON schema, temperature 0.

By the same way as webhooks (backend.sending.egress): HTTPS, no redirects, no addresses inside the network unasked.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from backend.opinion.settings import SecondOpinion
from backend.sending.egress import Egress
from backend.sending.outcome import NotDelivered

TIMEOUT, TOO_LARGE, NOT_UNDERSTOOD = "timeout", "too_large", "not_understood"
_MOST_BYTES = 256 * 1024
_MOST_TOKENS = 4000


class NotAnswered(Exception):
    """``code``: that of backend.sending.outcome, ``http:503``, or one of the words above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Message(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Message


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


def complete(settings: SecondOpinion, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> str:
    """What the model writes, as it came. Raises NotAnswered."""
    asked = {
        "model": settings.model,
        "temperature": 0,
        "max_tokens": _MOST_TOKENS,
        "messages": list(messages),
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "second_opinion", "strict": True, "schema": schema},
        },
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "xuda-hr"}
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key}"
    try:
        return (
            _Completion.model_validate_json(_post(settings, json.dumps(asked).encode(), headers))
            .choices[0]
            .message.content
        )
    except ValidationError as error:
        # the reason would quote the answer
        raise NotAnswered(NOT_UNDERSTOOD) from error


def _post(settings: SecondOpinion, body: bytes, headers: Mapping[str, str]) -> bytes:
    egress = Egress(
        private=settings.private,
        ca=settings.ca,
        timeout=settings.seconds,
        deadline=settings.seconds,
        most=_MOST_BYTES + 1,
    )
    begun = time.monotonic()
    try:
        reply = egress.post(settings.address, body, headers)
    except NotDelivered as trouble:
        raise NotAnswered(TIMEOUT if _late(settings, begun) else trouble.code) from trouble
    if not 200 <= reply.status < 300:
        raise NotAnswered(f"http:{reply.status}")
    if len(reply.body) > _MOST_BYTES:
        raise NotAnswered(TOO_LARGE)
    if _late(settings, begun):
        # cut in the middle of the answer
        raise NotAnswered(TIMEOUT)
    return reply.body


def _late(settings: SecondOpinion, begun: float) -> bool:
    return time.monotonic() - begun >= settings.seconds
