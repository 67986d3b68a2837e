"""What a booth does in the day of the power campaign, section by section, each from where the last one ended."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.booth_scene import Visit
    from tests.faults.day import Day

_SOUND_SECONDS = 2.6
_TYPED = "我会先问清楚原因。" * 40


@contextmanager
def _visit(day: Day, *, model: bool = False) -> Iterator[Visit]:
    from tests.faults.booth_scene import Visit, cheap_passphrase

    with cheap_passphrase(), Visit(day.booth, model=model) as visit:
        yield visit


def enrolled(day: Day) -> None:
    from backend.services.devices import new_enrolment_code
    from tests.backend.world import COMMAND_LINE
    from tests.faults import hr_scene
    from tests.faults.booth_scene import cheap_passphrase, enrol

    with hr_scene.serving(day.hr, day.disk.mark) as served:
        code = new_enrolment_code(served.hr, COMMAND_LINE)
        with cheap_passphrase():
            enrol(day.booth, served.url, code)
        day.disk.mark(promise="enrolled")
        with _visit(day) as visit:
            assert visit.deliver() == 0
            day.disk.mark(promise="stocked")
        day.notes["port"] = int(served.url.rpartition(":")[2])


def half(day: Day) -> None:
    """Half an interview, left with its reason."""
    with _visit(day, model=day.speech) as visit:
        interview_id = _begin(day, visit)
        day.notes["first"] = interview_id
        take = visit.record("q1", day.folder / "say.wav", day.folder / "clip.mp4", words=day.speech)
        _submit(day, visit, interview_id, "q1", take)
        visit.run(visit.service.save_draft, "q3", "a draft")
        day.disk.mark(promise="draft", interview=interview_id, question="q3", text="a draft")
        visit.run(visit.service.pause, _reason("network"), "words of the reason")
        day.disk.mark(promise="state", interview=interview_id, state="paused")


def other_half(day: Day) -> None:
    interview_id = day.notes["first"]
    with _visit(day, model=day.speech) as visit:
        visit.run(visit.service.resume, interview_id)
        day.disk.mark(promise="state", interview=interview_id, state="active")
        visit.record("q2", day.folder / "say.wav", words=day.speech)
        _submit(day, visit, interview_id, "q2", visit.record("q2", day.folder / "say.wav", words=day.speech))
        _type(day, visit, interview_id)
        visit.run(visit.service.submit_choice, "q4", [1])
        _answered(day, interview_id, "q4", choices=[1])
        visit.run(visit.service.finish)
        day.disk.mark(promise="state", interview=interview_id, state="finished")


def damaged(day: Day) -> None:
    """A page of the database turns bad, and the copy takes its place at the next start."""
    database = day.booth / "xuda.db"
    content = bytearray(database.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(byte ^ 255 for byte in content[middle : middle + 64])
    day.disk.mark(promise="damaged", content=_sha256(bytes(content)))
    with database.open("r+b", buffering=0) as file:
        file.write(content)
        os.fsync(file.fileno())
    with _visit(day) as visit:
        assert visit.client.storage.database.restored is not None
        day.disk.mark(promise="mended")


def withdrawn(day: Day) -> None:
    with _visit(day) as visit:
        interview_id = _begin(day, visit)
        key = _key(visit, interview_id)
        take = visit.record("q1", day.folder / "say.wav", day.folder / "clip.mp4")
        _submit(day, visit, interview_id, "q1", take)
        visit.run(visit.service.withdraw, interview_id)
        day.disk.mark(promise="withdrawn", interview=interview_id, key=key)


def running(day: Day) -> None:
    """A take whose sound comes slowly, written through the store as the recorder does it."""
    from app.interview.states import TakeState
    from app.interview.store import TakeRow

    with _visit(day) as visit:
        interview_id = _begin(day, visit)
        content = (day.folder / "sound.webm").read_bytes()
        take = TakeRow("take-0001", interview_id, "q2", 1, TakeState.RECORDING, has_video=False)
        sink = visit.run(visit.store.begin_take, take)
        begun, given = time.monotonic(), 0
        while (seconds := time.monotonic() - begun) < _SOUND_SECONDS:
            size = min(len(content) - given, 90 if seconds < _SOUND_SECONDS / 2 else 900)
            sink.write(content[given : given + size])
            given += size
            day.disk.mark(promise="sound", take="take-0001", bytes=given)
            time.sleep(0.05)  # the pace of the recording, not a wait for anything
        visit.run(visit.service.shutdown)


def delivered(day: Day) -> None:
    """One more interview, of which nothing is spoken: it needs no words to be delivered and purged."""
    from tests.faults import hr_scene

    with hr_scene.serving(day.hr, day.disk.mark, port=day.notes["port"]):
        with _visit(day, model=day.speech) as visit:
            interview_id = _begin(day, visit)
            take = visit.record("q1", day.folder / "say.wav", day.folder / "clip.mp4")
            visit.run(visit.service.discard_take, take)
            visit.run(visit.service.finish, time_up=True)
            day.disk.mark(promise="state", interview=interview_id, state="finished")
            key = _key(visit, interview_id)
            assert visit.deliver() == 0
            day.disk.mark(promise="delivered", interview=day.notes["first"])
            visit.run(visit.service.farewell)
            assert visit.run(visit.store.interview, interview_id).key_present is False
            day.disk.mark(promise="purged", interview=interview_id, key=key)
        with _visit(day) as visit:
            visit.deliver()


def exported(day: Day) -> None:
    """Two interviews go on a stick: one with a recording, one without, which may go as soon as HR has it."""
    with _visit(day) as visit:
        spoken = _begin(day, visit)
        take = visit.record("q1", day.folder / "say.wav", day.folder / "clip.mp4")
        _submit(day, visit, spoken, "q1", take)
        visit.run(visit.service.finish, time_up=True)
        day.disk.mark(promise="state", interview=spoken, state="finished")
        silent = _begin(day, visit)
        visit.run(visit.service.finish, time_up=True)
        day.disk.mark(promise="state", interview=silent, state="finished")
        visit.run(visit.service.farewell)
        found = visit.client.storage.bundles().export(day.stick, only=[spoken, silent])
        path = found.bundles[0].path
        day.disk.mark(promise="bundle", path=day.place(path), sha256=_sha256(path.read_bytes()))
        day.notes |= {"bundle": path.name, "silent": silent, "key": _key(visit, silent)}


def receipted(day: Day) -> None:
    """HR's receipts come back on the stick: what may go now goes."""
    with _visit(day) as visit:
        silent = day.notes["silent"]
        (file,) = day.stick.glob("*receipts*")
        visit.client.storage.bundles().take_receipts(file)
        assert visit.run(visit.store.interview, silent).key_present is False
        day.disk.mark(promise="purged", interview=silent, key=day.notes["key"])


def installed(day: Day) -> None:
    """A speech model is put in."""
    from app.transcribe import install
    from tests.faults.booth_scene import MODEL

    model = install.install(MODEL, day.models / "speech")
    day.disk.mark(promise="model", path=day.place(model.path))


def fetched(day: Day) -> None:
    """A picture that a kit's question is asked with comes in two pieces."""
    from app.storage.kit_files import KitFiles
    from contract.kit_media import MediaFile

    content = b"a picture " * 2000
    file = MediaFile(sha256=_sha256(content), media_type="image/png", size=len(content))
    held = KitFiles(day.booth / "kit-files")
    half = len(content) // 2
    assert not held.add(file, 0, content[:half])
    assert held.add(file, half, content[half:])
    path = day.place(day.booth / "kit-files" / file.sha256)
    day.disk.mark(promise="file", path=path, content=content.decode())
    # no kit in use names it: the next contact with HR would take it away
    day.disk.mark(promise="file_given_up", path=path)
    held.prune([])


def _begin(day: Day, visit: Visit) -> str:
    interview_id = visit.begin(day.notes["codes"].pop())
    day.disk.mark(promise="state", interview=interview_id, state="active")
    return interview_id


def _type(day: Day, visit: Visit, interview_id: str) -> None:
    visit.run(visit.service.submit_text, "q3", _TYPED)
    _answered(day, interview_id, "q3", text=_TYPED)


def _submit(day: Day, visit: Visit, interview_id: str, question: str, take_id: str) -> None:
    digest = visit.digest(take_id)
    visit.run(visit.service.submit_take, take_id)
    _answered(day, interview_id, question, take=take_id, sha256=digest)


def _answered(day: Day, interview_id: str, question: str, **answer: object) -> None:
    day.disk.mark(promise="answer", interview=interview_id, question=question, **answer)


def _key(visit: Visit, interview_id: str) -> str:
    key = visit.client.storage.keystore.get(f"interview:{interview_id}")
    assert key is not None
    return key.hex()


def _reason(name: str) -> object:
    from app.interview.model import ExitReason

    return ExitReason(name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
