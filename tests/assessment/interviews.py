"""Questions of several kinds with answers of known quality, and what people try instead of an answer."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from assessment.values import Dimension, KeyPoint, Question

LANGUAGES = ("zh", "en")
_FILE = Path(__file__).with_name("interviews.yaml")


@dataclass(frozen=True)
class Interview:
    """One question. ``good``, ``middling``: honest answers; ``apart``: honest and good, without a content word of the
    question."""

    language: str
    kind: str
    prompt: str
    points: tuple[str, ...]
    good: str
    middling: str
    apart: str

    @property
    def with_points(self) -> Question:
        points = tuple(KeyPoint(point) for point in self.points)
        return Question(self.kind, self.prompt, (Dimension("content", points),))

    @property
    def without_points(self) -> Question:
        return Question(self.kind, self.prompt, (Dimension("communication"),))

    @property
    def against_a_model_answer(self) -> Question:
        return Question(self.kind, self.prompt, (Dimension("content", (KeyPoint(self.good),), exemplar=True),))

    def tricks(self) -> dict[str, str]:
        """Name -> an answer that is made to please a machine, or that is to another question."""
        space, comma = ("", "，") if self.language == "zh" else (" ", ", ")
        stop = "。" if self.language == "zh" else "."
        bare = space.join(self.points)
        words = list(bare) if self.language == "zh" else bare.split()
        best = max(self.good.split(stop), key=len).strip() + stop + space
        return {
            "question repeated": space.join([self.prompt] * 4),
            "key points as a list": comma.join(self.points),
            "key points in sentences": (stop + space).join(self.points) + stop,
            "key points backwards": comma.join(reversed(self.points)),
            "key points scrambled": space.join(words[3::4] + words[1::4] + words[0::4] + words[2::4]),
            "question and key points": self.prompt + space + comma.join(self.points),
            "a good answer scrambled": space.join(self._shuffled()),
            "a good sentence five times": best * 5,
            "twice as long": self.middling + space + self.middling,
        }

    def _shuffled(self) -> Sequence[str]:
        pieces = list(self.good) if self.language == "zh" else self.good.split()
        random.Random(5).shuffle(pieces)
        return [piece.strip(".,，。：:") for piece in pieces]


@functools.cache
def interviews(language: str) -> tuple[Interview, ...]:
    return tuple(
        Interview(
            language,
            one["kind"],
            one["prompt"],
            tuple(one["points"]),
            *(_joined(one[name], language) for name in ("good", "middling", "apart")),
        )
        for one in _held()[language]
    )


def speeches(language: str) -> dict[str, str]:
    """Fluent talks with opening, order, story and closing that belong to none of the questions."""
    return {name: _joined(text, language) for name, text in _held()["speeches"][language].items()}


@functools.cache
def _held() -> dict:
    return yaml.safe_load(_FILE.read_text("utf-8"))


def _joined(text: str, language: str) -> str:
    """Chinese has no spaces where a line of the file ends."""
    return text.replace(" ", "") if language == "zh" else text
