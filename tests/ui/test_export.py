"""Export to a stick through the real window: what waits, where to, how far, what became of it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.interview.transfer import Progress
from app.storage.bundle import BundleDesk
from app.ui import names
from app.ui.drives import find_drives
from app.ui.names import Screen, Sheet
from app.ui.presenters.transfer import TransferPresenter, TransferState
from app.ui.screens.export import ExportSheet
from contract.bundle import BundleReader, BundleReceipts
from contract.envelope import Envelope, parse_payload, sign
from contract.errors import ErrorCode, XudaError
from contract.manifest import Manifest
from tests.interview.desk import WRITTEN
from tests.storage.office import Office
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.test_written_interview import answer_all


def finished(booth: Booth) -> None:
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)


def to_export(booth: Booth) -> TransferPresenter:
    booth.click(names.TOPBAR_MINE)
    booth.on(Screen.MINE)
    booth.click(names.MINE_EXPORT)
    booth.on(Screen.MINE, Sheet.EXPORT)
    sheet = booth.window.findChild(ExportSheet)
    assert isinstance(sheet, ExportSheet)
    presenter = sheet._presenter
    booth.wait(lambda: presenter.state is TransferState.READY)
    return presenter


def receipts_for(office: Office, bundle: Path, file: Path) -> None:
    """What an honest HR answers to a bundle."""
    with bundle.open("rb") as source:
        reader = BundleReader(source)
        signed = []
        for members in reader.interviews:
            assert members.manifest is not None
            envelope = Envelope.from_bytes(reader.content(members.manifest, 1_000_000))
            signed.append(office.receipt(envelope, parse_payload(envelope.payload_bytes, Manifest)))
        index = reader.claimed
    answer = BundleReceipts(
        bundle_id=index.bundle_id,
        organisation_id=index.organisation_id,
        device_id=index.device_id,
        issued_at=index.created_at,
        receipts=signed,
    )
    file.write_bytes(sign(answer, office.key).to_bytes())


def test_an_interview_goes_to_the_stick_and_hrs_receipts_clear_it(booth: Booth, office: Office, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    finished(booth)
    presenter = to_export(booth)
    assert len(presenter.parcels) == 1
    presenter.choose(stick)
    booth.click(names.EXPORT_START)
    booth.wait(lambda: presenter.result is not None and presenter.state is TransferState.READY)
    (bundle,) = stick.glob("*.xuda")
    receipts_for(office, bundle, stick / "r.json")
    assert len(presenter.parcels) == 1, "everything stays until the receipt"
    presenter.take_receipts(stick / "r.json")
    booth.wait(lambda: presenter.receipts is not None and presenter.state is TransferState.READY)
    assert presenter.parcels == []
    assert booth.rows()[0].key_present is False
    booth.click(names.EXPORT_CLOSE)
    booth.on(Screen.MINE)


def test_nothing_can_be_started_without_a_place_or_without_interviews(booth: Booth, tmp_path: Path) -> None:
    presenter = to_export(booth)
    presenter.choose(tmp_path)
    assert not booth.find(names.EXPORT_START).isEnabled()
    booth.click(names.EXPORT_CLOSE)
    booth.on(Screen.MINE)
    booth.click(names.TOPBAR_HOME)
    finished(booth)
    presenter = to_export(booth)
    assert booth.find(names.EXPORT_START).isEnabled() == (presenter.target is not None)


def test_a_drive_that_is_gone_is_said_and_another_try_works(booth: Booth, tmp_path: Path) -> None:
    finished(booth)
    presenter = to_export(booth)
    gone = tmp_path / "gone" / "deeper"
    presenter.choose(gone)
    booth.click(names.EXPORT_START)
    booth.wait(lambda: presenter.error is not None)
    assert isinstance(presenter.error, XudaError)
    assert presenter.error.code is ErrorCode.FILE_MISSING
    gone.mkdir(parents=True)
    booth.click(names.EXPORT_START)
    booth.wait(lambda: presenter.result is not None)
    assert presenter.error is None


@pytest.mark.parametrize("how", ["button", "window"])
def test_stopping_leaves_nothing_and_the_sheet_stays_while_it_runs(
    booth: Booth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    finished(booth)
    presenter = to_export(booth)
    presenter.choose(tmp_path / "stick")
    (tmp_path / "stick").mkdir()
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    real = BundleDesk.export

    def slow(desk: BundleDesk, target: Path, *, progress: Progress | None = None) -> object:
        def told(done: int, total: int) -> None:
            begun.set()
            assert go_on.wait(20)
            assert progress is not None
            progress(done, total)

        try:
            return real(desk, target, progress=told)
        finally:
            ended.set()

    monkeypatch.setattr(BundleDesk, "export", slow)
    booth.click(names.EXPORT_START)
    booth.wait(begun.is_set)
    presenter.close()
    assert booth.window.sheet_name() == Sheet.EXPORT.value
    if how == "button":
        booth.click(names.EXPORT_CLOSE)
    else:
        booth.window.abort()
    go_on.set()
    assert ended.wait(20)
    if how == "button":
        booth.wait(lambda: presenter.stopped)
    assert list((tmp_path / "stick").iterdir()) == []


def test_in_a_kiosk_nobody_gets_there_without_staff(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN, kiosk=True)
    booth.on(Screen.ATTRACT)
    booth.click(names.ATTRACT_START)
    booth.on(Screen.START)
    assert booth.visible(names.TOPBAR_MINE) == booth.visible(names.TOPBAR_INTERVIEWS) == []
    booth.window.journey.go(Screen.MINE)
    assert booth.visible(names.MINE_EXPORT) == []


def test_drives_are_places_that_exist_sticks_first() -> None:
    found = find_drives()
    assert all(drive.path.is_dir() for drive in found)
    assert [drive.removable for drive in found] == sorted((drive.removable for drive in found), reverse=True)
