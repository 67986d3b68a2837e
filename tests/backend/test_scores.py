"""Scores at HR: made from what devices bring, made again when what they are made of changes, gone with the consent."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from backend.__main__ import main
from backend.db.models import AuditRow, Deletion, EventRow, Interview, Role, ScoreRow
from backend.runtime import Runtime, open_runtime
from backend.services import (
    candidate_deletion,
    deletion,
    holds,
    rubrics,
    score_making,
    scorecards,
    scores,
)
from backend.services.kits import stored_kit
from backend.services.rubrics import of_kit
from backend.services.score_models import embedders
from backend.services.score_sheets import sheet_of
from backend.services.scores import ScoreView
from contract.events import EventType
from report.build import build_report
from report.model import CandidateInfo
from report.scoring import Tools, assess
from tests.assessment.cases import good, middling
from tests.backend.staffing import refusal, somebody
from tests.backend.test_scorecards import all_of
from tests.backend.world import BOTH, COMMAND_LINE, Booth, Served, Talk, invite, wait_until

DATABASES = BOTH
NOW = timedelta(0)
RUBRIC = """
rubric:
  general:
    - dimension_id: solving
      title: {zh_CN: 问题解决, en: Solving}
      key_points: [{text: {"": find the cause of the problem}}, {text: {"": offer a solution and follow up}}]
      levels: {1: a, 2: b, 3: c, 4: d, 5: e}
"""


def told(booth: Booth, hr: Runtime, *, scoring: bool = True, end: bool = True) -> Talk:
    """An interview with an answer that is heard and one that is written."""
    talk = Talk(booth, invite(hr, "李雷"))
    talk.started()
    talk.consented(scoring=scoring)
    talk.spoken(talk.seal(b"one"))
    talk.heard(good("en"))
    talk.written(middling("en"))
    if end:
        talk.finished()
    talk.put_all()
    return talk


def versions(hr: Runtime, talk: Talk) -> list[ScoreRow]:
    """Oldest first."""
    with hr.db.read() as session:
        query = select(ScoreRow).where(ScoreRow.interview_id == talk.interview_id)
        return list(session.scalars(query.order_by(ScoreRow.created_at, ScoreRow.superseded_at.is_(None))))


def scored(hr: Runtime, talk: Talk) -> ScoreRow:
    assert score_making.make(hr, talk.interview_id, "server")
    (row,) = [row for row in versions(hr, talk) if row.superseded_at is None]
    return row


def seen(hr: Runtime, talk: Talk, actor: object = COMMAND_LINE) -> ScoreView:
    return scores.shown(hr, actor, talk.interview_id, "en")  # type: ignore[arg-type]


def is_due(hr: Runtime, talk: Talk) -> bool:
    return talk.interview_id in score_making.due(hr, quiet=NOW, limit=10_000)


def directly(backend: Served, talk: Talk) -> object:
    """What the scoring makes of the events as a device has them, with the models of meaning that are installed here."""
    with backend.hr.db.read() as session:
        kit = stored_kit(session, "test", 1)
    report = build_report(
        kit,
        [talk.opened(envelope) for envelope in talk.envelopes.values()],
        talk.key,
        interview_id=talk.interview_id,
        candidate=CandidateInfo(),
        generated_at=datetime.now(UTC),
        language="zh_CN",
    )
    with backend.hr.db.read() as session:
        return assess(report, kit, sheet_of(kit, of_kit(session, kit)), Tools(embedder=embedders(backend.hr).of))


def test_hr_makes_the_same_score_as_whoever_has_the_events(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    row = scored(backend.hr, talk)
    assert row.points is not None
    assert row.points > 2000
    assert row.low < row.points < row.high
    assert scores.content_of(backend.hr, row) == directly(backend, talk)
    with backend.hr.db.read() as session:
        line = scores.current(session, [talk.interview_id, "unknown"])
    assert list(line) == [talk.interview_id]
    assert line[talk.interview_id].points == row.points / 100


def test_the_server_scores_by_itself_what_has_ended_and_was_quiet(own_backend: Served) -> None:
    hr = own_backend.hr
    booth = own_backend.enrol()
    running, ended = told(booth, hr, end=False), told(booth, hr)
    assert not is_due(hr, running)
    assert ended.interview_id not in score_making.due(hr)
    assert is_due(hr, ended)
    own_backend.clock.ahead = timedelta(minutes=1)
    wait_until(lambda: versions(hr, ended), seconds=60)
    assert not is_due(hr, ended)
    assert versions(hr, running) == []


def test_a_transcript_that_comes_late_is_scored_and_what_was_before_stays(backend: Served, booth: Booth) -> None:
    talk = Talk(booth, invite(backend.hr, "李雷"))
    talk.started()
    talk.consented(scoring=True)
    talk.spoken(talk.seal(b"one"))
    talk.finished()
    talk.put_all()
    first = scored(backend.hr, talk)
    assert (first.points, first.reason) == (None, "nothing_rated")
    assert not is_due(backend.hr, talk)
    talk.heard(good("en"))
    talk.put(len(talk.envelopes))
    assert is_due(backend.hr, talk)
    second = scored(backend.hr, talk)
    assert second.points is not None
    assert [row.superseded_at is None for row in versions(backend.hr, talk)] == [False, True]
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert [version.line.reason for version in seen(backend.hr, talk).earlier] == ["nothing_rated"]


def test_another_rubric_gives_another_version_that_names_it(own_backend: Served) -> None:
    hr = own_backend.hr
    talk = told(own_backend.enrol(), hr)
    first = scored(hr, talk)
    assert rubrics.replace(hr, COMMAND_LINE, "test", 1, 0, RUBRIC)
    assert is_due(hr, talk)
    second = scored(hr, talk)
    assert (first.rubric_id, first.rubric_revision, second.rubric_revision) == (None, 0, 1)
    assert second.rubric_id is not None
    assert first.rubric_digest != second.rubric_digest
    shown = seen(hr, talk)
    assert shown.info is not None
    assert [one.title for one in shown.info.dimensions] == ["Solving"]
    chinese = scores.shown(hr, COMMAND_LINE, talk.interview_id, "zh_CN").info
    assert chinese is not None
    assert {one.title for question in chinese.questions for one in question.dimensions} == {"问题解决"}
    assert scores.content_of(hr, second) == directly(own_backend, talk)


def test_other_models_mean_that_everything_is_looked_at_again(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    with backend.hr.db.write() as session:
        session.execute(update(Interview).where(Interview.id == talk.interview_id).values(weighed="before"))
    assert is_due(backend.hr, talk)
    assert not score_making.make(backend.hr, talk.interview_id, "server")  # it says the same
    assert not is_due(backend.hr, talk)
    assert len(versions(backend.hr, talk)) == 1


def test_nothing_is_scored_without_consent(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr, scoring=False)
    assert is_due(backend.hr, talk)
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert not is_due(backend.hr, talk)
    assert versions(backend.hr, talk) == []
    assert seen(backend.hr, talk) == ScoreView()


def test_scores_go_at_once_when_scoring_is_declined(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    talk.consented(scoring=False)
    talk.put(len(talk.envelopes))
    assert versions(backend.hr, talk) == []
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert versions(backend.hr, talk) == []


def test_scores_go_at_once_when_the_consent_is_withdrawn(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    candidate_deletion.ask(backend.hr, talk.invitation_id)
    assert versions(backend.hr, talk) == []
    assert not score_making.make(backend.hr, talk.interview_id, "server")


def test_under_a_legal_hold_a_withdrawn_score_is_kept_and_counts_no_more(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    holds.set_hold(backend.hr, COMMAND_LINE, talk.interview_id, "a lawsuit")
    candidate_deletion.ask(backend.hr, talk.invitation_id)
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert [row.superseded_at is None for row in versions(backend.hr, talk)] == [False]
    assert seen(backend.hr, talk) == ScoreView()


def test_a_deletion_takes_all_versions_along(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    deletion.delete_interview(backend.hr, COMMAND_LINE, talk.interview_id)
    assert versions(backend.hr, talk) == []
    with backend.hr.db.read() as session:
        assert session.get_one(Deletion, talk.interview_id).records["scores"] == 1
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert f"interview:{talk.interview_id}" not in backend.hr.cabinet.subjects()


def test_what_comes_while_a_score_is_made_is_not_lost(
    backend: Served, booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = told(booth, backend.hr)
    original = score_making.assess

    def slowly(*given: object) -> object:
        talk.consented(scoring=False)
        talk.put(len(talk.envelopes))
        return original(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(score_making, "assess", slowly)
    assert not score_making.make(backend.hr, talk.interview_id, "server")
    assert versions(backend.hr, talk) == []
    assert is_due(backend.hr, talk)


def test_two_processes_make_one_score(backend: Served, booth: Booth) -> None:
    """Each with a connection, keys and a cabinet of its own."""
    talk = told(booth, backend.hr)
    other = open_runtime(backend.hr.settings)
    made: list[bool] = []
    start = threading.Barrier(2)

    def work(hr: Runtime) -> None:
        start.wait(10)
        made.append(score_making.make(hr, talk.interview_id, "server"))

    threads = [threading.Thread(target=work, args=(hr,)) for hr in (backend.hr, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    other.close()
    assert sorted(made) == [False, True]
    assert len(versions(backend.hr, talk)) == 1


def test_one_interview_that_cannot_be_scored_stops_no_other(backend: Served, booth: Booth) -> None:
    bad, fine = told(booth, backend.hr), told(booth, backend.hr)
    with backend.hr.db.write() as session:
        damaged = EventRow.interview_id == bad.interview_id, EventRow.kind == EventType.TRANSCRIBED.value
        session.execute(update(EventRow).where(*damaged).values(sealed="damaged"))
    done = score_making.work(backend.hr, [bad.interview_id, fine.interview_id])
    assert done.failed == [bad.interview_id]
    assert versions(backend.hr, fine)
    assert is_due(backend.hr, bad)


def test_who_may_still_rate_sees_no_score_before_having_rated(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    scored(backend.hr, talk)
    person, other = somebody(backend.hr), somebody(backend.hr)
    assert seen(backend.hr, talk, person) == ScoreView(withheld=True)
    scorecards.save(backend.hr, person, talk.interview_id, all_of(4), 0)
    assert seen(backend.hr, talk, person).withheld
    scorecards.hand_in(backend.hr, person, talk.interview_id, all_of(4), 1)
    assert seen(backend.hr, talk, person).current is not None
    with backend.hr.db.read() as session:
        assert scores.visible(backend.hr, session, person, [talk.interview_id])
        assert not scores.visible(backend.hr, session, other, [talk.interview_id])


def test_who_chooses_to_look_sees_the_score_and_rates_no_more(backend: Served, booth: Booth) -> None:
    talk, without = told(booth, backend.hr), told(booth, backend.hr, scoring=False)
    scored(backend.hr, talk)
    person = somebody(backend.hr)
    scorecards.look(backend.hr, person, talk.interview_id)
    assert seen(backend.hr, talk, person).info is not None
    assert refusal(scorecards.save, backend.hr, person, talk.interview_id, all_of(4), 1) == (
        "illegal_state",
        "scorecard",
    )
    assert refusal(scorecards.look, backend.hr, person, without.interview_id) == ("illegal_state", "scorecard")


def test_heads_see_a_score_once_hr_has_released_it_auditors_never(own_backend: Served) -> None:
    hr = own_backend.hr
    talk = told(own_backend.enrol(), hr)
    scored(hr, talk)
    head, far = somebody(hr, Role.DEPARTMENT_HEAD, "rd"), somebody(hr, Role.DEPARTMENT_HEAD, "sales")
    auditor = somebody(hr, Role.AUDITOR)
    assert seen(hr, talk, head).info is not None  # the batch is open to them
    assert refusal(seen, hr, talk, far) == ("not_found", "interview")
    assert refusal(seen, hr, talk, auditor) == ("forbidden", None)
    with hr.db.read() as session:
        views = select(func.count()).select_from(AuditRow).where(AuditRow.action == "view_score")
        assert session.scalar(views) == 1


def test_scoring_again_is_for_hr_and_for_what_has_ended(backend: Served, booth: Booth) -> None:
    talk, running = told(booth, backend.hr), told(booth, backend.hr, end=False)
    person = somebody(backend.hr)
    assert score_making.rescore(backend.hr, person, talk.interview_id)
    assert not score_making.rescore(backend.hr, person, talk.interview_id)
    assert refusal(score_making.rescore, backend.hr, person, running.interview_id) == ("illegal_state", "interview")
    head = somebody(backend.hr, Role.DEPARTMENT_HEAD, "rd")
    assert refusal(score_making.rescore, backend.hr, head, talk.interview_id) == ("forbidden", None)


def test_the_command_line_scores_what_waits(own_backend: Served, capsys: pytest.CaptureFixture[str]) -> None:
    hr = own_backend.hr
    booth = own_backend.enrol()
    talks = [told(booth, hr) for _ in range(2)]
    given = ["--data", str(hr.settings.data), "--json"]
    given += ["--database", hr.settings.database] if hr.settings.database else []
    assert main(["rescore", *given]) == 0
    assert '"scored": 2' in capsys.readouterr().out
    assert all(len(versions(hr, talk)) == 1 for talk in talks)
    assert main(["rescore", talks[0].interview_id, *given]) == 0
    assert '"scored": 0' in capsys.readouterr().out


def test_nothing_that_was_said_is_in_the_table(backend: Served, booth: Booth) -> None:
    talk = told(booth, backend.hr)
    row = scored(backend.hr, talk)
    info = scores.content_of(backend.hr, row)
    quoted = {q.text for one in info.questions for part in one.score.parts for q in part.quotes}
    assert quoted
    plain = str({column.name: getattr(row, column.name) for column in ScoreRow.__table__.columns})
    assert not [text for text in quoted if text in plain]
