"""An interview without spoken questions through the real window: begin, leave, come back, finish."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtTest import QTest

from app.interview.states import InterviewState
from app.ui import names
from app.ui.names import Screen, Sheet
from app.ui.screens.written import ChoiceScreen
from contract.events import EventType, ExitData, ExitSealed
from tests.interview.desk import WRITTEN
from tests.ui.booth import Booth, delete_what_is_due
from tests.ui.conftest import Open


def answer_all(booth: Booth) -> None:
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "I look at the logs.")
    booth.click(names.TEXT_SUBMIT)
    booth.on(Screen.CHOICE)
    booth.click(names.CHOICE_OPTION_PREFIX + "1")
    booth.click(names.CHOICE_SUBMIT)
    booth.on(Screen.FINISH)


def question_now(booth: Booth) -> str:
    step = booth.window.journey.step
    return step.question.question_id if step is not None else ""


def test_the_first_question_comes_after_three_steps_and_the_interview_ends_as_finished(booth: Booth) -> None:
    seen: list[str] = []
    booth.window.screen_changed.connect(seen.append)
    booth.agree()
    booth.on(Screen.TEXT)
    assert seen == ["entry", "consent", "text"]
    answer_all(booth)
    assert [row.state for row in booth.rows()] == [InterviewState.FINISHED]
    answers = booth.desk.run(booth.desk.service.answers, booth.rows()[0].interview_id)
    assert [(answer.text, answer.choices) for answer in answers] == [("I look at the logs.", None), (None, (1,))]


def test_a_question_leaves_nothing_behind_on_its_page_for_the_next_one(open_booth: Open) -> None:
    choice = {"kind": "single_choice", "prompt": "?", "choices": ["A", "B", "C"]}
    questions = [choice | {"question_id": f"q{number}"} for number in range(4)]
    booth = open_booth(stages=[{"stage_id": "s", "title": "one", "questions": questions}])
    booth.agree()
    counts = []
    for number in range(4):
        booth.wait(lambda number=number: question_now(booth) == f"q{number}")
        booth.on(Screen.CHOICE)
        delete_what_is_due()
        counts.append(len(booth.window.findChild(ChoiceScreen).findChildren(QObject)))
        booth.click(names.CHOICE_OPTION_PREFIX + "1")
        booth.click(names.CHOICE_SUBMIT)
    booth.on(Screen.FINISH)
    assert counts[1] == counts[2] == counts[3]


def test_the_questionnaire_is_sent_and_the_way_leads_back_to_the_start(booth: Booth) -> None:
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_RATING_PREFIX + "entrance_clear_5")
    booth.click(names.FINISH_RATING_PREFIX + "flow_smooth_2")
    booth.type(names.FINISH_WORDS, "fine")
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    row = booth.rows()[0]
    events = booth.desk.run(booth.desk.device.store.events, row.interview_id)
    assert events[-1].kind is EventType.QUESTIONNAIRE
    assert events[-1].data["entrance_clear"] == 5
    assert events[-1].data["flow_smooth"] == 2


def test_the_candidate_may_leave_the_finish_page_without_answering_the_questionnaire(booth: Booth) -> None:
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    row = booth.rows()[0]
    events = booth.desk.run(booth.desk.device.store.events, row.interview_id)
    assert events[-1].kind is EventType.FINISHED


def test_declining_asks_once_and_is_recorded_as_declined(booth: Booth) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    booth.click(names.CONSENT_DECLINE)
    booth.on(Screen.CONSENT, Sheet.DECLINE)
    assert booth.rows() == []
    booth.click(names.DECLINE_CONFIRM)
    booth.on(Screen.DECLINED)
    assert [row.state for row in booth.rows()] == [InterviewState.DECLINED]
    booth.click(names.DECLINED_DONE)
    booth.on(Screen.START)


def test_nothing_begins_before_the_recording_box_is_ticked(booth: Booth) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    assert not booth.find(names.CONSENT_AGREE).isEnabled()
    booth.click(names.CONSENT_SCORING)
    assert not booth.find(names.CONSENT_AGREE).isEnabled()
    booth.click(names.CONSENT_RECORDING)
    assert booth.find(names.CONSENT_AGREE).isEnabled()


def test_declining_the_score_alone_keeps_the_interview(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    assert booth.rows()[0].scoring is False


def test_leaving_needs_a_reason_and_words_for_another_one(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.click(names.TOPBAR_LEAVE)
    booth.on(Screen.TEXT, Sheet.LEAVE)
    save, abandon = booth.find(names.LEAVE_SAVE), booth.find(names.LEAVE_ABANDON)
    assert (save.isEnabled(), abandon.isEnabled()) == (False, False)
    booth.click(names.LEAVE_REASON_PREFIX + "other")
    assert (save.isEnabled(), abandon.isEnabled()) == (False, False)
    booth.type(names.LEAVE_WORDS, "fire alarm")
    assert (save.isEnabled(), abandon.isEnabled()) == (True, True)
    booth.click(names.LEAVE_CONTINUE)
    booth.on(Screen.TEXT)
    assert booth.rows()[0].state is InterviewState.ACTIVE


@pytest.mark.parametrize(
    ("how", "state", "kind"),
    [
        ("save", InterviewState.PAUSED, EventType.PAUSED),
        ("abandon", InterviewState.ABANDONED, EventType.ABANDONED),
    ],
)
def test_leaving_is_recorded_with_its_reason(booth: Booth, how: str, state: InterviewState, kind: EventType) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.leave(how, "network", "the hall lost its network")
    row = booth.rows()[0]
    last = booth.desk.run(booth.desk.device.store.events, row.interview_id)[-1]
    assert booth.desk.run(booth.desk.device.store.open_sealed, last, ExitSealed).words == "the hall lost its network"
    assert (row.state, last.kind, last.parse_data(ExitData).reason) == (state, kind, "network")
    booth.click(names.LEFT_DONE)
    booth.on(Screen.START)


def test_coming_back_resumes_at_the_first_unanswered_question(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "done")
    booth.click(names.TEXT_SUBMIT)
    booth.on(Screen.CHOICE)
    booth.leave("save")
    booth = open_booth(stages=WRITTEN)
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.CHOICE)
    assert [row.state for row in booth.rows()] == [InterviewState.ACTIVE]


def test_starting_again_keeps_the_earlier_attempt_for_audit(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.leave("save")
    booth.click(names.LEFT_DONE)
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_NO)
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    booth.click(names.CONSENT_RECORDING)
    booth.click(names.CONSENT_AGREE)
    booth.on(Screen.TEXT)
    states = {row.attempt: row.state for row in booth.rows()}
    assert states == {1: InterviewState.ABANDONED, 2: InterviewState.ACTIVE}


def test_an_unfinished_interview_is_offered_on_the_start_page(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.leave("save")
    booth.click(names.LEFT_DONE)
    booth.on(Screen.START)
    booth.wait(lambda: booth.window.journey.start_page and booth.window.journey.start_page.unfinished)
    booth.click(names.START_UNFINISHED_PREFIX + "0")
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.TEXT)


def test_what_was_typed_is_there_again_after_a_crash(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "half an ans")
    booth.wait(lambda: booth.desk.run(booth.desk.service.draft, "q3") == "half an ans")
    booth = open_booth(stages=WRITTEN)  # without a word of goodbye
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.TEXT)
    booth.wait(lambda: booth.find(names.TEXT_EDIT).toPlainText() == "half an ans")


def test_a_choice_is_there_again_after_a_crash(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "x")
    booth.click(names.TEXT_SUBMIT)
    booth.on(Screen.CHOICE)
    booth.click(names.CHOICE_OPTION_PREFIX + "1")
    booth.wait(lambda: booth.desk.run(booth.desk.service.draft, "q4") == "1")
    booth = open_booth(stages=WRITTEN)
    booth.enter()
    booth.on(Screen.START, Sheet.RESUME)
    booth.click(names.RESUME_YES)
    booth.on(Screen.CHOICE)
    booth.wait(lambda: booth.find(names.CHOICE_OPTION_PREFIX + "1").isChecked())


def test_clicking_twice_does_a_thing_once(booth: Booth) -> None:
    booth.enter()
    booth.on(Screen.ENTRY)
    booth.click(names.ENTRY_CONTINUE)
    booth.on(Screen.CONSENT)
    booth.click(names.CONSENT_RECORDING)
    agree = booth.find(names.CONSENT_AGREE)
    for _ in range(3):
        QTest.mouseClick(agree, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "once")
    submit = booth.find(names.TEXT_SUBMIT)
    for _ in range(3):
        QTest.mouseClick(submit, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 20))
    booth.on(Screen.CHOICE)
    assert len(booth.rows()) == 1
    kinds = [event.kind for event in booth.desk.run(booth.desk.device.store.events, booth.rows()[0].interview_id)]
    assert kinds.count(EventType.ANSWER_SAVED) == 1


def test_a_text_that_is_too_long_cannot_be_submitted(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "x" * 41)
    assert not booth.find(names.TEXT_SUBMIT).isEnabled()
    assert "41 / 40" in booth.text(names.TEXT_COUNTER)


def test_saved_is_shown_only_for_what_is_on_the_disk(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.wait(lambda: "已保存" in booth.text(names.TOPBAR_STATUS))
    booth.type(names.TEXT_EDIT, "new")
    assert all("已保存" not in label.text() for label in booth.visible(names.TOPBAR_STATUS))
    booth.wait(lambda: booth.desk.run(booth.desk.service.draft, "q3") == "new")
    booth.wait(lambda: "已保存" in booth.text(names.TOPBAR_STATUS))


def test_the_next_candidate_sees_nothing_of_the_last_one(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.type(names.TEXT_EDIT, "my secret")
    booth.wait(lambda: booth.desk.run(booth.desk.service.draft, "q3") == "my secret")
    booth.leave("abandon")
    booth.click(names.LEFT_DONE)
    booth.agree()
    booth.on(Screen.TEXT)
    assert booth.find(names.TEXT_EDIT).toPlainText() == ""


def test_closing_the_window_in_an_interview_asks_first_and_a_second_close_saves_the_progress(booth: Booth) -> None:
    booth.agree()
    booth.on(Screen.TEXT)
    booth.window.close()
    booth.on(Screen.TEXT, Sheet.LEAVE)
    assert booth.window.isVisible()
    with booth.qtbot.waitSignal(booth.window.closed):
        booth.window.close()
    row = booth.rows()[0]
    last = booth.desk.run(booth.desk.device.store.events, row.interview_id)[-1]
    assert (row.state, last.parse_data(ExitData).reason) == (InterviewState.PAUSED, "shutdown")


def test_closing_the_window_outside_an_interview_closes_it(booth: Booth) -> None:
    with booth.qtbot.waitSignal(booth.window.closed):
        booth.window.close()
    assert not booth.window.isVisible()


def test_an_unknown_code_is_answered_with_what_to_do(booth: Booth) -> None:
    booth.find(names.START_FIELD).setText("ZZZZ-ZZZZ")
    booth.click(names.START_BEGIN)
    booth.wait(lambda: booth.window.error() is not None)
    assert booth.text(names.NOTICE_TEXT)
    booth.click(names.NOTICE_CLOSE)
    assert booth.window.error() is None
    assert booth.window.screen_name() == Screen.START.value


def test_withdrawing_destroys_the_key_after_a_confirmation(booth: Booth) -> None:
    booth.agree()
    answer_all(booth)
    booth.click(names.FINISH_DONE)
    booth.on(Screen.START)
    booth.click(names.TOPBAR_MINE)
    booth.wait(lambda: booth.window._maker.mine.interviews)
    booth.click(names.MINE_WITHDRAW_PREFIX + "0")
    booth.on(Screen.MINE, Sheet.WITHDRAW)
    assert booth.rows()[0].key_present
    booth.click(names.WITHDRAW_CONFIRM)
    booth.on(Screen.MINE)
    assert (booth.rows()[0].state, booth.rows()[0].key_present) == (InterviewState.DELETED, False)


def test_an_invitation_from_outside_opens_its_entry_page(open_booth: Open) -> None:
    booth = open_booth(stages=WRITTEN)
    booth.window.journey.arrival.arrive(booth.desk.token)
    booth.on(Screen.ENTRY)
