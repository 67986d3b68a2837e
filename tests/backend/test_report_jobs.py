"""Reports of many interviews: made once, sealed, resumed after a kill, and only for those who may see them."""

from __future__ import annotations

import csv
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from backend.backup import making, restoring
from backend.db.models import AuditRow, Batch, InvitationRow, ReportItem, Role, User
from backend.reporting import Reporter
from backend.runtime import open_runtime
from backend.services import candidates, deletion, holds, report_archive, report_jobs, results, spreadsheet, users
from backend.services.actor import Actor
from backend.services.candidates import Person
from backend.services.report_jobs import Choice, JobState
from backend.services.results import Chosen
from backend.settings import Settings
from contract import events as ev
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, HrState
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, invite, served


@pytest.fixture
def by_itself() -> bool:
    """Whether the server's own thread works; else the test does."""
    return False


@pytest.fixture
def backend(
    tmp_path: Path, by_itself: bool, database: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    if not by_itself:
        monkeypatch.setattr(Reporter, "start", lambda self: None)
    with served(tmp_path / "data", **database()) as found:
        yield found


def person(backend: Served, name: str, role: Role, department: str | None = None) -> Actor:
    users.add_user(backend.hr, COMMAND_LINE, username=name, role=role, department_id=department)
    with backend.hr.db.read() as session:
        return Actor.of(session.scalars(select(User).where(User.username == name)).one())


def hold_one(backend: Served, booth: Booth, name: str = "候选人", *, department: str | None = None) -> Talk:
    talk = Talk(booth, invite(backend.hr, name, phone="", department=department))
    talk.started()
    talk.consented()
    talk.written("what was said")
    return talk


def finished(backend: Served, booth: Booth, name: str = "候选人", *, department: str | None = None) -> Talk:
    talk = hold_one(backend, booth, name, department=department)
    talk.finished()
    talk.put_all()
    return talk


def make(backend: Served, actor: Actor, choice: Choice, **chosen: object) -> str:
    """A job that the server's own thread has not seen, worked off here."""
    job_id = report_jobs.order(backend.hr, actor, Chosen(**chosen), choice, "en")  # type: ignore[arg-type]
    work_off(backend, job_id)
    return job_id


def work_off(backend: Served, job_id: str, me: str = "me") -> None:
    while report_jobs.claim(backend.hr, me) is not None:
        while report_jobs.work(backend.hr, me, job_id):
            pass


def archive(backend: Served, actor: Actor, job_id: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(report_archive.stream(backend.hr, actor, job_id))))


def rows(found: zipfile.ZipFile, name: str = "results.csv") -> list[list[str]]:
    return list(csv.reader(io.StringIO(found.read(name).decode("utf-8-sig"))))


def kept_files(backend: Served) -> list[Path]:
    with backend.hr.db.read() as session:
        names = session.scalars(select(ReportItem.storage_key)).all()
    return [backend.hr.store.path(name) for name in names if name and backend.hr.store.path(name).exists()]


@pytest.fixture
def officer(backend: Served) -> Actor:
    return person(backend, "officer", Role.HR)


def test_finished_and_unfinished_interviews_are_in_it_with_their_reasons(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    done = finished(backend, booth, "Done")
    paused = hold_one(backend, booth, "Paused")
    paused.paused("technical")
    paused.put_all()
    talk = hold_one(backend, booth, "Spoke")
    sealed = talk.seal(b"a recording" * 9000)
    talk.spoken(sealed)
    talk.put_all()
    job = make(backend, officer, Choice(pdf=True, json=True, recordings=True, csv=True, xlsx=True))
    assert report_jobs.view(backend.hr, officer, job).state is JobState.DONE
    found = archive(backend, officer, job)
    assert found.testzip() is None
    folders = {name.split("/")[1].partition("-")[2] for name in found.namelist() if name.startswith("interviews/")}
    assert folders == {done.interview_id, paused.interview_id, talk.interview_id}
    assert found.read(f"interviews/0001-{done.interview_id}/report.pdf").startswith(b"%PDF")
    header, *lines = rows(found)
    told = {line[header.index("Candidate")]: line for line in lines}
    assert told["Paused"][header.index("Reason")] == "Device or technical problem"
    assert told["Paused"][header.index("State")] != told["Done"][header.index("State")]
    assert (told["Done"][header.index("Answers")], told["Paused"][header.index("Interruptions")]) == ("1", "1")
    sheet = load_workbook(io.BytesIO(found.read("results.xlsx"))).worksheets[0]
    assert [cell.value for cell in sheet[1]] == header
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"Done", "Paused", "Spoke"}
    sums = dict(line.split("  ")[::-1] for line in found.read("SHA256SUMS.txt").decode().splitlines())
    assert set(sums) == set(found.namelist()) - {"SHA256SUMS.txt"}


def test_the_json_of_the_archive_is_as_the_published_schema_says(backend: Served, officer: Actor) -> None:
    schemas = pytest.importorskip("jsonschema_rs")
    import json

    talk = finished(backend, backend.enrol())
    found = archive(backend, officer, make(backend, officer, Choice(pdf=False, json=True)))
    report = json.loads(found.read(f"interviews/0001-{talk.interview_id}/report.json"))
    schema = json.loads((Path(__file__).parents[2] / "docs" / "report.schema.json").read_text("utf-8"))
    validator = schemas.validator_for(schema)
    assert validator.is_valid(report)
    assert not validator.is_valid({**report, "state": "x"})


def test_nothing_of_it_is_in_clear_on_the_disk_and_it_goes_when_its_time_is_over(
    backend: Served, officer: Actor
) -> None:
    finished(backend, backend.enrol(), "Somebody Unmistakable")
    job = make(backend, officer, Choice(pdf=False, json=True))
    [file] = kept_files(backend)
    raw = file.read_bytes()
    assert b"what was said" not in raw
    assert b"Unmistakable" not in raw
    backend.clock.ahead += timedelta(hours=backend.hr.settings.report_keep_hours + 1)
    assert report_jobs.expire(backend.hr) == 1
    assert report_jobs.expire(backend.hr) == 0
    assert not file.exists()
    assert report_jobs.view(backend.hr, officer, job).state is JobState.ENDED
    with pytest.raises(XudaError) as caught:
        archive(backend, officer, job)
    assert caught.value.code is ErrorCode.ILLEGAL_STATE


def test_a_job_goes_on_where_another_process_died(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    talks = [finished(backend, booth, f"No {number}") for number in range(3)]
    job = report_jobs.order(backend.hr, officer, Chosen(), Choice(), "en")
    assert report_jobs.claim(backend.hr, "dead") == job
    assert report_jobs.work(backend.hr, "dead", job)
    assert report_jobs.claim(backend.hr, "me") is None, "somebody works on it"
    first = kept_files(backend)[0].stat().st_mtime_ns
    backend.clock.ahead += report_jobs.LEASE + timedelta(seconds=1)
    work_off(backend, job)
    assert not report_jobs.work(backend.hr, "dead", job), "the one that was thought dead does no more of it"
    view = report_jobs.view(backend.hr, officer, job)
    assert (view.state, view.done) == (JobState.DONE, 3)
    assert min(file.stat().st_mtime_ns for file in kept_files(backend)) == first, "what was made is not made again"
    assert len([n for n in archive(backend, officer, job).namelist() if n.endswith(".pdf")]) == len(talks)


def test_what_a_restored_backup_lacks_is_made_again(backend: Served, officer: Actor, tmp_path: Path) -> None:
    finished(backend, backend.enrol())
    job = make(backend, officer, Choice(pdf=False, json=True, csv=False))
    making.make(backend.hr, tmp_path / "backup")
    settings = Settings(data=tmp_path / "restored")
    restoring.restore(tmp_path / "backup", settings, keys=backend.hr.settings.data / "keys.json")
    with closing(open_runtime(settings)) as hr:
        assert report_jobs.view(hr, officer, job).state is JobState.OPEN
        again = replace(backend, hr=hr)
        work_off(again, job)
        assert "report.json" in "".join(archive(again, officer, job).namelist())


def test_two_processes_make_each_job_once(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    finished(backend, booth)
    jobs = [report_jobs.order(backend.hr, officer, Chosen(), Choice(pdf=False), "en") for _ in range(6)]
    taken: list[str] = []

    def worker(me: str) -> None:
        while (job := report_jobs.claim(backend.hr, me)) is not None:
            taken.append(job)
            while report_jobs.work(backend.hr, me, job):
                pass

    threads = [threading.Thread(target=worker, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == sorted(jobs)
    assert {report_jobs.view(backend.hr, officer, job).state for job in jobs} == {JobState.DONE}


@pytest.mark.parametrize("by_itself", [True])
def test_the_server_works_jobs_off_by_itself(backend: Served, officer: Actor) -> None:
    from tests.backend.world import wait_until

    finished(backend, backend.enrol())
    job = report_jobs.order(backend.hr, officer, Chosen(), Choice(pdf=False), "en")
    wait_until(lambda: report_jobs.view(backend.hr, officer, job).state is JobState.DONE, seconds=40)


def test_what_is_deleted_or_withdrawn_is_in_no_archive(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    stays, deleted, withdrawn = (finished(backend, booth, name) for name in ("Stays", "Deleted", "Withdrawn"))
    job = make(backend, officer, Choice())
    before = set(kept_files(backend))
    deletion.delete_interview(backend.hr, COMMAND_LINE, deleted.interview_id)
    assert len(set(kept_files(backend))) == 2
    assert len([file for file in before if file.exists()]) == 2
    holds.set_hold(backend.hr, COMMAND_LINE, withdrawn.interview_id, "court")
    withdrawn.add(EventType.WITHDRAWN, ev.WithdrawnData(invitation_id=withdrawn.invitation_id, attempt=1))
    withdrawn.put(len(withdrawn.envelopes))
    found = archive(backend, officer, job)
    assert [name for name in found.namelist() if name.endswith(".pdf")] == [
        f"interviews/0001-{stays.interview_id}/report.pdf"
    ]
    header, *lines = rows(found)
    assert [line[header.index("Candidate")] for line in lines] == ["Stays"]
    assert rows(found, "problems.csv")[1][0] == withdrawn.interview_id


def test_an_interview_that_is_deleted_while_its_report_is_made_leaves_no_file(
    backend: Served, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = finished(backend, backend.enrol())
    job = report_jobs.order(backend.hr, officer, Chosen(), Choice(pdf=False), "en")
    real = report_jobs.report_parts.make

    def make_and_delete(*args: object, **more: object) -> object:
        made = real(*args, **more)  # type: ignore[arg-type]
        deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
        return made

    monkeypatch.setattr(report_jobs.report_parts, "make", make_and_delete)
    work_off(backend, job)
    assert not backend.hr.store.path(f"{job}-1").exists()
    assert report_jobs.view(backend.hr, officer, job).total == 0


def test_a_head_gets_the_own_department_alone_without_contact_and_scores(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    finished(backend, booth, "Mine", department="sales")
    finished(backend, booth, "Other", department="rd")
    head = person(backend, "head", Role.DEPARTMENT_HEAD, "sales")
    job = make(backend, head, Choice(pdf=False))
    header, *lines = rows(archive(backend, head, job))
    assert "Phone" not in header
    assert [line[header.index("Candidate")] for line in lines] == ["Mine"]
    with pytest.raises(XudaError) as caught:
        report_jobs.view(backend.hr, officer, job)
    assert caught.value.code is ErrorCode.NOT_FOUND, "everybody sees the own jobs alone"
    with backend.hr.db.write() as session:
        session.scalars(select(User).where(User.username == "head")).one().department_id = "rd-lab"
    moved = Actor(head.user_id, head.username, head.role, "rd-lab")
    assert not [name for name in archive(backend, moved, job).namelist() if name.startswith("interviews/")]


def test_under_blind_review_there_is_no_report_and_no_name(backend: Served, officer: Actor) -> None:
    talk = finished(backend, backend.enrol(), "Unmistakable")
    open_job = make(backend, officer, Choice(pdf=False))
    with backend.hr.db.write() as session:
        session.scalars(select(Batch)).one().blind_review = True
    hidden = make(backend, officer, Choice(pdf=False))
    assert report_jobs.view(backend.hr, officer, hidden).problems == [(talk.interview_id, "forbidden")]
    for job in (open_job, hidden):
        found = archive(backend, officer, job)
        assert not [name for name in found.namelist() if name.startswith("interviews/")]
    text = b"".join(report_archive.csv_lines(results.table(backend.hr, officer, Chosen(), "en"))).decode()
    assert "Unmistakable" not in text


def test_who_is_disabled_gets_nothing_made(backend: Served, officer: Actor) -> None:
    finished(backend, backend.enrol())
    job = report_jobs.order(backend.hr, officer, Chosen(), Choice(), "en")
    with backend.hr.db.write() as session:
        session.get_one(User, officer.user_id).disabled_at = backend.hr.now()
    work_off(backend, job)
    assert report_jobs.view(backend.hr, officer, job).done == 0


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1", "@SUM(A1)", "-2", "\t=1", "＝1"])
def test_a_name_never_becomes_a_formula(backend: Served, officer: Actor, name: str) -> None:
    finished(backend, backend.enrol(), name)
    made = list(results.table(backend.hr, officer, Chosen(), "en"))
    text = b"".join(report_archive.csv_lines(made)).decode()
    shown = next(csv.reader(io.StringIO(text.splitlines()[1])))[1]
    assert shown.startswith("'")
    [cell] = [row[1] for row in load_workbook(io.BytesIO(spreadsheet.workbook("x", made))).worksheets[0].iter_rows(2)]
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_the_table_has_who_has_not_begun_and_can_be_narrowed(backend: Served, officer: Actor) -> None:
    booth = backend.enrol()
    talk = finished(backend, booth, "Done")
    with backend.hr.db.write() as session:
        batch = session.get_one(InvitationRow, talk.invitation_id).batch
        candidates.invite(backend.hr, session, session.get_one(Batch, batch.id), Person("Waits", phone="13900000000"))
        batch_id = batch.id

    def names(**chosen: object) -> list[object]:
        return [row[1] for row in results.table(backend.hr, officer, Chosen(**chosen), "en")][1:]  # type: ignore[arg-type]

    assert names(waiting=True) == ["Done", "Waits"]
    assert names() == ["Done"]
    assert names(batch_id=batch_id, state=HrState.INVITED) == ["Waits"]
    assert names(state=HrState.PENDING_REVIEW, waiting=True) == ["Done"]
    assert names(state=HrState.PAUSED) == []
    assert names(department_id="sales", waiting=True) == []
    assert names(department_id="hq") == ["Done"]


def test_what_cannot_be_ordered_is_said(backend: Served, officer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(choice: Choice, **chosen: object) -> XudaError:
        with pytest.raises(XudaError) as caught:
            report_jobs.order(backend.hr, officer, Chosen(**chosen), choice, "en")  # type: ignore[arg-type]
        return caught.value

    assert refused(Choice()).code is ErrorCode.NOT_FOUND
    booth = backend.enrol()
    for _ in range(2):
        finished(backend, booth)
    assert refused(Choice(False, False, False, False, False)).code is ErrorCode.SETTING_INVALID
    monkeypatch.setattr(report_jobs, "MOST", 1)
    assert refused(Choice()).code is ErrorCode.TOO_LARGE


def test_order_work_and_download_are_in_the_audit_log(backend: Served, officer: Actor) -> None:
    finished(backend, backend.enrol())
    job = make(backend, officer, Choice(pdf=False))
    archive(backend, officer, job)
    report_jobs.remove(backend.hr, officer, job)
    with backend.hr.db.read() as session:
        mine = select(AuditRow.actor, AuditRow.action).where(AuditRow.target == f"reports:{job}").order_by(AuditRow.id)
        assert session.execute(mine).all() == [
            ("officer", "order_reports"),
            ("server", "reports_made"),
            ("officer", "download_reports"),
            ("officer", "remove_reports"),
        ]
    assert kept_files(backend) == []
