"""The audit log: what verification finds, what checkpoints add to it, and its export."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend import runtime
from backend.backup import making
from backend.db.models import AuditCheckpoint as CheckpointRow
from backend.db.models import AuditRow, Role, ServerFact
from backend.services import audit, checkpoints, chores, facts
from backend.services.actor import Actor
from backend.settings import Settings
from contract.audit import AuditCheckpoint
from contract.envelope import Envelope, open_envelope
from contract.errors import XudaError
from tests.backend.world import COMMAND_LINE, Served, served, wait_until

OLD = Path(__file__).parent / "data" / "version-0001"


@pytest.fixture
def logged(own_backend: Served) -> Served:
    wait_until(lambda: checkpoints.newest(own_backend.hr))  # a server begins with one
    for number in range(6):
        audit.record_now(own_backend.hr, COMMAND_LINE, "view", f"interview:{number}")
    return own_backend


def newest(session: Session, back: int = 0) -> AuditRow:
    return session.scalars(select(AuditRow).order_by(AuditRow.id.desc()).offset(back).limit(1)).one()


def edit(session: Session) -> None:
    newest(session, 2).target = "interview:x"


def remove(session: Session) -> None:
    session.delete(newest(session, 2))


def swap(session: Session) -> None:
    first, second = newest(session, 1), newest(session, 2)
    first.target, second.target = second.target, first.target


def cut(session: Session) -> None:
    session.delete(newest(session))


def cut_with_its_head(session: Session) -> None:
    session.delete(newest(session))
    session.execute(delete(ServerFact).where(ServerFact.name == "audit_head"))


@pytest.mark.parametrize("change", [edit, remove, swap, cut, cut_with_its_head])
def test_any_change_of_the_log_is_found(logged: Served, change: Callable[[Session], None]) -> None:
    assert checkpoints.verify(logged.hr).whole
    with logged.hr.db.write() as session:
        change(session)
    found = checkpoints.verify(logged.hr)
    assert not found.whole
    assert checkpoints.make(logged.hr) is None


def rewrite(session: Session, without: int) -> None:
    """What somebody does who knows how the chain is made: the log anew without one row, hashes and all."""
    rows = list(session.scalars(select(AuditRow).order_by(AuditRow.id)))
    kept = [(r.at, r.actor, r.action, r.target, r.detail) for n, r in enumerate(rows) if n != without]
    session.execute(delete(AuditRow))
    session.flush()
    for at, actor, action, target, detail in kept:
        audit.record(session, at, actor, action, target, **detail)


def test_a_log_written_anew_with_every_secret_of_the_machine_contradicts_its_checkpoints(logged: Served) -> None:
    checkpoints.make(logged.hr)
    audit.record_now(logged.hr, COMMAND_LINE, "view", "interview:later")
    with logged.hr.db.write() as session:
        rewrite(session, without=1)
    found = checkpoints.verify(logged.hr)
    assert (found.first_broken, found.cut, len(found.doubtful) >= 1) == (None, False, True)


def test_copies_kept_elsewhere_speak_when_the_stored_checkpoints_were_removed(logged: Served, tmp_path: Path) -> None:
    envelope = checkpoints.make(logged.hr)
    assert envelope is not None
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "paper.json").write_bytes(envelope.to_bytes())
    with logged.hr.db.write() as session:
        session.execute(delete(CheckpointRow))
        rewrite(session, without=0)
    assert checkpoints.verify(logged.hr).whole
    assert checkpoints.verify(logged.hr, copies).doubtful == ["paper.json"]


def test_a_forged_checkpoint_is_doubtful(logged: Served) -> None:
    checkpoints.make(logged.hr)
    with logged.hr.db.write() as session:
        for row in session.scalars(select(CheckpointRow)):
            row.envelope = row.envelope.replace('"sig":"', '"sig":"AAAA')
    found = checkpoints.verify(logged.hr)
    assert len(found.doubtful) == found.checkpoints >= 1


def backed_up(office: Served) -> object:
    """The last of the things a server begins with."""
    with office.hr.db.read() as session:
        return facts.get(session, making.LAST_FACT)


def test_checkpoints_are_made_daily_and_at_the_end_of_the_server_and_name_each_other(tmp_path: Path) -> None:
    with served(tmp_path / "data", backup=tmp_path / "second") as office:
        wait_until(lambda: backed_up(office))
        first = checkpoints.newest(office.hr)
        chores.hourly(office.hr)
        assert checkpoints.newest(office.hr) == first
        office.clock.ahead += timedelta(days=1)
        chores.hourly(office.hr)
        second = checkpoints.newest(office.hr)
        assert first is not None
        assert second is not None
        assert open_envelope(second, AuditCheckpoint, office.hr.vault.public_keys).previous == first.digest
        audit.record_now(office.hr, COMMAND_LINE, "view", "interview:last")
        keys = office.hr.vault.public_keys
    copies = sorted((tmp_path / "second" / "checkpoints").glob("*.json"))
    assert len(copies) >= 3
    assert open_envelope(Envelope.from_bytes(copies[-1].read_bytes()), AuditCheckpoint, keys).rows > 1


def test_a_log_of_the_first_version_verifies(tmp_path: Path) -> None:
    shutil.copytree(OLD, tmp_path / "data")
    hr = runtime.open_runtime(Settings(data=tmp_path / "data", passphrase="fixture"))
    assert checkpoints.verify(hr).whole
    hr.close()


def test_the_export_holds_every_row_and_no_formula(logged: Served) -> None:
    hr = logged.hr
    audit.record_now(hr, "=cmd|calc", "view", "@target", note="x")
    lines = [json.loads(line) for line in checkpoints.export(hr, COMMAND_LINE, "jsonl")]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert lines[-2]["actor"] == "=cmd|calc"
    table = b"".join(checkpoints.export(hr, COMMAND_LINE, "csv")).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0][:3] == ["id", "at", "actor"]
    assert [row[2] for row in rows if "cmd" in row[2]] == ["'=cmd|calc"]


@pytest.mark.parametrize("role", [Role.HR, Role.DEPARTMENT_HEAD])
def test_only_administrators_and_auditors_export(logged: Served, role: Role) -> None:
    with pytest.raises(XudaError):
        checkpoints.export(logged.hr, Actor("id", "x", role, "hq"), "csv")
