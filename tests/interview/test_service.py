"""The interview from the invitation to the receipt, on real storage with a real recorder."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from app.interview.model import ExitReason
from app.interview.states import InterviewState, TakeState
from app.interview.views import DeviceFault
from app.storage.files import write_all
from contract import events as wire
from contract.errors import ErrorCode, XudaError
from contract.events import EventType, HrState
from contract.invitation import Adjustments
from contract.kit import QuestionKind
from tests.interview.desk import CODE, NAME, PHONE, WRITTEN, Desk
from tests.speech.say import say
from tests.storage.office import Office
from tests.support.media import make_clip, write_wav
from tests.support.mjpeg import MjpegCamera
from tests.support.waiting import wait_for


@pytest.fixture(scope="module")
def office() -> Office:
    return Office()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "say.wav"
    say("i lead the team and we built the server .", "en", path)
    return path


@pytest.fixture(scope="module")
def silence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wav(tmp_path_factory.mktemp("sound") / "silence.wav", np.zeros(16_000, np.float32), 16_000)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "moving.mp4", seconds=1.0)


@pytest.fixture
def desk(tmp_path: Path, office: Office) -> Iterator[Desk]:
    with Desk(tmp_path, office) as opened:
        yield opened


def kinds(desk: Desk) -> list[EventType]:
    row = desk.run(desk.device.store.interviews)[0]
    return [event.kind for event in desk.run(desk.device.store.events, row.interview_id)]


def test_an_invitation_is_found_by_code_phone_and_link(desk: Desk) -> None:
    for text in (CODE, " abcd efgh", PHONE, "+86 138-0013-8000", desk.token):
        entry = desk.run(desk.service.look_up, text)
        assert (entry.candidate_name, entry.unfinished) == (NAME, None)


def test_the_window_is_judged_by_the_servers_time_not_by_this_machines(desk: Desk) -> None:
    desk.clock.wall += timedelta(days=400)  # a wrong clock does no harm
    desk.run(desk.service.look_up, CODE)
    desk.clock.seconds += timedelta(days=8).total_seconds()
    with pytest.raises(XudaError) as caught:
        desk.run(desk.service.look_up, CODE)
    assert caught.value.code is ErrorCode.INVITATION_EXPIRED


def test_a_whole_interview_ends_as_pending_review(desk: Desk, sound: Path, clip: Path) -> None:
    desk.begin()
    take = desk.record("q1", sound, clip)
    assert take.proof is not None
    assert (take.has_video, take.counted, take.proof.moving, take.proof.silent) == (True, True, True, False)
    desk.run(desk.service.submit_take, take.take_id)
    desk.run(desk.service.submit_take, desk.record("q2", sound).take_id)
    desk.run(desk.service.submit_text, "q3", "要先问清楚")
    desk.run(desk.service.submit_choice, "q4", [1])
    assert desk.run(desk.service.step) is None
    receipt = desk.run(desk.service.finish)
    assert receipt.state is InterviewState.FINISHED
    assert [line.index for line in receipt.lines] == [0, 1, 2, 3]
    assert desk.run(desk.service.mine)[0].hr_state is HrState.PENDING_REVIEW
    assert kinds(desk) == [EventType.STARTED, EventType.CONSENTED, *[EventType.ANSWER_SAVED] * 4, EventType.FINISHED]


def test_what_was_answered_can_be_read_back(desk: Desk, sound: Path) -> None:
    desk.begin()
    desk.run(desk.service.submit_take, _audio_only(desk, sound))
    desk.run(desk.service.submit_take, desk.record("q2", sound).take_id)
    desk.run(desk.service.submit_text, "q3", "要先问清楚")
    row = desk.run(desk.device.store.interviews)[0]
    answers = desk.run(desk.service.answers, row.interview_id)
    assert [answer.question_id for answer in answers] == ["q1", "q2", "q3"]
    assert answers[2].text == "要先问清楚"


def _audio_only(desk: Desk, sound: Path) -> str:
    """q1 wants a picture; a clip of one colour serves where the picture does not matter."""
    clip = make_clip(desk.device.data / "clip.mp4", seconds=0.5)
    return desk.record("q1", sound, clip).take_id


def test_declining_keeps_nothing_but_the_decision(desk: Desk) -> None:
    desk.run(desk.service.look_up, CODE)
    receipt = desk.run(desk.service.decline, language="zh_CN")
    assert receipt.state is InterviewState.DECLINED
    assert kinds(desk) == [EventType.STARTED, EventType.DECLINED]
    with pytest.raises(XudaError) as caught:
        desk.run(desk.service.look_up, CODE)
    assert caught.value.code is ErrorCode.INVITATION_USED


def test_takes_are_counted_and_the_best_one_is_chosen(desk: Desk, sound: Path, clip: Path) -> None:
    desk.begin()
    first, second = (desk.record("q1", sound, clip) for _ in range(2))
    step = desk.run(desk.service.step)
    assert (step.takes_left, [take.number for take in step.takes]) == (0, [1, 2])
    with pytest.raises(XudaError):
        desk.run(desk.service.begin_take, "q1")
    desk.run(desk.service.submit_take, first.take_id)
    takes = {take.take_id: take.state for take in desk.run(desk.device.store.takes, _id(desk))}
    assert takes == {first.take_id: TakeState.SUBMITTED, second.take_id: TakeState.DISCARDED}


def test_a_silent_take_is_said_at_once_and_is_free(desk: Desk, silence: Path, clip: Path) -> None:
    desk.begin()
    take = desk.record("q1", silence, clip)
    assert take.proof is not None
    assert (take.proof.silent, take.counted) == (True, False)
    assert desk.run(desk.service.step).takes_left == 2


def test_leaving_keeps_the_running_answer_and_coming_back_offers_it(desk: Desk, sound: Path, clip: Path) -> None:
    desk.begin()
    desk.recorder.set_microphone(f"file:{sound}")
    desk.recorder.set_camera(f"file:{clip}")
    desk.run(desk.service.begin_take, "q1")
    _let_it_record(desk)
    desk.run(desk.service.pause, ExitReason.NETWORK, "断网了")
    assert desk.run(desk.service.mine)[0].hr_state is HrState.PAUSED
    entry = desk.run(desk.service.look_up, CODE)
    assert entry.unfinished is not None
    desk.run(desk.service.resume, entry.unfinished.interview_id)
    step = desk.run(desk.service.step)
    assert step.recovered is not None
    assert (step.takes_left, step.recovered.counted) == (2, False)
    desk.run(desk.service.submit_take, step.recovered.take_id)
    assert desk.run(desk.service.step).question.question_id == "q2"


def _let_it_record(desk: Desk) -> None:
    wait_for(lambda: desk.recorder.elapsed > 1.0, "a second of recording")


def _id(desk: Desk) -> str:
    return desk.run(desk.device.store.interviews)[0].interview_id


def test_a_crash_is_recorded_as_the_reason_and_costs_no_take(
    tmp_path: Path, office: Office, sound: Path, clip: Path
) -> None:
    with Desk(tmp_path, office) as desk:
        desk.begin()
        desk.recorder.set_microphone(f"file:{sound}")
        desk.recorder.set_camera(f"file:{clip}")
        desk.run(desk.service.begin_take, "q1")
        _let_it_record(desk)
        desk.recorder.stop()  # the program dies: nobody tells the service
    with Desk(tmp_path, office) as again:
        again.run(again.service.recover)
        events = again.run(again.device.store.events, _id(again))
        assert (events[-1].kind, events[-1].parse_data(wire.ExitData).reason) == (EventType.PAUSED, "crash")
        again.run(again.service.resume, _id(again))
        step = again.run(again.service.step)
        assert step.recovered is not None
        assert step.recovered.duration > 0.5
        assert step.takes_left == 2


def test_a_crash_just_after_an_answer_keeps_its_take_and_does_not_count_it(
    tmp_path: Path, office: Office, sound: Path, clip: Path
) -> None:
    with Desk(tmp_path, office) as desk:
        desk.begin()
        take = desk.record("q1", sound, clip)
        assert take.counted
    with Desk(tmp_path, office) as again:
        again.run(again.service.recover)
        again.run(again.service.resume, _id(again))
        step = again.run(again.service.step)
        assert ([kept.take_id for kept in step.takes], step.takes_left) == ([take.take_id], 2)


def test_giving_up_removes_what_was_not_submitted(desk: Desk, sound: Path, clip: Path) -> None:
    desk.begin()
    take = desk.record("q1", sound, clip)
    desk.run(desk.service.abandon, ExitReason.GIVE_UP)
    assert desk.run(desk.device.store.take, take.take_id).state is TakeState.DISCARDED
    assert desk.run(desk.service.mine)[0].hr_state is HrState.INCOMPLETE
    entry = desk.run(desk.service.look_up, CODE)
    assert (entry.unfinished, entry.may_restart) == (None, True)


def test_a_kit_that_forbids_it_cannot_be_started_again(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office, restart_allowed=False) as desk:
        desk.begin()
        desk.run(desk.service.abandon, ExitReason.OTHER, "有急事")
        with pytest.raises(XudaError) as caught:
            desk.run(desk.service.look_up, CODE)
        assert caught.value.code is ErrorCode.INVITATION_USED


def test_the_reason_in_words_is_sealed(desk: Desk) -> None:
    desk.begin()
    desk.run(desk.service.pause, ExitReason.OTHER, "家里停电了")
    desk.device.database.scrub()
    assert all("家里停电了".encode() not in content for content in desk.device.files().values())
    event = desk.run(desk.device.store.events, _id(desk))[-1]
    assert desk.run(desk.device.store.open_sealed, event, wire.ExitSealed).words == "家里停电了"


def test_finishing_with_open_questions_is_refused_unless_the_time_is_up(desk: Desk) -> None:
    desk.begin()
    with pytest.raises(XudaError) as caught:
        desk.run(desk.service.finish)
    assert caught.value.code is ErrorCode.ILLEGAL_STATE
    assert desk.run(desk.service.finish, time_up=True).state is InterviewState.FINISHED


def test_the_total_time_counts_from_the_first_question_and_over_a_break(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office, total_seconds=600) as desk:
        desk.begin()
        desk.clock.seconds += 300  # devices and practice are free
        desk.run(desk.service.start_clock)
        desk.clock.seconds += 100
        assert desk.run(desk.service.step).total_seconds_left == pytest.approx(500)
        desk.run(desk.service.pause, ExitReason.TIME)
        desk.clock.seconds += 5000
        desk.run(desk.service.resume, _id(desk))
        desk.run(desk.service.start_clock)
        desk.clock.seconds += 50
        assert desk.run(desk.service.step).total_seconds_left == pytest.approx(450)


def test_adjustments_change_time_takes_and_the_way_to_answer(tmp_path: Path, office: Office) -> None:
    adjustments = Adjustments(time_factor=1.5, extra_takes=1, answer_as="text")
    with Desk(tmp_path, office, adjustments=adjustments) as desk:
        desk.begin()
        step = desk.run(desk.service.step)
        assert (step.answer_seconds, step.takes_allowed, step.question.kind) == (90, 3, QuestionKind.TEXT)
        desk.run(desk.service.submit_text, "q1", "文字代替视频")
        assert desk.run(desk.service.step).question.question_id == "q2"


@pytest.fixture
def written(tmp_path: Path, office: Office) -> Iterator[Desk]:
    """An interview of a text and a choice question, begun."""
    with Desk(tmp_path, office, stages=WRITTEN) as opened:
        opened.begin()
        yield opened


@pytest.mark.parametrize("text", ["", "   ", "x" * 41])
def test_a_text_that_does_not_fit_is_refused_by_field(written: Desk, text: str) -> None:
    with pytest.raises(XudaError) as caught:
        written.run(written.service.submit_text, "q3", text)
    assert (caught.value.code, caught.value.field) == (ErrorCode.REJECTED, "text")


@pytest.mark.parametrize("choices", [[], [2], [-1], [0, 1]])
def test_a_choice_that_does_not_fit_is_refused_by_field(written: Desk, choices: list[int]) -> None:
    written.run(written.service.submit_text, "q3", "好")
    with pytest.raises(XudaError) as caught:
        written.run(written.service.submit_choice, "q4", choices)
    assert (caught.value.code, caught.value.field) == (ErrorCode.REJECTED, "choices")


def test_what_was_typed_survives_a_crash(tmp_path: Path, office: Office) -> None:
    with Desk(tmp_path, office) as desk:
        desk.begin()
        desk.run(desk.service.save_draft, "q3", "写到一半")
    with Desk(tmp_path, office) as again:
        again.run(again.service.recover)
        again.run(again.service.resume, _id(again))
        assert again.run(again.service.draft, "q3") == "写到一半"


def test_practice_leaves_no_trace_on_the_disk(desk: Desk, sound: Path, clip: Path) -> None:
    desk.recorder.set_microphone(f"file:{sound}")
    desk.recorder.set_camera(f"file:{clip}")
    before = set(desk.device.files())
    desk.run(desk.service.practice.start, video=True)
    _let_it_record(desk)
    proof, playable = desk.run(desk.service.practice.stop)
    assert proof.duration > 0.5
    assert playable.read(4) == b"\x1a\x45\xdf\xa3"
    assert set(desk.device.files()) == before


def test_withdrawing_destroys_the_key_at_once_and_tells_hr_later(desk: Desk, sound: Path, clip: Path) -> None:
    desk.begin()
    take = desk.record("q1", sound, clip)
    desk.run(desk.service.submit_take, take.take_id)
    interview_id = _id(desk)
    desk.run(desk.service.withdraw, interview_id)
    assert not desk.run(desk.device.store.interview, interview_id).key_present
    assert desk.run(desk.service.mine)[0].state is InterviewState.DELETED
    with pytest.raises(XudaError) as caught:
        desk.run(desk.service.open_take, take.take_id)
    assert caught.value.code is ErrorCode.KEY_DESTROYED
    pending = [(item.kind, item.ref) for item in desk.run(desk.device.outbox.pending)]
    assert ("event", "4") in [(kind.value, ref) for kind, ref in pending]


def test_words_reach_hr_whenever_they_are_ready(tmp_path: Path, office: Office, sound: Path, clip: Path) -> None:
    with Desk(tmp_path, office, model=True) as desk:
        desk.begin()
        take = desk.record("q1", sound, clip)
        desk.run(desk.service.submit_take, take.take_id)
        assert "team" in desk.words(take.take_id)
        assert EventType.TRANSCRIBED in kinds(desk)
        desk.run(desk.service.correct, take.take_id, "I lead the team, and we built the server.")
        answer = desk.run(desk.service.answers, _id(desk))[0]
        assert answer.text is not None
        assert (answer.text != answer.correction, answer.correction) == (
            True,
            "I lead the team, and we built the server.",
        )


def test_words_missing_for_want_of_a_model_are_recognised_at_a_later_start(
    tmp_path: Path, office: Office, sound: Path, clip: Path
) -> None:
    with Desk(tmp_path, office) as desk:
        desk.begin()
        take = desk.record("q1", sound, clip)
        desk.run(desk.service.submit_take, take.take_id)
        desk.run(desk.service.pause, ExitReason.TIME)
    with Desk(tmp_path, office, model=True) as again:
        again.run(again.service.recover)
        assert "team" in again.words(take.take_id)


def test_a_take_in_which_the_camera_is_lost_is_kept_and_free(
    desk: Desk, sound: Path, mjpeg_camera: MjpegCamera
) -> None:
    desk.begin()
    desk.recorder.set_microphone(f"file:{sound}")
    desk.recorder.set_camera(mjpeg_camera.url)
    desk.run(desk.service.begin_take, "q1")
    _let_it_record(desk)
    mjpeg_camera.drop()
    wait_for(lambda: DeviceFault("camera_lost") in desk.news, "the fault", seconds=2.5)
    take = desk.run(desk.service.end_take)
    assert (take.state, take.counted) == (TakeState.RECORDED, False)
    assert desk.run(desk.service.step).takes_left == 2


def test_a_take_of_which_the_disk_took_nothing_is_told_as_the_disks_failure_and_is_free(
    desk: Desk, sound: Path, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, data: bytes) -> None:
        if threading.current_thread().name == "take-writer":
            raise OSError(errno.ENOSPC, "no room")
        write_all(fd, data)

    monkeypatch.setattr("app.storage.takefile.write_all", full)
    desk.begin()
    desk.recorder.set_microphone(f"file:{sound}")
    desk.recorder.set_camera(f"file:{clip}")
    desk.run(desk.service.begin_take, "q1")
    wait_for(lambda: desk.recorder.elapsed > 0.5, "some sound")
    with pytest.raises(XudaError) as told:
        desk.run(desk.service.end_take)
    assert told.value.code is ErrorCode.DISK_FULL
    step = desk.run(desk.service.step)
    assert (step.takes, step.takes_left) == ((), 2)


def test_the_questionnaire_can_be_answered_however_quick_the_delivery_is(written: Desk) -> None:
    written.run(written.service.submit_text, "q3", "好")
    written.run(written.service.submit_choice, "q4", [0])
    written.run(written.service.finish)
    interview_id = _id(written)
    written.run(written.device.settle, interview_id)
    ratings = wire.QuestionnaireData(overall=5)
    written.run(written.service.answer_questionnaire, interview_id, ratings, "很顺畅")
    assert kinds(written)[-1] is EventType.QUESTIONNAIRE
    written.run(written.device.settle, interview_id)
    written.run(written.service.start_page)
    assert not written.run(written.device.store.interview, interview_id).key_present


def test_shutting_down_in_the_middle_saves_the_progress_with_its_reason(desk: Desk) -> None:
    desk.begin()
    desk.run(desk.service.shutdown)
    event = desk.run(desk.device.store.events, _id(desk))[-1]
    assert (event.kind, event.parse_data(wire.ExitData).reason) == (EventType.PAUSED, "shutdown")
