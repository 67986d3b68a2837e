"""What the staff panel is told and what it does, on a real client and on a real queue."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.bootstrap import Client
from app.config import ClientSettings
from app.device_settings import Received
from app.kiosk.desk import QueueState, UploadLimit
from app.kiosk.pin import PinFile
from app.remembered import save_language
from app.screen_context import diagnostics, first_language, wants_kiosk
from app.staff import ClientStaff, make_desk
from contract.errors import ErrorCode, XudaError
from contract.settings import DeviceSettings, parse_hours
from tests.storage.office import Device, Office

PHRASE = "a passphrase of a test"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with closing(Client(ClientSettings(data=tmp_path / "data", passphrase=PHRASE))) as made:
        yield made


def again(client: Client) -> Client:
    """The next start."""
    client.close()
    return Client(client.settings)


def hr_says(client: Client, **wanted: object) -> None:
    client.device_settings.take(Received(version=1, settings=DeviceSettings.model_validate(wanted)))


def test_every_item_is_listed_with_its_state_and_no_name(tmp_path: Path) -> None:
    office = Office()
    with Device(tmp_path, office) as device:
        first = device.begin(name="planted name qq17")
        device.submit(device.record(first.interview_id))
        device.finish(first.interview_id)
        items = device.outbox.pending()
        device.outbox.retry(items[0], "server_unreachable")
        device.outbox.refuse(items[1], "rejected")
        staff = ClientStaff(SimpleNamespace(storage=device.storage))  # type: ignore[arg-type]
        from app.storage.outbox_listing import list_items

        listed = device.database.call(lambda db: list_items(db, 100))
        lines = [staff._line(item) for item in listed]
    waiting, failed = len([line for line in lines if line.state is not QueueState.REFUSED]), 1
    assert (waiting, failed) == (len(lines) - 1, 1)
    assert lines[0].state is QueueState.REFUSED, "what needs a person comes first"
    assert lines[0].code == "rejected"
    tried = next(line for line in lines if line.state is QueueState.TRIED)
    assert (tried.attempts, tried.code) == (1, "server_unreachable")
    assert {line.kind for line in lines} == {"event", "object", "manifest"}
    assert {line.interview for line in lines} == {first.interview_id[:8]}
    assert "planted name" not in str(lines)


def test_a_machine_that_has_nothing_yet_can_be_looked_at(client: Client) -> None:
    facts = make_desk(client).staff.look()
    assert facts.queue == ()
    assert facts.free_bytes
    assert facts.total_bytes
    assert facts.last_contact is None
    assert facts.model_problem == ErrorCode.MODEL_MISSING
    assert facts.limit == UploadLimit()
    with pytest.raises(XudaError) as caught:
        make_desk(client).staff.sync_now()
    assert caught.value.code is ErrorCode.NOT_ENROLLED


def test_staff_limit_uploads_over_what_hr_says_also_after_a_restart_and_give_it_back(client: Client) -> None:
    desk = make_desk(client)
    hr_says(client, upload_limit=100)
    assert (desk.staff.look().limit, desk.staff.look().limit_by) == (UploadLimit(100), "hr")
    here = UploadLimit(250, tuple(parse_hours("08:00-18:00")))
    desk.staff.limit_uploads(here)
    assert (desk.staff.look().limit, desk.staff.look().limit_by) == (here, "staff")
    with closing(again(client)) as next_start:
        desk = make_desk(next_start)
        hr_says(next_start, upload_limit=100)
        assert desk.staff.look().limit == here
        desk.staff.limit_uploads(UploadLimit(None))
        assert (desk.staff.look().limit, desk.staff.look().limit_by) == (UploadLimit(), "staff")
        desk.staff.limit_uploads(None)
        assert desk.staff.look().limit == UploadLimit(100)


def test_a_damaged_note_of_the_limit_keeps_nobody_from_starting(client: Client) -> None:
    (client.settings.data / "staff-settings.json").write_bytes(b"{")
    assert make_desk(client).staff.look().limit == UploadLimit()


def test_what_hr_sets_from_afar_counts_at_once(client: Client) -> None:
    desk = make_desk(client)
    assert desk.rules().idle_seconds == 180.0
    hr_says(client, idle_minutes=7, sleep_hours=[{"start": "20:00", "end": "07:00"}], language="en")
    rules = desk.rules()
    assert (rules.idle_seconds, rules.language) == (420.0, "en")
    assert [str(period) for period in rules.sleep_hours] == ["20:00-07:00"]


def test_a_device_becomes_a_kiosk_because_hr_says_so(client: Client) -> None:
    assert not wants_kiosk(client)
    hr_says(client, kiosk=True)
    assert wants_kiosk(client)


def test_a_booth_speaks_hrs_language_at_the_next_start_and_its_own_without_one(client: Client) -> None:
    save_language(client.settings.data, "zh_CN")  # somebody's choice, when this was no booth
    own = client.settings.lang
    assert make_desk(client).rules().language == own
    hr_says(client, language="en")
    assert first_language(client, kiosk=True) == "en"
    assert make_desk(client).rules().language == "en"


def test_what_a_candidate_has_chosen_on_their_own_machine_outweighs_hrs_language(client: Client) -> None:
    hr_says(client, language="en")
    assert first_language(client, kiosk=False) == "en"
    save_language(client.settings.data, "zh_CN")
    assert first_language(client, kiosk=False) == "zh_CN"


def test_staff_are_told_when_hr_wants_a_newer_program_and_when_it_has_paused_the_sending(client: Client) -> None:
    facts = make_desk(client).staff.look()
    assert (facts.update_to, facts.paused) == ("", False)
    hr_says(client, minimum_version="99.1", sync_paused=True)
    facts = make_desk(client).staff.look()
    assert (facts.update_to, facts.paused) == ("99.1", True)
    assert "update_to: 99.1" in diagnostics(client)
    hr_says(client, minimum_version="0.0.1")
    assert make_desk(client).staff.look().update_to == ""


def test_pictures_are_recorded_as_large_as_hr_wants_from_the_next_take_on(client: Client) -> None:
    bounds = client.recorder.settings
    assert (bounds.width, bounds.height, bounds.video_bit_rate) == (1280, 720, 1_500_000)
    hr_says(client, video_height=480, video_kbit=800)
    bounds = client.recorder.settings
    assert (bounds.width, bounds.height, bounds.video_bit_rate) == (848, 480, 800_000)


def test_the_pin_of_the_machine_opens_the_desks_lock(client: Client) -> None:
    PinFile(client.settings.data).write("271828")
    assert make_desk(client).lock.check("271828").right


def test_the_file_for_support_is_written(client: Client, tmp_path: Path) -> None:
    place = make_desk(client).staff.write_diagnostics(tmp_path)
    assert "diagnostics.json" in zipfile.ZipFile(place).namelist()
    with pytest.raises(XudaError) as caught:
        make_desk(client).staff.write_diagnostics(tmp_path / "gone")
    assert caught.value.code is ErrorCode.DISK_ERROR
