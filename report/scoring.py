"""From the report of an interview to its scores: one function for the device and for HR.

What is scored are the words as they were recognised, never a candidate's correction of them: that is shown, and asks
for a listener. Whoever is not to be scored (no consent) is not given to this module: see :func:`may_score`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from assessment import ENGINE
from assessment.certainty import Reason
from assessment.content import Asked, prepare
from assessment.embeddings import Embedder
from assessment.learned import Model
from assessment.parts import WHOLE, exactly
from assessment.scoring import QuestionScore, Score, read, score_read, together
from assessment.values import Answer, Dimension, Heard, KeyPoint, Measure, Question, written
from contract import kit as k
from contract.events import HrState
from contract.kit import Kit
from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion
from contract.text import pick
from report import score_model as m
from report.model import AnswerInfo, Content, InterviewReport
from report.score_words import assessment_in

LANGUAGES = ("zh", "en")  # those whose words the scoring knows
_UNITS: dict[str, m.Unit] = {
    Measure.ORDER: "count",
    Measure.FILLERS: "per_100_words",
    Measure.VARIETY: "share",
    Measure.HEDGES: "per_100_words",
    Measure.FIRST_WORD: "seconds",
    Measure.PACE: "words_per_minute",
    Measure.PAUSES: "seconds",
}
_IN_CHINESE: dict[m.Unit, m.Unit] = {
    "words_per_minute": "characters_per_minute",
    "per_100_words": "per_100_characters",
}
_UNFINISHED = frozenset({HrState.INVITED, HrState.IN_PROGRESS, HrState.PAUSED, HrState.INCOMPLETE, HrState.DECLINED})


def _no_embedder(_: str) -> Embedder | None:
    return None


@dataclass(frozen=True)
class Tools:
    """``models``: language -> learned model; ``model_ids``: their files' SHA-256. ``embedder``: language -> model of
    meaning, or None."""

    models: Mapping[str, Model] = field(default_factory=dict)
    model_ids: Mapping[str, str] = field(default_factory=dict)
    embedder: Callable[[str], Embedder | None] = _no_embedder


@dataclass(frozen=True)
class _Scored:
    """``weight``: of the question within the whole, before those without a score are left out."""

    question: k.Question
    stage: k.Stage
    answer: AnswerInfo
    rubric: SheetQuestion
    language: str
    made: QuestionScore
    weight: float


def may_score(report: InterviewReport) -> bool:
    """Whether the candidate has agreed to scoring, by the newest consent of the newest part, and not withdrawn."""
    newest = max(report.consents, key=lambda one: (one.part, one.at), default=None)
    return newest is not None and newest.scoring and report.content is not Content.SEALED


def assess(report: InterviewReport, kit: Kit, sheet: ScoreSheet, tools: Tools | None = None) -> m.AssessmentInfo:
    """Scores of all answers that count. ``kit``: with the weights; ``report`` may be in any language.

    Raises XudaError(ASSESSMENT_MODEL) when a learned model wants another model of meaning than is here.
    """
    tools = tools or Tools()
    scored, unscored = _each(report, kit, sheet, tools)
    languages = sorted({one.language for one in scored})
    made = m.AssessmentInfo(
        engine=ENGINE,
        rubric_revision=sheet.revision,
        rubric_digest=sheet.digest,
        models={one: tools.model_ids.get(one, "") for one in languages if one in tools.models},
        meaning={one: found.name for one in languages if (found := tools.embedder(one)) is not None},
        whole=_sum("whole", "", _counted(scored), finished=report.state.code not in _UNFINISHED),
        stages=[
            _sum(stage.stage_id, pick(stage.title, report.language), _counted([s for s in scored if s.stage is stage]))
            for stage in kit.stages
        ],
        dimensions=_dimensions(scored, report.language),
        questions=[_question(one, scored, report.language) for one in scored],
        unscored=unscored,
    )
    return assessment_in(report.language, made, kit)


def _each(
    report: InterviewReport, kit: Kit, sheet: ScoreSheet, tools: Tools
) -> tuple[list[_Scored], dict[str, m.Unscored]]:
    rubrics = {one.question_id: one for one in sheet.questions}
    answers = {one.question_id: one for one in report.answers if not one.superseded}
    scored: list[_Scored] = []
    unscored: dict[str, m.Unscored] = {}
    for stage in kit.stages:
        whole = sum(question.weight for question in stage.questions)
        for question in stage.questions:
            answer, rubric = answers.get(question.question_id), rubrics.get(question.question_id)
            given = _answer(answer, kit) if answer is not None else None
            if question.kind.choice:
                unscored[question.question_id] = "choice"
            elif rubric is None:
                unscored[question.question_id] = "not_rated"
            elif answer is None:
                unscored[question.question_id] = "unanswered"
            elif given is None:
                unscored[question.question_id] = "no_words"
            else:
                made = _with_correction(_score(question, rubric, given, tools), answer)
                weight = kit.share(stage) * question.weight / whole
                scored.append(_Scored(question, stage, answer, rubric, given.language, made, weight))
    return scored, unscored


@dataclass(frozen=True)
class Given:
    """An answer that is scored, as the scoring takes it."""

    question: k.Question
    rubric: SheetQuestion
    answer: Answer

    def asked(self, embedder: Embedder | None) -> Asked:
        return _asked(self.question, self.rubric, self.answer.language, embedder)


def given_answers(report: InterviewReport, kit: Kit, sheet: ScoreSheet) -> list[Given]:
    """The answers that :func:`assess` scores, in a language whose words are known: what ratings are learned from."""
    rubrics = {one.question_id: one for one in sheet.questions}
    answers = {one.question_id: one for one in report.answers if not one.superseded}
    made = []
    for question in kit.questions:
        answer, rubric = answers.get(question.question_id), rubrics.get(question.question_id)
        given = _answer(answer, kit) if answer is not None else None
        if rubric is not None and given is not None and not question.kind.choice and given.language in LANGUAGES:
            made.append(Given(question, rubric, given))
    return made


# --- from the report to what the scoring takes ------------------------------------------------------------------------
def _answer(answer: AnswerInfo, kit: Kit) -> Answer | None:
    """None while there are no words of it: sealed, damaged, or not recognised yet."""
    if answer.transcript is not None:
        heard = answer.transcript
        words = tuple(Heard(one.text, one.start, one.end, one.probability) for one in heard.words)
        return Answer(words, _base(heard.language), max(answer.duration, 0.1), _faults(answer, words))
    if answer.text is not None:
        return written(answer.text, _written_in(answer.text, kit))
    return None


def _base(language: str) -> str:
    return language.replace("-", "_").split("_", maxsplit=1)[0].lower()


def _written_in(text: str, kit: Kit) -> str:
    """A written answer is not bound to the language of the interview: characters tell Chinese."""
    hanzi = sum("\u3400" <= character <= "\u9fff" for character in text)
    if hanzi * 3 > len(text):
        return "zh"
    return "en" if kit.speech_language == "zh" else kit.speech_language


def _faults(answer: AnswerInfo, words: Sequence[Heard]) -> tuple[tuple[float, float], ...]:
    """A device's fault is known by its moment; what lies between the words around it is put down to it."""
    ends = [0.0, *(word.end for word in words)]
    starts = [*(word.start for word in words), max(answer.duration, 0.1)]
    made = []
    for fault in answer.faults:
        begin = max((end for end in ends if end <= fault.at), default=0.0)
        made.append((begin, min((start for start in starts if start >= fault.at), default=fault.at)))
    return tuple((begin, end) for begin, end in made if end > begin)


def _texts(point: SheetPoint, language: str) -> list[str]:
    """A point's words in a language; those without a language are for all of them."""
    return [text for tag, text in point.text.items() if (not tag or _base(tag) == language) and text.strip()]


def _dimension(given: SheetDimension, language: str) -> Dimension:
    points = []
    for point in given.key_points:
        texts = _texts(point, language)
        if texts:
            points.append(KeyPoint(texts[0], (*texts[1:], *point.synonyms)))
    known = {measure.value for measure in Measure}
    measures = {Measure(name): weight for name, weight in given.measures.items() if name in known}
    return Dimension(given.dimension_id, tuple(points), given.weight, measures)


# --- scores -----------------------------------------------------------------------------------------------------------
def _asked(question: k.Question, rubric: SheetQuestion, language: str, embedder: Embedder | None) -> Asked:
    dimensions = tuple(_dimension(one, language) for one in rubric.dimensions)
    prompt = pick(question.prompt, "zh_CN" if language == "zh" else language)
    return prepare(Question(question.question_id, prompt, dimensions, question.weight), embedder)


def _score(question: k.Question, rubric: SheetQuestion, given: Answer, tools: Tools) -> QuestionScore:
    if given.language not in LANGUAGES:
        nothing = Score(None, 0, WHOLE, (), (), Reason.LANGUAGE_UNKNOWN)
        return QuestionScore(nothing, {one.dimension_id: nothing for one in rubric.dimensions})
    asked = _asked(question, rubric, given.language, tools.embedder(given.language))
    taken, model = read(asked, given), tools.models.get(given.language)
    made = model.score(asked, taken) if model is not None else score_read(asked, taken)
    lost = any(point.key_points for point in rubric.dimensions) and not asked.question.key_points
    return _listening(made, Reason.LANGUAGE_UNKNOWN) if lost else made


def _with_correction(made: QuestionScore, answer: AnswerInfo) -> QuestionScore:
    return _listening(made, Reason.CORRECTED) if answer.corrections and answer.transcript is not None else made


def _listening(made: QuestionScore, why: Reason) -> QuestionScore:
    def added(score: Score) -> Score:
        return score if score.hundredths is None else replace(score, listen=tuple(dict.fromkeys((*score.listen, why))))

    return QuestionScore(added(made.whole), {name: added(score) for name, score in made.dimensions.items()})


@dataclass(frozen=True)
class _Share:
    question_id: str
    score: Score
    weight: float


def _counted(scored: Sequence[_Scored]) -> list[_Share]:
    return [_Share(one.question.question_id, one.made.whole, one.weight) for one in scored]


def _sum(sum_id: str, title: str, shares: Sequence[_Share], *, finished: bool = True) -> m.SumInfo:
    made = together([one.score for one in shares], [one.weight for one in shares]) if shares else None
    if made is None:
        made = Score(None, 0, WHOLE, (), (), Reason.NOTHING_RATED)
    if not finished:
        made = Score(None, 0, WHOLE, (), (), Reason.UNFINISHED)
    if made.hundredths is None:
        return m.SumInfo(sum_id=sum_id, title=title, score=_info(made))
    there = [one for one in shares if one.score.hundredths is not None]
    total = sum(one.weight for one in there)
    raw = [(one.score.hundredths or 0) * one.weight / total for one in there]
    points = exactly(raw, made.hundredths)
    return m.SumInfo(
        sum_id=sum_id,
        title=title,
        score=_info(made),
        contributions=[
            m.ContributionInfo(question_id=one.question_id, points=hundredths / 100)
            for one, hundredths in zip(there, points, strict=True)
        ],
    )


def _dimensions(scored: Sequence[_Scored], language: str) -> list[m.SumInfo]:
    """Each dimension through the interview, by the weights of its questions and its own within them."""
    titles: dict[str, str] = {}
    shares: dict[str, list[_Share]] = {}
    for one in scored:
        whole = sum(dimension.weight for dimension in one.rubric.dimensions)
        for dimension in one.rubric.dimensions:
            name = dimension.dimension_id
            titles.setdefault(name, pick(dimension.title, language))
            share = _Share(one.question.question_id, one.made.dimensions[name], one.weight * dimension.weight / whole)
            shares.setdefault(name, []).append(share)
    return [_sum(name, titles[name], found) for name, found in shares.items()]


def _question(one: _Scored, scored: Sequence[_Scored], language: str) -> m.QuestionScoreInfo:
    counting = sum(other.weight for other in scored if other.made.whole.hundredths is not None)
    has = one.made.whole.hundredths is not None
    return m.QuestionScoreInfo(
        question_id=one.question.question_id,
        answer_id=one.answer.answer_id,
        stage_id=one.stage.stage_id,
        share=one.weight / counting if has else 0.0,
        score=explained(one.made.whole, one.language),
        dimensions=[
            m.DimensionScoreInfo(
                dimension_id=dimension.dimension_id,
                title=pick(dimension.title, language),
                score=explained(one.made.dimensions[dimension.dimension_id], one.language),
            )
            for dimension in one.rubric.dimensions
        ],
    )


def explained(score: Score, language: str) -> m.ExplainedScoreInfo:
    """With its parts. ``language``: of the answer, for the units of its figures."""
    most = _at_best(score)
    return m.ExplainedScoreInfo(
        **_info(score).model_dump(),
        parts=[
            m.ScorePartInfo(
                name=str(part.name),
                points=part.points,
                most=best / 100,
                value=part.value,
                figure=None if part.figure is None else round(part.figure, 2),
                unit=_unit(part.name, language) if part.figure is not None else None,
                key_point=part.key_point,
                quotes=[
                    m.QuoteInfo(text=q.text, first=q.first, last=q.last, start=q.start, end=q.end) for q in part.quotes
                ],
            )
            for part, best in zip(score.parts, most, strict=True)
        ],
    )


def _at_best(score: Score) -> list[int]:
    """Whole hundredths that add up; rounding leaves none below what was earned."""
    most = exactly([part.most for part in score.parts])
    room = [best - part.hundredths for best, part in zip(most, score.parts, strict=True)]
    for at, part in enumerate(score.parts):
        while part.most and room[at] < 0:
            widest = room.index(max(room))
            for place, more in ((at, 1), (widest, -1)):
                most[place] += more
                room[place] += more
    return most


def _unit(name: str, language: str) -> m.Unit | None:
    unit = _UNITS.get(name)
    return unit if unit is None or language != "zh" else _IN_CHINESE.get(unit, unit)


def _info(score: Score) -> m.ScoreInfo:
    return m.ScoreInfo(
        points=score.points,
        low=score.low / 100,
        high=score.high / 100,
        listen=[str(one) for one in score.listen],
        reason=str(score.reason) if score.reason else None,
    )
