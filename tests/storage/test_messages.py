"""HR's messages on the device: verified, sealed, gone when HR or the candidate takes them back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from contract.envelope import Envelope, sign
from contract.keys import SigningKey
from contract.message import Message
from tests.storage.office import NOW, Device, Office

PLANTED = "planted message 只给一个人 zq77"


def message(office: Office, message_id: str = "m1", key: SigningKey | None = None, **more: Any) -> Envelope:
    found = {
        "message_id": message_id,
        "organisation_id": "org-1",
        "device_id": "device-1",
        "audience": "everyone",
        "title": {"en": "Title"},
        "text": {"en": PLANTED},
        "not_before": NOW,
        "not_after": NOW + timedelta(days=7),
    }
    return sign(Message.model_validate({**found, **more}), key or office.key)


def save(device: Device, *envelopes: Envelope) -> None:
    bootstrap = device.office.bootstrap([], messages=list(envelopes))
    device.shelf.save_bootstrap(bootstrap, device.clock.monotonic())


def ids(device: Device) -> list[str]:
    return [found.message_id for found in device.shelf.messages.all()]


def test_nothing_of_them_is_readable_on_the_disk(device: Device, office: Office) -> None:
    save(device, message(office))
    assert [found.text for found in device.shelf.messages.all()] == [{"en": PLANTED}]
    for name, content in device.files().items():
        assert PLANTED.encode() not in content, name


def test_what_hr_no_longer_sends_is_gone_and_what_was_read_stays_read(device: Device, office: Office) -> None:
    save(device, message(office), message(office, "m2", not_before=NOW + timedelta(hours=1)))
    assert ids(device) == ["m2", "m1"]
    device.shelf.messages.mark_read("m1")
    device.shelf.messages.mark_read("unknown")
    save(device, message(office))
    assert ids(device) == ["m1"]
    assert device.shelf.messages.read() == {"m1"}
    save(device)
    assert ids(device) == []
    assert device.shelf.messages.read() == frozenset()


def test_what_is_forged_or_for_another_device_is_refused_and_told(device: Device, office: Office) -> None:
    strange = message(office, "m2", device_id="device-2")
    save(device, message(office), message(office, "m3", SigningKey.generate()), strange)
    assert ids(device) == ["m1"]
    assert [(item.what, item.code) for item in device.shelf.refused] == [
        ("message", "key_unknown"),
        ("message", "server_mismatch"),
    ]


def test_an_audience_of_a_newer_backend_is_not_taken_for_everyone(device: Device, office: Office) -> None:
    newer = Message.model_construct(**{**Message.read(message(office).payload_bytes).__dict__, "audience": "some"})
    save(device, sign(newer, office.key))
    assert ids(device) == []
    assert [item.code for item in device.shelf.refused] == ["format_invalid"]


def test_one_that_was_swapped_on_the_disk_is_not_shown(device: Device, office: Office) -> None:
    save(device, message(office), message(office, "m2"))
    sql = "UPDATE settings SET value = (SELECT value FROM settings WHERE name = 'message:m2') WHERE name = 'message:m1'"
    device.database.transaction(lambda db: db.execute(sql))
    assert ids(device) == ["m2"]


def test_what_is_for_one_alone_goes_with_their_withdrawal_and_does_not_come_back(
    device: Device, office: Office
) -> None:
    row = device.begin()
    mine, shared = [row.invitation_id], sorted([row.invitation_id, str(uuid.uuid4())])
    personal = message(office, "m1", audience="invitations", invitations=mine)
    batch = message(office, "m2", audience="invitations", invitations=shared)
    save(device, personal, batch)
    assert ids(device) == ["m2", "m1"]
    device.shelf.messages.drop(row.invitation_id)
    assert ids(device) == ["m2"]
    device.store.withdraw(row.interview_id, None)
    save(device, personal, batch)
    assert ids(device) == ["m2"]
