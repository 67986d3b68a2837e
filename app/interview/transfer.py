"""Carrying interviews to HR on a stick, and HR's receipts back: what screens and commands see of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

# (bytes done, bytes in all); each byte counts twice, because what was written is read back
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Parcel:
    """An interview that can be carried. ``size``: bytes of its parts.

    ``closed`` is False while it is being worked on: what there is so far is carried, without a manifest. ``damaged``:
    ids of recordings whose file on this device is missing or damaged, which stay out.
    """

    interview_id: str
    state: str
    events: int
    objects: int
    size: int
    closed: bool
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenBundle:
    path: Path
    bundle_id: str
    size: int
    interviews: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class ExportResult:
    """More than one bundle when one would be too large for a common stick. None: there was nothing to carry."""

    bundles: tuple[WrittenBundle, ...] = ()

    @property
    def interviews(self) -> tuple[Parcel, ...]:
        return tuple(item for bundle in self.bundles for item in bundle.interviews)


class ReceiptFate(StrEnum):
    """``purged``: the recordings of this device are gone. ``kept``: noted; the interview may still go on."""

    PURGED = "purged"
    KEPT = "kept"
    UNKNOWN = "unknown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReceiptsResult:
    """What became of each receipt, by interview id. ``refused`` ones did not match what is on this device."""

    fates: dict[str, ReceiptFate] = field(default_factory=dict)

    def count(self, fate: ReceiptFate) -> int:
        return sum(found is fate for found in self.fates.values())


class Transfer(Protocol):
    """Calls may take minutes: never on the thread of the windows."""

    def survey(self) -> list[Parcel]:
        """What HR has not receipted yet, oldest first."""
        ...

    def export(self, target: Path, *, progress: Progress | None = None) -> ExportResult:
        """Write what ``survey`` gives into the folder ``target``; an exception from ``progress`` stops it cleanly.

        Nothing on this device is changed. Raises XudaError(TARGET_FULL | TARGET_LOST | FILE_MISSING | NOT_ENROLLED).
        """
        ...

    def take_receipts(self, file: Path) -> ReceiptsResult:
        """Raises XudaError(FILE_MISSING | RECEIPT_INVALID | NOT_ENROLLED)."""
        ...
