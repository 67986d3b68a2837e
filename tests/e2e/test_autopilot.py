"""The command `xuda client --autopilot`, as other programs use it: real windows, one JSON line at the end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from app.demo.processes import ROOT
from tests.e2e.booth import MODEL, Booth, Office
from tests.speech.say import say
from tests.support.media import make_clip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.server.stop()


@pytest.fixture(scope="module")
def booth(tmp_path_factory: pytest.TempPathFactory, office: Office) -> Booth:
    """Enrolled, with the network unplugged afterwards."""
    folder = tmp_path_factory.mktemp("booth")
    made = Booth(folder, office)
    office.server.stop()
    say("i lead the team .", "en", folder / "say.wav")
    make_clip(folder / "clip.mp4", seconds=1.0)
    return made


def fly(booth: Booth, office: Office, script: dict[str, Any], *, model: bool = True) -> tuple[int, dict[str, Any]]:
    """Exit code and the JSON line."""
    file = booth.data.parent / "script.json"
    file.write_text(json.dumps(script), "utf-8")
    command = [sys.executable, "-m", "app", "client", "--data", str(booth.data), "--autopilot", str(file)]
    env = office.env | {"QT_QPA_PLATFORM": "offscreen"}
    chosen = ["--model", str(MODEL)] if model else []
    done = subprocess.run(
        [*command, *chosen], env=env, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
    )
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 1, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(lines[0])
    return done.returncode, found


SPOKEN = {"say": "say.wav", "picture": "clip.mp4"}


def test_declining_ends_as_declined(booth: Booth, office: Office) -> None:
    code, result = fly(booth, office, {"invitation": office.invitation(place=0)["code"], "decline": True})
    assert (code, result["state"], result["answers"]) == (0, "declined", [])
    assert result["queue"] > 0


def test_an_unknown_invitation_ends_with_the_notice_of_the_screen(booth: Booth, office: Office) -> None:
    code, result = fly(booth, office, {"invitation": "ZZZZ-ZZZZ", "answers": []})
    assert (code, result["interview"]) == (1, None)
    assert result["error"]


def test_leaving_resuming_and_starting_again(booth: Booth, office: Office) -> None:
    invitation = office.invitation(place=1)["token"]
    leave = {"after": 1, "how": "save", "reason": "technical", "words": "the screen went dark"}
    code, first = fly(booth, office, {"invitation": invitation, "answers": [SPOKEN], "leave": leave})
    assert (code, first["state"], len(first["answers"])) == (0, "paused", 1)
    leave = {"after": 1, "how": "abandon", "reason": "other", "words": "a call"}
    script = {"invitation": invitation, "resume": True, "answers": [SPOKEN], "leave": leave}
    code, second = fly(booth, office, script)
    assert (code, second["interview"], second["state"]) == (0, first["interview"], "incomplete")
    assert [answer["question_id"] for answer in second["answers"]][:1] == [first["answers"][0]["question_id"]]
    assert len(second["answers"]) == 2
    assert "team" in second["answers"][1]["text"]


def test_without_a_speech_model_the_interview_goes_on(booth: Booth, office: Office) -> None:
    answers = [SPOKEN, SPOKEN, {"text": "I would ask first."}, {"choice": [0]}]
    script = {"invitation": office.invitation(place=2)["code"], "answers": answers, "questionnaire": {"overall": 4}}
    code, result = fly(booth, office, script, model=False)
    assert (code, result["state"], len(result["answers"])) == (0, "pending_review", 4)
    assert [answer["text"] for answer in result["answers"]] == [None, None, "I would ask first.", None]
