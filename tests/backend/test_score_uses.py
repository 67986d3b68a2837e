"""Where scores of the assessment count: as a proposal to listen, in lists and tables, in the file of an employee."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import update

from backend.db.models import InvitationRow, Role, ScoreRow
from backend.runtime import Runtime
from backend.services import (
    decisions,
    employees,
    interviews,
    reports,
    requisition_lists,
    results,
    score_making,
    scorecards,
)
from backend.services.actor import Actor
from backend.services.candidate_states import Ruling
from backend.services.employees import ScoreKind
from backend.services.interview_rows import ListQuery
from backend.services.requisition_lists import CandidatePage
from backend.services.results import Chosen
from tests.assessment.cases import good, middling
from tests.backend.staffing import Search, opened, refusal, somebody
from tests.backend.test_employees import imported, promotion, shown
from tests.backend.test_scorecards import all_of
from tests.backend.world import BOTH, COMMAND_LINE, Served, Talk

DATABASES = BOTH


def heard(search: Search, *, text: str = "") -> str:
    """A finished interview that was scored."""
    talk = Talk(search.backend.enrol(), search.invite())
    talk.started()
    talk.consented(scoring=True)
    talk.spoken(talk.seal(b"one"))
    talk.heard(text or good("en"))
    talk.finished()
    talk.put_all()
    assert score_making.make(search.hr, talk.interview_id, "server")
    return talk.interview_id


def given(hr: Runtime, interview_id: str, points: int) -> None:
    """Let the score be another one, to have it at the threshold."""
    with hr.db.write() as session:
        mine = update(ScoreRow).where(ScoreRow.interview_id == interview_id)
        session.execute(mine.values(points=points * 100, low=(points - 10) * 100, high=(points + 10) * 100))


def found(search: Search, actor: Actor = COMMAND_LINE) -> CandidatePage:
    return requisition_lists.candidates(search.hr, actor, search.requisition_id)


def test_a_score_at_the_threshold_only_proposes_to_listen(own_backend: Served) -> None:
    search = opened(own_backend)
    high, low = heard(search), heard(search)
    given(search.hr, high, 84)
    given(search.hr, low, 79)
    page = found(search)
    first, second = page.items
    assert page.proposed == 0
    assert (first.interview_id, first.to_hear, first.proposed, first.score) == (high, True, False, None)
    assert (second.interview_id, second.to_hear) == (low, False)
    assert first.ai is not None
    assert (first.ai.points, first.ai.low, first.ai.high) == (84, 74, 94)
    refused = refusal(decisions.decide, search.hr, search.approver, high, Ruling.ONBOARD)
    assert refused == ("conflict", "threshold")  # without a person's score nobody gets a place


def test_where_people_have_rated_their_mean_counts_alone(own_backend: Served) -> None:
    search = opened(own_backend)
    interview_id = heard(search)
    given(search.hr, interview_id, 90)
    decisions.rate(search.hr, search.approver, interview_id, 60)
    (line,) = found(search).items
    assert (line.score, line.proposed, line.to_hear) == (60, False, False)
    decisions.rate(search.hr, somebody(search.hr), interview_id, 100)
    given(search.hr, interview_id, 10)
    (line,) = found(search).items
    assert (line.score, line.proposed) == (80, True)


def test_who_has_not_rated_reads_that_it_is_proposed_and_no_points(own_backend: Served) -> None:
    search = opened(own_backend)
    interview_id = heard(search)
    given(search.hr, interview_id, 84)
    (line,) = found(search, search.approver).items
    assert (line.to_hear, line.ai) == (True, None)
    head = somebody(search.hr, Role.DEPARTMENT_HEAD, "rd")
    (line,) = found(search, head).items
    assert (line.to_hear, line.ai) == (False, None)  # HR has not released it


def test_lists_have_it_and_are_sorted_by_it_for_who_sees_it(own_backend: Served) -> None:
    search = opened(own_backend)
    names = [heard(search) for _ in range(3)]
    for interview_id, points in zip(names, (50, 90, 70), strict=True):
        given(search.hr, interview_id, points)

    def order(actor: Actor, *, descending: bool = True) -> list[str | None]:
        page = interviews.list_interviews(search.hr, actor, ListQuery(sort="ai", descending=descending))
        return [row.interview_id for row in page.items if row.ai is not None]

    assert order(COMMAND_LINE) == [names[1], names[2], names[0]]
    assert order(COMMAND_LINE, descending=False) == [names[0], names[2], names[1]]
    assert order(search.approver) == []
    scorecards.hand_in(search.hr, search.approver, names[2], all_of(4, questions=("q1",)), 0)
    assert order(search.approver) == [names[2]]


def test_the_table_of_results_has_it_with_its_range(own_backend: Served) -> None:
    search = opened(own_backend)
    interview_id = heard(search)
    given(search.hr, interview_id, 84)

    def cells(actor: Actor) -> list[object]:
        header, line = results.table(search.hr, actor, Chosen(), "en")
        place = header.index("AI score")
        assert len(header) == len(line)
        return line[place : place + 3]

    assert cells(COMMAND_LINE) == [84, 74, 94]
    assert cells(search.approver) == [None, None, None]


def test_reports_have_it_where_the_reader_may_see_it(own_backend: Served) -> None:
    search = opened(own_backend)
    interview_id = heard(search)
    made = reports.build(search.hr, COMMAND_LINE, interview_id, "en").assessment
    assert made is not None
    assert {one.title for one in made.stages} == {"One"}
    assert all(part.name_words for one in made.questions for part in one.score.parts)
    assert reports.build(search.hr, search.approver, interview_id, "en").assessment is None
    scorecards.look(search.hr, search.approver, interview_id)
    assert reports.build(search.hr, search.approver, interview_id, "en").assessment == made
    assert reports.build(search.hr, COMMAND_LINE, interview_id, "en", scored=False).assessment is None


def test_an_interview_inside_counts_by_the_ai_until_a_person_has_rated_it(own_backend: Served) -> None:
    hr, who = own_backend.hr, somebody(own_backend.hr)
    employee_id = imported(own_backend)["E1"].employee_id
    code = employees.invite(hr, who, employee_id, promotion(own_backend))
    with hr.db.read() as session:
        invitation_id = session.query(InvitationRow).filter_by(code=code).one().id
    talk = Talk(own_backend.enrol(), invitation_id)
    talk.started(kit_id="promote")
    talk.consented(scoring=True)
    talk.spoken(talk.seal(b"one"))
    talk.heard(middling("en"))
    talk.finished()
    talk.put_all()
    assert score_making.make(hr, talk.interview_id, "server")
    given(hr, talk.interview_id, 80)
    employees.import_scores(hr, who, ScoreKind.ASSESSMENT, "工号,测评,分数\nE1,专业,75\n".encode())
    line = shown(own_backend)["E1"]
    assert (line.interview, line.interview_by_ai, line.combined) == (80, True, 77.5)
    assert employees.file(hr, who, employee_id).line.combined is None  # may still rate it
    assert [one.by_ai for one in employees.file(hr, COMMAND_LINE, employee_id).interviews] == [True]
    decisions.rate(hr, who, talk.interview_id, 90)
    line = shown(own_backend)["E1"]
    assert (line.interview, line.interview_by_ai, line.combined) == (90, False, 82.5)


def test_with_the_setting_scores_are_seen_before_rating(own_backend: Served) -> None:
    search = opened(own_backend)
    interview_id = heard(search)
    open_to_all = replace(search.hr, settings=replace(search.hr.settings, ai_before_rating=True))
    assert reports.build(open_to_all, search.approver, interview_id, "en").assessment is not None
