"""What HR does in the day of the power campaign, section by section, each from where the last one ended."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.faults.day_sides import HR

if TYPE_CHECKING:
    from backend.runtime import Runtime
    from tests.backend.world import Clock
    from tests.faults.day import Day

_INVITED = 9
_UPLOADED = 3  # of these
_KEYS_DAYS, _BACKUP_DAYS = 1, 2
_STEP = timedelta(hours=20)  # less than a day: the clock has not jumped


def opened(day: Day) -> None:
    from tests.faults import hr_scene

    hr = hr_scene.set_up(day.hr)
    invited = [hr_scene.invite(hr, f"candidate {number}") for number in range(_INVITED)]
    hr.close()
    day.notes["uploads"] = [invitation for invitation, _ in invited[:_UPLOADED]]
    day.notes["codes"] = [code for _, code in invited[_UPLOADED:]]
    day.disk.mark(promise="organisation")


def uploads(day: Day) -> None:
    """Devices that deliver with the contract alone: pieces, cuts, wrong checksums, an upload given up."""
    from tests.backend import tus
    from tests.backend.world import Talk
    from tests.faults import hr_scene

    with hr_scene.serving(day.hr, day.disk.mark) as served:
        booth = served.enrol("Booth 2")
        talks = [Talk(booth, invitation) for invitation in day.notes["uploads"]]
        for number, talk in enumerate(talks):
            sealed = [talk.seal(os.urandom(60_000 + 90_000 * number)), talk.seal(os.urandom(5_000))]
            talk.started()
            talk.consented()
            talk.spoken(sealed[0])
            talk.put_all()
            for item in sealed:
                url = tus.location(talk, item)
                (day.sent / url.rpartition("/")[2]).write_bytes(item.data)
                for start in range(0, len(item.data), 40_000):
                    part = item.data[start : start + 40_000]
                    checked = {"Upload-Checksum": tus.checksum(part)} if number % 2 else {}
                    if number == 1 and start == 40_000:
                        wrong = {"Upload-Checksum": tus.checksum(b"other")}
                        assert tus.patch(booth, url, start, part, **wrong).status_code == 460
                    answer = tus.patch(booth, url, start, part, **checked)
                    assert answer.status_code == 204, answer.text
            talk.finished()
            talk.put(len(talk.envelopes))
            answer = talk.deliver(talk.manifest([item.ref for item in sealed]))
            assert answer.json()["receipt"] is not None
        day.notes["uploaded"] = [talk.interview_id for talk in talks]


def files(day: Day) -> None:
    """Files the command line writes."""
    from backend.cli.output import write_file

    for content in ("first " * 2000, "second " * 3000):
        write_file(day.hr / "reports" / "report.pdf", content.encode())
        day.disk.mark(promise="file", path=f"{HR}/reports/report.pdf", content=content)


def reported(day: Day) -> None:
    """Reports of some interviews are ordered and made."""
    from backend.services import report_jobs
    from backend.services.results import Chosen
    from tests.backend.staffing import somebody

    with _hr(day) as hr:
        choice = report_jobs.Choice(pdf=False, json=True, csv=False)
        job = report_jobs.order(hr, somebody(hr), Chosen(), choice, "en")
        assert report_jobs.claim(hr, "day") == job
        while report_jobs.work(hr, "day", job):
            pass
        day.disk.mark(promise="reported", job=job)


def imported(day: Day) -> None:
    """The bundle of the stick is taken in; the receipts for it go onto the stick."""
    from backend.cli.bundles import import_bundles
    from contract.bundle import BundleReceipts
    from contract.envelope import Envelope, parse_payload

    options = argparse.Namespace(
        files=[str(day.stick / day.notes["bundle"])], accept_revoked=False, receipts=None, json=True, lang="en"
    )
    with _hr(day) as hr, contextlib.redirect_stdout(io.StringIO()):
        assert import_bundles(hr, options) == 0
    (file,) = day.stick.glob("*receipts*")
    envelope = Envelope.from_bytes(file.read_bytes())
    found = parse_payload(envelope.payload_bytes, BundleReceipts)
    day.disk.mark(promise="file", path=day.place(file), content=file.read_text())
    day.disk.mark(promise="receipted", receipts=[one.model_dump(mode="json") for one in found.receipts])


def keys_rotated(day: Day) -> None:
    """A new signing key and a new encryption key; the old signing key is destroyed."""
    from backend.services import organisation_keys
    from contract.canonical import b64encode
    from tests.backend.world import COMMAND_LINE

    with _hr(day) as hr:
        old = b64encode(hr.vault.sign_key.to_bytes())
        organisation_keys.rotate(hr, COMMAND_LINE)
        keys = [b64encode(hr.vault.sign_key.public), hr.vault.encryption_key]
        day.disk.mark(promise="rotated", keys=keys, destroyed=old)


def backed_up(day: Day) -> None:
    """A backup, a deletion, and days later other backups, for which the first keys and the first backup go."""
    from backend.services import deletion
    from tests.backend.world import COMMAND_LINE

    shutil.copy(day.hr / "keys.json", day.folder)  # an open key file is never put beside the backups
    with _hr(day, clock := _clock()) as hr:
        first = _backup(day, hr)
        gone = day.notes["uploaded"][0]
        stored = _storage_keys(hr, gone)
        assert stored
        deletion.delete_interview(hr, COMMAND_LINE, gone)
        day.disk.mark(promise="deleted", interview=gone, files=stored)
        keys = _sha256((day.safe / "keys" / f"{first}.db").read_bytes())
        _pass(hr, clock, days=_KEYS_DAYS)
        _backup(day, hr)
        day.disk.mark(promise="keys_gone", stamp=first, sha256=keys)
        _pass(hr, clock, days=_BACKUP_DAYS - _KEYS_DAYS)
        _backup(day, hr)
        day.disk.mark(promise="backup_gone", stamp=first)


def restored(day: Day) -> None:
    """The newest backup becomes a data folder again."""
    from backend.backup import restoring
    from backend.settings import Settings

    found = restoring.restore(day.safe, Settings(data=day.restored / "hr"), keys=day.hr / "keys.json")
    assert found.whole, found
    day.disk.mark(promise="restored", path=day.place(day.restored / "hr"))


@contextmanager
def _hr(day: Day, clock: Clock | None = None) -> Iterator[Runtime]:
    """``clock``: not the real one; then the folder for backups is set, too."""
    from backend.runtime import open_runtime
    from backend.settings import Settings

    if clock is None:
        hr = open_runtime(Settings(data=day.hr))
    else:
        settings = Settings(data=day.hr, backup=day.safe, backup_keep_days=_BACKUP_DAYS, key_retention_days=_KEYS_DAYS)
        hr = open_runtime(settings, now=clock)
    with closing(hr):
        yield hr


def _clock() -> Clock:
    from tests.backend.world import Clock

    return Clock()


def _pass(hr: Runtime, clock: Clock, *, days: int) -> None:
    from backend.services import server_time

    for _ in range(2 * days):
        clock.ahead += _STEP
        assert server_time.note(hr) is not None


def _backup(day: Day, hr: Runtime) -> str:
    from backend.backup import making
    from tests.backend.world import COMMAND_LINE

    made = making.make(hr, day.safe, COMMAND_LINE)
    assert not made.missing
    day.disk.mark(promise="backup", stamp=made.stamp, objects=made.objects)
    return made.stamp


def _storage_keys(hr: Runtime, interview_id: str) -> list[str]:
    from sqlalchemy import select

    from backend.db.models import ObjectRow

    with hr.db.read() as session:
        query = select(ObjectRow.storage_key).where(ObjectRow.interview_id == interview_id)
        return list(session.scalars(query))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
