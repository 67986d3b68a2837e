"""How much each measure counts in a dimension when HR has not said otherwise. Every figure may be edited."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from assessment.values import Dimension, Measure

# what is said counts most where it is known what should be said
WITH_KEY_POINTS: Mapping[Measure, float] = MappingProxyType(
    {
        Measure.CONTENT: 65,
        Measure.SUBJECT: 15,
        Measure.OPENING: 2,
        Measure.ORDER: 4,
        Measure.STORY: 4,
        Measure.CLOSING: 2,
        Measure.FILLERS: 2,
        Measure.VARIETY: 4,
        Measure.HEDGES: 2,
    }
)
# against a model answer nothing but what is said
AGAINST_EXEMPLAR: Mapping[Measure, float] = MappingProxyType({Measure.CONTENT: 100})
# how something is said; pace and pauses have wide plateaus, so that no usual way to speak costs anything
WITHOUT_KEY_POINTS: Mapping[Measure, float] = MappingProxyType(
    {
        Measure.OPENING: 5,
        Measure.ORDER: 12,
        Measure.STORY: 15,
        Measure.CLOSING: 5,
        Measure.FILLERS: 19,
        Measure.VARIETY: 20,
        Measure.HEDGES: 8,
        Measure.FIRST_WORD: 3,
        Measure.PACE: 7,
        Measure.PAUSES: 6,
    }
)


def weights_of(dimension: Dimension) -> Mapping[Measure, float]:
    """The dimension's own weights, else the default. Not normalised."""
    if dimension.measures:
        return dimension.measures
    if dimension.exemplar:
        return AGAINST_EXEMPLAR
    return WITH_KEY_POINTS if dimension.key_points else WITHOUT_KEY_POINTS
