"""A little of the long campaign (`python3 dev.py campaign clock`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.backend.world import Served
from tests.campaigns.model import Findings
from tests.faults import clock_defects
from tests.faults.clock import CASES, backend, run_case


@pytest.fixture(scope="module")
def hr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with backend(tmp_path_factory.mktemp("clock") / "hr") as found:
        yield found


@pytest.mark.parametrize("number", [3, 6, 11], ids=[CASES[number].name for number in (3, 6, 11)])
def test_interview_under_a_wrong_clock_is_judged_kept_and_delivered_like_any_other(
    hr: Served, tmp_path: Path, number: int
) -> None:
    findings = Findings()

    run_case(hr, CASES[number], tmp_path, 1, findings)

    assert findings.failures == []


@pytest.mark.parametrize("defect", clock_defects.DEFECTS)
def test_the_campaign_finds_what_goes_by_the_wall_clock(hr: Served, tmp_path: Path, defect: str) -> None:
    findings = Findings()

    with mock.patch(*clock_defects.DEFECTS[defect]), mock.patch("tests.faults.clock.PATIENCE", 2.0):
        run_case(hr, CASES[6], tmp_path, 1, findings)

    assert findings.failures
