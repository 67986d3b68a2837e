"""A device that delivers to a backend whose disk fails once, or is full from some moment on."""

from __future__ import annotations

import dataclasses
import os
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from contract.errors import XudaError
from tests.backend import tus
from tests.backend.world import Booth, Sealed, Talk
from tests.faults import backend_checks, hr_scene
from tests.faults.disk import Disk, adversaries
from tests.faults.error_cases import Case, Course
from tests.faults.fuse_folder import FaultyFolder
from tests.faults.promises import Promises
from tests.faults.witness import Witness

HR = "hr"
_PATIENCE = 2.0
_MOST_ERRORS = 12
_PIECE = 40_000


@dataclass(frozen=True)
class Setting:
    """An organisation in ``base`` that knows ``booth`` and has sent an invitation."""

    base: Path
    booth: Booth
    invitation: str


def prepare(folder: Path) -> Setting:
    base = folder / "backend-base"
    base.mkdir(parents=True)
    hr = hr_scene.set_up(base / HR)
    invitation, _ = hr_scene.invite(hr, "candidate")
    hr.close()
    with hr_scene.serving(base / HR, lambda **_: None) as served:
        booth = served.enrol()
        assert booth.call("GET", "/v1/bootstrap").status_code == 200
    return Setting(base, booth, invitation)


class Delivery:
    """A device that asks again after every error, as the client does: only a receipt is the end."""

    def __init__(self, disk: FaultyFolder, booth: Booth, invitation: str) -> None:
        self._disk = disk
        self.course = Course()
        self._talk = Talk(booth, invitation)
        self._sealed = [self._talk.seal(os.urandom(100_000)), self._talk.seal(os.urandom(3_000))]
        self._talk.started()
        self._talk.consented()
        self._talk.spoken(self._sealed[0])
        self._talk.finished()

    def use(self, url: str) -> None:
        self._talk.booth.url = url

    def run(self) -> None:
        events, objects = set(self._talk.envelopes), list(self._sealed)
        while len(self.course.errors) < _MOST_ERRORS and not self.course.finished:
            for seq in sorted(events):
                if self._ask(self._talk.put, seq) is not None:
                    events.discard(seq)
            objects = [sealed for sealed in objects if not self._upload(sealed)]
            if events or objects:
                continue
            manifest = self._talk.manifest([sealed.ref for sealed in self._sealed])
            answer = self._ask(self._talk.deliver, self._signed(manifest))
            if answer is not None and answer.json()["receipt"]:
                self.course.finished = True
            elif answer is not None:
                events = set(answer.json()["missing_events"])
                lost = set(answer.json()["missing_objects"])
                objects = [sealed for sealed in self._sealed if sealed.object_id in lost]

    def _signed(self, manifest: Any) -> Any:
        # signed once: another manifest of the same serial would be a conflict
        if not hasattr(self, "_envelope"):
            self._envelope = self._talk.booth.sign(manifest)
        return self._envelope

    def _upload(self, sealed: Sealed) -> bool:
        answer = self._ask(tus.create, self._talk, sealed)
        if answer is None:
            return False
        url = self._talk.booth.url + answer.headers["Location"]
        offset = int(answer.headers["Upload-Offset"])
        while offset < len(sealed.data):
            part = sealed.data[offset : offset + _PIECE]
            # without a checksum everything that has reached the disk may count, so every other piece goes like that
            checked = {"Upload-Checksum": tus.checksum(part)} if offset % (2 * _PIECE) else {}
            answer = self._ask(tus.patch, self._talk.booth, url, offset, part, **checked)
            if answer is None:
                return False
            offset = int(answer.headers["Upload-Offset"])
        return True

    def _ask(self, call: Any, *given: Any, **named: Any) -> requests.Response | None:
        begun = time.monotonic()
        try:
            answer: requests.Response = call(*given, **named)
        except requests.RequestException as error:
            self.course.errors.append(type(error).__name__)
            self.course.strange.append(f"no answer: {error!r}")
            return None
        if answer.status_code < 400:
            return answer
        self.course.took(self._disk.state()["hit_at"], begun, time.monotonic())
        self._refused(answer)
        return None

    def _refused(self, answer: requests.Response) -> None:
        kind = answer.headers.get("Content-Type", "")
        code = answer.json()["code"] if "problem+json" in kind else "none"
        self.course.errors.append(f"{answer.status_code} {code}")
        if (answer.status_code, code) not in ((500, "disk_error"), (507, "disk_full")):
            where = f"{answer.request.method} {answer.request.path_url[:40]}"
            self.course.strange.append(f"{where}: {answer.status_code} {kind} {code}")


def run(case: Case, setting: Setting, work: Path) -> tuple[Course, list[str]]:
    """The course of one case, and the promises it has broken."""
    work.mkdir()
    with Witness() as witness, FaultyFolder(work / "disk", base=setting.base, witness=witness) as disk:
        case.arm(disk)
        delivery = Delivery(disk, dataclasses.replace(setting.booth), setting.invitation)
        course = delivery.course
        _deliver(disk, delivery)
        course.seen, course.struck = list(witness.seen), witness.struck
        broken = list(course.strange)
        if case.once and not course.finished:
            broken.append(f"it was never delivered, after {course.errors}")
        if course.slowest > _PATIENCE:
            broken.append(f"an error came after {course.slowest:.1f} s")
        disk.heal()
        if not course.finished:
            course.errors.clear()
            _deliver(disk, delivery)
            if not course.finished:
                broken.append(f"with room again it was not delivered: {course.errors}")
        entries = disk.entries()
        promised = Promises(told={"organisation"})
        for entry in entries:
            promised.feed(entry)
        sent = work / "sent"
        found = backend_checks.problems(disk.path / HR, promised, sent=sent)
        broken += [f"started again: {problem}" for problem in found]
    model, rng = Disk(setting.base), random.Random(str(case))
    for entry in entries:
        model.feed(entry)
    model.build(work / "cut", adversaries(rng)[0], rng, below=HR)
    found = backend_checks.problems(work / "cut", promised, sent=sent)
    broken += [f"after a power cut: {problem}" for problem in found]
    shutil.rmtree(work)
    return course, broken


def _deliver(disk: FaultyFolder, delivery: Delivery) -> None:
    """Start the backend, twice when it does not the first time, and deliver."""
    for _ in range(2):
        try:
            with hr_scene.serving(disk.path / HR, disk.mark) as served:
                delivery.use(served.url)
                delivery.run()
            return
        except XudaError as error:
            delivery.course.errors.append(error.code.value)
            if error.code.value not in ("disk_full", "disk_error"):
                delivery.course.strange.append(f"the backend does not start: {error!r}")
        except Exception as error:
            delivery.course.errors.append(type(error).__name__)
            delivery.course.strange.append(f"the backend does not start: {error!r}")
