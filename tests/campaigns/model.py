"""What every campaign takes and gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """``count``: how many cases (None: the campaign's own number for ``short`` or long).

    ``seed``: same seed, same cases. ``work``: an empty folder the campaign may fill. ``broken``: the name of one of the
    campaign's deliberate defects, which it must then find (None: the product as it is).
    """

    work: Path
    count: int | None = None
    seed: int = 1
    short: bool = False
    broken: str | None = None

    def cases(self, *, short: int, long: int) -> int:
        if self.count is not None:
            return self.count
        return short if self.short else long


@dataclass(slots=True)
class Findings:
    """``figures``: what was measured, by name. ``failures``: one line per broken promise, enough to find it again."""

    figures: dict[str, str | int | float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.failures

    def expect(self, holds: bool, failure: str) -> None:
        if not holds:
            self.failures.append(failure)

    def line(self, name: str) -> str:
        """One line of JSON for scripts and for the table in docs/reliability.md."""
        return json.dumps({"campaign": name, "good": self.good, **self.figures}, ensure_ascii=False)


Campaign = Callable[[Options], Findings]
