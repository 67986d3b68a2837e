"""The state of a data folder, read beside a running client."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.storage.status import read_status, verify_objects
from contract.errors import ErrorCode, XudaError
from tests.storage.office import Device


def test_the_status_is_read_beside_a_running_client(device: Device) -> None:
    row = device.begin()
    device.outbox.refuse(device.outbox.pending()[0], ErrorCode.CONFLICT)
    status = read_status(device.data)
    assert (status["device_id"], status["pending"], status["failed"]) == ("device-1", 1, 1)
    (found,) = status["interviews"]
    assert (found["interview_id"], found["state"], found["delivered"]) == (row.interview_id, "active", False)


def test_a_delivered_interview_is_shown_as_delivered(device: Device) -> None:
    interview_id = device.finish(device.begin().interview_id).interview_id
    device.settle(interview_id)
    assert [row["delivered"] for row in read_status(device.data)["interviews"]] == [True]


def test_every_stored_recording_is_hashed(device: Device) -> None:
    interview_id = device.begin().interview_id
    good, bad = device.record(interview_id), device.record(interview_id)
    assert good.stored is not None
    assert bad.stored is not None
    path = device.vault.object_path(interview_id, bad.stored.object_id)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    assert verify_objects(device.data) == {"good": [good.stored.object_id], "bad": [bad.stored.object_id]}


def test_a_folder_that_was_never_used_says_so(tmp_path: Path) -> None:
    with pytest.raises(XudaError) as caught:
        read_status(tmp_path)
    assert caught.value.code is ErrorCode.NOT_ENROLLED
