"""What of an upload was sent more than once, and whether each time a cut was the reason.

Exact, request by request: after an answered chunk the next one begins where it ended; only after a chunk whose answer
cannot have been heard may the same one come again; nothing before it ever does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from contract.api import METHOD_HEADER, TUS_PATH
from tests.faults.weather import CHUNK, PATIENCE
from tests.support.hostile_line import Exchange, HostileLine, Replay

_TAKEN_OVER = 423
# seconds within which a request that the client had given up may still come to a busy server
_LATE = 5.0


@dataclass
class Resent:
    """``sent``, ``again``: bytes; ``cuts``: chunks whose answer was not heard, ``unplanned`` of them by no fault of the
    line's plan but because this machine was slow; ``wrong``: what should not have been sent."""

    sent: int = 0
    again: int = 0
    cuts: int = 0
    unplanned: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Resent) -> None:
        self.sent += other.sent
        self.again += other.again
        self.cuts += other.cuts
        self.unplanned += other.unplanned
        self.wrong += other.wrong


def look_over(line: HostileLine, uploads: Iterable[str]) -> Resent:
    """``uploads``: ids of uploads that nothing but the line's faults has happened to."""
    found = Resent()
    for upload in uploads:
        path = f"{TUS_PATH}/{upload}"
        replays = [replay for replay in line.replays if replay.path == path]
        found.add(_look_at([one for one in line.exchanges if one.request.path == path], replays))
    return found


def _look_at(asked: Sequence[Exchange], replays: Sequence[Replay]) -> Resent:
    """``asked``: every request about one upload, in the order of their coming."""
    chunks = [one for one in asked if _is_chunk(one)]
    found = Resent(sent=sum(chunk.request.length for chunk in chunks))
    if chunks and _begin(chunks[0]) != 0:
        found.wrong.append(f"began at {_begin(chunks[0])}")
    found.wrong += [f"a chunk of {one.request.length} bytes" for one in chunks if one.request.length > CHUNK]
    for before, after in pairwise(chunks):
        reason = _cut(before, replays, asked)
        found.cuts += reason is not None
        found.unplanned += reason not in (None, "line")
        _judge_pair(before, after, reason, found)
    # nothing comes after the last one, so why its connection ended says nothing
    found.cuts += bool(chunks) and chunks[-1].fault.harms
    return found


def _judge_pair(before: Exchange, after: Exchange, cut: str | None, found: Resent) -> None:
    found.again += max(0, _end(before) - _begin(after))
    told = f"at {_begin(after)} after {_begin(before)} to {_end(before)} ({before.fault.kind}, {before.status})"
    if _begin(after) > _end(before) or _begin(after) < _begin(before):
        found.wrong.append(f"went on {told}")
    elif _begin(after) < _end(before) and cut is None:
        found.wrong.append(f"sent again what was answered: {told}")


def _cut(chunk: Exchange, replays: Sequence[Replay], asked: Sequence[Exchange]) -> str | None:
    """Why the client cannot have heard that a chunk was taken; None when it must have.

    A client that has its answer goes on using the connection. One that leaves it has given up, if it has waited. What
    it had given up before may come to the server while the chunk does, and stop it.
    """
    if chunk.fault.harms:
        return "line"
    if chunk.status is None:
        return "no answer"
    if chunk.left_after is not None and chunk.left_after >= PATIENCE / 2:
        return "too slow"
    over = chunk.answered or chunk.begun
    late = any(replay.begun <= over and replay.over >= chunk.begun for replay in replays)
    late |= any(_given_up(one) and 0 < chunk.begun - one.begun <= _LATE for one in asked)
    return "a late request took the upload over" if chunk.status == _TAKEN_OVER and late else None


def _given_up(exchange: Exchange) -> bool:
    return exchange.fault.harms or exchange.status is None or exchange.left_after is not None


def _is_chunk(exchange: Exchange) -> bool:
    request = exchange.request
    return request.headers.get(METHOD_HEADER, request.method) == "PATCH"


def _begin(chunk: Exchange) -> int:
    return int(chunk.request.headers["upload-offset"])


def _end(chunk: Exchange) -> int:
    return _begin(chunk) + chunk.request.length
