"""The machine's part of a rubric: what answers are scored by, here and on devices that may score."""

from __future__ import annotations

from collections.abc import Mapping

from backend.services.rubric import Dimension
from backend.services.rubrics import RubricView
from contract.kit import Kit
from contract.scoresheet import ScoreSheet, SheetDimension, SheetPoint, SheetQuestion


def sheet_of(
    kit: Kit, rated_by: RubricView, models: Mapping[str, str] | None = None, meaning: Mapping[str, str] | None = None
) -> ScoreSheet:
    """``models``: language -> SHA-256 of the published learned model's file; ``meaning``: language -> name of the model
    of meaning here."""
    questions = [(question.question_id, rated_by.rubric.of(question)) for question in kit.questions]
    return ScoreSheet(
        kit_id=kit.kit_id,
        kit_version=kit.version,
        revision=rated_by.revision,
        questions=[
            SheetQuestion(question_id=name, dimensions=[_dimension(one) for one in dimensions])
            for name, dimensions in questions
            if dimensions
        ],
        models=dict(models or {}),
        meaning=dict(meaning or {}),
    )


def _dimension(one: Dimension) -> SheetDimension:
    return SheetDimension(
        dimension_id=one.dimension_id,
        title=one.title,
        weight=one.weight,
        key_points=[SheetPoint(text=point.text, synonyms=point.synonyms) for point in one.key_points],
        measures=one.measures,
    )
