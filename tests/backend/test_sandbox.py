"""The sandbox: interviews that work like any other, count nowhere, and leave nothing when they are thrown away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from backend.db.models import ObjectRow, Role
from backend.services import (
    chores,
    decisions,
    devices,
    feeds,
    interviews,
    listings,
    media,
    notes,
    reports,
    retention,
    sandbox,
)
from backend.services.candidate_states import Ruling
from backend.services.interviews import ListQuery
from contract.events import HrState
from tests.backend.staffing import refusal, somebody
from tests.backend.world import COMMAND_LINE, Served


def test_made_up_candidates_are_in_every_state_and_can_be_opened(own_backend: Served) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    sandbox.make(hr, who)
    found = sandbox.current(hr, who)
    assert found is not None
    assert [line.state for line in found.lines].count(HrState.PENDING_REVIEW) == 3
    assert {line.state for line in found.lines} == {
        HrState.PENDING_REVIEW,
        HrState.PAUSED,
        HrState.INCOMPLETE,
        HrState.DECLINED,
    }
    first = next(line.interview_id for line in found.lines if line.state is HrState.PENDING_REVIEW)
    assert first
    report = reports.build(hr, who, first, "zh_CN")
    assert "客户成功" in (report.answers[0].transcript.text if report.answers[0].transcript else "")
    recording = media.open_media(hr, who, first, report.answers[0].objects[0].object_id)
    assert recording.stream.read(4) == b"RIFF"
    decisions.rate(hr, who, first, 88)
    assert decisions.decide(hr, who, first, Ruling.SECOND_ROUND) is HrState.SECOND_ROUND


def test_nothing_of_it_is_in_any_list_or_on_any_device(own_backend: Served) -> None:
    hr, who, booth = own_backend.hr, somebody(own_backend.hr), own_backend.enrol()
    sandbox.make(hr, who)
    assert interviews.list_interviews(hr, who, ListQuery()).total == 0
    assert listings.batch_lines(hr, who).total == 0
    assert listings.invitation_lines(hr, who) == []
    assert [line.kit.kit_id for line in listings.kit_lines(hr, who).lines] == ["test"]
    assert retention.ends(hr) == []
    assert retention.soonest(hr, 20) == []
    assert feeds.interviews(hr, who, feeds.Ask()).items == []
    assert feeds.candidates(hr, who, feeds.Ask()).items == []
    assert [device.id for device in devices.list_devices(hr)] == [booth.device_id]
    told = booth.call("GET", "/v1/bootstrap").json()
    assert "xuda-practice" not in str(told)
    assert "练习" not in str(told)


def test_one_click_throws_everything_away(own_backend: Served, tmp_path: Path) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    sandbox.make(hr, who)
    found = sandbox.current(hr, who)
    assert found is not None
    assert sandbox.throw_away(hr, who) == len(found.lines)
    assert sandbox.current(hr, who) is None
    assert sandbox.throw_away(hr, who) == 0
    assert refusal(interviews.summary, hr, who, str(found.lines[0].interview_id))[0] == "not_found"
    with hr.db.read() as session:
        assert session.scalar(select(func.count()).select_from(ObjectRow)) == 0
    assert not [path for path in (hr.settings.data / "objects").rglob("*") if path.is_file()]


def test_making_it_anew_leaves_one(own_backend: Served) -> None:
    who = somebody(own_backend.hr)
    first = sandbox.make(own_backend.hr, who)
    second = sandbox.make(own_backend.hr, who)
    found = sandbox.current(own_backend.hr, who)
    assert found is not None
    assert found.batch_id == second != first
    assert len(found.lines) == 6


def test_what_is_forgotten_goes_by_itself_after_a_week(own_backend: Served) -> None:
    sandbox.make(own_backend.hr, COMMAND_LINE)
    chores.hourly(own_backend.hr)
    assert sandbox.current(own_backend.hr, COMMAND_LINE) is not None
    own_backend.clock.ahead = sandbox.KEPT + timedelta(hours=1)
    chores.hourly(own_backend.hr)
    assert sandbox.current(own_backend.hr, COMMAND_LINE) is None


def test_department_heads_do_not_practise_with_it(own_backend: Served) -> None:
    head = somebody(own_backend.hr, Role.DEPARTMENT_HEAD, "hq")
    assert refusal(sandbox.make, own_backend.hr, head)[0] == "forbidden"


def test_update_notes_are_unread_until_they_were_looked_at(own_backend: Served) -> None:
    who = somebody(own_backend.hr)
    assert notes.unread(notes.read(own_backend.hr, who)) == len(notes.notes())
    assert notes.unread(notes.read(own_backend.hr, who)) == 0
    ids = [note.note_id for note in notes.notes()]
    assert ids == sorted(ids, reverse=True)
    assert all(set(note.points) == set(note.title) == {"zh_CN", "en"} for note in notes.notes())
