"""Scores without training: parts that add up, quotes that are there, tricks that do not pay."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assessment.certainty import Reason
from assessment.content import prepare
from assessment.parts import exactly
from assessment.scoring import Score, score, together
from assessment.values import Answer, Dimension, Heard, KeyPoint, Measure, Question, written
from tests.assessment.cases import LANGUAGES, good, middling, question, spoken, tricks

_WORDS = st.sampled_from(
    [
        "我",
        "客户",
        "道歉",
        "首先",
        "倾听",
        "问题",
        "um",
        "the",
        "customer",
        "listen",
        "cause.",
        "。",
        "...",
        "''",
        "\u3000",
        "9",
    ]
)


def points(text: str, language: str) -> float:
    found = score(question(language), written(text, language)).whole.points
    assert found is not None
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_better_answer_scores_higher(language: str) -> None:
    assert 25 < points(middling(language), language) < points(good(language), language) - 20


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("trick", tricks("en"))
def test_no_trick_scores_above_an_honest_middling_answer(language: str, trick: str) -> None:
    assert points(tricks(language)[trick], language) <= points(middling(language), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "trick", [one for one in tricks("en") if one not in ("key points as a list", "key points backwards")]
)
def test_no_trick_pays_against_a_model_answer(language: str, trick: str) -> None:
    wanted = KeyPoint(good(language))
    asked = Question("q", question(language).prompt, (Dimension("d", (wanted,), exemplar=True),))
    tried, honest = (score(asked, written(text, language)) for text in (tricks(language)[trick], middling(language)))
    assert (tried.whole.points or 0) <= (honest.whole.points or 0)


@pytest.mark.parametrize("trick", ["question repeated", "a good answer scrambled", "a sentence five times"])
def test_no_trick_pays_where_only_manner_counts(trick: str) -> None:
    asked = Question("q", question("en").prompt, (Dimension("communication"),))
    tried, honest = (score(asked, written(text, "en")) for text in (tricks("en")[trick], middling("en")))
    assert (tried.whole.points or 0) <= (honest.whole.points or 0)


def test_a_fluent_answer_to_nothing_known_asks_for_a_listener() -> None:
    asked = Question("q", question("en").prompt, (Dimension("communication"),))
    unrelated, honest = (written(text, "en") for text in (tricks("en")["unrelated and fluent"], middling("en")))
    away, to_it = score(asked, unrelated).whole, score(asked, honest).whole
    assert away.listen == (Reason.TOPIC_UNKNOWN,)
    assert to_it.listen == ()
    assert away.high - away.low > to_it.high - to_it.low


def test_homophones_of_the_recogniser_cost_nothing() -> None:
    heard = (
        middling("zh").replace("安抚", "安付").replace("情绪", "情序").replace("问题", "问提").replace("原因", "缘因")
    )
    assert points(heard, "zh") == points(middling("zh"), "zh")


def test_words_that_only_sound_alike_are_taken_for_them_in_english() -> None:
    heard = middling("en").replace("listen", "lissen")
    assert abs(points(heard, "en") - points(middling("en"), "en")) <= 5


@given(st.lists(_WORDS, max_size=60), st.booleans(), st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_parts_add_up_and_every_quote_is_what_was_said(words: list[str], timed: bool, language: str) -> None:
    heard = tuple(Heard(word, at * 0.5, at * 0.5 + 0.4, 0.8) for at, word in enumerate(words))
    answer = Answer(heard, language, len(words) * 0.5 if timed else None)
    found = score(question(language), answer)
    for one in (found.whole, *found.dimensions.values()):
        assert_whole(one, answer)


def assert_whole(one: Score, answer: Answer) -> None:
    assert sum(part.hundredths for part in one.parts) == (one.hundredths or 0)
    assert one.hundredths is None or 0 <= one.low <= one.hundredths <= one.high <= 10_000
    for found in (found for part in one.parts for found in part.quotes):
        words = answer.words[found.first : found.last + 1]
        assert "".join(found.text.split()) == "".join("".join(word.text for word in words).split())
        if answer.spoken:
            assert (found.start, found.end) == (words[0].start, words[-1].end)


@given(st.lists(st.floats(-5000, 5000), max_size=30))
@settings(max_examples=60, deadline=None)
def test_rounded_shares_add_up(shares: list[float]) -> None:
    made = exactly(shares)
    assert sum(made) == (round(sum(shares)) if shares else 0) or abs(sum(made) - sum(shares)) < 1
    assert all(abs(whole - share) <= 1.5 for whole, share in zip(made, shares, strict=True))


def test_questions_stages_and_the_interview_are_weighted_and_still_add_up() -> None:
    found = [score(question(language), written(good(language), language)).whole for language in LANGUAGES]
    whole = together(found, [1, 3])
    assert whole.hundredths == sum(part.hundredths for part in whole.parts)
    expected = (found[0].points or 0) / 4 + (found[1].points or 0) * 3 / 4
    assert whole.points == pytest.approx(expected, abs=0.02)


def test_too_little_speech_has_no_score_and_leaves_its_weight_to_the_others() -> None:
    little = score(question("en"), spoken("I listen.", "en")).whole
    assert (little.points, little.reason) == (None, Reason.TOO_LITTLE_SPEECH)
    full = score(question("en"), spoken(good("en"), "en")).whole
    assert together([little, full], [1, 1]).hundredths == full.hundredths


def test_a_weak_transcript_asks_for_a_listener_and_widens_the_range_but_keeps_the_score() -> None:
    sure = spoken(good("en"), "en")
    unsure = replace(sure, words=tuple(replace(word, probability=0.3) for word in sure.words))
    before, after = score(question("en"), sure).whole, score(question("en"), unsure).whole
    assert after.listen == (Reason.WEAK_TRANSCRIPT,)
    assert not before.listen
    assert after.hundredths == before.hundredths
    assert after.high - after.low > before.high - before.low


def test_pauses_from_technical_faults_cost_nothing() -> None:
    manner = Question("q", "", (Dimension("communication"),))
    said = spoken(good("en"), "en")
    half = len(said.words) // 2
    later = tuple(replace(word, start=word.start + 40, end=word.end + 40) for word in said.words[half:])
    gap = (said.words[half - 1].end, later[0].start)
    broken = Answer((*said.words[:half], *later), "en", (said.seconds or 0) + 40, (gap,))
    assert score(manner, broken).whole.hundredths == score(manner, said).whole.hundredths
    silent = replace(broken, faults=())
    assert (score(manner, silent).whole.points or 0) < (score(manner, said).whole.points or 0)


def test_hr_decides_what_counts() -> None:
    point = (KeyPoint("follow up", ("call again", "ask later")),)
    only = Dimension("d", point, measures={Measure.CONTENT: 1.0})
    found = score(
        Question("q", "What next?", (only,)), written("I would call again on Monday to see how it went.", "en")
    )
    assert [part.name for part in found.whole.parts if part.hundredths > 0] == [Measure.CONTENT]
    assert (found.whole.points or 0) > 90


def test_an_answer_of_two_minutes_is_scored_at_once() -> None:
    asked = prepare(question("en"))
    answer = spoken(" ".join(f"{word}{at % 7}" for at, word in enumerate((good("en") + " ").split() * 6)), "en")
    score(asked, answer)
    began = time.process_time()
    score(asked, answer)
    assert time.process_time() - began < 0.5  # the benchmark has the strict figure
