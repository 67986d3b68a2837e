"""What supervisor and worker tell each other. Plain values, pickled over a pipe."""

from __future__ import annotations

from dataclasses import dataclass

RATE = 16000
"""Samples per second of all sound in this package; mono, signed 16 bit in messages."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One recognised word. ``start`` and ``end`` in seconds from the start of the take.

    ``spaced`` tells whether a space stands before it in the running text.
    """

    text: str
    start: float
    end: float
    probability: float
    spaced: bool


# to the worker


@dataclass(frozen=True, slots=True)
class Open:
    """A job begins at sample ``offset`` of its take. ``live`` jobs go before stored files and have drafts."""

    job: str
    language: str
    offset: int
    live: bool


@dataclass(frozen=True, slots=True)
class Audio:
    """The next samples of a job; each is answered by ``Taken`` before another is sent."""

    job: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class End:
    """No more sound will come for this job; ``Done`` follows."""

    job: str


@dataclass(frozen=True, slots=True)
class Cancel:
    job: str


# from the worker


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is verified and loaded."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The model cannot be used; ``code`` is an ErrorCode value. The worker ends."""

    code: str
    model: str
    file: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The worker holds the last ``Audio``."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is heard in the newest sound, which begins at sample ``start`` and is not settled yet.

    ``skipped``: there is more before it that waits to be settled.
    """

    job: str
    text: str
    start: int
    skipped: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything before sample ``upto`` is final and adds ``pieces``; the worker needs that sound no more."""

    job: str
    upto: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Done:
    job: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The model could not deal with this job; ``reason`` is a class name for the log."""

    job: str
    reason: str


ToWorker = Open | Audio | End | Cancel
FromWorker = Ready | Refused | Taken | Draft | Settled | Done | Failed
