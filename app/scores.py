"""Scores of an interview for the pages that this device prints: made where they are needed, sent nowhere.

HR makes the same ones from the same events (docs/adr/0041-scores-on-devices.md).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.interview.score_basis import ScoreBasis
from app.transcribe.models import bundled_dir
from contract.errors import ErrorCode, XudaError
from contract.settings import ScoreReader
from report.unscored import Unscored

if TYPE_CHECKING:
    from pathlib import Path

    from assessment.embeddings import Embedder, Embedders
    from contract.kit import Kit
    from contract.scoresheet import ScoreSheet
    from report.model import AnswerInfo, InterviewReport
    from report.score_model import AssessmentInfo
    from report.scoring import Tools

log = logging.getLogger(__name__)

_NOT_HERE = frozenset({ErrorCode.KIT_MEDIA_DAMAGED, ErrorCode.ASSESSMENT_MODEL})


@dataclass(frozen=True, slots=True)
class Scores:
    """Either of the two, or neither: then nobody is to learn here whether there is a score."""

    made: AssessmentInfo | None = None
    missing: Unscored | None = None


def scores_for(report: InterviewReport, kit: Kit, basis: ScoreBasis | None, *, own_copy: bool, whole: bool) -> Scores:
    """What a printed report says of scores. ``own_copy``: the candidate's; ``whole``: no other device had a part of it.

    May take a second with the first page: its libraries are loaded then. Never on the thread of the screens.
    """
    if basis is None or basis.reader is ScoreReader.NOBODY:
        return Scores()
    if own_copy and basis.reader is not ScoreReader.CANDIDATE:
        return Scores()
    from report.scoring import assess, may_score

    if not may_score(report):
        return Scores()
    if not whole:
        return Scores(missing=Unscored.ELSEWHERE)
    if any(map(_waits_for_words, report.answers)):
        return Scores(missing=Unscored.WORDS)
    try:
        return Scores(assess(report, kit, basis.sheet, _tools(basis)))
    except XudaError as error:
        if error.code not in _NOT_HERE:
            raise
        log.warning("no scores on this page: %s", error.code)
        return Scores(missing=Unscored.MODEL)


def _waits_for_words(answer: AnswerInfo) -> bool:
    """Staff may have let a spoken question be answered in writing."""
    return answer.kind.spoken and not answer.superseded and answer.transcript is None and answer.text is None


def _tools(basis: ScoreBasis) -> Tools:
    """All the learned models that the sheet names: with fewer the score would be another than HR's."""
    from assessment.learned import from_bytes_by_language
    from report.scoring import Tools

    models = {}
    for language, sha256 in basis.sheet.models.items():
        held = from_bytes_by_language(basis.read_model(language), sha256)
        if language not in held:
            raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=sha256)
        models[language] = held[language]
    return Tools(models, basis.sheet.models, _meaning(basis.sheet, basis.meaning))


def _meaning(sheet: ScoreSheet, folder: Path | None) -> Callable[[str], Embedder | None]:
    """HR's models of meaning, where the same are here: with another, or none, the score would be another than HR's."""

    def of(language: str) -> Embedder | None:
        if language not in sheet.meaning:
            return None
        place = next(
            (place for place in (folder, bundled_dir().with_name("meaning")) if place and place.is_dir()), None
        )
        found = _embedders(place).of(language) if place is not None else None
        if found is None or found.name != sheet.meaning[language]:
            raise XudaError(ErrorCode.ASSESSMENT_MODEL, model=sheet.meaning[language])
        return found

    return of


@functools.lru_cache(maxsize=1)
def _embedders(folder: Path) -> Embedders:
    """Opened once in a run: it takes longer than a page."""
    from assessment.embeddings import Embedders

    return Embedders(folder)
