"""The report of an interview for a person or the command line: events opened in memory, nothing written."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import BinaryIO, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.models import Interview, InvitationRow, ObjectRow, Role
from backend.runtime import Runtime
from backend.services import interviews, kit_files, redo_rows, scope, scores, wholes
from backend.services.actor import Actor
from backend.services.media import open_media
from backend.services.people import candidate_value
from backend.services.report_sources import sources
from contract.kit_media import MediaKind
from report.archive import Media, media_name
from report.build import build_whole_report
from report.model import CandidateInfo, InterviewReport, RedoInfo
from report.pdf import render_pdf
from report.picture_facts import picture_facts
from report.words import redo_words

# a department head reads answers; how to reach a candidate stays with HR
_MAY_SEE_PHONE = frozenset({Role.ADMINISTRATOR, Role.HR})


def build(
    hr: Runtime, actor: Actor, interview_id: str, language: str, *, scored: bool = True, pictured: bool = False
) -> InterviewReport:
    """The report as it stands now, also of an unfinished interview. ``scored``: with its score, where the actor may see
    it (services.scores). ``pictured``: with facts about the picture, where the candidate agrees to them and no rating
    of the actor's can lean on them any more.

    Raises XudaError(NOT_FOUND) also beyond the actor's scope, FORBIDDEN for roles that read no interviews,
    KIT_MISSING while the first event or its kit is not here.
    """
    scope.require(actor, Role.ADMINISTRATOR, Role.HR, Role.DEPARTMENT_HEAD)
    line = interviews.summary(hr, actor, interview_id)
    with hr.db.read() as session:
        row = scope.interview(session, actor, interview_id)
        rows = wholes.rows_of(session, row)
        given = sources(hr, session, rows)
        report = build_whole_report(
            given,
            candidate=CandidateInfo() if line.blind else _candidate(hr, actor, line.candidate, row.invitation),
            generated_at=hr.now(),
            language=language,
            state=line.shown_state,
            redos=_redos(hr, session, rows, language),
        )
        seen = scores.view(hr, session, actor, interview_id, language) if scored else None
        shows = pictured and not line.blind and scores.is_open(hr, session, actor, rows[0].id)
        facts = picture_facts(report, given, language) if shows else []
        return report.model_copy(update={"assessment": seen.info if seen else None, "picture_facts": facts})


def pdf(hr: Runtime, report: InterviewReport) -> bytes:
    """The report to print, with the pictures of its questions."""
    return render_pdf(report, pictures=pictures(hr, report))


def pictures(hr: Runtime, report: InterviewReport) -> dict[str, bytes]:
    """The pictures its questions were asked with, by their SHA-256."""
    asked = [question.media for question in (*report.answers, *report.unanswered) if question.media is not None]
    wanted = {media.sha256 for media in asked if media.kind is MediaKind.PICTURE}
    with hr.db.read() as session:
        wanted -= kit_files.missing(session, wanted)
    return {sha256: kit_files.read_whole(hr, sha256) for sha256 in sorted(wanted)}


def delivered(hr: Runtime, interview_id: str) -> frozenset[str]:
    """Ids of the objects of all parts of the interview that are here."""
    with hr.db.read() as session:
        row = session.get(Interview, interview_id)
        parts = [part.id for part in wholes.rows_of(session, row)] if row else []
        return frozenset(session.scalars(select(ObjectRow.object_id).where(ObjectRow.interview_id.in_(parts))))


def recordings(hr: Runtime, actor: Actor, report: InterviewReport) -> Iterator[Media]:
    """Names and openers of the delivered recordings of a report, in its order, as the archive wants them."""
    here = delivered(hr, report.interview_id)
    for number, answer in enumerate(report.answers, start=1):
        for item in answer.objects:
            if item.object_id in here:
                name = media_name(number, answer, item.object_id, item.media_type)
                yield name, functools.partial(_open, hr, actor, report.interview_id, item.object_id)


def _open(hr: Runtime, actor: Actor, interview_id: str, object_id: str) -> BinaryIO:
    return cast(BinaryIO, open_media(hr, actor, interview_id, object_id).stream)


def _redos(hr: Runtime, session: Session, rows: Sequence[Interview], language: str) -> list[RedoInfo]:
    numbers = {row.id: row.part for row in rows}
    return [
        RedoInfo(
            redo_id=found.redo_id,
            question_id=found.question_id,
            number=found.number,
            reason=found.reason,
            by=found.by,
            granted_at=found.granted_at,
            not_after=found.not_after,
            state=found.state,
            state_words=redo_words(found.state, language),
            changed_at=found.changed_at,
            part=numbers.get(found.part or ""),
        )
        for found in redo_rows.of_interview(hr, session, rows)
    ]


def _candidate(hr: Runtime, actor: Actor, name: str, invitation: InvitationRow | None) -> CandidateInfo:
    return CandidateInfo(name=name or None, phone=_phone(hr, actor, invitation))


def _phone(hr: Runtime, actor: Actor, invitation: InvitationRow | None) -> str | None:
    if invitation is None or actor.role not in _MAY_SEE_PHONE:
        return None
    return candidate_value(hr, invitation.candidate, "phone")
