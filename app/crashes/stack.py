"""Errors and stacks without anything personal: kinds of errors and places in the code, no messages, values or paths."""

from __future__ import annotations

import re
import traceback
from pathlib import PurePath
from types import TracebackType

from contract.errors import XudaError

_MOST_FRAMES = 40
_MOST_CAUSES = 5
_PLACES = ("site-packages", "dist-packages", "app", "contract", "report", "assessment", "tests")
_FRAME = re.compile(r'\s*File "(?P<path>.*)", line (?P<line>\d+) in (?P<function>.+)')
_HEADING = re.compile(r"(Fatal Python error|Windows fatal exception): (?P<what>[A-Za-z0-9 _]{1,60})")
_THREAD = re.compile(r"(?P<who>Current thread|Thread) 0x[0-9a-fA-F]+")


def describe(error: BaseException) -> list[str]:
    """The error, what caused it, and the places both went through; innermost error first, innermost place last."""
    lines: list[str] = []
    current: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if current is None:
            break
        lines.append(_kind(current) if not lines else f"caused by {_kind(current)}")
        lines += [f"  {place}" for place in places(current.__traceback__)]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return lines


def places(trace: TracebackType | None) -> list[str]:
    """``file:line function`` for the innermost frames."""
    frames = traceback.extract_tb(trace, limit=-_MOST_FRAMES)
    return [f"{short_path(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def describe_fault(text: str) -> list[str]:
    """What Python's fault handler wrote, reduced to the kind of fault and places in the code."""
    lines: list[str] = []
    for line in text.splitlines():
        frame, heading, thread = _FRAME.match(line), _HEADING.match(line), _THREAD.match(line)
        if frame:
            lines.append(f"  {short_path(frame['path'])}:{frame['line']} {frame['function'][:80]}")
        elif heading:
            lines.append(heading["what"].strip())
        elif thread:
            lines.append("thread" if thread["who"] == "Thread" else "current thread")
    return lines[:200]


def short_path(path: str) -> str:
    """A source file's name from its package on: where the program is installed may name a person."""
    parts = PurePath(path.replace("\\", "/")).parts
    for place in _PLACES:
        if place in parts[:-1]:
            start = len(parts) - 1 - parts[::-1].index(place)
            return "/".join(parts[start + (place in _PLACES[:2]) :])
    return "/".join(parts[-2:]) if path.startswith("<") or len(parts) < 2 else f"{parts[-2]}/{parts[-1]}"


def _kind(error: BaseException) -> str:
    name = type(error).__name__
    return f"{name} {error.code.value}" if isinstance(error, XudaError) else name
