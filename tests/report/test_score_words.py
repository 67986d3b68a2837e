from __future__ import annotations

from typing import get_args

import pytest

from assessment.certainty import Reason
from assessment.parts import Guard, Learned
from assessment.values import Measure
from contract.catalog import LANGUAGES
from report import score_words as words
from report.score_model import ScorePartInfo, Unit, Unscored
from tests.assessment.cases import good
from tests.report import sample as s
from tests.report.test_scoring import begun, scored, sheet, told, whole

_NO_SCORE = ("too_little_speech", "language_unknown", "unfinished", "nothing_rated")
_LISTEN = ("weak_transcript", "disturbed", "topic_unknown", "corrected", "language_unknown")


def part(value: float = 1.0, **given: object) -> ScorePartInfo:
    return ScorePartInfo.model_validate({"name": "content", "points": 1.0, "value": value, **given})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_of_a_score_has_words_of_its_own(language: str) -> None:
    names = [str(name) for kind in (Measure, Guard, Learned) for name in kind]
    said = [words.measure_words(name, language) for name in names]
    said += [words.listen_words(code, language) for code in _LISTEN]
    said += [words.no_score_words(code, language) for code in _NO_SCORE]
    said += [words.unscored_words(code, language) for code in get_args(Unscored)]
    assert len(set(said)) == len(said)
    assert not {*names, *_LISTEN, *_NO_SCORE, *get_args(Unscored)} & set(said)


def test_no_reason_of_the_scoring_is_forgotten() -> None:
    assert {str(one) for one in Reason} == {*_NO_SCORE, *_LISTEN}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_is_shown_with_its_unit(language: str) -> None:
    shown = {words.figure_words(part(figure=0.5, unit=unit), language) for unit in get_args(Unit)}
    assert len(shown) == len(get_args(Unit))
    assert all("{" not in one and any(sign.isdigit() for sign in one) for one in shown)
    assert words.figure_words(part(), language) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.0, "要点「查清原因」已说到"), (0.4, "要点「查清原因」说到一部分"), (0.0, "要点「查清原因」没有说到")],
)
def test_a_key_point_says_whether_it_was_said(value: float, expected: str) -> None:
    assert words.part_words(part(value, key_point="查清原因"), "zh_CN") == expected


def test_chinese_is_counted_in_characters_and_english_in_words() -> None:
    made = scored(told(told(begun(), "q1", good("zh")), "q2", good("en"), "en"))
    paces = [
        words.part_words(one, "zh_CN")
        for question in made.questions
        for one in question.score.parts
        if one.name == "pace"
    ]
    assert [one.split()[-1] for one in paces] == ["字/分钟", "词/分钟"]
    assert paces[0].startswith("语速：")


def test_to_be_listened_to_is_said_in_the_words_that_are_prescribed() -> None:
    assert words.listen_title("zh_CN") == "请听录音"


@pytest.mark.parametrize("language", LANGUAGES)
def test_scores_made_in_one_language_are_given_in_another(language: str) -> None:
    made, wanted = scored(whole()), scored(whole(), language)
    assert words.assessment_in(language, made, s.kit(), sheet()) == wanted
    for question in wanted.questions:
        assert all(one.name_words for one in question.score.parts)
        assert len(question.score.listen_words) == len(question.score.listen)


def test_without_the_sheet_titles_of_dimensions_stay() -> None:
    given = words.assessment_in("en", scored(whole()), s.kit())
    assert [one.title for one in given.dimensions] == ["问题解决", "沟通表达"]
    assert [one.title for one in given.stages] == ["Introduction", "Skills"]


def test_no_score_says_why() -> None:
    made = scored(told(begun(), "q1", "我不知道").abandoned("time", ""), "en")
    assert made.whole.score.reason_words == "The interview is not finished."
    assert made.questions[0].score.reason_words == "Too little was said for a score."
