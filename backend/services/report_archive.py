"""The archive of a job's reports, put together while it is downloaded; nothing of it is in clear on the disk.

Whether the reader may see each interview is asked anew: what was deleted, withdrawn or is kept from the reader since is
left out, and the archive says so.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, joinedload

from backend.db.models import Interview, InvitationRow, ReportItem
from backend.runtime import Runtime
from backend.services import audit, blind, report_jobs, report_parts, reports, results, scope, spreadsheet
from backend.services import wholes_in_sql as sql
from backend.services.actor import Actor
from backend.services.report_jobs import Choice, ItemState, JobState
from backend.services.results import Chosen
from contract.catalog import load
from contract.errors import ErrorCode, XudaError
from contract.texts import code_text
from report import table
from report.archive import Media, Packing

GONE = "gone"


@dataclass(frozen=True, slots=True)
class _Item:
    number: int
    interview_id: str
    error: str | None

    @property
    def folder(self) -> str:
        """Names of people do not belong into download folders; the table of results says who it is."""
        return f"interviews/{self.number:04d}-{self.interview_id}"


def stream(hr: Runtime, actor: Actor, job_id: str) -> Iterator[bytes]:
    """The ZIP of a job that is done. The caller asks for a fresh one-time code where it holds recordings.

    Raises XudaError(NOT_FOUND), ILLEGAL_STATE while it is not done or nothing is kept any more.
    """
    with hr.db.read() as session:
        job = report_jobs.find(session, actor, job_id)
        if job.state != JobState.DONE.value:
            raise XudaError(ErrorCode.ILLEGAL_STATE, field="job", state=job.state)
        choice, language = Choice.of(job.choice), job.language
        query = select(ReportItem).where(ReportItem.job_id == job_id).order_by(ReportItem.number)
        open_to = _open_to(session, actor, job_id)
        items = [_looked_at(row, open_to) for row in session.scalars(query)]
    shown = [item for item in items if item.error is None]
    audit.record_now(hr, actor, "download_reports", f"reports:{job_id}", interviews=len(shown), of=choice.names)
    return _pieces(hr, actor, job_id, items, choice, language)


def _looked_at(row: ReportItem, open_to: set[str]) -> _Item:
    error = row.error if row.state == ItemState.FAILED.value else None if row.interview_id in open_to else GONE
    return _Item(row.number, row.interview_id, error)


def _open_to(session: Session, actor: Actor, job_id: str) -> set[str]:
    """Interviews of the job that the actor may see now, with name and words."""
    within = select(ReportItem.interview_id).where(ReportItem.job_id == job_id)
    query = scope.interviews(actor).where(Interview.id.in_(within), ~sql.withdrawn())
    eyes = blind.eyes(session, actor)
    people = joinedload(Interview.invitation).load_only(InvitationRow.id, InvitationRow.batch_id)
    return {row.id for row in session.scalars(query.options(people)) if not eyes.hide(row.invitation)}


def _pieces(
    hr: Runtime, actor: Actor, job_id: str, items: list[_Item], choice: Choice, language: str
) -> Iterator[bytes]:
    packing = Packing()
    problems = [(item, item.error) for item in items if item.error is not None]
    shown = [item for item in items if item.error is None]
    for item in shown:
        try:
            with hr.db.read() as session:
                part = report_parts.read(hr, session, session.get_one(ReportItem, (job_id, item.number)))
        except (XudaError, NoResultFound) as error:  # deleted since the archive was begun
            problems.append((item, error.code.value if isinstance(error, XudaError) else GONE))
            continue
        if part.pdf is not None:
            yield packing.add(f"{item.folder}/{report_parts.PDF}", part.pdf)
        if choice.json:
            yield packing.add(f"{item.folder}/{report_parts.JSON}", part.json)
        if choice.recordings:
            damaged: list[str] = []
            media = _openable(reports.recordings(hr, actor, part.report), damaged)
            yield from packing.copy_all(f"{item.folder}/media", media)
            problems += [(item, code) for code in damaged]
    yield from _tables(hr, actor, tuple(item.interview_id for item in shown), choice, language, packing)
    if problems:
        yield packing.add("problems.csv", _problems(problems, language))
    yield packing.end()


def _openable(media: Iterable[Media], damaged: list[str]) -> Iterator[Media]:
    """Recordings that open; one that does not takes none of the others with it and adds its code to ``damaged``."""
    for name, opener in media:
        try:
            stream = opener()
        except XudaError as error:
            damaged.append(error.code.value)
        else:
            yield name, functools.partial(_same, stream)


def _same(stream: BinaryIO) -> BinaryIO:
    return stream


def _tables(
    hr: Runtime, actor: Actor, ids: tuple[str, ...], choice: Choice, language: str, packing: Packing
) -> Iterator[bytes]:
    if choice.csv:
        rows = results.table(hr, actor, Chosen(ids=ids), language)
        yield packing.add("results.csv", table.BEGIN + b"".join(csv_lines(rows)))
    if choice.xlsx:
        rows = results.table(hr, actor, Chosen(ids=ids), language)
        title = load("portal", language).gettext("Results")
        yield packing.add("results.xlsx", spreadsheet.workbook(title, rows))


def csv_lines(rows: Iterable[list[object]]) -> Iterator[bytes]:
    for row in rows:
        yield table.line(spreadsheet.local(value) for value in row)


def _problems(problems: list[tuple[_Item, str]], language: str) -> bytes:
    t = load("portal", language).gettext
    lines = [table.line([t("Interview"), t("Why it is not in here")])]
    lines += [table.line([item.interview_id, problem_words(code, language)]) for item, code in problems]
    return table.BEGIN + b"".join(lines)


def problem_words(code: str, language: str) -> str:
    """Why an interview has no report in the archive."""
    t = load("portal", language).gettext
    own = {
        GONE: t("It was deleted or withdrawn, or you may not see it any more."),
        ErrorCode.FORBIDDEN.value: t("It is under blind review, or you may not see it any more."),
        ErrorCode.NOT_FOUND.value: t("It was deleted, or you may not see it any more."),
    }
    if code in own:
        return own[code]
    return code_text(ErrorCode(code), language).title
