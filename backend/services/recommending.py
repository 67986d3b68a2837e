"""What a position asks for, and how far somebody's words, records and interviews meet it. It proposes; people decide.

Only skills, experience, education and interview results are compared: words that name what nobody may be sorted by are
left out, also where a position lists them as a skill.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from backend.db.models import Batch, Position, Requisition
from backend.db.resume_models import ResumeRulesRow
from backend.services.requisition_states import RequisitionState
from backend.services.resume_rules import Education, Reason, Rules, Verdict, judge, unfair
from backend.services.word_match import Collection, Match, Text, text_of

# what each part counts; what is not known or not asked for leaves its weight to the others
SKILLS, DEMANDS, INTERVIEW = 60, 20, 20
_TITLE = 0.5
_WORTH = {Verdict.MET: 1.0, Verdict.UNKNOWN: 0.5, Verdict.MISSED: 0.0}


@dataclass(frozen=True, slots=True)
class Wanted:
    """``words`` with their weights: skills in their order, then the title. ``demands``: education and years of the
    newest rules of a batch for the requisition. ``left_out``: skills nobody may be sorted by."""

    words: tuple[tuple[str, float], ...]
    demands: Rules
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """``points`` of 100 by the parts that are known. ``demands``: with their reasons. ``score``: of the newest
    interview that has one."""

    match: Match
    demands: tuple[Reason, ...]
    score: int | None
    points: int


def wanted(position: Position, demands: Rules | None = None) -> Wanted:
    """The earlier a skill is listed, the more it counts."""
    skills = [skill for skill in position.skills if not unfair(skill)]
    words = [(skill, 1 / (1 + 0.1 * place)) for place, skill in enumerate(skills)]
    title = "/".join(dict.fromkeys(text for text in position.title.values() if text.strip()))
    out = tuple(skill for skill in position.skills if unfair(skill))
    return Wanted((*words, (title, _TITLE)), demands or Rules(), out)


def told(position: Position) -> Text:
    """A position as a text among others: what many ask for tells little."""
    return text_of("\n".join([*position.title.values(), *position.skills]))


def fit(collection: Collection, asked: Wanted, text: Text, columns: Mapping[str, str], score: int | None = None) -> Fit:
    """``text`` of a résumé, ``columns``: further ones of the table the person was imported from."""
    match = collection.match(asked.words, text)
    demands = tuple(judge(asked.demands, text.shown, columns).reasons) if _asks(asked.demands) else ()
    parts = [(SKILLS, match.fit)]
    if demands:
        parts.append((DEMANDS, sum(_WORTH[reason.verdict] for reason in demands) / len(demands)))
    if score is not None:
        parts.append((INTERVIEW, score / 100))
    weight = sum(part for part, _ in parts)
    return Fit(match, demands, score, round(100 * sum(part * value for part, value in parts) / weight))


def demands_of(session: Session, requisition_ids: Sequence[str]) -> dict[str, Rules]:
    """Requisition -> education and years that the newest rules of its batches ask for. One query."""
    newest = select(ResumeRulesRow.batch_id, func.max(ResumeRulesRow.revision).label("revision"))
    last = newest.group_by(ResumeRulesRow.batch_id).subquery()
    query = select(Batch.requisition_id, ResumeRulesRow.content).join(Batch, Batch.id == ResumeRulesRow.batch_id)
    query = query.join(
        last, (last.c.batch_id == ResumeRulesRow.batch_id) & (last.c.revision == ResumeRulesRow.revision)
    )
    query = query.where(Batch.requisition_id.in_(requisition_ids)).order_by(ResumeRulesRow.created_at)
    found = {}
    for requisition_id, content in session.execute(query):
        rules = Rules.model_validate(content)
        found[requisition_id] = Rules(education=rules.education, years=rules.years)
    return found


def open_requisitions(query: Select[Requisition]) -> Select[Requisition]:
    return query.where(Requisition.state == RequisitionState.OPEN.value, Position.closed_at.is_(None))


def _asks(rules: Rules) -> bool:
    return bool(rules.years) or rules.education is not Education.ANY
