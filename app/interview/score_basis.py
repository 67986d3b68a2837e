"""What an interview's answers are scored by on this device, where HR lets it score."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the first screen does without
    from contract.kit import Kit
    from contract.scoresheet import ScoreSheet
    from contract.settings import ScoreReader


@dataclass(frozen=True, slots=True)
class ScoreBasis:
    """``reader``: whose printed report shows scores. ``read_model`` gives the learned model's file of a language that
    the sheet names, on any thread; raises XudaError(KIT_MEDIA_DAMAGED) while it is not here. ``meaning``: folder where
    this device's models of meaning are installed, if there are any, one folder for each language."""

    sheet: ScoreSheet
    reader: ScoreReader
    read_model: Callable[[str], bytes]
    meaning: Path | None = None


class ScoreBook(Protocol):
    """See ``app.storage.score_book.ScoreBook``."""

    @property
    def prints(self) -> bool:
        """Whether staff may print reports with scores."""
        ...

    def basis(self, kit: Kit) -> ScoreBasis | None:
        """None when this device may not score, or has nothing to score this kit's answers by."""
        ...
