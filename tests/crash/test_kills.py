"""A few kills of the long campaign (`python3 dev.py campaign kill`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash.kills import run


@pytest.mark.timeout(400)
def test_a_kill_at_any_moment_loses_no_answer_and_no_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XUDA_PASSPHRASE", "")  # the campaign sets its own
    outcomes = list(run(4, 100, tmp_path))
    assert [outcome for outcome in outcomes if not outcome.good] == []
    assert any(outcome.recorded for outcome in outcomes), "no kill has met a running answer"
