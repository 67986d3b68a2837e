"""Six questions in two languages: honest answers beside what people try, and words that recognition gets wrong."""

from __future__ import annotations

import random

import pytest

from assessment.content import prepare
from assessment.parts import Guard
from assessment.scoring import read, score
from assessment.values import Dimension, KeyPoint, Measure, Question, written
from benchmarks.mishearing import misheard
from tests.assessment.cases import spoken
from tests.assessment.interviews import LANGUAGES, Interview, interviews, speeches

ALL = [pytest.param(one, id=f"{language}-{one.kind}") for language in LANGUAGES for one in interviews(language)]


def points(asked: Question, text: str, language: str) -> float:
    return score(asked, written(text, language)).whole.points or 0.0


@pytest.mark.parametrize("one", ALL)
@pytest.mark.parametrize("known", [True, False], ids=["key points", "no key points"])
def test_neither_tricks_nor_talk_about_something_else_score_above_a_middling_answer(
    one: Interview, known: bool
) -> None:
    asked = one.with_points if known else one.without_points
    middling = points(asked, one.middling, one.language)
    tried = {**one.tricks(), **speeches(one.language)}
    assert {name: got for name, text in tried.items() if (got := points(asked, text, one.language)) > middling} == {}


@pytest.mark.parametrize("one", ALL)
def test_a_good_answer_scores_higher_and_loses_nothing_for_other_words(one: Interview) -> None:
    for asked in (one.with_points, one.without_points):
        assert points(asked, one.good, one.language) > points(asked, one.middling, one.language)
    found = score(one.without_points, written(one.apart, one.language)).whole
    assert -sum(part.points for part in found.parts if part.name is Guard.OFF_TOPIC) <= 8


@pytest.mark.parametrize("one", ALL)
def test_words_that_tell_the_subject_are_shown(one: Interview) -> None:
    found = score(one.with_points, spoken(one.apart, one.language)).whole
    part = next(part for part in found.parts if part.name is Measure.SUBJECT)
    assert part.quotes
    assert part.value > 0.5


def test_what_a_kit_says_of_a_position_tells_the_subject_too() -> None:
    talk = "We read the wards' reports at six. First I washed the patients, then the nurse and I gave out the medicine."
    told = prepare(Question("q", "What was it like?", (Dimension("communication"),), subject="nurse"))
    assert read(told, written(talk, "en")).topic > 0.5
    assert read(told, written(speeches("en")["football"], "en")).topic < 0.3


def test_reading_the_question_out_tells_nothing() -> None:
    one = interviews("en")[0]
    away = one.prompt + " " + speeches("en")["cooking"]
    assert read(prepare(one.without_points), written(away, "en")).topic < 0.3


def test_words_of_the_same_meaning_make_a_point() -> None:
    asked = Question("q", "What next?", (Dimension("d", (KeyPoint("apologise to the customer"),)),))
    found = score(asked, written("I would say sorry to every client of ours.", "en")).whole
    assert next(part.value for part in found.parts if part.key_point) > 0.7


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_wrong_word_of_ten_moves_the_score_little(language: str) -> None:
    moves = []
    for one in interviews(language):
        for question in (one.with_points, one.without_points):
            asked, draw = prepare(question), random.Random(3)
            answer = spoken(one.good, language)
            before = score(asked, answer).whole.points or 0.0
            moves += [abs((score(asked, misheard(answer, draw)).whole.points or 0.0) - before) for _ in range(4)]
    moves.sort()
    assert moves[len(moves) // 2] <= 2
    assert moves[int(0.9 * len(moves))] <= (2 if language == "zh" else 5)
