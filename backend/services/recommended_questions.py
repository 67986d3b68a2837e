"""Questions for a position from the bank, by its skills, with drafts for skills the bank knows nothing of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from backend.db.models import BankQuestion
from backend.runtime import Runtime
from backend.services import positions, question_bank, question_templates, recommending, scope
from backend.services.actor import Actor
from backend.services.duration import Level
from backend.services.question_bank import STAFF, BankView
from backend.services.word_match import Collection, Hit, Text, text_of
from contract.kit import Question
from contract.text import pick

# questions of the bank that are looked through, what changed last first; for each skill so many are shown
MOST_READ, EACH = 2000, 3
# a skill that a question is marked with, beside one that only stands in its words
_MARKED, _SAID = 1.0, 0.6


@dataclass(frozen=True, slots=True)
class Offer:
    """``marked``: the question's own skills that are wanted; ``hit``: where else its words say so, None: nowhere."""

    view: BankView
    marked: tuple[str, ...]
    hit: Hit | None
    points: int


@dataclass(frozen=True, slots=True)
class ForSkill:
    """``drafts``: made from templates where the bank has nothing; they are in no bank yet."""

    skill: str
    offers: list[Offer]
    drafts: list[Question]


@dataclass(frozen=True, slots=True)
class Questions:
    """``skills`` in the position's order, its title where it lists none."""

    position_id: str
    title: dict[str, str]
    skills: list[ForSkill]
    left_out: tuple[str, ...]


def take(hr: Runtime, actor: Actor, position_id: str, level: Level, language: str) -> Questions:
    """Questions for this level and those for every level. ``language``: in which the words are compared and quoted.

    Raises XudaError(FORBIDDEN | NOT_FOUND).
    """
    scope.require(actor, *STAFF)
    with hr.db.read() as session:
        row = positions.found(session, actor, position_id)
        asked = recommending.wanted(row)
        heads = select(BankQuestion).where(BankQuestion.retired_at.is_(None), BankQuestion.level.in_([level.value, ""]))
        newest = heads.order_by(BankQuestion.updated_at.desc(), BankQuestion.id).limit(MOST_READ)
        views = question_bank.views(session, session.scalars(newest).all())
    texts = {view.question_id: _text(view, language) for view in views}
    collection = Collection(list(texts.values()))
    words = [word for word, _ in asked.words[:-1]] or [pick(row.title, language)]
    taken: set[str] = set()
    found = []
    for skill in words:
        offers = [offer for view in views if (offer := _offer(collection, view, texts[view.question_id], skill))]
        # a question stands once, with the first skill it fits
        fresh = [offer for offer in offers if offer.view.question_id not in taken]
        best = sorted(fresh, key=lambda offer: (-offer.points, -offer.view.kits))[:EACH]
        taken.update(offer.view.question_id for offer in best)
        found.append(ForSkill(skill, best, [] if offers else _drafts(level, skill)))
    return Questions(row.id, dict(row.title), found, asked.left_out)


def _offer(collection: Collection, view: BankView, text: Text, skill: str) -> Offer | None:
    folded = {part.strip().casefold() for part in skill.split("/")}
    marked = tuple(own for own in view.written.skills if own.casefold() in folded)
    hit = collection.match([(skill, 1.0)], text).hits[0]
    said = hit.share if hit.times else 0.5 * hit.share
    if not marked and not said:
        return None
    share = _MARKED if marked else _SAID * said
    return Offer(view, marked, hit if hit.share else None, round(100 * share))


def _drafts(level: Level, skill: str) -> list[Question]:
    spoken = [t for t in question_templates.offered(level) if t.about_a_skill and t.kind.spoken]
    return [question_templates.draft(template, skill).question for template in spoken[:1]]


def _text(view: BankView, language: str) -> Text:
    question = view.written.question
    points = [pick(point.text, language) for dimension in view.written.dimensions for point in dimension.key_points]
    return text_of("\n".join([pick(question.prompt, language), pick(question.hint, language), *points]))
