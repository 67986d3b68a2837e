"""A little of the long campaign (`python3 dev.py campaign network`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.model import Findings
from tests.faults import network_defects
from tests.faults.network import backend, run_cuts
from tests.faults.weather import LEAST_CUTS


@pytest.mark.timeout(120)
def test_interviews_cut_twenty_times_each_arrive_whole_once_and_past_poisoned_ones(tmp_path: Path) -> None:
    findings = Findings()

    with backend(tmp_path / "hr") as hr:
        run_cuts(hr, tmp_path, findings, interviews=2, booths=2, seed=1, limit=60)

    assert findings.failures == []
    assert int(findings.figures["cuts per interview, fewest"]) >= LEAST_CUTS


@pytest.mark.timeout(120)
def test_the_campaign_finds_a_client_that_believes_strangers(tmp_path: Path) -> None:
    findings = Findings()

    with network_defects.planted("stranger-believed"), backend(tmp_path / "hr") as hr:
        run_cuts(hr, tmp_path, findings, interviews=1, booths=1, seed=1, limit=3)

    assert findings.failures
