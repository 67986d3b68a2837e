"""Voluntary questions: asked after the interview, sealed apart, shown to nobody, counted in groups, erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.backup import aftermath
from backend.backup.place import Place
from backend.db.candidate_models import VoluntaryRow
from backend.db.models import AuditRow
from backend.runtime import Runtime
from backend.services import deletion, reports, results, voluntary
from backend.services.voluntary_rows import FEWEST, Aspect, subject, tally
from contract.errors import ErrorCode, XudaError
from tests.backend.staffing import Search, finish, opened
from tests.backend.world import COMMAND_LINE, Booth, Served, Talk, served
from tests.portal.test_candidate_pages import Person, inside

CHOICE = {"sex": "female", "age": "from_45", "minority": "yes", "agreed": "yes"}


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as found:
        yield found


@pytest.fixture
def search(backend: Served) -> Search:
    return opened(backend)


@pytest.fixture
def booth(backend: Served) -> Booth:
    return backend.enrol()


def over(search: Search, booth: Booth) -> tuple[Person, Talk]:
    person, invitation_id = inside(search)
    return person, give(booth, invitation_id)


def give(booth: Booth, invitation_id: str) -> Talk:
    talk = Talk(booth, invitation_id)
    talk.started()
    finish(talk, "finished")
    talk.put_all()
    return talk


def row(hr: Runtime, invitation_id: str) -> VoluntaryRow | None:
    with hr.db.read() as session:
        return session.get(VoluntaryRow, invitation_id)


def test_the_questions_come_after_the_interview_and_each_may_be_left(search: Search, booth: Booth) -> None:
    person, invitation_id = inside(search)
    assert "Help us to be fair" not in person.page("/candidate/home").text
    assert "nothing to answer now" in person.page("/candidate/voluntary").text
    give(booth, invitation_id)
    assert "Help us to be fair" in person.page("/candidate/home").text
    for given, said in (({"agreed": "yes"}, "Nothing was chosen"), ({"sex": "male"}, "tick the box")):
        refused = person.fill("/candidate/voluntary", **given)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert row(search.hr, invitation_id) is None
    assert "Thank you" in person.fill("/candidate/voluntary", sex="male", age="", agreed="yes").text
    with pytest.raises(XudaError) as caught:
        voluntary.answer(search.hr, invitation_id, {Aspect.SEX: "other"}, agreed=True)
    assert caught.value.code is ErrorCode.ILLEGAL_STATE


def test_answers_are_sealed_under_their_own_key_and_named_nowhere(search: Search, booth: Booth) -> None:
    person, talk = over(search, booth)
    person.fill("/candidate/voluntary", **CHOICE)
    found = row(search.hr, talk.invitation_id)
    assert found is not None
    opened_again = search.hr.cabinet.open(
        subject(talk.invitation_id), found.answers_sealed, f"voluntary:{talk.invitation_id}"
    )
    assert json.loads(opened_again) == {"sex": "female", "age": "from_45", "minority": "yes"}
    for path in search.hr.settings.data.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert b"female" not in data, path
        assert b"from_45" not in data, path
    with search.hr.db.read() as session:
        lines = session.scalars(select(AuditRow).where(AuditRow.action == "voluntary")).all()
    assert [(line.actor, line.detail) for line in lines] == [(f"candidate:{talk.invitation_id}", {})]
    text = person.page("/candidate/voluntary").text
    assert "checked" not in text, "not even the candidate's own browser shows them again: others may use it next"


def test_nothing_that_people_of_hr_get_holds_an_answer(search: Search, booth: Booth) -> None:
    person, talk = over(search, booth)
    person.fill("/candidate/voluntary", **CHOICE)
    hr = search.hr
    shown = [reports.build(hr, search.approver, talk.interview_id, "en").model_dump_json()]
    shown += [str(row) for row in results.table(hr, search.approver, results.Chosen(), "en")]
    with hr.db.read() as session:
        shown += [str((line.action, line.detail)) for line in session.scalars(select(AuditRow))]
    for text in shown:
        assert not any(word in text.lower() for word in ("female", "from_45", "minority")), text
    assert any("voluntary" in text for text in shown), "that there are answers is in the log"


def test_what_is_taken_back_is_erased_and_may_be_answered_anew(search: Search, booth: Booth) -> None:
    person, talk = over(search, booth)
    person.fill("/candidate/voluntary", **CHOICE)
    person.fill("/candidate/voluntary/withdraw", of="/candidate/voluntary")
    assert row(search.hr, talk.invitation_id) is None
    assert subject(talk.invitation_id) not in search.hr.cabinet.subjects()
    voluntary.withdraw(search.hr, talk.invitation_id)
    with search.hr.db.read() as session:
        query = select(AuditRow).where(AuditRow.action == "voluntary_withdrawn")
        assert len(session.scalars(query).all()) == 1
    assert "Thank you" in person.fill("/candidate/voluntary", **CHOICE).text


def test_answers_go_with_the_interview(search: Search, booth: Booth) -> None:
    person, talk = over(search, booth)
    person.fill("/candidate/voluntary", **CHOICE)
    deletion.delete_interview(search.hr, COMMAND_LINE, talk.interview_id)
    assert row(search.hr, talk.invitation_id) is None
    assert subject(talk.invitation_id) not in search.hr.cabinet.subjects()
    with pytest.raises(XudaError):
        voluntary.answer(search.hr, talk.invitation_id, {Aspect.SEX: "other"}, agreed=True)


def test_an_older_backup_brings_back_nothing_that_was_taken_back(search: Search, booth: Booth, tmp_path: Path) -> None:
    person, talk = over(search, booth)
    person.fill("/candidate/voluntary", **CHOICE)
    kept = row(search.hr, talk.invitation_id)
    assert kept is not None
    voluntary.withdraw(search.hr, talk.invitation_id)
    with search.hr.db.write() as session:  # as the backup from before has it
        session.merge(kept)
    (tmp_path / "place").mkdir()
    aftermath.delete_again(search.hr, Place(tmp_path / "place"))
    assert row(search.hr, talk.invitation_id) is None


def many(search: Search, said: list[str], *, days: int = 8) -> list[str]:
    """Invitations of people who have answered so many days ago; rows as the service writes them."""
    hr, names = search.hr, [search.invite(f"No {number}") for number in range(len(said))]
    with hr.db.write() as session:
        for name, sex in zip(names, said, strict=True):
            sealed = hr.cabinet.seal(subject(name), json.dumps({"sex": sex}), f"voluntary:{name}")
            at = hr.now() - timedelta(days=days)
            session.add(VoluntaryRow(invitation_id=name, answers_sealed=sealed, consent="1", answered_at=at))
    return names


def counted(search: Search, chosen: dict[str, bool], others: list[str] | None = None) -> dict[str, tuple[int, int]]:
    with search.hr.db.read() as session:
        return tally(search.hr, session, chosen, others or []).get(Aspect.SEX, {})


def test_groups_are_counted_and_small_ones_are_not_shown(search: Search) -> None:
    names = many(search, ["female"] * FEWEST + ["male"] * (FEWEST + 2) + ["other"] * (FEWEST - 1))
    chosen = {name: place % 2 == 0 for place, name in enumerate(names)}
    assert counted(search, chosen) == {"female": (FEWEST, 5), "male": (FEWEST + 2, 6)}
    del chosen[names[0]]
    assert counted(search, chosen) == {}, "one group alone is compared with nothing"
    search.hr.cabinet.destroy([subject(names[-12])])
    chosen[names[0]] = True
    assert counted(search, chosen)["male"][0] == FEWEST + 1


def test_two_looks_do_not_tell_of_single_people(search: Search) -> None:
    names = many(search, ["female"] * (FEWEST + 1) + ["male"] * (2 * FEWEST))
    everybody = dict.fromkeys(names, True)
    assert counted(search, everybody) == {"female": (FEWEST + 1, FEWEST + 1), "male": (2 * FEWEST, 2 * FEWEST)}
    without = dict.fromkeys(names[1:], True)
    assert counted(search, without, [names[0]]) == {}, "the difference would be one woman"
    halves = dict.fromkeys(names[: FEWEST + 1 + FEWEST], True)
    assert set(counted(search, halves, names[FEWEST + 1 + FEWEST :])) == {"female", "male"}


def test_an_answer_counts_from_the_monday_after_it(search: Search) -> None:
    many(search, ["female"] * FEWEST)
    fresh = many(search, ["male"] * FEWEST, days=0)
    with search.hr.db.read() as session:
        chosen = dict.fromkeys(session.scalars(select(VoluntaryRow.invitation_id)), True)
    assert counted(search, chosen) == {}
    search.backend.clock.ahead = timedelta(days=7)
    assert counted(search, chosen)["male"] == (len(fresh), len(fresh))
