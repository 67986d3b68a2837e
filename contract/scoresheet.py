"""What answers to a kit are scored by: the machine's part of its rubric, signed by the organisation.

It says what a good answer holds, so it goes to devices alone that HR lets score, and stays apart from the kit that
candidates' devices get. Titles of dimensions are for people, levels in words stay at HR.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import Field

from contract.canonical import canonical_json
from contract.envelope import SignedDocument, WireModel
from contract.numbers import Ordinal
from contract.text import Localized

MOST_MODEL_BYTES = 200 * 1024 * 1024


class SheetPoint(WireModel):
    """What a good answer says; ``synonyms``: other words for the same, in any language."""

    text: Localized
    synonyms: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=50)


class SheetDimension(WireModel):
    """``weight``: within its question. ``measures``: measure -> weight (:class:`assessment.values.Measure`); empty:
    what the scoring gives by default."""

    dimension_id: str = Field(min_length=1, max_length=40)
    title: Localized
    weight: float = Field(default=1.0, gt=0, le=100)
    key_points: list[SheetPoint] = Field(default_factory=list, max_length=50)
    measures: dict[str, Annotated[float, Field(ge=0, le=100)]] = Field(default_factory=dict, max_length=50)


class SheetQuestion(WireModel):
    question_id: str = Field(min_length=1, max_length=64)
    dimensions: list[SheetDimension] = Field(min_length=1, max_length=10)


class ScoreSheet(SignedDocument):
    """``revision``: of the rubric it was made from; 0: the default one. Questions that are not in it have no score.

    ``models``: language -> SHA-256 (hex) of the file of the learned model that is published for it. ``meaning``:
    language -> name of the model of meaning that HR scores with; whoever has another, or none, makes other scores.
    """

    kit_id: str = Field(min_length=1, max_length=32)
    kit_version: Ordinal
    revision: int = Field(ge=0, le=1_000_000)
    questions: list[SheetQuestion] = Field(max_length=500)
    models: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=dict, max_length=20)
    meaning: dict[str, Annotated[str, Field(max_length=200)]] = Field(default_factory=dict, max_length=20)

    @property
    def digest(self) -> str:
        """Twelve characters that name what it scores by; the same for the same words wherever it was made."""
        said = [question.model_dump(mode="json") for question in self.questions]
        return hashlib.sha256(canonical_json(said)).hexdigest()[:12]
