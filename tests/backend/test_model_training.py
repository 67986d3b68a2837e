"""Training from the scorecards of the database, the comparison with what counts, and what publishing would do."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from assessment.embeddings import Embedders
from assessment.training import prepare, train
from backend.db.employee_models import EmployeeInvitation, EmployeeRow, EmployeeScore
from backend.db.models import AuditRow, Interview, LearnedModel, ModelJob
from backend.services import deletion, model_jobs, model_publishing, model_ratings, score_models, scorecards
from backend.services.model_jobs import JobState, JobView, Stopped
from backend.services.model_publishing import Verdict
from backend.services.model_ratings import Target
from backend.services.score_models import Kind, ModelState, Source
from backend.services.scorecard_sheet import Content, Mark
from contract import events as ev
from contract.events import EventType
from tests.assessment.cases import good
from tests.backend.staffing import Search, opened, refusal
from tests.backend.test_scorecards import DIMENSIONS
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk

_NONE = Embedders(None)
_INTERVIEWS = 16
ME = "this process"


@dataclass
class Rated:
    """An organisation whose people have rated. ``ids``: interviews with consent to scoring."""

    backend: Served
    search: Search
    booth: Booth
    ids: list[str] = field(default_factory=list)

    def interview(self, level: int, text: str, *, scoring: bool = True, card: bool = True) -> str:
        talk = Talk(self.booth, self.search.invite())
        talk.started()
        talk.add(EventType.CONSENTED, ev.ConsentedData(consent_version="1", recording=True, scoring=scoring))
        talk.spoken(talk.seal(b"one"))
        talk.heard(text)
        talk.written(text)
        talk.finished()
        talk.put_all()
        if card:
            marks = {name: Mark(level=level) for name in DIMENSIONS}
            content = Content(ratings=dict.fromkeys(("q1", "q2"), marks))
            scorecards.hand_in(self.backend.hr, self.search.approver, talk.interview_id, content, 0)
        return talk.interview_id

    def job(self, target: Target = Target.RATINGS, model_id: str | None = None) -> JobView:
        """Ordered and done."""
        hr = self.backend.hr
        job_id = model_jobs.order(hr, COMMAND_LINE, target, model_id)
        assert model_jobs.claim(hr, ME) == job_id
        model_jobs.work(hr, ME, job_id)
        return model_jobs.view(hr, COMMAND_LINE, job_id)


def answer(level: int, seed: int) -> str:
    """The better, the more of a good answer is said."""
    words = good("en").split()
    more = random.Random(seed).sample(words, 4)
    return " ".join(words[: 12 * level] + more)


@pytest.fixture(scope="module")
def rated(backend: Served) -> Rated:
    hr = backend.hr
    made = Rated(backend, opened(backend, threshold=60), backend.enrol())
    for seed in range(_INTERVIEWS):
        level = 1 + seed % 5
        made.ids.append(made.interview(level, answer(level, seed)))
    made.interview(5, answer(5, 90), scoring=False)
    made.interview(5, answer(5, 91), card=False)
    gone = made.interview(5, answer(5, 92))
    deletion.delete_interview(hr, COMMAND_LINE, gone)
    return made


def drop_everything(rated: Rated) -> None:
    """No model counts, and none is compared with."""
    with rated.backend.hr.db.read() as session:
        languages = list(score_models.ids(session))
    for language in languages:
        model_publishing.roll_back(rated.backend.hr, COMMAND_LINE, language, None, "the next test")


@pytest.fixture
def trained(rated: Rated) -> str:
    """Id of a model of all ratings, beside the rubric alone."""
    drop_everything(rated)
    done = rated.job()
    assert (done.state, done.error) == (JobState.DONE, None)
    return done.found["en"]


def one(rated: Rated, model_id: str) -> score_models.ModelView:
    return score_models.one(rated.backend.hr, COMMAND_LINE, model_id)


def test_only_rated_interviews_with_consent_that_nobody_has_deleted_are_learned_from(
    rated: Rated, trained: str
) -> None:
    found = one(rated, trained)
    assert found.source.interviews == _INTERVIEWS
    assert (found.source.kind, found.source.raters, found.card["ratings"]) == (Kind.TRAINED, 1, 2 * _INTERVIEWS)
    assert found.card["questions"] == 2
    assert (found.card["lowest"], found.card["highest"]) == (0, 100)
    assert found.state is ModelState.CANDIDATE, "nothing counts before a person says so"
    assert found.made_by == COMMAND_LINE.username


def test_what_people_gave_is_weighed_by_dimension(rated: Rated) -> None:
    found = model_ratings.open_interview(rated.backend.hr, rated.ids[0])
    assert found is not None
    with rated.backend.hr.db.read() as session:
        from backend.services import rubrics

        rubric = rubrics.of_kit(session, found.kit).rubric
    marks = {"q1": {name: Mark(level=5 if name == "logic" else 1) for name in DIMENSIONS}}
    weights = {one.dimension_id: one.weight for one in rubric.general}
    expected = 100 * weights["logic"] / sum(weights.values())
    assert model_ratings.rating(found.kit, rubric, Content(ratings=marks)) == {"q1": pytest.approx(expected)}


def test_the_comparison_shows_figures_with_intervals_in_the_same_folds(rated: Rated, trained: str) -> None:
    found = one(rated, trained).comparison
    assert (found["answers"], found["candidates"], found["questions"]) == (2 * _INTERVIEWS, _INTERVIEWS, 2)
    assert set(found["folds"]) == {"candidates", "questions"}
    for fold in found["folds"].values():
        assert set(fold["figures"]) == {"new", "rubric"}
        for figures in fold["figures"].values():
            for name in ("pearson", "rmse", "kappa"):
                assert figures[name]["low"] <= figures[name]["value"] <= figures[name]["high"]
    figures = found["folds"]["candidates"]["figures"]
    assert figures["new"]["rmse"]["value"] < figures["rubric"]["rmse"]["value"]
    assert figures["new"]["pearson"]["value"] > 0.5
    assert found["verdict"] == Verdict.BETTER
    assert found["against"] is None


def test_the_effects_count_interviews_that_wait_and_name_nobody(rated: Rated, trained: str) -> None:
    found = one(rated, trained).comparison["effects"]
    moved = found["moved"]
    assert moved["interviews"] == _INTERVIEWS + 1, "those with consent; rated or not"
    assert 0 < moved["more_than"]["10"] <= moved["more_than"]["5"] <= moved["interviews"]
    assert moved["up"] + moved["down"] <= moved["interviews"]
    assert found["impact"] == {}
    text = str(found)
    assert not any(name in text for name in rated.ids)


def test_the_next_model_is_measured_beside_the_published_one(rated: Rated, trained: str) -> None:
    hr = rated.backend.hr
    model_publishing.publish(hr, COMMAND_LINE, trained, "better in both folds")
    rated.ids.append(rated.interview(3, answer(3, 50)))
    again = rated.job().found["en"]
    found = one(rated, again)
    assert again != trained
    assert found.comparison["against"] == one(rated, trained).sha256
    assert set(found.comparison["folds"]["candidates"]["figures"]) == {"new", "published", "rubric"}
    assert found.comparison["effects"]["moved"]["interviews"] == len(rated.ids) + 1
    model_publishing.roll_back(hr, COMMAND_LINE, "en", None, "not beside this one any more")
    assert model_publishing.verdict(hr, again) is Verdict.STALE
    assert refusal(model_publishing.publish, hr, COMMAND_LINE, again, "why") == ("conflict", "verdict")
    assert rated.job(model_id=again).found == {"en": again}
    assert one(rated, again).comparison["against"] is None


def test_a_worse_model_needs_a_word_more(rated: Rated, trained: str) -> None:
    hr = rated.backend.hr
    model_publishing.publish(hr, COMMAND_LINE, trained, "better")
    collected = model_ratings.collect(hr, Target.RATINGS, _NONE, lambda done, total: None)["en"]
    prepared = prepare(collected.examples, 0, 100)
    upside_down = type(prepared)(**{**prepared.__dict__, "ratings": 1 - prepared.ratings})
    model = train(upside_down, 0, 100, None, "now")
    with hr.db.write() as session:
        bad = score_models.add(hr, session, "x", "en", model, Source(Kind.IMPORTED)).id
    assert rated.job(model_id=bad).found == {"en": bad}
    assert model_publishing.verdict(hr, bad) is Verdict.WORSE
    assert refusal(model_publishing.publish, hr, COMMAND_LINE, bad, "why") == ("conflict", "verdict")
    model_publishing.publish(hr, COMMAND_LINE, bad, "only to see it", anyway=True)
    with hr.db.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.action == "publish_model").order_by(AuditRow.id)).all()[
            -1
        ]
        assert (row.detail["verdict"], row.detail["anyway"]) == ("worse", True)


def _employee(name: str, at: datetime) -> EmployeeRow:
    return EmployeeRow(id=name, code=name, department_id="rd", position="", person_sealed="x", created_at=at)


def test_later_performance_is_a_check_and_a_target_only_if_chosen(rated: Rated) -> None:
    hr = rated.backend.hr
    drop_everything(rated)
    with hr.db.write() as session:
        rows = session.scalars(select(Interview).where(Interview.id.in_(rated.ids[:8]))).all()
        places = {name: at for at, name in enumerate(rated.ids)}
        for row in rows:
            assert row.ended_at is not None
            assert row.invitation_id is not None
            name = f"e{places[row.id]}"
            session.add(_employee(name, hr.now()))
            session.flush()
            invited = EmployeeInvitation(invitation_id=row.invitation_id, employee_id=name, invited_by="x")
            invited.invited_at = hr.now()
            session.add(invited)
            reached = 200 + 100 * (places[row.id] % 5)
            for label, tenths, minutes in (("before it", 10, -60), ("later", reached, 1)):
                at = row.ended_at + timedelta(minutes=minutes)
                score = EmployeeScore(employee_id=name, kind="performance", label=label, tenths=tenths, noted_at=at)
                session.add(score)
    done = rated.job()
    checked = one(rated, done.found["en"]).comparison["effects"]["performance"]
    assert checked["employees"] == 8
    assert -1 <= checked["new"]["low"] <= checked["new"]["value"] <= checked["new"]["high"] <= 1
    assert checked["new"]["value"] > 0.5
    chosen = one(rated, rated.job(Target.PERFORMANCE).found["en"])
    assert (chosen.source.target, chosen.source.interviews, chosen.card["ratings"]) == ("performance", 8, 16)
    with hr.db.read() as session:
        found = model_ratings.performances(session)
    assert sorted({points for points, _ in found.values()}) == [20, 30, 40, 50, 60]


def test_one_job_at_a_time_and_what_was_cut_short_is_begun_anew(rated: Rated) -> None:
    hr = rated.backend.hr
    job_id = model_jobs.order(hr, COMMAND_LINE)
    assert refusal(model_jobs.order, hr, COMMAND_LINE) == ("conflict", "job")
    assert model_jobs.claim(hr, ME) == job_id
    assert model_jobs.claim(hr, "another process") is None
    with pytest.raises(Stopped):
        model_jobs.work(hr, ME, job_id, going=lambda: False)
    model_jobs.release(hr, ME)
    assert model_jobs.claim(hr, "another process") == job_id
    with pytest.raises(Stopped):
        model_jobs.work(hr, ME, job_id)
    model_jobs.work(hr, "another process", job_id)
    assert model_jobs.view(hr, COMMAND_LINE, job_id).state is JobState.DONE


def test_a_job_that_takes_its_process_with_it_is_given_up(rated: Rated) -> None:
    hr = rated.backend.hr
    job_id = model_jobs.order(hr, COMMAND_LINE)
    for _ in range(3):
        assert model_jobs.claim(hr, ME) == job_id  # and the process dies
    assert model_jobs.claim(hr, ME) is None
    found = model_jobs.view(hr, COMMAND_LINE, job_id)
    assert (found.state, found.error) == (JobState.FAILED, "interrupted")


def test_few_ratings_make_no_model(own_backend: Served) -> None:
    hr = own_backend.hr
    few = Rated(own_backend, opened(own_backend), own_backend.enrol())
    assert few.job().found == {}
    few.interview(3, answer(3, 1))
    assert few.job().found == {"en": "too_few"}
    with hr.db.read() as session:
        assert session.scalars(select(LearnedModel)).all() == []
        assert len(session.scalars(select(ModelJob)).all()) == 2


def test_an_interview_whose_time_is_over_is_not_learned_from(own_backend: Served) -> None:
    few = Rated(own_backend, opened(own_backend), own_backend.enrol())
    interview_id = few.interview(3, answer(3, 1))
    assert model_ratings.open_interview(own_backend.hr, interview_id) is not None
    own_backend.clock.ahead = timedelta(days=4000)
    assert model_ratings.open_interview(own_backend.hr, interview_id) is None
