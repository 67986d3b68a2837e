"""Closing the client on a disk that takes nothing any more: it ends, and the next start has what was saved."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import Client
from app.config import ClientSettings
from app.interview.states import InterviewState, TakeState
from app.log import setup_logging
from app.storage.database import Database
from tests.faults import day, hr_scene
from tests.faults.booth_errors import AtOnce
from tests.faults.booth_scene import NO_MODEL, Visit, cheap_passphrase, enrol
from tests.faults.fuse_folder import FaultyFolder, why_not_here
from tests.support.waiting import wait_for

pytestmark = pytest.mark.skipif(bool(why_not_here()), reason=why_not_here() or "can be mounted here")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[FaultyFolder]:
    with FaultyFolder(tmp_path / "disk") as found, cheap_passphrase():
        yield found


@pytest.fixture
def candidate(disk: FaultyFolder, tmp_path: Path) -> str:
    """The code of a candidate whose kit the booth on the disk has."""
    from backend.services.devices import new_enrolment_code
    from tests.backend.world import COMMAND_LINE

    hr = hr_scene.set_up(tmp_path / "hr")
    _, code = hr_scene.invite(hr, "candidate")
    hr.close()
    with hr_scene.serving(tmp_path / "hr", lambda **_: None) as served:
        enrol(disk.path / "booth", served.url, new_enrolment_code(served.hr, COMMAND_LINE))
        with Visit(disk.path / "booth") as visit:
            assert visit.deliver() == 0
    (disk.path / "booth" / "reserve").unlink(missing_ok=True)
    return code


@pytest.mark.parametrize("kind", ["full", "EIO"])
def test_the_client_closes_in_mid_answer_although_nothing_can_be_saved(
    disk: FaultyFolder, candidate: str, tmp_path: Path, kind: str
) -> None:
    day.material(tmp_path)
    recorder = AtOnce((tmp_path / "sound.webm").read_bytes())
    with Visit(disk.path / "booth") as visit:
        visit.service._takes._recorder = recorder
        interview_id = visit.begin(candidate)
        take_id = visit.run(visit.service.begin_take, "q1")
        wait_for(lambda: (disk.path / "booth" / "takes" / f"{take_id}.part").stat().st_size > 5000, "the recording")
        # every write of the database's log from now on, or the next one
        disk.fail(["write", "open", "rename"], 1, kind, "" if kind == "full" else "-wal")
        visit.run(visit.service.shutdown)
    assert disk.state()["hit"]
    disk.heal()
    with Visit(disk.path / "booth") as visit:
        assert visit.store.interview(interview_id).state is InterviewState.PAUSED
        take = visit.store.take(take_id)
        assert (take.state, take.counted) == (TakeState.RECOVERED, False)


def test_a_part_that_does_not_close_keeps_no_other_part_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cheap_passphrase():
        client = Client(ClientSettings(data=tmp_path, model=NO_MODEL))
        monkeypatch.setattr(client._pool, "shutdown", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            client.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "database"]
    Database(tmp_path / "xuda.db").close()


def test_a_log_that_cannot_be_written_keeps_nobody_from_starting_and_says_nothing(
    disk: FaultyFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    disk.fail(["open", "write"], 1, "full")
    try:
        setup_logging(disk.path)
        logging.getLogger("app.test").info("not a word of this")
        assert capfd.readouterr().err == ""
        disk.heal()
        logging.getLogger("app.test").info("there is room again")
        assert "there is room again" in (disk.path / "client.log").read_text("utf-8")
    finally:
        for handler in list(root.handlers):
            root.removeHandler(handler)
            if isinstance(handler, logging.FileHandler):
                handler.close()
        for handler in before:
            root.addHandler(handler)
        root.setLevel(level)


def test_a_window_closed_in_mid_practice_still_saves_the_progress(
    disk: FaultyFolder, candidate: str, tmp_path: Path
) -> None:
    with Visit(disk.path / "booth") as visit:
        visit.service.practice._recorder = AtOnce(b"")
        interview_id = visit.begin(candidate)
        visit.run(visit.service.practice.start, video=False)
        visit.run(visit.service.shutdown)
        assert visit.store.interview(interview_id).state is InterviewState.PAUSED
