"""What technical trouble does to a score: doubtful words get the benefit of the doubt, no lost word turns a guard."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import pytest

from assessment import sound
from assessment.content import prepare
from assessment.parts import Guard
from assessment.scoring import read, score
from assessment.values import Answer, Dimension, KeyPoint, Measure, Question, written
from benchmarks.mishearing import misheard
from tests.assessment.cases import spoken
from tests.assessment.interviews import interviews, speeches

_TALK = "First I listen to the reasons and explain the medicine, and the ward informs the doctor in the evening."
_ASKED = Question(
    "q",
    "A patient does not want it. What do you do?",
    (Dimension("d", (KeyPoint("explain the medicine"), KeyPoint("inform the doctor"), KeyPoint("respect decision"))),),
)


def heard(text: str, words: Mapping[str, str], probability: float) -> Answer:
    """As :func:`spoken`, with some words heard as others."""
    answer = spoken(text, "en")
    made = [
        replace(word, text=words[bare], probability=probability) if (bare := word.text.strip(".,")) in words else word
        for word in answer.words
    ]
    return replace(answer, words=tuple(made))


def of_points(answer: Answer, asked: Question = _ASKED) -> dict[str, float]:
    return {part.key_point: part.value for part in score(asked, answer).whole.parts if part.key_point}


def test_a_doubtful_word_that_sounds_like_the_missing_one_stands_for_it() -> None:
    wrong = {"medicine": "madness", "doctor": "daughter"}
    right, unsure, sure = (
        of_points(heard(_TALK, words, probability)) for words, probability in (({}, 1), (wrong, 0.4), (wrong, 0.95))
    )
    for point in ("explain the medicine", "inform the doctor"):
        assert sure[point] < unsure[point] <= right[point] == 1
        assert unsure[point] > sure[point] + 0.1
    assert unsure["respect decision"] == 0


def test_doubt_grows_with_the_recognisers_own() -> None:
    values = [of_points(heard(_TALK, {"medicine": "madness"}, at))["explain the medicine"] for at in (0.9, 0.7, 0.5)]
    assert values == sorted(values)
    assert values[0] < values[1] < values[2]


def test_doubtful_words_make_no_point_by_themselves_and_no_quote_is_made_of_them() -> None:
    words = {"explain": "explode", "medicine": "madness", "informs": "firms", "doctor": "daughter"}
    found = score(_ASKED, heard(_TALK, words, 0.3)).whole
    points = {part.key_point: part for part in found.parts if part.key_point}
    assert points["explain the medicine"].value == points["inform the doctor"].value == 0
    one = score(_ASKED, heard(_TALK, {"medicine": "madness"}, 0.3)).whole
    shown = [quote.text for part in one.parts if part.key_point for quote in part.quotes]
    assert any("explain" in text for text in shown)
    assert not any("madness" in text for text in shown)


@pytest.mark.parametrize("talk", ["trip", "cooking", "football"])
def test_a_talk_about_something_else_gains_little_by_words_that_nobody_understood(talk: str) -> None:
    draw = random.Random(4)
    for one in interviews("en"):
        for question in (one.with_points, one.without_points):
            clear = spoken(speeches("en")[talk], "en")
            words = tuple(replace(word, probability=draw.choice((0.2, 0.9))) for word in clear.words)
            asked = prepare(question)
            before, after = (score(asked, given).whole for given in (clear, replace(clear, words=words)))
            middling = score(asked, spoken(one.middling, "en")).whole
            assert (after.points or 0) <= (before.points or 0) + 8
            assert (after.points or 0) <= (middling.points or 0)


def test_likeness_of_sound_is_graded_and_unrelated_words_have_none() -> None:
    assert sound.alike("ship", "sheep") == 1
    assert sound.alike("accept", "except") > 0.9
    assert 0.3 < sound.alike("client", "climate") < 1
    words = sorted({word.strip(".,").lower() for text in speeches("en").values() for word in text.split()})
    words = [word for word in words if len(word) > 3]
    draw = random.Random(1)
    found = sorted(sound.alike(*draw.sample(words, 2)) for _ in range(2000))
    assert found[1800] < 0.25


def test_words_that_recognition_parts_or_joins_are_the_same() -> None:
    asked = Question(
        "q", "What next?", (Dimension("d", (KeyPoint("index of the database"), KeyPoint("work overtime"))),)
    )
    parted = of_points(
        spoken("We put an index on the data base and we also had to work over time that week.", "en"), asked
    )
    assert parted == {"index of the database": 1, "work overtime": 1}
    asked = Question("q", "What next?", (Dimension("d", (KeyPoint("clean the data base"),)),))
    assert of_points(
        spoken("Before we start the work again in the morning I always clean the database.", "en"), asked
    ) == {"clean the data base": 1}


def test_key_points_tell_the_subject_too() -> None:
    """So that it does not hang on the one word that the question has."""
    talk = "I would explain what the medicine is for. If nothing helps I inform the doctor, and I respect the decision."
    asked = Question("q", "What if somebody refuses?", _ASKED.dimensions)
    bare = Question("q", "What if somebody refuses?", (Dimension("communication"),))
    assert read(prepare(asked), written(talk, "en")).topic > 0.5
    assert read(prepare(bare), written(talk, "en")).topic < 0.2


def test_words_of_any_talk_in_a_question_tell_little() -> None:
    asked = prepare(Question("q", "Two pupils keep disturbing your lesson.", (Dimension("communication"),)))
    told = [
        read(asked, written(f"I wanted to see {words} there, and they ran about all day and shot goals.", "en")).topic
        for words in ("some", "two who keep the ball", "pupils in the lesson")
    ]
    assert told == sorted(told)
    assert told[1] < told[2]


def test_a_doubtful_word_tells_the_subject_and_a_sure_one_that_sounds_so_does_not() -> None:
    asked = prepare(Question("q", "What if a pipe leaks at the complaint desk?", (Dimension("communication"),)))
    talk = "Somebody had a complaint about a pipe in the cellar, so I went there on the same afternoon with my tools."
    at = {p: read(asked, heard(talk, {"complaint": "campaign"}, p)).topic for p in (0.3, 0.95)}
    assert at[0.95] < at[0.3] <= read(asked, spoken(talk, "en")).topic


@pytest.mark.parametrize("one", interviews("en"), ids=lambda one: one.kind)
def test_wrong_words_never_look_like_words_in_no_order(one) -> None:  # type: ignore[no-untyped-def]
    asked, draw = prepare(one.with_points), random.Random(6)
    for text in (one.good, one.middling, one.apart):
        for _ in range(8):
            given = misheard(spoken(text, "en"), draw, alike=False)
            sure = replace(given, words=tuple(replace(word, probability=1.0) for word in given.words))
            assert Guard.SCRAMBLED not in read(asked, sure).guarded


def test_a_word_less_in_what_was_copied_is_no_scramble() -> None:
    reference = "A prototype simulates the behaviour of portions of the desired software product before it is built"
    asked = prepare(Question("q", "What is it for?", (Dimension("d", (KeyPoint(reference),), exemplar=True),)))
    words = reference.split()
    for at in range(len(words)):
        less = " ".join(words[:at] + words[at + 1 :])
        assert Guard.SCRAMBLED not in read(asked, written(less, "en")).guarded
    order = [11, 1, 7, 3, 12, 5, 9, 2, 14, 8, 0, 10, 4, 13, 6]
    assert Guard.SCRAMBLED in read(asked, written(" ".join(words[at] for at in order), "en")).guarded


def test_a_misheard_word_of_a_usual_phrase_still_shows_the_order() -> None:
    talk = "I had the choice of two ways. On the one hand there was the price, and as a result I took the second."
    asked = prepare(Question("q", "", (Dimension("communication"),)))
    lost, doubted, whole = (
        read(asked, heard(talk, words, 0.4 if at else 0.95)).seen[Measure.CLOSING].value
        for at, words in ((0, {"result": "resort"}), (1, {"result": "resort"}), (0, {}))
    )
    assert lost < doubted <= whole
