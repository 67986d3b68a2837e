"""Asking for a second opinion that a person has ordered: what it is made of is read, asked outside any transaction,
and kept only if everything is still as it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from backend.db.models import Interview, InvitationRow, OpinionRow
from backend.opinion import asking, reply, words
from backend.opinion.asking import NotAnswered
from backend.opinion.masking import Known
from backend.opinion.quotes import passage
from backend.opinion.words import Asked
from backend.runtime import Runtime
from backend.services import opinions, rubrics, wholes
from backend.services.people import candidate_name, candidate_value
from backend.services.report_sources import sources
from backend.services.score_sheets import sheet_of
from backend.services.scorecard_sheet import kit_of
from contract.errors import XudaError
from contract.kit import Kit
from contract.scoresheet import SheetQuestion
from contract.text import pick
from report.build import build_whole_report
from report.model import AnswerInfo, CandidateInfo

OFF, CONSENT, NOTHING, UNREADABLE = "off", "consent", "nothing", "unreadable"
MOST_TRIES = 3
# of a whole request, besides the time the service may take
_SPARE = timedelta(seconds=60)
_MOST_CHARACTERS = 100_000
_log = logging.getLogger(__name__)


def claim(hr: Runtime, me: str) -> str | None:
    """An order for this process; one that took its process with it too often is given up."""
    # four addresses of a name may be tried, each for so long
    lease = 5 * timedelta(seconds=hr.settings.second_opinion.seconds) + _SPARE
    return opinions.claim(hr, me, lease, MOST_TRIES)


def work(hr: Runtime, me: str, opinion_id: str) -> None:
    """Ask, and keep what may be kept; what stands against it is kept as a code. Raises opinions.Gone."""
    try:
        asked, language = _asked(hr, me, opinion_id)
        text = asking.complete(hr.settings.second_opinion, words.messages(asked, language), words.SCHEMA)
        opinions.keep(hr, me, opinion_id, reply.read(text, words.names(asked)))
    except NotAnswered as trouble:
        _log.warning("a second opinion was not given: %s", trouble.code)
        opinions.failed(hr, me, opinion_id, trouble.code)
    except XudaError as error:
        _log.warning("a second opinion could not be asked for: %s", error.code)
        opinions.failed(hr, me, opinion_id, UNREADABLE)


def _asked(hr: Runtime, me: str, opinion_id: str) -> tuple[list[Asked], str]:
    """Raises NotAnswered where nothing may be asked or nothing is there, opinions.Gone, XudaError for what cannot be
    opened."""
    if not hr.settings.second_opinion.on:
        raise NotAnswered(OFF)
    with hr.db.read() as session:
        row: OpinionRow = opinions.mine(session, me, opinion_id)
        language = row.language
        rows = wholes.rows_of(session, session.get_one(Interview, row.interview_id))
        if not opinions.leave_given(session, rows):
            raise NotAnswered(CONSENT)
        kit = kit_of(session, rows)
        if kit is None:
            raise NotAnswered(UNREADABLE)
        rubric = {one.question_id: one for one in sheet_of(kit, rubrics.of_kit(session, kit)).questions}
        known = _known(hr, session, rows)
        given = sources(hr, session, rows)
    report = build_whole_report(given, candidate=CandidateInfo(), generated_at=hr.now(), language=language)
    asked: list[Asked] = []
    left = _MOST_CHARACTERS
    for answer in report.answers:
        one = None if answer.superseded else _one(answer, kit, rubric.get(answer.question_id), known, left)
        if one is not None:
            asked.append(one)
            left -= len(one.passage.text)
    if not asked:
        raise NotAnswered(NOTHING)
    return asked, language


def _one(answer: AnswerInfo, kit: Kit, rubric: SheetQuestion | None, known: Known, left: int) -> Asked | None:
    """None without words, and for a question of another kit."""
    question = next((one for one in kit.questions if one.question_id == answer.question_id), None)
    said = passage(answer, known, min(words.LONGEST_ANSWER, left)) if question is not None else None
    if question is None or said is None:
        return None
    tag = "zh_CN" if kit.speech_language == "zh" else kit.speech_language
    points = [pick(point.text, tag) for one in (rubric.dimensions if rubric else ()) for point in one.key_points]
    prompt = pick(question.prompt, tag)
    return Asked(answer.question_id, answer.answer_id, prompt, [text for text in points if text.strip()], said)


def _known(hr: Runtime, session: Session, rows: Sequence[Interview]) -> Known:
    """What HR knows of the person, so that it can be left out."""
    found = [row.invitation for row in rows if row.invitation is not None]
    if not found:
        return Known()
    invitation: InvitationRow = found[0]
    person = invitation.candidate
    values = [candidate_value(hr, person, column) or "" for column in ("phone", "email", "id_number")]
    more = json.loads(candidate_value(hr, person, "extra") or "{}")
    # a column such as a school's name is no secret; what has digits may be a number of an account or of staff
    values += [str(value) for value in more.values() if sum(one.isdigit() for one in str(value)) > 3]
    return Known(candidate_name(hr, person), (*values, invitation.code))
