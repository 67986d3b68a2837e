"""A few kills of the long campaign (`python3 dev.py campaign kill`)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.crash.kills import run
from tests.crash.sweep import TAKE, Points


@pytest.mark.timeout(400)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches the client through /proc")
def test_a_kill_at_any_moment_loses_no_answer_and_no_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUDA_PASSPHRASE", "")  # the campaign sets its own
    swept = 2 if shutil.which("strace") else 0
    outcomes = run(tmp_path, randoms=2, sweeps=swept, seed=100, points=Points({TAKE: 60}, 100))
    assert [outcome for outcome in outcomes if not outcome.good] == []
    in_answer = [outcome for outcome in outcomes if outcome.recorded]
    assert len(in_answer) >= swept, "no kill has met a running answer"
    assert any(outcome.acknowledged == 4 for outcome in outcomes), "no interview came to its end"
