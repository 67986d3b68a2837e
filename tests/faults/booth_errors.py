"""An interview on a disk that fails once, or is full from some moment on."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.interview.model import ExitReason, RecordingResult
from app.interview.ports import RecorderListener, Sink
from app.interview.service import InterviewService
from app.interview.views import Step
from contract.errors import ErrorCode, XudaError
from tests.faults import client_checks
from tests.faults.booth_scene import Visit
from tests.faults.disk import Disk, adversaries
from tests.faults.error_cases import Case, Course
from tests.faults.fuse_folder import FaultyFolder
from tests.faults.promises import Promises
from tests.faults.witness import Witness

BOOTH = "booth"
_PATIENCE = 2.0
_MOST_ERRORS = 8
TEXT = "我会先问清楚原因。" * 30


class AtOnce:
    """A recorder whose microphone has said everything as soon as it is asked: the time of a take is not at issue."""

    def __init__(self, sound: bytes) -> None:
        self._sound = sound
        self._error: XudaError | None = None

    def start(
        self,
        sink: Sink,
        *,
        video: bool,
        pcm: Callable[[Any], None] | None,
        listener: RecorderListener,
        picture_facts: bool = False,
    ) -> None:
        self._error = None
        try:
            for start in range(0, len(self._sound), 3000):
                sink.write(self._sound[start : start + 3000])
        except XudaError as error:
            self._error = error

    def stop(self) -> RecordingResult:
        if self._error is not None:
            raise self._error
        return RecordingResult(duration=1.0)


class Interview:
    """A candidate who goes on after every error, and comes back when the client does not open."""

    def __init__(self, disk: FaultyFolder, invitation: str, sound: bytes) -> None:
        self._disk = disk
        self._invitation = invitation
        self._sound = sound
        self.course = Course()

    def run(self) -> None:
        """Two visits: what is not answered in the first is answered in the second."""
        for last in (False, True):
            visit = self._open()
            if visit is None:
                return
            try:
                self._answer_all(visit, last=last)
            finally:
                self._closing(visit)

    def _open(self) -> Visit | None:
        while len(self.course.errors) < _MOST_ERRORS:
            opened: Visit | None = self._try("open", lambda: Visit(self._disk.path / BOOTH))
            if opened is not None:
                _use(opened.service, AtOnce(self._sound))
                return opened
        return None

    def _answer_all(self, visit: Visit, *, last: bool) -> None:
        answered = 0
        while len(self.course.errors) < _MOST_ERRORS and not self.course.finished:
            if visit.service.active_id is None:
                self._try("begin", lambda: self._begin(visit))
            elif not last and answered == 2:
                if self._try("pause", lambda: self._pause(visit)):
                    return
            elif self._try("answer", lambda: self._next(visit)):
                answered += 1

    def _begin(self, visit: Visit) -> bool:
        entry = visit.run(visit.service.look_up, self._invitation)
        if entry.unfinished is None:
            visit.run(visit.service.begin, language="en", scoring=True)
        else:
            visit.run(visit.service.resume, entry.unfinished.interview_id)
        self._disk.mark(promise="state", interview=visit.service.active_id, state="active")
        return True

    def _pause(self, visit: Visit) -> bool:
        interview_id = visit.service.active_id
        visit.run(visit.service.pause, ExitReason.TIME, "words")
        self._disk.mark(promise="state", interview=interview_id, state="paused")
        return True

    def _next(self, visit: Visit) -> bool:
        service = visit.service
        step = visit.run(service.step)
        interview_id = service.active_id
        if step is None:
            visit.run(service.finish)
            self._disk.mark(promise="state", interview=interview_id, state="finished")
            self.course.finished = True
            return True
        answer = self._give(visit, step)
        self._disk.mark(promise="answer", interview=interview_id, question=step.question.question_id, **answer)
        return True

    def _give(self, visit: Visit, step: Step) -> dict[str, Any]:
        service, question = visit.service, step.question
        if question.kind == "text":
            visit.run(service.save_draft, question.question_id, TEXT[:20])
            visit.run(service.submit_text, question.question_id, TEXT)
            return {"text": TEXT}
        if question.kind.choice:
            visit.run(service.submit_choice, question.question_id, [1])
            return {"choices": [1]}
        wanted = 2 if question.question_id == "q2" else 1
        takes = [take.take_id for take in step.takes]
        while len(takes) < wanted and (step.takes_left > len(takes) - len(step.takes) or not takes):
            visit.run(service.begin_take, question.question_id)
            takes.append(visit.run(service.end_take).take_id)
        digest = visit.digest(takes[-1])
        visit.run(service.submit_take, takes[-1])
        return {"take": takes[-1], "sha256": digest}

    def _closing(self, visit: Visit) -> None:
        try:
            visit.close()
        except Exception as error:
            self.course.strange.append(f"close raises {error!r}")

    def _try(self, what: str, call: Callable[[], Any]) -> Any:
        begun = time.monotonic()
        try:
            return call()
        except XudaError as error:
            self.course.errors.append(error.code.value)
            if error.code.value not in _EXPECTED:
                self.course.strange.append(f"{what} raises {error.code.value}: {error!r}")
        except Exception as error:
            self.course.errors.append(type(error).__name__)
            self.course.strange.append(f"{what} raises {error!r}")
        finally:
            self.course.took(self._disk.state()["hit_at"], begun, time.monotonic())
        return None


_EXPECTED = frozenset({"disk_full", "disk_error"})


def _use(service: InterviewService, recorder: AtOnce) -> None:
    service._takes._recorder = recorder


def run(case: Case, base: Path, material: dict[str, Any], work: Path) -> tuple[Course, list[str]]:
    """The course of one case, and the promises it has broken."""
    work.mkdir()
    with Witness() as witness, FaultyFolder(work / "disk", base=base, witness=witness) as disk:
        case.arm(disk)
        interview = Interview(disk, material["code"], material["sound"])
        interview.run()
        interview.course.seen, interview.course.struck = list(witness.seen), witness.struck
        broken = list(interview.course.strange)
        if case.once and not interview.course.finished:
            broken.append(f"the interview could not go on after {interview.course.errors}")
        if interview.course.slowest > _PATIENCE:
            broken.append(f"an error came after {interview.course.slowest:.1f} s")
        entries = disk.entries()
        promised = Promises(told={"enrolled", "stocked"})
        for entry in entries:
            promised.feed(entry)
        if interview.course.struck and not case.once:
            broken += _on_the_full_disk(disk, promised)
        disk.heal()
        found = client_checks.problems(disk.path / BOOTH, promised, later=promised, sound=b"")
        broken += [f"started again: {problem}" for problem in found]
    model = Disk(base)
    for entry in entries:
        model.feed(entry)
    rng = random.Random(str(case))
    model.build(work / "cut", adversaries(rng)[0], rng, below=BOOTH)
    found = client_checks.problems(work / "cut", promised, later=promised, sound=b"")
    broken += [f"after a power cut: {problem}" for problem in found]
    shutil.rmtree(work)
    return interview.course, broken


def _on_the_full_disk(disk: FaultyFolder, promised: Promises) -> list[str]:
    """The client opens and shows what is there."""
    begun = time.monotonic()
    found = client_checks.problems(disk.path / BOOTH, promised, later=promised, sound=b"", writable=False)
    if not found:
        with Visit(disk.path / BOOTH) as visit:
            trouble = visit.run(visit.service.start_page).trouble
        if trouble is None or trouble.code is not ErrorCode.DISK_FULL:
            found.append("the start page does not say so")
    if time.monotonic() - begun > 4 * _PATIENCE:
        found.append(f"it took {time.monotonic() - begun:.1f} s")
    return [f"on the full disk: {problem}" for problem in found]
