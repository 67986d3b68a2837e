"""Questions asked with pictures, sounds and films, and read aloud: presenters without pixels, and the real window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.ui import names
from app.ui.names import Screen
from app.ui.presenters.prompt import PromptPresenter
from app.ui.presenters.written import WrittenPresenter
from app.ui.widgets.picture import PictureOverlay
from app.ui.widgets.voices import try_engines
from backend.services.media_check import examine
from contract.canonical import sha256_hex
from contract.errors import ErrorCode, XudaError
from contract.kit_media import MediaFile
from tests.support import kit_media
from tests.ui import stage_interview
from tests.ui.booth import Booth
from tests.ui.conftest import Open
from tests.ui.test_presenters import Trip

# ---- without pixels -------------------------------------------------------------------------------------------------


@pytest.fixture
def trip() -> Trip:
    return Trip()


def listen(trip: Trip, **more: Any) -> list[bytes]:
    """The candidate is before a question with a sound; what a view would play lands in the list."""
    trip.service.current = stage_interview.asked(
        stage_interview.step(0), "complaint.ogg", stage_interview.SOUND_WORDS, **more
    )
    trip.to_question()
    trip.answering.enter_question()
    return []


def test_the_time_to_think_begins_when_the_question_was_heard_for_the_first_time(trip: Trip) -> None:
    played = listen(trip)
    trip.seconds += 60
    assert trip.answering.thinking_left is None
    trip.answering.prompt.play(played.append)
    assert played == [kit_media.ogg()]
    trip.seconds += 8
    assert trip.answering.thinking_left is None
    trip.answering.prompt.ended()
    trip.seconds += 5
    assert trip.answering.thinking_left == 40
    trip.answering.prompt.play(played.append)
    trip.answering.prompt.ended()
    assert trip.answering.thinking_left == 40  # listening again gives no more time


def test_who_came_back_after_listening_thinks_at_once(trip: Trip) -> None:
    trip.service.current = replace(
        stage_interview.asked(stage_interview.step(0), "complaint.ogg", stage_interview.SOUND_WORDS, plays=2),
        plays_used=1,
    )
    trip.to_question()
    trip.answering.enter_question()
    assert trip.answering.thinking_left == 45
    assert trip.answering.prompt.plays_left == 1


def test_a_sound_may_be_played_as_often_as_the_kit_says(trip: Trip) -> None:
    played = listen(trip, plays=1)
    prompt = trip.answering.prompt
    prompt.play(played.append)
    assert not prompt.may_play  # it is playing
    prompt.ended()
    assert (prompt.plays_left, prompt.may_play) == (0, False)
    prompt.play(played.append)
    assert len(played) == 1


def test_what_is_stopped_before_it_sounds_is_no_play(trip: Trip) -> None:
    played = listen(trip, plays=1)
    trip.runner.hold = True
    trip.answering.prompt.play(played.append)
    trip.answering.prompt.ended()
    trip.runner.hold = False
    trip.runner.release()
    assert (played, trip.answering.prompt.plays_left, trip.answering.prompt.unheard) == ([], 1, True)


def test_a_sound_that_cannot_be_played_or_is_damaged_is_replaced_by_its_words(trip: Trip) -> None:
    listen(trip)
    trip.answering.prompt.play(lambda _: trip.answering.prompt.broken())
    assert trip.answering.prompt.failed
    assert trip.answering.thinking_left == 45
    again = Trip()

    def damaged(_: MediaFile) -> bytes:
        raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)

    again.service.prompt_file = damaged  # type: ignore[method-assign]
    listen(again)
    again.answering.prompt.play(lambda _: None)
    assert (again.answering.prompt.failed, again.answering.thinking_left) == (True, 45)
    assert again.journey.error is None


def test_recording_begins_only_once_the_room_is_quiet(trip: Trip) -> None:
    listen(trip)
    waiting: list[Callable[[], None]] = []
    trip.answering.quieten = waiting.append
    trip.answering.begin()
    trip.answering.begin()
    assert trip.journey.screen is Screen.QUESTION
    assert len(waiting) == 1
    waiting[0]()
    assert trip.journey.screen is Screen.RECORDING


def test_a_question_that_is_left_meanwhile_is_not_recorded(trip: Trip) -> None:
    listen(trip)
    waiting: list[Callable[[], None]] = []
    trip.answering.quieten = waiting.append
    trip.answering.begin()
    trip.journey.go(Screen.LEFT)
    waiting[0]()
    assert trip.journey.screen is Screen.LEFT


def test_the_time_of_a_written_answer_begins_after_listening_too(trip: Trip) -> None:
    written = WrittenPresenter(trip.journey, trip.answering.prompt)
    trip.service.current = stage_interview.asked(stage_interview.step(1), "complaint.ogg", stage_interview.SOUND_WORDS)
    trip.to_question()
    assert trip.journey.screen is Screen.TEXT
    written.enter(lambda: None)
    trip.seconds += 30
    assert written.seconds_used == 0
    trip.answering.prompt.play(lambda _: None)
    trip.answering.prompt.ended()
    trip.seconds += 7
    assert written.seconds_used == 7


def test_what_is_read_aloud_is_what_stands_on_the_screen_in_its_language(trip: Trip) -> None:
    trip.service.current = stage_interview.step(2)
    trip.to_question()
    prompt: PromptPresenter = trip.answering.prompt
    assert prompt.spoken_tag == "zh_CN"
    question = stage_interview.KIT.questions[2]
    assert prompt.spoken_words.splitlines() == [text["zh_CN"] for text in (question.prompt, *question.choices)]
    trip.journey.language = "fr"  # the kit has no French: English words want an English voice
    assert prompt.spoken_tag == "en"


class Engines:
    """Systems without a voice, one by one."""

    class State:
        Error = "error"

    made: list[str] = []  # noqa: RUF012 - shared by all that are made

    def __init__(self, name: str) -> None:
        self.name = name
        Engines.made.append(name)

    def state(self) -> str:
        return "error" if self.name == "broken" else "ready"

    def availableLocales(self) -> list[str]:
        return [] if self.name == "mute" else ["zh_CN"]

    def deleteLater(self) -> None: ...


def test_only_an_engine_that_works_and_has_a_voice_is_used() -> None:
    for offered, expected in (
        ([], None),
        (["mock"], None),
        (["mock", "broken", "mute"], None),
        (["broken", "sapi"], "sapi"),
    ):
        tried = list(try_engines(Engines, lambda offered=offered: offered))  # type: ignore[arg-type,misc]
        assert [found.name for found in tried if found is not None] == ([expected] if expected else [])  # type: ignore[attr-defined]


# ---- the real window ------------------------------------------------------------------------------------------------


def described(content: bytes, **more: Any) -> dict[str, Any]:
    known = examine(content)
    return {"sha256": sha256_hex(content), "size": len(content), "media_type": known.media_type, **more}


def kit_with(question: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"question_id": "q3", "kind": "text", "prompt": "?", "max_characters": 40}
    return [{"stage_id": "s", "title": "one", "questions": [{**base, **question}]}]


@pytest.fixture
def opened(open_booth: Open) -> Callable[..., Booth]:
    def open_it(content: bytes, question: dict[str, Any], *, there: bool = True) -> Booth:
        booth = open_booth(stages=kit_with(question), language="en")
        if there:
            file = MediaFile.model_validate({k: described(content)[k] for k in ("sha256", "size", "media_type")})
            booth.desk.device.shelf.files.add(file, 0, content)
        return booth

    return open_it


def test_a_picture_is_shown_has_its_words_and_can_be_enlarged(opened: Callable[..., Booth]) -> None:
    content = kit_media.png(320, 200)
    booth = opened(content, {"media": described(content, text="A grey field")})
    booth.agree()
    booth.on(Screen.TEXT)
    picture = booth.find(names.PROMPT_PICTURE)
    assert picture.accessibleName() == "Picture: A grey field. Enlarge it."
    booth.click(names.PROMPT_PICTURE)
    overlay = booth.window.findChild(PictureOverlay)
    assert overlay is not None
    assert overlay.size() == booth.window.size()
    booth.click(names.PICTURE_CLOSE)
    booth.wait(lambda: not booth.visible(names.PICTURE_CLOSE))
    booth.type(names.TEXT_EDIT, "grey")
    booth.click(names.TEXT_SUBMIT)
    booth.on(Screen.FINISH)


def test_an_interview_whose_pictures_are_not_here_yet_waits_and_says_so(opened: Callable[..., Booth]) -> None:
    content = kit_media.png(320, 200)
    booth = opened(content, {"media": described(content, text="A grey field")}, there=False)
    booth.enter()
    booth.on(Screen.ENTRY)
    assert not booth.find(names.ENTRY_CONTINUE).isEnabled()
    with pytest.raises(XudaError) as caught:
        booth.desk.run(booth.desk.service.begin, language="en", scoring=False)
    assert caught.value.code is ErrorCode.KIT_INCOMPLETE
    from app.interview.views import KitsChanged

    file = booth.desk.device.shelf.kit("engineer").files[0]
    booth.desk.device.shelf.files.add(file, 0, content)
    booth.desk._tell(KitsChanged())
    booth.wait(lambda: booth.find(names.ENTRY_CONTINUE).isEnabled())


def test_a_sound_is_played_counted_and_its_words_can_be_read(opened: Callable[..., Booth], playing: None) -> None:
    content = kit_media.ogg()
    booth = opened(content, {"media": described(content, text="A customer calls", plays=2)})
    booth.agree()
    booth.on(Screen.TEXT)
    booth.click(names.PROMPT_WORDS)
    booth.click(names.PROMPT_PLAY)
    booth.wait(lambda: booth.window.journey.step.plays_left == 1)
    assert booth.text(names.PROMPT_PLAY) == "Stop"
    booth.click(names.PROMPT_PLAY)
    booth.wait(lambda: booth.text(names.PROMPT_PLAY) == "Play again")
    step = booth.desk.run(booth.desk.service.step)
    assert step is not None
    assert step.plays_left == 1


def test_the_kits_own_reading_serves_where_the_machine_has_no_voice(
    opened: Callable[..., Booth], playing: None, tmp_path: Path
) -> None:
    content = kit_media.wav(tmp_path, seconds=0.5)
    booth = opened(content, {"prompt": {"en": "?"}, "read_aloud": {"en": described(content)}})
    booth.agree()
    booth.on(Screen.TEXT)
    assert booth.text(names.PROMPT_READ) == "Read aloud"
    booth.click(names.PROMPT_READ)
    booth.wait(lambda: booth.text(names.PROMPT_READ) == "Read aloud" and not booth.window._maker.prompt.reading)


def test_an_answer_is_recorded_only_after_the_question_has_fallen_silent(
    open_booth: Open, playing: None, tmp_path: Path
) -> None:
    content = kit_media.ogg()
    question = {"kind": "audio", "takes": 2, "media": described(content, text="A customer calls")}
    booth = open_booth(stages=kit_with(question), language="en")
    file = MediaFile.model_validate({k: described(content)[k] for k in ("sha256", "size", "media_type")})
    booth.desk.device.shelf.files.add(file, 0, content)
    (tmp_path / "said.wav").write_bytes(kit_media.wav(tmp_path, seconds=3))
    booth.devices.microphone = f"file:{tmp_path / 'said.wav'}"
    booth.agree()
    booth.on(Screen.DEVICES)
    booth.click(names.DEVICES_CONTINUE)
    booth.on(Screen.PRACTICE)
    booth.click(names.PRACTICE_CONTINUE)
    booth.on(Screen.QUESTION)
    booth.click(names.PROMPT_PLAY)
    booth.wait(lambda: booth.window.journey.step.plays_used == 1)
    assert booth.window.answering.thinking_left is None
    booth.click(names.QUESTION_ANSWER)
    assert not booth.window._maker.prompt.playing  # silent first
    assert booth.window.journey.screen is Screen.QUESTION
    assert booth.desk.run(lambda: booth.desk.service._takes.running) is None
    booth.on(Screen.RECORDING)
    assert booth.visible(names.PROMPT_PLAY) == []


def test_nothing_is_offered_where_nothing_can_be_read_or_played(open_booth: Open) -> None:
    booth = open_booth(stages=kit_with({}), language="en")
    booth.agree()
    booth.on(Screen.TEXT)
    for name in (names.PROMPT_PLAY, names.PROMPT_PICTURE):
        assert booth.visible(name) == []
