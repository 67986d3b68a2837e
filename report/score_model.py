"""Scores in the published report: plain values, ready for JSON. How they are made: :mod:`report.scoring`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from contract.envelope import WireModel

Unscored = Literal["choice", "not_rated", "unanswered", "no_words"]
Unit = Literal[
    "characters_per_minute", "words_per_minute", "per_100_characters", "per_100_words", "seconds", "share", "count"
]


class QuoteInfo(WireModel):
    """Words of the answer's transcript, from ``first`` to ``last`` (places in it, from 0, both included); ``start`` and
    ``end`` are seconds into the take, None where the answer was written."""

    text: str
    first: int
    last: int
    start: float | None = None
    end: float | None = None


class ScorePartInfo(WireModel):
    """What earned or cost ``points``. ``name`` is a code: a measure, a guard, or what a learned model adds.

    ``most``: what ``points`` could have been at best, 0 for what only corrects; in a score they add up to 100.
    ``value``: the measure itself, 0..1 (1 is best); ``figure``: what was measured in its own ``unit`` (share: 0..1),
    None where there is none. ``key_point``: what a good answer says, for content. ``name_words``: what was found.
    """

    name: str
    name_words: str = ""
    points: float
    most: float = 0.0
    value: float
    figure: float | None = None
    unit: Unit | None = None
    key_point: str = ""
    quotes: list[QuoteInfo] = Field(default_factory=list)


class ScoreInfo(WireModel):
    """``points``: 0-100 with two decimals; None: there is no score, for ``reason``. ``low`` and ``high``: the range.

    ``listen``: reasons why somebody has to listen to the recording before using it (请听录音).
    """

    points: float | None
    low: float
    high: float
    listen: list[str] = Field(default_factory=list)
    listen_words: list[str] = Field(default_factory=list)
    reason: str | None = None
    reason_words: str | None = None


class ExplainedScoreInfo(ScoreInfo):
    """``parts`` add up to ``points``, to the hundredth."""

    parts: list[ScorePartInfo] = Field(default_factory=list)


class DimensionScoreInfo(WireModel):
    dimension_id: str
    title: str
    score: ExplainedScoreInfo


class QuestionScoreInfo(WireModel):
    """``share``: what part of the whole interview the question is (0..1), of those with a score.

    ``dimensions`` are the rubric's scores; a learned model corrects ``score`` alone.
    """

    question_id: str
    answer_id: str
    stage_id: str
    share: float
    score: ExplainedScoreInfo
    dimensions: list[DimensionScoreInfo]


class ContributionInfo(WireModel):
    """How many of the points above come from a question."""

    question_id: str
    points: float


class SumInfo(WireModel):
    """A stage, a dimension through the interview, or the whole: ``contributions`` add up to ``score.points``."""

    sum_id: str
    title: str
    score: ScoreInfo
    contributions: list[ContributionInfo] = Field(default_factory=list)


class AssessmentInfo(WireModel):
    """What the scoring makes of an interview. It decides nothing.

    ``engine``: version of the scoring; ``rubric``: revision and digest of what it scored by; ``models``: language ->
    file of the learned model; ``meaning``: language -> model of meaning. The same of all four give the same score.
    """

    engine: int
    rubric_revision: int
    rubric_digest: str
    models: dict[str, str]
    meaning: dict[str, str]
    whole: SumInfo
    stages: list[SumInfo]
    dimensions: list[SumInfo]
    questions: list[QuestionScoreInfo]
    unscored: dict[str, Unscored] = Field(
        default_factory=dict, description="question -> why it has no part in the score"
    )
