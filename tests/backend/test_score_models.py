"""The registry of learned models: taken in, published by a person with a reason, rolled back, never by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from assessment.embeddings import Embedders
from assessment.learned import from_bytes_by_language, to_bytes_by_language
from backend.db.models import AuditRow, LearnedPiece, ModelPublication, Role
from backend.services import model_publishing, score_models
from backend.services.actor import Actor
from backend.services.assessing import train_table
from backend.services.model_publishing import Verdict
from backend.services.score_models import ModelState
from contract.canonical import sha256_hex
from contract.errors import ErrorCode, XudaError
from tests.assessment.test_learning import ratings_table
from tests.backend.staffing import refusal
from tests.backend.world import BOTH, COMMAND_LINE, Served

DATABASES = BOTH
_NONE = Embedders(None)


def file(seed: int, languages: tuple[str, ...] = ("en",)) -> bytes:
    made = {}
    for language in languages:
        made.update(train_table(ratings_table(30, seed, language), _NONE, "now")[0])
    return to_bytes_by_language(made)


def taken(backend: Served, seed: int) -> str:
    [model_id] = score_models.take_in(backend.hr, COMMAND_LINE, file(seed), "test")
    return model_id


def state(backend: Served, model_id: str) -> ModelState:
    return score_models.one(backend.hr, COMMAND_LINE, model_id).state


def counting(backend: Served) -> dict[str, str]:
    with backend.hr.db.read() as session:
        return score_models.ids(session)


def publish(backend: Served, model_id: str, reason: str = "first model", *, anyway: bool = True) -> None:
    model_publishing.publish(backend.hr, COMMAND_LINE, model_id, reason, anyway=anyway)


def test_a_file_is_kept_with_its_card_and_counts_for_nothing_yet(own_backend: Served) -> None:
    hr = own_backend.hr
    ids = score_models.take_in(hr, COMMAND_LINE, file(1, ("en", "zh")), "test")
    found = {one.language: one for one in score_models.models(hr, COMMAND_LINE)}
    assert sorted(found) == ["en", "zh"]
    assert {one.model_id for one in found.values()} == set(ids)
    assert found["en"].card["ratings"] == 30
    assert found["en"].state is ModelState.CANDIDATE
    assert counting(own_backend) == {}
    assert score_models.model_file(hr, found["en"].sha256) is None, "no device gets what does not count"
    assert score_models.take_in(hr, COMMAND_LINE, file(1), "again") == [found["en"].model_id]


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"no model at all" * 50])
def test_what_is_no_model_is_refused(backend: Served, data: bytes) -> None:
    assert refusal(score_models.take_in, backend.hr, COMMAND_LINE, data, "x")[0] == "assessment_model"


def test_a_language_that_is_not_scored_is_refused(backend: Served) -> None:
    [model] = from_bytes_by_language(file(1)).values()
    data = to_bytes_by_language({"fr": model})
    assert refusal(score_models.take_in, backend.hr, COMMAND_LINE, data, "x") == ("setting_invalid", "language")


def test_publishing_needs_a_reason_and_for_what_was_not_compared_a_word_more(own_backend: Served) -> None:
    model_id = taken(own_backend, 3)
    assert model_publishing.verdict(own_backend.hr, model_id) is Verdict.UNKNOWN
    give = model_publishing.publish
    assert refusal(give, own_backend.hr, COMMAND_LINE, model_id, " ", anyway=True) == ("setting_invalid", "reason")
    assert refusal(give, own_backend.hr, COMMAND_LINE, model_id, "why") == ("conflict", "verdict")
    assert counting(own_backend) == {}
    publish(own_backend, model_id)
    sha256 = score_models.one(own_backend.hr, COMMAND_LINE, model_id).sha256
    assert counting(own_backend) == {"en": sha256}
    assert sha256_hex(score_models.model_file(own_backend.hr, sha256) or b"") == sha256
    assert refusal(give, own_backend.hr, COMMAND_LINE, model_id, "again", anyway=True) == ("illegal_state", "model")


def test_one_model_of_a_language_counts_and_earlier_ones_come_back(own_backend: Served) -> None:
    hr = own_backend.hr
    first, second = taken(own_backend, 4), taken(own_backend, 5)
    publish(own_backend, first)
    publish(own_backend, second, "more ratings")
    assert (state(own_backend, first), state(own_backend, second)) == (ModelState.RETIRED, ModelState.PUBLISHED)
    model_publishing.roll_back(hr, COMMAND_LINE, "en", first, "the second one was too strict")
    assert (state(own_backend, first), state(own_backend, second)) == (ModelState.PUBLISHED, ModelState.RETIRED)
    model_publishing.roll_back(hr, COMMAND_LINE, "en", None, "rubric alone for now")
    assert counting(own_backend) == {}
    told = model_publishing.publications(hr, COMMAND_LINE)
    assert [one.model_id for one in told] == [None, first, second, first]
    assert [one.reason for one in told][:2] == ["rubric alone for now", "the second one was too strict"]
    assert [one.anyway for one in told] == [False, False, True, True]
    with hr.db.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.target.like("model:%"))).all()
        sealed = session.scalars(select(ModelPublication.reason_sealed)).all()
    assert actions[2:] == ["publish_model", "publish_model", "roll_back_model", "retire_model"]
    assert not any("strict" in text for text in sealed)


def test_what_never_counted_is_not_rolled_back_to(own_backend: Served) -> None:
    hr = own_backend.hr
    model_id = taken(own_backend, 6)
    back = model_publishing.roll_back
    assert refusal(back, hr, COMMAND_LINE, "en", model_id, "why") == ("illegal_state", "model")
    assert refusal(back, hr, COMMAND_LINE, "en", None, "why") == ("illegal_state", "model")
    publish(own_backend, model_id)
    assert refusal(back, hr, COMMAND_LINE, "zh", model_id, "why") == ("illegal_state", "model")


def test_the_tools_hold_what_counts_and_open_it_once(own_backend: Served) -> None:
    hr = own_backend.hr
    model_id = taken(own_backend, 7)
    publish(own_backend, model_id)
    with hr.db.read() as session:
        first, again = score_models.published(hr, session), score_models.published(hr, session)
    assert first.models["en"] is again.models["en"]
    assert dict(first.model_ids) == counting(own_backend)
    assert first.models["en"].card.ratings == 30


def test_a_damaged_file_is_noticed(own_backend: Served) -> None:
    model_id = taken(own_backend, 8)
    publish(own_backend, model_id)
    with own_backend.hr.db.write() as session:
        piece = session.scalars(select(LearnedPiece).where(LearnedPiece.model_id == model_id)).one()
        piece.content = piece.content[:-40] + bytes(40)
    fresh = replace(own_backend.hr, shelf=type(own_backend.hr.shelf)())
    with own_backend.hr.db.read() as session, pytest.raises(XudaError) as error:
        score_models.published(fresh, session)
    assert error.value.code is ErrorCode.ASSESSMENT_MODEL


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_models_are_for_hr_alone(backend: Served, role: Role) -> None:
    actor = Actor("u", "u", role, "rd")
    assert refusal(score_models.models, backend.hr, actor)[0] == "forbidden"
    assert refusal(score_models.take_in, backend.hr, actor, file(1), "x")[0] == "forbidden"
    assert refusal(model_publishing.publish, backend.hr, actor, "x", "why")[0] == "forbidden"
    assert refusal(model_publishing.roll_back, backend.hr, actor, "en", None, "why")[0] == "forbidden"
