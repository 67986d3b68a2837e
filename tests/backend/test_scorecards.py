"""Scorecards: drafts, handing in, changes with a reason, two people who do not lean on each other, and deletion."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from backend.db.models import (
    AuditRow,
    Deletion,
    Rating,
    ReviewComment,
    Role,
    Scorecard,
    ScorecardChange,
    ShareLink,
)
from backend.services import (
    decisions,
    deletion,
    interviews,
    requisition_lists,
    review_comments,
    scorecard_board,
    scorecards,
    shares,
)
from backend.services.actor import Actor
from backend.services.interview_rows import ListQuery
from backend.services.scorecard_board import Board
from backend.services.scorecard_sheet import CardState, CardView, Content, Mark
from backend.services.shares import Recordings, ShareWish
from contract.errors import XudaError
from contract.events import HrState
from tests.backend.staffing import Search, counted, opened, refusal, somebody
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk

DIMENSIONS = ("communication", "logic", "expertise", "problem_solving")


def all_of(level: int, *, but: str = "", comment: str = "", questions: tuple[str, ...] = ("q1", "q2")) -> Content:
    marks = {name: Mark(level=level, comment=comment) for name in DIMENSIONS if name != but}
    return Content(ratings=dict.fromkeys(questions, marks))


def finished(search: Search, booth: Booth) -> str:
    """An interview with both questions answered."""
    talk = Talk(booth, search.invite())
    talk.started()
    talk.spoken(talk.seal(b"one"))
    talk.spoken(talk.seal(b"two"), question="q2")
    talk.finished()
    talk.put_all()
    return talk.interview_id


def look(search: Search, interview_id: str, actor: Actor | None = None) -> Board:
    found = scorecard_board.board(search.hr, actor or search.approver, interview_id)
    assert found is not None
    return found


def rated(search: Search, actor: Actor, interview_id: str, level: int) -> CardView:
    return scorecards.hand_in(search.hr, actor, interview_id, all_of(level), 0)


def test_a_draft_is_kept_and_counts_for_nothing_until_it_is_handed_in(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    first = scorecards.save(search.hr, search.approver, interview_id, all_of(4, but="logic"), 0)
    assert (first.state, first.revision, first.missing, first.total) == (CardState.DRAFT, 1, 2, 80)
    assert look(search, interview_id).card.content == all_of(4, but="logic")
    assert requisition_lists.candidates(search.hr, search.approver, search.requisition_id).proposed == 0
    assert refusal(scorecards.hand_in, search.hr, search.approver, interview_id, all_of(4, but="logic"), 1) == (
        "setting_invalid",
        "missing",
    )
    final = scorecards.hand_in(search.hr, search.approver, interview_id, all_of(4), 2)
    assert (final.state, final.total) == (CardState.FINAL, 80)
    assert final.handed_in_at is not None
    found = requisition_lists.candidates(search.hr, search.approver, search.requisition_id)
    assert (found.proposed, found.items[0].score) == (1, 80)
    assert refusal(scorecards.save, search.hr, search.approver, interview_id, all_of(5), 3) == (
        "illegal_state",
        "scorecard",
    )


def test_a_window_with_an_older_draft_overwrites_nothing(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    scorecards.save(search.hr, search.approver, interview_id, all_of(4), 0)
    scorecards.save(search.hr, search.approver, interview_id, all_of(5), 1)
    for revision in (0, 1, 3):
        assert refusal(scorecards.save, search.hr, search.approver, interview_id, all_of(1), revision) == (
            "conflict",
            "scorecard",
        )
    assert look(search, interview_id).card.content == all_of(5)


def test_what_the_rubric_does_not_rate_is_refused(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    for content in (all_of(3, questions=("q9",)), Content(ratings={"q1": {"beauty": Mark(level=5)}})):
        assert refusal(scorecards.save, search.hr, search.approver, interview_id, content, 0) == (
            "conflict",
            "scorecard",
        )


def test_after_handing_in_only_a_change_with_a_reason_which_keeps_what_was_said(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    rated(search, search.approver, interview_id, 3)
    change = scorecards.change
    assert refusal(change, search.hr, search.approver, interview_id, all_of(5), 1, " ") == ("setting_invalid", "reason")
    changed = change(search.hr, search.approver, interview_id, all_of(5), 1, "listened again")
    assert changed.total == 100
    found = look(search, interview_id)
    assert [(before.total, before.reason) for before in found.changes] == [(60, "listened again")]
    with search.hr.db.read() as session:
        scores = list(session.scalars(select(Rating.score).where(Rating.interview_id == interview_id)))
    assert sorted(scores) == [60, 100]
    assert requisition_lists.candidates(search.hr, search.approver, search.requisition_id).items[0].score == 100


def test_nobody_sees_what_another_gave_before_both_have_handed_in(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    one, two = search.approver, somebody(search.hr)
    scorecards.save(search.hr, two, interview_id, all_of(2), 0)
    rated(search, one, interview_id, 5)
    for who in (one, two):
        found = look(search, interview_id, who)
        assert (found.results, found.open_eyes) == (None, False)
    assert (look(search, interview_id, one).writing, look(search, interview_id, two).handed_in) == (1, 1)
    review_comments.add(search.hr, one, interview_id, "a-q1", "only mine for now", 1.5)
    scorecards.hand_in(search.hr, two, interview_id, all_of(4), 1)
    for who in (one, two):
        found = look(search, interview_id, who)
        assert found.results is not None
        assert (found.results.mean, found.results.spread) == (90, 20)
        assert [given.mine for given in found.results.given] == [who is one, who is two]


def test_the_mean_of_several_people_is_what_requisitions_go_by(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    rated(search, search.approver, interview_id, 5)
    assert requisition_lists.candidates(search.hr, search.approver, search.requisition_id).proposed == 1
    rated(search, somebody(search.hr), interview_id, 2)
    found = requisition_lists.candidates(search.hr, search.approver, search.requisition_id)
    assert (found.proposed, found.items[0].score) == (0, 70)


def test_who_is_rating_sees_no_score_on_the_requisition_either(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    reader = somebody(search.hr)
    rated(search, search.approver, interview_id, 5)
    scorecards.save(search.hr, reader, interview_id, all_of(2), 0)

    def score(actor: Actor) -> int | None:
        return requisition_lists.candidates(search.hr, actor, search.requisition_id).items[0].score

    assert (score(search.approver), score(reader)) == (100, None)
    scorecards.hand_in(search.hr, reader, interview_id, all_of(2), 1)
    assert (score(search.approver), score(reader)) == (70, 70)


def test_a_single_score_is_looked_at_like_a_scorecard(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    reader = somebody(search.hr)
    decisions.rate(search.hr, search.approver, interview_id, 77)
    found = look(search, interview_id, reader)
    assert (found.handed_in, found.open_eyes) == (1, False)
    scorecards.look(search.hr, reader, interview_id)
    assert look(search, interview_id, reader).open_eyes


def test_who_looks_at_the_others_rates_no_more(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    reader = somebody(search.hr)
    assert refusal(scorecards.look, search.hr, reader, interview_id) == ("illegal_state", "scorecard")
    rated(search, search.approver, interview_id, 4)
    assert look(search, interview_id, reader).results is None
    scorecards.look(search.hr, reader, interview_id)
    found = look(search, interview_id, reader)
    assert found.results is not None
    assert found.results.mean == 80
    assert refusal(scorecards.hand_in, search.hr, reader, interview_id, all_of(4), 1) == ("illegal_state", "scorecard")


def test_a_draft_can_be_thrown_away_and_does_not_hold_up_others(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    other = somebody(search.hr)
    scorecards.save(search.hr, other, interview_id, all_of(1), 0)
    rated(search, search.approver, interview_id, 4)
    assert look(search, interview_id).writing == 1
    scorecards.discard(search.hr, other, interview_id)
    assert look(search, interview_id).writing == 0
    assert look(search, interview_id, other).card.revision == 0


@pytest.mark.parametrize("end", ["abandoned", "paused", "declined"])
def test_an_unfinished_interview_is_not_rated(backend: Served, booth: Booth, end: str) -> None:
    search = opened(backend)
    interview_id = search.interview(booth, end)
    assert not look(search, interview_id).may_rate
    assert refusal(scorecards.save, search.hr, search.approver, interview_id, Content(), 0) == (
        "illegal_state",
        "interview",
    )


@pytest.mark.parametrize("role", [Role.DEPARTMENT_HEAD, Role.AUDITOR])
def test_rating_is_for_hr(backend: Served, booth: Booth, role: Role) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    actor = somebody(search.hr, role, "rd")
    for attempt in (
        lambda: scorecards.save(search.hr, actor, interview_id, all_of(3), 0),
        lambda: scorecards.look(search.hr, actor, interview_id),
        lambda: scorecard_board.board(search.hr, actor, interview_id),
        lambda: review_comments.add(search.hr, actor, interview_id, "a-q1", "x"),
        lambda: scorecards.save(search.hr, COMMAND_LINE, interview_id, all_of(3), 0),
    ):
        assert refusal(attempt)[0] == "forbidden"


def test_ratings_and_comments_are_sealed_and_the_log_quotes_none(backend: Served, booth: Booth) -> None:
    secret = "zq-secret-rating"
    search = opened(backend)
    interview_id = finished(search, booth)
    scorecards.hand_in(search.hr, search.approver, interview_id, all_of(3, comment=secret), 0)
    scorecards.change(search.hr, search.approver, interview_id, all_of(4, comment=secret), 1, secret)
    review_comments.add(search.hr, search.approver, interview_id, "a-q1", secret, 2)
    with search.hr.db.read() as session:
        for table in (Scorecard, ScorecardChange, ReviewComment, AuditRow):
            rows = session.scalars(select(table)).all()
            assert rows
            assert not [value for row in rows for value in vars(row).values() if secret in str(value)]


def test_a_comment_is_its_authors_to_remove(backend: Served, booth: Booth) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    other = somebody(search.hr)
    comment = review_comments.add(search.hr, search.approver, interview_id, "a-q1", "good point", 12.25)
    assert refusal(review_comments.remove, search.hr, other, interview_id, comment) == ("not_found", "comment")
    assert review_comments.of_interview(search.hr, other, interview_id, others=False) == {}
    mine = review_comments.of_interview(search.hr, search.approver, interview_id, others=False)
    assert [(view.at, view.text) for view in mine["a-q1"]] == [(12.25, "good point")]
    review_comments.remove(search.hr, search.approver, interview_id, comment)
    assert review_comments.of_interview(search.hr, search.approver, interview_id, others=True) == {}


@pytest.mark.parametrize(("answer", "text", "at"), [("none", "x", None), ("a-q1", " ", None), ("a-q1", "x", -1.0)])
def test_a_comment_that_cannot_be_is_refused(
    backend: Served, booth: Booth, answer: str, text: str, at: float | None
) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    with pytest.raises(XudaError):
        review_comments.add(search.hr, search.approver, interview_id, answer, text, at)


def test_a_deletion_takes_ratings_and_comments_along_and_its_certificate_counts_them(
    backend: Served, booth: Booth
) -> None:
    search = opened(backend)
    interview_id = finished(search, booth)
    rated(search, search.approver, interview_id, 3)
    scorecards.change(search.hr, search.approver, interview_id, all_of(4), 1, "why")
    rated(search, somebody(search.hr), interview_id, 3)
    review_comments.add(search.hr, search.approver, interview_id, "a-q1", "x")
    shares.make(search.hr, search.approver, interview_id, ShareWish(7, False, True, Recordings.NONE))
    deletion.delete_interview(search.hr, search.approver, interview_id)
    with search.hr.db.read() as session:
        records = session.get_one(Deletion, interview_id).records
        for table in (Scorecard, ScorecardChange, ReviewComment, Rating, ShareLink):
            here = select(func.count()).select_from(table).where(table.interview_id == interview_id)
            assert session.scalar(here) == 0
    wanted = {"scorecards": 2, "scorecard_changes": 1, "comments": 1, "ratings": 3, "share_links": 1}
    assert {name: records[name] for name in wanted} == wanted


def test_going_on_passes_over_what_one_has_rated(own_backend: Served) -> None:
    booth = own_backend.enrol()
    search = opened(own_backend)
    ids = [finished(search, booth) for _ in range(3)]
    search.interview(booth, "paused")
    query = ListQuery(state=HrState.PENDING_REVIEW, sort="updated", descending=False)

    def following(interview_id: str) -> str | None:
        return interviews.next_after(search.hr, search.approver, query, interview_id)

    assert [following(found) for found in ids] == [ids[1], ids[2], ids[0]]
    rated(search, search.approver, ids[1], 4)
    assert following(ids[0]) == ids[2]
    rated(search, search.approver, ids[2], 4)
    assert following(ids[0]) is None
    assert refusal(following, "unknown") == ("not_found", "interview")


def test_the_page_takes_as_many_queries_for_many_scorecards_as_for_few(own_backend: Served) -> None:
    booth = own_backend.enrol()
    search = opened(own_backend)
    interview_id = finished(search, booth)
    rated(search, search.approver, interview_id, 4)
    rated(search, somebody(search.hr), interview_id, 4)
    review_comments.add(search.hr, search.approver, interview_id, "a-q1", "x")

    def looked_at() -> list[int]:
        counts = []
        for page in (
            lambda: look(search, interview_id),
            lambda: review_comments.of_interview(search.hr, search.approver, interview_id, others=True),
            lambda: interviews.next_after(search.hr, search.approver, ListQuery(), interview_id),
        ):
            with counted(own_backend.hr) as statements:
                page()
            counts.append(len(statements))
        return counts

    before = looked_at()
    for _ in range(3):
        rated(search, somebody(search.hr), interview_id, 3)
        review_comments.add(search.hr, search.approver, interview_id, "a-q2", "y", 1)
    assert looked_at() == before
    assert max(before) <= 12
