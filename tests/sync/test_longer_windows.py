"""A window that HR has made longer: the link that was handed out before holds on devices that have heard of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.sync.enrolment import enroll
from backend.db.models import InvitationRow
from backend.services import devices, extension
from tests.backend.world import COMMAND_LINE, Served, invite, served
from tests.sync.device import Device


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "hr") as found:
        yield found


@pytest.mark.parametrize("alone", [True, False])
def test_the_old_link_holds_until_the_new_end_once_the_device_knows_it(
    backend: Served, tmp_path: Path, alone: bool
) -> None:
    invitation = invite(backend.hr, "李雷")
    with backend.hr.db.read() as session:
        row = session.get_one(InvitationRow, invitation)
        old, code, batch, end = row.token, row.code, row.batch_id, row.ends_at
    device = Device(tmp_path / "booth")
    try:
        enroll(backend.url, devices.new_enrolment_code(backend.hr, COMMAND_LINE), "Booth 1", device)
        device.make_engine(patience=10).run_until_idle(20)
        assert device.shelf.admit(old).invitation.not_after == end
        until = end + timedelta(days=9)
        chosen = frozenset({invitation}) if alone else None
        extension.extend(backend.hr, COMMAND_LINE, batch, until, chosen=chosen, channels=[], order_id="x")
        with backend.hr.db.read() as session:
            new = session.get_one(InvitationRow, invitation).token
        # a device that has not heard of it goes by the link itself
        assert device.shelf.admit(old).invitation.not_after == end
        assert device.shelf.admit(new).invitation.not_after == until
        device.make_engine(patience=10).run_until_idle(20)
        for way in (old, new, code):
            assert device.shelf.admit(way).invitation.not_after == until
        # the roster still has who may come alone when the batch itself is over
        backend.clock.ahead += timedelta(days=5)
        device.make_engine(patience=10).run_until_idle(20)
        assert device.shelf.admit(code).invitation.invitation_id == invitation
    finally:
        device.close()
