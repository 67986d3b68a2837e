"""A few cases of the long campaign (`python3 dev.py campaign files`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns.model import Options
from tests.faults.files import BROKEN, campaign


def test_a_damaged_file_is_restored_or_refused_and_never_read_wrongly(tmp_path: Path) -> None:
    found = campaign(Options(tmp_path, count=3))
    assert found.failures == []
    assert found.figures["xuda.db: restored"]


@pytest.mark.parametrize("defect", [name for name in BROKEN if name != "no-digest"])  # that one needs more cases
def test_the_campaign_finds_a_client_that_does_not_look(tmp_path: Path, defect: str) -> None:
    assert not campaign(Options(tmp_path, count=2, broken=defect)).good
