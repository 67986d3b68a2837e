"""The rubric model: scores of 0-100 from weights that people can read, without any training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assessment import guards
from assessment.certainty import Certainty, Reason, certainty, too_little
from assessment.content import Asked, Met, all_met, prepare, share_met
from assessment.delivery import delivery
from assessment.embeddings import Embedder
from assessment.manner import Seen, manner
from assessment.matching import Side, sides
from assessment.parts import WHOLE, Guard, Part, exactly
from assessment.topic import topicality, without_reading_out
from assessment.units import said_once, units_of
from assessment.values import Answer, Dimension, KeyPoint, Measure, Question, Quote, quote
from assessment.weights import weights_of

_MOST_QUOTES = 4


@dataclass(frozen=True, slots=True)
class Score:
    """``hundredths`` is the sum of its parts', exactly; None: there is none, for ``reason``."""

    hundredths: int | None
    low: int
    high: int
    parts: tuple[Part, ...]
    listen: tuple[Reason, ...] = ()
    reason: Reason | None = None

    @property
    def points(self) -> float | None:
        return None if self.hundredths is None else self.hundredths / 100


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """``dimensions``: dimension id -> score; ``whole``: all of them by weight."""

    whole: Score
    dimensions: Mapping[str, Score]


@dataclass(frozen=True)
class Read:
    """An answer as it is measured. ``answer``: as it was heard; ``side``: what was said, once each. ``share``: of what
    was wanted, 0..1."""

    answer: Answer
    side: Side
    found: tuple[Met, ...]
    seen: Mapping[Measure, Seen]
    guarded: Mapping[Guard, float]
    share: float

    @property
    def topic(self) -> float:
        """Whether it is about the question, 0..1."""
        return self.seen[Measure.SUBJECT].value


def score(question: Question | Asked, answer: Answer, embedder: Embedder | None = None) -> QuestionScore:
    """What an answer is worth. The same call with the same data gives the same score wherever it runs."""
    asked = question if isinstance(question, Asked) else prepare(question, embedder)
    return score_read(asked, read(asked, answer))


def read(asked: Asked, answer: Answer) -> Read:
    """Every measure of an answer."""
    return read_all([(asked, answer)], asked.embedder)[0]


def read_all(given: Sequence[tuple[Asked, Answer]], embedder: Embedder | None) -> list[Read]:
    """As :func:`read` for many answers; ``embedder`` is the one their questions were prepared with."""
    once = [said_once(answer) for _, answer in given]
    said = sides([(units_of(one.words), [word.text for word in one.words]) for one in once], embedder)
    return [measured(asked, answer, one) for (asked, answer), one in zip(given, said, strict=True)]


def measured(asked: Asked, answer: Answer, said: Side) -> Read:
    """``said``: the answer once each, with vectors if there is a model."""
    found = all_met(asked, said)
    topic = topicality(asked.subject, asked.prompt, said)
    about = {Measure.SUBJECT: topic}
    own = without_reading_out(said.units, asked.prompt.units)
    seen = {**about, **manner(answer, own), **delivery(answer, units_of(answer.words))}
    guarded = guards.factors(asked, found, answer, said)
    return Read(answer, said, tuple(found), seen, guarded, share_met(found))


def score_read(asked: Asked, taken: Read) -> QuestionScore:
    if too_little(taken.answer, taken.side.units):
        nothing = Score(None, 0, WHOLE, (), (), Reason.TOO_LITTLE_SPEECH)
        return QuestionScore(nothing, {one.dimension_id: nothing for one in asked.question.dimensions})
    made = {one.dimension_id: _dimension(one, taken) for one in asked.question.dimensions}
    weights = [one.weight for one in asked.question.dimensions]
    return QuestionScore(together(list(made.values()), weights), made)


def _dimension(dimension: Dimension, taken: Read) -> Score:
    raw = _earned(dimension, taken)
    raw += _taken_away(raw, taken)
    return with_range(
        _whole_parts(raw), certainty(taken.answer, content=bool(dimension.key_points), topic=_told(taken))
    )


def _told(taken: Read) -> float:
    """How sure it is that the answer is about the question: key points tell by themselves."""
    return 1.0 if taken.found else taken.topic


def _earned(dimension: Dimension, taken: Read) -> list[tuple[float, Part]]:
    """Hundredths of each measure before they are made whole. Measures that are not there leave their weight."""
    weights = {
        measure: weight
        for measure, weight in weights_of(dimension).items()
        if weight > 0 and (dimension.key_points if measure is Measure.CONTENT else measure in taken.seen)
    }
    total = sum(weights.values())
    made: list[tuple[float, Part]] = []
    for measure, weight in weights.items():
        worth = WHOLE * weight / total
        made += _content(dimension, worth, taken) if measure is Measure.CONTENT else [_manner(measure, worth, taken)]
    return made


def _content(dimension: Dimension, worth: float, taken: Read) -> list[tuple[float, Part]]:
    by_text = {one.wanted.point.text: one for one in taken.found}
    points = [by_text[point.text] for point in dimension.key_points if point.text in by_text]
    whole = sum(one.wanted.point.weight for one in points)
    return [
        _content_part(one.wanted.point, one, worth * one.wanted.point.weight / whole, taken.answer) for one in points
    ]


def _content_part(point: KeyPoint, one: Met, worth: float, answer: Answer) -> tuple[float, Part]:
    quotes = _quotes(answer, one.places)
    return worth * one.strength, Part(Measure.CONTENT, 0, round(one.strength, 4), point.text, quotes, most=worth)


def _manner(measure: Measure, worth: float, taken: Read) -> tuple[float, Part]:
    seen = taken.seen[measure]
    return worth * seen.value, Part(
        measure, 0, round(seen.value, 4), quotes=_quotes(taken.answer, seen.places), figure=seen.figure, most=worth
    )


def _quotes(answer: Answer, places: Sequence[tuple[int, int]]) -> tuple[Quote, ...]:
    return tuple(quote(answer, first, last) for first, last in places[:_MOST_QUOTES])


def _taken_away(earned: Sequence[tuple[float, Part]], taken: Read) -> list[tuple[float, Part]]:
    """Guards one after another, each on what the ones before have left."""
    left = sum(worth for worth, _ in earned)
    made = []
    for guard, factor in taken.guarded.items():
        made.append((left * (factor - 1), Part(guard, 0, round(factor, 4))))
        left *= factor
    if taken.found:
        about = guards.about(taken.share * min(1.0, *taken.guarded.values(), 1.0), taken.topic)
    else:
        about = guards.form_alone(taken.topic, left / WHOLE)
    if about < 1 and left:
        made.append((left * (about - 1), Part(Guard.OFF_TOPIC, 0, round(about, 4))))
    return made


def _whole_parts(raw: Sequence[tuple[float, Part]]) -> tuple[Part, ...]:
    whole = exactly([worth for worth, _ in raw], min(WHOLE, max(0, round(sum(worth for worth, _ in raw)))))
    return tuple(_with(part, hundredths) for (_, part), hundredths in zip(raw, whole, strict=True))


def _with(part: Part, hundredths: int) -> Part:
    return Part(part.name, hundredths, part.value, part.key_point, part.quotes, part.figure, part.most)


def _weighted(part: Part, weight: float, total: float) -> tuple[float, Part]:
    return part.hundredths * weight / total, replace(part, most=part.most * weight / total)


def with_range(parts: tuple[Part, ...], sure: Certainty) -> Score:
    """A score of its parts, with how sure it is."""
    whole = sum(part.hundredths for part in parts)
    return Score(whole, max(0, whole - sure.half), min(WHOLE, whole + sure.half), parts, sure.listen)


def together(scores: Sequence[Score], weights: Sequence[float]) -> Score:
    """Several scores as one, by weight; those that are not there leave their weight to the others.

    Serves from dimensions to a question, from questions to a stage and from stages to the interview. Parts stay parts.
    """
    there = [(one, weight) for one, weight in zip(scores, weights, strict=True) if one.hundredths is not None]
    if not there:
        reason = next((one.reason for one in scores if one.reason), Reason.TOO_LITTLE_SPEECH)
        return Score(None, 0, WHOLE, (), (), reason)
    total = sum(weight for _, weight in there)
    raw = [_weighted(part, weight, total) for one, weight in there for part in one.parts]
    parts = _whole_parts(raw)
    whole = sum(part.hundredths for part in parts)
    half = sum((one.high - one.low) / 2 * weight for one, weight in there) / total
    listen = tuple(dict.fromkeys(reason for one, _ in there for reason in one.listen))
    return Score(whole, max(0, round(whole - half)), min(WHOLE, round(whole + half)), parts, listen)
