"""An interview as 我的 and the start page list it."""

from __future__ import annotations

from app.interview import plan
from app.interview.certificate import certificate_view
from app.interview.states import InterviewState
from app.interview.store import InterviewRow, Shelf
from app.interview.views import InterviewSummary
from contract.errors import XudaError
from contract.events import HrState
from contract.kit import Kit

_HR_STATES = {
    InterviewState.ACTIVE: HrState.IN_PROGRESS,
    InterviewState.PAUSED: HrState.PAUSED,
    InterviewState.DECLINED: HrState.DECLINED,
    InterviewState.FINISHED: HrState.PENDING_REVIEW,
    InterviewState.ABANDONED: HrState.INCOMPLETE,
    InterviewState.MOVED: HrState.PAUSED,
    InterviewState.DELETED: HrState.INCOMPLETE,
}


def summary_view(row: InterviewRow, shelf: Shelf) -> InterviewSummary:
    """What HR has released comes before what this device knows; the kit may be gone or damaged."""
    try:
        kit = shelf.kit(row.kit_id, row.kit_version)
    except XudaError:
        kit = None
    return InterviewSummary(
        interview_id=row.interview_id,
        kit=kit,
        state=row.state,
        hr_state=shelf.results().get(row.interview_id, _HR_STATES[row.state]),
        answered=_answered(row, kit),
        total=_total(row, kit),
        updated_at=row.updated_at,
        delivered=row.receipt_serial is not None and row.receipt_serial >= row.last_seq,
        certificate=certificate_view(shelf.certificates().get(row.interview_id)),
        redo=plan.number(kit, row.redo_question) if kit and row.redo_question else None,
    )


def _answered(row: InterviewRow, kit: Kit | None) -> int:
    if row.redo is not None:
        return min(row.answered, 1)
    return min(row.answered + row.carried, len(kit.questions)) if kit else row.answered + row.carried


def _total(row: InterviewRow, kit: Kit | None) -> int:
    if row.redo is not None:
        return 1
    return len(kit.questions) if kit else row.answered + row.carried
