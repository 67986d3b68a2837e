"""SIGKILL the client at random moments of a scripted interview and look at what is left.

Broken promises are: an acknowledged answer, more than two seconds of the running answer, or a take was lost.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.bootstrap import Client
from app.capture.testpicture import write_test_picture
from app.config import ClientSettings
from app.demo.processes import Client as ClientProcess
from app.demo.processes import Server, demo_environment, run_json, speech_folder
from tests.campaigns.model import Findings, Options
from tests.speech.say import say

PASSPHRASE = "kill campaign"
MOST_LOST = 2.0
_LINE = re.compile(r"autopilot t=(?P<t>[\d.]+) screen=(?P<screen>\w+) sheet=\w* given=(?P<given>\d+)")


@dataclass(frozen=True)
class Outcome:
    """Seconds; ``recorded`` is how long the running answer was, ``lost`` what of it is missing (0 without one)."""

    seed: int
    killed_at: float
    screen: str
    acknowledged: int
    kept: int
    damaged: int
    recorded: float
    lost: float
    takes_used: int

    @property
    def good(self) -> bool:
        kept = self.kept >= self.acknowledged and not self.damaged
        return kept and self.lost <= MOST_LOST and self.takes_used == 0


class KillCampaign:
    """One enrolled booth is prepared once; every kill works on a copy of it, with the network unplugged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = demo_environment(folder, PASSPHRASE) | {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1"}
        self.base = folder / "booth"
        self.model = speech_folder() / "model"
        os.environ["XUDA_PASSPHRASE"] = PASSPHRASE

    def prepare(self) -> None:
        hr = self.folder / "hr"
        facts = run_json("backend", "init", "--data", str(hr), "--demo", "--json", env=self.env)
        server = Server(hr, self.folder / "backend.log", self.env)
        address = server.start()
        try:
            data = ("--data", str(self.base))
            enrolment = ("--server", address, "--code", facts["enrolment_code"], "--json")
            run_json("app", "enroll", *enrolment, *data, env=self.env)
            run_json("app", "sync", "--wait", "30", "--json", *data, env=self.env)
        finally:
            server.stop()
        self._write_script(str(facts["invitations"][0]["code"]))

    def _write_script(self, invitation: str) -> None:
        say("我负责开发项目的数据库。 {0.4} 我们的团队使用新的架构。", "zh", self.folder / "say.wav")
        write_test_picture(self.folder / "picture.webm")
        spoken = {"say": "say.wav", "picture": "picture.webm"}
        script = {
            "invitation": invitation,
            "answers": [spoken, spoken, {"text": "我会先问清楚原因。"}, {"choice": [0]}],
        }
        (self.folder / "script.json").write_text(json.dumps(script, ensure_ascii=False), "utf-8")

    def whole_run(self) -> float:
        """Seconds from the first screen to the end of an interview that nobody disturbs."""
        data = self._copy("whole")
        client = self._start(data)
        client.wait_for("screen=")
        begun = time.monotonic()
        client.result()
        shutil.rmtree(data)
        return time.monotonic() - begun

    def kill(self, seed: int, longest: float) -> Outcome:
        """Start, wait for a random moment, SIGKILL, start again and compare."""
        data = self._copy(f"run-{seed}")
        client = self._start(data)
        client.wait_for("screen=")
        wait = random.Random(seed).uniform(0.0, longest)
        client.wait(wait)
        killed = time.monotonic()
        client.kill()
        outcome = self._look(seed, wait, killed, client.seen, data)
        shutil.rmtree(data)
        return outcome

    def _copy(self, name: str) -> Path:
        data = self.folder / name
        shutil.copytree(self.base, data)
        return data

    def _start(self, data: Path) -> ClientProcess:
        arguments = ["--data", str(data), "--autopilot", str(self.folder / "script.json"), "--model", str(self.model)]
        return ClientProcess(arguments, self.folder / "client.log", self.env)

    def _look(self, seed: int, wait: float, killed: float, lines: list[str], data: Path) -> Outcome:
        trace = [found for found in map(_LINE.search, lines) if found]
        last = trace[-1]
        acknowledged = max(int(found["given"]) for found in trace)
        if last["screen"] in ("proof", "text", "choice"):
            # The click was counted before the screen said 已保存.
            acknowledged = min(acknowledged, max([int(found["given"]) for found in trace[:-1]], default=0))
        recorded = killed - float(last["t"]) if last["screen"] == "recording" else 0.0
        with closing(Client(ClientSettings(data=data, model=str(self.model)))) as client:
            return client.submit(
                lambda: _compare(client, seed, wait, str(last["screen"]), acknowledged, recorded)
            ).result()


def _compare(client: Client, seed: int, wait: float, screen: str, acknowledged: int, recorded: float) -> Outcome:
    """Come back as the client does, and read everything that is left."""
    service, store = client.service, client.storage.interviews
    service.recover()
    rows = store.interviews()
    if not rows:
        return Outcome(seed, wait, screen, acknowledged, 0, 0, recorded, 0.0, 0)
    row = rows[0]
    answers = service.answers(row.interview_id)
    damaged = sum(not _readable(store, take.take_id) for take in store.takes(row.interview_id) if take.stored)
    if row.state.final:
        return Outcome(seed, wait, screen, acknowledged, len(answers), damaged, recorded, 0.0, 0)
    service.resume(row.interview_id)
    step = service.step()
    kept = step.recovered.duration if step and step.recovered else 0.0
    completed = any(not take.counted or take.state != "recovered" for take in step.takes) if step else False
    lost = 0.0 if completed and not (step and step.recovered) else max(0.0, recorded - kept)
    used = step.takes_used if step and screen == "recording" else 0
    return Outcome(seed, wait, screen, acknowledged, len(answers), damaged, recorded, lost, used)


def _readable(store: Any, take_id: str) -> bool:
    try:
        with store.open_object(take_id) as stream:
            while stream.read(1 << 20):
                pass
    except Exception:
        return False
    return True


def run(count: int, seed: int, folder: Path) -> Iterator[Outcome]:
    campaign = KillCampaign(folder)
    campaign.prepare()
    longest = campaign.whole_run()
    for number in range(count):
        yield campaign.kill(seed + number, longest)


def campaign(options: Options) -> Findings:
    """Kill the client ``cases`` times and compare what is left with what the screen had promised."""
    findings = Findings()
    outcomes: list[Outcome] = []
    for outcome in run(options.cases(short=6, long=1000), options.seed, options.work):
        outcomes.append(outcome)
        findings.expect(outcome.good, f"seed {outcome.seed}: {json.dumps(asdict(outcome))}")
    lost = sorted(outcome.lost for outcome in outcomes if outcome.recorded) or [0.0]
    findings.figures |= {
        "kills": len(outcomes),
        "in the middle of an answer": sum(bool(outcome.recorded) for outcome in outcomes),
        "seconds lost, median": round(statistics.median(lost), 2),
        "seconds lost, p95": round(lost[min(len(lost) - 1, int(len(lost) * 0.95))], 2),
        "seconds lost, most": round(lost[-1], 2),
    }
    return findings
