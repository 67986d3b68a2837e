"""The headless demo: one interview of four questions, network unplugged, an exit, a kill, resume, delivery, report."""

from __future__ import annotations

import difflib
import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
import unicodedata
from pathlib import Path
from typing import Any

from app.demo.processes import Client, DemoFailed, Server, demo_environment, run_json, speech_folder

_SPOKEN = {
    "zh": (
        "我负责开发项目的数据库。 {0.6} 我们的团队使用新的架构。",
        "去年我在公司学习新的技术。 {0.6} 最大的挑战是时间。",
    ),
    "en": (
        "i lead the team and we built the cloud server . {0.6} this project was important .",
        "we had a difficult problem with the database . {0.6} i can solve it and improve the system .",
    ),
}
_TEXT = {
    "zh": "如果客户临时改需求,我会先问清楚原因,再和团队一起排出先后。",
    "en": "I would ask why it is needed, then agree on what comes first.",
}


class HeadlessDemo:
    """Runs the steps and prints one line for each; raises DemoFailed when one of them is not as it should be."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.language = language
        self._env = demo_environment(folder, secrets.token_urlsafe(24))
        self._env["QT_QPA_PLATFORM"] = "offscreen"
        self._env["HF_HUB_OFFLINE"] = "1"
        self._hr, self._booth = folder / "hr", folder / "booth"
        self._server = Server(self._hr, folder / "backend.log", self._env)
        self._speech = speech_folder()
        self._started = time.monotonic()

    def run(self) -> dict[str, str]:
        """Paths of the reports, by format."""
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._run()
        finally:
            self._server.stop()

    def _run(self) -> dict[str, str]:
        facts = run_json("backend", "init", "--data", str(self._hr), "--demo", "--json", env=self._env)
        address = self._server.start()
        self._say(f"Backend at {address}; organisation {facts['fingerprint']}")
        self._enrol(facts["enrolment_code"], address)
        self._server.stop()
        self._say("Network unplugged: the backend is off until the interview is finished")
        invitation = self._invitation(facts)
        sounds = self._make_sounds()
        first = self._first_run(invitation, sounds)
        self._killed_run(invitation, sounds)
        last = self._last_run(invitation, sounds)
        if last["interview"] != first["interview"]:
            raise DemoFailed("the interview that was resumed is another one")
        self._server.start()
        self._say("Network back")
        self._deliver()
        return self._reports(last["interview"])

    def _enrol(self, code: str, address: str) -> None:
        data = ("--data", str(self._booth))
        command = [sys.executable, "-m", "app", "enroll", "--server", address, "--code", code, *data]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise DemoFailed(f"enrolment: {done.stderr[-1000:]}")
        run_json("app", "sync", "--wait", "60", *data, "--json", env=self._env)
        self._say("Device enrolled, kits and invitations downloaded")

    def _invitation(self, facts: dict[str, Any]) -> str:
        wanted = [entry for entry in facts["invitations"] if entry.get("speech_language", "zh") == self.language]
        return str((wanted or facts["invitations"])[0]["code"])

    def _make_sounds(self) -> tuple[Path, Path]:
        paths = (self.folder / "answer-1.wav", self.folder / "answer-2.wav")
        for text, path in zip(_SPOKEN[self.language], paths, strict=True):
            command = [sys.executable, str(self._speech / "say.py"), "--lang", self.language, "--out", str(path), text]
            subprocess.run(command, check=True, timeout=60, env=self._env)
        return paths

    def _first_run(self, invitation: str, sounds: tuple[Path, Path]) -> dict[str, Any]:
        result = self._client(
            {
                "invitation": invitation,
                "consent": {"recording": True, "scoring": True},
                "answers": [self._spoken(sounds[0])],
                "leave": {"after": 1, "how": "save", "reason": "network", "words": "展位网络断了"},
            }
        ).result()
        self._expect(result["state"] == "paused", f"after leaving the state is {result['state']}")
        self._say(f"Question 1 answered on camera, left with the reason network; {result['queue']} items wait")
        return result

    def _killed_run(self, invitation: str, sounds: tuple[Path, Path]) -> None:
        plan = {"invitation": invitation, "resume": True, "answers": [self._spoken(sounds[1])]}
        client = self._client(plan)
        client.wait_for("screen=recording")
        client.wait(2.0)  # into the middle of the answer
        client.kill()
        self._say("Resumed, and killed (SIGKILL) in the middle of answer 2")

    def _last_run(self, invitation: str, sounds: tuple[Path, Path]) -> dict[str, Any]:
        result = self._client(
            {
                "invitation": invitation,
                "resume": True,
                "recovered": "redo",
                "answers": [self._spoken(sounds[1]), {"text": _TEXT[self.language]}, {"choice": [1]}],
                "questionnaire": {"entrance_clear": 5, "flow_smooth": 4, "overall": 5, "words": "很清楚"},
            }
        ).result()
        self._expect(result["state"] == "pending_review", f"at the end the state is {result['state']}")
        self._say(f"Resumed again and finished; {result['queue']} items wait for the network")
        return result

    def _deliver(self) -> None:
        data = ("--data", str(self._booth))
        result = run_json("app", "sync", "--wait", "120", *data, "--json", env=self._env)
        self._expect(result["pending"] == 0, f"after the sync {result['pending']} items still wait")
        self._say("Delivered, receipt checked, local recordings removed")

    def _reports(self, interview: str) -> dict[str, str]:
        paths: dict[str, str] = {}
        for form in ("pdf", "json", "zip"):
            path = self.folder / f"report.{form}"
            command = ["report", interview, "--format", form, "--out", str(path), "--data", str(self._hr)]
            done = subprocess.run(
                [sys.executable, "-m", "backend", *command],
                env=self._env, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                raise DemoFailed(f"report {form}: {done.stderr[-1000:]}")
            paths[form] = str(path)
        self._check_words(json.loads(Path(paths["json"]).read_text("utf-8")))
        return paths

    def _check_words(self, report: dict[str, Any]) -> None:
        spoken = [answer for answer in report["answers"] if answer["kind"] in ("video", "audio")]
        self._expect(len(spoken) == 2, f"{len(spoken)} spoken answers are in the report")
        for answer, text in zip(spoken, _SPOKEN[self.language], strict=True):
            heard = answer["transcript"]["text"]
            likeness = difflib.SequenceMatcher(None, letters(text), letters(heard)).ratio()
            self._say(f"Report: «{heard}» ({likeness:.0%} of what was spoken)")
            self._expect(likeness >= 0.8, "the report does not hold the spoken words")

    def _spoken(self, sound: Path) -> dict[str, str]:
        picture = self.folder / "picture.webm"
        if not picture.exists():
            from app.capture.testpicture import write_test_picture

            write_test_picture(picture)
        return {"say": str(sound), "picture": str(picture)}

    def _client(self, plan: dict[str, Any]) -> Client:
        file = self.folder / "autopilot.json"
        file.write_text(json.dumps(plan, ensure_ascii=False), "utf-8")
        arguments = ["--data", str(self._booth), "--autopilot", str(file), "--model", str(self._speech / "model")]
        return Client(arguments, self.folder / "client.log", self._env)

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise DemoFailed(otherwise)

    def _say(self, text: str) -> None:
        print(f"[{time.monotonic() - self._started:6.1f} s] {text}", flush=True)


def letters(text: str) -> str:
    """Letters and digits only, lower case: punctuation, spaces and the marks of pauses do not count."""
    folded = unicodedata.normalize("NFKC", re.sub(r"\{[^}]*\}", "", text)).lower()
    kept = (c for c in folded if unicodedata.category(c)[0] in "LN")
    return "".join(kept)


def run_headless(keep: Path | None, language: str) -> int:
    folder = keep or Path(tempfile.mkdtemp(prefix="xuda-demo-"))
    demo = HeadlessDemo(folder, language)
    try:
        paths = demo.run()
    except DemoFailed as error:
        print(f"Demo failed: {error}", file=sys.stderr)
        return 1
    for form, path in paths.items():
        print(f"{form.upper():4} report: {path}")
    print(f"Everything of this demo is in {folder}")
    return 0
