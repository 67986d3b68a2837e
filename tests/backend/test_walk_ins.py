"""People whom devices have registered on the spot: candidates at HR, within bounds, and never silently twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from backend.services import batches, listings, walkins
from backend.services.listings import InvitationLine
from contract.api import Bootstrap
from contract.envelope import open_envelope
from contract.errors import ErrorCode, XudaError
from contract.invitation import Roster, lookup_hash, read
from contract.walkin import Registration, register
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, served

PERSON = register("赵不请", "13912345678", "walk@example.com")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as running:
        yield running


def batch(backend: Served, limit: int = 10) -> str:
    now = datetime.now(UTC)
    start, end = now - timedelta(hours=1), now + timedelta(days=2)
    made = batches.add_batch(backend.hr, COMMAND_LINE, kit_id="test", title="Hall", not_before=start, not_after=end)
    if limit:
        walkins.allow(backend.hr, COMMAND_LINE, made, limit)
    return made


def roster(booth: Booth) -> Roster:
    answer = booth.call("GET", "/v1/bootstrap")
    return open_envelope(Bootstrap.read(answer.content).roster, Roster, booth.organisation_keys)


def come(booth: Booth, batch_id: str, person: Registration | None = PERSON, **changes: Any) -> tuple[Talk, int]:
    """Somebody registers at a booth and begins; the answer to the first event."""
    talk = Talk(booth, str(uuid.uuid4()))
    talk.started(person, walk_in=batch_id, **changes)
    return talk, talk.put(1).status_code


def lines(backend: Served, batch_id: str) -> list[InvitationLine]:
    return listings.invitation_lines(backend.hr, COMMAND_LINE, batch_id=batch_id)


def test_devices_are_told_which_batches_take_walk_ins(backend: Served) -> None:
    booth, chosen = backend.enrol(), batch(backend, 3)
    batch(backend, 0)
    assert [(offer.batch_id, offer.limit) for offer in roster(booth).walk_ins] == [(chosen, 3)]
    walkins.allow(backend.hr, COMMAND_LINE, chosen, 0)
    assert roster(booth).walk_ins == []
    assert walkins.allowed(backend.hr, chosen) == 0


def test_a_walk_in_arrives_as_a_candidate_of_the_batch_with_where_and_when(backend: Served) -> None:
    booth, chosen = backend.enrol("Hall 3"), batch(backend)
    talk, status = come(booth, chosen)
    assert status in (200, 201)
    talk.consented()
    talk.finished()
    talk.put_all()
    (line,) = lines(backend, chosen)
    assert (line.name, line.phone, line.email) == (PERSON.name, PERSON.phone, PERSON.email)
    assert line.interview_id == talk.interview_id
    assert line.walk_in is not None
    assert (line.walk_in.device, line.walk_in.twice) == ("Hall 3", False)
    assert abs(line.walk_in.registered_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_every_booth_knows_a_walk_in_from_then_on(backend: Served) -> None:
    booth, other, chosen = backend.enrol(), backend.enrol("Booth 2"), batch(backend)
    talk, _ = come(booth, chosen)
    found = roster(other)
    (entry,) = found.entries
    assert lookup_hash(PERSON.phone, found.salt) in entry.lookups
    assert read(entry.token, other.organisation_keys).invitation_id == talk.invitation_id


def test_the_same_event_again_and_a_second_attempt_make_nobody_twice(backend: Served) -> None:
    booth, chosen = backend.enrol(), batch(backend)
    talk, _ = come(booth, chosen)
    assert talk.put(1).status_code in (200, 201)
    again = Talk(booth, talk.invitation_id)
    again.started(PERSON, walk_in=chosen, attempt=2)
    assert again.put(1).status_code in (200, 201)
    assert len(lines(backend, chosen)) == 1


def test_who_registers_at_two_booths_is_shown_as_possibly_the_same_person(backend: Served) -> None:
    chosen = batch(backend)
    for booth in (backend.enrol(), backend.enrol("Booth 2")):
        come(booth, chosen)
    found = lines(backend, chosen)
    assert [line.walk_in.twice for line in found if line.walk_in] == [True, True]
    assert len({line.candidate_id for line in found}) == 2


def test_who_was_invited_elsewhere_and_registers_is_shown_as_possibly_the_same(backend: Served) -> None:
    chosen = batch(backend)
    invite(backend.hr, "赵不请", phone=PERSON.phone)
    come(backend.enrol(), chosen)
    (line,) = lines(backend, chosen)
    assert line.walk_in is not None
    assert line.walk_in.twice


def test_a_stolen_device_fills_no_batch(backend: Served) -> None:
    booth, other, chosen = backend.enrol(), backend.enrol("Booth 2"), batch(backend, 2)
    people = [register("某人", f"1390000000{n}") for n in range(3)]
    assert [come(booth, chosen, person)[1] < 300 for person in people] == [True, True, False]
    assert come(other, chosen, people[2])[1] < 300
    assert len(lines(backend, chosen)) == 3


def test_who_registered_offline_before_hr_closed_it_still_arrives(backend: Served) -> None:
    booth, chosen = backend.enrol(), batch(backend, 2)
    walkins.allow(backend.hr, COMMAND_LINE, chosen, 0)
    assert come(booth, chosen)[1] < 300
    assert len(lines(backend, chosen)) == 1


def test_what_is_no_registration_is_refused(backend: Served) -> None:
    booth, chosen, closed = backend.enrol(), batch(backend), batch(backend, 0)
    nameless = Registration(name="\u202e", phone="13900000000")
    assert come(booth, chosen, None)[1] == 422
    assert come(booth, chosen, nameless)[1] == 422
    assert come(booth, closed)[1] == 422
    assert come(booth, "nowhere")[1] == 422
    assert come(booth, chosen, kit_id="other")[1] == 422
    assert lines(backend, chosen) == []


@pytest.mark.parametrize("limit", [-1, 1001])
def test_a_limit_out_of_range_is_refused(backend: Served, limit: int) -> None:
    with pytest.raises(XudaError) as error:
        walkins.allow(backend.hr, COMMAND_LINE, batch(backend), limit)
    assert error.value.code is ErrorCode.SETTING_INVALID
