"""Memory and time of many PDF reports in one background job of HR's backend.

``python -m benchmarks.reports [--interviews 300]``: an organisation is made in a temporary folder, that many interviews
of ten answers each are delivered by a simulated device, and one job makes all their reports as the server does. The
archive is then put together and thrown away as it comes. Printed are the memory of this process after every tenth of
the interviews and at its peak, and the time per report.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from backend.db.models import Batch, Role, User
from backend.runtime import Runtime, create
from backend.services import batches, candidates, demo, devices, intake, kits, report_archive, report_jobs, users
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.devices import Asking
from backend.services.report_jobs import Choice
from backend.services.results import Chosen
from backend.settings import Settings
from contract import events as ev
from contract.api import EnrolRequest
from contract.canonical import b64decode, b64encode
from contract.envelope import sign
from contract.events import EventType, make_event
from contract.keys import SigningKey, wrap_key
from contract.kit import QuestionKind

_KIT = """
kit_id: bench
department_id: hq
position: {{zh_CN: 软件工程师, en: Software engineer}}
consent: {{version: "1", purpose: p, full_text: f, deletion: d}}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
{questions}
"""
_WORDS = "我负责支付系统的重构上线之后故障减少了一半后来又带了两个新人一起做监控和告警"
_ANSWERS = 10


class Device:
    """Brings events as the API does, without HTTP."""

    def __init__(self, hr: Runtime) -> None:
        self.hr = hr
        self.key = SigningKey.generate()
        code = devices.new_enrolment_code(hr, Actor.command_line())
        request = EnrolRequest(
            code=code, public_key=b64encode(self.key.public), name="Booth", platform="bench", app_version="1"
        )
        devices.enrol(hr, request, address="127.0.0.1")
        self.device_id = devices.list_devices(hr)[-1].id
        self.asking = Asking(self.device_id, self.key.public, {}, {self.key.key_id: (self.device_id, self.key.public)})

    def interview(self, invitation_id: str, number: int) -> None:
        """Ten spoken answers with their words; every fifth candidate leaves with a reason."""
        name, secret, seq = str(uuid.uuid4()), number.to_bytes(32, "big"), 0
        began = datetime.now(UTC) - timedelta(minutes=30)

        def say(kind: EventType, data: object, sealed: object = None) -> None:
            nonlocal seq
            seq += 1
            event = make_event(
                interview_id=name,
                seq=seq,
                kind=kind,
                at=began + timedelta(seconds=30 * seq),
                device_id=self.device_id,
                data=data,  # type: ignore[arg-type]
                sealed=sealed,  # type: ignore[arg-type]
                interview_key=secret,
            )
            intake.put_event(self.hr, self.asking, name, seq, sign(event, self.key))

        wrapped = wrap_key(secret, b64decode(self.hr.vault.encryption_key), name)
        started = {"invitation_id": invitation_id, "kit_id": "bench", "kit_version": 1, "attempt": 1}
        more = {"wrapped_key": wrapped, "language": "zh_CN", "app_version": "1", "environment": {"network": "online"}}
        say(EventType.STARTED, ev.StartedData(**started, **more))  # type: ignore[arg-type]
        say(EventType.CONSENTED, ev.ConsentedData(consent_version="1", recording=True, scoring=True))
        for place in range(_ANSWERS):
            said = (_WORDS * 3)[(number + place) % 30 :]
            answer = ev.AnswerData(
                answer_id=f"a{place}",
                question_id=f"q{place}",
                kind=QuestionKind.VIDEO,
                take=1,
                takes_used=1,
                duration=60,
            )
            say(EventType.ANSWER_SAVED, answer, ev.AnswerSealed())
            words = [ev.WordModel(text=c, start=i / 2, end=i / 2 + 0.4, probability=0.9) for i, c in enumerate(said)]
            heard = ev.TranscribedData(answer_id=f"a{place}", model="base", language="zh", words=len(words))
            say(EventType.TRANSCRIBED, heard, ev.TranscribedSealed(text=said, words=words))
        if number % 5:
            say(EventType.FINISHED, ev.FinishedData(answers=_ANSWERS))
        else:
            say(EventType.ABANDONED, ev.ExitData(reason="time"))


def fill(hr: Runtime, count: int, told: Callable[[int], None]) -> Actor:
    """``count`` interviews; the officer who may see them."""
    boss = Actor.command_line()
    questions = "\n".join(f"      - {{question_id: q{n}, kind: video, prompt: 请说说第{n}点}}" for n in range(_ANSWERS))
    kits.add_kit(hr, boss, _KIT.format(questions=questions).encode())
    now = datetime.now(UTC)
    window = {"not_before": now - timedelta(hours=1), "not_after": now + timedelta(days=1)}
    batch_id = batches.add_batch(hr, boss, kit_id="bench", title="Batch", **window)  # type: ignore[arg-type]
    device = Device(hr)
    for number in range(1, count + 1):
        with hr.db.write() as session:
            person = Person(f"候选人{number}", phone=f"139{number:08d}")
            invitation = candidates.invite(hr, session, session.get_one(Batch, batch_id), person).id
        device.interview(invitation, number)
        told(number)
    users.add_user(hr, boss, username="officer", role=Role.HR)
    with hr.db.read() as session:
        return Actor.of(session.query(User).filter_by(username="officer").one())


def resident() -> float:
    """MiB of memory of this process."""
    return float(psutil.Process().memory_info().rss) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--interviews", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    count = options.interviews
    with tempfile.TemporaryDirectory(prefix="xuda-reports-") as folder:
        limits = {"device_interviews": count + 1}
        hr = create(Settings(data=Path(folder) / "data", **limits), demo.ORGANISATION)
        try:
            _department(hr)
            officer = fill(hr, count, lambda _: None)
            figures = measure(hr, officer, count)
        finally:
            hr.close()
    if options.json:
        print(json.dumps(figures))
        return
    print(f"{count} reports in one job: {figures['seconds']:.0f} s, {figures['per_report']:.2f} s each")
    print("memory (MiB) after each tenth:", " ".join(f"{value:.0f}" for value in figures["memory"]))
    print(f"before {figures['before']:.0f}, peak {figures['peak']:.0f}, second half grew {figures['grew']:+.1f} MiB")
    print(
        f"archive: {figures['archive_mb']:.1f} MB in {figures['archive_seconds']:.1f} s, peak {figures['end']:.0f} MiB"
    )


def _department(hr: Runtime) -> None:
    from backend.db.models import Department

    with hr.db.write() as session:
        session.add(Department(id="hq", parent_id=None, name={"": "HQ"}))


def measure(hr: Runtime, officer: Actor, count: int) -> dict[str, float | list[float]]:
    before = peak = resident()
    job = report_jobs.order(hr, officer, Chosen(), Choice(json=True), "zh_CN")
    assert report_jobs.claim(hr, "bench") == job
    marks, done, begun = [], 0, time.monotonic()
    while report_jobs.work(hr, "bench", job):
        done += 1
        peak = max(peak, resident())
        if done % max(1, count // 10) == 0:
            marks.append(resident())
    seconds = time.monotonic() - begun
    begun, size, end = time.monotonic(), 0, resident()
    for piece in report_archive.stream(hr, officer, job):
        size += len(piece)
        end = max(end, resident())
    half = marks[len(marks) // 2 - 1] if len(marks) > 1 else before
    return {
        "interviews": count,
        "seconds": seconds,
        "per_report": seconds / max(1, done),
        "before": before,
        "memory": marks,
        "peak": peak,
        "grew": marks[-1] - half if marks else 0.0,
        "archive_mb": size / 1e6,
        "archive_seconds": time.monotonic() - begun,
        "end": end,
    }


if __name__ == "__main__":
    main()
