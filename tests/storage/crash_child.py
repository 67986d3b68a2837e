"""A device at work until it is killed: each line on stdout acknowledges something that must survive.

python -m tests.storage.crash_child FOLDER OFFICE_KEY_HEX
"""

from __future__ import annotations

import io
import os
import random
import sys
import time
from dataclasses import replace
from pathlib import Path

from app.interview.states import InterviewState, TakeState
from app.interview.store import EventDraft
from contract.events import EventType, ExitData, ResumedData
from contract.keys import SigningKey
from tests.storage.office import Device, Office, new_take, text_answer


def content(take_id: str) -> bytes:
    return random.Random(take_id).randbytes(48_000)


def tell(*words: object) -> None:
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def work(device: Device) -> None:
    row = device.begin()
    tell("event", row.interview_id, row.last_seq)
    for number in range(1, 1000):
        row = device.store.append(row.interview_id, [text_answer(f"answer {number}", f"text{number}")])
        tell("event", row.interview_id, row.last_seq)
        record(device, row.interview_id, f"spoken{number}")
        paused = EventDraft(EventType.PAUSED, ExitData(reason="time"))
        row = device.store.append(row.interview_id, [paused], state=InterviewState.PAUSED)
        row = device.store.append(
            row.interview_id, [EventDraft(EventType.RESUMED, ResumedData())], state=InterviewState.ACTIVE
        )
        tell("event", row.interview_id, row.last_seq)


def record(device: Device, interview_id: str, question_id: str) -> None:
    take = new_take(interview_id, question_id)
    plain = content(take.take_id)
    sink = device.store.begin_take(take)
    tell("take", take.take_id)
    for position in range(0, len(plain), 400):
        sink.write(plain[position : position + 400])
        tell("bytes", take.take_id, position + 400, time.monotonic())
        time.sleep(0.01)  # the pace of a recording
    sink.close()
    with device.store.open_raw(take.take_id) as raw:
        device.store.store_object(take.take_id, io.BytesIO(raw.read()), "video/webm")
    device.store.save_take(replace(take, state=TakeState.RECORDED))
    tell("recorded", take.take_id)
    row = device.submit(device.store.take(take.take_id))
    tell("submitted", take.take_id)
    tell("event", interview_id, row.last_seq)


if __name__ == "__main__":
    office = Office(key=SigningKey.from_bytes(bytes.fromhex(sys.argv[2])))
    with Device(Path(sys.argv[1]), office) as opened:
        tell("open")
        work(opened)
