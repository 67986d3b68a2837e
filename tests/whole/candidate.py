"""A candidate: the real client on a machine of its own, enrolled with what HR has told, driven by a script."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from app.capture.testpicture import write_test_picture
from app.demo.processes import Client, run_json
from tests.e2e.booth import MODEL
from tests.speech.say import say
from tests.whole.site import Site

SAID = "我负责开发项目的数据库。"


class Candidate:
    """``code``: the enrolment code that HR has made for this machine."""

    def __init__(self, site: Site, name: str, code: str) -> None:
        self._site = site
        self.folder = site.folder / name
        self.folder.mkdir()
        self._data = ("--data", str(self.folder / "data"))
        self._run("enroll", "--server", site.address, "--code", code, "--name", name)
        self.deliver()
        say(SAID, "zh", self.folder / "said.wav")
        write_test_picture(self.folder / "picture.webm")

    def answer(self, invitation: str, **script: Any) -> dict[str, Any]:
        """A whole run of the client; ``script`` as in :mod:`app.ui.script`. What it tells at its end."""
        spoken = {"say": "said.wav", "picture": "picture.webm"}
        file = self.folder / "script.json"
        file.write_text(json.dumps({"invitation": invitation, "answers": [spoken] * 12, **script}), "utf-8")
        arguments = [*self._data, "--autopilot", str(file), "--model", str(MODEL), "--lang", "zh_CN"]
        return Client(arguments, self.folder / "client.log", self._site.env).result()

    def deliver(self) -> None:
        """Everything that was answered is on its way until HR has it."""
        self._run("sync", "--wait", "60")

    def _run(self, command: str, *given: str) -> Any:
        return run_json("app", command, *given, "--json", *self._data, env=self._site.env)


def invited_by(mail: Any, folder: Path) -> str:
    """The invitation's code, as somebody reads it in their mail."""
    text = mail.get_body(("plain",)).get_content()
    (folder / "mail.txt").write_text(text, "utf-8")
    found = re.findall(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", text)
    assert found, text
    return str(found[0])
