"""Parts that are costly to import are made when they are first used, so that the window opens at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Late(Generic[T]):
    """Makes its value once, on the first use, on whichever thread that is."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._guard = threading.Lock()
        self._made: list[T] = []

    @property
    def made(self) -> bool:
        return bool(self._made)

    def get(self) -> T:
        with self._guard:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]

    def stand_in(self) -> T:
        """Has the value's attributes and methods; the value is made with the first one that is asked for."""
        return cast(T, _StandIn(self))


class _StandIn:
    def __init__(self, late: Late[Any]) -> None:
        self._late = late

    def __getattr__(self, name: str) -> Any:
        return getattr(self._late.get(), name)
