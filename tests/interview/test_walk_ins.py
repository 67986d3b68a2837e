"""Registering on the spot: offline, within what HR allows, and the same person comes back to the same interview."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contract.errors import ErrorCode, XudaError
from contract.events import Event, StartedData
from contract.walkin import Registration, register
from tests.interview.desk import NAME, PHONE, WRITTEN, Desk
from tests.storage.office import Office

PERSON = register("赵不请 Planted-Walkin-3391", "139 1234 5678", "walk@example.com")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    with Desk(tmp_path, office, stages=WRITTEN) as made:
        yield made


def begin(desk: Desk, batch: str, person: Registration = PERSON) -> str:
    desk.run(desk.service.register, batch, person)
    desk.run(desk.service.begin, language="zh_CN", scoring=True)
    found = desk.service.active_id
    assert found is not None
    return found


def first_event(desk: Desk, interview_id: str) -> Event:
    return desk.run(desk.device.store.events, interview_id)[0]


def refusal(desk: Desk, batch: str, person: Registration = PERSON) -> ErrorCode:
    with pytest.raises(XudaError) as error:
        desk.run(desk.service.register, batch, person)
    return error.value.code


def test_the_interview_begins_offline_and_its_first_event_says_who_it_is_sealed(desk: Desk, office: Office) -> None:
    offer = desk.take_walk_ins(office)
    assert [place.batch_id for place in desk.run(desk.service.start_page).walk_ins] == [offer.batch_id]
    interview_id = begin(desk, offer.batch_id)
    event = first_event(desk, interview_id)
    assert event.parse_data(StartedData).walk_in == offer.batch_id
    assert "Planted-Walkin" not in str(event.data)
    assert event.open_sealed(Registration, desk.device.interview_key(interview_id)) == PERSON
    assert desk.run(desk.service.step) is not None
    for name, content in desk.device.files().items():
        assert b"Planted-Walkin" not in content, name
        assert b"13912345678" not in content, name


def test_an_invited_interview_says_nothing_of_it(desk: Desk) -> None:
    desk.begin()
    assert desk.service.active_id is not None
    assert "walk_in" not in first_event(desk, desk.service.active_id).data


def test_who_comes_back_finds_the_interview_by_phone_after_a_restart(desk: Desk, office: Office) -> None:
    from app.interview.model import ExitReason

    offer = desk.take_walk_ins(office)
    interview_id = begin(desk, offer.batch_id)
    desk.run(desk.service.pause, ExitReason.TIME)
    desk.service = desk.make_service()
    entry = desk.run(desk.service.look_up, "+86 139-1234-5678")
    assert entry.unfinished is not None
    assert (entry.unfinished.interview_id, entry.candidate_name) == (interview_id, PERSON.name)
    assert desk.run(desk.service.register, offer.batch_id, PERSON).unfinished is not None


def test_who_is_invited_gets_their_own_invitation(desk: Desk, office: Office) -> None:
    offer = desk.take_walk_ins(office)
    entry = desk.run(desk.service.register, offer.batch_id, register(NAME, PHONE))
    assert entry.invitation_id == desk.right.invitation_id


def test_a_device_registers_no_more_than_hr_allows(desk: Desk, office: Office) -> None:
    offer = desk.take_walk_ins(office, limit=2)
    for number in range(2):
        begin(desk, offer.batch_id, register("某人", f"1390000000{number}"))
        desk.run(desk.service.shutdown)
    assert refusal(desk, offer.batch_id) is ErrorCode.WALK_IN_CLOSED
    assert desk.run(desk.service.start_page).walk_ins == ()


def test_looking_at_the_entry_page_costs_no_place_and_keeps_nothing(desk: Desk, office: Office) -> None:
    offer = desk.take_walk_ins(office, limit=1)
    desk.run(desk.service.register, offer.batch_id, register("某人", "13900000001"))
    desk.run(desk.service.farewell)
    with pytest.raises(XudaError):
        desk.run(desk.service.look_up, "13900000001")
    begin(desk, offer.batch_id)


def test_who_registers_and_declines_stays_unknown(desk: Desk, office: Office) -> None:
    offer = desk.take_walk_ins(office, limit=1)
    desk.run(desk.service.register, offer.batch_id, PERSON)
    desk.run(desk.service.decline, language="zh_CN")
    (row,) = desk.run(desk.device.store.interviews)
    event = first_event(desk, row.interview_id)
    assert event.sealed is None
    assert "walk_in" not in event.data
    assert not desk.run(desk.device.store.candidate_name, row.interview_id)
    assert [place.batch_id for place in desk.run(desk.service.start_page).walk_ins] == [offer.batch_id]


@pytest.mark.parametrize("days", [-1, 8])
def test_outside_its_window_nobody_registers(desk: Desk, office: Office, days: int) -> None:
    offer = desk.take_walk_ins(office)
    desk.clock.wall += timedelta(days=days)
    desk.clock.seconds += max(days, 0) * 86400
    if days > 0:
        assert refusal(desk, offer.batch_id) is ErrorCode.WALK_IN_CLOSED
        assert desk.run(desk.service.start_page).walk_ins == ()
    else:
        # a clock that was set back: what the backend said last still counts
        assert desk.run(desk.service.register, offer.batch_id, PERSON).candidate_name == PERSON.name


def test_without_hrs_word_nobody_registers(desk: Desk) -> None:
    assert desk.run(desk.service.start_page).walk_ins == ()
    assert refusal(desk, "0" * 36) is ErrorCode.WALK_IN_CLOSED


def test_taking_the_consent_back_forgets_who_it_was(desk: Desk, office: Office) -> None:
    from app.interview.model import ExitReason

    offer = desk.take_walk_ins(office, limit=1)
    interview_id = begin(desk, offer.batch_id)
    desk.run(desk.service.pause, ExitReason.TIME)
    desk.run(desk.service.withdraw, interview_id)
    with pytest.raises(XudaError) as error:
        desk.run(desk.service.look_up, PERSON.phone)
    assert error.value.code is ErrorCode.INVITATION_UNKNOWN
    assert desk.run(desk.service.start_page).walk_ins == ()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"phone": "12"}, "phone"),
        ({"phone": ""}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"id_number": "123456789012345678"}, "id_number"),
    ],
)
def test_what_does_not_look_right_is_named(given: dict[str, str], field: str) -> None:
    with pytest.raises(XudaError) as error:
        register(**{"name": "某人", "phone": "13900000001", **given})
    assert (error.value.code, error.value.field) == (ErrorCode.REJECTED, field)
