"""What of an interview can be printed as long as this device still knows it, and what printing needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.interview import plan
from app.interview.receipt import bound_receipt, receipt_view
from app.interview.score_basis import ScoreBasis
from app.interview.states import TakeState
from app.interview.store import InterviewRow, InterviewStore, Shelf
from app.interview.summary import summary_view
from app.interview.views import ReceiptLine, ReceiptView
from contract.envelope import Envelope
from contract.events import Event, HrState
from contract.kit import Kit
from contract.kit_media import MediaFile


class Paper(StrEnum):
    """``RECEIPT``: one page with a hash per answer; ``REPORT``: everything that was asked and said."""

    RECEIPT = "receipt"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class PaperSource:
    """Everything a page about an interview is made of.

    ``interview_key``, ``candidate_name`` and ``events`` are gone once the interview was delivered and removed: what
    was said can then be read at HR only. ``confirmed`` is HR's newest receipt, verified when it came in. ``read_file``
    gives a file of the kit, on any thread; raises XudaError(KIT_MEDIA_DAMAGED). ``basis``: what answers are scored by
    where this device may. ``whole``: all of the interview was given here.
    """

    interview_id: str
    kit: Kit
    state: HrState
    receipt: ReceiptView
    events: Sequence[Event]
    interview_key: bytes | None
    candidate_name: str | None
    confirmed: Envelope | None
    read_file: Callable[[MediaFile], bytes]
    basis: ScoreBasis | None = None
    whole: bool = True

    @property
    def readable(self) -> bool:
        """Whether the report can be printed, too."""
        return self.interview_key is not None and bool(self.events)


class PaperMaker(Protocol):
    """Lays a page out. May take a second: never called on the thread of the screens or of the database."""

    def __call__(
        self, source: PaperSource, paper: Paper, *, language: str, letter: bool, own_copy: bool = True
    ) -> bytes:
        """A PDF, in memory; ``letter``: for US Letter instead of A4; ``own_copy``: the candidate's, not that of staff.

        Raises XudaError(KEY_DESTROYED).
        """
        ...


@dataclass(frozen=True, slots=True)
class Printer:
    """``name`` is the system's, ``words`` what people call it. ``letter``: it holds US Letter, else A4 is assumed."""

    name: str
    words: str
    default: bool
    letter: bool


class Press(Protocol):
    """Both calls may take seconds (a printer across the network): never on the thread of the screens."""

    def printers(self) -> list[Printer]:
        """The default one first, then by name."""
        ...

    def print(self, pdf: bytes, printer: str, copies: int) -> None:
        """Returns when the printer has the pages. Raises XudaError(PRINTER_OFFLINE | PRINTER_PAPER | PRINTER_FAULT |
        PRINT_REFUSED); nothing waits at the printer then."""
        ...


def paper_source(store: InterviewStore, shelf: Shelf, interview_id: str) -> PaperSource:
    """Raises KeyError, XudaError(KIT_MISSING | SIGNATURE_INVALID)."""
    row = store.interview(interview_id)
    kit = shelf.kit(row.kit_id, row.kit_version)
    events = store.events(interview_id)
    return PaperSource(
        interview_id=interview_id,
        kit=kit,
        state=summary_view(row, shelf).hr_state,
        receipt=receipt_view(row, kit, events) if events else _remembered(store, row, kit),
        events=tuple(events),
        interview_key=store.interview_key(interview_id),
        candidate_name=store.candidate_name(interview_id),
        confirmed=store.confirmation(interview_id),
        read_file=shelf.files.read,
        basis=shelf.scores.basis(kit),
        whole=not row.carried and row.redo is None,
    )


def _remembered(store: InterviewStore, row: InterviewRow, kit: Kit) -> ReceiptView:
    """The receipt of an interview whose events were removed: their digests and those of the recordings are kept.

    Questions are answered in the kit's order, so the n-th answer belongs to the n-th question that no other device had.
    """
    recorded = {
        take.question_id: take.stored.sha256
        for take in store.takes(row.interview_id)
        if take.state is TakeState.SUBMITTED and take.stored is not None
    }
    places = plan.places(kit)[row.carried :]
    if row.redo_question is not None:
        places = [place for place in plan.places(kit) if place.question.question_id == row.redo_question]
    lines = [
        ReceiptLine(place.question.question_id, place.index, recorded.get(place.question.question_id, digest))
        for place, digest in zip(places, store.answer_digests(row.interview_id), strict=False)
    ]
    return bound_receipt(row, lines)
