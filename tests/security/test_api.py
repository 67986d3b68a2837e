"""The campaign's small form: what it does at length, `python3 dev.py campaign api` does."""

from __future__ import annotations

from pathlib import Path

from tests.campaigns.model import Options
from tests.security.api import campaign


def test_made_up_requests_and_lying_devices_find_nothing(tmp_path: Path) -> None:
    found = campaign(Options(tmp_path, count=30))
    assert found.good, "\n".join(found.failures[:20])
    assert int(found.figures["made-up requests"]) >= 30
