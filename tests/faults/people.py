"""Many candidates for long runs, and the script each of them follows."""

from __future__ import annotations

import json
from pathlib import Path

from app.capture.testpicture import write_test_picture
from tests.e2e.booth import Office
from tests.speech.say import say

_SPOKEN = "i lead the team and we built the cloud server ."


def invite(office: Office, folder: Path, count: int) -> list[str]:
    """Invitation codes of ``count`` people in the batch of the demo's English kit."""
    batch = office.invitation()["batch"]
    table = folder / "people.csv"
    rows = [f"Person {n},137{n:08d}" for n in range(count)]
    table.write_text("name,phone\n" + "\n".join(rows) + "\n", "utf-8")
    found = office.run("candidates", "import", str(table), "--batch", str(batch), "--json")
    return [str(row["code"]) for row in found["imported"]]


def write_script(path: Path, code: str) -> None:
    """Two spoken answers, one written, one chosen; sound and picture are made once per folder."""
    sound, picture = path.parent / "say.wav", path.parent / "picture.webm"
    if not sound.exists():
        say(_SPOKEN, "en", sound)
        write_test_picture(picture)
    spoken = {"say": sound.name, "picture": picture.name}
    script = {"invitation": code, "answers": [spoken, spoken, {"text": "I would ask why."}, {"choice": [0]}]}
    path.write_text(json.dumps(script), "utf-8")
