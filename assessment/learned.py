"""What HR's ratings teach: a correction of the rubric's score, with the same function on device and backend.

A model is a file of numbers (numpy's .npz, read without pickle) with its card as JSON: see docs/assessment.md.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from assessment.certainty import certainty
from assessment.content import Asked
from assessment.gaussian import Fitted, Rows, Settings, by_feature, predict
from assessment.parts import WHOLE, Guard, Learned, Part, exactly
from assessment.scoring import QuestionScore, Read, Score, score_read, with_range
from assessment.values import Measure
from assessment.vector import HASHED, features, hashed
from contract.errors import ErrorCode, XudaError

FORMAT = 1
_TERMS = (Learned.SCALE, Learned.CONTENT, Learned.MANNER, Learned.LENGTH, Learned.QUESTION)
_LENGTHS = ("length", "length_wanted", "length_ratio", "length_asked", "nothing", "wanted_own", "points")
_MANNERS = tuple(measure.value for measure in Measure if measure is not Measure.CONTENT)
_MOST_BYTES = 200 * 1024 * 1024
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a model. ``half``: by ``seen`` and ``unseen`` question, hundredths of a point to each side that
    hold nine of ten ratings in folds. ``figures``: measured in folds."""

    names: tuple[str, ...]
    embeddings: str | None
    ratings: int
    questions: int
    lowest: float
    highest: float
    half: Mapping[str, int]
    figures: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""
    format: int = FORMAT


@dataclass(frozen=True)
class Model:
    """``mean``, ``deviation`` (d,): how features are standardised. ``known``: marks of the rated questions, in
    the order of ``fitted.level``."""

    card: Card
    fitted: Fitted
    mean: Floats
    deviation: Floats
    known: tuple[str, ...]

    def score(self, asked: Asked, taken: Read) -> QuestionScore:
        """The rubric's score and what ratings add to it, as parts that add up. Dimensions stay the rubric's.

        Raises XudaError(ASSESSMENT_MODEL) when it was trained with other vectors than the question was prepared with.
        """
        here = asked.embedder.name if asked.embedder else None
        if here != self.card.embeddings:
            raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=self.card.embeddings or "-")
        plain = score_read(asked, taken)
        if plain.whole.hundredths is None:
            return plain
        rows = self.rows([(asked, taken)], [plain.whole.hundredths])
        added = [value * WHOLE for value in self._added(rows)]
        half = self.card.half["seen" if rows.question[0] >= 0 else "unseen"]
        return QuestionScore(_corrected(plain.whole, added, taken, half), plain.dimensions)

    def _added(self, rows: Rows) -> tuple[float, ...]:
        """What each of :data:`_TERMS` adds, 0..1. Their sum is that of :func:`assessment.gaussian.predict`."""
        scale, _, question = (float(value) for value in predict(self.fitted, rows)[0])
        middle, split = by_feature(self.fitted, rows.z[0])
        by_name = dict(zip(self.card.names, split, strict=True))
        manner = sum(float(by_name[name]) for name in _MANNERS if name in by_name)
        length = sum(float(by_name[name]) for name in _LENGTHS if name in by_name)
        return scale + middle, float(split.sum()) - manner - length, manner, length, question

    def rows(self, given: Sequence[tuple[Asked, Read]], rubric: Sequence[int]) -> Rows:
        raw = table(given, self.card.names)
        z = (raw - self.mean) / self.deviation
        index = {mark: at for at, mark in enumerate(self.known)}
        question = np.array([index.get(mark_of(asked), -1) for asked, _ in given], np.int64)
        return Rows(np.array(rubric) / WHOLE, z, texts(given), question)


def _corrected(plain: Score, added: Sequence[float], taken: Read, half: int) -> Score:
    """Ratings may not give back what a guard has taken, nor give to what has nothing to do with the question."""
    guarded = math.prod(taken.guarded.values())
    guarded *= next((part.value for part in plain.parts if part.name is Guard.OFF_TOPIC), 1.0)
    guarded *= min(1.0, taken.share + taken.topic)
    scaled = [value * guarded if sum(added) > 0 else value for value in added]
    parts = [Part(name, whole, 1.0) for name, whole in zip(_TERMS, exactly(scaled), strict=True)]
    reached = sum(part.hundredths for part in (*plain.parts, *parts))
    if not 0 <= reached <= WHOLE:
        parts.append(Part(Learned.BOUNDS, min(WHOLE, max(0, reached)) - reached, 1.0))
    content = any(one.wanted for one in taken.found)
    return with_range((*plain.parts, *parts), certainty(taken.answer, content=content, half=half))


def table(given: Sequence[tuple[Asked, Read]], names: Sequence[str]) -> Floats:
    """(answers, names)."""
    found = [features(asked, taken) for asked, taken in given]
    return np.array([[one[name] for name in names] for one in found], np.float64).reshape(len(given), len(names))


def texts(given: Sequence[tuple[Asked, Read]]) -> Floats:
    """(answers, w): pieces of words, and where there is a model of meaning the whole's vector, each of length 1/√2."""
    rows = np.stack([hashed(taken.side.units) for _, taken in given]) if given else np.zeros((0, HASHED))
    wholes = [taken.side.whole for _, taken in given]
    if wholes and wholes[0] is not None:
        meaning = np.stack([whole for whole in wholes if whole is not None])
        rows = np.concatenate([rows, meaning], axis=1) / math.sqrt(2)
    return rows.astype(np.float64)


def mark_of(asked: Asked) -> str:
    """By what a question is known again, whatever its id: its words and what is wanted."""
    wanted = [one.point.text for one in asked.wanted]
    return hashlib.sha256(json.dumps([asked.question.prompt, wanted]).encode()).hexdigest()[:24]


def to_bytes_by_language(models: Mapping[str, Model]) -> bytes:
    """One file for the models of several languages."""
    held = {f"{language}.{name}": array for language, model in models.items() for name, array in _arrays(model).items()}
    file = io.BytesIO()
    np.savez_compressed(file, **held)  # type: ignore[arg-type]  # a name of ours is none of its settings
    return file.getvalue()


def from_bytes_by_language(data: bytes, name: str = "") -> dict[str, Model]:
    """Raises XudaError(ASSESSMENT_MODEL) for anything else than such a file."""
    try:
        if len(data) > _MOST_BYTES:
            raise ValueError("too large")
        by_language: dict[str, dict[str, Any]] = {}
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            for key in file.files:
                language, _, rest = key.partition(".")
                by_language.setdefault(language, {})[rest] = np.array(file[key])
        return {language: _model(held) for language, held in by_language.items()}
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, BadZipFile, zlib.error) as error:
        raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=name) from error


def _arrays(model: Model) -> dict[str, npt.NDArray[Any]]:
    card = json.dumps({**asdict(model.card), "known": model.known, "settings": asdict(model.fitted.settings)})
    return {
        "card": np.frombuffer(card.encode(), np.uint8),
        "mean": model.mean,
        "deviation": model.deviation,
        "rubric": model.fitted.rubric,
        "z": model.fitted.z.astype(np.float32),
        "alpha": model.fitted.alpha,
        "level": model.fitted.level,
        "wording": model.fitted.wording.astype(np.float32),
        "spread": np.array(model.fitted.spread),
    }


def _model(held: Mapping[str, npt.NDArray[Any]]) -> Model:
    about = json.loads(held["card"].tobytes())
    known, settings = tuple(about.pop("known")), Settings(**about.pop("settings"))
    card = Card(**{**about, "names": tuple(about["names"])})
    z, wording = held["z"].astype(np.float64), held["wording"].astype(np.float64)
    spread = float(held["spread"])
    fitted = Fitted(settings, held["rubric"], z, held["alpha"], held["level"], wording, spread)
    model = Model(card, fitted, held["mean"], held["deviation"], known)
    _check(model)
    return model


def _check(model: Model) -> None:
    count, width = model.fitted.z.shape
    shapes = (model.fitted.alpha.shape, model.fitted.rubric.shape, model.mean.shape, model.deviation.shape)
    whole = shapes == ((count,), (count,), (width,), (width,)) and width == len(model.card.names)
    questions = model.fitted.level.shape == (len(model.known),) and len(model.fitted.wording) == len(model.known)
    numbers = all(bool(np.isfinite(one).all()) for one in (model.fitted.z, model.fitted.alpha, model.fitted.wording))
    if not (whole and questions and numbers and model.card.format == FORMAT and (model.deviation > 0).all()):
        raise ValueError("not a model of this version")
