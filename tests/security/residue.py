"""What a candidate leaves behind on a booth: planted words looked for on the disk, on screen and in the clipboard.

A whole run of the real client with its real windows: killed in the middle of an answer, crashed in another, finished in
the third; then the next candidate comes in the same window. Its home, temporary, configuration and data folders are its
own and are searched byte by byte for a name, a phone number, typed words, spoken words and recognised words.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.capture.testpicture import write_test_picture
from app.demo.processes import ROOT, Server, demo_environment, run_json, speech_folder
from tests.campaigns.model import Findings, Options
from tests.security.watched_client import DEFECTS
from tests.speech.say import say

BROKEN = tuple(DEFECTS)
PASSPHRASE = "residue campaign"
PHONE = "13800000001"  # of the demo's first candidate
TYPED = "植入的打字句子 planted typed words kq83"
REASON = "植入的离开原因 planted reason vw19"
WISH = "植入的问卷文字 planted wish hj52"
CRASH = "植入的崩溃文字 planted crash words bn64"
SPOKEN = "我负责开发项目的数据库。 {0.4} 我们的团队使用新的架构。"
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
_RUN = 150.0


class Booth:
    """``world`` is all the client may write to; ``inputs`` is what the campaign itself needs."""

    def __init__(self, folder: Path, defect: str | None) -> None:
        self.world, self.inputs = folder / "world", folder / "inputs"
        self.inputs.mkdir()
        self.data = self.world / "data"
        self.env = self._environment(folder)
        self.defect = defect or ""
        self.errors = ""
        facts = run_json("backend", "init", "--data", str(folder / "hr"), "--demo", "--json", env=self.env)
        self.people = facts["invitations"]
        server = Server(folder / "hr", self.inputs / "backend.log", self.env)
        address = server.start()
        try:
            data = ("--data", str(self.data), "--json")
            run_json("app", "enroll", "--server", address, "--code", facts["enrolment_code"], *data, env=self.env)
            run_json("app", "sync", "--wait", "30", *data, env=self.env)
        finally:
            server.stop()
        say(SPOKEN, "zh", self.inputs / "say.wav")
        write_test_picture(self.inputs / "picture.webm")

    def _environment(self, folder: Path) -> dict[str, str]:
        env = demo_environment(folder, PASSPHRASE) | {"QT_QPA_PLATFORM": "offscreen", "HF_HUB_OFFLINE": "1"}
        places = ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
        for name in (*places, "XDG_RUNTIME_DIR"):
            place = self.world / name.lower()
            place.mkdir(parents=True, mode=0o700)
            env[name] = str(place)
        return env

    def script(self, name: str, invitation: str, **more: Any) -> Path:
        spoken = {"say": "say.wav", "picture": "picture.webm"}
        answers = [spoken, spoken, {"text": TYPED if name != "next" else "别的回答"}, {"choice": [0]}]
        path = self.inputs / f"{name}.json"
        path.write_text(json.dumps({"invitation": invitation, "answers": answers, **more}, ensure_ascii=False), "utf-8")
        return path

    def run(self, script: Path, *, kill_at: str = "", **plan: str) -> subprocess.CompletedProcess[str]:
        """The client until it ends, or is killed in the middle of the first answer after ``kill_at`` was traced."""
        onlooker = self.inputs / "onlooker.json"
        watch = str(self.inputs / "watch.jsonl")
        onlooker.write_text(json.dumps({"watch": watch, "defect": self.defect, **plan}, ensure_ascii=False), "utf-8")
        command = [sys.executable, "-m", "tests.security.watched_client", "client", "--data", str(self.data)]
        command += ["--autopilot", str(script), "--model", str(speech_folder() / "model")]
        env = self.env | {"XUDA_ONLOOKER": str(onlooker)}
        with subprocess.Popen(
            command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as client:
            if kill_at:
                assert client.stderr is not None
                self.errors += _read_until(client.stderr, kill_at)
                _wait(client, 1.5)
                client.kill()
            out, errors = client.communicate(timeout=_RUN)
        self.errors += errors
        return subprocess.CompletedProcess(command, client.returncode, out, errors)

    def seen(self) -> list[dict[str, Any]]:
        path = self.inputs / "watch.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Everything the client may have written, the inside of archives too."""
        for path in sorted(self.world.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = path.relative_to(self.world).as_posix()
                yield name, path.read_bytes()
                if path.suffix == ".zip":
                    with zipfile.ZipFile(path) as archive:
                        yield from ((f"{name}:{part}", archive.read(part)) for part in archive.namelist())


def _read_until(stream: Any, text: str) -> str:
    lines = ""
    for line in stream:
        lines += line
        if text in line:
            break
    return lines


def _wait(client: subprocess.Popen[str], seconds: float) -> None:
    try:
        client.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def needles(words: str) -> Iterator[tuple[str, bytes]]:
    """The words as they may lie on a disk."""
    for encoding in _ENCODINGS:
        yield encoding, words.encode(encoding)
    plain = words.encode("utf-8")
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + plain)
        # only the characters that depend on nothing before or after the words
        yield f"base64+{shift}", whole[4 if shift else 0 : len(whole) - 4]


def _search(booth: Booth, canaries: dict[str, str], when: str, findings: Findings) -> int:
    files = list(booth.files())
    for kind, words in canaries.items():
        for encoding, needle in needles(words):
            for name, content in files:
                findings.expect(needle not in content, f"{when}: {kind} in {encoding} in {name}")
        findings.expect(words not in booth.errors, f"{when}: {kind} was printed to the terminal")
    return len(files)


def _look_at_screens(booth: Booth, canaries: dict[str, str], findings: Findings) -> int:
    """Nothing of the first candidate once the next one has come, in any widget, shown or hidden."""
    later = [seen for seen in booth.seen() if seen["candidate"] == 2]
    findings.expect(len(later) > 10, "the next candidate did not come")
    told: set[str] = set()
    for seen in later:
        for kind, words in canaries.items():
            places = [f"a text on {seen['screen']}"] if any(words in text for text in seen["texts"]) else []
            places += ["the clipboard"] if words in seen["clipboard"] else []
            told |= {f"the next candidate: {kind} in {place}" for place in places}
    findings.failures.extend(sorted(told))
    return len(later)


def campaign(options: Options) -> Findings:
    """One whole story; there is no longer form of it."""
    findings = Findings()
    booth = Booth(options.work, options.broken)
    first, following = booth.people[0], booth.people[1]
    canaries = {"name": first["candidate"], "phone": PHONE, "typed words": TYPED, "words in an error": CRASH}
    canaries |= {"wish": WISH, "reason": REASON, "spoken words": "开发项目的数据库"}
    files = 0
    killed = booth.run(booth.script("killed", PHONE), kill_at="screen=recording sheet= given=1")
    findings.expect(killed.returncode == -9, f"the first run ended with {killed.returncode}")
    files += _search(booth, canaries, "after a kill", findings)
    crashed = booth.run(booth.script("crashed", PHONE, recovered="redo"), crash=CRASH)
    findings.expect(crashed.returncode == -11, f"the crash ended with {crashed.returncode}: {crashed.stderr[-300:]}")
    files += _search(booth, canaries, "after a crash", findings)
    booth.run(booth.script("left", PHONE, leave={"after": 0, "how": "save", "reason": "network", "words": REASON}))
    wish = {"entrance_clear": 5, "flow_smooth": 4, "overall": 5, "words": WISH}
    last = booth.script("whole", PHONE, questionnaire=wish)
    whole = booth.run(last, next=str(booth.script("next", following["code"])))
    findings.expect(whole.returncode == 0, f"the last run ended with {whole.returncode}: {whole.stderr[-300:]}")
    answers = json.loads(whole.stdout.splitlines()[-1])["answers"] if whole.returncode == 0 else []
    heard = [answer["text"] for answer in answers if answer["kind"] in ("video", "audio") and answer["text"]]
    findings.expect(bool(heard), "no words were recognised")
    canaries |= {f"recognised words {place}": text[:8] for place, text in enumerate(heard)}
    out = booth.world / "diagnostics.zip"
    run_json("app", "diagnostics", "--out", str(out), "--data", str(booth.data), "--json", env=booth.env)
    files += _search(booth, canaries, "at the end", findings)
    reports = [name for name, _ in booth.files() if name.startswith("diagnostics.zip:crashes/")]
    findings.expect(len(reports) >= 3, f"{len(reports)} crash reports were copied")
    screens = _look_at_screens(
        booth, {k: v for k, v in canaries.items() if "words" not in k or k == "typed words"}, findings
    )
    findings.figures |= {"planted": len(canaries), "files searched": files, "screens of the next candidate": screens}
    findings.figures["crash reports"] = len(reports)
    return findings
