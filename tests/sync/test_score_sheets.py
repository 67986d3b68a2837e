"""Sheets come to a device that HR lets score, with its settings, and go with them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sync.enrolment import enroll
from backend.services import device_settings, devices, model_publishing
from contract.canonical import sha256_hex
from contract.errors import ErrorCode
from tests.backend.test_device_scoring import SECRET, let, open_office, publish, publish_model
from tests.backend.world import COMMAND_LINE, Served
from tests.security.residue import needles
from tests.sync.device import Device, WrongClock
from tests.sync.faults import Answer, Asked, FaultyFront, Handle, lose_reply, running


@pytest.fixture
def hr(tmp_path: Path) -> Iterator[Served]:
    with open_office(tmp_path) as found:
        yield found


@pytest.fixture
def booth(hr: Served, tmp_path: Path) -> Iterator[Device]:
    device = Device(tmp_path / "booth", WrongClock())
    enroll(hr.url, devices.new_enrolment_code(hr.hr, COMMAND_LINE), "Booth 1", device)
    yield device
    device.close()


def sync(booth: Device, url: str | None = None) -> None:
    booth.make_engine(url=url, patience=10).run_until_idle(30)


def points(booth: Device) -> list[str]:
    """Of what the device would score by; empty where it has nothing."""
    found = booth.shelf.scores.basis(booth.shelf.kit("test"))
    return [p.text["en"] for q in found.sheet.questions for d in q.dimensions for p in d.key_points] if found else []


def files_that_tell(booth: Device) -> list[Path]:
    found = [path for path in booth.folder.rglob("*") if path.is_file()]
    return [path for path in found if any(needle in path.read_bytes() for _, needle in needles(SECRET))]


def test_without_the_setting_no_key_point_is_anywhere_on_the_device(hr: Served, booth: Device) -> None:
    sync(booth)
    assert booth.shelf.kit("test").questions
    assert points(booth) == []
    assert files_that_tell(booth) == []
    booth.close()
    assert files_that_tell(booth) == []


def test_with_it_the_sheets_come_with_the_kits_and_lie_there_sealed(hr: Served, booth: Device) -> None:
    let(hr)
    sync(booth)
    assert any(SECRET in text for text in points(booth))
    assert files_that_tell(booth) == []
    booth.close()
    assert files_that_tell(booth) == []


def test_a_sheet_whose_answer_was_lost_is_fetched_again(hr: Served, booth: Device) -> None:
    let(hr)
    asked: list[str] = []

    def lose_first(request: Asked, handle: Handle) -> Answer:
        asked.append(request.path)
        return lose_reply(request, handle) if len(asked) == 1 else handle(request)

    with running(FaultyFront(hr.url)) as front:
        front.fail("/v1/score-sheets", lose_first)
        sync(booth, front.url)
    assert len(asked) == 2
    assert points(booth)


def test_learned_models_come_whole_and_go_when_they_count_no_more(hr: Served, booth: Device) -> None:
    let(hr)
    publish_model(hr)
    sync(booth)
    found = booth.shelf.scores.basis(booth.shelf.kit("test"))
    assert found is not None
    assert sha256_hex(found.read_model("en")) == found.sheet.models["en"]
    model_publishing.roll_back(hr.hr, COMMAND_LINE, "en", None, "the rubric alone again")
    sync(booth)
    again = booth.shelf.scores.basis(booth.shelf.kit("test"))
    assert again is not None
    assert again.sheet.models == {}
    assert list((booth.folder / "data" / "score-models").iterdir()) == []


def test_what_hr_changes_is_here_after_the_next_contact_and_goes_with_the_setting(hr: Served, booth: Device) -> None:
    let(hr)
    sync(booth)
    publish(hr, "another point")
    sync(booth)
    assert points(booth)[0].startswith("another point")
    device_settings.save(hr.hr, COMMAND_LINE, "all", {})
    sync(booth)
    assert points(booth) == []
    assert booth.database.call(lambda db: db["score_sheets"].count) == 0


def test_a_setting_that_hr_took_back_a_moment_ago_troubles_nobody(hr: Served, booth: Device) -> None:
    let(hr)

    def take_back(request: Asked, handle: Handle) -> Answer:
        device_settings.save(hr.hr, COMMAND_LINE, "all", {})
        return handle(request)

    with running(FaultyFront(hr.url)) as front:
        front.fail("/v1/score-sheets", take_back)
        summary = booth.make_engine(url=front.url, patience=10).run_until_idle(30)
    assert (summary.online, summary.code) == (True, None)
    assert points(booth) == []


def test_a_revoked_device_gets_none_and_loses_what_it_had(hr: Served, booth: Device) -> None:
    let(hr)
    sync(booth)
    devices.revoke(hr.hr, COMMAND_LINE, booth.enrolments.need().device_id)
    summary = booth.make_engine(patience=10).run_until_idle(30)
    assert summary.code is ErrorCode.DEVICE_REVOKED
    assert points(booth) == []
    assert booth.database.call(lambda db: db["score_sheets"].count) == 0
