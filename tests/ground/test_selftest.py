"""The self-test says what works and what does not, and never stops at the first problem."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app import selftest
from app.config import ClientSettings

MODEL_CHECKS = {"model", "worker"}


def states(settings: ClientSettings, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    selftest.run(settings)
    return {row["check"]: row["state"] for row in json.loads(capsys.readouterr().out)["checks"]}


def test_a_sound_installation_passes_as_its_users_run_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app", "selftest", "--json", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    answer = json.loads(done.stdout)
    assert {row["check"]: row["details"] for row in answer["checks"] if row["state"] == "failed"} == {}
    assert (done.returncode, answer["ok"]) == (0, True)
    assert {row["check"] for row in answer["checks"] if row["state"] == "skipped"} <= MODEL_CHECKS


def test_without_a_model_its_checks_are_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = states(ClientSettings(data=tmp_path, lang="en", json=True), capsys)
    assert {check for check, state in found.items() if state == "skipped"} == MODEL_CHECKS


def test_a_broken_model_fails_its_checks_and_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    found = states(ClientSettings(data=tmp_path, lang="en", json=True, model=str(broken)), capsys)
    assert {check for check, state in found.items() if state == "failed"} == MODEL_CHECKS


def test_a_failed_check_is_named_in_words_and_in_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftest, "PACKAGES", ("no_such_package",))
    assert selftest.run(ClientSettings(data=tmp_path, lang="zh_CN")) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(selftest.CHECKS)
    told = next(line for line in lines if "no_such_package" in line)
    assert told.startswith("失败")


def test_the_sealed_check_notices_a_file_that_is_not_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contract.sealed.SealedReader.read", lambda self: b"something else")
    assert states(ClientSettings(data=tmp_path, lang="en", json=True), capsys)["sealed"] == "failed"
