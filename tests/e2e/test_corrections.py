"""What a candidate corrects reaches HR, also when the recording was there long before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.interview.model import ExitReason
from tests.e2e.booth import Booth, Office
from tests.speech.say import say
from tests.support.media import make_clip


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
