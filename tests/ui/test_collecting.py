"""The collector's long pass waits until nobody is being interviewed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from app.ui import names
from app.ui.collecting import Collector
from app.ui.names import Screen
from tests.ui.booth import Booth
from tests.ui.test_written_interview import answer_all


class Circle:
    """Only the collector finds it once nobody else holds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def eager() -> Iterator[None]:
    """A collector that would make its long pass every moment, as if much had been loaded."""
    before = gc.get_threshold()
    gc.freeze()
    gc.collect()
    gc.set_threshold(50, 2, 2)
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("eager")
def test_what_an_interview_leaves_is_looked_for_when_the_start_page_is_back(booth: Booth) -> None:
    collector = Collector()
    collector.watch(booth.window)
    long_passes = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            long_passes.append(booth.window.screen_name())

    gc.callbacks.append(note)
    try:
        booth.agree()
        booth.on(Screen.TEXT)
        old = [Circle() for _ in range(3)]
        left = [weakref.ref(circle) for circle in old]
        gc.collect(1)  # now they are too old for a short pass
        old.clear()
        gc.collect(1)
        answer_all(booth)
        assert long_passes == []
        assert None not in [found() for found in left]
        booth.click(names.FINISH_DONE)
        booth.on(Screen.START)
        booth.wait(lambda: long_passes)
        assert [found() for found in left] == [None] * 3
    finally:
        gc.callbacks.remove(note)
    assert set(long_passes) == {"start"}
