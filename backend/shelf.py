"""What takes long to open and never changes, kept open: learned models by the hash of their file, models of meaning."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

_MOST = 12
_Kept = TypeVar("_Kept")


class Shelf:
    """Any thread may take from it. What was not asked for the longest makes room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, make: Callable[[], _Kept]) -> _Kept:
        """The same for the same name; what ``make`` raises is tried again next time."""
        with self._lock:
            if name not in self._kept:
                self._kept[name] = make()
            self._kept.move_to_end(name)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
            found: _Kept = self._kept[name]
            return found
