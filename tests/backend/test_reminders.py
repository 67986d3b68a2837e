"""Reminders and longer windows: who has not begun is reminded once, new links hold, old codes stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.db.models import Batch, Device, Interview, InvitationRow
from backend.sending.outcome import Channel, Template
from backend.services import deliveries, extension, reminders
from backend.services.deliveries import Notices
from contract.errors import ErrorCode, XudaError
from contract.invitation import read
from tests.backend.mailbox import Mailbox, mailbox
from tests.backend.posting import COMMAND_LINE, Place, person, place, plain
from tests.backend.world import wait_until


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


def at_noon(here: Place, days: int) -> None:
    """Move the server's clock to noon, so many days on."""
    noon = (here.hr.now() + timedelta(days=days)).astimezone().replace(hour=12, minute=0)
    here.clock.ahead += noon - here.hr.now()


def invited(here: Place, count: int) -> list[str]:
    deliveries.set_notices(here.hr, COMMAND_LINE, here.batch, Notices("en", 3))
    ids = here.invite(*map(person, range(count)))
    here.send()
    here.settle()
    return ids


def begin(here: Place, invitation: str) -> None:
    with here.hr.db.write() as session:
        now = here.hr.now()
        device = Device(name="B", public_key="x", platform="p", app_version="1", enrolled_at=now)
        session.add(device)
        session.flush()
        values = {"id": invitation, "invitation_id": invitation, "device_id": device.id, "department_id": "rd"}
        more = {"state": "in_progress", "created_at": now, "updated_at": now, "kit_id": "test", "kit_version": 1}
        session.add(Interview(**values, **more, attempt=1))


def test_who_has_not_begun_is_reminded_once_some_days_before_the_end(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        ids = invited(here, 3)
        late = here.invite(person(9))  # was never written to here
        begin(here, ids[0])
        at_noon(here, 5)
        assert reminders.queue_due(here.hr) == 0
        at_noon(here, 3)
        assert reminders.queue_due(here.hr) == 2
        assert reminders.queue_due(here.hr) == 0
        here.sender.wake()
        wait_until(lambda: here.states(Template.REMINDER) == {"sent": 2})
        at_noon(here, 1)
        assert reminders.queue_due(here.hr) == 0
        at_noon(here, 3)
        assert reminders.queue_due(here.hr) == 0
        del late
    assert box.counts() == {"c0@example.test": 1, "c1@example.test": 2, "c2@example.test": 2}
    assert "reminder of your interview" in box.mails[-1][1]["Subject"]


def test_nobody_is_written_to_at_night(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        invited(here, 1)
        at_noon(here, 8)
        here.clock.ahead -= timedelta(hours=9)
        assert reminders.queue_due(here.hr) == 0
        here.clock.ahead += timedelta(hours=9)
        assert reminders.queue_due(here.hr) == 1


def test_who_begins_before_the_reminder_goes_does_not_get_it(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        (invitation,) = invited(here, 1)
        at_noon(here, 8)
        here.sender.stop()
        assert reminders.queue_due(here.hr) == 1
        begin(here, invitation)
        from backend.sending.worker import Sender

        again = Sender(here.hr)
        again.start()
        wait_until(lambda: here.states(Template.REMINDER) == {"dropped": 1})
        again.stop()
    assert len(box.mails) == 1


def extend(here: Place, until: datetime, chosen: frozenset[str] | None = None) -> extension.Extended:
    done = extension.extend(
        here.hr, COMMAND_LINE, here.batch, until, chosen=chosen, channels=[Channel.MAIL], order_id=str(until)[:36]
    )
    here.sender.wake()
    return done


def ends(here: Place) -> dict[str, datetime]:
    """Of each invitation, as its link says."""
    with here.hr.db.read() as session:
        tokens = session.scalars(select(InvitationRow.token)).all()
    found = [read(token, here.hr.vault.public_keys) for token in tokens]
    return {right.invitation_id: right.not_after for right in found}


def test_a_longer_window_is_in_new_links_and_everybody_who_has_not_finished_is_told(
    tmp_path: Path, box: Mailbox
) -> None:
    with place(tmp_path, plain(box)) as here:
        ids = invited(here, 3)
        until = (here.hr.now() + timedelta(days=20)).replace(microsecond=0)
        assert extend(here, until) == extension.Extended(3, 3)
        wait_until(lambda: here.states(Template.EXTENSION) == {"sent": 3})
        assert set(ends(here).values()) == {until}
        with here.hr.db.read() as session:
            codes = set(session.scalars(select(InvitationRow.code)))
            assert session.get_one(Batch, here.batch).not_after == until
        text = box.mails[-1][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert any(code in text for code in codes)
        # and there is another reminder before the new end
        at_noon(here, 18)
        assert reminders.queue_due(here.hr) == 3
        assert len(ids) == 3


def test_one_candidate_alone_gets_more_time_and_keeps_it_when_the_batch_gets_less(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        ids = invited(here, 3)
        alone = (here.hr.now() + timedelta(days=30)).replace(microsecond=0)
        assert extend(here, alone, frozenset({ids[1]})) == extension.Extended(1, 1)
        everyone = (here.hr.now() + timedelta(days=15)).replace(microsecond=0)
        assert extend(here, everyone).people == 2
        assert ends(here) == {ids[0]: everyone, ids[1]: alone, ids[2]: everyone}
        lines, _ = deliveries.people(here.hr, COMMAND_LINE, here.batch)
        assert [line.ends_at for line in lines] == [everyone, alone, everyone]


def test_windows_do_not_become_shorter_or_end_in_the_past(tmp_path: Path, box: Mailbox) -> None:
    with place(tmp_path, plain(box)) as here:
        ids = invited(here, 1)
        now = here.hr.now()
        for until, chosen in (
            (now + timedelta(days=9), None),
            (now - timedelta(days=1), frozenset(ids)),
            (now + timedelta(days=101), frozenset(ids)),
        ):
            with pytest.raises(XudaError) as refused:
                extend(here, until, chosen)
            assert (refused.value.code, refused.value.field) == (ErrorCode.SETTING_INVALID, "until")
