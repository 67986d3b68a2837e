from __future__ import annotations

import random

from contract import events as ev
from contract.events import EventType, HrState
from contract.kit import QuestionKind
from report.build import build_report
from report.model import CandidateInfo, Content, InterviewReport
from report.spans import spans
from tests.report import sample as s


def build(story: s.Story, *, key: bytes | None = s.KEY, language: str = "zh_CN", **more: object) -> InterviewReport:
    return build_report(
        s.kit(),
        story.events,
        key,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(name="李雷"),
        generated_at=s.NOW,
        language=language,
        **more,  # type: ignore[arg-type]
    )


def test_a_complete_interview_holds_every_answer_in_the_order_of_the_kit() -> None:
    report = build(s.complete())
    assert [a.question_id for a in report.answers] == ["q1", "q2", "q3", "q4"]
    assert report.unanswered == []
    first = report.answers[0]
    assert (first.prompt, first.stage, first.takes_used, first.take) == ("请介绍一下您自己。", "自我介绍", 2, 2)
    assert first.objects[0].sha256 == "ab" * 32
    assert report.answers[2].text == "下个月一号\n或者更早"
    assert [c.text for c in report.answers[3].choices or []] == ["英语", "法语"]
    assert report.state.code is HrState.PENDING_REVIEW
    assert report.state.words == "待评估"


def test_the_transcript_and_the_correction_are_kept_apart() -> None:
    first = build(s.complete()).answers[0]
    assert first.transcript is not None
    assert first.transcript.text == "我做过三年,市场工作。"
    assert first.transcript.model == "small@1a2b3c"
    assert first.transcript.words[2].probability == 0.31
    assert first.correction == "我做过五年市场工作。"


def test_every_version_of_a_correction_is_kept_with_its_time() -> None:
    story = s.complete()
    story.corrected("第二次更正。", heard=0)
    story.corrected("我做过三年,市场工作。", heard=0)
    first = build(story).answers[0]
    assert [version.text for version in first.corrections] == [
        "我做过五年市场工作。",
        "第二次更正。",
        "我做过三年,市场工作。",
    ]
    assert first.correction == first.corrections[-1].text
    assert first.transcript is not None
    assert first.transcript.text == "我做过三年,市场工作。"
    numbers = [version.seq for version in first.corrections]
    assert numbers == sorted(set(numbers))


def test_exits_carry_reason_words_and_environment() -> None:
    report = build(s.complete())
    (left,) = report.exits
    assert (left.reason, left.reason_words, left.words, left.unanswered) == ("network", "网络问题", "会场断网了", 2)
    assert [info.event for info in report.environment] == [EventType.STARTED, EventType.PAUSED, EventType.RESUMED]
    assert report.environment[1].facts["errors"] == ["camera_lost"]
    assert [entry.state for entry in report.history] == [
        HrState.IN_PROGRESS,
        HrState.PAUSED,
        HrState.IN_PROGRESS,
        HrState.PENDING_REVIEW,
    ]


def test_an_unfinished_interview_has_a_report_with_the_reason_and_what_is_missing() -> None:
    report = build(s.unfinished())
    assert report.state.code is HrState.INCOMPLETE
    assert report.exits[0].words == "家里有急事"
    assert [q.question_id for q in report.unanswered] == ["q2", "q3", "q4"]


def test_events_in_any_order_and_twice_give_the_same_report() -> None:
    story = s.complete()
    expected = build(story)
    shuffled = s.Story()
    shuffled.events = story.events * 2
    random.Random(7).shuffle(shuffled.events)
    assert build(shuffled) == expected


def test_without_the_key_what_was_said_is_unavailable_and_the_rest_is_there() -> None:
    report = build(s.complete(), key=None)
    assert report.content is Content.SEALED
    assert [a.content for a in report.answers] == [Content.SEALED] * 4
    dumped = report.model_dump_json()
    assert "市场工作" not in dumped
    assert "会场断网了" not in dumped
    assert "提示很清楚" not in dumped
    assert report.answers[0].duration == 42.4
    assert report.exits[0].reason == "network"


def test_a_damaged_sealed_part_is_marked_and_spoils_nothing_else() -> None:
    story = s.complete()
    at = next(i for i, e in enumerate(story.events) if e.kind is EventType.TRANSCRIBED)
    other = next(e for e in story.events if e.kind is EventType.CORRECTED)
    story.events[at] = story.events[at].model_copy(update={"sealed": other.sealed})
    report = build(story)
    assert report.content is Content.DAMAGED
    assert report.answers[0].content is Content.DAMAGED
    assert report.answers[0].transcript is None
    assert report.answers[1].content is Content.AVAILABLE


def test_a_second_answer_to_a_question_marks_the_first_as_replaced() -> None:
    story = s.Story().started().spoken("q1", QuestionKind.VIDEO, s.chinese(), text="一")
    story.spoken("q1", QuestionKind.VIDEO, s.chinese(), text="二")
    assert [(a.seq, a.superseded) for a in build(story).answers] == [(3, True), (5, False)]


def test_a_declined_interview_has_a_report() -> None:
    story = s.Story().add(EventType.DECLINED, ev.DeclinedData(consent_version="1"))
    report = build(story)
    assert report.state.words == "已拒绝AI面试"
    assert report.attempt is None
    assert len(report.unanswered) == 4


def test_the_state_hr_shows_may_be_given() -> None:
    report = build(s.complete(), language="en", state=HrState.SECOND_ROUND)
    assert report.state.words == "Second round"


def test_the_receipt_is_named_with_the_key_that_signed_it() -> None:
    report = build(s.complete(), receipt=s.receipt(13), receipt_key_id="77")
    assert report.receipt is not None
    assert (report.receipt.serial, report.receipt.manifest_digest, report.receipt.key_id) == (13, "cd" * 32, "77")


def test_delivery_counts_characters_in_chinese_and_words_in_english() -> None:
    answers = build(s.complete()).answers
    zh, en = answers[0].delivery, answers[1].delivery
    assert zh is not None
    assert en is not None
    assert (zh.unit, zh.speech_rate, zh.longest_pause) == ("characters", 150.0, 1.3)
    assert (en.unit, en.speech_rate, en.longest_pause) == ("words", 120.0, 0.4)


def test_spans_give_the_whole_text_back_and_mark_low_confidence() -> None:
    for answer in build(s.complete()).answers[:2]:
        assert answer.transcript is not None
        pieces = spans(answer.transcript)
        assert "".join(piece.text for piece in pieces) == answer.transcript.text
        assert [piece.text for piece in pieces if piece.low] == [["三年"], ["shipped"]][answer.question_id == "q2"]


def test_spans_keep_the_text_when_a_word_is_not_in_it() -> None:
    story = s.Story().started()
    story.spoken("q1", QuestionKind.VIDEO, [*s.chinese(), s.word("不在", 5, 6)], text="我做过三年,市场工作。")
    transcript = build(story).answers[0].transcript
    assert transcript is not None
    assert "".join(piece.text for piece in spans(transcript)) == transcript.text
