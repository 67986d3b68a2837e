"""Some faults of the long campaign (`python3 dev.py campaign devices`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.devices import FAULTS, Bench, Trial
from tests.support.pulse import VirtualMicrophone


@pytest.fixture
def bench(tmp_path: Path, virtual_microphone: VirtualMicrophone) -> Iterator[Bench]:
    with closing(Bench(tmp_path, virtual_microphone)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("camera frozen", "start"),
        ("microphone stalled", "before"),
        ("microphone muted", "middle"),
    ],
)
def test_a_fault_is_told_keeps_the_answer_and_costs_no_take(bench: Bench, name: str, stage: str) -> None:
    trial = Trial(bench, next(fault for fault in FAULTS if fault.name == name), stage)
    trial.run()
    assert trial.broken == []
