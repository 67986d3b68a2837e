"""A backend that was restored from a backup older than what devices were told is safe."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from app.sync.enrolment import enroll
from backend.backup import making, restoring
from backend.db.models import Interview, ObjectRow
from backend.services import devices, gaps
from backend.services.actor import Actor
from backend.settings import Settings
from tests.backend.world import served
from tests.sync.device import Device

COMMAND_LINE = Actor.command_line()


def test_what_a_device_still_holds_of_a_receipt_that_was_lost_is_delivered_again(tmp_path: Path) -> None:
    second = tmp_path / "second"
    passphrase = {"passphrase": "restored"}
    with closing(Device(tmp_path / "booth")) as booth:
        with served(tmp_path / "old", backup=second, **passphrase) as hr:
            enroll(hr.url, devices.new_enrolment_code(hr.hr, COMMAND_LINE), "Booth 1", booth)
            made = making.make(hr.hr, tmp_path / "third")
            interview_id = booth.begin()
            booth.write(interview_id)
            ref = booth.speak(interview_id)
            booth.pause(interview_id)
            booth.make_engine(patience=10).run_until_idle(60)
            assert booth.store.interview(interview_id).receipt_serial is not None
        # the place of backups knows the receipt; the backup that is restored does not know the interview
        (second / "data").rename(tmp_path / "lost")
        (second / "keys").rename(tmp_path / "lost-keys")
        for part in ("data", "keys"):
            (tmp_path / "third" / part).rename(second / part)
        settings = Settings(data=tmp_path / "new", **passphrase)
        found = restoring.restore(second, settings, at=made.stamp)
        assert found.gaps == [interview_id]
        with served(tmp_path / "new", **passphrase) as hr:
            booth.make_engine(url=hr.url, patience=10, hears_notices=True).run_until_idle(60)
            with hr.hr.db.read() as session:
                assert session.get(Interview, interview_id) is not None
                assert session.scalars(select(ObjectRow.object_id)).all() == [ref.object_id]
            assert gaps.open_gaps(hr.hr) == []
            assert booth.store.interview(interview_id).receipt_serial is not None
