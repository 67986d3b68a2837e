from __future__ import annotations

import random

import pytest

from contract import events as ev
from contract.events import EventType, WordModel
from contract.kit import Kit, QuestionKind
from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion
from report.build import build_report
from report.model import CandidateInfo, InterviewReport
from report.score_model import AssessmentInfo, ExplainedScoreInfo
from report.scoring import assess, may_score
from tests.assessment.cases import good, middling
from tests.report import sample as s

_POINTS = [
    SheetPoint(text={"zh_CN": "倾听客户并安抚情绪", "en": "listen to the customer and calm them"}),
    SheetPoint(text={"zh_CN": "查清问题的原因", "en": "find the cause of the problem"}),
    SheetPoint(text={"zh_CN": "给出解决方案并跟进结果", "en": "offer a solution and follow up"}),
]


def sheet() -> ScoreSheet:
    solving = SheetDimension(dimension_id="solving", title={"zh_CN": "问题解决", "en": "Problems"}, key_points=_POINTS)
    talking = SheetDimension(dimension_id="talking", title={"zh_CN": "沟通表达", "en": "Speaking"}, weight=0.5)
    return ScoreSheet(
        kit_id="sales",
        kit_version=3,
        revision=2,
        questions=[
            SheetQuestion(question_id="q1", dimensions=[solving, talking]),
            SheetQuestion(question_id="q2", dimensions=[talking]),
            SheetQuestion(question_id="q3", dimensions=[solving]),
        ],
    )


def spoken(text: str, *, start: float = 1.0, pace: float = 0.25) -> list[WordModel]:
    pieces = text.split() if " " in text else list(text)
    return [s.word(piece, start + pace * at, start + pace * (at + 1), 0.95) for at, piece in enumerate(pieces)]


def begun(*, scoring: bool = True) -> s.Story:
    story = s.Story().started()
    return story.add(EventType.CONSENTED, ev.ConsentedData(consent_version="2026-01", recording=True, scoring=scoring))


def told(story: s.Story, question: str, text: str, language: str = "zh") -> s.Story:
    return story.spoken(question, QuestionKind.VIDEO, spoken(text), text=text, language=language)


def report(story: s.Story, language: str = "zh_CN") -> InterviewReport:
    return build_report(
        s.kit(),
        story.events,
        s.KEY,
        interview_id=s.INTERVIEW,
        candidate=CandidateInfo(),
        generated_at=s.NOW,
        language=language,
    )


def whole() -> s.Story:
    story = told(told(begun(), "q1", good("zh")), "q2", middling("zh"))
    return story.written("q3", good("zh")).chosen("q4", [0]).finished()


def scored(story: s.Story, language: str = "zh_CN", kit: Kit | None = None) -> AssessmentInfo:
    return assess(report(story, language), kit or s.kit(), sheet())


def test_a_finished_interview_has_a_score_from_dimensions_to_the_whole() -> None:
    made = scored(whole())
    assert made.whole.score.points is not None
    assert made.whole.score.points > 60
    assert made.whole.score.low < made.whole.score.points < made.whole.score.high
    assert [one.question_id for one in made.questions] == ["q1", "q2", "q3"]
    assert made.unscored == {"q4": "choice"}
    assert {one.sum_id: one.title for one in made.dimensions} == {"solving": "问题解决", "talking": "沟通表达"}
    assert [one.title for one in made.stages] == ["自我介绍", "专业问题"]
    assert sum(one.share for one in made.questions) == pytest.approx(1)


def test_sums_and_parts_add_up_to_the_hundredth() -> None:
    made = scored(whole())
    for total in (made.whole, *made.stages, *made.dimensions):
        assert round(sum(one.points for one in total.contributions), 2) == total.score.points
    for question in made.questions:
        for one in (question.score, *(dimension.score for dimension in question.dimensions)):
            assert round(sum(part.points for part in one.parts), 2) == one.points
            assert round(sum(part.most for part in one.parts), 2) == 100
            assert all(part.points <= part.most for part in one.parts)


def test_every_quote_is_in_the_answer_at_its_time() -> None:
    made, seen = scored(whole()), 0
    answers = {one.answer_id: one for one in report(whole()).answers}
    for question in made.questions:
        answer = answers[question.answer_id]
        for part in question.score.parts:
            for quote in part.quotes:
                seen += 1
                if answer.transcript is None:
                    assert (quote.start, quote.end) == (None, None)
                    assert quote.text in (answer.text or "")
                    continue
                words = answer.transcript.words[quote.first : quote.last + 1]
                assert "".join(word.text for word in words) == quote.text
                assert (quote.start, quote.end) == (words[0].start, words[-1].end)
    assert seen > 5


def test_the_language_of_the_report_changes_titles_alone() -> None:
    def numbers(made: AssessmentInfo) -> list[float | None]:
        return [made.whole.score.points, *(one.score.points for one in made.questions)]

    chinese, english = scored(whole()), scored(whole(), "en")
    assert numbers(chinese) == numbers(english)
    assert [one.title for one in english.dimensions] == ["Problems", "Speaking"]


def test_an_english_answer_is_measured_by_the_english_words_of_the_points() -> None:
    made = scored(told(begun(), "q1", good("en"), "en").finished())
    met = [part for part in made.questions[0].score.parts if part.key_point and part.value > 0.5]
    assert {part.key_point for part in met} <= {point.text["en"] for point in _POINTS}
    assert len(met) >= 2


def test_points_that_are_in_no_language_of_the_answer_ask_for_a_listener() -> None:
    rubric = sheet()
    only = [point.model_copy(update={"text": {"zh_CN": point.text["zh_CN"]}}) for point in _POINTS]
    dimension = rubric.questions[0].dimensions[0].model_copy(update={"key_points": only})
    rubric = rubric.model_copy(update={"questions": [SheetQuestion(question_id="q1", dimensions=[dimension])]})
    made = assess(report(told(begun(), "q1", good("en"), "en").finished()), s.kit(), rubric)
    score = made.questions[0].score
    assert score.points is not None
    assert "language_unknown" in score.listen


def test_a_language_the_scoring_does_not_know_has_no_score() -> None:
    made = scored(told(begun(), "q1", "Je pense que nous devons écouter le client avec patience", "fr").finished())
    assert (made.questions[0].score.points, made.questions[0].score.reason) == (None, "language_unknown")
    assert made.whole.score.points is None


def test_an_unfinished_interview_has_scores_of_its_answers_and_none_of_the_whole() -> None:
    made = scored(told(begun(), "q1", good("zh")).abandoned("time", ""))
    assert made.questions[0].score.points is not None
    assert (made.whole.score.points, made.whole.score.reason) == (None, "unfinished")
    assert made.unscored == {"q2": "unanswered", "q3": "unanswered", "q4": "choice"}


def test_a_correction_changes_no_points_and_asks_for_a_listener() -> None:
    plain, corrected = told(begun(), "q1", middling("zh")), told(begun(), "q1", middling("zh"))
    corrected.corrected(good("zh"))
    before, after = scored(plain.finished()).questions[0].score, scored(corrected.finished()).questions[0].score
    assert after.points == before.points
    assert set(after.listen) - set(before.listen) == {"corrected"}


def faulty(gap: float, *, known: bool) -> ExplainedScoreInfo:
    """An answer with a pause of ``gap`` seconds in its middle, and a device's fault at its time if ``known``."""
    words = spoken(good("zh"))
    half = len(words) // 2
    later = [word.model_copy(update={"start": word.start + gap, "end": word.end + gap}) for word in words[half:]]
    story = begun().spoken("q1", QuestionKind.VIDEO, words[:half] + later, text=good("zh"))
    given = report(story.finished())
    answer = given.answers[0]
    faults = [ev.FaultModel(code="camera_lost", at=words[half - 1].end + gap / 3)] if known else []
    answer = answer.model_copy(update={"faults": faults, "duration": later[-1].end})
    return assess(given.model_copy(update={"answers": [answer]}), s.kit(), sheet()).questions[0].dimensions[1].score


def test_a_pause_that_a_device_caused_costs_nothing() -> None:
    assert faulty(40.0, known=False).points != faulty(0.0, known=False).points
    assert faulty(40.0, known=True).points == faulty(0.0, known=False).points


def test_nobody_is_scored_without_consent_to_it() -> None:
    assert may_score(report(begun()))
    assert not may_score(report(begun(scoring=False)))
    again = begun().add(EventType.CONSENTED, ev.ConsentedData(consent_version="2", recording=True, scoring=False))
    assert not may_score(report(again))
    assert not may_score(report(s.Story()))


def test_the_digest_of_a_sheet_names_what_it_says_and_nothing_else() -> None:
    other = sheet().model_copy(update={"revision": 9, "models": {"zh": "a" * 64}})
    assert other.digest == sheet().digest
    fewer = sheet().model_copy(update={"questions": sheet().questions[:1]})
    assert fewer.digest != sheet().digest


def test_random_answers_add_up() -> None:
    rng = random.Random(11)
    words = good("zh") + middling("zh")
    for _ in range(40):
        text = "".join(rng.choices(words, k=rng.randint(0, 120)))
        made = scored(told(told(begun(), "q1", text), "q2", text[::-1]).finished())
        for question in made.questions:
            if question.score.points is not None:
                assert round(sum(part.points for part in question.score.parts), 2) == question.score.points
