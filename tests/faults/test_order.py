"""A little of the long campaign (`python3 dev.py campaign order`)."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from tests.campaigns.model import Findings
from tests.faults import order
from tests.faults.purging import run_machine


def test_events_in_any_order_and_any_number_of_times_give_the_state_of_their_numbers(tmp_path: Path) -> None:
    findings = Findings()

    order.check_derived_state(2_000, 1, findings)
    order.check_intake(tmp_path, 60, 1, findings)

    assert findings.failures == []


def test_no_forged_receipt_is_taken_and_the_honest_one_is(tmp_path: Path) -> None:
    findings = Findings()

    order.check_forgeries(tmp_path, findings)

    assert findings.failures == []
    assert int(findings.figures["kinds of forged receipt"]) >= 50


def test_nothing_is_deleted_early_whatever_happens_in_whatever_order(tmp_path: Path) -> None:
    failures: list[str] = []

    figures = run_machine(400, 1, tmp_path, failures.append)

    assert failures == []
    assert figures["purges"], "nothing was purged at all"


@pytest.mark.parametrize("defect", ["hashes-unchecked", "signature-unchecked"])
def test_the_campaign_finds_a_client_that_takes_any_receipt(tmp_path: Path, defect: str) -> None:
    findings = Findings()

    with mock.patch(*order.DEFECTS[defect]):
        order.check_forgeries(tmp_path, findings)

    assert findings.failures
