"""One question of a finished interview may be answered again: HR's word, part of the signed roster."""

from __future__ import annotations

from enum import StrEnum

from pydantic import AwareDatetime, Field

from contract.envelope import WireModel
from contract.progress import Carried

LONGEST_REASON = 300


class Redo(WireModel):
    """For the candidate of the roster's line that holds it, once; what is not in the newest roster holds no more.

    ``kit_version``: of the kit that asked it. ``reason``: in HR's own words. ``carried``: what the part begins with;
    all questions but ``question_id`` are in its ``answered``.
    """

    redo_id: str = Field(min_length=1, max_length=36)
    question_id: str = Field(max_length=64)
    kit_version: int = Field(ge=1, le=1_000_000)
    reason: str = Field(max_length=LONGEST_REASON)
    not_after: AwareDatetime
    carried: Carried


class RedoState(StrEnum):
    """How far it has come. Until it is answered the first answer counts."""

    OPEN = "open"
    BEGUN = "begun"
    ANSWERED = "answered"
    GIVEN_UP = "given_up"
    TAKEN_BACK = "taken_back"
    EXPIRED = "expired"
