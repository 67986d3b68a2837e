"""Whose page has scores, and when a page says that it has none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.interview.score_basis import ScoreBasis
from app.scores import Scores, scores_for
from assessment.embeddings import Embedders
from assessment.learned import to_bytes_by_language
from backend.services.assessing import train_table
from contract.errors import ErrorCode, XudaError
from contract.settings import ScoreReader
from report.model import InterviewReport
from report.scoring import Tools, assess
from report.unscored import Unscored
from tests.assessment import tiny_models
from tests.assessment.cases import good, middling
from tests.assessment.test_learning import ratings_table
from tests.report import sample as s
from tests.report.test_scoring import begun, report, sheet, told, whole

MODEL = "a" * 64


def nothing(_: str) -> bytes:
    raise XudaError(ErrorCode.KIT_MEDIA_DAMAGED)


def basis(
    reader: ScoreReader = ScoreReader.STAFF, read: Callable[[str], bytes] = nothing, **changes: dict[str, str]
) -> ScoreBasis:
    return ScoreBasis(sheet().model_copy(update=changes), reader, read)


def on_page(given: InterviewReport, by: ScoreBasis | None, *, own_copy: bool = False, all_here: bool = True) -> Scores:
    return scores_for(given, s.kit(), by, own_copy=own_copy, whole=all_here)


@pytest.mark.parametrize(
    ("reader", "staff_see", "candidate_sees"),
    [(ScoreReader.NOBODY, False, False), (ScoreReader.STAFF, True, False), (ScoreReader.CANDIDATE, True, True)],
)
def test_hr_decides_whose_page_has_scores(reader: ScoreReader, staff_see: bool, candidate_sees: bool) -> None:
    given = report(whole())
    assert (on_page(given, basis(reader)).made is not None) is staff_see
    assert (on_page(given, basis(reader), own_copy=True).made is not None) is candidate_sees


def test_the_scores_are_those_of_the_report() -> None:
    given = report(whole())
    assert on_page(given, basis()) == Scores(made=assess(given, s.kit(), sheet()))


def test_who_has_not_agreed_to_scoring_is_not_scored_and_the_page_says_nothing_of_it() -> None:
    story = told(begun(scoring=False), "q1", good("zh")).finished()
    assert on_page(report(story), basis(ScoreReader.CANDIDATE)) == Scores()


def test_a_device_that_may_not_score_says_nothing_of_scores() -> None:
    assert on_page(report(whole()), None) == Scores()


def test_a_spoken_answer_without_words_leaves_the_page_without_a_score() -> None:
    story = told(told(begun(), "q1", good("zh")), "q2", middling("zh"))
    story.events.pop()  # the words of the second
    assert on_page(report(story.finished()), basis()) == Scores(missing=Unscored.WORDS)


def test_a_part_of_an_interview_has_no_score_of_its_own() -> None:
    assert on_page(report(whole()), basis(), all_here=False) == Scores(missing=Unscored.ELSEWHERE)


def test_without_a_learned_model_that_counts_at_hr_there_is_no_score() -> None:
    given = report(whole())
    by = basis(models={"zh": MODEL})
    assert on_page(given, by) == Scores(missing=Unscored.MODEL)
    spoilt = basis(read=lambda _: b"not a model", models={"zh": MODEL})
    assert on_page(given, spoilt) == Scores(missing=Unscored.MODEL)


def test_with_it_the_score_names_it() -> None:
    learned, _ = train_table(ratings_table(30, language="zh"), Embedders(None), "now")
    found = on_page(report(whole()), basis(read=lambda _: to_bytes_by_language(learned), models={"zh": MODEL})).made
    assert found is not None
    assert found.models == {"zh": MODEL}


@pytest.mark.parametrize(("language", "scored"), [("zh", False), ("en", True)])
def test_what_hr_scores_with_a_model_of_meaning_that_is_not_here_is_left_to_hr(language: str, scored: bool) -> None:
    found = on_page(report(whole()), basis(meaning={language: "another"}))
    assert (found.made is not None) is scored
    assert found.missing is (None if scored else Unscored.MODEL)


def test_with_the_same_model_of_meaning_the_score_is_that_of_hr(tmp_path: Path) -> None:
    tiny_models.onnx(tmp_path / "hr" / "zh")
    shutil.copytree(tmp_path / "hr" / "zh", tmp_path / "booth" / "zh")
    at_hr = Embedders(tmp_path / "hr")
    [name] = [found.name for found in (at_hr.of("zh"),) if found]
    given, by = report(whole()), basis(meaning={"zh": name})
    assert on_page(given, replace(by, meaning=tmp_path / "nothing")).missing is Unscored.MODEL
    assert on_page(given, replace(by, meaning=tmp_path / "booth")).made == assess(
        given, s.kit(), sheet(), Tools(embedder=at_hr.of)
    )
