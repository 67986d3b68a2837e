"""How far an interview has come on other devices: ids and counts, nothing of what was said."""

from __future__ import annotations

from pydantic import Field

from contract.envelope import WireModel
from contract.numbers import Count, Ordinal, Seconds


class PartRef(WireModel):
    """What one device did of an interview, up to its event ``last_seq``."""

    interview_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")
    last_seq: int = Field(ge=1, le=1_000_000)


class Carried(WireModel):
    """What a part of an interview begins with, because other devices have done it already.

    ``answered``: ids of questions answered in ``parts``. ``takes_used``: per question that is still open, the takes
    that counted. ``seconds_used``: of the total time budget. ``hand_over``: id of the ticket with which HR gave the
    interview to this device; None when it went on by what its roster said, without having asked. ``redo``: id of HR's
    word that one question may be answered again (contract.redo): it is the only one that is not in ``answered``.
    """

    attempt: Ordinal
    parts: list[PartRef] = Field(min_length=1)
    answered: list[str] = Field(default_factory=list)
    takes_used: dict[str, Count] = Field(default_factory=dict)
    seconds_used: Seconds = 0
    hand_over: str | None = None
    redo: str | None = Field(default=None, max_length=36, exclude_if=lambda value: value is None)
