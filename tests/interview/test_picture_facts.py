"""Facts about the picture in the interview: kit and own consent decide, they go sealed with the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.interview.model import PictureFacts, PictureMoment
from app.interview.states import TakeState
from contract.events import ConsentedData, Event, EventType, PicturedData, PicturedSealed
from tests.interview.desk import CODE, Desk
from tests.storage.office import Office
from tests.support.faces import from_the_side, needs_cascades, room
from tests.support.media import make_clip, write_wav

FACTS = PictureFacts(2.4, (PictureMoment("no_face", 0.3, 2.3),))


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


def noise(path: Path, seconds: float) -> Path:
    samples = np.random.default_rng(1).normal(0, 0.1, round(16_000 * seconds)).astype(np.float32)
    return write_wav(path, samples, 16_000)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return noise(tmp_path_factory.mktemp("sound") / "noise.wav", 0.4)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    picture = from_the_side(room())

    def paint(number: int) -> Any:
        picture[:16, :16] = number * 5
        return picture

    return make_clip(tmp_path_factory.mktemp("clip") / "away.mp4", seconds=1.0, paint=paint)


@contextmanager
def begun(folder: Path, office: Office, *, agreed: bool, asked: bool = True) -> Iterator[Desk]:
    with Desk(folder, office, picture_facts=asked) as desk:
        desk.run(desk.service.look_up, CODE)
        desk.run(desk.service.begin, language="en", scoring=True, picture_facts=agreed)
        yield desk


def events(desk: Desk, *kinds: EventType) -> list[Event]:
    row = desk.run(desk.device.store.interviews)[0]
    return [event for event in desk.run(desk.device.store.events, row.interview_id) if event.kind in kinds]


def noted(desk: Desk) -> list[PicturedSealed]:
    store = desk.device.store
    return [desk.run(store.open_sealed, event, PicturedSealed) for event in events(desk, EventType.PICTURED)]


def with_facts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The recorder says these facts whenever it is asked for any; whether it was asked, for each take."""
    asked: list[bool] = []
    start, stop = desk.recorder.start, desk.recorder.stop

    def started(*given: Any, picture_facts: bool = False, **named: Any) -> None:
        asked.append(picture_facts)
        start(*given, **named)

    def stopped() -> Any:
        return replace(stop(), picture=FACTS if asked[-1] else None)

    monkeypatch.setattr(desk.recorder, "start", started)
    monkeypatch.setattr(desk.recorder, "stop", stopped)
    return asked


@needs_cascades
def test_from_the_camera_to_the_sealed_event(tmp_path: Path, office: Office, clip: Path) -> None:
    with begun(tmp_path, office, agreed=True) as desk:
        take = desk.record("q1", noise(tmp_path / "long.wav", 2.5), clip)
        assert noted(desk) == []
        desk.run(desk.service.submit_take, take.take_id)
        (event,) = events(desk, EventType.PICTURED)
        assert event.data == PicturedData(answer_id=take.take_id).model_dump()
        (facts,) = noted(desk)
        assert {span.kind for span in facts.spans} == {"looking_away"}
        assert 0 < facts.looked <= take.duration


@pytest.mark.parametrize(("asked", "agreed"), [(True, False), (False, True), (False, False)])
def test_without_the_kit_s_word_or_the_candidate_s_nobody_looks(
    tmp_path: Path,
    office: Office,
    sound: Path,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: bool,
    agreed: bool,
) -> None:
    with begun(tmp_path, office, agreed=agreed, asked=asked) as desk:
        told = with_facts(desk, monkeypatch)
        desk.run(desk.service.submit_take, desk.record("q1", sound, clip).take_id)
        assert told == [False]
        assert noted(desk) == []
        (consent,) = events(desk, EventType.CONSENTED)
        assert consent.parse_data(ConsentedData).picture_facts is (agreed if asked else None)
        assert ("picture_facts" in consent.data) is asked


def test_sound_alone_has_no_facts(tmp_path: Path, office: Office, sound: Path, clip: Path) -> None:
    with begun(tmp_path, office, agreed=True) as desk:
        desk.run(desk.service.submit_take, desk.record("q1", sound, clip).take_id)
        take = desk.record("q2", sound)
        desk.run(desk.service.submit_take, take.take_id)
        assert take.take_id not in {event.data["answer_id"] for event in events(desk, EventType.PICTURED)}


def test_they_outlast_a_restart_and_go_with_the_answer_that_is_chosen_alone(
    tmp_path: Path, office: Office, sound: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun(tmp_path, office, agreed=True) as desk:
        with_facts(desk, monkeypatch)
        first, second = (desk.record("q1", sound, clip) for _ in range(2))
        desk.service = desk.make_service()  # as the next start finds the rows
        interview_id = desk.run(desk.device.store.interviews)[0].interview_id
        desk.run(desk.service.recover)
        desk.run(desk.service.resume, interview_id)
        desk.run(desk.service.submit_take, second.take_id)
        assert [event.data["answer_id"] for event in events(desk, EventType.PICTURED)] == [second.take_id]
        (facts,) = noted(desk)
        assert (facts.looked, [(span.kind, span.start, span.end) for span in facts.spans]) == (
            2.4,
            [("no_face", 0.3, 2.3)],
        )
        assert desk.run(desk.device.store.take, first.take_id).state is TakeState.DISCARDED
        rows = column(desk)
        assert rows[first.take_id] is None
        assert "no_face" not in (rows[second.take_id] or "")


def column(desk: Desk) -> dict[str, str | None]:
    """What the database holds of the facts of each take."""

    def read(db: Any) -> dict[str, str | None]:
        return dict(db.execute("SELECT take_id, picture FROM takes").fetchall())

    return desk.device.database.submit(read).result()


def test_withdrawing_leaves_nothing_of_them_readable(
    tmp_path: Path, office: Office, sound: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with begun(tmp_path, office, agreed=True) as desk:
        with_facts(desk, monkeypatch)
        desk.run(desk.service.submit_take, desk.record("q1", sound, clip).take_id)
        interview_id = desk.run(desk.device.store.interviews)[0].interview_id
        desk.run(desk.service.withdraw, interview_id)
        assert not desk.run(desk.device.store.interview, interview_id).key_present
        assert [facts for facts in noted(desk) if facts is not None] == []
        assert set(column(desk).values()) <= {None}
