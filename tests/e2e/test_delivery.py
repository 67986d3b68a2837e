"""From an answer on the booth to the report at HR, over a real network that comes and goes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo.headless import letters
from app.demo.processes import run_json
from app.interview.model import ExitReason
from tests.e2e.booth import Booth, Office
from tests.speech.say import say
from tests.support.media import make_clip

SPOKEN = "i lead the team and we built the cloud server ."
PLANTED = "planted phrase 独一无二的句子 zq97"
REASON = "planted reason 展位断网 kx41"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(tmp_path_factory.mktemp("office"))
    yield opened
    opened.server.stop()


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("media")
    say(SPOKEN, "en", folder / "say.wav")
    return folder / "say.wav", make_clip(folder / "clip.mp4", seconds=1.0)


def spoken_answers(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [answer for answer in report["answers"] if answer["kind"] in ("video", "audio")]


def recordings(booth: Booth) -> list[str]:
    return [path for path in booth.files() if path.startswith(("objects/", "takes/"))]


def assert_nothing_in_clear(booth: Booth, name: str) -> None:
    for phrase in (PLANTED, REASON, name, SPOKEN[:20], "cloud server"):
        for encoded in (phrase.encode(), phrase.encode("utf-16-le"), phrase.encode("gb18030")):
            assert [path for path, content in booth.files().items() if encoded in content] == [], phrase
    magic = b"\x1a\x45\xdf\xa3"  # of every WebM file
    assert [path for path, content in booth.files().items() if content.startswith(magic)] == []


def test_an_interview_without_a_network_reaches_hr_whole(
    tmp_path: Path, office: Office, media: tuple[Path, Path]
) -> None:
    booth = Booth(tmp_path, office)
    invitation = office.invitation()
    office.server.stop()
    with booth.open() as visit:
        interview_id = visit.begin(invitation["code"])
        visit.answer(*media)
        visit.run(visit.service.pause, ExitReason.NETWORK, REASON)
        assert visit.deliver(seconds=0) > 0
    assert_nothing_in_clear(booth, invitation["candidate"])
    with booth.open() as visit:
        visit.run(visit.service.resume, interview_id)
        visit.answer(media[0])
        visit.run(visit.service.submit_text, _question(visit), PLANTED)
        visit.run(visit.service.submit_choice, _question(visit), [1])
        receipt = visit.run(visit.service.finish)
    assert_nothing_in_clear(booth, invitation["candidate"])
    assert recordings(booth)
    office.server.start()
    with booth.open() as visit:
        assert visit.deliver() == 0
        summary = visit.run(visit.service.mine)[0]
        assert summary.delivered
    assert_nothing_in_clear(booth, invitation["candidate"])
    assert recordings(booth) == []
    assert office.state(interview_id) == "pending_review"
    report = office.report(interview_id, tmp_path)
    _check_report(report, receipt.lines)


def _question(visit: Any) -> str:
    step = visit.run(visit.service.step)
    assert step is not None
    return str(step.question.question_id)


def _check_report(report: dict[str, Any], lines: Any) -> None:
    assert len(spoken_answers(report)) == 2
    for answer in spoken_answers(report):
        heard = letters(answer["transcript"]["text"])
        assert difflib.SequenceMatcher(None, letters(SPOKEN), heard).ratio() > 0.85
        assert all(word["start"] <= word["end"] for word in answer["transcript"]["words"])
        assert answer["transcript"]["model"].startswith("model@") or "@" in answer["transcript"]["model"]
    assert PLANTED in [answer.get("text") for answer in report["answers"]]
    hashes = {item["sha256"] for answer in report["answers"] for item in answer["objects"]}
    assert {line.digest for line in lines} >= hashes
    assert len(hashes) == 2
    reasons = [entry.get("reason") for entry in report["history"]]
    assert "network" in reasons
    assert REASON in [entry.get("words") for entry in report["history"]]
    assert report["receipt"] is not None


def test_a_booth_without_a_model_delivers_and_the_words_follow(
    tmp_path: Path, office: Office, media: tuple[Path, Path]
) -> None:
    booth = Booth(tmp_path, office, code=1)
    with booth.open(model=False) as visit:
        interview_id = visit.begin(office.invitation(place=1)["code"])
        step = visit.run(visit.service.step)
        visit.client.devices.set_microphone(f"file:{media[0]}")
        visit.client.devices.set_camera(f"file:{media[1]}")
        visit.run(visit.service.begin_take, step.question.question_id)
        _until_elapsed(visit, 3.0)
        take = visit.run(visit.service.end_take)
        visit.run(visit.service.submit_take, take.take_id)
        visit.run(visit.service.abandon, ExitReason.TIME)
        visit.deliver(seconds=5)
    report = office.report(interview_id, tmp_path)
    assert (report["state"]["code"], spoken_answers(report)[0]["transcript"]) == ("incomplete", None)
    with booth.open() as visit:
        visit.client.transcriber.wait_idle(60)
        visit.run(lambda: None)
        assert visit.deliver() == 0
    assert "team" in spoken_answers(office.report(interview_id, tmp_path))[0]["transcript"]["text"]
    assert recordings(booth) == []


def _until_elapsed(visit: Any, seconds: float) -> None:
    from tests.support.waiting import wait_for

    wait_for(lambda: visit.client.recorder.elapsed > seconds, "the recording")


def test_a_booth_that_is_never_online_again_delivers_on_a_stick(
    tmp_path: Path, office: Office, media: tuple[Path, Path]
) -> None:
    """The command lines alone: export here, import there, receipts back."""
    booth, stick = Booth(tmp_path, office, code=2), tmp_path / "stick"
    stick.mkdir()
    invitation = office.invitation(place=2)
    office.server.stop()
    with booth.open() as visit:
        interview_id = visit.begin(invitation["code"])
        visit.answer(*media)
        visit.run(visit.service.abandon, ExitReason.OTHER, REASON)
    device = ("--data", str(booth.data), "--json")
    (bundle,) = run_json("app", "export", "--out", str(stick), *device, env=office.env)["bundles"]
    content = Path(bundle["path"]).read_bytes()
    assert [phrase for phrase in (invitation["candidate"], REASON, "cloud server") if phrase.encode() in content] == []
    assert recordings(booth)
    (imported,) = office.run("import", bundle["path"], "--json")
    assert [(item["interview_id"], item["status"]) for item in imported["interviews"]] == [(interview_id, "new")]
    taken = run_json("app", "receipts", imported["receipts"], *device, env=office.env)
    assert taken["receipts"] == {interview_id: "purged"}
    assert recordings(booth) == []
    report = office.report(interview_id, tmp_path)
    assert report["state"]["code"] == "incomplete"
    assert "team" in spoken_answers(report)[0]["transcript"]["text"]
    assert run_json("app", "export", "--out", str(stick), *device, env=office.env)["bundles"] == []
