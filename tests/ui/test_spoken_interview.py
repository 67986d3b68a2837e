"""Spoken questions through the real window: files play as camera and microphone, the recorder is the real one."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.interview.states import InterviewState, TakeState
from app.interview.views import InputEnded
from app.ui import names
from app.ui.names import Screen, Sheet
from tests.support.mjpeg import MjpegCamera
from tests.ui.booth import Booth
from tests.ui.conftest import Open

SPOKEN = [
    {
        "stage_id": "s1",
        "title": "one",
        "questions": [
            {"question_id": "q1", "kind": "video", "prompt": "?", "takes": 2, "answer_seconds": 60},
            {"question_id": "q2", "kind": "audio", "prompt": "?", "takes": 1, "answer_seconds": 60},
        ],
    }
]


@pytest.fixture
def spoken(open_booth: Open, sound: Path, clip: Path) -> Booth:
    booth = open_booth(stages=SPOKEN)
    booth.devices.camera, booth.devices.microphone = f"file:{clip}", f"file:{sound}"
    return booth


def to_question(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.DEVICES)
    booth.click(names.DEVICES_CONTINUE)
    booth.on(Screen.PRACTICE)
    booth.click(names.PRACTICE_CONTINUE)
    booth.on(Screen.QUESTION)


def record(booth: Booth) -> None:
    """From the question to the proof; the answer ends when the sound has ended."""
    booth.desk.news.clear()
    booth.desk.run(booth.desk.recorder.set_microphone, booth.devices.microphone)
    booth.click(names.QUESTION_ANSWER)
    booth.on(Screen.RECORDING)
    booth.wait(lambda: any(isinstance(item, InputEnded) for item in booth.desk.news), 30)
    booth.click(names.RECORDING_DONE)
    booth.on(Screen.PROOF, seconds=30)


def test_a_spoken_interview_goes_from_the_device_check_to_the_finish(spoken: Booth) -> None:
    to_question(spoken)
    record(spoken)
    assert "画面正常" in spoken.text(names.PROOF_CHECKS)
    assert "已保存" in spoken.text(names.TOPBAR_STATUS)
    spoken.click(names.PROOF_SUBMIT)
    spoken.on(Screen.QUESTION)
    record(spoken)
    assert not spoken.visible(names.PROOF_RETAKE)
    spoken.click(names.PROOF_SUBMIT)
    spoken.on(Screen.FINISH)
    assert [row.state for row in spoken.rows()] == [InterviewState.FINISHED]


def test_the_candidate_chooses_the_best_of_several_takes(spoken: Booth) -> None:
    to_question(spoken)
    record(spoken)
    spoken.click(names.PROOF_RETAKE)
    spoken.on(Screen.QUESTION)
    record(spoken)
    assert not spoken.visible(names.PROOF_RETAKE)
    spoken.click(names.PROOF_TAKE_PREFIX + "1")
    spoken.on(Screen.PROOF)
    spoken.click(names.PROOF_SUBMIT)
    spoken.on(Screen.QUESTION)
    takes = spoken.desk.run(spoken.desk.device.store.takes, spoken.rows()[0].interview_id)
    assert [(take.number, take.state) for take in takes] == [(1, TakeState.SUBMITTED), (2, TakeState.DISCARDED)]


def test_an_answer_cut_by_leaving_is_offered_back_and_costs_no_take(open_booth: Open, spoken: Booth) -> None:
    to_question(spoken)
    camera, microphone = spoken.devices.camera, spoken.devices.microphone
    spoken.click(names.QUESTION_ANSWER)
    spoken.on(Screen.RECORDING)
    spoken.wait(lambda: spoken.window.answering.seconds_used > 1.0)
    spoken.leave("save", "technical")
    booth = open_booth(stages=SPOKEN)
    booth.devices.camera, booth.devices.microphone = camera, microphone
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.DEVICES)
    booth.click(names.DEVICES_CONTINUE)
    booth.on(Screen.QUESTION)
    assert booth.window.journey.step is not None
    assert booth.window.journey.step.takes_left == 2
    booth.click(names.QUESTION_KEEP)
    booth.on(Screen.PROOF)
    booth.click(names.PROOF_SUBMIT)
    booth.on(Screen.QUESTION)
    takes = booth.desk.run(booth.desk.device.store.takes, booth.rows()[0].interview_id)
    assert [(take.state, take.counted) for take in takes] == [(TakeState.SUBMITTED, False)]


def test_a_camera_pulled_out_in_mid_answer_is_said_within_two_seconds_and_the_answer_is_kept(
    spoken: Booth, mjpeg_camera: MjpegCamera
) -> None:
    spoken.devices.camera = mjpeg_camera.url
    to_question(spoken)
    spoken.click(names.QUESTION_ANSWER)
    spoken.on(Screen.RECORDING)
    spoken.wait(lambda: spoken.window.answering.seconds_used > 1.5)
    mjpeg_camera.drop()
    spoken.wait(lambda: spoken.window.answering.fault == "camera_lost", seconds=2.0)
    spoken.on(Screen.PROOF, Sheet.DEVICE_LOST)
    spoken.click(names.DEVICE_LOST_REVIEW)
    spoken.on(Screen.PROOF)
    assert "不占次数" in spoken.text(names.PROOF_RETAKE)
    assert spoken.window.journey.step is not None
    assert spoken.window.journey.step.takes_left == 2


def test_without_a_camera_the_check_says_what_to_do_and_goes_on_once_there_is_one(
    open_booth: Open, sound: Path, clip: Path
) -> None:
    booth = open_booth(stages=SPOKEN)
    booth.devices.camera, booth.devices.microphone = "file:/nowhere.mp4", f"file:{sound}"
    booth.agree()
    booth.on(Screen.DEVICES)
    booth.wait(lambda: "camera" in booth.find(names.DEVICES_ROW_PREFIX + "camera").objectName())
    booth.wait(lambda: booth.find(names.DEVICES_MICROPHONE).count() == 1)
    assert not booth.find(names.DEVICES_CONTINUE).isEnabled()
    booth.devices.camera = f"file:{clip}"
    booth.wait(lambda: booth.find(names.DEVICES_CONTINUE).isEnabled())


def test_practice_is_recorded_played_and_leaves_nothing(spoken: Booth) -> None:
    spoken.agree()
    spoken.on(Screen.DEVICES)
    spoken.click(names.DEVICES_CONTINUE)
    spoken.on(Screen.PRACTICE)
    spoken.click(names.PRACTICE_RECORD)
    spoken.wait(lambda: spoken.visible(names.PRACTICE_STOP))
    spoken.wait(lambda: spoken.visible(names.PRACTICE_STOP)[0].isEnabled())
    spoken.click(names.PRACTICE_STOP)
    spoken.wait(lambda: spoken.visible(names.PRACTICE_PLAY))
    spoken.click(names.PRACTICE_CONTINUE)
    spoken.on(Screen.QUESTION)
    assert spoken.desk.run(spoken.desk.device.store.takes, spoken.rows()[0].interview_id) == []


@pytest.mark.usefixtures("playing")
def test_a_stored_take_is_played_back_from_its_sealed_file(spoken: Booth) -> None:
    to_question(spoken)
    record(spoken)
    spoken.click(names.PROOF_PLAY)
    player = spoken.window.findChild(type(spoken.find(names.PROOF_PLAY)), names.PROOF_PLAY).parent()
    spoken.wait(lambda: player.position > 0.2)
    spoken.click(names.PROOF_SUBMIT)
    spoken.on(Screen.QUESTION)


def test_coming_back_to_questions_without_a_picture_needs_no_camera(open_booth: Open, spoken: Booth) -> None:
    to_question(spoken)
    record(spoken)
    spoken.click(names.PROOF_SUBMIT)
    spoken.on(Screen.QUESTION)
    microphone = spoken.devices.microphone
    spoken.leave("save")
    booth = open_booth(stages=SPOKEN)
    booth.devices.microphone = microphone
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.DEVICES)
    booth.click(names.DEVICES_CONTINUE)
    booth.on(Screen.QUESTION)
