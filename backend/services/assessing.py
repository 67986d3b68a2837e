"""Tables of answers to scores, and tables of ratings to a model: the assessment for checks from outside."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assessment.content import Asked, prepare
from assessment.embeddings import Embedders
from assessment.learned import Model
from assessment.parts import Part
from assessment.scoring import QuestionScore, Score, read_all, score_read
from assessment.training import FEWEST, Rated, prepare_ratings, train
from assessment.values import Answer, Dimension, Heard, KeyPoint, Question, written
from backend.services.sheet_import import Problem, Record, records
from contract.errors import ErrorCode, XudaError

_COLUMNS = {
    "question": "question|prompt|题目|问题",
    "key_points": "key points|key point|points|要点|得分要点|评分要点|关键点",
    "reference": "reference|reference answer|desired answer|model answer|参考答案|标准答案",
    "answer": "answer|student answer|response|transcript|回答|答案|作答|文字稿",
    "language": "language|lang|语言|语种",
    "candidate": "candidate|candidate id|student|student id|候选人|考生|候选人编号",
    "rating": "rating|score|grade|score avg|human score|评分|得分|分数|评级",
    "words": "words|词|字词",
    "seconds": "seconds|duration|秒|时长",
}
_NAMES = {"english": "en", "英语": "en", "英文": "en", "chinese": "zh", "中文": "zh", "汉语": "zh", "普通话": "zh"}
_LANGUAGE = re.compile(r"([a-z]{2,3})([-_][a-z0-9]+)*$")
_BETWEEN_POINTS = re.compile(r"\s*(?:[;\n|]|(?:^|(?<=\s))\d{1,2}[.)、])\s*")
_HANZI = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Line:
    """A row that can be scored."""

    record: Record
    asked: Asked
    answer: Answer
    language: str


@dataclass(frozen=True)
class Scored:
    """``score`` is None for a row with a problem. ``learned``: whether a model's ratings were used."""

    row: int
    question: str
    score: Score | None
    learned: bool = False


def score_table(data: bytes, models: Mapping[str, Model], embedders: Embedders) -> tuple[list[Scored], list[Problem]]:
    """Each row of a table, in order. Raises as :func:`backend.services.sheet_import.records`."""
    given = records(data, _COLUMNS, ("question", "answer"))
    lines, problems = _lines(given, embedders)
    made = {line.record.row: _scored(line, score, learned) for line, score, learned in _scores(lines, models)}
    rows = [made.get(one.row) or Scored(one.row, one.text("question"), None) for one in given]
    return rows, problems


def _scores(lines: Sequence[Line], models: Mapping[str, Model]) -> list[tuple[Line, QuestionScore, bool]]:
    made = []
    for language in dict.fromkeys(line.language for line in lines):
        chosen = [line for line in lines if line.language == language]
        model = models.get(language)
        taken = read_all([(line.asked, line.answer) for line in chosen], chosen[0].asked.embedder)
        for line, one in zip(chosen, taken, strict=True):
            score = model.score(line.asked, one) if model else score_read(line.asked, one)
            made.append((line, score, model is not None))
    return made


def _scored(line: Line, score: QuestionScore, learned: bool) -> Scored:
    return Scored(line.record.row, line.record.text("question"), score.whole, learned)


def train_table(
    data: bytes, embedders: Embedders, made: str, bounds: tuple[float | None, float | None] = (None, None)
) -> tuple[dict[str, Model], list[Problem]]:
    """A model for each language of the table. ``bounds``: of the scale; without, the ratings' own.

    Raises as :func:`score_table`, and XudaError(SETTING_INVALID) where too few rows can be used.
    """
    by_language, problems = rated_rows(data, embedders)
    ratings = [one.rating for rated in by_language.values() for one in rated]
    lowest = min(ratings, default=0.0) if bounds[0] is None else bounds[0]
    highest = max(ratings, default=0.0) if bounds[1] is None else bounds[1]
    models = {}
    for language, rated in by_language.items():
        try:
            prepared = prepare_ratings(rated, lowest, highest)
        except ValueError as error:
            raise XudaError(ErrorCode.SETTING_INVALID, field="rating", value=len(rated), needed=FEWEST) from error
        embedder = rated[0].asked.embedder
        models[language] = train(prepared, lowest, highest, embedder.name if embedder else None, made)
    if not models:
        raise XudaError(ErrorCode.SETTING_INVALID, field="rating", value=0, needed=FEWEST)
    return models, problems


def rated_rows(data: bytes, embedders: Embedders) -> tuple[dict[str, list[Rated]], list[Problem]]:
    """Rated answers by language, and the rows that are none. Raises as :func:`score_table`."""
    given = records(data, _COLUMNS, ("question", "answer", "rating"))
    lines, problems = _lines(given, embedders)
    by_language: dict[str, list[tuple[Line, float]]] = {}
    for line in lines:
        text = line.record.text("rating")
        rating = _number(text)
        if rating is None:
            problems.append(Problem(line.record.row, line.record.header("rating"), "malformed" if text else "missing"))
        else:
            by_language.setdefault(line.language, []).append((line, rating))
    made = {}
    for language, usable in by_language.items():
        taken = read_all([(line.asked, line.answer) for line, _ in usable], usable[0][0].asked.embedder)
        made[language] = [
            Rated(line.asked, one, rating, line.record.text("candidate"))
            for (line, rating), one in zip(usable, taken, strict=True)
        ]
    return made, sorted(problems, key=lambda one: one.row)


def _lines(given: Sequence[Record], embedders: Embedders) -> tuple[list[Line], list[Problem]]:
    asked: dict[tuple[str, str, str, str], Asked] = {}
    lines, problems = [], []
    for record in given:
        problem = _problem(record)
        if problem is not None:
            problems.append(problem)
            continue
        language = _language(record)
        key = (record.text("question"), record.text("key_points"), record.text("reference"), language)
        if key not in asked:
            asked[key] = prepare(_question(*key[:3]), embedders.of(language))
        lines.append(Line(record, asked[key], _answer(record, language), language))
    return lines, problems


def _problem(record: Record) -> Problem | None:
    if record.fault is not None:
        return Problem(record.row, *record.fault)
    missing = next((name for name in ("question",) if not record.text(name)), None)
    if missing is None and not record.text("key_points") and not record.text("reference"):
        missing = "reference" if "reference" in record.values else "key_points"
    if missing is not None:
        return Problem(record.row, record.header(missing), "missing")
    malformed = None
    if record.text("language") and not _language(record):
        malformed = "language"
    elif record.text("words") and _heard(record.text("words")) is None:
        malformed = "words"
    elif record.text("seconds") and (_number(record.text("seconds")) or -1) <= 0:
        malformed = "seconds"
    return Problem(record.row, record.header(malformed), "malformed") if malformed else None


def _language(record: Record) -> str:
    """``en``, ``zh``, …; by the answer where none is given; empty for what is no language."""
    said = record.text("language").lower()
    if said:
        found = _LANGUAGE.match(_NAMES.get(said, said))
        return found.group(1) if found else ""
    text = record.text("answer") + record.text("question")
    return "zh" if len(_HANZI.findall(text)) * 3 > len(text) else "en"


def _question(prompt: str, key_points: str, reference: str) -> Question:
    points = [part for part in _BETWEEN_POINTS.split(key_points) if part.strip()]
    if points:
        dimension = Dimension("answer", tuple(KeyPoint(point) for point in dict.fromkeys(points)))
    else:
        dimension = Dimension("answer", (KeyPoint(reference),), exemplar=True)
    return Question("question", prompt, (dimension,))


def _answer(record: Record, language: str) -> Answer:
    heard = _heard(record.text("words")) if record.text("words") else None
    if heard is None:
        return written(record.text("answer"), language)
    return Answer(heard, language, _number(record.text("seconds")) or max((word.end for word in heard), default=0.0))


def _heard(text: str) -> tuple[Heard, ...] | None:
    """``[["word", start, end, probability], …]`` as JSON; None for anything else."""
    try:
        return tuple(Heard(str(one[0]), *map(float, one[1:4])) for one in json.loads(text))
    except (ValueError, TypeError, IndexError, KeyError):
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def parts_as_json(parts: Sequence[Part]) -> str:
    """For a cell of a table: points add up to the score."""
    return json.dumps([_part(part) for part in parts], ensure_ascii=False)


def _part(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {"part": part.name.value, "points": part.points, "value": part.value}
    if part.key_point:
        made["key_point"] = part.key_point
    if part.quotes:
        made["words"] = [
            {"text": one.text, "first": one.first, "last": one.last, "start": one.start, "end": one.end}
            for one in part.quotes
        ]
    return made
