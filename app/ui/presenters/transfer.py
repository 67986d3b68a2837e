"""Carrying interviews on a stick: what waits, where it goes, how far it is, and HR's receipts on the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from app.interview.transfer import ExportResult, Parcel, ReceiptsResult, Transfer
from app.ui.names import Sheet
from app.ui.presenters.base import Presenter
from app.ui.presenters.journey import Journey


@dataclass(frozen=True, slots=True)
class Drive:
    """A place to write to. ``free`` in bytes; ``removable`` as far as the system can tell."""

    path: Path
    name: str
    free: int
    removable: bool


class TransferState(Enum):
    LOOKING = auto()
    READY = auto()
    RUNNING = auto()


class _Stopped(Exception):
    pass


class TransferPresenter(Presenter):
    """``result``, ``receipts`` and ``error`` tell of the last thing done; at most one of them is set.

    Opened from 我的, or in a kiosk from the staff panel.
    """

    def __init__(self, journey: Journey, transfer: Callable[[], Transfer], drives: Callable[[], list[Drive]]) -> None:
        super().__init__()
        self.journey = journey
        self._transfer = transfer
        self._drives = drives
        self.state = TransferState.LOOKING
        self.parcels: list[Parcel] = []
        self.drives: list[Drive] = []
        self.target: Path | None = None
        self.result: ExportResult | None = None
        self.receipts: ReceiptsResult | None = None
        self.error: Exception | None = None
        self.stopped = False
        # what is shown when the sheet is closed
        self.back_to = Sheet.NONE
        self._progress = (0, 1)
        self._stopping = False

    @property
    def share(self) -> float:
        """How much of the present export is done, 0 .. 1."""
        done, total = self._progress
        return done / max(1, total)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return sum(parcel.size for parcel in self.parcels)

    @property
    def may_start(self) -> bool:
        return self.state is TransferState.READY and bool(self.parcels) and self.target is not None

    def enter(self) -> None:
        if self.state is not TransferState.RUNNING:
            self._say_nothing()
            self.look()

    def look(self) -> None:
        """See anew what waits and which drives there are."""
        self.state = TransferState.LOOKING
        self.changed()
        self.journey.runner.background(self._survey, self._found, self._failed)

    def choose(self, target: Path) -> None:
        self.target = target
        if all(drive.path != target for drive in self.drives):
            self.drives = [*self.drives, Drive(target, str(target), 0, removable=False)]
        self.changed()

    def start(self) -> None:
        target = self.target
        if not self.may_start or target is None:
            return
        self._say_nothing()
        self._stopping = False
        self._progress = (0, 1)
        self.state = TransferState.RUNNING
        self.changed()
        self.journey.runner.background(
            lambda: self._transfer().export(target, progress=self._told), self._written, self._failed
        )

    def stop(self) -> None:
        """Nothing is left on the drive then."""
        self._stopping = True

    def take_receipts(self, file: Path) -> None:
        if self.state is not TransferState.READY:
            return
        self._say_nothing()
        self.state = TransferState.RUNNING
        self.changed()
        self.journey.runner.background(lambda: self._transfer().take_receipts(file), self._taken, self._failed)

    def close(self) -> None:
        """Not while something runs: what it says at the end would not be read."""
        if self.state is not TransferState.RUNNING:
            self.journey.open_sheet(self.back_to)

    def open(self) -> None:
        self.journey.open_sheet(Sheet.EXPORT)

    def _survey(self) -> tuple[list[Parcel], list[Drive]]:
        return self._transfer().survey(), self._drives()

    def _found(self, found: tuple[list[Parcel], list[Drive]]) -> None:
        self.parcels, self.drives = found
        paths = [drive.path for drive in self.drives]
        if self.target is not None and self.target not in paths and self.target.is_dir():
            self.drives = [*self.drives, Drive(self.target, str(self.target), 0, removable=False)]
        elif self.target not in paths:
            self.target = next((drive.path for drive in self.drives if drive.removable), None)
        self.state = TransferState.READY
        self.changed()

    def _told(self, done: int, total: int) -> None:
        """From the thread that writes; the screen looks at ``share`` by itself."""
        self._progress = (done, total)
        if self._stopping:
            raise _Stopped

    def _written(self, result: ExportResult) -> None:
        self.result = result
        self.look()

    def _taken(self, receipts: ReceiptsResult) -> None:
        self.receipts = receipts
        self.look()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, _Stopped):
            self.stopped = True
        else:
            self.error = error
        self.state = TransferState.READY
        self.changed()

    def _say_nothing(self) -> None:
        self.result, self.receipts, self.error, self.stopped = None, None, None, False
