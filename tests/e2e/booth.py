"""A real backend as a process of its own, and the client's parts on an enrolled folder, without windows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from app.bootstrap import Client
from app.config import ClientSettings
from app.demo.processes import Server, demo_environment, run_json
from app.interview.views import InputEnded, News, TakeReview, TranscriptReady
from tests.support.waiting import wait_for

T = TypeVar("T")
PASSPHRASE = "end to end"
MODEL = Path(__file__).parents[1] / "speech" / "model"


class Office:
    """HR: a data folder of its own and a server that can be unplugged."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "hr"
        self.env = demo_environment(folder, PASSPHRASE)
        self.facts: dict[str, Any] = self.run("init", "--demo", "--json")
        self.server = Server(self.data, folder / "backend.log", self.env)
        self.address = self.server.start()

    def run(self, command: str, *given: str) -> Any:
        return run_json("backend", command, *given, "--data", str(self.data), env=self.env)

    def invitation(self, language: str = "en", place: int = 0) -> dict[str, Any]:
        found = [entry for entry in self.facts["invitations"] if entry["speech_language"] == language]
        return dict(found[place])

    def report(self, interview_id: str, folder: Path) -> dict[str, Any]:
        """The report of an interview as JSON."""
        out = folder / f"{interview_id}.json"
        command = ["report", interview_id, "--format", "json", "--out", str(out), "--data", str(self.data)]
        subprocess.run([sys.executable, "-m", "backend", *command], env=self.env, check=True, timeout=120)
        found: dict[str, Any] = json.loads(out.read_text("utf-8"))
        return found

    def state(self, interview_id: str) -> str:
        return next(str(row["state"]) for row in self.run("list", "--json") if row["id"] == interview_id)


class Booth:
    """An enrolled device. ``open`` gives the client's parts; closing them is the end of the program."""

    def __init__(self, folder: Path, office: Office, *, code: int = 0) -> None:
        os.environ["XUDA_PASSPHRASE"] = PASSPHRASE
        self.data = folder / "booth"
        given = ("--server", office.address, "--code", office.facts["enrolment_codes"][code], "--json")
        run_json("app", "enroll", *given, "--data", str(self.data), env=office.env)
        run_json("app", "sync", "--wait", "30", "--json", "--data", str(self.data), env=office.env)

    def open(self, *, model: bool = True) -> Visit:
        return Visit(ClientSettings(data=self.data, model=str(MODEL) if model else None))

    def files(self) -> dict[str, bytes]:
        found = sorted(path for path in self.data.rglob("*") if path.is_file())
        return {path.relative_to(self.data).as_posix(): path.read_bytes() for path in found}


class Visit:
    """One run of the client without windows; every call goes to the database thread, as the screens do it."""

    def __init__(self, settings: ClientSettings) -> None:
        self.client = Client(settings)
        self.service = self.client.service
        self.news: list[News] = []
        self.client.news.subscribe(self.news.append)
        self.run(self.service.recover)

    def run(self, call: Callable[..., T], *given: Any, **named: Any) -> T:
        return self.client.submit(lambda: call(*given, **named)).result()

    def begin(self, invitation: str) -> str:
        self.run(self.service.look_up, invitation)
        self.run(self.service.begin, language="en", scoring=True)
        assert self.service.active_id is not None
        return self.service.active_id

    def answer(self, sound: Path, clip: Path | None = None) -> TakeReview:
        """Record, wait for the words, submit."""
        take = self.record(sound, clip)
        wait_for(self.has_words(take.take_id), "the words", seconds=60)
        self.run(self.service.submit_take, take.take_id)
        return take

    def record(self, sound: Path, clip: Path | None = None) -> TakeReview:
        """A take of the open question whose microphone plays ``sound`` to its end."""
        step = self.run(self.service.step)
        assert step is not None
        self.client.devices.set_microphone(f"file:{sound}")
        if clip is not None:
            self.client.devices.set_camera(f"file:{clip}")
        self.news.clear()
        self.run(self.service.begin_take, step.question.question_id)
        wait_for(lambda: any(isinstance(item, InputEnded) for item in self.news), "the sound's end", seconds=60)
        return self.run(self.service.end_take)

    def has_words(self, take_id: str) -> Callable[[], bool]:
        return lambda: any(isinstance(item, TranscriptReady) and item.take_id == take_id for item in self.news)

    def deliver(self, seconds: float = 60) -> int:
        """Send everything; how many items still wait."""
        assert self.client.engine is not None
        return self.client.engine.run_until_idle(seconds).pending

    def close(self) -> None:
        self.client.close()

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
