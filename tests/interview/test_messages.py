"""Who sees which message of HR, and when."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from tests.interview.desk import CODE, PHONE, WRITTEN, Desk
from tests.storage.office import Office


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    with Desk(tmp_path, office, stages=WRITTEN) as made:
        yield made


def tell(desk: Desk, office: Office) -> None:
    mine, others = [desk.right.invitation_id], [str(uuid.uuid4())]
    desk.tell(
        office,
        {"message_id": "all", "title": {"en": "For everyone"}},
        {"message_id": "mine", "title": {"en": "For one"}, "audience": "invitations", "invitations": mine},
        {"message_id": "other", "title": {"en": "For another"}, "audience": "invitations", "invitations": others},
    )


def here(desk: Desk) -> set[str]:
    return {message.message_id for message in desk.run(desk.service.messages.here)}


def on_entry(desk: Desk, text: str) -> set[str]:
    return {message.message_id for message in desk.run(desk.service.look_up, text).messages}


def test_what_is_for_somebody_shows_where_they_have_an_interview_and_nothing_of_others_ever(
    desk: Desk, office: Office
) -> None:
    tell(desk, office)
    assert here(desk) == {"all"}
    desk.begin()
    assert here(desk) == {"all", "mine"}


def test_at_the_entry_a_code_or_a_link_shows_them_and_a_phone_number_does_not(desk: Desk, office: Office) -> None:
    tell(desk, office)
    assert on_entry(desk, CODE.lower()) == {"all", "mine"}
    assert on_entry(desk, desk.token) == {"all", "mine"}
    assert on_entry(desk, PHONE) == set()


def test_they_show_in_their_time_only(desk: Desk, office: Office) -> None:
    now = desk.clock.now()
    desk.tell(
        office,
        {"message_id": "now", "title": {"en": "t"}, "not_after": now + timedelta(hours=2)},
        {"message_id": "later", "title": {"en": "t"}, "not_before": now + timedelta(hours=1)},
    )
    assert here(desk) == {"now"}
    desk.clock.seconds += 3 * 3600
    desk.clock.wall += timedelta(hours=3)
    assert here(desk) == {"later"}


def test_the_start_page_counts_what_was_not_opened_yet_also_after_a_restart(desk: Desk, office: Office) -> None:
    tell(desk, office)
    desk.begin()
    assert desk.run(desk.service.start_page).unread == 2
    desk.run(desk.service.messages.read, "mine")
    desk.service = desk.make_service()
    assert desk.run(desk.service.start_page).unread == 1
    assert {view.message_id: view.unread for view in desk.run(desk.service.messages.here)} == {
        "all": True,
        "mine": False,
    }


def test_whoever_withdraws_leaves_nothing_that_was_written_to_them(desk: Desk, office: Office) -> None:
    tell(desk, office)
    desk.begin()
    interview_id = desk.service.active_id
    desk.run(desk.service.pause, ExitReason.TIME)
    desk.run(desk.service.withdraw, interview_id)
    assert here(desk) == {"all"}
    assert {message.message_id for message in desk.device.shelf.messages.all()} == {"all", "other"}
