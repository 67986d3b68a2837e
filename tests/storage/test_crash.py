"""SIGKILL at random moments: what was acknowledged is there, and the take in progress up to its last half second."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.interview.states import TakeState
from tests.storage.crash_child import content
from tests.storage.office import Device, Office

KILLS = 10
# half a second by design; the rest is for a machine that is busy with other tests
_BEHIND = 0.8


def run_and_kill(folder: Path, office: Office, after: float) -> tuple[list[list[str]], float]:
    """What the child acknowledged, and when it was killed (monotonic seconds)."""
    command = [sys.executable, "-m", "tests.storage.crash_child", str(folder), office.key.to_bytes().hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        killer = threading.Timer(after, child.kill)
        killer.start()
        lines = child.stdout.readlines()
        killed = time.monotonic()
        killer.join()
    return [line.split() for line in lines if line.endswith("\n")], killed


def check(device: Device, told: list[list[str]], killed: float) -> None:
    sound: dict[str, int] = {}
    for kind, name, *rest in told:
        if kind == "event":
            assert len(device.store.events(name)) >= int(rest[0])
        elif kind == "bytes" and float(rest[1]) < killed - _BEHIND:
            sound[name] = int(rest[0])
        elif kind == "take":
            assert device.store.take(name)
        elif kind == "recorded":
            assert device.store.take(name).state in (TakeState.RECORDED, TakeState.SUBMITTED)
        elif kind == "submitted":
            assert device.store.take(name).state is TakeState.SUBMITTED
    for take_id, least in sound.items():
        open_it = device.store.open_raw if device.store.take(take_id).stored is None else device.store.open_object
        with open_it(take_id) as stream:
            found = stream.read()
        assert len(found) >= least
        assert content(take_id).startswith(found)


def check_whole(device: Device) -> None:
    """Rows agree with each other and with the files, whatever the moment of the kill."""
    assert device.report.damaged == device.report.unknown == []
    queued = {(item.interview_id, item.kind, item.ref) for item in device.outbox.pending()}
    for row in device.store.interviews():
        events = device.store.events(row.interview_id)
        assert [event.seq for event in events] == list(range(1, row.last_seq + 1))
        assert {ref for name, kind, ref in queued if (name, kind) == (row.interview_id, "event")} == {
            str(event.seq) for event in events
        }
        answered = {event.data["answer_id"] for event in events if event.kind == "answer_saved"}
        for take in device.store.takes(row.interview_id):
            assert (take.state is TakeState.SUBMITTED) == (take.take_id in answered)
            if take.stored is not None:
                with device.store.open_object(take.take_id) as stream:
                    assert stream.read() == content(take.take_id)
                assert ((row.interview_id, "object", take.stored.object_id) in queued) == (take.take_id in answered)


@pytest.mark.timeout(300)
def test_no_acknowledged_row_and_no_sound_is_lost_when_the_process_is_killed(tmp_path: Path, office: Office) -> None:
    dice = random.Random(20261122)
    told: list[list[str]] = []
    for _ in range(KILLS):
        fresh, killed = run_and_kill(tmp_path, office, dice.uniform(0.0, 2.4))
        told += fresh
        with Device(tmp_path, office) as device:
            check(device, fresh, killed)
            check_whole(device)
    assert {line[0] for line in told} == {"event", "take", "bytes", "recorded", "submitted"}
    with Device(tmp_path, office) as device:
        interviews = device.store.interviews()
        takes = [take for row in interviews for take in device.store.takes(row.interview_id)]
        submitted = sum(take.state is TakeState.SUBMITTED for take in takes)
        assert device.deliver() == sum(row.last_seq for row in interviews) + submitted
        assert any(take.state is TakeState.RECORDING for take in takes), "no kill has met a running take"
