"""A thousand interviews with known effects in a real database: the analytics find each within its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from backend import runtime
from backend.db.models import Batch, InvitationRow, Role
from backend.runtime import Runtime
from backend.services import analytics_fairness, analytics_scores
from backend.services.actor import Actor
from backend.services.analytics_fairness import Circumstance, Outcome
from backend.services.analytics_figures import FEWEST, Asked
from backend.services.voluntary_rows import Aspect
from backend.settings import Settings
from benchmarks.history import SHIFTED, Truth, Writer, lines
from contract.errors import ErrorCode, XudaError
from tests.backend.world import BOTH, COMMAND_LINE

DATABASES = BOTH
COUNT = 1000
EVERY_EFFECT = 6


class History:
    def __init__(self, hr: Runtime) -> None:
        self.hr, self.writer, self.truth = hr, Writer(hr, Truth(), seed=1), Truth()
        self.writer.write(COUNT)

    def scores(self, **asked: object) -> analytics_scores.ScoreFigures:
        return analytics_scores.take(self.hr, COMMAND_LINE, Asked(**asked))  # type: ignore[arg-type]

    def fairness(self, **asked: object) -> analytics_fairness.FairnessFigures:
        return analytics_fairness.take(self.hr, COMMAND_LINE, Asked(**asked))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, database: Callable[[], dict[str, str]]) -> Iterator[History]:
    settings = Settings(data=tmp_path_factory.mktemp("hr") / "data", **database())  # type: ignore[arg-type]
    with closing(runtime.create(settings, "History")) as made:
        yield History(made)


def test_every_effect_that_was_put_in_is_found_within_its_interval(history: History) -> None:
    found = list(lines(history.truth, history.scores(), history.fairness()))
    assert len(found) == EVERY_EFFECT
    assert [line.what for line in found if not line.held] == []
    assert all(line.found.low < line.found.value < line.found.high for line in found)


def test_what_was_put_in_is_told_from_nothing(history: History) -> None:
    found = {line.what: line.found for line in lines(history.truth, history.scores(), history.fairness())}
    assert found["correlation with performance"].low > 0
    assert found[f"shift on {SHIFTED} (points)"].high < 0
    assert found["impact ratio"].high < 0.8
    assert found["agreement with people (r)"].low > 0.7


def test_the_week_from_which_the_scoring_drifts_is_found(history: History) -> None:
    drift = history.scores().drift
    assert drift is not None
    assert drift.differences is not None
    assert drift.scores is not None
    assert drift.differences.since == history.writer.changed, "beside people's scores it is plain"
    assert drift.scores.since is not None
    assert abs((drift.scores.since - history.writer.changed).days) <= 14
    assert len(drift.kappas) > 20
    before = [week for week in drift.differences.weeks if week.monday < history.writer.changed]
    assert not any(week.outside for week in before)


def test_where_nothing_was_put_in_little_is_found(history: History) -> None:
    fair = history.fairness()
    quiet = [
        line.machine.difference
        for line in fair.shifts
        if line.circumstance in (Circumstance.INTERRUPTED, Circumstance.UNSURE, Circumstance.FAULTS)
    ]
    assert len(quiet) == 3
    assert all(one.low - (one.high - one.low) / 4 < 0 < one.high + (one.high - one.low) / 4 for one in quiet), (
        "3 errors"
    )
    device = next(line for line in fair.shifts if line.group == SHIFTED)
    assert device.people is not None
    assert device.people.difference.low < 0 < device.people.difference.high, "people do not mind the device"
    by_score = next(one for one in fair.impacts if (one.aspect, one.outcome) == (Aspect.SEX, Outcome.SCORE))
    assert all(group.ratio is None or group.ratio.high > 0.8 for group in by_score.groups)


def test_the_spread_holds_every_interview_once_and_no_small_range(history: History) -> None:
    found = history.scores()
    assert (found.finished, found.machine, found.people) == (COUNT, COUNT, COUNT)
    assert sum(one.machine for one in found.spread) == sum(one.people for one in found.spread) == COUNT
    assert [one.low for one in found.spread[1:]] == [one.high for one in found.spread[:-1]]
    assert all(max(one.machine, one.people) >= FEWEST for one in found.spread)
    assert found.agreed is not None
    assert sum(cell.count for cell in found.agreed.cells) == COUNT
    assert {pair.first for pair in found.pairs} <= {"Rater 1", "Rater 2"}
    assert len(found.pairs) == 3


def test_filters_take_departments_batches_and_times(history: History) -> None:
    assert history.scores(department_id="east").finished == COUNT // 2
    half = history.scores(last=history.writer.changed - timedelta(days=1))
    assert 0 < half.finished < COUNT
    with history.hr.db.read() as session:
        batch = session.query(Batch).filter(Batch.title == "History west").one()
    assert history.scores(batch_id=batch.id).finished == COUNT // 2
    few = history.scores(last=history.writer.first - timedelta(days=1))
    assert (few.too_few, few.finished) == (True, 0)
    assert history.fairness(last=history.writer.first - timedelta(days=1)).too_few


def test_a_filter_that_leaves_out_a_few_shows_no_impact(history: History) -> None:
    """Otherwise the difference of two looks would tell what those few have said of themselves."""
    assert history.fairness(department_id="east").impacts
    with history.hr.db.write() as session:
        lone = session.query(InvitationRow).order_by(InvitationRow.created_at).first()
        assert lone is not None
        before = lone.created_at
        session.execute(
            update(InvitationRow).where(InvitationRow.id == lone.id).values(created_at=before - timedelta(days=400))
        )
    try:
        found = history.fairness(first=(before - timedelta(days=300)).date())
        assert len(found.impacts) < len(history.fairness().impacts)
    finally:
        with history.hr.db.write() as session:
            session.execute(update(InvitationRow).where(InvitationRow.id == lone.id).values(created_at=before))


def test_the_number_of_queries_does_not_grow(history: History) -> None:
    counts = []
    for asked in (Asked(), Asked(department_id="east", last=history.writer.first + timedelta(days=40))):
        seen: list[str] = []

        def count(*given: object, into: list[str] = seen) -> None:
            into.append(str(given[2]))

        event.listen(history.hr.db.engine, "before_cursor_execute", count)
        analytics_scores.take(history.hr, COMMAND_LINE, asked)
        event.remove(history.hr.db.engine, "before_cursor_execute", count)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_who_sees_no_ratings_sees_no_figures_of_them(history: History, role: Role) -> None:
    somebody = Actor("x", "somebody", role, "east")
    takes: tuple[Callable[..., object], ...] = (analytics_scores.take, analytics_fairness.take)
    for take in takes:
        with pytest.raises(XudaError) as caught:
            take(history.hr, somebody, Asked())
        assert caught.value.code is ErrorCode.FORBIDDEN
