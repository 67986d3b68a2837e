"""Ways to damage a file, and which of them a campaign tries."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Damage:
    """``cut``: the file ends at ``offset``. ``flip``: the bits of ``mask`` in the byte there are turned."""

    how: str
    offset: int
    mask: int = 0

    def apply(self, data: bytes) -> bytes:
        if self.how == "cut":
            return data[: self.offset]
        return data[: self.offset] + bytes([data[self.offset] ^ self.mask]) + data[self.offset + 1 :]

    def __str__(self) -> str:
        return f"{self.how} at {self.offset}" + (f" mask {self.mask:#04x}" if self.mask else "")


def damages(size: int, most: int, seed: str) -> Iterator[Damage]:
    """A cut and a flip at every offset of a file of ``size`` bytes, or at ``most`` of them where there are more."""
    chosen = random.Random(seed)
    for how in ("cut", "flip"):
        offsets = range(size) if size <= most else sorted(chosen.sample(range(size), most))
        for offset in offsets:
            yield Damage(how, offset, chosen.choice((1, 0x20, 0x80, 0xFF)) if how == "flip" else 0)
