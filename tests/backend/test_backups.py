"""Backups: made while serving, verified, pruned; restores that bring nothing deleted back and name what is missing."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.backup import making, restoring
from backend.backup.place import Place
from backend.db.models import Interview, ObjectRow, RestoreGap
from backend.runtime import Runtime, open_runtime
from backend.services import certificates, chores, deletion, facts, holds, interviews, reports, server_time
from backend.services.interview_rows import ListQuery
from backend.services.media import open_media
from backend.settings import Settings
from contract.errors import ErrorCode, XudaError
from tests.backend import tus
from tests.backend.world import COMMAND_LINE, Booth, Sealed, Served, Talk, invite, served, wait_until

PASSPHRASE = "backup"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    settings = {"backup": tmp_path / "second", "backup_keep_days": 9, "key_retention_days": 3}
    with served(tmp_path / "data", passphrase=PASSPHRASE, **settings) as found:
        wait_until(lambda: backed_up(found.hr))  # a server begins with a backup
        yield found


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return tmp_path / "second"


def backed_up(hr: Runtime) -> object:
    with hr.db.read() as session:
        return facts.get(session, making.LAST_FACT)


def told(office: Served, name: str = "李雷", *, booth: Booth | None = None, phone: str = "13800138000") -> Talk:
    """A finished interview with a recording and a receipt."""
    talk = Talk(booth or office.enrol(), invite(office.hr, name, phone=phone))
    talk.started()
    sealed = talk.seal(b"a face of " + name.encode())
    talk.spoken(sealed)
    talk.finished()
    talk.put_all()
    tus.upload(talk, sealed)
    assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
    return talk


def restored(second: Path, target: Path, **more: object) -> tuple[restoring.Restored, Runtime]:
    settings = Settings(data=target, passphrase=PASSPHRASE)
    found = restoring.restore(second, settings, **more)  # type: ignore[arg-type]
    return found, open_runtime(settings)


def names(hr: Runtime) -> set[str]:
    return {item.candidate for item in interviews.list_interviews(hr, COMMAND_LINE, ListQuery(size=100)).items}


def refused(action: object, *arguments: object, **more: object) -> ErrorCode:
    with pytest.raises(XudaError) as caught:
        action(*arguments, **more)  # type: ignore[operator]
    return caught.value.code


def days_pass(office: Served, days: float) -> None:
    while days > 0:
        office.clock.ahead += timedelta(days=min(0.9, days))
        days -= 0.9
        server_time.note(office.hr)


# ---- there and back -------------------------------------------------------------------------------------------------


def test_a_restored_backup_holds_and_opens_everything(office: Served, second: Path, tmp_path: Path) -> None:
    talk = told(office)
    made = making.make(office.hr, second, COMMAND_LINE)
    assert (made.objects, made.copied, made.missing, made.key_file) == (1, 1, [], True)
    found, hr = restored(second, tmp_path / "new")
    with closing(hr):
        assert (found.stamp, found.objects, found.whole) == (made.stamp, 1, True)
        assert names(hr) == {"李雷"}
        with hr.db.read() as session:
            row = session.scalars(select(ObjectRow)).one()
        with open_media(hr, COMMAND_LINE, talk.interview_id, row.object_id).stream as stream:
            assert stream.read() == "a face of 李雷".encode()


def test_a_second_backup_copies_only_what_is_new(office: Served, second: Path) -> None:
    told(office)
    making.make(office.hr, second)
    told(office, "韩梅梅", phone="13900139000")
    made = making.make(office.hr, second)
    assert (made.objects, made.copied) == (2, 1)
    assert len(Place(second).stamps()) == 3


def test_a_drill_reads_everything_and_leaves_nothing(
    office: Served, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(office)
    making.make(office.hr, second)
    (tmp_path / "drills").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "drills"))
    found = restoring.drill(second, Settings(data=tmp_path / "unused", passphrase=PASSPHRASE))
    assert (found.opened, found.whole) == (1, True)
    assert list((tmp_path / "drills").iterdir()) == []


def test_the_place_of_backups_holds_nobodys_name_and_no_open_key(office: Served, second: Path) -> None:
    talk = told(office)
    making.make(office.hr, second)
    stored = b"".join(path.read_bytes() for path in second.rglob("*") if path.is_file())
    for text in ("李雷", "13800138000", talk.opened(talk.envelopes[1]).data["wrapped_key"]):
        assert text.encode() not in stored
    assert office.hr.vault.sign_key.to_bytes() not in stored


def test_an_open_key_file_is_not_put_beside_the_data_it_opens(tmp_path: Path) -> None:
    with served(tmp_path / "data") as office:
        told(office)
        made = making.make(office.hr, tmp_path / "second")
        assert not made.key_file
        settings = Settings(data=tmp_path / "new")
        assert refused(restoring.restore, tmp_path / "second", settings) is ErrorCode.FILE_MISSING
        assert not settings.data.exists()
        key_file = office.hr.settings.data / "keys.json"
        assert restoring.restore(tmp_path / "second", settings, keys=key_file).whole


def test_a_folder_that_is_not_empty_is_never_restored_into(office: Served, second: Path, tmp_path: Path) -> None:
    making.make(office.hr, second)
    target = tmp_path / "new"
    target.mkdir()
    (target / "mine.txt").write_text("mine")
    settings = Settings(data=target, passphrase=PASSPHRASE)
    assert refused(restoring.restore, second, settings) is ErrorCode.CONFLICT
    assert [path.name for path in target.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("part", ["data/*/hr.db", "keys/*.db", "data/*/backup.json"])
def test_a_damaged_backup_is_refused_and_nothing_is_written(
    office: Served, second: Path, tmp_path: Path, part: str
) -> None:
    told(office)
    making.make(office.hr, second)
    path = max(second.glob(part))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    settings = Settings(data=tmp_path / "new", passphrase=PASSPHRASE)
    code = refused(restoring.restore, second, settings)
    assert code in (ErrorCode.BACKUP_DAMAGED, ErrorCode.SIGNATURE_INVALID, ErrorCode.FORMAT_INVALID)
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []


def test_backups_go_neither_into_the_data_nor_among_those_of_another_organisation(
    office: Served, second: Path, tmp_path: Path
) -> None:
    assert refused(making.make, office.hr, office.hr.settings.data / "b") is ErrorCode.SETTING_INVALID
    making.make(office.hr, second)
    with served(tmp_path / "other") as other:
        assert refused(making.make, other.hr, second) is ErrorCode.SERVER_MISMATCH


def test_a_backup_that_is_cut_off_is_no_backup(office: Served, second: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(office)
    before = Place(second).stamps()
    with monkeypatch.context() as patch:
        patch.setattr(making, "_sync_all", lambda _: (_ for _ in ()).throw(OSError("pulled plug")))
        with pytest.raises(OSError, match="pulled plug"):
            making.make(office.hr, second)
    assert Place(second).stamps() == before
    assert making.make(office.hr, second).objects == 1


def test_a_recording_lost_in_the_store_is_said(office: Served, second: Path) -> None:
    told(office)
    with office.hr.db.read() as session:
        row = session.scalars(select(ObjectRow)).one()
    office.hr.store.path(row.storage_key).write_bytes(b"rotten")
    assert making.make(office.hr, second).missing == [row.object_id]


# ---- what was deleted -----------------------------------------------------------------------------------------------


def test_what_was_deleted_after_a_backup_is_not_in_what_is_restored(
    office: Served, second: Path, tmp_path: Path
) -> None:
    talk = told(office)
    told(office, "韩梅梅", phone="13900139000")
    holds.set_hold(office.hr, COMMAND_LINE, talk.interview_id, "for a while")
    making.make(office.hr, second)
    holds.lift_hold(office.hr, COMMAND_LINE, talk.interview_id, "over")
    deletion.delete_interview(office.hr, COMMAND_LINE, talk.interview_id)
    found, hr = restored(second, tmp_path / "new")
    with closing(hr):
        assert found.deleted_again == 1
        assert names(hr) == {"韩梅梅"}
        old = certificates.of_interview(office.hr, COMMAND_LINE, talk.interview_id)
        assert certificates.of_interview(hr, COMMAND_LINE, talk.interview_id) == old
        with hr.db.read() as session:
            assert session.get_one(Interview, talk.interview_id).deleted_at is not None


def test_a_deletion_whose_certificate_was_lost_shows_in_the_missing_key(
    office: Served, second: Path, tmp_path: Path
) -> None:
    talk = told(office)
    told(office, "韩梅梅", phone="13900139000")
    first = making.make(office.hr, second)
    deletion.delete_interview(office.hr, COMMAND_LINE, talk.interview_id)
    making.make(office.hr, second)
    shutil.rmtree(second / "deletions")
    found, hr = restored(second, tmp_path / "new", at=first.stamp)
    with closing(hr):
        assert (found.deleted_again, names(hr)) == (1, {"韩梅梅"})
        files = [path for path in (tmp_path / "new" / "objects").rglob("*") if path.is_file()]
        assert len(files) == 1


def test_after_the_key_retention_no_backup_opens_a_deleted_interview(
    office: Served, second: Path, tmp_path: Path
) -> None:
    """The proof: every key there still is, of every backup, is tried on everything every backup holds of it."""
    hr = office.hr
    chores.hourly(hr)
    talk = told(office)
    told(office, "韩梅梅", phone="13900139000")
    first = making.make(hr, second)
    deletion.delete_interview(hr, COMMAND_LINE, talk.interview_id)
    certificate = certificates.verify(hr, certificates.of_interview(hr, COMMAND_LINE, talk.interview_id).to_bytes())
    assert certificate.key_backups_end is not None
    days_pass(office, 2)
    making.make(hr, second)
    assert talk.interview_id in key_subjects(second)
    days_pass(office, 1.5)
    assert hr.now() > certificate.key_backups_end
    making.make(hr, second)
    assert talk.interview_id not in key_subjects(second)
    assert first.stamp in Place(second).stamps()
    found, old = restored(second, tmp_path / "new", at=first.stamp, now=hr.now())
    with closing(old):
        assert found.deleted_again == 1
    # even when the ledger of deletions and the restore's care are left aside
    crude = tmp_path / "crude"
    crude.mkdir()
    shutil.copy(second / "data" / first.stamp / "hr.db", crude / "hr.db")
    shutil.copy(second / "data" / first.stamp / "keys.json", crude / "keys.json")
    shutil.copy(sorted((second / "keys").glob("*.db"))[-1], crude / "vault.db")
    with closing(open_runtime(Settings(data=crude, passphrase=PASSPHRASE))) as bare:
        assert refused(reports.build, bare, COMMAND_LINE, talk.interview_id, "en") is ErrorCode.KEY_DESTROYED


def key_subjects(second: Path) -> str:
    """Everything that any copy of storage keys names, as one text."""
    found = []
    for path in (second / "keys").iterdir():
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            found += [row[0] for row in connection.execute("SELECT subject FROM storage_key")]
    return "\n".join(found)


# ---- what devices were told since -----------------------------------------------------------------------------------


def test_a_receipt_given_out_after_the_backup_is_noticed_and_closed_by_a_new_delivery(
    office: Served, second: Path, tmp_path: Path
) -> None:
    making.make(office.hr, second)
    booth = office.enrol()
    making.make(office.hr, second)
    talk = told(office, booth=booth)
    found, hr = restored(second, tmp_path / "new")
    assert (found.gaps, found.whole) == ([talk.interview_id], False)
    hr.close()
    with served(tmp_path / "new", passphrase=PASSPHRASE) as again:
        booth.url = again.url
        assert booth.call("GET", f"/v1/interviews/{talk.interview_id}/check").json()["events"] == {}
        talk.put_all()
        sealed = sealed_of(talk)
        tus.upload(talk, sealed)
        assert talk.deliver(talk.manifest([sealed.ref])).json()["receipt"]
        with again.hr.db.read() as session:
            assert session.get_one(RestoreGap, talk.interview_id).closed_at is not None


def sealed_of(talk: Talk) -> Sealed:
    """The same bytes as before cannot be made again, so the device records the answer anew under a new event."""
    sealed = talk.seal(b"again")
    talk.spoken(sealed, question="q1")
    assert talk.put(max(talk.envelopes)).status_code == 201
    return sealed


def test_a_recording_that_the_backup_lost_is_asked_for_again(office: Served, second: Path, tmp_path: Path) -> None:
    talk = told(office)
    making.make(office.hr, second)
    next((second / "objects").glob("??/*")).write_bytes(b"rotten")
    found, hr = restored(second, tmp_path / "new")
    with closing(hr):
        assert len(found.missing) == 1
        assert found.gaps == [talk.interview_id]
        with hr.db.read() as session:
            assert session.scalars(select(ObjectRow)).all() == []


def test_receipts_are_forgotten_at_the_place_once_a_backup_covers_them(office: Served, second: Path) -> None:
    told(office)
    assert len(list((second / "receipts").iterdir())) == 1
    making.make(office.hr, second)
    assert list((second / "receipts").iterdir()) == []


def test_delivery_goes_on_when_the_place_of_backups_is_away(office: Served, second: Path) -> None:
    shutil.rmtree(second)
    second.write_text("not a folder")
    told(office)


# ---- by itself ------------------------------------------------------------------------------------------------------


def test_the_server_backs_up_once_a_day_and_takes_old_backups_away(office: Served, second: Path) -> None:
    told(office)
    chores.hourly(office.hr)
    chores.hourly(office.hr)
    assert len(Place(second).stamps()) == 1
    for _ in range(14):
        days_pass(office, 1)
        chores.hourly(office.hr)
    place = Place(second)
    assert 8 <= len(place.stamps()) <= 11
    assert 2 <= len(place.key_stamps()) <= 4


def test_recordings_that_no_backup_names_any_more_go_too(office: Served, second: Path) -> None:
    chores.hourly(office.hr)
    talk = told(office)
    making.make(office.hr, second)
    deletion.delete_interview(office.hr, COMMAND_LINE, talk.interview_id)
    days_pass(office, 10)
    making.make(office.hr, second)
    assert list((second / "objects").glob("??/*")) == []


def test_a_clock_that_jumped_takes_no_backup_away(office: Served, second: Path) -> None:
    chores.hourly(office.hr)
    told(office)
    making.make(office.hr, second)
    office.clock.ahead += timedelta(days=4000)
    making.make(office.hr, second)
    assert len(Place(second).key_stamps()) == 3


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps rights elsewhere")
def test_what_is_restored_is_the_owners_alone(office: Served, second: Path, tmp_path: Path) -> None:
    making.make(office.hr, second)
    _, hr = restored(second, tmp_path / "new")
    hr.close()
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert (tmp_path / "new" / "keys.json").stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "new" / "keys.json").read_bytes())["sealed"]
