"""What a candidate corrects reaches HR, also when the recording was there long before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from tests.e2e.booth import Booth, Office
from tests.speech.say import say
from tests.support.media import make_clip
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.server.stop()


def test_corrections_after_the_delivery_of_the_take_reach_hr_as_versions(tmp_path: Path, office: Office) -> None:
    sound = tmp_path / "say.wav"
    say("i lead the team and we built the cloud server .", "en", sound)
    booth = Booth(tmp_path, office)
    with booth.open() as visit:
        interview_id = visit.begin(office.invitation()["code"])
        take = visit.answer(sound, make_clip(tmp_path / "clip.mp4", seconds=1.0))
        assert visit.deliver() == 0
        before = office.report(interview_id, tmp_path)["answers"][0]
        assert before["corrections"] == []
        visit.run(visit.service.correct, take.take_id, "I led the team.")
        assert visit.deliver() == 0
        assert office.report(interview_id, tmp_path)["answers"][0]["correction"] == "I led the team."
        recognised = before["transcript"]["text"]
        visit.run(visit.service.correct, take.take_id, recognised)
        visit.run(visit.service.pause, ExitReason.TIME)
        assert visit.deliver() == 0
        after = office.report(interview_id, tmp_path)["answers"][0]
        assert after["transcript"] == before["transcript"]
        assert [version["text"] for version in after["corrections"]] == ["I led the team.", recognised]


def test_words_that_came_after_the_interview_was_over_are_corrected_and_reach_hr(
    tmp_path: Path, office: Office
) -> None:
    sound = tmp_path / "say.wav"
    say("i lead the team and we built the cloud server .", "en", sound)
    booth = Booth(tmp_path, office, code=1)
    with booth.open(model=False) as visit:  # the model has not come yet
        interview_id = visit.begin(office.invitation(place=1)["code"])
        visit.run(visit.service.start_clock)
        take = visit.record(sound, make_clip(tmp_path / "clip.mp4", seconds=1.0))
        visit.run(visit.service.submit_take, take.take_id)
        visit.run(visit.service.finish, time_up=True)
        assert visit.deliver() == 0
        assert office.report(interview_id, tmp_path)["answers"][0]["transcript"] is None
    with booth.open() as visit:
        wait_for(visit.has_words(take.take_id), "the words", seconds=60)
        late = visit.run(visit.service.words.open, interview_id)
        [answer] = late.answers
        assert (late.unread, answer.read, answer.review.take_id) == (1, False, take.take_id)
        assert visit.deliver() == 0  # all is receipted: it stays here only because it is being read
        visit.run(visit.service.words.keep, take.take_id, "I led the")
        visit.run(visit.service.words.settle, take.take_id, "I led the team.")
        assert visit.run(visit.service.words.late, interview_id).unread == 0
        assert visit.deliver() == 0
        found = office.report(interview_id, tmp_path)["answers"][0]
        assert answer.review.transcript is not None
        assert found["transcript"]["text"] == answer.review.transcript.text
        assert [version["text"] for version in found["corrections"]] == ["I led the team."]
        visit.run(visit.service.words.close)
        assert visit.run(visit.service.words.open, interview_id).answers == (), "it has gone from this device"
