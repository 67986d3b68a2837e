"""Facts about the picture at HR: for one page with a consent of its own, and without any say in anything else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from backend.db.models import Interview, Role
from backend.services import candidate_deletion, interviews, kits, reports, score_making, scorecards, scores
from backend.services.actor import Actor
from contract import events as ev
from contract.events import EventType, PictureFact
from contract.kit import Kit
from report.model import InterviewReport, PictureFactsInfo
from report.picture_facts import may_show_picture_facts
from tests.assessment.cases import good, middling
from tests.backend.staffing import somebody
from tests.backend.test_scorecards import all_of
from tests.backend.world import BOTH, COMMAND_LINE, KIT, Booth, Served, Talk, invite

DATABASES = BOTH
AWAY, NO_FACE, SEVERAL = PictureFact.LOOKING_AWAY, PictureFact.NO_FACE, PictureFact.SEVERAL_FACES
SPANS = [(NO_FACE, 0.2, 2.2), (AWAY, 2.2, 3.4)]


@pytest.fixture(scope="module", autouse=True)
def kit(backend: Served) -> None:
    """One that asks for facts, beside the one that does not."""
    text = KIT.replace("kit_id: test", "kit_id: pictured") + "picture_facts: true\n"
    kits.add_kit(backend.hr, COMMAND_LINE, text.encode())


def consented(talk: Talk, *, facts: bool | None, scoring: bool = True) -> None:
    data = ev.ConsentedData(consent_version="1", recording=True, scoring=scoring, picture_facts=facts)
    talk.add(EventType.CONSENTED, data)


def pictured(talk: Talk, *, looked: float = 3.4, spans: list[tuple[PictureFact, float, float]] | None = None) -> None:
    given = [
        ev.PictureSpan(kind=kind, start=start, end=end) for kind, start, end in (SPANS if spans is None else spans)
    ]
    talk.add(EventType.PICTURED, ev.PicturedData(answer_id="a-q1"), ev.PicturedSealed(looked=looked, spans=given))


def told(
    backend: Served, booth: Booth, *, agreed: bool | None = True, noted: bool = True, kit_id: str = "pictured"
) -> Talk:
    talk = Talk(booth, invite(backend.hr, "李雷"))
    talk.started(kit_id=kit_id)
    consented(talk, facts=agreed)
    talk.spoken(talk.seal(b"one"))
    talk.heard(good("en"))
    if noted:
        pictured(talk)
    talk.written(middling("en"))
    talk.finished()
    talk.put_all()
    return talk


def report(backend: Served, talk: Talk, actor: Actor = COMMAND_LINE, *, pictured: bool = True) -> InterviewReport:
    return reports.build(backend.hr, actor, talk.interview_id, "en", pictured=pictured)


def facts(backend: Served, talk: Talk, actor: Actor = COMMAND_LINE) -> list[PictureFactsInfo]:
    return report(backend, talk, actor).picture_facts


def test_they_are_told_of_their_answer_in_seconds_and_moments(backend: Served, booth: Booth) -> None:
    (found,) = facts(backend, told(backend, booth))
    assert (found.question_id, found.duration, found.looked) == ("q1", 3.5, 3.4)
    assert (found.no_face, found.several_faces, found.looking_away) == (2.0, 0.0, 1.2)
    assert [(span.kind, span.start, span.end) for span in found.spans] == SPANS


def test_only_who_asks_for_them_gets_them(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    assert reports.build(backend.hr, COMMAND_LINE, talk.interview_id, "en").picture_facts == []
    given = report(backend, talk)
    assert given.picture_facts
    bare = given.model_copy(update={"picture_facts": []})
    assert reports.pdf(backend.hr, given) == reports.pdf(backend.hr, bare)


@pytest.mark.parametrize(("agreed", "kit_id"), [(False, "pictured"), (None, "pictured"), (True, "test")])
def test_what_a_device_notes_against_consent_or_kit_is_not_shown(
    backend: Served, booth: Booth, agreed: bool | None, kit_id: str
) -> None:
    talk = told(backend, booth, agreed=agreed, kit_id=kit_id)
    assert facts(backend, talk) == []


def test_the_newest_consent_counts_and_one_taken_back_hides_them_for_good(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    assert facts(backend, talk)
    consented(talk, facts=False)
    talk.put(len(talk.envelopes))
    assert facts(backend, talk) == []
    assert not may_show_picture_facts(report(backend, talk))


def test_they_go_with_the_interview_when_the_candidate_asks_for_deletion(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    candidate_deletion.ask(backend.hr, talk.invitation_id)
    with backend.hr.db.read() as session:
        row = session.get_one(Interview, talk.interview_id)
    assert row.deleted_at is not None or facts(backend, talk) == []


def test_who_still_rates_sees_none_and_has_them_after_handing_in(backend: Served, booth: Booth) -> None:
    talk, rater = told(backend, booth), somebody(backend.hr)
    assert facts(backend, talk, rater) == []
    scorecards.save(backend.hr, rater, talk.interview_id, all_of(3), 0)
    assert facts(backend, talk, rater) == []
    scorecards.hand_in(backend.hr, rater, talk.interview_id, all_of(3), 1)
    assert len(facts(backend, talk, rater)) == 1


def test_a_score_is_the_same_with_and_without_them(backend: Served, booth: Booth) -> None:
    made = []
    for noted, agreed in ((False, None), (False, True), (True, True), (True, False)):
        talk = told(backend, booth, noted=noted, agreed=agreed)
        assert score_making.make(backend.hr, talk.interview_id, "server")
        found = scores.shown(backend.hr, COMMAND_LINE, talk.interview_id, "en").info
        assert found is not None
        made.append(found.model_dump())
    assert made[0]["whole"]["score"]["points"] is not None
    assert all(one == made[0] for one in made)


def test_they_do_not_even_make_the_scoring_look_again(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth, noted=False)
    score_making.make(backend.hr, talk.interview_id, "server")
    pictured(talk)
    talk.put(len(talk.envelopes))
    with backend.hr.db.read() as session:
        assert session.get_one(Interview, talk.interview_id).weighed is not None
    assert len(facts(backend, talk)) == 1


def test_lists_and_tables_are_the_same_with_and_without_them(backend: Served, booth: Booth) -> None:
    own = {
        "interview_id",
        "invitation_id",
        "batch_id",
        "code",
        "updated_at",
        "started_at",
        "ended_at",
        "device_seen",
    } | {"parts", "events"}
    seen = []
    for noted in (False, True):
        talk = told(backend, booth, noted=noted)
        line = asdict(interviews.summary(backend.hr, COMMAND_LINE, talk.interview_id))
        seen.append({name: value for name, value in line.items() if name not in own})
    assert seen[0] == seen[1]
    assert len(seen[0]) > 5


def orders(count: int) -> Iterator[tuple[int, ...]]:
    """Some orders of the numbers from 1, each number twice."""
    for turn in range(count):
        once = [*range(1 + turn, count + 1), *range(1, 1 + turn)]
        yield tuple(itertools.chain(once, reversed(once)))


def test_the_same_facts_whatever_order_they_come_in_and_however_often(backend: Served, booth: Booth) -> None:
    expected = [one.model_dump(exclude={"answer_id"}) for one in facts(backend, told(backend, booth))]
    for order in orders(7):
        talk = Talk(booth, invite(backend.hr, "李雷"))
        talk.started(kit_id="pictured")
        consented(talk, facts=True)
        talk.spoken(talk.seal(b"one"))
        pictured(talk)
        talk.heard(good("en"))
        talk.written(middling("en"))
        talk.finished()
        for seq in order:
            assert talk.put(seq).status_code in (200, 201)
        assert [one.model_dump(exclude={"answer_id"}) for one in facts(backend, talk)] == expected
        assert report(backend, talk).state.code is ev.HrState.PENDING_REVIEW


def test_the_newest_of_two_counts_and_what_is_damaged_hides_nothing_else(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    pictured(talk, looked=1.0, spans=[])
    talk.put(len(talk.envelopes))
    (found,) = facts(backend, talk)
    assert (found.looked, found.spans) == (1.0, [])
    foreign = Talk(booth, talk.invitation_id, interview_id=talk.interview_id, envelopes=talk.envelopes)
    pictured(foreign)  # sealed under another key
    talk.put(len(talk.envelopes))
    assert facts(backend, talk) == [found]
    assert report(backend, talk).content == "available"


def test_the_page_s_json_holds_them_apart_from_the_assessment(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    score_making.make(backend.hr, talk.interview_id, "server")
    written = json.loads(report(backend, talk).model_dump_json())
    assert written["picture_facts"][0]["answer_id"] == "a-q1"
    assert "looking_away" not in json.dumps(written["assessment"])
    assert "looking_away" not in json.dumps(written["answers"])


def test_heads_of_departments_see_them_where_they_see_the_interview(backend: Served, booth: Booth) -> None:
    talk = told(backend, booth)
    head = somebody(backend.hr, Role.DEPARTMENT_HEAD, "rd")
    assert len(facts(backend, talk, head)) == 1


def test_a_kit_of_before_is_the_same_document_and_says_no() -> None:
    question = {"question_id": "q", "kind": "video", "prompt": "?"}
    values = {
        **dict.fromkeys(("organisation", "department_id", "department", "position", "guide"), "x"),
        "kit_id": "k",
        "version": 1,
        "consent": {"version": "1", "purpose": "p", "full_text": "f", "deletion": "d"},
        "stages": [{"stage_id": "s", "title": "t", "questions": [question]}],
        "encryption_key": "AAAA",
    }
    assert Kit.model_validate(values).picture_facts is False
    assert "picture_facts" not in Kit.model_validate(values).model_dump()
    assert Kit.model_validate({**values, "picture_facts": True}).model_dump()["picture_facts"] is True
