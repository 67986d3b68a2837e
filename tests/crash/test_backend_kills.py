"""A few kills of the long campaign (`python3 dev.py campaign backend`)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.campaigns.model import Options
from tests.crash.backend_kills import campaign


@pytest.mark.timeout(400)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kills and traces as Linux does")
def test_a_killed_backend_keeps_every_promise(tmp_path: Path) -> None:
    found = campaign(Options(tmp_path, count=2))
    assert found.failures == []
    assert int(found.figures["answers"]) > 10
