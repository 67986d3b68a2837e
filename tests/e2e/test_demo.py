"""The demo is the proof of the main job: run as a person would run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PdfReader

from app.demo.processes import ROOT


@pytest.mark.timeout(500)
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_the_headless_demo_ends_with_reports_that_hold_the_spoken_words(tmp_path: Path, language: str) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "app", "demo", "--headless", "--keep", str(folder), "--lang", language]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=450, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert report["state"]["code"] == "pending_review"
    assert {entry["reason"] for entry in report["history"] if entry.get("reason")} >= {"network", "crash"}
    spoken = [answer for answer in report["answers"] if answer["transcript"]]
    pages = "".join(page.extract_text() for page in PdfReader(folder / "report.pdf").pages)
    printed = "".join(pages.split())
    for answer in spoken:
        assert all("".join(word["text"].split()) in printed for word in answer["transcript"]["words"])
