"""What is on this device of whoever shows their invitation or their receipt again; nothing of it is held."""

from __future__ import annotations

from app.interview.papers import paper_source
from app.interview.states import InterviewState
from app.interview.store import InterviewRow, InterviewStore, Shelf
from app.interview.summary import summary_view
from app.interview.views import InterviewSummary
from contract.errors import ErrorCode, XudaError

RECEIPT = "xuda://r/"


def own_interviews(store: InterviewStore, shelf: Shelf, text: str) -> tuple[InterviewSummary, ...]:
    """Newest first. ``text``: a code or link of an invitation, or the code of a receipt.

    A phone or an ID number is not enough: others may know it. Raises XudaError(INVITATION_UNKNOWN) when there is
    nothing for it here, and as ``Shelf.admit``.
    """
    text = text.strip()
    if text.casefold().startswith(RECEIPT):
        found = [row for row in store.interviews() if _receipted(store, shelf, row, text)]
    else:
        admission = shelf.admit(text)
        invitation_id = admission.invitation.invitation_id if admission.by_code else ""
        found = [row for row in store.interviews() if row.invitation_id == invitation_id]
    if not found:
        raise XudaError(ErrorCode.INVITATION_UNKNOWN)
    return tuple(summary_view(row, shelf) for row in found)


def _receipted(store: InterviewStore, shelf: Shelf, row: InterviewRow, text: str) -> bool:
    """The id alone is no proof: staff see its beginning. The digest is on the receipt only."""
    if row.state is InterviewState.DELETED or row.interview_id not in text:
        return False
    return paper_source(store, shelf, row.interview_id).receipt.qr_text == text
