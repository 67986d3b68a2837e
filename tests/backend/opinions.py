"""A backend whose administrator has named a language model, and interviews whose candidates agree to its opinion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from backend.db.models import AuditRow, OpinionRow
from backend.opinion.settings import SecondOpinion
from backend.runtime import Runtime
from backend.services import kits, opinion_making, opinions, scorecards
from backend.services.actor import Actor
from backend.services.opinions import OpinionView
from tests.backend.language_model import LanguageModel
from tests.backend.staffing import somebody
from tests.backend.test_scorecards import all_of
from tests.backend.world import COMMAND_LINE, KIT, Booth, Served, Talk, invite, served

KEY = "sk-test-zq81"
CANDIDATE = "Han Meimei"
ELSEWHERE = KIT.replace("deletion: d}", "deletion: d, elsewhere: the model of example.com}")
SPOKEN = "I am Han Meimei. First I listen to the customer, then I look for the cause, call me at 138 0013 8000."
WRITTEN = "I would ask my team, and decide by Friday."


@contextmanager
def opinionated(folder: Path, model: LanguageModel, **more: Any) -> Iterator[Served]:
    settings = SecondOpinion(url=model.url, model="test-model", key=KEY, seconds=20, private=True)
    with served(folder, second_opinion=replace(settings, **more)) as found:
        kits.add_kit(found.hr, COMMAND_LINE, ELSEWHERE.encode())
        yield found


def told(booth: Booth, hr: Runtime, *, scoring: bool = True, elsewhere: bool = True, version: int = 2) -> Talk:
    """A finished interview with an answer that is heard and one that is written."""
    talk = Talk(booth, invite(hr, CANDIDATE))
    talk.started(kit_version=version)
    talk.consented(scoring=scoring, elsewhere=elsewhere)
    talk.spoken(talk.seal(b"one"))
    talk.heard(SPOKEN)
    talk.written(WRITTEN)
    talk.finished()
    talk.put_all()
    return talk


def rater(hr: Runtime, talk: Talk, *questions: str) -> Actor:
    """Somebody who has handed in a scorecard; ``questions``: those that were answered, when not all were."""
    person, content = somebody(hr), all_of(4, questions=questions or ("q1", "q2"))
    scorecards.save(hr, person, talk.interview_id, content, 0)
    scorecards.hand_in(hr, person, talk.interview_id, content, 1)
    return person


def answered(hr: Runtime, talk: Talk, person: Actor | None = None) -> OpinionView:
    """Ask, and do the work; what the person then sees."""
    person = person or rater(hr, talk)
    opinions.ask(hr, person, talk.interview_id, "en")
    work(hr)
    return seen(hr, talk, person)


def work(hr: Runtime) -> None:
    """All that is ordered and that no other thread has taken."""
    while (opinion_id := opinion_making.claim(hr, "test")) is not None:
        opinion_making.work(hr, "test", opinion_id)


def seen(hr: Runtime, talk: Talk, person: Actor) -> OpinionView:
    found = opinions.shown(hr, person, talk.interview_id)
    assert found is not None
    return found


def rows(hr: Runtime, talk: Talk) -> list[OpinionRow]:
    with hr.db.read() as session:
        query = select(OpinionRow).where(OpinionRow.interview_id == talk.interview_id)
        return list(session.scalars(query.order_by(OpinionRow.asked_at)))


def audited(hr: Runtime, talk: Talk) -> list[str]:
    with hr.db.read() as session:
        query = select(AuditRow.action).where(AuditRow.target == f"interview:{talk.interview_id}")
        return [action for action in session.scalars(query.order_by(AuditRow.id)) if "opinion" in action]
