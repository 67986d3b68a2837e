"""How a requisition stands, as those who run it see it."""

from __future__ import annotations

from backend.services import decisions, requisition_lists
from backend.services.candidate_states import Ruling
from backend.services.requisition_lists import CandidateLine, Progress
from backend.services.requisition_states import RequisitionState
from contract.events import HrState
from tests.backend.staffing import Search


def state(search: Search) -> RequisitionState:
    return requisition_lists.one(search.hr, search.approver, search.requisition_id).state


def progress(search: Search) -> Progress:
    return requisition_lists.one(search.hr, search.approver, search.requisition_id).progress


def candidates(search: Search) -> list[CandidateLine]:
    return requisition_lists.candidates(search.hr, search.approver, search.requisition_id).items


def proposed(search: Search) -> list[str | None]:
    return [line.interview_id for line in candidates(search) if line.proposed]


def onboard(search: Search, interview_id: str) -> HrState:
    return decisions.decide(search.hr, search.approver, interview_id, Ruling.ONBOARD)
