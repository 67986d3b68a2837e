"""Times to choose: never more people than places, changed until a deadline, named in messages, in calendars."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import select

from backend.db.models import Batch, InvitationRow
from backend.db.slot_models import SlotRow
from backend.sending.outcome import Channel, Template
from backend.services import batches, candidates, deliveries, erasure, reminders, slot_calendar, slots
from backend.services.deliveries import Notices
from backend.services.slots import Rules, SlotDraft
from contract.errors import ErrorCode, XudaError
from contract.invitation import read
from tests.backend.mailbox import Mailbox, mailbox
from tests.backend.posting import COMMAND_LINE, Place, person, place, plain
from tests.backend.test_reminders import at_noon, begin
from tests.backend.world import BOTH, organisation, wait_until

DATABASES = BOTH


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path, box: Mailbox) -> Iterator[Place]:
    sending = replace(plain(box), public_url="https://hr.example.test/")
    with place(tmp_path, sending) as found:
        yield found


def make(here: Place, *drafts: SlotDraft, **rules: object) -> list[str]:
    """Ids of the batch's slots in their order."""
    slots.add(here.hr, COMMAND_LINE, here.batch, drafts)
    slots.set_rules(here.hr, COMMAND_LINE, here.batch, Rules(offered=True, **rules))  # type: ignore[arg-type]
    return [slot.slot_id for slot in slots.board(here.hr, COMMAND_LINE, here.batch).slots]


def draft(here: Place, hours: float, capacity: int = 1, where: str = "Hall 3") -> SlotDraft:
    start = here.hr.now().replace(microsecond=0) + timedelta(hours=hours)
    return SlotDraft(start, start + timedelta(minutes=30), capacity, where)


def refusal(here: Place, invitation: str, slot: str) -> str:
    with pytest.raises(XudaError) as refused:
        slots.choose(here.hr, invitation, slot)
    assert refused.value.code is ErrorCode.CONFLICT
    return refused.value.field or ""


def taken(here: Place) -> list[int]:
    return [slot.taken for slot in slots.board(here.hr, COMMAND_LINE, here.batch).slots]


def test_no_slot_ever_holds_more_than_its_places_when_all_choose_at_once(
    tmp_path: Path, database: Callable[[], dict[str, str]]
) -> None:
    hr = organisation(tmp_path / "data", **database())
    now = hr.now()
    times = {"not_before": now, "not_after": now + timedelta(days=9)}
    batch = batches.add_batch(hr, COMMAND_LINE, kit_id="test", title="B", **times)
    with hr.db.write() as session:
        row = session.get_one(Batch, batch)
        people = [candidates.invite(hr, session, row, person(number)).id for number in range(24)]
    starts = [now + timedelta(hours=hours) for hours in (48, 49)]
    wishes = [SlotDraft(at, at + timedelta(minutes=30), size) for at, size in zip(starts, (5, 3), strict=True)]
    slots.add(hr, COMMAND_LINE, batch, wishes)
    slots.set_rules(hr, COMMAND_LINE, batch, Rules(offered=True))
    ids = [slot.slot_id for slot in slots.board(hr, COMMAND_LINE, batch).slots]
    fates: Counter[str] = Counter()
    gate, lock = threading.Barrier(len(people)), threading.Lock()

    def come(number: int, invitation: str) -> None:
        gate.wait()
        # everybody wants the first one, then moves on to the second, then back
        for wanted in (ids[0], ids[1], ids[0]) if number % 2 else (ids[0], ids[1]):
            try:
                slots.choose(hr, invitation, wanted)
                fate = "chosen"
            except XudaError as error:
                fate = error.field or ""
            with lock:
                fates[fate] += 1

    threads = [threading.Thread(target=come, args=each) for each in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    board = slots.board(hr, COMMAND_LINE, batch)
    hr.close()
    assert set(fates) == {"chosen", "full"}
    assert [slot.taken for slot in board.slots] == [len(slot.people) for slot in board.slots]
    assert sum(slot.taken for slot in board.slots) == 8, "every place is taken, and none twice"
    assert all(slot.taken <= slot.capacity for slot in board.slots)
    assert len(board.undecided) == 16


def test_a_choice_is_changed_until_the_deadline_and_by_hr_afterwards(here: Place) -> None:
    (invitation,) = here.invite(person(1))
    first, second = make(here, draft(here, 48), draft(here, 72), change_hours=24)
    assert slots.choose(here.hr, invitation, first).why_not == ""
    slots.choose(here.hr, invitation, second)
    assert taken(here) == [0, 1]
    slots.choose(here.hr, invitation, first)
    here.clock.ahead += timedelta(hours=25)
    offer = slots.offer(here.hr, invitation)
    assert offer.why_not == "late"
    assert refusal(here, invitation, second) == "late"
    slots.assign(here.hr, COMMAND_LINE, here.batch, invitation, second)
    assert taken(here) == [0, 1]
    slots.assign(here.hr, COMMAND_LINE, here.batch, invitation, None)
    assert taken(here) == [0, 0]


def test_who_is_refused_keeps_the_time_that_was_chosen_before(here: Place) -> None:
    one, other = here.invite(person(1), person(2))
    first, second = make(here, draft(here, 48), draft(here, 49))
    slots.choose(here.hr, one, first)
    slots.choose(here.hr, other, second)
    assert refusal(here, other, first) == "full"
    assert (chosen := slots.offer(here.hr, other).chosen) is not None
    assert chosen.slot_id == second


def test_what_cannot_be_chosen(here: Place) -> None:
    (invitation,) = here.invite(person(1))
    first, second = make(here, draft(here, 48, 2), draft(here, 49))
    slots.withdraw(here.hr, COMMAND_LINE, here.batch, first, on=True)
    assert refusal(here, invitation, first) == "full"
    begin(here, invitation)
    assert refusal(here, invitation, second) == "begun"
    slots.set_rules(here.hr, COMMAND_LINE, here.batch, Rules(offered=False))
    assert refusal(here, invitation, second) == "closed"
    for bad, field in (
        (draft(here, 24 * 30), "window"),
        (draft(here, 48, 0), "capacity"),
        (replace(draft(here, 48), ends_at=here.hr.now()), "times"),
        (draft(here, 48, 1, "x" * 201), "place"),
    ):
        with pytest.raises(XudaError) as refused:
            slots.add(here.hr, COMMAND_LINE, here.batch, [bad])
        assert refused.value.field == field


def test_places_are_never_fewer_than_have_chosen(here: Place) -> None:
    people = here.invite(*map(person, range(2)))
    (slot,) = make(here, draft(here, 48, 2))
    for invitation in people:
        slots.choose(here.hr, invitation, slot)
    with pytest.raises(XudaError) as refused:
        slots.set_capacity(here.hr, COMMAND_LINE, here.batch, slot, 1)
    assert refused.value.code is ErrorCode.CONFLICT
    slots.set_capacity(here.hr, COMMAND_LINE, here.batch, slot, 3)


def test_the_invitation_holds_for_the_slot_alone_where_hr_wants_that(here: Place) -> None:
    (invitation,) = here.invite(person(1))
    first, second = make(here, draft(here, 48), draft(here, 72), window_follows=True)
    slots.choose(here.hr, invitation, first)

    def window() -> tuple[datetime, datetime]:
        with here.hr.db.read() as session:
            row = session.get_one(InvitationRow, invitation)
            signed = read(row.token, {here.hr.vault.sign_key.key_id: here.hr.vault.sign_key.public})
            assert (signed.not_before, signed.not_after) == (row.starts_at, row.ends_at)
            return signed.not_before, signed.not_after

    slot = slots.offer(here.hr, invitation).chosen
    assert slot is not None
    assert window() == (slot.starts_at - slots.EARLY, slot.ends_at)
    slots.choose(here.hr, invitation, second)
    assert window()[0] > slot.ends_at
    slots.assign(here.hr, COMMAND_LINE, here.batch, invitation, None)
    with here.hr.db.read() as session:
        batch = session.get_one(Batch, here.batch)
    assert window() == (batch.not_before, batch.not_after)


def test_messages_name_the_slot_or_where_to_choose_one(here: Place, box: Mailbox) -> None:
    one, _ = here.invite(person(1), person(2))
    # noon of tomorrow lies 12 to 36 hours ahead: within the day before the slot whatever the hour is now
    (slot, _) = make(here, draft(here, 36), draft(here, 60))
    deliveries.set_notices(here.hr, COMMAND_LINE, here.batch, Notices("en", 1))
    slots.choose(here.hr, one, slot)
    here.send(Channel.MAIL)
    here.settle()
    chosen, open_yet = (box.to(f"c{n}@example.test").get_body(("plain",)) for n in (1, 2))
    assert chosen is not None
    assert open_yet is not None
    assert "Your time: " in chosen.get_content()
    assert "Hall 3" in chosen.get_content()
    assert "https://hr.example.test/slots" in open_yet.get_content()
    assert "https://hr.example.test/slots" not in chosen.get_content()
    # who has chosen the slot is reminded the day before, the other before the window ends
    at_noon(here, 1)
    assert reminders.queue_due(here.hr) == 1
    assert reminders.queue_due(here.hr) == 0
    here.sender.wake()
    wait_until(lambda: here.states(Template.REMINDER) == {"sent": 1})
    told, mail = box.mails[-1]
    assert told == "c1@example.test"
    reminder = mail.get_body(("plain",))
    assert reminder is not None
    assert "Your time: " in reminder.get_content()


def test_the_place_of_who_was_erased_is_for_others(here: Place) -> None:
    one, other = here.invite(person(1), person(2))
    (slot,) = make(here, draft(here, 48))
    slots.choose(here.hr, one, slot)
    assert refusal(here, other, slot) == "full"
    with here.hr.db.write() as session:
        candidate = session.scalars(select(InvitationRow.candidate_id).where(InvitationRow.id == one)).one()
        erasure.erase(session, candidate, here.hr.now())
    slots.choose(here.hr, other, slot)
    with pytest.raises(XudaError) as gone:
        slots.offer(here.hr, one)
    assert gone.value.code is ErrorCode.NOT_FOUND


def test_a_series_fills_the_time_between_and_no_more() -> None:
    start = datetime.fromisoformat("2026-12-01T09:00:00+08:00")
    made = slots.series(start, start + timedelta(hours=2, minutes=10), 30, 2, "")
    assert len(made) == 4
    assert made[-1].ends_at == start + timedelta(hours=2)
    assert all(one.ends_at == next_one.starts_at for one, next_one in pairwise(made))


def test_the_calendar_file_is_read_by_others_as_the_slot(here: Place) -> None:
    (invitation,) = here.invite(person(1))
    (slot,) = make(here, draft(here, 48, 1, "3 号厅, A;B\nC"))
    chosen = slots.choose(here.hr, invitation, slot).chosen
    assert chosen is not None
    file = slot_calendar.entry(
        chosen, invitation, title="面试：工程师", place=chosen.place, words="Xuda", now=here.hr.now()
    )
    (event,) = Calendar.from_ical(file).walk("VEVENT")
    assert event.decoded("dtstart") == chosen.starts_at
    assert event.decoded("dtend") == chosen.ends_at
    assert str(event["location"]) == chosen.place
    assert str(event["uid"]) == f"{invitation}@xuda"
    assert all(len(line) <= 75 for line in file.split(b"\r\n"))


def test_the_database_itself_refuses_one_too_many(here: Place) -> None:
    make(here, draft(here, 48))
    with pytest.raises(Exception, match="slot_capacity"), here.hr.db.write() as session:  # noqa: PT012
        row = session.scalars(select(SlotRow)).one()
        row.taken = 2
        session.flush()
