"""An enrolled booth that is prepared once, and what is found in a copy of it after a kill."""

from __future__ import annotations

import json
import os
import shutil
import threading
import wave
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bootstrap import Client
from app.capture.testpicture import write_test_picture
from app.config import ClientSettings
from app.demo.processes import Server, demo_environment, run_json, speech_folder
from app.interview.states import TakeState
from app.interview.store import TakeRow
from app.interview.views import AnswerView
from contract.errors import XudaError
from tests.speech.say import say

PASSPHRASE = "kill campaign"
TEXT = "我会先问清楚原因。"
CHOICE = 0
SPEECH = "我负责开发项目的数据库。 {0.2} 团队使用新的架构。"
_PASSING = ("*.log", "*.log.*", "*.lock", "*.sock", "*-shm", "models", "crashes")
_ENVIRONMENT = threading.Lock()


@dataclass(frozen=True)
class Found:
    """What a copy of the folder holds after coming back as the client does.

    ``kept``: answers; ``damaged``: those that cannot be read, or are not what was given. ``takes``: all takes by id, as
    the killed client had left them. ``kept_seconds``: length, by take, of what can be chosen now. ``takes_used``: of
    the question that comes next. ``final``: the interview is over. ``failure``: why coming back was not clean.
    """

    kept: int
    damaged: int
    takes: dict[str, TakeState]
    kept_seconds: dict[str, float]
    takes_used: int
    final: bool
    failure: str = ""


class Booth:
    """``folder`` gets an HR backend (off again when this returns), a booth, and the scripts of an autopilot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = demo_environment(folder, PASSPHRASE) | {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1"}
        self.base = folder / "booth"
        self.model = speech_folder() / "model"
        hr = folder / "hr"
        facts = run_json("backend", "init", "--data", str(hr), "--demo", "--json", env=self.env)
        server = Server(hr, folder / "backend.log", self.env)
        address = server.start()
        try:
            data = ("--data", str(self.base))
            enrolment = ("--server", address, "--code", facts["enrolment_code"], "--json")
            run_json("app", "enroll", *enrolment, *data, env=self.env)
            run_json("app", "sync", "--wait", "30", "--json", *data, env=self.env)
        finally:
            server.stop()
        say(SPEECH, "zh", folder / "say.wav")
        with wave.open(str(folder / "say.wav")) as file:
            self.sound = file.getnframes() / file.getframerate()  # seconds
        write_test_picture(folder / "picture.webm")
        self.scripts = {way: self._script(way, str(facts["invitations"][0]["code"])) for way in ("keep", "redo")}

    def copy(self, name: str, source: Path | None = None) -> Path:
        """The prepared folder (or ``source``) as it is now, under another name."""
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source or self.base, target, ignore=_left_out)
        return target

    def arguments(self, data: Path, way: str) -> list[str]:
        """``way``: what becomes of an answer that a crash has cut: keep or redo."""
        return ["--data", str(data), "--autopilot", str(self.scripts[way]), "--model", str(self.model)]

    def look(self, data: Path, known: frozenset[str]) -> Found:
        """Come back in a copy, as the next start will; ``known`` takes were there before the last run."""
        copy = self.copy(f"{data.name}-looked-at", data)
        try:
            with _ENVIRONMENT:
                os.environ["XUDA_PASSPHRASE"] = PASSPHRASE
                client = Client(ClientSettings(data=copy, lang="en"))
            with closing(client):
                return client.submit(lambda: _look(client, known)).result()
        except XudaError as error:
            return Found(0, 0, {}, {}, 0, False, f"coming back failed: {error}")
        finally:
            shutil.rmtree(copy)

    def _script(self, way: str, invitation: str) -> Path:
        spoken = {"say": "say.wav", "picture": "picture.webm"}
        answers = [spoken, spoken, {"text": TEXT}, {"choice": [CHOICE]}]
        script: dict[str, Any] = {"invitation": invitation, "answers": answers, "recovered": way}
        path = self.folder / f"{way}.json"
        path.write_text(json.dumps(script, ensure_ascii=False), "utf-8")
        return path


def _look(client: Client, known: frozenset[str]) -> Found:
    service, store = client.service, client.storage.interviews
    rows = store.interviews()
    if not rows:
        return Found(0, 0, {}, {}, 0, False)
    interview_id = rows[0].interview_id
    before = {take.take_id: take.state for take in store.takes(interview_id)}
    service.recover()
    row = store.interview(interview_id)
    answers = service.answers(interview_id)
    takes = store.takes(interview_id)
    damaged = sum(not _readable(lambda take=take: store.open_object(take.take_id)) for take in takes if take.stored)  # type: ignore[misc]
    damaged += sum(answer.kind == "text" and answer.text != TEXT for answer in answers)
    damaged += sum(answer.choices is not None and answer.choices != (CHOICE,) for answer in answers)
    # nobody repeats an answer of their own accord here: each is given once, or kept as the crash has cut it
    used = max((answer.takes_used - (not answer.recovered) for answer in answers if _spoken(answer)), default=0)
    used = max(used, sum(take.counted for take in takes if take.state is TakeState.RECOVERED))
    if not row.state.final:
        service.resume(interview_id)
        step = service.step()
        used = max(used, step.takes_used if step else 0)
    usable = {take.take_id: take.duration for take in takes if _usable(take) and take.take_id not in known}
    failure = "" if len(rows) == 1 else f"{len(rows)} interviews are there"
    return Found(len(answers), damaged, before, usable, used, row.state.final, failure)


def _spoken(answer: AnswerView) -> bool:
    return answer.kind in ("video", "audio")


def _usable(take: TakeRow) -> bool:
    return take.state in (TakeState.RECORDED, TakeState.RECOVERED, TakeState.SUBMITTED)


def _readable(open_object: Callable[[], Any]) -> bool:
    try:
        with open_object() as stream:
            while stream.read(1 << 20):
                pass
    except XudaError:
        return False
    return True


def _left_out(folder: str, names: list[str]) -> set[str]:
    """What passes, and sockets: a start that was killed while it opened its door for links leaves one."""
    passing = shutil.ignore_patterns(*_PASSING)(folder, names)
    return passing | {name for name in names if Path(folder, name).is_socket()}
