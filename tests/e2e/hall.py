"""A hall with booths: real clients without windows, one real backend, and a line to it that can be cut."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.bootstrap import Client
from app.config import ClientSettings
from app.interview.states import InterviewState
from app.interview.views import Entry, InputEnded, InterviewSummary, News
from app.sync.enrolment import enroll
from backend.db.models import Batch, Interview
from backend.services import batches, candidates, devices, interviews, kits, reports
from backend.services.candidates import Person
from contract.envelope import Envelope
from report.model import InterviewReport
from tests.backend.world import COMMAND_LINE, Served, served
from tests.e2e.booth import MODEL, PASSPHRASE
from tests.support.needles import forms
from tests.support.waiting import wait_for
from tests.sync.faults import FaultyFront, refuse_connection, running

T = TypeVar("T")
NAME = "转场的候选人"
_KIT = """
kit_id: {kit_id}
department_id: rd
position: Tester
speech_language: en
total_seconds: 600
consent: {{version: "1", purpose: p, full_text: f, deletion: d}}
guide: g
stages:
  - stage_id: one
    title: One
    questions:
      - {{question_id: q1, kind: text, prompt: First}}
      - {{question_id: q2, kind: {second}, prompt: Second, takes: 3}}
      - {{question_id: q3, kind: text, prompt: Third}}
      - {{question_id: q4, kind: single_choice, prompt: Fourth, choices: [A, B]}}
"""


class Stand:
    """A booth: a data folder, and the client's parts on it while it is open."""

    def __init__(self, folder: Path, hall: Hall, name: str) -> None:
        self.data, self.name = folder / "data", name
        self.news: list[News] = []
        self.client = Client(ClientSettings(data=self.data, model=str(MODEL)))
        code = devices.new_enrolment_code(hall.backend.hr, COMMAND_LINE)
        enroll(hall.front.url, code, name, self.client.storage)
        # as at the next start; opening the folder a second time would derive its key a second time
        self.client.engine = self.client._make_engine()
        self.client.news.subscribe(self.news.append)
        self.run(self.service.recover)

    def crash(self) -> None:
        """What was going on is forgotten, and the next start finds the rows."""
        self.service._active.interview_id = None
        self.run(self.service.recover)

    def reopen(self) -> None:
        """The program has ended without a word to its service, and is started again over its folder."""
        self.client.close()
        self.client = Client(ClientSettings(data=self.data, model=str(MODEL)))
        self.client.news.subscribe(self.news.append)
        self.run(self.service.recover)

    def run(self, call: Callable[..., T], *given: Any, **named: Any) -> T:
        return self.client.submit(lambda: call(*given, **named)).result()

    @property
    def service(self) -> Any:
        return self.client.service

    def deliver(self, seconds: float = 20) -> int:
        """Synchronise; how many items still wait."""
        assert self.client.engine is not None
        upkeep = self.client.engine._upkeep
        upkeep.bootstrap_due = upkeep.hear_due = 0.0
        return self.client.engine.run_until_idle(seconds).pending

    def look_up(self, code: str, *, ask: bool = True) -> Entry:
        """As the start screen does it: by the roster, then by HR's own word where it can be had."""
        entry: Entry = self.run(self.service.look_up, code)
        assert self.client.moving is not None
        if entry.unfinished is not None or not ask:
            return entry
        answered, elsewhere = self.client.moving.ask(entry.invitation_id)
        found: Entry = self.run(self.service.heard, elsewhere) if answered else entry
        return found

    def go_on(self, code: str, *, ask: bool = True) -> str:
        """Begin, or continue what was begun elsewhere; the id of the new part."""
        entry = self.look_up(code, ask=ask)
        ticket: Envelope | None = None
        if entry.elsewhere is not None and ask:
            part = self.run(self.service.next_part)
            assert self.client.moving is not None
            ticket = self.client.moving.take_over(part, entry.invitation_id)
        self.run(self.service.begin, language="en", scoring=True, ticket=ticket)
        self.run(self.service.start_clock)
        return str(self.service.active_id)

    @property
    def question(self) -> str | None:
        step = self.run(self.service.step)
        return step.question.question_id if step else None

    def answer(self, text: str = "words", sound: Path | None = None) -> None:
        """The first open question; a spoken one needs ``sound``."""
        step = self.run(self.service.step)
        if step.question.kind == "text":
            self.run(self.service.submit_text, step.question.question_id, text)
        elif step.question.kind == "single_choice":
            self.run(self.service.submit_choice, step.question.question_id, [1])
        else:
            assert sound is not None
            self.run(self.service.submit_take, self.record(sound))

    def record(self, sound: Path) -> str:
        """A take that is not chosen yet."""
        step = self.run(self.service.step)
        self.client.devices.set_microphone(f"file:{sound}")
        self.news.clear()
        take: str = self.run(self.service.begin_take, step.question.question_id)
        wait_for(lambda: any(isinstance(item, InputEnded) for item in self.news), "the sound's end", seconds=60)
        self.run(self.service.end_take)
        return take

    def mine(self, interview_id: str) -> InterviewSummary:
        return next(item for item in self.run(self.service.mine) if item.interview_id == interview_id)

    def state(self, interview_id: str) -> InterviewState:
        return self.mine(interview_id).state

    def sealed(self) -> list[str]:
        """Recordings on the disk."""
        found = [path for part in ("objects", "takes") for path in (self.data / part).rglob("*") if path.is_file()]
        return sorted(path.name for path in found)

    def holds(self, *needles: bytes) -> list[str]:
        """Files in which one of these stands, as it is or within base64."""
        found = [form for needle in needles for form in forms(needle)]
        files = ((path.name, path.read_bytes()) for path in self.data.rglob("*") if path.is_file())
        return [name for name, content in files if any(form in content for form in found)]

    def close(self) -> None:
        self.client.close()


class Hall:
    def __init__(self, folder: Path, backend: Served, front: FaultyFront) -> None:
        self.folder, self.backend, self.front = folder, backend, front
        self.stands: list[Stand] = []

    def stand(self, *, deliver: bool = True) -> Stand:
        number = len(self.stands) + 1
        made = Stand(self.folder / f"stand-{number}", self, f"Booth {number}")
        self.stands.append(made)
        if deliver:
            made.deliver()
        return made

    def invite(self, kit_id: str = "written") -> str:
        """The code of a new invitation; every booth that synchronises after this knows it.

        Of the kit ``spoken`` the second question is answered by voice.
        """
        start = datetime.now(UTC) - timedelta(hours=1)
        batch_id = batches.add_batch(
            self.backend.hr,
            COMMAND_LINE,
            kit_id=kit_id,
            title="Batch",
            not_before=start,
            not_after=start + timedelta(days=2),
        )
        with self.backend.hr.db.write() as session:
            batch = session.get_one(Batch, batch_id)
            return candidates.invite(self.backend.hr, session, batch, Person(NAME, phone="13800138000")).code

    def add_kit(self, kit_id: str) -> None:
        kits.add_kit(self.backend.hr, COMMAND_LINE, _KIT.format(kit_id=kit_id, second="text").encode())

    @contextmanager
    def offline(self) -> Iterator[None]:
        self.front.fail("/", refuse_connection)
        try:
            yield
        finally:
            self.front.heal()

    def state(self, part: str) -> str:
        with self.backend.hr.db.read() as session:
            return session.get_one(Interview, part).state

    def report(self, part: str) -> InterviewReport:
        return reports.build(self.backend.hr, COMMAND_LINE, part, "en")

    def answers(self, part: str) -> dict[str, tuple[int, str | None]]:
        """Of the answers that count: question -> part and text."""
        found = [item for item in self.report(part).answers if not item.superseded]
        assert len({item.question_id for item in found}) == len(found), "one answer counts per question"
        return {item.question_id: (item.part, item.text) for item in found}

    def line(self, part: str) -> interviews.InterviewSummary:
        return interviews.summary(self.backend.hr, COMMAND_LINE, part)


@contextmanager
def hall(folder: Path) -> Iterator[Hall]:
    before = os.environ.get("XUDA_PASSPHRASE")
    os.environ["XUDA_PASSPHRASE"] = PASSPHRASE
    try:
        with served(folder / "hr") as backend, running(FaultyFront(backend.url)) as front:
            for kit_id, second in (("written", "text"), ("spoken", "audio")):
                kits.add_kit(backend.hr, COMMAND_LINE, _KIT.format(kit_id=kit_id, second=second).encode())
            made = Hall(folder, backend, front)
            try:
                yield made
            finally:
                for stand in made.stands:
                    stand.close()
    finally:
        if before is None:
            del os.environ["XUDA_PASSPHRASE"]
        else:
            os.environ["XUDA_PASSPHRASE"] = before
